package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/calendar"
	"klarbeleg/domain/card"
)

// CardLock is a card order, locked until the end of the transaction, with what
// waits for it.
type CardLock struct {
	Order card.Order
	// Parked counts the events that wait; NextParked is the smallest of their
	// numbers, 0 if none waits.
	Parked     int
	NextParked int64
}

// CardMessage is an event message as it arrived.
type CardMessage struct {
	ID   string
	Body []byte
}

const cardOrderColumns = `order_id, product, kind, issuing_body, email, previous_card, state, flags,
	card_pin_failures, signature_pin_failures, card_serial, valid_from, valid_to, since, seq, accepted`

// LockCardOrder returns the order and keeps every other transaction from
// applying events to it. An unknown id becomes an order in state none.
func LockCardOrder(ctx context.Context, tx Tx, id string, now time.Time) (CardLock, error) {
	batch := &pgx.Batch{}
	batch.Queue(`insert into card_order (order_id, state, flags, seq, accepted, created_at, updated_at)
		values ($1, $2, '{}', 0, 0, $3, $3) on conflict do nothing`, id, card.StateNone, now)
	batch.Queue(`select `+cardOrderColumns+` from card_order where order_id = $1 for update`, id)
	// A statement of its own: its snapshot is taken after the lock was got.
	batch.Queue(`select count(*), coalesce(min(seq), 0) from card_event_parked where order_id = $1`, id)
	results := tx.SendBatch(ctx, batch)
	var lock CardLock
	_, err := results.Exec()
	if err == nil {
		lock.Order, err = scanCardOrder(results.QueryRow())
	}
	if err == nil {
		err = results.QueryRow().Scan(&lock.Parked, &lock.NextParked)
	}
	if err = errors.Join(err, results.Close()); err != nil {
		return CardLock{}, fmt.Errorf("lock card order: %w", err)
	}
	return lock, nil
}

// SaveCardOrder writes the order back; it must be locked.
func SaveCardOrder(ctx context.Context, tx Tx, o card.Order, now time.Time) error {
	if _, err := tx.Exec(ctx, `update card_order set product = $2, kind = $3, issuing_body = $4, email = $5, previous_card = $6,
			state = $7, flags = $8, card_pin_failures = $9, signature_pin_failures = $10, card_serial = $11,
			valid_from = $12, valid_to = $13, since = $14, seq = $15, accepted = $16, updated_at = $17
		where order_id = $1`,
		o.ID, o.Product, o.Kind, o.IssuingBody, o.Email, o.PreviousCard, o.State, o.Flags.Names(), o.Failures.Card,
		o.Failures.Signature, o.Serial, dateOrNull(o.ValidFrom), dateOrNull(o.ValidTo), timeOrNull(o.Since), o.Seq, o.Accepted, now,
	); err != nil {
		return fmt.Errorf("save card order: %w", err)
	}
	return nil
}

// AcceptedCardEvent is an event under its number in the order's history; Data is
// the JSON of its known fields.
type AcceptedCardEvent struct {
	Number int64
	Event  card.Event
	Data   []byte
}

