package store

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"klarbeleg/internal/clock"
)

// benchTables are the tables that a delivery fills, in the order in which rows
// may refer to each other.
var benchTables = []string{"blob", "delivery", "invoice", "billing_case", "position", "finding", "correction_case", "correction", "ledger_entry", "outbox"}

// BenchCopy copies what the pipeline wrote into from as raw COPY into the empty
// tables of to, in one transaction on one connection, and returns how long the
// writing took and how many positions it wrote. Reading them does not count.
func BenchCopy(ctx context.Context, from, to *DB, c clock.Clock) (took time.Duration, positions int64, err error) {
	dumps := make([]bytes.Buffer, len(benchTables))
	conn, err := from.pool.Acquire(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("read rows: %w", err)
	}
	defer conn.Release()
	for i, table := range benchTables {
		sql := fmt.Sprintf("copy (select * from %s) to stdout", table)
		if _, err := conn.Conn().PgConn().CopyTo(ctx, &dumps[i], sql); err != nil {
			return 0, 0, fmt.Errorf("read %s: %w", table, clean(err))
		}
	}
	start := c.Now()
	err = to.InTx(ctx, func(ctx context.Context, tx Tx) error {
		for i, table := range benchTables {
			tag, err := tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(dumps[i].Bytes()), "copy "+table+" from stdin")
			if err != nil {
				return fmt.Errorf("write %s: %w", table, err)
			}
			if table == "position" {
				positions = tag.RowsAffected()
			}
		}
		return nil
	})
	return c.Now().Sub(start), positions, err
}
