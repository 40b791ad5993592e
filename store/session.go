package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/account"
)

// Session is a session of the portal.
type Session struct {
	ID         uuid.UUID
	User       uuid.UUID
	Waiting    bool // for the one-time code
	CreatedAt  time.Time
	LastUsedAt time.Time
	EndedBy    account.Ending // "": not ended
}

// AddSession begins a session under the hash of its token.
func AddSession(ctx context.Context, tx Tx, s Session, token []byte) error {
	_, err := tx.Exec(ctx, `insert into user_session (id, user_id, token_sha256, waiting, created_at, last_used_at)
		values ($1, $2, $3, $4, $5, $6)`, s.ID, s.User, token, s.Waiting, s.CreatedAt, s.LastUsedAt)
	if err != nil {
		return fmt.Errorf("begin session: %w", err)
	}
	return nil
}

// SessionByToken returns the session with its user, ErrNotFound if there is none.
// One statement: what an administrator changed counts at once (REG-8, REG-11).
func (db *DB) SessionByToken(ctx context.Context, token []byte) (s Session, a Account, err error) {
	rows, err := db.pool.Query(ctx, `select s.id, s.user_id, s.waiting, s.created_at, s.last_used_at, s.ended_by
		from user_session s where s.token_sha256 = $1`, token)
	if err != nil {
		return s, a, fmt.Errorf("read session: %w", clean(err))
	}
	s, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Session])
	if errors.Is(err, pgx.ErrNoRows) {
		return s, a, ErrNotFound
	}
	if err != nil {
		return s, a, fmt.Errorf("read session: %w", clean(err))
	}
	a, err = oneAccount(ctx, db.pool, `where u.id = $1`, s.User)
	return s, a, err
}

// TouchSession notes the use of a session that has not ended.
func (db *DB) TouchSession(ctx context.Context, id uuid.UUID, now time.Time) error {
	_, err := db.pool.Exec(ctx, `update user_session set last_used_at = $2 where id = $1 and ended_at is null`, id, now)
	if err != nil {
		return fmt.Errorf("note use of session: %w", clean(err))
	}
	return nil
}

// TryCode counts an attempt at the one-time code of a session that waits for it;
// ok is false if it waits no more or limit attempts were made.
func (db *DB) TryCode(ctx context.Context, id uuid.UUID, limit int) (ok bool, err error) {
	tag, err := db.pool.Exec(ctx, `update user_session set code_tries = code_tries + 1
		where id = $1 and waiting and ended_at is null and code_tries < $2`, id, limit)
	if err != nil {
		return false, fmt.Errorf("count attempt at code: %w", clean(err))
	}
	return tag.RowsAffected() == 1, nil
}

// RenewSession gives a session a new token and the rights of a complete login; ok
// is false if it has ended meanwhile.
func RenewSession(ctx context.Context, tx Tx, id uuid.UUID, token []byte, now time.Time) (ok bool, err error) {
	tag, err := tx.Exec(ctx, `update user_session set token_sha256 = $2, waiting = false, created_at = $3, last_used_at = $3
		where id = $1 and ended_at is null`, id, token, now)
	if err != nil {
		return false, fmt.Errorf("renew session: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// EndSession ends a session; one that has ended stays as it is.
func EndSession(ctx context.Context, tx Tx, id uuid.UUID, why account.Ending, now time.Time) error {
	_, err := tx.Exec(ctx, `update user_session set ended_at = $3, ended_by = $2 where id = $1 and ended_at is null`, id, why, now)
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// SessionsEnd says which sessions end: all of a user but the one to keep (uuid.Nil
// for none).
type SessionsEnd struct {
	User, Keep uuid.UUID
	Why        account.Ending
	At         time.Time
}

// EndSessions ends sessions of a user.
func EndSessions(ctx context.Context, tx Tx, e SessionsEnd) error {
	_, err := tx.Exec(ctx, `update user_session set ended_at = $4, ended_by = $3
		where user_id = $1 and id <> $2 and ended_at is null`, e.User, e.Keep, e.Why, e.At)
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// BrakeKey is a counter of failures with its rules.
type BrakeKey struct {
	Key   []byte
	Brake account.Brake
}

// TakeAttempt counts an attempt as failed before it is made, so that attempts at
// the same time count too; ClearBrake takes it back. If an earlier failure blocks
// one of the keys, it returns until when, and counts nothing for that key.
func (db *DB) TakeAttempt(ctx context.Context, now time.Time, keys ...BrakeKey) (blocked time.Time, failures []int, err error) {
	err = db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		blocked, failures = time.Time{}, nil
		for _, k := range keys {
			n, until, err := takeAttempt(ctx, tx, now, k)
			if err != nil {
				return err
			}
			failures = append(failures, n)
			if until.After(blocked) {
				blocked = until
			}
		}
		return nil
	})
	return blocked, failures, err
}

func takeAttempt(ctx context.Context, tx Tx, now time.Time, k BrakeKey) (failures int, blocked time.Time, err error) {
	var until time.Time
	err = tx.QueryRow(ctx, `insert into login_brake as b (key, failures, last_at, blocked_until) values ($1, 0, $2, $2)
		on conflict (key) do update set failures = case when b.last_at < $3 and b.blocked_until <= $2 then 0 else b.failures end
		returning failures, blocked_until`, k.Key, now, now.Add(-k.Brake.Forget)).Scan(&failures, &until)
	if err != nil {
		return 0, blocked, fmt.Errorf("read brake: %w", err)
	}
	if until.After(now) {
		return failures, until, nil
	}
	failures++
	_, err = tx.Exec(ctx, `update login_brake set failures = $2, last_at = $3, blocked_until = $4 where key = $1`,
		k.Key, failures, now, now.Add(k.Brake.Wait(failures)))
	if err != nil {
		return 0, blocked, fmt.Errorf("count failure: %w", err)
	}
	return failures, blocked, nil
}

// ClearBrake forgets the failures of the key: the login was right.
func ClearBrake(ctx context.Context, tx Tx, key []byte) error {
	if _, err := tx.Exec(ctx, `delete from login_brake where key = $1`, key); err != nil {
		return fmt.Errorf("clear brake: %w", err)
	}
	return nil
}

// RefundAttempt takes back one failure of the key: this one was none.
func RefundAttempt(ctx context.Context, tx Tx, key []byte, now time.Time) error {
	_, err := tx.Exec(ctx, `update login_brake set failures = greatest(failures - 1, 0), blocked_until = least(blocked_until, $2)
		where key = $1`, key, now)
	if err != nil {
		return fmt.Errorf("take failure back: %w", err)
	}
	return nil
}
