package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Snapshot runs read in one read-only transaction that sees the database as it
// was at asOf, whatever is written meanwhile: figures read one after the other
// agree (REP-3).
func (db *DB) Snapshot(ctx context.Context, read func(ctx context.Context, tx Tx, asOf time.Time) error) error {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, db.pool, options, func(tx pgx.Tx) error {
		var asOf time.Time
		// The first statement takes the snapshot.
		if err := tx.QueryRow(ctx, `select statement_timestamp()`).Scan(&asOf); err != nil {
			return fmt.Errorf("take snapshot: %w", err)
		}
		return read(ctx, Tx{tx}, asOf.UTC())
	})
	return clean(err)
}
