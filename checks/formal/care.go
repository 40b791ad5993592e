package formal

import (
	"slices"
	"strconv"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

func careRules() []checks.Binding {
	const (
		ofCase   = checks.ScopeCase
		position = checks.ScopePosition
		turn     = checks.TurnPosition
	)
	return []checks.Binding{
		{ID: "P3020", Areas: checks.AreaOf('C') | checks.AreaOf('D'), Turn: turn, Scope: position, Check: careItem},
		{ID: "P3022", Turn: turn, Scope: position, Check: palliativeItem},
		{ID: "P3023", Turn: turn, Scope: position, Check: sevenPlaces},
		{ID: "P3024", Turn: turn, Scope: position, Check: sevenPlaces},
		{ID: "P3058", Turn: turn, Scope: position, Needs: checks.NeedTerms, Check: flatRateDetails},
		{ID: "P3066", Turn: checks.TurnCase, Scope: ofCase, Check: consultations},
		{ID: "P3067", Turn: checks.TurnCase, Scope: position, Check: palliativePeriod},
		{ID: "P3068", Turn: turn, Scope: position, Check: daysOfStay},
	}
}

// keyOf reports whether the text has n places, all capital letters or digits.
func keyOf(s string, n int) bool {
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && (s[i] < 'A' || s[i] > 'Z') {
			return false
		}
	}
	return len(s) == n
}

func itemFits(x *checks.Context, ok bool) checks.Outcome {
	if ok {
		return checks.Pass
	}
	x.Fail(x.Position.Place, x.SegmentTag()).With("position", x.Position.Item)
	return checks.Fail
}

// P3020: six places that begin with a legal basis of nursing or of home help.
func careItem(x *checks.Context) checks.Outcome {
	item := x.Position.Item
	bases := x.Limits.NursingBases
	if x.Group() == 'D' {
		bases = x.Limits.HomeHelpBases
	}
	return itemFits(x, keyOf(item, 6) && slices.Contains(bases.On(x.Position.Date), item[:2]))
}

// P3022: ten places.
func palliativeItem(x *checks.Context) checks.Outcome { return itemFits(x, keyOf(x.Position.Item, 10)) }

// P3023, P3024: seven places.
func sevenPlaces(x *checks.Context) checks.Outcome { return itemFits(x, keyOf(x.Position.Item, 7)) }

// P3058: a flat rate names the single services it consists of. Which items are flat
// rates the terms say.
func flatRateDetails(x *checks.Context) checks.Outcome {
	terms := x.Terms(x.PositionNo)
	switch {
	case terms == nil:
		return checks.NoData
	case terms.Kind != billing.ItemFlat:
		return checks.NotApplicable
	}
	for i := range x.Case.Details {
		if x.Case.Details[i].Position == x.PositionNo {
			return checks.Pass
		}
	}
	x.Fail(x.Position.Place, x.SegmentTag()).With("position", x.Position.Item)
	return checks.Fail
}

// P3066: each process of consultation has its kind, an end not before its begin,
// talks and a consultant. That they are sent at all is a matter of agreement.
func consultations(x *checks.Context) checks.Outcome {
	outcome := checks.NotApplicable
	for i := range x.Case.Consultations {
		c := &x.Case.Consultations[i]
		known := c.Kind == '1' || c.Kind == '2'
		if known && c.From != 0 && c.To >= c.From && c.Talks > 0 && c.Consultant != "" {
			outcome = checks.Pass
			continue
		}
		x.Fail(c.Place, "IBP")
		return checks.Fail
	}
	return outcome
}

// P3067: each day of palliative care lies in a period prescribed. Of a position with
// several days those outside are taken.
func palliativePeriod(x *checks.Context) checks.Outcome {
	outcome := checks.Pass
	days := make([]money.Hundredths, 0, 64)
	for range x.Case.Positions {
		days = append(days, 0)
	}
	for i := range x.Case.Visits {
		if v := &x.Case.Visits[i]; !prescribed(x.Case, v.Date) && v.Position < len(days) {
			days[v.Position] += 1_00
		}
	}
	for i, outside := range days {
		if outside == 0 {
			continue
		}
		p := &x.Case.Prescription
		x.FailPosition(i, x.SegmentTag()).
			With("von", p.From.German()).With("bis", p.To.German()).
			Units(x.Case.Positions[i].Quantity - outside)
		outcome = checks.Fail
	}
	return outcome
}

