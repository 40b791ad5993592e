package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// NewUser is an institution with its first user.
type NewUser struct {
	Institution string
	IKs         []string
	Email       string
	At          time.Time
}

// AddUser adds an institution with its IKs and one active user.
func (db *DB) AddUser(ctx context.Context, u NewUser) error {
	return db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		institution := uuid.Must(uuid.NewV7())
		if _, err := tx.Exec(ctx, `insert into institution (id, name, created_at) values ($1, $2, $3)`, institution, u.Institution, u.At); err != nil {
			return fmt.Errorf("add institution: %w", err)
		}
		if _, err := tx.Exec(ctx, `insert into institution_ik (ik, institution_id) select unnest($1::text[]), $2`, u.IKs, institution); err != nil {
			return fmt.Errorf("add IKs: %w", err)
		}
		if _, err := tx.Exec(ctx, `insert into app_user (id, institution_id, email, created_at) values ($1, $2, $3, $4)`,
			uuid.Must(uuid.NewV7()), institution, u.Email, u.At); err != nil {
			return fmt.Errorf("add user: %w", err)
		}
		return nil
	})
}
