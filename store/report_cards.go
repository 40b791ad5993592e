package store

import (
	"context"
	"time"

	"klarbeleg/domain/card"
)

// CardRow is one card order as reports show it; nothing of who ordered.
type CardRow struct {
	CreatedAt                                  time.Time
	OrderID, Product, Kind, IssuingBody, State string
	Since, ValidTo                             *time.Time
}

// EachCardOrder calls each for the card orders begun in the period, oldest first. The
// row is only valid during the call.
func EachCardOrder(ctx context.Context, tx Tx, p Period, each func(*CardRow) error) error {
	var r CardRow
	return reportQuery{p, "card orders", `select created_at, order_id, product, kind, issuing_body, state, since, valid_to
		from card_order where created_at >= $1 and created_at < $2 order by created_at, order_id`}.each(ctx, tx, []any{
		&r.CreatedAt, &r.OrderID, &r.Product, &r.Kind, &r.IssuingBody, &r.State, &r.Since, &r.ValidTo,
	}, func() error { return each(&r) })
}

// SumCardOrders counts the card orders that EachCardOrder reads.
func SumCardOrders(ctx context.Context, tx Tx, p Period) (ReportSums, error) {
	return reportQuery{p, "card orders", `select count(*) from card_order where created_at >= $1 and created_at < $2`}.sum(ctx, tx, 0)
}

// OpenCardRow is a card order between order and dispatch; nothing of who ordered.
type OpenCardRow struct {
	CardRow
	Times card.Times
}

// openCards are the states between order and dispatch.
const openCards = ` state in ('ordered', 'in_release', 'released', 'in_production')`

// EachOpenCardOrder calls each for the card orders between order and dispatch that
// were begun before the end of the period, oldest first (CRD-8). The row is only
// valid during the call.
func EachOpenCardOrder(ctx context.Context, tx Tx, p Period, each func(*OpenCardRow) error) error {
	var r OpenCardRow
	var ordered, requested, granted *time.Time
	return reportQuery{p, "open card orders", `select o.created_at, o.order_id, o.product, o.kind, o.issuing_body, o.state, o.since, o.valid_to,
			t.ordered, t.requested, t.granted
		from card_order o
		left join lateral (select max(at) filter (where type in ('identity.confirmed', 'documents.checked')) as ordered,
				max(at) filter (where type = 'release.requested') as requested, max(at) filter (where type = 'release.granted') as granted
			from card_event e where e.order_id = o.order_id) t on true
		where` + openCards + ` and $1::timestamptz is not null and o.created_at < $2 order by o.created_at, o.order_id`}.each(ctx, tx, []any{
		&r.CreatedAt, &r.OrderID, &r.Product, &r.Kind, &r.IssuingBody, &r.State, &r.Since, &r.ValidTo, &ordered, &requested, &granted,
	}, func() error {
		r.Times = card.Times{Ordered: timeOf(ordered), ReleaseRequested: timeOf(requested), ReleaseGranted: timeOf(granted)}
		return each(&r)
	})
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// SumOpenCardOrders counts the card orders that EachOpenCardOrder reads.
func SumOpenCardOrders(ctx context.Context, tx Tx, p Period) (ReportSums, error) {
	return reportQuery{p, "open card orders", `select count(*) from card_order
		where` + openCards + ` and $1::timestamptz is not null and created_at < $2`}.sum(ctx, tx, 0)
}
