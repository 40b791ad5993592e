package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

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
	n, err := PlanMails(ctx, tx, m)
	return n == 1, err
}

// PlanMails writes the mails as planned and returns how many of them were not
// planned before.
func PlanMails(ctx context.Context, tx Tx, mails ...Mail) (planned int, err error) {
	batch := &pgx.Batch{}
	for _, m := range mails {
		var user *uuid.UUID
		if m.User != uuid.Nil {
			user = &m.User
		}
		batch.Queue(`insert into mail (id, kind, dedup_key, user_id, local_day, recipient, subject, body_text, next_at, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) on conflict do nothing`,
			m.ID, m.Kind, m.DedupKey, user, m.LocalDay.UTC(), m.Recipient, m.Subject, m.Text, m.At).
			Exec(func(tag pgconn.CommandTag) error {
				planned += int(tag.RowsAffected())
				return nil
			})
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return 0, fmt.Errorf("plan mails: %w", err)
	}
	return planned, nil
}

// DueMail is a planned mail taken for sending.
type DueMail struct {
	ID        uuid.UUID
	Recipient string
	Subject   string
	Text      string
	// Attempts counts this one.
	Attempts int
}

// TakeDueMail moves the planned mail that has been due longest to "sending" and
// returns it. The move is committed before SMTP, so that a mail is never sent
// twice (G-6). ok is false if none is due or if perMinute mails were taken within
// the last minute, by all replicas together (F-63).
func (db *DB) TakeDueMail(ctx context.Context, now time.Time, perMinute int) (mail DueMail, ok bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		// Counting and taking are one step for all replicas.
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext('klarbeleg.mail'))`); err != nil {
			return fmt.Errorf("lock mail: %w", err)
		}
		rows, err := tx.Query(ctx, `update mail set state = 'sending', attempts = attempts + 1, taken_at = $1
			where id = (select id from mail where state = 'planned' and next_at <= $1
					and (select count(*) from mail where taken_at > $2) < $3
				order by next_at, id limit 1)
			returning id, recipient, subject, body_text, attempts`, now, now.Add(-time.Minute), perMinute)
		if err != nil {
			return fmt.Errorf("take mail: %w", err)
		}
		mail, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[DueMail])
		ok = err == nil
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("take mail: %w", err)
		}
		return nil
	})
	return mail, ok && err == nil, err
}

// MailSent marks the mail as sent.
func (db *DB) MailSent(ctx context.Context, id uuid.UUID, now time.Time) error {
	return db.markMail(ctx, `state = 'sent', error_code = '', sent_at = $2`, id, now)
}

// MailRetry plans the mail again at next; code says why.
func (db *DB) MailRetry(ctx context.Context, id uuid.UUID, code string, next time.Time) error {
	return db.markMail(ctx, `state = 'planned', error_code = $2, next_at = $3`, id, code, next)
}

// MailEnded ends the mail unsent ("failed") or with unknown outcome
// ("unknown"); code says why.
func (db *DB) MailEnded(ctx context.Context, id uuid.UUID, state, code string) error {
	return db.markMail(ctx, `state = $2, error_code = $3`, id, state, code)
}

// markMail sets columns of the mail whose id is the first argument.
func (db *DB) markMail(ctx context.Context, set string, args ...any) error {
	if _, err := db.pool.Exec(ctx, `update mail set `+set+` where id = $1`, args...); err != nil {
		return fmt.Errorf("mark mail: %w", clean(err))
	}
	return nil
}

// InterruptedMails turns mails taken before the instant given and still in
// "sending" into "unknown": their process is gone, we do not know whether they
// left, and do not send them again (F-08).
func (db *DB) InterruptedMails(ctx context.Context, before time.Time) (int64, error) {
	tag, err := db.pool.Exec(ctx, `update mail set state = 'unknown', error_code = 'interrupted'
		where state = 'sending' and taken_at < $1`, before)
	if err != nil {
		return 0, fmt.Errorf("mark interrupted mails: %w", clean(err))
	}
	return tag.RowsAffected(), nil
}

// GiveUpMails ends planned mails whose time is over: digests of days before
// today, because the next one says it all, and others created before the instant
// given (F-60).
func (db *DB) GiveUpMails(ctx context.Context, today calendar.Date, before time.Time) (int64, error) {
	tag, err := db.pool.Exec(ctx, `update mail set state = 'failed',
			error_code = 'given_up' || case when error_code = '' then '' else '_' || error_code end
		where state = 'planned' and case when kind = 'digest' then local_day < $1 else created_at < $2 end`,
		today.UTC(), before)
	if err != nil {
		return 0, fmt.Errorf("give up mails: %w", clean(err))
	}
	return tag.RowsAffected(), nil
}

// MailBacklog returns for how long the mail that is due longest has been
// waiting; 0 if none is due.
func (db *DB) MailBacklog(ctx context.Context, now time.Time) (time.Duration, error) {
	var oldest *time.Time
	if err := db.pool.QueryRow(ctx, `select min(created_at) from mail where state = 'planned' and next_at <= $1`, now).
		Scan(&oldest); err != nil {
		return 0, fmt.Errorf("count mail: %w", clean(err))
	}
	if oldest == nil {
		return 0, nil
	}
	return now.Sub(*oldest), nil
}
