package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
)

// HistoryScope says what counts as billed before.
type HistoryScope struct {
	// Today is the Berlin date of receipt.
	Today calendar.Date
	// Before leaves out what was received at that instant or later; zero: nothing.
	Before time.Time
	// Recheck is the invoice that is checked again, 0 for none: then of what came
	// later that counts which is paid, so that nothing is paid twice.
	Recheck int64
}

// until returns the bound for a query.
func (s HistoryScope) until() *time.Time {
	if s.Before.IsZero() {
		return nil
	}
	return &s.Before
}

// LoadHistory returns what was billed before, as far as the invoices touch it
// (CHK-5), set-based. It first takes a lock per provider until the end of the
// transaction: of two deliveries that bill the same line at the same time, the
// second waits and sees the first. today is the Berlin date of receipt.
func LoadHistory(ctx context.Context, tx Tx, invoices []*billing.Invoice, today calendar.Date) (*billing.History, error) {
	if err := lockProviders(ctx, tx, invoices); err != nil {
		return nil, err
	}
	h := billing.NewHistory()
	return h, ExtendHistory(ctx, tx, invoices, HistoryScope{Today: today}, h)
}

// ExtendHistory adds to h what was billed before in the scope, without a lock.
func ExtendHistory(ctx context.Context, tx Tx, invoices []*billing.Invoice, scope HistoryScope, h *billing.History) error {
	if h.Numbers == nil {
		h.Numbers = map[billing.FundNumber]billing.InvoiceKey{}
	}
	switch invoices[0].Header.Group { // a delivery has one group
	case billing.GroupPharmacy:
		return loadPrescriptions(ctx, tx, invoices, scope, h)
	case billing.GroupIntegrated:
		if err := loadSingles(ctx, tx, invoices, scope, h); err != nil {
			return err
		}
		return loadLines(ctx, tx, invoices, scope, h)
	default:
	}
	if err := loadInvoiceKeys(ctx, tx, invoices, scope, h); err != nil {
		return err
	}
	if err := loadNumbers(ctx, tx, invoices, scope, h); err != nil {
		return err
	}
	if err := loadOrigins(ctx, tx, invoices, scope, h); err != nil {
		return err
	}
	return loadLines(ctx, tx, invoices, scope, h)
}

