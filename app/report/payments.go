package report

import (
	"context"

	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
	"klarbeleg/store"
)

// payments are what the vouchers made in the period pay, invoice by invoice (PAY-2).
func (s *Service) payments() definition {
	return definition{
		columns: []column{
			{"paid_on", kindDate, 12},
			{"payment_voucher", kindText, 14},
			{"payee", kindText, 15},
			{"payer", kindText, 15},
			{"invoice", kindText, 28},
			{"invoice_date", kindDate, 14},
			{"group", kindText, 9},
			{"provider", kindText, 15},
			{"amount", kindEuro, 16},
		},
		amounts:    []string{"total"},
		dimensions: []string{"payer", "payee", "group", "month"},
		each: func(ctx context.Context, tx store.Tx, p store.Period, add func(line) error) error {
			return store.EachPayment(ctx, tx, p, func(r *store.PaymentRow) error {
				return add(line{
					cells: []any{
						calendar.OfTime(r.PaidOn), r.Voucher, r.PayeeIK, r.PayerIK, number(r.Collective, r.Single), calendar.OfTime(r.InvoiceDate),
						r.Group, r.ProviderIK, r.Amount,
					},
					amounts: []money.Cents{r.Amount},
					by:      []string{r.PayerIK, r.PayeeIK, r.Group, r.PaidOn.Format("2006-01")},
				})
			})
		},
		total: store.SumPayments,
	}
}
