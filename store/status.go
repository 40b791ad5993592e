package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// InvoiceQuery asks for the invoices of one collective invoice number. All three
// of payee, number and date must match (RP-1); groups are the provider groups of
// the area asked for (RP-4).
type InvoiceQuery struct {
	PayeeIK string
	Number  string
	Date    calendar.Date
	Groups  []string
	// Single asks for a single number (§ 295, RP-2) instead of a collective one.
	Single bool
}

// Page is a part of a long list: rows Offset+1 to Offset+Limit.
type Page struct {
	Limit, Offset int
}

// InvoiceStatus is what may be shown of one invoice without login: no value of
// an insured person (RP-7).
type InvoiceStatus struct {
	Number      billing.InvoiceNumber
	Date        calendar.Date
	ProviderIK  string
	PayerIK     string
	PayerName   string // "" if the payer list does not know the IK
	ReceivedOn  calendar.Date
	CheckedAt   time.Time
	State       billing.InvoiceState
	Cases       int
	Positions   int
	Billed      money.Cents
	Approved    money.Cents
	Corrected   money.Cents
	Corrections int
	Payments    []Payment
}

// Payment is what one voucher paid for an invoice.
type Payment struct {
	Voucher string
	PaidOn  calendar.Date
	Amount  money.Cents
}

// InvoiceSums are the figures over all invoices of a query, not only those of
// the page read.
type InvoiceSums struct {
	Invoices   int
	Refused    int
	Corrected  int // invoices with a correction, refused and cancelled ones not counted
	Paid       int
	Cancelled  int
	ReceivedOn calendar.Date // of the first
	CheckedAt  time.Time     // of the last
	PaidOn     calendar.Date // of the last payment, zero without one

	BilledCents, ApprovedCents, CorrectedCents, PaidCents money.Cents
}

func (q *InvoiceQuery) condition() string {
	if q.Single {
		return ` from invoice i where i.payee_ik = $1 and i.single_number = $2
			and i.invoice_date = $3 and i.provider_group = '295' and i.provider_group = any($4)`
	}
	return ` from invoice i where i.payee_ik = $1 and i.collective_number = $2
		and i.invoice_date = $3 and i.provider_group = any($4)`
}

// InvoiceStatus reads the sums and one page of the invoices that match, from one
// snapshot, in the order of their single numbers. Without a match Invoices is 0
// and there is no error.
func (db *DB) InvoiceStatus(ctx context.Context, q InvoiceQuery, p Page) (sums InvoiceSums, list []InvoiceStatus, err error) {
	args := []any{q.PayeeIK, q.Number, q.Date.UTC(), q.Groups}
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, db.pool, snapshot, func(tx pgx.Tx) error {
		if sums, err = invoiceSums(ctx, tx, q.condition(), args); err != nil || sums.Invoices == 0 {
			return err
		}
		list, err = invoicePage(ctx, tx, q.condition(), append(args, p.Limit, p.Offset))
		return err
	})
	if err != nil {
		return InvoiceSums{}, nil, fmt.Errorf("read invoice status: %w", clean(err))
	}
	return sums, list, nil
}

func invoiceSums(ctx context.Context, tx pgx.Tx, condition string, args []any) (s InvoiceSums, err error) {
	var received, paidOn *time.Time
	var checked *time.Time
	err = tx.QueryRow(ctx, `with hit as (select i.id, i.state, i.received_on, i.created_at,
			i.billed_cents, i.approved_cents, i.corrected_cents`+condition+`),
		payment as (select sum(l.amount_cents)::bigint as cents, max(v.paid_on) as last
			from voucher_line l join voucher v on v.number = l.voucher_number
			where l.invoice_id in (select id from hit))
		select count(*), count(*) filter (where state = 'refused'),
			count(*) filter (where corrected_cents > 0 and state not in ('refused', 'cancelled')),
			count(*) filter (where state = 'paid'), count(*) filter (where state = 'cancelled'),
			min(received_on), max(created_at), (select last from payment),
			coalesce(sum(billed_cents), 0)::bigint, coalesce(sum(approved_cents), 0)::bigint,
			coalesce(sum(corrected_cents), 0)::bigint, coalesce((select cents from payment), 0)
		from hit`, args...).Scan(&s.Invoices, &s.Refused, &s.Corrected, &s.Paid, &s.Cancelled, &received, &checked, &paidOn,
		&s.BilledCents, &s.ApprovedCents, &s.CorrectedCents, &s.PaidCents)
	if err != nil {
		return s, err
	}
	if s.Invoices > 0 {
		s.ReceivedOn, s.CheckedAt = calendar.OfTime(*received), *checked
	}
	if paidOn != nil {
		s.PaidOn = calendar.OfTime(*paidOn)
	}
	return s, nil
}

