package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
)

// loadOrigins finds the accepted cases that corrections name (CHK-8) and their lines,
// set-based. Deliveries without a reference cost nothing.
func loadOrigins(ctx context.Context, tx Tx, invoices []*billing.Invoice, scope HistoryScope, h *billing.History) error {
	h.Origins = map[billing.OriginKey]*billing.OriginBill{}
	var provider, collective, single, voucher []string
	var dates []time.Time
	for _, inv := range invoices {
		for i := range inv.Cases {
			if o := inv.Cases[i].Origin; o != nil {
				provider = append(provider, o.Provider)
				collective = append(collective, o.Number.Collective)
				single = append(single, o.Number.Single)
				voucher = append(voucher, o.VoucherNo)
				dates = append(dates, o.Date.UTC())
			}
		}
	}
	if len(provider) == 0 {
		return nil
	}
	byCase, err := originCases(ctx, tx, h, provider, collective, single, voucher, dates, scope.until())
	if err != nil {
		return fmt.Errorf("look up bills that corrections name: %w", err)
	}
	if err := originLines(ctx, tx, byCase); err != nil {
		return fmt.Errorf("look up lines that corrections name: %w", err)
	}
	return nil
}

// originCases fills the history and returns the bills by the id of their case. What a
// correction case gave back is no longer corrected.
func originCases(ctx context.Context, tx Tx, h *billing.History, keys ...any) (map[int64]*billing.OriginBill, error) {
	rows, err := tx.Query(ctx, `select c.id, i.provider_ik, i.collective_number, i.single_number, i.invoice_date, c.voucher_no,
			i.processing_code, i.state = 'refused', c.kvnr,
			(select coalesce(sum(k.amount_cents), 0)::bigint from correction k where k.case_id = c.id and k.invoice_id = i.id and k.in_force),
			coalesce((c.document->'Totals'->'Copay'->>'Cents')::bigint, 0), coalesce((c.document->'Totals'->'Flat'->>'Cents')::bigint, 0)
		from (select distinct * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::date[]) u (p, c, s, v, d)) k
		join invoice i on i.provider_ik = k.p and i.collective_number = k.c and i.single_number = k.s and i.invoice_date = k.d
			and i.state <> 'cancelled'
		join billing_case c on c.invoice_id = i.id and c.voucher_no = k.v
		where $6::timestamptz is null or i.created_at < $6
		order by i.id`, keys...)
	if err != nil {
		return nil, err
	}
	byCase := map[int64]*billing.OriginBill{}
	var id int64
	var key billing.OriginKey
	var date time.Time
	var code int16
	var b billing.OriginBill
	_, err = pgx.ForEachRow(rows, []any{
		&id, &key.Provider, &key.Number.Collective, &key.Number.Single, &date, &key.VoucherNo,
		&code, &b.Refused, &b.KVNR, &b.Corrected, &b.Copay, &b.Flat,
	}, func() error {
		key.Date, b.Processing = calendar.OfTime(date), billing.ProcessingCode(code)
		bill := b
		h.Origins[key], byCase[id] = &bill, &bill
		return nil
	})
	return byCase, err
}

func originLines(ctx context.Context, tx Tx, byCase map[int64]*billing.OriginBill) error {
	ids := make([]int64, 0, len(byCase))
	for id := range byCase {
		ids = append(ids, id)
	}
	rows, err := tx.Query(ctx, `select p.case_id, p.item, p.service_date, p.price_cents,
			(select coalesce(sum(k.amount_cents), 0)::bigint from correction k
				where k.case_id = c.id and k.invoice_id = c.invoice_id and k.position_no = p.no and k.in_force)
		from unnest($1::bigint[]) u (id) join billing_case c on c.id = u.id
		join position p on p.invoice_id = c.invoice_id and p.received_on = c.received_on and p.case_id = c.id`, ids)
	if err != nil {
		return err
	}
	var id int64
	var date time.Time
	var l billing.OriginLine
	_, err = pgx.ForEachRow(rows, []any{&id, &l.Item, &date, &l.Price, &l.Corrected}, func() error {
		l.Date = calendar.OfTime(date)
		byCase[id].Lines = append(byCase[id].Lines, l)
		return nil
	})
	return err
}
