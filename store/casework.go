package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"klarbeleg/domain/billing"
)

// caseLockTimeout bounds waiting for a case that somebody works on: a request of
// the portal takes less.
const caseLockTimeout = "5s"

// ErrLocked is returned where a row stayed locked by somebody else.
var ErrLocked = errors.New("row is locked")

// OverdueCase is an open correction case whose time is over.
type OverdueCase struct {
	ID            uuid.UUID
	State         billing.CaseState
	EditableUntil time.Time
}

// OverdueCases returns up to limit open cases that could be worked on until now
// or earlier, in the order of deadline and id, from behind after (the zero value
// starts at the first).
func (db *DB) OverdueCases(ctx context.Context, now time.Time, after OverdueCase, limit int) ([]OverdueCase, error) {
	rows, err := db.pool.Query(ctx, `select id, state, editable_until from correction_case
		where state <> 'completed' and editable_until <= $1 and (editable_until, id) > ($2, $3)
		order by editable_until, id limit $4`, now, after.EditableUntil, after.ID, limit)
	if err != nil {
		return nil, fmt.Errorf("read overdue cases: %w", clean(err))
	}
	cases, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OverdueCase])
	if err != nil {
		return nil, fmt.Errorf("read overdue cases: %w", clean(err))
	}
	return cases, nil
}

// LockOverdueCases locks those of the cases that are still open and overdue and
// returns them. Rows that somebody works on at the moment are left out, or, if
// wait is true, waited for until ErrLocked.
func LockOverdueCases(ctx context.Context, tx Tx, ids []uuid.UUID, now time.Time, wait bool) ([]OverdueCase, error) {
	query := `select id, state, editable_until from correction_case
		where id = any($1) and state <> 'completed' and editable_until <= $2 order by id for update`
	if wait {
		if _, err := tx.Exec(ctx, `set local lock_timeout = '`+caseLockTimeout+`'`); err != nil {
			return nil, fmt.Errorf("limit waiting: %w", err)
		}
	} else {
		query += ` skip locked`
	}
	rows, err := tx.Query(ctx, query, ids, now)
	if err != nil {
		return nil, fmt.Errorf("lock overdue cases: %w", err)
	}
	cases, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OverdueCase])
	if lockTimeout(err) {
		return nil, ErrLocked
	}
	if err != nil {
		return nil, fmt.Errorf("lock overdue cases: %w", err)
	}
	return cases, nil
}

// CaseEnd says how a correction case ends.
type CaseEnd struct {
	ID           uuid.UUID
	State        billing.CaseState
	CompletedAt  time.Time
	CompletedBy  string
	VisibleUntil time.Time
	Event        CaseEvent
}

// EndCases writes the end of correction cases that this transaction has locked, each
// with its line in the history (COR-15).
func EndCases(ctx context.Context, tx Tx, ends []CaseEnd) error {
	batch := &pgx.Batch{}
	for _, e := range ends {
		batch.Queue(`update correction_case set state = $2, completed_at = $3, completed_by = $4, visible_until = $5,
				follow_up_on = null, version = version + 1
			where id = $1`, e.ID, e.State, e.CompletedAt, e.CompletedBy, e.VisibleUntil)
		queueEvent(batch, &e.Event)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("end cases: %w", err)
	}
	return nil
}

// lockTimeout reports whether the statement waited too long for a lock.
func lockTimeout(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "55P03"
}
