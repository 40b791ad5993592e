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
			Unless: append([]string{"P4012"}, priceCauses...), Check: priceAboveContract,
		},
		{ID: "P4011", Turn: turn, Scope: position, Needs: needs, Unless: priceCauses, Check: priceBelowContract},
		{ID: "P4012", Turn: turn, Scope: position, Needs: needs, Unless: priceCauses, Check: priceOfOtherDate},
	}
}

// agreed returns the agreed price; ok is false, with the answer of the rule, where
// there is none to compare with.
func agreed(x *checks.Context) (price checks.AgreedPrice, answer checks.Outcome, ok bool) {
	if x.Codes.SpecialTariff(x.Position.Tariff) == checks.TariffEstimate {
		return price, checks.NotApplicable, false
	}
	price = x.AgreedPrice()
	switch {
	case !price.Contract:
		return price, checks.NoData, false
	case !price.Listed:
		return price, checks.NotApplicable, false
	}
	return price, checks.Pass, true
}

// P4009: the contract has the item on the date of service.
func itemInContract(x *checks.Context) checks.Outcome {
	price, answer, ok := agreed(x)
	if ok || !price.Contract {
		return answer
	}
	p := x.Position
	x.Fail(p.Place, x.SegmentTag()).
		With("position", p.Item).With("vertrag", p.BillingCode+p.Tariff)
	return checks.Fail
}

// P4010: not above the price of the date of service; the difference is cut.
func priceAboveContract(x *checks.Context) checks.Outcome {
	price, answer, ok := agreed(x)
	if !ok || x.Position.Price <= price.Cents {
		return answer
	}
	p := x.Position
	x.Fail(p.Place, x.SegmentTag()).
		With("position", p.Item).
		With("soll", price.Cents.German()).With("ist", p.Price.German()).
		Price(price.Cents)
	return checks.Fail
}

// P4011: a lower price is paid as billed. Additional claims bill differences.
func priceBelowContract(x *checks.Context) checks.Outcome {
	price, answer, ok := agreed(x)
	if !ok || x.Position.Price >= price.Cents || x.Invoice.Processing == billing.AdditionalClaim {
		return answer
	}
	x.Fail(x.Position.Place, x.SegmentTag())
	return checks.Fail
}

// P4012: a price above the agreed one that was agreed for another date.
func priceOfOtherDate(x *checks.Context) checks.Outcome {
	price, answer, ok := agreed(x)
	if !ok || x.Position.Price <= price.Cents {
		return answer
	}
	p := x.Position
	key := billing.ContractKey{BillingCode: p.BillingCode, Tariff: p.Tariff}
	if !x.Facts.Prices.FindOther(key, p.Item, p.Date, p.Price) {
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag()).With("datum", p.Date.German()).Price(price.Cents)
	return checks.Fail
}