// AddCardEvent writes an accepted event.
func AddCardEvent(ctx context.Context, tx Tx, a AcceptedCardEvent, now time.Time) error {
	e := a.Event
	if _, err := tx.Exec(ctx, `insert into card_event (order_id, seq, sender_seq, event_id, type, at, data, applied_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		e.OrderID, a.Number, e.Seq, e.ID, card.TypeOf(e.Data), e.At, a.Data, now); err != nil {
		return fmt.Errorf("add card event: %w", err)
	}
	return nil
}

// ParkCardEvent keeps the message of e until the events before it have come.
// parked is false if another one waits under this number.
func ParkCardEvent(ctx context.Context, tx Tx, e card.Event, m CardMessage, now time.Time) (parked bool, err error) {
	tag, err := tx.Exec(ctx, `insert into card_event_parked (order_id, seq, message_id, body, parked_at)
		values ($1, $2, $3, $4, $5) on conflict do nothing`, e.OrderID, e.Seq, m.ID, m.Body, now)
	if err != nil {
		return false, fmt.Errorf("park card event: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// TakeParkedCardEvent removes the message that waits under seq and returns it
// with the smallest number that still waits, 0 if none does.
func TakeParkedCardEvent(ctx context.Context, tx Tx, orderID string, seq int64) (m CardMessage, next int64, err error) {
	err = tx.QueryRow(ctx, `with taken as (delete from card_event_parked where order_id = $1 and seq = $2 returning message_id, body)
		select message_id, body, (select coalesce(min(seq), 0) from card_event_parked where order_id = $1 and seq > $2) from taken`,
		orderID, seq).Scan(&m.ID, &m.Body, &next)
	if err != nil {
		return CardMessage{}, 0, fmt.Errorf("take parked card event: %w", err)
	}
	return m, next, nil
}

// CardRefusal is a refused event: OrderID is "" and Seq 0 if the message does
// not tell them.
type CardRefusal struct {
	OrderID string
	Seq     int64
	Message CardMessage
	Refusal card.RefusedError
}

// RefuseCardEvent keeps a refused message whole, with the reason.
func RefuseCardEvent(ctx context.Context, tx Tx, r CardRefusal, now time.Time) error {
	if _, err := tx.Exec(ctx, `insert into card_event_refused (order_id, seq, message_id, reason, detail, state, body, refused_at)
		values (nullif($1, ''), nullif($2, 0::bigint), $3, $4, $5, $6, $7, $8)`,
		r.OrderID, r.Seq, r.Message.ID, r.Refusal.Code, r.Refusal.Detail, r.Refusal.State, r.Message.Body, now); err != nil {
		return fmt.Errorf("keep refused card event: %w", err)
	}
	return nil
}

// CardOrder returns the order with this id. ErrNotFound if no application for it
// was accepted.
func (db *DB) CardOrder(ctx context.Context, id string) (card.Order, error) {
	o, err := scanCardOrder(db.pool.QueryRow(ctx, `select `+cardOrderColumns+` from card_order
		where order_id = $1 and accepted > 0`, id))
	if errors.Is(err, pgx.ErrNoRows) {
		return card.Order{}, fmt.Errorf("card order: %w", ErrNotFound)
	}
	if err != nil {
		return card.Order{}, fmt.Errorf("read card order: %w", clean(err))
	}
	return o, nil
}

// StalledCardOrder is an order whose events wait for a missing one.
type StalledCardOrder struct {
	OrderID string
	Missing int64 // the sender's number of the first missing event
	Waiting int
	Since   time.Time
}

// StalledCardOrders returns up to limit orders with events that have waited
// since before, longest first.
func (db *DB) StalledCardOrders(ctx context.Context, before time.Time, limit int) ([]StalledCardOrder, error) {
	rows, err := db.pool.Query(ctx, `select o.order_id, o.seq + 1, count(*), min(p.parked_at)
		from card_event_parked p join card_order o using (order_id)
		group by o.order_id having min(p.parked_at) < $1 order by min(p.parked_at), o.order_id limit $2`, before, limit)
	if err != nil {
		return nil, fmt.Errorf("read stalled card orders: %w", clean(err))
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[StalledCardOrder])
	if err != nil {
		return nil, fmt.Errorf("read stalled card orders: %w", clean(err))
	}
	return out, nil
}

func scanCardOrder(row pgx.Row) (card.Order, error) {
	var (
		o                   card.Order
		flags               []string
		from, to, enteredAt *time.Time
	)
	if err := row.Scan(&o.ID, &o.Product, &o.Kind, &o.IssuingBody, &o.Email, &o.PreviousCard, &o.State, &flags,
		&o.Failures.Card, &o.Failures.Signature, &o.Serial, &from, &to, &enteredAt, &o.Seq, &o.Accepted); err != nil {
		return card.Order{}, err
	}
	var err error
	if o.Flags, err = card.ParseFlags(flags); err != nil {
		return card.Order{}, err
	}
	if from != nil && to != nil {
		o.ValidFrom, o.ValidTo = calendar.OfTime(*from), calendar.OfTime(*to)
	}
	if enteredAt != nil {
		o.Since = enteredAt.UTC()
	}
	return o, nil
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
