package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// CorrectionRow is one correction as reports show it; nothing of a person.
type CorrectionRow struct {
	CreatedAt     time.Time
	CaseID        uuid.UUID
	VoucherNo     string
	Collective    string
	Single        string
	InvoiceDate   time.Time
	Group         string
	ProviderIK    string
	PayeeIK       string
	PayerIK       string
	Rule          string
	Amount        money.Cents
	GrossCut      money.Cents
	CopayCut      money.Cents
	State         billing.CorrectionState
	InForce       bool
	CaseState     billing.CaseState
	EditableUntil time.Time
}

// EachCorrection calls each for the corrections made in the period, oldest first.
// The row is only valid during the call.
func EachCorrection(ctx context.Context, tx Tx, p Period, each func(*CorrectionRow) error) error {
	var r CorrectionRow
	return reportQuery{p, "corrections", `select c.created_at, cc.id, cc.voucher_no, i.collective_number, i.single_number, i.invoice_date,
			i.provider_group, i.provider_ik, i.payee_ik, i.payer_ik, c.rule_code, c.amount_cents, c.gross_cut_cents, c.copay_cut_cents,
			c.state, c.in_force, cc.state, cc.editable_until
		from correction c
		join invoice i on i.id = c.invoice_id
		join correction_case cc on cc.id = c.correction_case_id
		where c.created_at >= $1 and c.created_at < $2
		order by c.created_at, c.id`}.each(ctx, tx, []any{
		&r.CreatedAt, &r.CaseID, &r.VoucherNo, &r.Collective, &r.Single, &r.InvoiceDate, &r.Group, &r.ProviderIK, &r.PayeeIK,
		&r.PayerIK, &r.Rule, &r.Amount, &r.GrossCut, &r.CopayCut, &r.State, &r.InForce, &r.CaseState, &r.EditableUntil,
	}, func() error { return each(&r) })
}

// SumCorrections sums the corrections that EachCorrection reads, without its joins:
// all, and those in force.
func SumCorrections(ctx context.Context, tx Tx, p Period) (ReportSums, error) {
	return reportQuery{p, "corrections", `select count(*), coalesce(sum(amount_cents), 0)::bigint,
			coalesce(sum(amount_cents) filter (where in_force), 0)::bigint
		from correction where created_at >= $1 and created_at < $2`}.sum(ctx, tx, 2)
}