func invoicePage(ctx context.Context, tx pgx.Tx, condition string, args []any) ([]InvoiceStatus, error) {
	rows, err := tx.Query(ctx, `select i.collective_number, i.single_number, i.invoice_date, i.provider_ik,
			i.payer_ik, coalesce((select min(p.name) from payer p where p.ik = i.payer_ik and p.superseded_by is null), ''),
			i.received_on, i.created_at, i.state, i.cases, i.positions, i.billed_cents, i.approved_cents, i.corrected_cents,
			(select count(*) from correction c where c.invoice_id = i.id and c.in_force),
			(select json_agg(json_build_object('voucher', v.number, 'paid_on', v.paid_on, 'cents', l.amount_cents)
				order by v.paid_on, v.number)
				from voucher_line l join voucher v on v.number = l.voucher_number where l.invoice_id = i.id)`+
		condition+` order by length(i.single_number), i.single_number, i.provider_ik, i.id limit $5 offset $6`, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanInvoiceStatus)
}

func scanInvoiceStatus(row pgx.CollectableRow) (s InvoiceStatus, err error) {
	var date, received time.Time
	var payments []struct {
		Voucher string
		PaidOn  string `json:"paid_on"`
		Cents   money.Cents
	}
	err = row.Scan(&s.Number.Collective, &s.Number.Single, &date, &s.ProviderIK, &s.PayerIK, &s.PayerName,
		&received, &s.CheckedAt, &s.State, &s.Cases, &s.Positions, &s.Billed, &s.Approved, &s.Corrected,
		&s.Corrections, &payments)
	if err != nil {
		return s, err
	}
	s.Date, s.ReceivedOn = calendar.OfTime(date), calendar.OfTime(received)
	for _, p := range payments {
		day, err := calendar.ParseDate(p.PaidOn)
		if err != nil {
			return s, fmt.Errorf("payment date: %w", err)
		}
		s.Payments = append(s.Payments, Payment{p.Voucher, day, p.Cents})
	}
	return s, nil
}

// VoucherLine is one invoice paid by a voucher. More is not shown without the
// IK, because a voucher number alone is easily guessed (RP-3, RP-7).
type VoucherLine struct {
	Number billing.InvoiceNumber
	Date   calendar.Date
	Group  string
	// SetOff is true where a cancelled invoice was set off instead of paid.
	SetOff bool
}

// VoucherLines reads one page of the invoices that the voucher pays, and their
// number in all. An unknown voucher has none.
func (db *DB) VoucherLines(ctx context.Context, number string, p Page) (total int, lines []VoucherLine, err error) {
	rows, err := db.pool.Query(ctx, `select count(*) over (), i.collective_number, i.single_number, i.invoice_date, i.provider_group, l.amount_cents < 0
		from voucher_line l join invoice i on i.id = l.invoice_id where l.voucher_number = $1
		order by i.invoice_date, i.collective_number, length(i.single_number), i.single_number, i.id
		limit $2 offset $3`, number, p.Limit, p.Offset)
	if err != nil {
		return 0, nil, fmt.Errorf("read voucher: %w", clean(err))
	}
	lines, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l VoucherLine, err error) {
		var date time.Time
		err = row.Scan(&total, &l.Number.Collective, &l.Number.Single, &date, &l.Group, &l.SetOff)
		l.Date = calendar.OfTime(date)
		return l, err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("read voucher: %w", clean(err))
	}
	return total, lines, nil
}

// KeptLookup is a look-up kept under a random id.
type KeptLookup struct {
	ID   string
	Kind string
	// Payload is the question, not the answer: opening it reads the state of
	// that moment.
	Payload   json.RawMessage
	CreatedAt time.Time
	ExpiresAt time.Time
}

// maxExpiredPerKeep bounds how many expired look-ups one new one removes; more
// than one, so that the table stays small without a job.
const maxExpiredPerKeep = 100

// KeepLookup stores a look-up and removes expired ones.
func (db *DB) KeepLookup(ctx context.Context, k KeptLookup) error {
	return db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		_, err := tx.Exec(ctx, `delete from lookup_result where id in (select id from lookup_result
			where expires_at <= $1 order by expires_at limit $2 for update skip locked)`, k.CreatedAt, maxExpiredPerKeep)
		if err != nil {
			return fmt.Errorf("remove expired look-ups: %w", err)
		}
		_, err = tx.Exec(ctx, `insert into lookup_result (id, kind, payload, created_at, expires_at)
			values ($1, $2, $3, $4, $5)`, k.ID, k.Kind, k.Payload, k.CreatedAt, k.ExpiresAt)
		if err != nil {
			return fmt.Errorf("keep look-up: %w", err)
		}
		return nil
	})
}

// OpenLookup returns the payload of a look-up that has not expired at now;
// ErrNotFound otherwise.
func (db *DB) OpenLookup(ctx context.Context, id, kind string, now time.Time) (json.RawMessage, error) {
	var payload json.RawMessage
	err := db.pool.QueryRow(ctx, `select payload from lookup_result where id = $1 and kind = $2 and expires_at > $3`,
		id, kind, now).Scan(&payload)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("open look-up: %w", clean(err))
	}
	return payload, nil
}
