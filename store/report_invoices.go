package store

import (
	"context"
	"time"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// InvoiceRow is one invoice as reports show it; nothing of a person.
type InvoiceRow struct {
	CreatedAt                                    time.Time
	Collective, Single                           string
	InvoiceDate                                  time.Time
	Group, ProviderIK, PayeeIK, PayerIK          string
	Processing, Cases, Positions                 int64
	Billed, Approved, Corrected, Cancelled, Paid money.Cents
	State                                        billing.InvoiceState
}

// EachInvoice calls each for the invoices received in the period, oldest first. The
// row is only valid during the call.
func EachInvoice(ctx context.Context, tx Tx, p Period, each func(*InvoiceRow) error) error {
	var r InvoiceRow
	return reportQuery{p, "invoices", `select i.created_at, i.collective_number, i.single_number, i.invoice_date, i.provider_group,
			i.provider_ik, i.payee_ik, i.payer_ik, i.processing_code, i.cases, i.positions, i.billed_cents, i.approved_cents,
			i.corrected_cents, i.cancelled_cents, coalesce(v.cents, 0), i.state
		from invoice i
		left join lateral (select sum(amount_cents)::bigint as cents from voucher_line where invoice_id = i.id) v on true
		where i.created_at >= $1 and i.created_at < $2
		order by i.created_at, i.id`}.each(ctx, tx, []any{
		&r.CreatedAt, &r.Collective, &r.Single, &r.InvoiceDate, &r.Group, &r.ProviderIK, &r.PayeeIK, &r.PayerIK, &r.Processing, &r.Cases,
		&r.Positions, &r.Billed, &r.Approved, &r.Corrected, &r.Cancelled, &r.Paid, &r.State,
	}, func() error { return each(&r) })
}

// SumInvoices sums what EachInvoice reads: billed, approved, corrected, cancelled and,
// from the ledger, paid.
func SumInvoices(ctx context.Context, tx Tx, p Period) (ReportSums, error) {
	return reportQuery{p, "invoices", `with hit as (select id, billed_cents, approved_cents, corrected_cents, cancelled_cents
			from invoice where created_at >= $1 and created_at < $2)
		select count(*), coalesce(sum(billed_cents), 0)::bigint, coalesce(sum(approved_cents), 0)::bigint,
			coalesce(sum(corrected_cents), 0)::bigint, coalesce(sum(cancelled_cents), 0)::bigint,
			(select coalesce(sum(amount_cents), 0)::bigint from ledger_entry where account = 'paid' and invoice_id in (select id from hit))
		from hit`}.sum(ctx, tx, 5)
}

// PaymentRow is what one voucher pays of one invoice.
type PaymentRow struct {
	PaidOn             time.Time
	Voucher            string
	PayeeIK, PayerIK   string
	Collective, Single string
	InvoiceDate        time.Time
	Group, ProviderIK  string
	Amount             money.Cents
}

// paidIn is the condition that the pay day of a voucher lies in the period.
const paidIn = ` v.paid_on >= ($1::timestamptz at time zone 'Europe/Berlin')::date and v.paid_on < ($2::timestamptz at time zone 'Europe/Berlin')::date`

// EachPayment calls each for the lines of the vouchers whose pay day lies in the
// period, by voucher. The row is only valid during the call.
func EachPayment(ctx context.Context, tx Tx, p Period, each func(*PaymentRow) error) error {
	var r PaymentRow
	return reportQuery{p, "payments", `select v.paid_on, v.number, v.payee_ik, i.payer_ik, i.collective_number, i.single_number,
			i.invoice_date, i.provider_group, i.provider_ik, l.amount_cents
		from voucher v join voucher_line l on l.voucher_number = v.number join invoice i on i.id = l.invoice_id
		where` + paidIn + ` order by v.number, i.id`}.each(ctx, tx, []any{
		&r.PaidOn, &r.Voucher, &r.PayeeIK, &r.PayerIK, &r.Collective, &r.Single, &r.InvoiceDate, &r.Group, &r.ProviderIK, &r.Amount,
	}, func() error { return each(&r) })
}

// SumPayments sums what EachPayment reads, from the totals of the vouchers.
func SumPayments(ctx context.Context, tx Tx, p Period) (ReportSums, error) {
	return reportQuery{p, "payments", `select (select count(*) from voucher_line l join voucher v on v.number = l.voucher_number where` + paidIn + `),
			coalesce(sum(v.total_cents), 0)::bigint from voucher v where` + paidIn}.sum(ctx, tx, 1)
}

// RuleRow is what a rule found on the invoices of a period.
type RuleRow struct {
	Rule                         string
	Findings, Cases, Corrections int64
	// Corrected is the sum of its corrections, Upheld of those in force.
	Corrected, Upheld money.Cents
}

// EachRule calls each for the rules that found something about invoices received in
// the period, by rule (REP-6). The row is only valid during the call.
func EachRule(ctx context.Context, tx Tx, p Period, each func(*RuleRow) error) error {
	var r RuleRow
	return reportQuery{p, "rules", `with hit as (select id from invoice where created_at >= $1 and created_at < $2),
		found as (select f.rule, count(*) as findings, count(distinct f.case_id) as cases
			from finding f join hit on hit.id = f.invoice_id where f.check_run = 1 group by f.rule),
		cut as (select c.rule_code as rule, count(*) as corrections, sum(c.amount_cents)::bigint as cents,
				coalesce(sum(c.amount_cents) filter (where c.in_force), 0)::bigint as upheld
			from correction c join hit on hit.id = c.invoice_id group by c.rule_code)
		select rule, coalesce(findings, 0), coalesce(cases, 0), coalesce(corrections, 0), coalesce(cents, 0), coalesce(upheld, 0)
		from found full join cut using (rule) order by rule`}.each(ctx, tx, []any{
		&r.Rule, &r.Findings, &r.Cases, &r.Corrections, &r.Corrected, &r.Upheld,
	}, func() error { return each(&r) })
}

// SumRules sums what EachRule reads: corrected, upheld, healed.
func SumRules(ctx context.Context, tx Tx, p Period) (ReportSums, error) {
	return reportQuery{p, "rules", `with hit as (select id from invoice where created_at >= $1 and created_at < $2)
		select (select count(*) from (
				select rule from finding where check_run = 1 and invoice_id in (select id from hit)
				union select rule_code from correction where invoice_id in (select id from hit)) r),
			coalesce(sum(amount_cents), 0)::bigint, coalesce(sum(amount_cents) filter (where in_force), 0)::bigint,
			coalesce(sum(amount_cents) filter (where not in_force), 0)::bigint
		from correction where invoice_id in (select id from hit)`}.sum(ctx, tx, 3)
}
