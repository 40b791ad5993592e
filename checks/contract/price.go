package contract

import (
	"klarbeleg/checks"
	"klarbeleg/domain/billing"
)

func priceRules() []checks.Binding {
	const (
		position = checks.ScopePosition
		turn     = checks.TurnPosition
		needs    = checks.NeedPrices
	)
	itemCauses := []string{"P3016", "P3018", "P3021", "P3025", "P3026", "P3027", "P3028", "P4008"}
	priceCauses := append([]string{"P4009"}, itemCauses...)
	return []checks.Binding{
		{ID: "P4009", Turn: turn, Scope: position, Needs: needs, Unless: itemCauses, Check: itemInContract},
		{
			ID: "P4010", Turn: turn, Scope: position, Needs: needs,
			Unless: append([]string{"P4012", "P4119"}, priceCauses...), Check: priceAboveContract,
		},
		{ID: "P4011", Turn: turn, Scope: position, Needs: needs, Unless: priceCauses, Check: priceBelowContract},
		{ID: "P4012", Turn: turn, Scope: position, Needs: needs, Unless: priceCauses, Check: priceOfOtherDate},
	}
}

// unpriced returns the answer of a rule about prices where there is none to compare
// with: P4009 says what is missing in the contract.
func unpriced(a checks.Agreement) checks.Outcome {
	if a == checks.NoContract {
		return checks.NoData
	}
	return checks.NotApplicable
}

// P4009: the contract has the item on the date of service.
func itemInContract(x *checks.Context) checks.Outcome {
	switch agreement, _ := x.AgreedPrice(); agreement {
	case checks.Listed:
		return checks.Pass
	case checks.NoContract, checks.ByEstimate:
		return unpriced(agreement)
	case checks.NotListed:
	}
	p := x.Position
	x.Fail(p.Place, x.SegmentTag()).
		With("position", p.Item).With("vertrag", p.BillingCode+p.Tariff)
	return checks.Fail
}

// P4010: not above the price of the date of service; the difference is cut.
func priceAboveContract(x *checks.Context) checks.Outcome {
	p := x.Position
	agreement, price := x.AgreedPrice()
	switch {
	case agreement != checks.Listed:
		return unpriced(agreement)
	case p.Price <= price:
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag()).
		With("position", p.Item).
		With("soll", price.German()).With("ist", p.Price.German()).
		Price(price)
	return checks.Fail
}

// P4011: a lower price is paid as billed. Additional claims bill differences.
func priceBelowContract(x *checks.Context) checks.Outcome {
	p := x.Position
	agreement, price := x.AgreedPrice()
	switch {
	case agreement != checks.Listed:
		return unpriced(agreement)
	case p.Price >= price || x.Invoice.Processing == billing.AdditionalClaim:
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag())
	return checks.Fail
}

// P4012: a price above the agreed one that was agreed for another date.
func priceOfOtherDate(x *checks.Context) checks.Outcome {
	p := x.Position
	agreement, price := x.AgreedPrice()
	switch {
	case agreement != checks.Listed:
		return unpriced(agreement)
	case p.Price <= price:
		return checks.Pass
	}
	key := billing.ContractKey{BillingCode: p.BillingCode, Tariff: p.Tariff}
	if !x.Facts.Prices.FindOther(key, p.Item, p.Date, p.Price) {
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag()).With("datum", p.Date.German()).Price(price)
	return checks.Fail
}
