package report

import (
	"context"

	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
	"klarbeleg/store"
)

// invoices are the invoices received in the period.
func (s *Service) invoices() definition {
	return definition{
		columns: []column{
			{"received_on", kindDate, 12},
			{"invoice", kindText, 28},
			{"invoice_date", kindDate, 14},
			{"group", kindText, 9},
			{"provider", kindText, 15},
			{"payee", kindText, 15},
			{"payer", kindText, 15},
			{"processing", kindCount, 9},
			{"cases", kindCount, 9},
			{"positions", kindCount, 11},
			{"billed", kindEuro, 16},
			{"approved", kindEuro, 16},
			{"corrected", kindEuro, 16},
			{"cancelled", kindEuro, 16},
			{"paid", kindEuro, 16},
			{"invoice_state", kindText, 16},
		},
		amounts:    []string{"billed", "approved", "corrected", "cancelled", "paid"},
		dimensions: []string{"group", "payer", "invoice_state", "month"},
		each: func(ctx context.Context, tx store.Tx, p store.Period, add func(line) error) error {
			return store.EachInvoice(ctx, tx, p, func(r *store.InvoiceRow) error { return add(s.invoice(r)) })
		},
		total: store.SumInvoices,
	}
}

func (s *Service) invoice(r *store.InvoiceRow) line {
	state := s.texts.of("invoice_state." + string(r.State))
	return line{
		cells: []any{
			calendar.InBerlin(r.CreatedAt), number(r.Collective, r.Single), calendar.OfTime(r.InvoiceDate), r.Group, r.ProviderIK, r.PayeeIK,
			r.PayerIK, r.Processing, r.Cases, r.Positions, r.Billed, r.Approved, r.Corrected, r.Cancelled, r.Paid, state,
		},
		amounts: []money.Cents{r.Billed, r.Approved, r.Corrected, r.Cancelled, r.Paid},
		by:      []string{r.Group, r.PayerIK, state, month(r.CreatedAt)},
	}
}
