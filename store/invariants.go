package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Invariant is a promise written as a query that returns no row when it holds.
type Invariant struct {
	ID   string
	What string
	sql  string
}

// invariants are the promises of this system about its data. Each query yields
// one text per violation, our own ids only.
var invariants = []Invariant{
	{"INV-1", "every message ends in exactly one place", `
		select consumer || ': ' || count(*) || ' stuck' from inbox
		where state = 'new' and received_at < now() - interval '15 minutes' group by consumer`},
	{"INV-2", "deliveries: received = accepted + rejected + quarantined", `
		select id::text from delivery where state not in ('accepted', 'partly_rejected', 'rejected', 'duplicate', 'quarantined')`},
	{"INV-3", "within a delivery: claimed = stored + refused, in invoices and cents", `
		select d.id::text from delivery d
		left join lateral (select count(*) n, coalesce(sum(billed_cents), 0) s from invoice where delivery_id = d.id) i on true
		left join lateral (select count(*) n, coalesce(sum(billed_cents), 0) s from refused_invoice where delivery_id = d.id) r on true
		where (d.claimed_invoices::bigint, d.claimed_cents::numeric) is distinct from (i.n + r.n, i.s + r.s)`},
	{"INV-4", "every booking sums to zero", `
		select txn_id::text from ledger_entry group by txn_id having sum(amount_cents) <> 0`},
	{"INV-5", "billed = paid + corrected + open, nothing negative", `
		select invoice_id::text from ledger_entry group by invoice_id
		having -coalesce(sum(amount_cents) filter (where account = 'billed'), 0)
				is distinct from coalesce(sum(amount_cents) filter (where account in ('paid', 'corrected', 'open')), 0)
			or coalesce(sum(amount_cents) filter (where account = 'paid'), 0) < 0
			or coalesce(sum(amount_cents) filter (where account = 'corrected'), 0) < 0
			or coalesce(sum(amount_cents) filter (where account = 'open'), 0) < 0`},
	{"INV-6", "ledger = documents", `
		select i.id::text from invoice i
		left join lateral (select -coalesce(sum(amount_cents) filter (where account = 'billed'), 0) b,
			coalesce(sum(amount_cents) filter (where account = 'corrected'), 0) c,
			coalesce(sum(amount_cents) filter (where account = 'paid'), 0) p from ledger_entry where invoice_id = i.id) l on true
		left join lateral (select coalesce(sum(amount_cents), 0) c from correction where invoice_id = i.id and in_force) c on true
		left join lateral (select coalesce(sum(amount_cents), 0) p from voucher_line where invoice_id = i.id) v on true
		where (l.b, l.c, l.p) is distinct from ((i.billed_cents - i.cancelled_cents)::numeric, c.c, v.p)`},
	{"INV-7", "one finding, one correction", `
		select case_id || ' ' || rule_code from correction
		group by case_id, position_no, rule_code, check_run having count(*) > 1`},
	{"INV-8", "every correction announced exactly once", `
		select coalesce(c.id, o.subject_id)::text from correction c
		full join (select subject_id, count(*) n from outbox where kind = 'correction' group by 1) o on o.subject_id = c.id
		where c.id is null or o.n is distinct from 1`},
	{"INV-9", "nothing unpublished for more than a minute", `
		select count(*)::text from outbox where published_at is null and created_at < now() - interval '1 minute' having count(*) > 0`},
	{"INV-10", "one digest per user and day", `
		select user_id::text from mail where kind = 'digest' and state in ('sending', 'sent', 'unknown')
		group by user_id, local_day having count(*) > 1`},
	{"INV-11", "each due run happened once", `
		select job || ' ' || due_at from job_run where state = 'done' group by job, due_at having count(*) > 1`},
	{"INV-12", "no due run missing", `
		select j.job || ' ' || j.due from job_calendar j where j.due < now() - interval '5 minutes'
		and not exists (select 1 from job_run r where r.job = j.job and r.due_at = j.due and r.state = 'done')`},
	{"INV-13", "vouchers: total = lines, numbers well-formed and without gap, never above what is approved", `
		select v.number from voucher v left join voucher_line l on l.voucher_number = v.number
		group by v.number, v.total_cents having v.total_cents <> coalesce(sum(l.amount_cents), 0) or v.number !~ '^0[0-9]{9}$'
		union all
		select i.id::text from invoice i join voucher_line l on l.invoice_id = i.id
		group by i.id, i.approved_cents having sum(l.amount_cents) > i.approved_cents
		union all
		select 'number ' || n from voucher_counter c cross join lateral (
			select generate_series(1, c.last) n except select number::bigint from voucher) missing
		union all
		select 'number ' || v.number from voucher v, voucher_counter c where v.number::bigint > c.last`},
	{"INV-14", "card orders: applied in order, no gap, no repeat", `
		select order_id from card_event group by order_id
		having count(*) <> max(seq) or count(*) <> count(distinct seq) or min(seq) <> 1
		union all
		select o.order_id from card_order o left join card_event e using (order_id)
		group by o.order_id, o.accepted having count(e.order_id) <> o.accepted`},
	{"INV-15", "no case open after its deadline", `
		select id::text from correction_case where state <> 'completed' and editable_until < now() - interval '1 hour'`},
	{"INV-16", "no delivery without its bytes", `
		select d.id::text from delivery d where blob_key is not null and erased_at is null
		and not exists (select 1 from blob where key = d.blob_key)`},
	{"INV-19", "every delivery has exactly one receipt", `
		select d.id::text from delivery d left join outbox o on o.kind = 'receipt' and o.subject_id = d.id
		group by d.id having count(o.id) <> 1`},
	{"case sums", "corrections of a case = what the case lost, cases = invoice", `
		select i.id::text from invoice i
		join lateral (select coalesce(sum(billed_cents), 0) b, coalesce(sum(corrected_cents), 0) c, count(*) n,
			coalesce(sum(positions), 0) p from billing_case where invoice_id = i.id) c on true
		join lateral (select count(*) n from position where invoice_id = i.id and received_on = i.received_on) p on true
		where (c.b, c.c, c.n, c.p, p.n) is distinct from
			(i.billed_cents::numeric, i.corrected_cents::numeric, i.cases::bigint, i.positions::bigint, i.positions::bigint)`},
}

// Violation is one broken invariant with the first ids that break it.
type Violation struct {
	Invariant
	IDs []string
}

// maxViolationIDs bounds what a violation lists.
const maxViolationIDs = 20

// Invariants returns the list of promises.
func Invariants() []Invariant { return append([]Invariant{}, invariants...) }

// CheckInvariants runs all queries in one read-only snapshot and returns what is
// broken.
func (db *DB) CheckInvariants(ctx context.Context) ([]Violation, error) {
	var out []Violation
	err := pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for _, inv := range invariants {
			rows, err := tx.Query(ctx, fmt.Sprintf("select * from (%s) v limit %d", inv.sql, maxViolationIDs))
			if err != nil {
				return fmt.Errorf("%s: %w", inv.ID, err)
			}
			ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return fmt.Errorf("%s: %w", inv.ID, err)
			}
			if len(ids) > 0 {
				out = append(out, Violation{inv, ids})
			}
		}
		return nil
	})
	return out, clean(err)
}
