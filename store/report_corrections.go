package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

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

// EachCorrection calls each for the corrections made from the first instant up
// to, not including, the second, oldest first. The row is only valid during the
// call.
func EachCorrection(ctx context.Context, tx Tx, from, to time.Time, each func(*CorrectionRow) error) error {
	rows, err := tx.Query(ctx, `select c.created_at, cc.id, cc.voucher_no, i.collective_number, i.single_number, i.invoice_date,
			i.provider_group, i.provider_ik, i.payee_ik, i.payer_ik, c.rule_code, c.amount_cents, c.gross_cut_cents, c.copay_cut_cents,
			c.state, c.in_force, cc.state, cc.editable_until
		from correction c
		join invoice i on i.id = c.invoice_id
		join correction_case cc on cc.id = c.correction_case_id
		where c.created_at >= $1 and c.created_at < $2
		order by c.created_at, c.id`, from, to)
	if err != nil {
		return fmt.Errorf("read corrections: %w", err)
	}
	var r CorrectionRow
	_, err = pgx.ForEachRow(rows, []any{
		&r.CreatedAt, &r.CaseID, &r.VoucherNo, &r.Collective, &r.Single, &r.InvoiceDate, &r.Group, &r.ProviderIK, &r.PayeeIK,
		&r.PayerIK, &r.Rule, &r.Amount, &r.GrossCut, &r.CopayCut, &r.State, &r.InForce, &r.CaseState, &r.EditableUntil,
	}, func() error { return each(&r) })
	if err != nil {
		return fmt.Errorf("read corrections: %w", err)
	}
	return nil
}

// CorrectionSums are the sums over corrections, computed by the database.
type CorrectionSums struct {
	Rows    int64
	Total   money.Cents
	InForce money.Cents
}

// SumCorrections sums the corrections that EachCorrection reads, without its
// joins: a correction lost there would show.
func SumCorrections(ctx context.Context, tx Tx, from, to time.Time) (s CorrectionSums, err error) {
	err = tx.QueryRow(ctx, `select count(*), coalesce(sum(amount_cents), 0)::bigint,
			coalesce(sum(amount_cents) filter (where in_force), 0)::bigint
		from correction where created_at >= $1 and created_at < $2`, from, to).Scan(&s.Rows, &s.Total, &s.InForce)
	if err != nil {
		return CorrectionSums{}, fmt.Errorf("sum corrections: %w", err)
	}
	return s, nil
}
