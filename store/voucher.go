package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// Voucher is a payment voucher with all that its remittance advice shows. Nothing
// of it ever changes.
type Voucher struct {
	Number             string
	Payee              billing.PayeeRow
	PayerIK, PayerName string
	DebtorName         string
	RunOn, PaidOn      calendar.Date
	Total              money.Cents
	Lines              []PaidInvoice
}

// PaidInvoice is one invoice on a voucher, as it was on the day of the run.
// Amount is what the voucher pays: billed less corrected less paid earlier; or,
// below zero, what is taken back of an invoice that was cancelled.
type PaidInvoice struct {
	Number                             billing.InvoiceNumber
	Date                               calendar.Date
	ProviderIK                         string
	Billed, Corrected, Earlier, Amount money.Cents
}

// Voucher reads the voucher; ErrNotFound if the number is unknown. It panics if
// the sums disagree: that would be a fault of the program.
func (db *DB) Voucher(ctx context.Context, number string) (Voucher, error) {
	v := Voucher{Number: number}
	err := db.Snapshot(ctx, func(ctx context.Context, tx Tx, _ time.Time) error {
		var run, paid time.Time
		p := &v.Payee
		err := tx.QueryRow(ctx, `select v.payee_ik, v.name, v.street, v.city, v.iban, v.bic, v.payer_ik, v.payer_name, r.debtor_name,
				v.run_on, v.paid_on, v.total_cents from voucher v join payment_run r using (run_on) where v.number = $1`, number).
			Scan(&p.IK, &p.Name, &p.Street, &p.City, &p.IBAN, &p.BIC, &v.PayerIK, &v.PayerName, &v.DebtorName, &run, &paid, &v.Total)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("read voucher: %w", err)
		}
		v.RunOn, v.PaidOn = calendar.OfTime(run), calendar.OfTime(paid)
		v.Lines, err = paidInvoices(ctx, tx, number)
		return err
	})
	if err != nil {
		return Voucher{}, err
	}
	v.assertSums()
	return v, nil
}

// paidInvoices reads the lines, claims last. Numbers grow in the order in which vouchers are
// issued, so a smaller one paid earlier.
func paidInvoices(ctx context.Context, tx Tx, number string) ([]PaidInvoice, error) {
	rows, err := tx.Query(ctx, `select i.collective_number, i.single_number, i.invoice_date, i.provider_ik, i.billed_cents, l.corrected_cents,
			(select coalesce(sum(e.amount_cents), 0)::bigint from voucher_line e where e.invoice_id = i.id and e.voucher_number < l.voucher_number),
			l.amount_cents
		from voucher_line l join invoice i on i.id = l.invoice_id where l.voucher_number = $1
		order by l.amount_cents < 0, i.invoice_date, i.collective_number, length(i.single_number), i.single_number, i.id`, number)
	if err != nil {
		return nil, fmt.Errorf("read voucher lines: %w", err)
	}
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l PaidInvoice, err error) {
		var date time.Time
		err = row.Scan(&l.Number.Collective, &l.Number.Single, &date, &l.ProviderIK, &l.Billed, &l.Corrected, &l.Earlier, &l.Amount)
		l.Date = calendar.OfTime(date)
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("read voucher lines: %w", err)
	}
	return lines, nil
}

func (v *Voucher) assertSums() {
	var sum money.Cents
	for _, l := range v.Lines {
		sum += l.Amount
		if l.Amount > 0 && l.Amount != l.Billed-l.Corrected-l.Earlier || l.Amount < 0 && -l.Amount > l.Earlier {
			panic(fmt.Sprintf("store: line of voucher %s: billed %d, corrected %d, earlier %d, amount %d", v.Number, l.Billed, l.Corrected, l.Earlier, l.Amount))
		}
	}
	if sum != v.Total {
		panic(fmt.Sprintf("store: voucher %s has a total of %d, its lines of %d", v.Number, v.Total, sum))
	}
}
