package intake

import (
	"fmt"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/billing/heal"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// apply makes a change of a case, and what follows from it for the sums that repeat
// the changed value: VAT, part, case and statement of the invoice. A provider heals
// one field; that the others still agree is not left to him.
func apply(inv *billing.Invoice, caseNo int, change heal.Change, limits *checks.Parameters) error {
	f, ok := heal.Lookup(change.Field)
	if !ok {
		return heal.ErrUnknownField
	}
	c := &inv.Cases[caseNo]
	was := sumsOf(inv, c)
	if err := f.Set(heal.Place{Invoice: inv, Case: c, Index: change.Index}, change.Value); err != nil {
		return fmt.Errorf("change field: %w", err)
	}
	s := &follow{Case: c, was: was, rates: limits.Copay.On(firstService(c))}
	switch f.Name {
	case "line.einzelpreis", "line.anzahl", "MWS.satz":
		s.tax(change.Index)
		s.lines()
	case "MWS.betrag":
		s.lines()
	case "ZUH.zuzahlung", "ZUK.zuzahlung":
		s.copay()
	case "MEH.betrag":
		s.extra()
	}
	followStatement(inv, c, was)
	return nil
}

// sums are the amounts of a case before a change.
type sums struct {
	billed, gross, copay money.Cents
	status               string
	lines                []money.Cents
	parts                []money.Cents // co-payment by part
	extras               money.Cents
}

func sumsOf(inv *billing.Invoice, c *billing.Case) sums {
	s := sums{billed: c.Billed(inv.Processing), gross: c.Totals.Gross, copay: c.Totals.Copay.Cents, status: c.SummaryStatus()}
	for i := range c.Positions {
		s.lines = append(s.lines, c.Positions[i].Gross())
	}
	for i := range c.Aids {
		s.parts = append(s.parts, c.Aids[i].Copay.Cents)
		s.extras += c.Aids[i].Extra.Cents
	}
	for i := range c.Trips {
		s.parts = append(s.parts, c.Trips[i].Copay.Cents)
	}
	return s
}

func firstService(c *billing.Case) (first calendar.Date) {
	for i := range c.Positions {
		if d := c.Positions[i].Date; first == 0 || d != 0 && d < first {
			first = d
		}
	}
	return first
}

// follow lets the sums of a case follow a change.
type follow struct {
	*billing.Case
	was   sums
	rates checks.CopayRates
}

// tax computes the VAT of a line anew; without VAT on the line it is in the price.
func (s *follow) tax(position int) {
	if p := &s.Positions[position]; p.VAT.Present {
		p.VAT.Amount = money.VAT(p.Price, p.Quantity, p.VAT.Rate)
	}
}

// lines lets parts and case follow the gross amounts of the lines. Co-payment falls
// with the amount that it is a part of; it never rises by itself.
func (s *follow) lines() {
	for i := range s.Positions {
		p := &s.Positions[i]
		change := p.Gross() - s.was.lines[i]
		if change == 0 {
			continue
		}
		s.Totals.Gross += change
		switch part := int(p.Part); {
		case part < 0:
		case part < len(s.Aids):
			a := &s.Aids[part]
			a.Gross += change
			a.Copay.Cents = min(a.Copay.Cents, s.rates.Aid(a.CopayKind, a.Gross-a.OwnShare.Cents, a.SupplyMonths))
		case part < len(s.Trips):
			t := &s.Trips[part]
			t.Gross += change
			t.Copay.Cents = min(t.Copay.Cents, s.rates.Bounded(t.Gross))
		}
	}
	s.copay()
}

// copay lets the co-payment of the case follow that of its parts.
func (s *follow) copay() {
	var change money.Cents
	for i := range s.Aids {
		change += s.Aids[i].Copay.Cents - s.was.parts[i]
	}
	for i := range s.Trips {
		change += s.Trips[i].Copay.Cents - s.was.parts[len(s.Aids)+i]
	}
	if change != 0 {
		s.Totals.Copay = billing.Some(s.Totals.Copay.Cents + change)
	}
}

// extra lets the sum of extra costs of the case follow those of its parts.
func (s *follow) extra() {
	change := -s.was.extras
	for i := range s.Aids {
		change += s.Aids[i].Extra.Cents
	}
	if change != 0 {
		s.Totals.Extra = billing.Some(s.Totals.Extra.Cents + change)
	}
}

// followStatement lets the statement of the invoice follow the sums of a case.
func followStatement(inv *billing.Invoice, c *billing.Case, was sums) {
	for i := range inv.Statement.Totals {
		t := &inv.Statement.Totals[i]
		if t.Status != "00" && t.Status != was.status {
			continue
		}
		t.Amount += c.Billed(inv.Processing) - was.billed
		t.Gross += c.Totals.Gross - was.gross
		t.Copay += c.Totals.Copay.Cents - was.copay
	}
}
