package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// APIKey is the row of an API key: everything but the secret.
type APIKey struct {
	// ID is the public part of the key.
	ID string
	// IK is the institution that holds the key; SenderIKs are those for which it
	// may send besides.
	IK           string
	SenderIKs    []string
	Name         string
	SecretSHA256 []byte
	Scopes       []string
	CreatedAt    time.Time
	ExpiresAt    time.Time
	RevokedAt    *time.Time // nil: in force
	LastUsedAt   *time.Time // nil: never
}

const accessColumns = `id, ik, sender_iks, name, secret_sha256, scopes, created_at, expires_at, revoked_at, last_used_at`

// AddAPIKey stores a new key.
func (db *DB) AddAPIKey(ctx context.Context, k *APIKey) error {
	_, err := db.pool.Exec(ctx, `insert into api_key (id, ik, sender_iks, name, secret_sha256, scopes, created_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8)`, k.ID, k.IK, k.SenderIKs, k.Name, k.SecretSHA256, k.Scopes, k.CreatedAt, k.ExpiresAt)
	if err != nil {
		return fmt.Errorf("add API key: %w", clean(err))
	}
	return nil
}

// APIKey returns the key with the id, ErrNotFound if there is none.
func (db *DB) APIKey(ctx context.Context, id string) (APIKey, error) {
	rows, err := db.pool.Query(ctx, `select `+accessColumns+` from api_key where id = $1`, id)
	if err != nil {
		return APIKey{}, fmt.Errorf("read API key: %w", clean(err))
	}
	k, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[APIKey])
	if errors.Is(err, pgx.ErrNoRows) {
		return APIKey{}, fmt.Errorf("API key: %w", ErrNotFound)
	}
	if err != nil {
		return APIKey{}, fmt.Errorf("read API key: %w", clean(err))
	}
	return k, nil
}

// maxAPIKeys bounds a list of keys.
const maxAPIKeys = 1000

// APIKeys returns the keys of an institution, of all for "": the newest first, at
// most 1000.
func (db *DB) APIKeys(ctx context.Context, ik string) ([]APIKey, error) {
	rows, err := db.pool.Query(ctx, `select `+accessColumns+` from api_key where $1 in ('', ik)
		order by created_at desc, id limit $2`, ik, maxAPIKeys)
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", clean(err))
	}
	keys, err := pgx.CollectRows(rows, pgx.RowToStructByPos[APIKey])
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", clean(err))
	}
	return keys, nil
}

// RevokeAPIKey ends a key at now; one that was revoked before keeps its time.
// ErrNotFound if there is none.
func (db *DB) RevokeAPIKey(ctx context.Context, id string, now time.Time) error {
	tag, err := db.pool.Exec(ctx, `update api_key set revoked_at = coalesce(revoked_at, $2) where id = $1`, id, now)
	if err != nil {
		return fmt.Errorf("revoke API key: %w", clean(err))
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("API key: %w", ErrNotFound)
	}
	return nil
}

// UseAPIKey notes the use of a key, at most once a minute: requests shall not
// wait for each other's row.
func (db *DB) UseAPIKey(ctx context.Context, id string, now time.Time) error {
	_, err := db.pool.Exec(ctx, `update api_key set last_used_at = $2
		where id = $1 and (last_used_at is null or last_used_at < $2::timestamptz - interval '1 minute')`, id, now)
	if err != nil {
		return fmt.Errorf("note use of API key: %w", clean(err))
	}
	return nil
}
