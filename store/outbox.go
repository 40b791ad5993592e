package store

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// OutboxMessage is a message to publish; it is written in the transaction that
// causes it. Kind names it inside the system ("correction", "invoice",
// "receipt", "card_status"), Type on the wire.
type OutboxMessage struct {
	EventID uuid.UUID
	Kind    string
	// Subject is the id of what the message is about; uuid.Nil for none.
	Subject uuid.UUID
	Topic   string
	Key     string
	Type    string
	// ContentType of the body; "" is application/json.
	ContentType string
	// Headers go with the message beside those of the event itself.
	Headers map[string][]byte
	Body    []byte
	At      time.Time
}

// AddOutbox writes messages to the outbox; one that is there already (same event
// id) stays as it is.
func AddOutbox(ctx context.Context, tx Tx, messages ...OutboxMessage) error {
	batch := &pgx.Batch{}
	for _, m := range messages {
		var subject *uuid.UUID
		if m.Subject != uuid.Nil {
			subject = &m.Subject
		}
		batch.Queue(`insert into outbox (event_id, kind, subject_id, topic, key, type, content_type, headers, body, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (event_id) do nothing`,
			m.EventID, m.Kind, subject, m.Topic, m.Key, m.Type, cmp.Or(m.ContentType, "application/json"), m.Headers, m.Body, m.At)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write outbox: %w", err)
	}
	return nil
}

// OutboxRow is an unpublished message as the relay reads it.
type OutboxRow struct {
	ID          int64
	EventID     uuid.UUID
	Topic       string
	Key         string
	Type        string
	ContentType string
	Headers     map[string][]byte
	Body        []byte
	At          time.Time
}

// UnpublishedOutbox returns up to limit unpublished messages, oldest first.
func (db *DB) UnpublishedOutbox(ctx context.Context, limit int) ([]OutboxRow, error) {
	rows, err := db.pool.Query(ctx, `select id, event_id, topic, key, type, content_type, headers, body, created_at
		from outbox where published_at is null order by id limit $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", clean(err))
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OutboxRow])
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", clean(err))
	}
	return out, nil
}

// MarkPublished marks messages as published at now.
func (db *DB) MarkPublished(ctx context.Context, ids []int64, now time.Time) error {
	if _, err := db.pool.Exec(ctx, `update outbox set published_at = $2 where id = any($1)`, ids, now); err != nil {
		return fmt.Errorf("mark outbox: %w", clean(err))
	}
	return nil
}

// OutboxBacklog returns how many messages wait and the age of the oldest.
func (db *DB) OutboxBacklog(ctx context.Context, now time.Time) (count int, age time.Duration, err error) {
	var oldest *time.Time
	err = db.pool.QueryRow(ctx, `select count(*), min(created_at) from outbox where published_at is null`).Scan(&count, &oldest)
	if err != nil {
		return 0, 0, fmt.Errorf("count outbox: %w", clean(err))
	}
	if oldest != nil {
		age = now.Sub(*oldest)
	}
	return count, age, nil
}
