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
	"klarbeleg/domain/money"
)

// The functions of this file are the only writers of the ledger. The caller has
// made the invoices in this transaction or holds a lock on their rows: the
// database refuses overdrawn accounts, but it cannot see what a concurrent
// transaction books.

// Book enters bookings, each with a number of its own. It panics if one moves
// nothing: that would be a fault of the program.
func Book(ctx context.Context, tx Tx, at time.Time, bookings []billing.Booking) error {
	n := len(bookings)
	invoices, amounts := make([]int64, n), make([]int64, n)
	from, to := make([]string, n), make([]string, n)
	for i, b := range bookings {
		if b.Amount <= 0 || b.From == b.To {
			panic(fmt.Sprintf("store: booking of %d cents from %s to %s", b.Amount, b.From, b.To))
		}
		invoices[i], amounts[i], from[i], to[i] = b.Invoice, int64(b.Amount), string(b.From), string(b.To)
	}
	_, err := tx.Exec(ctx, `
		insert into ledger_entry (txn_id, invoice_id, account, amount_cents, booked_at)
		select b.txn, b.invoice, e.account, e.amount, $5
		from (select nextval('ledger_txn') as txn, * from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[]) as u (invoice, source, target, amount)) b
		cross join lateral (values (b.source, -b.amount), (b.target, b.amount)) e (account, amount)`,
		invoices, from, to, amounts, at)
	if err != nil {
		return fmt.Errorf("book: %w", err)
	}
	return nil
}

// bookAccepted books all invoices of a delivery as they were accepted: billed to
// open, and from there what is corrected.
func bookAccepted(ctx context.Context, tx Tx, delivery uuid.UUID, at time.Time) error {
	_, err := tx.Exec(ctx, `
		with booked as (
			select i.id, b.account, b.amount, b.txn
			from (select id, billed_cents, corrected_cents, nextval('ledger_txn') as t1, nextval('ledger_txn') as t2
				from invoice where delivery_id = $1) i
			cross join lateral (values
				('billed', -i.billed_cents, i.t1), ('open', i.billed_cents, i.t1),
				('open', -i.corrected_cents, i.t2), ('corrected', i.corrected_cents, i.t2)) b (account, amount, txn)
			where b.amount <> 0)
		insert into ledger_entry (txn_id, invoice_id, account, amount_cents, booked_at)
		select txn, id, account, amount, $2 from booked`, delivery, at)
	if err != nil {
		return fmt.Errorf("book delivery: %w", err)
	}
	return nil
}

// bookCancelled books back what is open of invoices that a Storno took back, and
// notes it in them. What was paid becomes a claim (docs/decisions/0010-ledger.md).
func bookCancelled(ctx context.Context, tx Tx, invoices []int64, at time.Time) error {
	if len(invoices) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `
		with opened as (
			select invoice_id, sum(amount_cents)::bigint as cents, nextval('ledger_txn') as txn
			from ledger_entry where invoice_id = any($1) and account = 'open' group by invoice_id having sum(amount_cents) > 0),
		noted as (
			update invoice i set cancelled_cents = i.cancelled_cents + o.cents from opened o where i.id = o.invoice_id)
		insert into ledger_entry (txn_id, invoice_id, account, amount_cents, booked_at)
		select o.txn, o.invoice_id, b.account, b.amount, $2
		from opened o cross join lateral (values ('open', -o.cents), ('billed', o.cents)) b (account, amount)`, invoices, at)
	if err != nil {
		return fmt.Errorf("book cancelled invoices: %w", err)
	}
	return nil
}

// LedgerInvoice is an invoice with its balances in the ledger.
type LedgerInvoice struct {
	ID         int64
	Number     billing.InvoiceNumber
	Date       calendar.Date
	Group      string
	ProviderIK string
	PayeeIK    string
	PayerIK    string
	DeliveryID uuid.UUID
	State      billing.InvoiceState

	Billed, Approved, Corrected, Cancelled money.Cents // of the invoice's row
	Open, Paid                             money.Cents // of the ledger
}

// ErrLedger says that ledger and row of an invoice disagree: nothing may be paid
// before somebody has looked.
var ErrLedger = errors.New("ledger and invoice disagree")

// lockInvoices locks the invoices that the condition selects, in the order of
// their ids, and returns them with their balances. Balances are read after the
// lock is held, so they include what its former holder booked. ErrLedger if they
// do not fit the row.
func lockInvoices(ctx context.Context, tx Tx, condition string, args ...any) ([]LedgerInvoice, error) {
	rows, err := tx.Query(ctx, `select i.id from invoice i where `+condition+` order by i.id for update of i`, args...)
	if err != nil {
		return nil, fmt.Errorf("lock invoices: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("lock invoices: %w", err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err = tx.Query(ctx, `select i.id, i.collective_number, i.single_number, i.invoice_date, i.provider_group, i.provider_ik,
			i.payee_ik, i.payer_ik, i.delivery_id, i.state, i.billed_cents, i.approved_cents, i.corrected_cents, i.cancelled_cents,
			l.billed, l.corrected, l.open, l.paid
		from unnest($1::bigint[]) u (id) join invoice i using (id)
		cross join lateral (select coalesce(-sum(amount_cents) filter (where account = 'billed'), 0)::bigint as billed,
				coalesce(sum(amount_cents) filter (where account = 'corrected'), 0)::bigint as corrected,
				coalesce(sum(amount_cents) filter (where account = 'open'), 0)::bigint as open,
				coalesce(sum(amount_cents) filter (where account = 'paid'), 0)::bigint as paid
			from ledger_entry where invoice_id = i.id) l
		order by i.invoice_date, i.collective_number, length(i.single_number), i.single_number, i.id`, ids)
	if err != nil {
		return nil, fmt.Errorf("read balances: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanLedgerInvoice)
	if err != nil {
		return nil, fmt.Errorf("read balances: %w", err)
	}
	return list, nil
}

func scanLedgerInvoice(row pgx.CollectableRow) (i LedgerInvoice, err error) {
	var date time.Time
	var billed, corrected money.Cents
	err = row.Scan(&i.ID, &i.Number.Collective, &i.Number.Single, &date, &i.Group, &i.ProviderIK, &i.PayeeIK, &i.PayerIK,
		&i.DeliveryID, &i.State, &i.Billed, &i.Approved, &i.Corrected, &i.Cancelled, &billed, &corrected, &i.Open, &i.Paid)
	if err != nil {
		return i, err
	}
	i.Date = calendar.OfTime(date)
	if billed != i.Billed-i.Cancelled || corrected != i.Corrected || i.Open+i.Paid != i.Approved-i.Cancelled {
		return i, fmt.Errorf("invoice %d: %w", i.ID, ErrLedger)
	}
	return i, nil
}
