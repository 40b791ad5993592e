package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// PaymentRun is the Zahllauf of a Berlin day. Its values stay as they were when
// it was opened, so that whoever goes on with it writes the same file.
type PaymentRun struct {
	On calendar.Date
	// ExecuteOn is the bank day of the transfers; invoices received up to
	// ReceivedThrough are due.
	ExecuteOn, ReceivedThrough calendar.Date
	Debtor                     Debtor
	OpenedAt                   time.Time
	// Closed is true when no voucher is added any more, FileName "" until the
	// transfer file was written.
	Closed   bool
	FileName string
}

// Debtor is whose account is debited.
type Debtor struct {
	Name string
	billing.BankDetails
}

// OpenPaymentRun opens the run, or returns the one of that day as it was opened.
func OpenPaymentRun(ctx context.Context, tx Tx, r PaymentRun) (PaymentRun, error) {
	_, err := tx.Exec(ctx, `insert into payment_run (run_on, execute_on, received_through, debtor_name, debtor_iban, debtor_bic, opened_at)
		values ($1, $2, $3, $4, $5, $6, $7) on conflict (run_on) do nothing`, r.On.UTC(), r.ExecuteOn.UTC(), r.ReceivedThrough.UTC(),
		r.Debtor.Name, r.Debtor.IBAN, r.Debtor.BIC, r.OpenedAt)
	if err != nil {
		return r, fmt.Errorf("open payment run: %w", err)
	}
	var execute, through time.Time
	err = tx.QueryRow(ctx, `select execute_on, received_through, debtor_name, debtor_iban, debtor_bic, opened_at,
			closed_at is not null, coalesce(file_name, '') from payment_run where run_on = $1`, r.On.UTC()).
		Scan(&execute, &through, &r.Debtor.Name, &r.Debtor.IBAN, &r.Debtor.BIC, &r.OpenedAt, &r.Closed, &r.FileName)
	if err != nil {
		return r, fmt.Errorf("read payment run: %w", err)
	}
	r.ExecuteOn, r.ReceivedThrough = calendar.OfTime(execute), calendar.OfTime(through)
	return r, nil
}

// ErrRunClosed says that vouchers are no longer added to the run.
var ErrRunClosed = errors.New("payment run is closed")

// JoinPaymentRun keeps the run open until the transaction ends; ErrRunClosed if
// it is closed.
func JoinPaymentRun(ctx context.Context, tx Tx, on calendar.Date) error {
	var closed bool
	if err := tx.QueryRow(ctx, `select closed_at is not null from payment_run where run_on = $1 for share`, on.UTC()).Scan(&closed); err != nil {
		return fmt.Errorf("join payment run: %w", err)
	}
	if closed {
		return ErrRunClosed
	}
	return nil
}

// ClosePaymentRun closes the run after those who joined it have ended; closed
// again it stays as it is.
func ClosePaymentRun(ctx context.Context, tx Tx, on calendar.Date, at time.Time) error {
	if _, err := tx.Exec(ctx, `update payment_run set closed_at = coalesce(closed_at, $2) where run_on = $1`, on.UTC(), at); err != nil {
		return fmt.Errorf("close payment run: %w", err)
	}
	return nil
}

// LockClosedRun locks a closed run until the transaction ends; written is true if
// its transfer file was written.
func LockClosedRun(ctx context.Context, tx Tx, on calendar.Date) (written bool, err error) {
	err = tx.QueryRow(ctx, `select file_name is not null from payment_run where run_on = $1 and closed_at is not null for update`, on.UTC()).Scan(&written)
	if err != nil {
		return false, fmt.Errorf("lock payment run: %w", err)
	}
	return written, nil
}

// PaymentFile is the transfer file of a run.
type PaymentFile struct {
	Name      string
	SHA256    [sha256.Size]byte
	WrittenAt time.Time
}

// PaymentFileWritten notes the transfer file of the run.
func PaymentFileWritten(ctx context.Context, tx Tx, on calendar.Date, f PaymentFile) error {
	_, err := tx.Exec(ctx, `update payment_run set file_name = $2, file_sha256 = $3, file_written_at = $4 where run_on = $1`,
		on.UTC(), f.Name, f.SHA256[:], f.WrittenAt)
	if err != nil {
		return fmt.Errorf("note payment file: %w", err)
	}
	return nil
}

