package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Quarantined is a message set aside whole, with its reason (DTA-10). It is
// social data: lists show reason and place, the body only on demand.
type Quarantined struct {
	ID        uuid.UUID
	Consumer  string
	Topic     string
	Partition int
	Offset    int64
	MessageID string
	Key       []byte
	Headers   map[string][]byte
	Body      []byte
	Code      string
	Reason    string
	State     string // waiting, replayed, dismissed
	Replays   int
	CreatedAt time.Time
}

// AddQuarantine sets a message aside in the transaction and returns the id under
// which it stands; a message that is there already stays as it is. The place alone
// does not tell that: in a topic made anew another message has the same.
func AddQuarantine(ctx context.Context, tx Tx, q Quarantined) (id uuid.UUID, err error) {
	if q.Body == nil {
		q.Body = []byte{}
	}
	// Whoever sends garbage must not find a garbage that cannot be set aside.
	headers := make(map[string][]byte, len(q.Headers))
	for name, value := range q.Headers {
		headers[storable(name)] = value
	}
	err = tx.QueryRow(ctx, `insert into quarantine (id, consumer, topic, partition, message_offset, message_id, key, headers, body,
		reason_code, reason, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (consumer, topic, partition, message_offset, sha256(body)) do update set consumer = excluded.consumer returning id`,
		q.ID, q.Consumer, q.Topic, q.Partition, q.Offset, storable(q.MessageID), q.Key, headers, q.Body, q.Code, storable(q.Reason),
		q.CreatedAt).Scan(&id)
	if err != nil {
		return id, fmt.Errorf("write quarantine: %w", err)
	}
	return id, nil
}

// storable replaces what a text of PostgreSQL cannot hold.
func storable(s string) string {
	const replacement = "\uFFFD"
	return strings.ReplaceAll(strings.ToValidUTF8(s, replacement), "\x00", replacement)
}

const quarantineColumns = `id, consumer, topic, partition, message_offset, message_id, key, headers, body, reason_code, reason, state, replays, created_at`

// Quarantine returns the messages set aside and not yet solved, oldest first,
// without their bodies.
func (db *DB) Quarantine(ctx context.Context, limit int) ([]Quarantined, error) {
	rows, err := db.pool.Query(ctx, `select id, consumer, topic, partition, message_offset, message_id, null::bytea, null::jsonb, null::bytea,
		reason_code, reason, state, replays, created_at from quarantine where state = 'waiting' order by created_at, id limit $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list quarantine: %w", clean(err))
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Quarantined])
	if err != nil {
		return nil, fmt.Errorf("list quarantine: %w", clean(err))
	}
	return out, nil
}

// QuarantinedMessage returns one message whole; ErrNotFound if there is none.
func (db *DB) QuarantinedMessage(ctx context.Context, id uuid.UUID) (Quarantined, error) {
	rows, err := db.pool.Query(ctx, `select `+quarantineColumns+` from quarantine where id = $1`, id)
	if err != nil {
		return Quarantined{}, fmt.Errorf("read quarantine: %w", clean(err))
	}
	q, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Quarantined])
	if errors.Is(err, pgx.ErrNoRows) {
		return Quarantined{}, fmt.Errorf("quarantined message: %w", ErrNotFound)
	}
	if err != nil {
		return Quarantined{}, fmt.Errorf("read quarantine: %w", clean(err))
	}
	return q, nil
}

// MarkReplayed counts a replay; solved says that the message went through.
func (db *DB) MarkReplayed(ctx context.Context, id uuid.UUID, solved bool, now time.Time) error {
	if _, err := db.pool.Exec(ctx, `update quarantine set replays = replays + 1, replayed_at = $3,
		state = case when $2 then 'replayed' else state end where id = $1`, id, solved, now); err != nil {
		return fmt.Errorf("mark replay: %w", clean(err))
	}
	return nil
}

// SetAside writes the message to the quarantine in a transaction of its own and
// returns the id under which it stands.
func (db *DB) SetAside(ctx context.Context, q Quarantined) (id uuid.UUID, err error) {
	err = db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		id, err = AddQuarantine(ctx, tx, q)
		return err
	})
	return id, err
}

// QuarantineReason counts what waits for one reason.
type QuarantineReason struct {
	Code   string
	Count  int
	Oldest time.Time
}

// QuarantineReasons returns what waits in quarantine, by reason.
func (db *DB) QuarantineReasons(ctx context.Context) ([]QuarantineReason, error) {
	rows, err := db.pool.Query(ctx, `select reason_code, count(*), min(created_at) from quarantine
		where state = 'waiting' group by reason_code order by reason_code`)
	if err != nil {
		return nil, fmt.Errorf("count quarantine: %w", clean(err))
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[QuarantineReason])
	if err != nil {
		return nil, fmt.Errorf("count quarantine: %w", clean(err))
	}
	return out, nil
}
