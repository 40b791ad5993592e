package checkstest

import (
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// Sum computes the gross amounts of parts, the totals of cases and the statement
// from the lines, as a sound program of a provider would, numbers the places, and
// returns the invoice. Tests that change a line and keep the bill consistent call
// it again.
func Sum(inv *billing.Invoice) *billing.Invoice {
	for i := range inv.Cases {
		SumCase(inv, &inv.Cases[i])
	}
	SumStatement(inv)
	number(inv)
	return inv
}

// SumCase computes the totals of one case.
func SumCase(inv *billing.Invoice, c *billing.Case) {
	var gross, percent money.Cents
	for i := range c.Aids {
		c.Aids[i].Gross = 0
	}
	for i := range c.Trips {
		c.Trips[i].Gross = 0
	}
	for i := range c.Positions {
		p := &c.Positions[i]
		gross += p.Gross()
		percent += p.Copay()
		if p.Part >= 0 && len(c.Aids) > 0 {
			c.Aids[p.Part].Gross += p.Gross()
		}
		if p.Part >= 0 && len(c.Trips) > 0 {
			c.Trips[p.Part].Gross += p.Gross()
		}
	}
	t := billing.CaseTotals{Place: c.Totals.Place, Present: true, Gross: gross, Deduction: c.Totals.Deduction}
	switch g := inv.Header.Group; {
	case g == billing.GroupTherapy:
		sumTherapy(inv, &t, percent)
	case g >= 'G' && g <= 'N':
		t.OwnShare = c.Totals.OwnShare
		sumTherapy(inv, &t, percent)
	case g == billing.GroupAids:
		var copay, own, extra money.Cents
		for i := range c.Aids {
			copay += c.Aids[i].Copay.Cents
			own += c.Aids[i].OwnShare.Cents
			extra += c.Aids[i].Extra.Cents
		}
		t.Copay, t.OwnShare, t.Extra = billing.Some(copay), billing.Some(own), billing.Some(extra)
	default:
		var copay money.Cents
		for i := range c.Trips {
			copay += c.Trips[i].Copay.Cents
		}
		t.Copay = billing.OptCents{Cents: copay, Set: copay != 0}
	}
	c.Totals = t
}

func sumTherapy(inv *billing.Invoice, t *billing.CaseTotals, percent money.Cents) {
	if percent == 0 {
		return
	}
	flat := min(10_00, t.Gross-percent)
	switch inv.Processing {
	case billing.CorrectionBill, billing.AdditionalClaim, billing.ResumptionOfCare:
		flat = 0
	case billing.CopaymentClaim:
		t.Claim, t.Gross = true, 0
	default: // a first bill asks for it
	}
	t.Percent, t.Flat, t.Copay = billing.Some(percent), billing.Some(flat), billing.Some(percent+flat)
}

// SumStatement computes the statement, and that of a collective invoice as if this
// were its only invoice, from the totals of the cases.
func SumStatement(inv *billing.Invoice) {
	sums := map[string]*billing.Total{}
	for _, status := range []string{"00", "11", "31", "51", "99"} {
		sums[status] = &billing.Total{Status: status}
	}
	for i := range inv.Cases {
		c := &inv.Cases[i]
		copay := c.Totals.Copay.Cents + c.Totals.OwnShare.Cents + c.Totals.Deduction.Cents
		for _, status := range []string{"00", c.SummaryStatus()} {
			s := sums[status]
			s.Gross += c.Totals.Gross
			s.Copay += copay
			s.Amount += c.Billed(inv.Processing)
		}
	}
	inv.Statement.Totals = nil
	for _, status := range []string{"00", "11", "31", "51", "99"} {
		if s := sums[status]; status == "00" || *s != (billing.Total{Status: status}) {
			inv.Statement.Totals = append(inv.Statement.Totals, *s)
		}
	}
	if inv.Collective != nil {
		inv.Collective.Totals = append([]billing.Total(nil), inv.Statement.Totals...)
	}
}

// number gives every segment a place of its own, so that tests see where a finding
// points to.
func number(inv *billing.Invoice) {
	n := int32(0)
	next := func(places ...*billing.Place) {
		for _, p := range places {
			n++
			*p = billing.Place{Segment: n, Offset: int64(n) * 50}
		}
	}
	if inv.Collective != nil {
		next(&inv.Collective.Place, &inv.Collective.NumberPlace)
		for i := range inv.Collective.Totals {
			next(&inv.Collective.Totals[i].Place)
		}
	}
	next(&inv.Statement.Place, &inv.Statement.NumberPlace, &inv.Statement.Tax.Place)
	for i := range inv.Statement.Totals {
		next(&inv.Statement.Totals[i].Place)
	}
	next(&inv.Place, &inv.NumberPlace)
	for i := range inv.Cases {
		c := &inv.Cases[i]
		next(&c.Place, &c.Person.Place)
		for j := range c.Positions {
			next(&c.Positions[j].Place, &c.Positions[j].VAT.Place)
		}
		for j := range c.Aids {
			next(&c.Aids[j].Place, &c.Aids[j].CopayPlace, &c.Aids[j].ExtraPlace)
		}
		for j := range c.Trips {
			next(&c.Trips[j].Place, &c.Trips[j].CopayPlace)
		}
		for j := range c.Visits {
			next(&c.Visits[j].Place)
		}
		for j := range c.Details {
			next(&c.Details[j].Place)
		}
		for j := range c.Consultations {
			next(&c.Consultations[j].Place)
		}
		if c.Origin != nil {
			next(&c.Origin.Place)
		}
		next(&c.Prescription.Place)
		for j := range c.Diagnoses {
			next(&c.Diagnoses[j].Place)
		}
		for j := range c.Approvals {
			next(&c.Approvals[j].Place)
		}
		next(&c.Totals.Place)
	}
}
