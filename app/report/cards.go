package report

import (
	"context"

	"klarbeleg/domain/calendar"
	"klarbeleg/domain/card"
	"klarbeleg/store"
)

// cards are the card orders begun in the period (REP-1). Who ordered is not shown.
func (s *Service) cards() definition {
	return definition{
		columns: []column{
			{"created_on", kindDate, 12},
			{"order", kindText, 38},
			{"product", kindText, 22},
			{"order_kind", kindText, 14},
			{"issuing_body", kindText, 24},
			{"card_state", kindText, 20},
			{"since", kindInstant, 20},
			{"valid_to", kindDate, 12},
		},
		dimensions: []string{"product", "issuing_body", "card_state", "month"},
		each: func(ctx context.Context, tx store.Tx, p store.Period, add func(line) error) error {
			return store.EachCardOrder(ctx, tx, p, func(r *store.CardRow) error {
				var since, validTo any
				if r.Since != nil {
					since = *r.Since
				}
				if r.ValidTo != nil {
					validTo = calendar.OfTime(*r.ValidTo)
				}
				product, state := s.texts.of("product."+r.Product), s.texts.of("card_state."+r.State)
				return add(line{
					cells: []any{
						calendar.InBerlin(r.CreatedAt), r.OrderID, product, s.texts.of("order_kind." + r.Kind), r.IssuingBody, state, since, validTo,
					},
					by: []string{product, r.IssuingBody, state, month(r.CreatedAt)},
				})
			})
		},
		total: store.SumCardOrders,
	}
}

// openCards are the card orders between order and dispatch, with the last day of the
// step at hand: those behind it on the last day of the period are overdue (CRD-8).
func (s *Service) openCards(p Params) definition {
	limits := card.DefaultLimits()
	return definition{
		columns: []column{
			{"created_on", kindDate, 12},
			{"order", kindText, 38},
			{"product", kindText, 22},
			{"order_kind", kindText, 14},
			{"issuing_body", kindText, 24},
			{"card_state", kindText, 20},
			{"since", kindInstant, 20},
			{"due", kindDate, 12},
			{"overdue", kindText, 12},
			{"days_over", kindCount, 14},
		},
		dimensions: []string{"overdue", "card_state", "product", "issuing_body"},
		each: func(ctx context.Context, tx store.Tx, period store.Period, add func(line) error) error {
			return store.EachOpenCardOrder(ctx, tx, period, func(r *store.OpenCardRow) error {
				product, state := s.texts.of("product."+r.Product), s.texts.of("card_state."+r.State)
				due, overdue, over := limits.Due(r.Times), s.texts.of("no"), int64(0)
				if over = int64(p.To - due); over > 0 {
					overdue = s.texts.of("yes")
				}
				return add(line{
					cells: []any{
						calendar.InBerlin(r.CreatedAt), r.OrderID, product, s.texts.of("order_kind." + r.Kind), r.IssuingBody, state, *r.Since,
						due, overdue, max(0, over),
					},
					by: []string{overdue, state, product, r.IssuingBody},
				})
			})
		},
		total: store.SumOpenCardOrders,
	}
}
