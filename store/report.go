package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/money"
)

// Period is from the first instant up to, not including, the second.
type Period struct {
	From, To time.Time
}

// ReportSums are a number of rows and the sums of their amounts.
type ReportSums struct {
	Rows    int64
	Amounts []money.Cents
}

// NewReportSums returns zero sums of so many amounts.
func NewReportSums(amounts int) ReportSums { return ReportSums{Amounts: make([]money.Cents, amounts)} }

// Add adds a row.
func (s *ReportSums) Add(amounts []money.Cents) {
	s.Rows++
	for i, a := range amounts {
		s.Amounts[i] += a
	}
}

// Equal compares two sums.
func (s ReportSums) Equal(o ReportSums) bool {
	return s.Rows == o.Rows && slices.Equal(s.Amounts, o.Amounts)
}

// reportQuery is a query with the period as its parameters; name tells what it reads.
type reportQuery struct {
	Period
	name, sql string
}

// each calls each after every row was read into dest.
func (q reportQuery) each(ctx context.Context, tx Tx, dest []any, each func() error) error {
	rows, err := tx.Query(ctx, q.sql, q.From, q.To)
	if err != nil {
		return fmt.Errorf("read %s: %w", q.name, err)
	}
	if _, err := pgx.ForEachRow(rows, dest, each); err != nil {
		return fmt.Errorf("read %s: %w", q.name, err)
	}
	return nil
}

// sum reads one row of a count and amounts.
func (q reportQuery) sum(ctx context.Context, tx Tx, amounts int) (ReportSums, error) {
	s := NewReportSums(amounts)
	dest := []any{&s.Rows}
	for i := range s.Amounts {
		dest = append(dest, &s.Amounts[i])
	}
	if err := tx.QueryRow(ctx, q.sql, q.From, q.To).Scan(dest...); err != nil {
		return ReportSums{}, fmt.Errorf("sum %s: %w", q.name, err)
	}
	return s, nil
}
