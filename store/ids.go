package store

import (
	"context"
	"fmt"
)

// idBlockSize is how many ids one sequence value hands out, so that a delivery
// of a thousand invoices asks the database once.
const idBlockSize = 4096

// idSource hands out ids of one table from blocks of a sequence.
type idSource struct {
	sequence  string
	next, end int64
}

func (s *idSource) take(ctx context.Context, tx Tx) (int64, error) {
	if s.next == s.end {
		var block int64
		if err := tx.QueryRow(ctx, "select nextval($1::regclass)", s.sequence).Scan(&block); err != nil {
			return 0, fmt.Errorf("take ids: %w", err)
		}
		s.next, s.end = block*idBlockSize, (block+1)*idBlockSize
	}
	s.next++
	return s.next - 1, nil
}
