package report

import (
	"context"
	"time"

	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
	"klarbeleg/store"
)

// corrections are the corrections made in the period.
func (s *Service) corrections() definition {
	return definition{
		columns: []column{
			{"created_on", kindDate, 12},
			{"case", kindText, 38},
			{"voucher", kindText, 16},
			{"invoice", kindText, 24},
			{"invoice_date", kindDate, 14},
			{"group", kindText, 9},
			{"provider", kindText, 15},
			{"payee", kindText, 15},
			{"payer", kindText, 15},
			{"rule", kindText, 10},
			{"amount", kindEuro, 15},
			{"gross_cut", kindEuro, 15},
			{"copay_cut", kindEuro, 15},
			{"state", kindText, 12},
			{"in_force", kindText, 9},
			{"case_state", kindText, 16},
			{"last_day", kindDate, 14},
		},
		amounts:    []string{"total", "total_in_force"},
		dimensions: []string{"group", "payer", "rule", "month"},
		each: func(ctx context.Context, tx store.Tx, p store.Period, add func(line) error) error {
			return store.EachCorrection(ctx, tx, p, func(r *store.CorrectionRow) error { return add(s.correction(r)) })
		},
		total: store.SumCorrections,
	}
}

func (s *Service) correction(r *store.CorrectionRow) line {
	inForce, counted := s.texts.of("no"), money.Cents(0)
	if r.InForce {
		inForce, counted = s.texts.of("yes"), r.Amount
	}
	return line{
		cells: []any{
			calendar.InBerlin(r.CreatedAt), r.CaseID.String(), r.VoucherNo, number(r.Collective, r.Single), calendar.OfTime(r.InvoiceDate),
			r.Group, r.ProviderIK, r.PayeeIK, r.PayerIK, r.Rule, r.Amount, r.GrossCut, r.CopayCut,
			s.texts.of("state." + string(r.State)), inForce, s.texts.of("case_state." + string(r.CaseState)),
			// The deadline is the first instant after the last day.
			calendar.InBerlin(r.EditableUntil.Add(-time.Nanosecond)),
		},
		amounts: []money.Cents{r.Amount, counted},
		by:      []string{r.Group, r.PayerIK, r.Rule, month(r.CreatedAt)},
	}
}
