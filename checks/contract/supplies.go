package contract

import (
	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// Kennzeichen für Hilfsmittel (TA3 8.1.10).
const (
	markNew    = "00"
	markReuse  = "02"
	markRent   = "03"
	markHigher = "06"
	markFlat   = "08"
	markFlat2  = "09"
)

func supplyRules() []checks.Binding {
	const (
		position = checks.ScopePosition
		turn     = checks.TurnPosition
		caseTurn = checks.TurnCaseEnd
		terms    = checks.NeedTerms
	)
	item := []string{"P3016"}
	return []checks.Binding{
		{ID: "P4103", Turn: checks.TurnCaseEnd, Scope: checks.ScopeCase, Unless: []string{"P4102", "P3117"}, Check: monthlyCeiling},
		{ID: "P4106", Turn: caseTurn, Scope: position, Unless: item, Check: flatRatesOverlap},
		{ID: "P4107", Turn: turn, Scope: position, Needs: terms, Unless: item, Check: fixedAmount},
		{ID: "P4111", Turn: caseTurn, Scope: position, Unless: item, Check: rentAndPurchase},
		{ID: "P4112", Turn: turn, Scope: position, Needs: checks.NeedTables, Unless: []string{"P3016", "P3017"}, Check: prequalified},
		{ID: "P4113", Turn: caseTurn, Scope: position, Needs: terms, Unless: item, Check: splitSupply},
		{ID: "P4116", Turn: caseTurn, Scope: position, Unless: []string{"P3016", "P4024", "P4027"}, Check: sideTwice},
		{ID: "P4117", Turn: turn, Scope: position, Needs: terms, Unless: []string{"P3016", "P3064"}, Check: vatOfAid},
		{ID: "P4118", Turn: turn, Scope: position, Needs: terms, Unless: item, Check: reusePrice},
		{ID: "P4119", Turn: turn, Scope: position, Needs: checks.NeedPrices, Unless: item, Check: higherQuality},
	}
}

// aidKind returns group, place, sub-group and kind of an aid.
func aidKind(p *billing.Position) string { return p.Item[:min(7, len(p.Item))] }

// productGroup returns the product group of an aid.
func productGroup(p *billing.Position) string { return p.Item[:min(2, len(p.Item))] }

// earlier reports whether an earlier position of the person, in the case or in
// earlier cases of the invoice, is one that matches.
func earlier(x *checks.Context, position int, matches func(*billing.Position) bool) bool {
	for i := range position {
		if matches(&x.Case.Positions[i]) {
			return true
		}
	}
	for twin := range x.Twins {
		for i := range twin.Positions {
			if matches(&twin.Positions[i]) {
				return true
			}
		}
	}
	return false
}

// P4103: the monthly ceiling counts for all consumables of a product group and month
// together. What was deducted beyond it is reported, not paid back.
func monthlyCeiling(x *checks.Context) checks.Outcome {
	outcome := checks.NotApplicable
	for i := range x.Case.Aids {
		a := &x.Case.Aids[i]
		if !a.Present || !checks.Consumable(a.CopayKind) {
			continue
		}
		copay, months := a.Copay.Cents, a.SupplyMonths
		for j := range i {
			b := &x.Case.Aids[j]
			if b.Present && checks.Consumable(b.CopayKind) && sameNeed(x.Case, i, j) {
				copay += b.Copay.Cents
				months = max(months, b.SupplyMonths)
			}
		}
		if ceiling := x.Copay(x.Sums.First).PerMonth * money.Cents(max(1, months)); copay > ceiling {
			x.FailPart(i, a.CopayPlace, "ZUH")
			return checks.Fail
		}
		outcome = checks.Pass
	}
	return outcome
}

// sameNeed reports whether two groups of aids hold consumables of one product group
// for a period that begins on the same day.
func sameNeed(c *billing.Case, a, b int) bool {
	p, q := firstOf(c, a), firstOf(c, b)
	return p != nil && q != nil && productGroup(p) == productGroup(q) && p.SupplyFrom == q.SupplyFrom
}

func firstOf(c *billing.Case, part int) *billing.Position {
	for i := range c.Positions {
		if int(c.Positions[i].Part) == part {
			return &c.Positions[i]
		}
	}
	return nil
}

// P4106: periods of flat rates for the same aid do not overlap, as far as the
// invoice shows.
func flatRatesOverlap(x *checks.Context) checks.Outcome {
	outcome := checks.NotApplicable
	for i := range x.Case.Positions {
		p := &x.Case.Positions[i]
		if !flatSupply(p) {
			continue
		}
		if !earlier(x, i, func(q *billing.Position) bool {
			return flatSupply(q) && q.Item == p.Item && q.SupplyFrom <= p.SupplyTo && p.SupplyFrom <= q.SupplyTo
		}) {
			if outcome != checks.Fail {
				outcome = checks.Pass
			}
			continue
		}
		x.FailPosition(i, x.SegmentTag()).
			With("von", p.SupplyFrom.German()).With("bis", p.SupplyTo.German())
		outcome = checks.Fail
	}
	return outcome
}

func flatSupply(p *billing.Position) bool {
	return (p.AidMark == markFlat || p.AidMark == markFlat2) && p.SupplyFrom != 0 && p.SupplyTo != 0
}

// P4107: what has a Festbetrag costs the payer no more.
func fixedAmount(x *checks.Context) checks.Outcome {
	terms, p := x.Terms(x.PositionNo), x.Position
	switch {
	case terms == nil:
		return checks.NoData
	case !terms.FixedAmount.Set:
		return checks.NotApplicable
	case p.Price <= terms.FixedAmount.Cents:
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag()).
		With("position", p.Item).With("soll", terms.FixedAmount.Cents.German()).
		Price(terms.FixedAmount.Cents)
	return checks.Fail
}

// P4111: what is rented is not bought in the same time, as far as the invoice shows.
func rentAndPurchase(x *checks.Context) checks.Outcome {
	for i := range x.Case.Positions {
		p := &x.Case.Positions[i]
		if p.AidMark != markRent && p.AidMark != markNew {
			continue
		}
		if earlier(x, i, func(q *billing.Position) bool {
			return aidKind(q) == aidKind(p) &&
				(q.AidMark == markRent && p.AidMark == markNew && rentedOn(q, p.Date) ||
					q.AidMark == markNew && p.AidMark == markRent && rentedOn(p, q.Date))
		}) {
			x.FailPosition(i, x.SegmentTag())
			return checks.Fail
		}
	}
	return checks.Pass
}

// rentedOn reports whether the rent covers the day: its period, or the month of its
// date.
func rentedOn(rent *billing.Position, on calendar.Date) bool {
	if rent.SupplyFrom != 0 && rent.SupplyTo != 0 {
		return on >= rent.SupplyFrom && on <= rent.SupplyTo
	}
	return endOfMonth(rent.Date) == endOfMonth(on)
}

// P4112: the provider is prequalified for the product group on the day.
func prequalified(x *checks.Context) checks.Outcome {
	p := x.Position
	if !x.Facts.Tables.Known(billing.TablePrequalified) {
		return checks.NoData
	}
	if _, ok := x.Facts.Tables.Find(billing.TablePrequalified, p.Date, x.Invoice.Provider, productGroup(p)); ok {
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag()).With("pg", productGroup(p))
	return checks.Fail
}

// P4113: lines of one product group and day that need approval together are not split
// to stay below the limit. A single line above it is P4013's matter.
func splitSupply(x *checks.Context) checks.Outcome {
	outcome := checks.Pass
	for i := range x.Case.Positions {
		terms, p := x.Terms(i), &x.Case.Positions[i]
		if terms == nil {
			outcome = undecided(outcome)
			continue
		}
		limit := terms.ApprovalFrom
		if !limit.Set || p.Gross() > limit.Cents || len(x.Case.Approvals) > 0 {
			continue
		}
		sum := p.Gross()
		for j := range i {
			if q := &x.Case.Positions[j]; q.Date == p.Date && productGroup(q) == productGroup(p) {
				sum += q.Gross()
			}
		}
		if sum > limit.Cents && sum > p.Gross() {
			x.FailPosition(i, x.SegmentTag())
			outcome = checks.Fail
		}
	}
	return outcome
}

// P4116: one side is supplied once, as far as the invoice shows.
func sideTwice(x *checks.Context) checks.Outcome {
	outcome := checks.NotApplicable
	for i := range x.Case.Positions {
		p := &x.Case.Positions[i]
		if p.AidMark != markNew || p.Site == "" {
			continue
		}
		if earlier(x, i, func(q *billing.Position) bool {
			return q.AidMark == markNew && q.Item == p.Item && q.Site == p.Site
		}) {
			x.FailPosition(i, x.SegmentTag())
			return checks.Fail
		}
		outcome = checks.Pass
	}
	return outcome
}

// P4117: the rate is that of the list; a higher one is cut.
func vatOfAid(x *checks.Context) checks.Outcome {
	terms, p := x.Terms(x.PositionNo), x.Position
	switch {
	case !p.VAT.Present:
		return checks.NotApplicable
	case terms == nil:
		return checks.NoData
	case !terms.HasVAT:
		return checks.NotApplicable
	case p.VAT.Rate == terms.VATRate:
		return checks.Pass
	}
	x.Fail(p.VAT.Place, "MWS").
		With("position", p.Item).With("soll", terms.VATRate.German()).
		VAT(money.VAT(p.Price, p.Quantity, terms.VATRate))
	return checks.Fail
}

// P4118: an aid used before has a price of its own.
func reusePrice(x *checks.Context) checks.Outcome {
	terms, p := x.Terms(x.PositionNo), x.Position
	switch {
	case p.AidMark != markReuse:
		return checks.NotApplicable
	case terms == nil || !terms.Reuse.Set:
		return checks.NoData
	case p.Price <= terms.Reuse.Cents:
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag()).
		With("soll", terms.Reuse.Cents.German()).Price(terms.Reuse.Cents)
	return checks.Fail
}

// P4119: of an aid of higher quality the payer pays the agreed price; the rest is
// extra cost of the insured person.
func higherQuality(x *checks.Context) checks.Outcome {
	p := x.Position
	if p.AidMark != markHigher {
		return checks.NotApplicable
	}
	agreement, price := x.AgreedPrice()
	switch {
	case agreement != checks.Listed:
		return unpriced(agreement)
	case p.Price <= price:
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag()).Price(price)
	return checks.Fail
}
