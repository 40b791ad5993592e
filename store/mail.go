package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/calendar"
)

// Mail is an e-mail to send. DedupKey makes it happen once: a second plan with
// the same key does nothing.
type Mail struct {
	ID        uuid.UUID
	Kind      string
	DedupKey  string
	User      uuid.UUID // uuid.Nil for mails to nobody registered
	LocalDay  calendar.Date
	Recipient string
	Subject   string
	Text      string
	At        time.Time
}

// PlanMail writes the mail as planned; planned is false if it was planned
// before.
func PlanMail(ctx context.Context, tx Tx, m Mail) (planned bool, err error) {
	var user *uuid.UUID
	if m.User != uuid.Nil {
		user = &m.User
	}
	tag, err := tx.Exec(ctx, `insert into mail (id, kind, dedup_key, user_id, local_day, recipient, subject, body_text, next_at, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) on conflict do nothing`,
		m.ID, m.Kind, m.DedupKey, user, m.LocalDay.UTC(), m.Recipient, m.Subject, m.Text, m.At)
	if err != nil {
		return false, fmt.Errorf("plan mail: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// DueMail is a planned mail taken for sending.
type DueMail struct {
	ID        uuid.UUID
	Recipient string
	Subject   string
	Text      string
	Attempts  int
}

// TakeDueMail moves up to limit planned mails that are due to "sending" and
// returns them. The move is committed before SMTP, so that a mail is never sent
// twice (G-6).
func (db *DB) TakeDueMail(ctx context.Context, now time.Time, limit int) ([]DueMail, error) {
	rows, err := db.pool.Query(ctx, `update mail set state = 'sending', attempts = attempts + 1
		where id in (select id from mail where state = 'planned' and next_at <= $1
			order by next_at, id limit $2 for update skip locked)
		returning id, recipient, subject, body_text, attempts`, now, limit)
	if err != nil {
		return nil, fmt.Errorf("take mail: %w", clean(err))
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DueMail])
	if err != nil {
		return nil, fmt.Errorf("take mail: %w", clean(err))
	}
	return out, nil
}

// MailSent marks the mail as sent.
func (db *DB) MailSent(ctx context.Context, id uuid.UUID, now time.Time) error {
	return db.setMail(ctx, id, "sent", "", now, now)
}

// MailRetry plans the mail again at next; code says why.
func (db *DB) MailRetry(ctx context.Context, id uuid.UUID, code string, next time.Time) error {
	return db.setMail(ctx, id, "planned", code, next, time.Time{})
}

// MailEnded ends the mail unsent ("failed") or with unknown outcome
// ("unknown"); code says why.
func (db *DB) MailEnded(ctx context.Context, id uuid.UUID, state, code string, now time.Time) error {
	return db.setMail(ctx, id, state, code, now, time.Time{})
}

func (db *DB) setMail(ctx context.Context, id uuid.UUID, state, code string, next, sent time.Time) error {
	var sentAt *time.Time
	if !sent.IsZero() {
		sentAt = &sent
	}
	if _, err := db.pool.Exec(ctx, `update mail set state = $2, error_code = $3, next_at = $4, sent_at = $5 where id = $1`,
		id, state, code, next, sentAt); err != nil {
		return fmt.Errorf("mark mail: %w", clean(err))
	}
	return nil
}

// MailsLeftSending turns mails found in "sending" at start into "unknown": we
// do not know whether they left, and do not send them again (F-08).
func (db *DB) MailsLeftSending(ctx context.Context) (int64, error) {
	tag, err := db.pool.Exec(ctx, `update mail set state = 'unknown', error_code = 'interrupted' where state = 'sending'`)
	if err != nil {
		return 0, fmt.Errorf("mark interrupted mails: %w", clean(err))
	}
	return tag.RowsAffected(), nil
}