func prescribed(c *billing.Case, on calendar.Date) bool {
	if p := &c.Prescription; p.Present && on >= p.From && on <= p.To {
		return true
	}
	for i := range c.Further {
		if p := &c.Further[i]; on >= p.From && on <= p.To {
			return true
		}
	}
	return false
}

// P3068: the days billed are at most those from the first to the last, both counted.
func daysOfStay(x *checks.Context) checks.Outcome {
	p := x.Position
	days := money.Hundredths(p.SupplyTo-p.SupplyFrom+1) * 100
	if p.SupplyTo >= p.SupplyFrom && p.Quantity <= days {
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag()).Units(days)
	return checks.Fail
}

func visitRules() []checks.Binding {
	const message, turn = checks.ScopeMessage, checks.TurnCase
	return []checks.Binding{
		{ID: "P3057", Turn: turn, Scope: checks.ScopeCase, Check: visitTimes},
		{ID: "R-C-01", Turn: turn, Scope: message, Check: visitsInOrder},
		{ID: "R-O-01", Turn: turn, Scope: message, Check: visitsOfUnits},
		{ID: "R-R-01", Turn: turn, Scope: message, Check: intensivePeriod},
	}
}

// P3057: the stated duration of a visit is its end less its begin; it may run past
// midnight.
func visitTimes(x *checks.Context) checks.Outcome {
	outcome := checks.NotApplicable
	for i := range x.Case.Visits {
		v := &x.Case.Visits[i]
		if v.From < 0 || v.To < 0 {
			continue
		}
		span := v.To - v.From
		if span < 0 {
			span += minutesPerDay
		}
		if span > 0 && (v.Minutes < 0 || v.Minutes == span) {
			if outcome != checks.Fail {
				outcome = checks.Pass
			}
			continue
		}
		x.Fail(v.Place, visitTag(x))
		outcome = checks.Fail
	}
	return outcome
}

func visitTag(x *checks.Context) string {
	switch x.Group() {
	case 'C':
		return "ESK"
	case 'D':
		return "ESH"
	default:
		return "ZZL"
	}
}

// R-C-01: visits ascend by date and time.
func visitsInOrder(x *checks.Context) checks.Outcome {
	for i := 1; i < len(x.Case.Visits); i++ {
		v, before := &x.Case.Visits[i], &x.Case.Visits[i-1]
		if v.Date < before.Date || v.Date == before.Date && v.From < before.From {
			x.Fail(v.Place, visitTag(x))
			return checks.Fail
		}
	}
	return checks.Pass
}

// R-O-01: a position has a visit for each unit, in order. Kilometres have one for
// each trip.
func visitsOfUnits(x *checks.Context) checks.Outcome {
	visits := x.Case.Visits
	for i := range x.Case.Positions {
		p := &x.Case.Positions[i]
		n, ordered := money.Hundredths(0), true
		for len(visits) > 0 && visits[0].Position == i {
			ordered = ordered && (n == 0 || visits[0].Date >= visitBefore(x, visits).Date)
			visits = visits[1:]
			n += 1_00
		}
		if !ordered || n < p.Quantity && p.Kilometres < 0 {
			x.Fail(p.Place, x.SegmentTag()).
				With("anzahl", p.Quantity.German()).With("einsaetze", strconv.Itoa(int(n/100)))
			return checks.Fail
		}
	}
	return checks.Pass
}

// visitBefore returns the visit before the first of rest.
func visitBefore(x *checks.Context, rest []billing.Visit) *billing.Visit {
	return &x.Case.Visits[len(x.Case.Visits)-len(rest)-1]
}

// Art der Menge (TA1 5.5.3.12).
const perMonth = "4"

// R-R-01: a rate per month names its end, after its begin; shifts of all others lie on
// the day billed.
func intensivePeriod(x *checks.Context) checks.Outcome {
	fail := func(p *billing.Position) checks.Outcome {
		x.Fail(p.Place, x.SegmentTag())
		return checks.Fail
	}
	for i := range x.Case.Positions {
		if p := &x.Case.Positions[i]; p.Unit == perMonth && (p.SupplyTo == 0 || p.SupplyTo == p.Date) {
			return fail(p)
		}
	}
	for i := range x.Case.Visits {
		v := &x.Case.Visits[i]
		if p := &x.Case.Positions[v.Position]; p.Unit != perMonth && v.Date != p.Date {
			return fail(p)
		}
	}
	return checks.Pass
}
