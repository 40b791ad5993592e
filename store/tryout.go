package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// StoredDelivery is what it takes to check an accepted delivery again.
type StoredDelivery struct {
	ID           uuid.UUID
	BlobKey      string
	Bytes        int64
	OrderFile    []byte
	TransferName string
	ReceivedAt   time.Time
}

// AcceptedDeliveries returns up to limit deliveries received at since or later, in
// the order of receipt, behind after (the zero value starts at the first).
func (db *DB) AcceptedDeliveries(ctx context.Context, since time.Time, after StoredDelivery, limit int) ([]StoredDelivery, error) {
	rows, err := db.pool.Query(ctx, `select id, blob_key, size_bytes, order_file, coalesce(transfer_name, ''), received_at from delivery
		where received_at >= $1 and (received_at, id) > ($2, $3) and blob_key is not null and erased_at is null
			and state in ('accepted', 'partly_rejected')
		order by received_at, id limit $4`, since, after.ReceivedAt, after.ID, limit)
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", clean(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[StoredDelivery])
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", clean(err))
	}
	return list, nil
}

// FoundKey names a rule and the case of an invoice that it found something about.
// Case counts from 1, 0 is the invoice itself.
type FoundKey struct {
	Case int
	Rule string
}

// StoredFindings returns by invoice what each rule took of each case of a delivery
// when it was first checked, and what was corrected of each case in all (key without
// rule).
func StoredFindings(ctx context.Context, tx Tx, delivery uuid.UUID) (map[billing.InvoiceKey]map[FoundKey]money.Cents, error) {
	rows, err := tx.Query(ctx, `
		select i.provider_ik, i.collective_number, i.single_number, i.invoice_date, coalesce(c.no, 0), f.rule, sum(f.corrected_cents)::bigint
		from invoice i join finding f on f.invoice_id = i.id and f.check_run = 1 left join billing_case c on c.id = f.case_id
		where i.delivery_id = $1 group by 1, 2, 3, 4, 5, 6
		union all
		select i.provider_ik, i.collective_number, i.single_number, i.invoice_date, c.no, '', c.corrected_cents
		from invoice i join billing_case c on c.invoice_id = i.id where i.delivery_id = $1`, delivery)
	if err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	out := map[billing.InvoiceKey]map[FoundKey]money.Cents{}
	var inv billing.InvoiceKey
	var k FoundKey
	var date time.Time
	var cents money.Cents
	_, err = pgx.ForEachRow(rows, []any{&inv.Provider, &inv.Number.Collective, &inv.Number.Single, &date, &k.Case, &k.Rule, &cents}, func() error {
		inv.Date = calendar.OfTime(date)
		if out[inv] == nil {
			out[inv] = map[FoundKey]money.Cents{}
		}
		out[inv][k] = cents
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	return out, nil
}
