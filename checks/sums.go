package checks

import (
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// Sums are what the lines of a case add up to as billed.
type Sums struct {
	// Gross is the sum of the rounded lines with the VAT stated; Once the same
	// rounded once over the sum, which is right too (spec/dta-302 section 9);
	// Exact the sum with the VAT that the rates give.
	Gross, Once, Exact money.Cents
	// Copay is the sum of the percentage co-payments of the lines (EHE.6), and
	// CopayLines how many lines carry one above 0.
	Copay      money.Cents
	CopayLines int
	// First and Last are the first and the last date of service; 0 without one.
	First, Last calendar.Date
}

// sumLines adds up the lines of a case, and by part if it has parts.
func sumLines(c *billing.Case, parts []money.Cents) (s Sums) {
	var product int64
	var vat money.Cents
	for i := range c.Positions {
		p := &c.Positions[i]
		gross, exact := p.Gross(), money.Cents(0)
		if p.VAT.Present {
			vat += p.VAT.Amount
			exact = money.VAT(p.Price, p.Quantity, p.VAT.Rate) - p.VAT.Amount
		}
		s.Gross += gross
		s.Exact += gross + exact
		product += int64(p.Price) * int64(p.Quantity)
		if p.CopayPerUnit.Cents != 0 {
			s.Copay += p.Copay()
			s.CopayLines++
		}
		if p.Date != 0 && (s.First == 0 || p.Date < s.First) {
			s.First = p.Date
		}
		s.Last = max(s.Last, p.Date)
		if p.Part >= 0 && int(p.Part) < len(parts) {
			parts[p.Part] += gross
		}
	}
	s.Once = money.Cents(money.DivRound(product, 100)) + vat
	return s
}

// StatusSum is what the cases of one status add up to: Gross and Copay as their
// totals say, LineGross and LineCopay as their lines and parts say.
type StatusSum struct {
	Cases                int
	Gross, Copay         money.Cents
	LineGross, LineCopay money.Cents
}

func (s *StatusSum) add(o StatusSum) {
	s.Cases += o.Cases
	s.Gross += o.Gross
	s.Copay += o.Copay
	s.LineGross += o.LineGross
	s.LineCopay += o.LineCopay
}

// Totals are the sums of an invoice by status (TA3 8.1.6).
type Totals struct {
	All      StatusSum
	byStatus [4]StatusSum
}

// Of returns the sums of a status: 00 for all, else 11, 31, 51 or 99.
func (t *Totals) Of(status string) StatusSum {
	if status == "00" {
		return t.All
	}
	if i := statusIndex(status); i >= 0 {
		return t.byStatus[i]
	}
	return StatusSum{}
}

func statusIndex(status string) int {
	switch status {
	case "11":
		return 0
	case "31":
		return 1
	case "51":
		return 2
	case "99":
		return 3
	}
	return -1
}

// addCase adds a case to the totals (spec/dta-302 section 9, GES).
func (t *Totals) addCase(c *billing.Case, code billing.ProcessingCode, sums Sums) {
	s := StatusSum{
		Cases: 1,
		Gross: c.Totals.Gross,
		Copay: c.Totals.Copay.Cents + c.Totals.OwnShare.Cents,
		// Lines without co-payments of their own (C, D, ...) leave only the totals.
		LineGross: sums.Gross,
		LineCopay: partCopay(c) + sums.Copay + c.Totals.Flat.Cents + totalOwnShare(c),
	}
	if code == billing.CorrectionBill {
		s.Copay += c.Totals.Deduction.Cents
		s.LineCopay += c.Totals.Deduction.Cents
	}
	if c.Totals.Claim {
		s.Gross, s.LineGross = 0, 0
	}
	t.All.add(s)
	t.byStatus[statusIndex(c.SummaryStatus())].add(s)
}

// totalOwnShare returns the own share that only the totals state: G to N (BES.5) have
// no aid groups to bear it out.
func totalOwnShare(c *billing.Case) money.Cents {
	if len(c.Aids) > 0 {
		return 0
	}
	return c.Totals.OwnShare.Cents
}

// partCopay returns the co-payments and own shares of the aid groups and trips.
func partCopay(c *billing.Case) (sum money.Cents) {
	for i := range c.Aids {
		sum += c.Aids[i].Copay.Cents + c.Aids[i].OwnShare.Cents
	}
	for i := range c.Trips {
		sum += c.Trips[i].Copay.Cents
	}
	return sum
}