func lockProviders(ctx context.Context, tx Tx, invoices []*billing.Invoice) error {
	var iks []string
	for _, inv := range invoices {
		iks = append(iks, inv.Provider)
	}
	slices.Sort(iks)
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended(ik, 1)) from unnest($1::text[]) ik`, slices.Compact(iks))
	if err != nil {
		return fmt.Errorf("lock providers: %w", err)
	}
	return nil
}

func loadInvoiceKeys(ctx context.Context, tx Tx, invoices []*billing.Invoice, scope HistoryScope, h *billing.History) error {
	var provider, collective, single []string
	var dates []time.Time
	for _, inv := range invoices {
		provider = append(provider, inv.Provider)
		collective = append(collective, inv.Number.Collective)
		single = append(single, inv.Number.Single)
		dates = append(dates, inv.Date.UTC())
	}
	rows, err := tx.Query(ctx, `select i.provider_ik, i.collective_number, i.single_number, i.invoice_date, i.received_on
		from unnest($1::text[], $2::text[], $3::text[], $4::date[]) k (p, c, s, d)
		join invoice i on i.provider_ik = k.p and i.collective_number = k.c and i.single_number = k.s and i.invoice_date = k.d
		where $5::timestamptz is null or i.created_at < $5
			or ($6::bigint <> 0 and i.id <> $6 and i.state <> 'cancelled' and i.approved_cents > 0)`,
		provider, collective, single, dates, scope.until(), scope.Recheck)
	if err != nil {
		return fmt.Errorf("look up earlier invoices: %w", err)
	}
	var key billing.InvoiceKey
	var date, received time.Time
	_, err = pgx.ForEachRow(rows, []any{&key.Provider, &key.Number.Collective, &key.Number.Single, &date, &received}, func() error {
		key.Date = calendar.OfTime(date)
		h.Invoices[key] = calendar.OfTime(received)
		return nil
	})
	if err != nil {
		return fmt.Errorf("look up earlier invoices: %w", err)
	}
	return nil
}

// loadSingles finds the accepted § 295 invoices with the numbers at hand (IV-K03 to
// IV-K05); of several with one number that which is not cancelled.
func loadSingles(ctx context.Context, tx Tx, invoices []*billing.Invoice, scope HistoryScope, h *billing.History) error {
	var provider, number []string
	for _, inv := range invoices {
		provider = append(provider, inv.Provider)
		number = append(number, inv.Number.Single)
	}
	rows, err := tx.Query(ctx, `select distinct on (i.provider_ik, i.single_number)
			i.provider_ik, i.single_number, c.kvnr, i.billed_cents, i.state = 'cancelled'
		from unnest($1::text[], $2::text[]) k (p, n)
		join invoice i on i.provider_ik = k.p and i.single_number = k.n and i.provider_group = '295'
		join billing_case c on c.invoice_id = i.id
		where $3::timestamptz is null or i.created_at < $3
		order by i.provider_ik, i.single_number, i.state = 'cancelled'`, provider, number, scope.until())
	if err != nil {
		return fmt.Errorf("look up single invoices: %w", err)
	}
	var key billing.SingleKey
	var s billing.Single
	_, err = pgx.ForEachRow(rows, []any{&key.Provider, &key.Number, &s.KVNR, &s.Billed, &s.Cancelled}, func() error {
		h.Singles[key] = s
		return nil
	})
	if err != nil {
		return fmt.Errorf("look up single invoices: %w", err)
	}
	return nil
}

// loadNumbers finds accepted invoices with the same number for the same fund but
// another provider or date (P4023).
func loadNumbers(ctx context.Context, tx Tx, invoices []*billing.Invoice, scope HistoryScope, h *billing.History) error {
	var fund, collective, single, provider []string
	var dates []time.Time
	for _, inv := range invoices {
		fund = append(fund, inv.Fund)
		collective = append(collective, inv.Number.Collective)
		single = append(single, inv.Number.Single)
		provider = append(provider, inv.Provider)
		dates = append(dates, inv.Date.UTC())
	}
	rows, err := tx.Query(ctx, `select i.fund_ik, i.collective_number, i.single_number, i.provider_ik, i.invoice_date
		from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::date[]) k (f, c, s, p, d)
		join invoice i on i.fund_ik = k.f and i.collective_number = k.c and i.single_number = k.s
			and (i.provider_ik, i.invoice_date) <> (k.p, k.d)
		where $6::timestamptz is null or i.created_at < $6`, fund, collective, single, provider, dates, scope.until())
	if err != nil {
		return fmt.Errorf("look up invoice numbers: %w", err)
	}
	var n billing.FundNumber
	var key billing.InvoiceKey
	var date time.Time
	_, err = pgx.ForEachRow(rows, []any{&n.Fund, &n.Number.Collective, &n.Number.Single, &key.Provider, &date}, func() error {
		key.Number, key.Date = n.Number, calendar.OfTime(date)
		h.Numbers[n] = key
		return nil
	})
	if err != nil {
		return fmt.Errorf("look up invoice numbers: %w", err)
	}
	return nil
}

func loadLines(ctx context.Context, tx Tx, invoices []*billing.Invoice, scope HistoryScope, h *billing.History) error {
	var keys []int64
	var dates []time.Time
	for _, inv := range invoices {
		for c := range inv.Cases {
			bc := &inv.Cases[c]
			for p := range bc.Positions {
				if key, ok := billing.LineFingerprint(inv.Provider, bc, &bc.Positions[p]); ok {
					keys = append(keys, int64(key))
					dates = append(dates, bc.Positions[p].Date.UTC())
				}
			}
		}
	}
	// A line is never received before its service: that spares the look into every
	// older partition, and the upper bound spares those made ahead.
	rows, err := tx.Query(ctx, `select p.line_key, i.collective_number, i.single_number, i.processing_code
		from unnest($1::bigint[], $2::date[]) k (line_key, d)
		join position p on p.service_date = k.d and p.line_key = k.line_key and p.received_on between k.d and $3
		join invoice i on i.id = p.invoice_id and i.state <> 'cancelled'
		where $4::timestamptz is null or i.created_at < $4
			or ($5::bigint <> 0 and i.id <> $5 and p.corrected_cents = 0 and exists (
				select from billing_case b where b.id = p.case_id and b.corrected_cents < b.billed_cents))`,
		keys, dates, scope.Today.UTC(), scope.until(), scope.Recheck)
	if err != nil {
		return fmt.Errorf("look up earlier lines: %w", err)
	}
	var key int64
	var number billing.InvoiceNumber
	var code int16
	_, err = pgx.ForEachRow(rows, []any{&key, &number.Collective, &number.Single, &code}, func() error {
		h.Lines.Add(uint64(key), number)
		if billing.ProcessingCode(code) == billing.CorrectionBill {
			h.CorrectedLines[uint64(key)] = struct{}{}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look up earlier lines: %w", err)
	}
	return nil
}
