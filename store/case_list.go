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

// CaseOrder is the order of a list of cases; ties are in the order of the ids.
type CaseOrder string

// Orders of a list. The default is the nearest deadline first.
const (
	ByDeadline     CaseOrder = ""
	ByDeadlineDesc CaseOrder = "deadline_desc"
	ByProvided     CaseOrder = "provided"
	ByProvidedDesc CaseOrder = "provided_desc"
	ByAmount       CaseOrder = "amount"
	ByAmountDesc   CaseOrder = "amount_desc"
	ByVoucher      CaseOrder = "voucher"
	ByFollowUp     CaseOrder = "follow_up"
)

// caseOrders are the order clauses; what a user sends is only ever a key of it.
func caseOrders() map[CaseOrder]string {
	return map[CaseOrder]string{
		ByDeadline: "cc.editable_until", ByDeadlineDesc: "cc.editable_until desc",
		ByProvided: "cc.provided_at", ByProvidedDesc: "cc.provided_at desc",
		ByAmount: "cc.corrected_cents", ByAmountDesc: "cc.corrected_cents desc",
		ByVoucher: "cc.voucher_no", ByFollowUp: "cc.follow_up_on nulls last",
	}
}

// Known reports whether there is such an order.
func (o CaseOrder) Known() bool { return caseOrders()[o] != "" }

// CaseFilter selects cases of a list; a zero field selects all.
type CaseFilter struct {
	States []billing.CaseState
	IK     string
	Group  string
	Rule   string
	// Number is the beginning of a Belegnummer or Rechnungsnummer.
	Number string
	// DeadlineThrough is the last day for work up to which cases are selected.
	DeadlineThrough calendar.Date
	MinAmount       money.Cents
	// FollowUpThrough selects follow-ups that are due on the day or before.
	FollowUpThrough calendar.Date
}

// CaseQuery asks for a page of a list.
type CaseQuery struct {
	Scope CaseScope
	// Now decides what is still visible; ProvidedFrom is the first day of provision
	// that is (COR-7, COR-10).
	Now          time.Time
	ProvidedFrom calendar.Date
	Filter       CaseFilter
	Order        CaseOrder
	Offset       int
	Limit        int
}

// CaseRow is one case of a list. Nothing of an insured person is in it.
type CaseRow struct {
	WorkCase
	Invoice     billing.InvoiceNumber
	InvoiceDate calendar.Date
	// Corrections counts those of the case, Open of them are not settled yet. Rules are
	// their rules.
	Corrections, Open int
	Rules             []string
}

// CaseList is a page of cases, the number of all that the filter selects (0 on a page
// behind the last), and of all
// visible ones by state.
type CaseList struct {
	Cases   []CaseRow
	Total   int
	ByState map[billing.CaseState]int
}

const visibleCase = inScope + ` and (cc.visible_until is null or cc.visible_until > $3) and cc.provided_at >= $4`

// ListCases returns a page of cases. It panics on an unknown order.
func ListCases(ctx context.Context, tx Tx, q CaseQuery) (*CaseList, error) {
	order := caseOrders()[q.Order]
	if order == "" {
		panic("store: unknown order of cases")
	}
	list := &CaseList{ByState: map[billing.CaseState]int{}}
	from := q.ProvidedFrom.AddDays(-1).EndInBerlin()
	if err := list.count(ctx, tx, q, from); err != nil {
		return nil, err
	}
	f := &q.Filter
	states := make([]string, len(f.States))
	for i, s := range f.States {
		states[i] = string(s)
	}
	// The corrections are counted for the cases of the page only.
	rows, err := tx.Query(ctx, `with page as materialized (
			select cc.id, count(*) over () as total, row_number() over (order by `+order+`, cc.id) as place
			from correction_case cc join invoice i on i.id = cc.invoice_id
			where `+visibleCase+`
				and (cardinality($5::text[]) = 0 or cc.state = any($5))
				and ($6 = '' or cc.payee_ik = $6 or cc.provider_ik = $6)
				and ($7 = '' or cc.provider_group = $7)
				and ($8 = '' or exists (select from correction where correction_case_id = cc.id and rule_code = $8))
				and ($9 = '' or starts_with(cc.voucher_no, $9) or starts_with(i.collective_number || ':' || i.single_number, $9))
				and ($10::timestamptz is null or cc.editable_until <= $10)
				and cc.corrected_cents >= $11
				and ($12::date is null or cc.follow_up_on <= $12)
			order by place offset $13 limit $14)
		select page.total, `+workCaseColumns+`,
			i.collective_number, i.single_number, i.invoice_date, k.all, k.open, k.rules
		from page join correction_case cc using (id) join invoice i on i.id = cc.invoice_id
		cross join lateral (select count(*) as all, count(*) filter (where state = 'open') as open,
			coalesce(array_agg(distinct rule_code order by rule_code), '{}') as rules
			from correction where correction_case_id = cc.id) k
		order by page.place`,
		q.Scope.All, q.Scope.iks(), q.Now, from, states, f.IK, f.Group, f.Rule, f.Number,
		endOrNull(f.DeadlineThrough), f.MinAmount, dateOrNull(f.FollowUpThrough), q.Offset, q.Limit)
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	list.Cases, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (CaseRow, error) { return scanCaseRow(row, &list.Total) })
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	return list, nil
}

func (l *CaseList) count(ctx context.Context, tx Tx, q CaseQuery, from time.Time) error {
	rows, err := tx.Query(ctx, `select cc.state, count(*) from correction_case cc where `+visibleCase+` group by 1`,
		q.Scope.All, q.Scope.iks(), q.Now, from)
	if err != nil {
		return fmt.Errorf("count cases: %w", err)
	}
	var state billing.CaseState
	var n int
	if _, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error { l.ByState[state] = n; return nil }); err != nil {
		return fmt.Errorf("count cases: %w", err)
	}
	return nil
}

func scanCaseRow(row pgx.CollectableRow, total *int) (r CaseRow, err error) {
	rest := caseRowRest{row, total, &r}
	r.WorkCase, err = scanWorkCase(rest)
	return r, err
}

// caseRowRest lets scanWorkCase read its columns of a row that has more around them.
type caseRowRest struct {
	pgx.CollectableRow
	total *int
	row   *CaseRow
}

// Scan reads all columns of the row.
func (c caseRowRest) Scan(columns ...any) error {
	var date time.Time
	all := append([]any{c.total}, columns...)
	all = append(all, &c.row.Invoice.Collective, &c.row.Invoice.Single, &date, &c.row.Corrections, &c.row.Open, &c.row.Rules)
	if err := c.CollectableRow.Scan(all...); err != nil {
		return err
	}
	c.row.InvoiceDate = calendar.OfTime(date)
	return nil
}

func endOrNull(d calendar.Date) *time.Time {
	if d.IsZero() {
		return nil
	}
	t := d.EndInBerlin()
	return &t
}

// CaseActor returns the IKs of the institution of an active user and the Berlin day on
// which it was registered; ErrNotFound for any other user.
func (db *DB) CaseActor(ctx context.Context, user uuid.UUID) (iks []string, registered calendar.Date, err error) {
	var at time.Time
	err = db.pool.QueryRow(ctx, `select i.created_at, coalesce(array_agg(k.ik order by k.ik) filter (where k.ik is not null), '{}')
		from app_user u join institution i on i.id = u.institution_id left join institution_ik k on k.institution_id = i.id
		where u.id = $1 and u.state = 'active' group by i.id`, user).Scan(&at, &iks)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, 0, ErrNotFound
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read institution of user: %w", clean(err))
	}
	return iks, calendar.InBerlin(at), nil
}
