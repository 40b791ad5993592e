package store

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"klarbeleg/internal/kafkaio"
	"klarbeleg/schema/messages"
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

// Event returns the message as it goes on the wire.
func (m *OutboxMessage) Event() kafkaio.Event {
	return kafkaio.Event{
		ID: m.EventID.String(), Source: messages.CloudEventsSource, Type: m.Type, Time: m.At,
		ContentType: cmp.Or(m.ContentType, messages.ContentTypeJSON), Key: m.Key, Headers: m.Headers, Body: m.Body,
	}
}

// check refuses what the relay could never publish: it would stop there for ever,
// and every message behind it would wait. Errors as of kafkaio.Event.Message.
func (m *OutboxMessage) check() error {
	if _, err := m.Event().Message(m.Topic); err != nil {
		return fmt.Errorf("outbox message %s for %s: %w", m.Kind, m.Topic, err)
	}
	return nil
}

// AddOutbox writes messages to the outbox; one that is there already (same event
// id) stays as it is. A message that cannot be sent is an error, and none is
// written: kafkaio.ErrTooLarge above the size limit of the topics.
func AddOutbox(ctx context.Context, tx Tx, out ...OutboxMessage) error {
	batch := &pgx.Batch{}
	for i := range out {
		m := &out[i]
		if err := m.check(); err != nil {
			return err
		}
		batch.Queue(`insert into outbox (event_id, kind, subject_id, topic, key, type, content_type, headers, body, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (event_id) do nothing`,
			m.EventID, m.Kind, uuidOrNull(m.Subject), m.Topic, m.Key, m.Type, cmp.Or(m.ContentType, messages.ContentTypeJSON),
			m.Headers, m.Body, m.At)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write outbox: %w", err)
	}
	return nil
}

// OutboxRow is an unpublished message with its place in the order of publishing.
type OutboxRow struct {
	ID int64
	OutboxMessage
}

// Limits of one batch of the relay. The bytes keep its memory flat and let all
// messages of a partition travel in one request, which keeps their order when a
// request fails.
const (
	outboxBatchRows  = 1000
	outboxBatchBytes = 8 << 20
)

// UnpublishedOutbox returns the oldest unpublished messages: up to 1000 with
// bodies of up to 8 MiB together, or one larger one.
func (db *DB) UnpublishedOutbox(ctx context.Context) ([]OutboxRow, error) {
	rows, err := db.pool.Query(ctx, `select id, event_id, kind, topic, key, type, content_type, headers, body, created_at
		from (select *, sum(octet_length(body)) over (order by id rows unbounded preceding) as total, row_number() over (order by id) as n
			from outbox where published_at is null order by id limit $1) o
		where n = 1 or total <= $2 order by id`, outboxBatchRows, outboxBatchBytes)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", clean(err))
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r OutboxRow, err error) {
		err = row.Scan(&r.ID, &r.EventID, &r.Kind, &r.Topic, &r.Key, &r.Type, &r.ContentType, &r.Headers, &r.Body, &r.At)
		return r, err
	})
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

// UnpublishedTopics returns the topics that unpublished messages are for.
func (db *DB) UnpublishedTopics(ctx context.Context) ([]string, error) {
	rows, err := db.pool.Query(ctx, `select distinct topic from outbox where published_at is null`)
	if err != nil {
		return nil, fmt.Errorf("read topics of outbox: %w", clean(err))
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read topics of outbox: %w", clean(err))
	}
	return out, nil
}

// MarkFound marks those of the events that are not marked yet as published at
// now, and returns how many they were. Other ids are not ours and do nothing.
func (db *DB) MarkFound(ctx context.Context, events []uuid.UUID, now time.Time) (int64, error) {
	tag, err := db.pool.Exec(ctx, `update outbox set published_at = $2 where event_id = any($1) and published_at is null`, events, now)
	if err != nil {
		return 0, fmt.Errorf("mark outbox: %w", clean(err))
	}
	return tag.RowsAffected(), nil
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
