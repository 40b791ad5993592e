package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
)

// Delivery is the row of one delivery in its final state.
type Delivery struct {
	ID              uuid.UUID
	MessageID       string
	Sender          string
	Recipient       string
	TransferName    string
	Reference       string
	Group           string
	Test            string
	CreatedOn       calendar.Date
	PayloadSHA256   [32]byte
	BlobKey         string
	OrderFile       []byte // the Auftragsdatei, nil if none came
	Bytes           int64
	Segments        int64
	State           billing.DeliveryState
	ClaimedInvoices int
	ClaimedCents    int64
	DuplicateOf     uuid.UUID
	ReceivedAt      time.Time
	Errors          []DeliveryError
	Refused         []billing.RefusedInvoice
}

// DeliveryError is one error of the receipt: place and German text, never a
// field's value (DTA-6).
type DeliveryError struct {
	Stage     int
	Code      string
	Severity  string
	Scope     string
	Segment   int
	Offset    int64
	Tag       string
	Element   int
	Component int
	Text      string
}

// Earlier is an accepted delivery that has the same content or the same
// interchange reference.
type Earlier struct {
	ID         uuid.UUID
	ReceivedAt time.Time
}

// AddBlob records that the blob belongs to a row of this transaction.
func AddBlob(ctx context.Context, tx Tx, key string, size int64, now time.Time) error {
	_, err := tx.Exec(ctx, `insert into blob (key, size, created_at) values ($1, $2, $3) on conflict do nothing`, key, size, now)
	if err != nil {
		return fmt.Errorf("record blob: %w", err)
	}
	return nil
}

// FindSamePayload returns the accepted delivery with the same bytes (P1010).
func FindSamePayload(ctx context.Context, tx Tx, sum [32]byte) (Earlier, bool, error) {
	return findEarlier(tx.Query(ctx, `select id, received_at from delivery
		where payload_sha256 = $1 and state in ('accepted', 'partly_rejected')`, sum[:]))
}

// FindSameReference returns the accepted delivery with the sender, recipient and
// interchange reference of the header in the same year (P1009).
func FindSameReference(ctx context.Context, tx Tx, h *billing.Header) (Earlier, bool, error) {
	return findEarlier(tx.Query(ctx, `select id, received_at from delivery
		where sender_ik = $1 and recipient_ik = $2 and exchange_reference = $3
		and extract(year from wire_created_on) = extract(year from $4::date)
		and (case when provider_group in ('300', '295') then provider_group else '' end) = $5
		and state in ('accepted', 'partly_rejected')`, h.Sender, h.Recipient, h.Reference, h.CreatedOn.UTC(), h.Group.Procedure()))
}

// LastReference returns the interchange reference of the newest accepted delivery of
// the header's sender to its recipient in the same procedure.
func LastReference(ctx context.Context, tx Tx, h *billing.Header) (reference string, found bool, err error) {
	err = tx.QueryRow(ctx, `select exchange_reference from delivery
		where sender_ik = $1 and recipient_ik = $2 and provider_group = $3 and exchange_reference is not null
		and state in ('accepted', 'partly_rejected') order by received_at desc, id desc limit 1`, h.Sender, h.Recipient, h.Group.String()).Scan(&reference)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("find last reference: %w", err)
	}
	return reference, true, nil
}

func findEarlier(rows pgx.Rows, err error) (Earlier, bool, error) {
	if err != nil {
		return Earlier{}, false, fmt.Errorf("find earlier delivery: %w", err)
	}
	e, err := pgx.CollectOneRow(rows, pgx.RowToStructByPos[Earlier])
	if errors.Is(err, pgx.ErrNoRows) {
		return Earlier{}, false, nil
	}
	if err != nil {
		return Earlier{}, false, fmt.Errorf("find earlier delivery: %w", err)
	}
	return e, true, nil
}