// PaymentGroup is who is paid by whom: one voucher in each run.
type PaymentGroup struct {
	PayeeIK, PayerIK string
}

// payable are the invoices that may be paid: approved and live. Test data never
// reach payment (P1008), and invoices of § 300 when their files agree (APO-A01).
const payable = `i.state in ('approved', 'corrected') and i.approved_cents > 0
	and exists (select from delivery d where d.id = i.delivery_id and d.test_indicator = '2'
		and (i.provider_group <> '300' or exists (select from pharmacy_invoice p
			where p.sender_ik = d.sender_ik and p.number = i.collective_number and p.state = 'reconciled')))`

// DuePayments returns who has payable invoices received up to the day given.
func (db *DB) DuePayments(ctx context.Context, through calendar.Date) ([]PaymentGroup, error) {
	rows, err := db.pool.Query(ctx, `select distinct i.payee_ik, i.payer_ik from invoice i
		where i.received_on <= $1 and `+payable+` order by 1, 2`, through.UTC())
	if err != nil {
		return nil, fmt.Errorf("read due payments: %w", clean(err))
	}
	groups, err := pgx.CollectRows(rows, pgx.RowToStructByPos[PaymentGroup])
	if err != nil {
		return nil, fmt.Errorf("read due payments: %w", clean(err))
	}
	return groups, nil
}

// LockPayable locks the payable invoices of the group received up to the day
// given and returns them with what is open.
func LockPayable(ctx context.Context, tx Tx, g PaymentGroup, through calendar.Date) ([]LedgerInvoice, error) {
	return lockInvoices(ctx, tx, `i.payee_ik = $1 and i.payer_ik = $2 and i.received_on <= $3 and `+payable, g.PayeeIK, g.PayerIK, through.UTC())
}

// LockClaims locks the cancelled invoices of the group that were paid and not yet
// set off.
func LockClaims(ctx context.Context, tx Tx, g PaymentGroup) ([]LedgerInvoice, error) {
	return lockInvoices(ctx, tx, `i.payee_ik = $1 and i.payer_ik = $2 and i.state = 'cancelled' and i.cancelled_cents < i.approved_cents`,
		g.PayeeIK, g.PayerIK)
}

// PayeeAt returns the payee of the IK with the bank details valid on the day;
// ErrNotFound if none are.
func PayeeAt(ctx context.Context, tx Tx, ik string, day calendar.Date) (p billing.PayeeRow, err error) {
	err = tx.QueryRow(ctx, `select ik, name, street, city, iban, bic from payee
		where ik = $1 and superseded_by is null and valid_from <= $2 and (valid_to is null or valid_to >= $2)
		order by valid_from desc limit 1`, ik, day.UTC()).Scan(&p.IK, &p.Name, &p.Street, &p.City, &p.IBAN, &p.BIC)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, ErrNotFound
	}
	if err != nil {
		return p, fmt.Errorf("read payee: %w", err)
	}
	return p, nil
}

// NewVoucher is a voucher to issue.
type NewVoucher struct {
	Run     calendar.Date
	Payee   billing.PayeeRow
	PayerIK string
	PaidOn  calendar.Date
	Total   money.Cents
	Lines   []NewVoucherLine
	At      time.Time
}

// NewVoucherLine is what a voucher pays for an invoice, or sets off.
type NewVoucherLine struct {
	billing.Payable
	Corrected money.Cents
	// State is that of the invoice afterwards.
	State billing.InvoiceState
}

// AddVoucher issues the voucher: number, lines, bookings and the states of the
// invoices, which the caller has locked. Numbers have no gaps: the counter stays
// locked until the transaction ends and goes back with it.
func AddVoucher(ctx context.Context, tx Tx, v *NewVoucher) (number string, err error) {
	err = tx.QueryRow(ctx, `update voucher_counter set last = last + 1 returning to_char(last, 'FM0000000000')`).Scan(&number)
	if err != nil {
		return "", fmt.Errorf("take voucher number: %w", err)
	}
	p := &v.Payee
	_, err = tx.Exec(ctx, `insert into voucher (number, run_on, payee_ik, payer_ik, payer_name, name, street, city, iban, bic, paid_on, total_cents, created_at)
		values ($1, $2, $3, $4, coalesce((select min(name) from payer where ik = $4 and superseded_by is null
			and valid_from <= $10 and (valid_to is null or valid_to >= $10)), ''), $5, $6, $7, $8, $9, $10, $11, $12)`,
		number, v.Run.UTC(), p.IK, v.PayerIK, p.Name, p.Street, p.City, p.IBAN, p.BIC, v.PaidOn.UTC(), v.Total, v.At)
	if err != nil {
		return "", fmt.Errorf("write voucher: %w", err)
	}
	return number, addVoucherLines(ctx, tx, number, v)
}

