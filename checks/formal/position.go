package formal

import (
	"slices"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// firstUnstructured is the version of the annex from which therapy positions have
// no built-in structure (TA3 V21 8.2.1).
const firstUnstructured = 21

// reuseMark is the Hilfsmittelkennzeichen of an aid used before.
const reuseMark = "02"

func positionRules() []checks.Binding {
	const position, turn = checks.ScopePosition, checks.TurnPosition
	return []checks.Binding{
		{ID: "P3016", Turn: turn, Scope: position, Check: aidItem},
		{ID: "P3018", Turn: turn, Scope: position, Check: therapyItem},
		{ID: "P3021", Turn: turn, Scope: position, Check: transportItem},
		{ID: "P3047", Turn: turn, Scope: position, Unless: []string{"P3016"}, Check: bodySide},
		{ID: "P3048", Turn: turn, Scope: position, Check: inventoryNumber},
		{ID: "P3060", Turn: turn, Scope: position, Unless: []string{"P3021"}, Check: kilometres},
		{ID: "P3061", Turn: turn, Scope: position, Check: quantity},
		{ID: "P3062", Turn: turn, Scope: position, Check: priceGiven},
		{ID: "P3064", Turn: turn, Scope: position, Check: vatRate},
		{ID: "P3101", Turn: turn, Scope: position, Check: lineAmount},
		{
			ID: "P3102", Turn: turn, Scope: position, Unless: []string{"P3061", "P3064", "P4010", "P4012"},
			Check: vatAmount,
		},
		{ID: "R-POS-05", Turn: turn, Scope: position, Unless: []string{"P3021", "P3061"}, Check: flatRatesApart},
		{ID: "R-POS-06", Turn: turn, Scope: position, Unless: []string{"P3057"}, Check: times},
	}
}

// itemOf reports whether the item is made of n digits.
func itemOf(x *checks.Context, n int) checks.Outcome {
	if _, ok := digitsOf(x.Position.Item, n); ok {
		return checks.Pass
	}
	x.Fail(x.Position.Place, x.SegmentTag()).With("position", x.Position.Item)
	return checks.Fail
}

// P3016: ten digits.
func aidItem(x *checks.Context) checks.Outcome { return itemOf(x, 10) }

// P3021: six digits.
func transportItem(x *checks.Context) checks.Outcome { return itemOf(x, 6) }

// P3018: up to version 20 the first digit names the kind of provider (spec/checks
// section 3.5).
func therapyItem(x *checks.Context) checks.Outcome {
	if x.Invoice.Header.Version >= firstUnstructured {
		return checks.NotApplicable
	}
	p := x.Position
	want := p.BillingCode
	if len(p.Item) == 5 {
		switch p.Item[0] {
		case '1':
			want = "21"
		case '2':
			want = "22"
		case '6':
			want = "27"
		case '8':
			want = "28"
		}
		if want == p.BillingCode {
			return checks.Pass
		}
	}
	x.Fail(p.Place, x.SegmentTag()).With("position", p.Item).With("code", p.BillingCode)
	return checks.Fail
}

// P3047: aids worn on one side name it. Repairs and services of such aids do too.
func bodySide(x *checks.Context) checks.Outcome {
	p := x.Position
	if len(p.Item) < 2 || !slices.Contains(x.Limits.PairedAids.On(p.Date), p.Item[:2]) {
		return checks.NotApplicable
	}
	if p.Site == "0" || p.Site == "1" || p.Site == "2" {
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag())
	return checks.Fail
}

// P3048: an aid used before has its inventory number.
func inventoryNumber(x *checks.Context) checks.Outcome {
	if x.Position.AidMark != reuseMark {
		return checks.NotApplicable
	}
	if x.Position.InventoryNo != "" {
		return checks.Pass
	}
	x.Fail(x.Position.Place, x.SegmentTag())
	return checks.Fail
}

// flatTrip reports whether the item of a trip is a flat rate: places 3 and 4 are
// below 30.
func flatTrip(p *billing.Position) bool { return p.Item[2:4] != "00" && p.Item[2] <= '2' }

// R-POS-05: equal flat rates are not combined in one line.
func flatRatesApart(x *checks.Context) checks.Outcome {
	p := x.Position
	if !flatTrip(p) {
		return checks.NotApplicable
	}
	if p.Quantity <= 1_00 {
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag())
	return checks.Fail
}

// P3060: a flat rate names the kilometres (EKT.6); the quantity of a kilometre rate
// is them.
func kilometres(x *checks.Context) checks.Outcome {
	p := x.Position
	if !flatTrip(p) {
		return checks.NotApplicable
	}
	if p.Kilometres >= 0 {
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag())
	return checks.Fail
}

// maxQuantity is the largest quantity of four places.
const maxQuantity = 9999_99

// P3061: above 0, and whole where the unit cannot be divided.
func quantity(x *checks.Context) checks.Outcome {
	p := x.Position
	if p.Quantity > 0 && p.Quantity <= maxQuantity && (p.Quantity%100 == 0 || !countable(x)) {
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag()).With("wert", p.Quantity.German())
	return checks.Fail
}

// countable reports whether the position only occurs whole: treatments, and aids in
// pieces, pairs or packs.
func countable(x *checks.Context) bool {
	switch x.Group() {
	case billing.GroupTherapy:
		return true
	case billing.GroupAids:
		return slices.Contains(x.Limits.CountableUnits.On(x.Position.Date), x.Position.Unit)
	default:
		return false
	}
}

// P3062: a service has a price.
func priceGiven(x *checks.Context) checks.Outcome {
	if x.Position.Price != 0 {
		return checks.Pass
	}
	x.Fail(x.Position.Place, x.SegmentTag())
	return checks.Fail
}

// P3064: the rate is legal on the date of service; else the line is paid at the
// highest legal rate below.
func vatRate(x *checks.Context) checks.Outcome {
	p := x.Position
	if !p.VAT.Present {
		return checks.NotApplicable
	}
	legal, ok := x.Codes.VATRate(p.VAT.Rate, p.Date)
	if ok {
		return checks.Pass
	}
	f := x.Fail(p.VAT.Place, "MWS").With("satz", p.VAT.Rate.German())
	if legal > 0 {
		f.VAT(money.VAT(p.Price, p.Quantity, legal))
	}
	return checks.Fail
}

// P3101: § 302 sends no amount per line, so there is nothing to compare.
func lineAmount(*checks.Context) checks.Outcome { return checks.NotApplicable }

// P3102: the VAT is price x quantity x rate, rounded once.
func vatAmount(x *checks.Context) checks.Outcome {
	p := x.Position
	if !p.VAT.Present {
		return checks.NotApplicable
	}
	due := money.VAT(p.Price, p.Quantity, p.VAT.Rate)
	if p.VAT.Amount == due {
		return checks.Pass
	}
	x.Fail(p.VAT.Place, "MWS").
		With("ist", p.VAT.Amount.German()).With("soll", due.German()).
		VAT(due)
	return checks.Fail
}

// minutesPerDay is the end of a day, 24:00.
const minutesPerDay = 24 * 60

// R-POS-06: times of the day, and a duration that fits them if all are given. A
// service may run past midnight.
func times(x *checks.Context) checks.Outcome {
	p := x.Position
	sound := p.From <= minutesPerDay && p.To <= minutesPerDay
	if p.From >= 0 && p.To >= 0 && p.Minutes >= 0 {
		span := int(p.To) - int(p.From)
		if span < 0 {
			span += minutesPerDay
		}
		sound = sound && span == int(p.Minutes)
	}
	if sound {
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag())
	return checks.Fail
}