// AddDelivery writes the delivery with its errors and refused invoices.
func AddDelivery(ctx context.Context, tx Tx, d *Delivery) error {
	_, err := tx.Exec(ctx, `insert into delivery (id, message_id, sender_ik, recipient_ik, transfer_name,
		exchange_reference, provider_group, test_indicator, wire_created_on, payload_sha256, blob_key, size_bytes, segments,
		state, claimed_invoices, claimed_cents, duplicate_of, received_at, received_on, order_file)
		values ($1, $2, $3, nullif($4, ''), nullif($5, ''), nullif($6, ''), nullif($7, ''), nullif($8, ''), $9, $10, nullif($11, ''),
			$12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		d.ID, d.MessageID, d.Sender, d.Recipient, d.TransferName, d.Reference, d.Group, d.Test, dateOrNull(d.CreatedOn),
		d.PayloadSHA256[:], d.BlobKey, d.Bytes, d.Segments, string(d.State), d.ClaimedInvoices, d.ClaimedCents,
		uuidOrNull(d.DuplicateOf), d.ReceivedAt, calendar.InBerlin(d.ReceivedAt).UTC(), d.OrderFile)
	if err != nil {
		return fmt.Errorf("write delivery: %w", err)
	}
	errs := newCopyTable("delivery_error", "delivery_id, no, stage, code, severity, scope, segment, byte_offset, tag, element, component, text")
	for i, e := range d.Errors {
		errs.uuid(d.ID)
		errs.int(int64(i + 1))
		errs.int(int64(e.Stage))
		errs.text(e.Code)
		errs.text(e.Severity)
		errs.text(e.Scope)
		errs.int(int64(e.Segment))
		errs.int(e.Offset)
		errs.text(e.Tag)
		errs.int(int64(e.Element))
		errs.int(int64(e.Component))
		errs.text(e.Text)
		errs.end()
	}
	if err := errs.flush(ctx, tx); err != nil {
		return err
	}
	refused := newCopyTable("refused_invoice", "delivery_id, no, collective_number, single_number, provider_ik, billed_cents, rule, segment, byte_offset")
	for i, r := range d.Refused {
		refused.uuid(d.ID)
		refused.int(int64(i + 1))
		refused.text(r.Number.Collective)
		refused.text(r.Number.Single)
		refused.text(r.Provider)
		refused.int(int64(r.Billed))
		refused.text(r.Rule)
		refused.int(int64(r.Place.Segment))
		refused.int(r.Place.Offset)
		refused.end()
	}
	return refused.flush(ctx, tx)
}

// DeliveryCounts returns the number of deliveries by state.
func (db *DB) DeliveryCounts(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	var state string
	var n int64
	err := db.each(ctx, `select state, count(*) from delivery group by state`, []any{&state, &n}, func() { out[state] = n })
	if err != nil {
		return nil, fmt.Errorf("count deliveries: %w", clean(err))
	}
	return out, nil
}

// EnsurePartitions creates the partitions of the bulk tables for the month of now
// and the next twelve months.
func (db *DB) EnsurePartitions(ctx context.Context, now time.Time) error {
	if _, err := db.pool.Exec(ctx, `select ensure_month_partitions($1::date, 13)`, calendar.InBerlin(now).UTC()); err != nil {
		return fmt.Errorf("create partitions: %w", clean(err))
	}
	return nil
}

// OutboxWriter writes many messages to the outbox by COPY: JSON bodies without
// further headers.
type OutboxWriter struct {
	table *copyTable
	err   error // of the first message that cannot be sent
}

// NewOutboxWriter returns an empty writer.
func NewOutboxWriter() *OutboxWriter {
	return &OutboxWriter{table: newCopyTable("outbox", "event_id, kind, subject_id, topic, key, type, body, created_at")}
}

// Add buffers a message; if it cannot be sent, as in AddOutbox, Flush says so.
func (w *OutboxWriter) Add(m OutboxMessage) {
	if err := m.check(); err != nil && w.err == nil {
		w.err = err
	}
	t := w.table
	t.uuid(m.EventID)
	t.text(m.Kind)
	t.uuid(m.Subject)
	t.text(m.Topic)
	t.text(m.Key)
	t.text(m.Type)
	t.bytea(m.Body)
	t.time(m.At)
	t.end()
}

// Bytes returns the size of what is buffered.
func (w *OutboxWriter) Bytes() int { return w.table.buf.Len() }

// Flush sends what is buffered.
func (w *OutboxWriter) Flush(ctx context.Context, tx Tx) error {
	if w.err != nil {
		return w.err
	}
	return w.table.flush(ctx, tx)
}

// Discard forgets what is buffered.
func (w *OutboxWriter) Discard() {
	w.table.buf.Reset()
	w.table.rows, w.table.open = 0, false
	w.err = nil
}

func dateOrNull(d calendar.Date) *time.Time {
	if d == 0 {
		return nil
	}
	t := d.UTC()
	return &t
}

func uuidOrNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// Totals are figures over everything stored.
type Totals struct {
	Invoices, Positions, Corrections, OpenCases, Vouchers int64
	Billed, Approved, Corrected, Paid                     int64 // cents
}

// Totals returns the figures of the status overview.
func (db *DB) Totals(ctx context.Context) (t Totals, err error) {
	err = db.pool.QueryRow(ctx, `select count(*), coalesce(sum(positions), 0), coalesce(sum(billed_cents), 0),
		coalesce(sum(approved_cents), 0), coalesce(sum(corrected_cents), 0),
		(select count(*) from correction), (select count(*) from correction_case where state <> 'completed'),
		(select count(*) from voucher), (select coalesce(sum(total_cents), 0) from voucher) from invoice`).
		Scan(&t.Invoices, &t.Positions, &t.Billed, &t.Approved, &t.Corrected, &t.Corrections, &t.OpenCases, &t.Vouchers, &t.Paid)
	if err != nil {
		return t, fmt.Errorf("read totals: %w", clean(err))
	}
	return t, nil
}