func addVoucherLines(ctx context.Context, tx Tx, number string, v *NewVoucher) error {
	t := newCopyTable("voucher_line", "voucher_number, invoice_id, amount_cents, corrected_cents")
	n := len(v.Lines)
	ids, taken, states := make([]int64, n), make([]int64, n), make([]string, n)
	bookings := make([]billing.Booking, n)
	for i, l := range v.Lines {
		t.text(number)
		t.int(l.Invoice)
		t.int(int64(l.Amount))
		t.int(int64(l.Corrected))
		t.end()
		ids[i], states[i] = l.Invoice, string(l.State)
		if l.Claim {
			taken[i] = -int64(l.Amount)
			bookings[i] = billing.BookSetOff(l.Invoice, -l.Amount)
		} else {
			bookings[i] = billing.BookPayment(l.Invoice, l.Amount)
		}
	}
	if err := t.flush(ctx, tx); err != nil {
		return err
	}
	if err := Book(ctx, tx, v.At, bookings); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `update invoice i set state = u.state, cancelled_cents = i.cancelled_cents + u.taken
		from unnest($1::bigint[], $2::text[], $3::bigint[]) u (id, state, taken) where i.id = u.id`, ids, states, taken)
	if err != nil {
		return fmt.Errorf("mark invoices: %w", err)
	}
	if tag.RowsAffected() != int64(n) {
		panic(fmt.Sprintf("store: voucher of %d lines marked %d invoices", n, tag.RowsAffected()))
	}
	return nil
}

// TransferSums are the number of transfers of a run and their sum.
type TransferSums struct {
	Count int
	Total money.Cents
}

// SumTransfers sums what EachTransfer reads.
func SumTransfers(ctx context.Context, tx Tx, run calendar.Date) (s TransferSums, err error) {
	err = tx.QueryRow(ctx, `select count(*), coalesce(sum(total_cents), 0)::bigint from voucher where run_on = $1 and total_cents > 0`,
		run.UTC()).Scan(&s.Count, &s.Total)
	if err != nil {
		return s, fmt.Errorf("sum transfers: %w", err)
	}
	return s, nil
}

// Transfer is the money of one voucher.
type Transfer struct {
	Voucher string
	Name    string
	billing.BankDetails
	Amount money.Cents
}

// EachTransfer calls each for the vouchers of the run that transfer money, in the
// order of their numbers. The transfer is only valid during the call.
func EachTransfer(ctx context.Context, tx Tx, run calendar.Date, each func(*Transfer) error) error {
	rows, err := tx.Query(ctx, `select number, name, iban, bic, total_cents from voucher where run_on = $1 and total_cents > 0 order by number`,
		run.UTC())
	if err != nil {
		return fmt.Errorf("read transfers: %w", err)
	}
	var t Transfer
	if _, err := pgx.ForEachRow(rows, []any{&t.Voucher, &t.Name, &t.IBAN, &t.BIC, &t.Amount}, func() error { return each(&t) }); err != nil {
		return fmt.Errorf("read transfers: %w", err)
	}
	return nil
}

// OverduePayments returns how many payees have payable invoices received up to
// the day given, and what is open on them.
func (db *DB) OverduePayments(ctx context.Context, through calendar.Date) (payees int, open money.Cents, err error) {
	err = db.pool.QueryRow(ctx, `select count(distinct i.payee_ik), coalesce(sum(e.amount_cents), 0)::bigint
		from invoice i join ledger_entry e on e.invoice_id = i.id and e.account = 'open'
		where i.received_on <= $1 and `+payable, through.UTC()).Scan(&payees, &open)
	if err != nil {
		return 0, 0, fmt.Errorf("sum overdue payments: %w", clean(err))
	}
	return payees, open, nil
}
