package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Lead is the leadership of one role among all replicas, held by a session lock
// on a connection of its own: when the process dies, the lock falls at once.
type Lead struct{ conn *pgxpool.Conn }

// TryLead takes the leadership of the role if nobody has it; nil if somebody has.
func (db *DB) TryLead(ctx context.Context, role string) (*Lead, error) {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("lead %s: %w", role, clean(err))
	}
	var got bool
	if err := conn.QueryRow(ctx, `select pg_try_advisory_lock(hashtextextended('lead.' || $1, 0))`, role).Scan(&got); err != nil {
		conn.Release()
		return nil, fmt.Errorf("lead %s: %w", role, clean(err))
	}
	if !got {
		conn.Release()
		return nil, nil
	}
	return &Lead{conn}, nil
}

// Alive reports whether the connection that holds the leadership still answers.
func (l *Lead) Alive(ctx context.Context) error {
	if err := l.conn.Ping(ctx); err != nil {
		return fmt.Errorf("leadership lost: %w", clean(err))
	}
	return nil
}

// Resign gives the leadership up by closing its connection.
func (l *Lead) Resign(ctx context.Context) {
	conn := l.conn.Hijack()
	_ = conn.Close(ctx) // the lock falls with the connection, however it ends
}
