package formal

import (
	"slices"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// allStatuses stands for the sum over all statuses.
const allStatuses = "00"

// statuses are the ones a statement may name (TA3 8.1.6).
func statuses() [4]string { return [...]string{"11", "31", "51", "99"} }

func statementRules() []checks.Binding {
	const (
		message = checks.ScopeMessage
		invoice = checks.ScopeInvoice
		turn    = checks.TurnInvoiceEnd
	)
	return []checks.Binding{
		{ID: "P3108", Turn: turn, Scope: message, Unless: []string{"P3119"}, Check: statementLine},
		{ID: "P3109", Turn: turn, Scope: message, Check: claimLine},
		{ID: "P3110", Turn: turn, Scope: message, Unless: []string{"P3108", "P3109", "P3119"}, Check: statusSum},
		{
			ID: "P3111", Turn: turn, Scope: invoice,
			Unless: []string{"P3006", "P3007", "P3108", "P3109", "P3110", "P3112", "P3119"},
			Check:  caseStatus,
		},
		{
			ID: "P3112", Turn: turn, Scope: message,
			Unless: []string{"P3108", "P3109", "P3110", "P3119"}, Check: statementAgainstCases,
		},
		{
			ID: "P3113", Turn: checks.TurnCollectiveEnd, Scope: message,
			Unless: []string{"P3108", "P3109", "P3110", "P3112", "P3119"}, Check: collectiveSum,
		},
		{ID: "P3114", Turn: turn, Scope: invoice, Check: discount},
		{ID: "P3119", Turn: turn, Scope: message, Check: nothingDemanded},
	}
}

// P3108: amount = gross - co-payment, in every line of the statement.
func statementLine(x *checks.Context) checks.Outcome {
	if x.Claim() {
		return checks.NotApplicable
	}
	for _, t := range x.Invoice.Statement.Totals {
		if t.Amount != t.Gross-t.Copay {
			x.Fail(t.Place, "GES")
			return checks.Fail
		}
	}
	return checks.Pass
}

// P3109: a co-payment claim has no gross amount and demands the co-payment.
func claimLine(x *checks.Context) checks.Outcome {
	if !x.Claim() {
		return checks.NotApplicable
	}
	for _, t := range x.Invoice.Statement.Totals {
		if t.Gross != 0 || t.Amount != t.Copay {
			x.Fail(t.Place, "GES")
			return checks.Fail
		}
	}
	return checks.Pass
}

// P3110: the sum for all comes first and once, each other status at most once, and
// they add up to it.
func statusSum(x *checks.Context) checks.Outcome {
	s := &x.Invoice.Statement
	if place, ok := addsUp(s); !ok {
		x.Fail(place, "GES")
		return checks.Fail
	}
	return checks.Pass
}

func addsUp(s *billing.Statement) (billing.Place, bool) {
	if len(s.Totals) < 2 || s.Totals[0].Status != allStatuses {
		return s.Place, false
	}
	all := s.Totals[0]
	known := statuses()
	var seen [len(known)]bool
	for _, t := range s.Totals[1:] {
		i := slices.Index(known[:], t.Status)
		if i < 0 || seen[i] {
			return t.Place, false
		}
		seen[i] = true
		all.Amount -= t.Amount
		all.Gross -= t.Gross
		all.Copay -= t.Copay
	}
	return all.Place, all.Amount == 0 && all.Gross == 0 && all.Copay == 0
}

// P3111: each case is in the sum of its own status. That the total fits is P3112.
func caseStatus(x *checks.Context) checks.Outcome {
	s := &x.Invoice.Statement
	if differentCodes(x) {
		return checks.NotApplicable
	}
	for _, status := range statuses() {
		stated := totalOf(s, status)
		if !fits(stated, x.Totals.Of(status)) {
			x.Fail(stated.Place, "GES")
			return checks.Fail
		}
	}
	return checks.Pass
}

// totalOf returns the line of a status; without one its amounts are 0 and its place
// is that of the statement.
func totalOf(s *billing.Statement, status string) billing.Total {
	for _, t := range s.Totals {
		if t.Status == status {
			return t
		}
	}
	return billing.Total{Place: s.Place}
}

// fits compares a line of the statement with the cases: by their totals, or by
// their lines, if it is a total that is wrong.
func fits(t billing.Total, s checks.StatusSum) bool {
	return (t.Gross == s.Gross || t.Gross == s.LineGross) && (t.Copay == s.Copay || t.Copay == s.LineCopay)
}

// P3112: the sum for all is the sum over the cases.
func statementAgainstCases(x *checks.Context) checks.Outcome {
	t, ok := x.Invoice.Statement.Total()
	if !ok || differentCodes(x) || fits(t, x.Totals.All) {
		return checks.Pass
	}
	difference := t.Gross - x.Totals.All.Gross
	if difference == 0 {
		difference = t.Copay - x.Totals.All.Copay
	}
	x.Fail(t.Place, "GES").With("differenz", max(difference, -difference).German())
	return checks.Fail
}

// P3113: the collective statement is the sum of its invoices, by status and in all.
// If the statement of one of them is wrong, there is no telling.
func collectiveSum(x *checks.Context) checks.Outcome {
	c := x.Collective()
	for _, status := range [...]string{allStatuses, "11", "31", "51", "99"} {
		stated, sum := totalOf(c.Statement, status), c.Of(status)
		if stated.Amount != sum.Amount || stated.Gross != sum.Gross || stated.Copay != sum.Copay {
			x.Fail(stated.Place, "GES")
			return checks.Fail
		}
	}
	return checks.Pass
}

// P3114: a longer term never brings a higher discount. The discount is for the payer
// to deduct, never for the data.
func discount(x *checks.Context) checks.Outcome {
	list := x.Invoice.Statement.Discounts
	for i := range list {
		for j := range list {
			if list[i].Days > list[j].Days && list[i].Rate > list[j].Rate {
				x.Fail(list[i].Place, "SKO")
				return checks.Fail
			}
		}
	}
	return checks.Pass
}

// P3119: a first bill demands something, if its cases do; no bill less than nothing.
func nothingDemanded(x *checks.Context) checks.Outcome {
	t, ok := x.Invoice.Statement.Total()
	var demand money.Cents
	for i := range x.Invoice.Cases {
		demand += x.Invoice.Cases[i].Billed(x.Invoice.Processing)
	}
	forgotten := ok && t.Amount <= 0 && x.Invoice.Processing == billing.FirstBill && demand > 0
	if !forgotten && demand >= 0 {
		return checks.Pass
	}
	place := t.Place
	if !ok {
		place = x.Invoice.Statement.Place
	}
	x.Fail(place, "GES")
	return checks.Fail
}
