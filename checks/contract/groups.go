package contract

import (
	"strings"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

func groupRules() []checks.Binding {
	const (
		position = checks.ScopePosition
		ofCase   = checks.ScopeCase
		turn     = checks.TurnCase
	)
	return []checks.Binding{
		{ID: "P4404", Turn: turn, Scope: ofCase, Check: outpatientTrip},
		{ID: "P4405", Turn: turn, Scope: ofCase, Check: seriesOfTrips},
		{ID: "P4416", Turn: checks.TurnPosition, Scope: position, Unless: []string{"P3021"}, Check: taxiOnly},
		{ID: "P4451", Turn: turn, Scope: ofCase, Check: childbedPeriod},
		{ID: "P4453", Turn: turn, Scope: ofCase, Check: grantedUnits},
		{ID: "P4454", Turn: turn, Scope: position, Check: oneUnitPerDay},
		{ID: "P4455", Turn: turn, Scope: ofCase, Check: grantedUnits},
		{ID: "P4457", Turn: turn, Scope: ofCase, Check: palliativeOrder},
		{ID: "P4458", Turn: turn, Scope: position, Check: beforeFirstContact},
		{ID: "P4459", Turn: turn, Scope: ofCase, Check: firstConsultationTwice},
		{ID: "P4460", Turn: checks.TurnCaseEnd, Scope: position, Unless: []string{"P3068"}, Check: daysPerYear},
		{ID: "P4461", Turn: turn, Scope: ofCase, Check: grantedUnits},
		{ID: "P4463", Turn: turn, Scope: position, Needs: checks.NeedTerms, Check: weeklyRate},
		{ID: "P4464", Turn: turn, Scope: ofCase, Check: grantedUnits},
	}
}

// grantedUnits: P4453, P4455, P4461, P4464. Without an approval nothing is paid; how
// much was approved, and for how long, only the payer knows.
func grantedUnits(x *checks.Context) checks.Outcome {
	if approved(x) {
		return checks.NoData
	}
	var units money.Hundredths
	for i := range x.Case.Positions {
		units += x.Case.Positions[i].Quantity
	}
	x.Fail(x.Case.Place, "INV").
		With("soll", money.Hundredths(0).German()).With("ist", units.German()).
		Gross(x.Sums.Gross)
	return checks.Fail
}

// P4404: trips to outpatient treatment are approved, unless the person belongs to those
// who need none. That, and what the trip was for, stands on the prescription only.
func outpatientTrip(x *checks.Context) checks.Outcome {
	if approved(x) {
		return checks.Pass
	}
	return checks.NoData
}

// P4405: series of trips are approved. A single day is no series; what several are for
// stands on the prescription only.
func seriesOfTrips(x *checks.Context) checks.Outcome {
	switch {
	case x.Sums.First == x.Sums.Last:
		return checks.NotApplicable
	case approved(x):
		return checks.Pass
	}
	return checks.NoData
}

// taxi is the billing code of trips without qualified staff.
const taxi = "46"

// P4416: a taxi bills no ambulance, rescue or air transport.
func taxiOnly(x *checks.Context) checks.Outcome {
	p := x.Position
	if p.BillingCode != taxi {
		return checks.NotApplicable
	}
	if strings.IndexByte(x.Limits.QualifiedTransport.On(p.Date), p.Item[0]) < 0 {
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag()).With("position", p.Item).With("code", p.BillingCode)
	return checks.Fail
}

// P4451: services long after the birth need an order. The limits differ by service and
// are not confirmed, so this is reported only.
func childbedPeriod(x *checks.Context) checks.Outcome {
	const bornOn = '1'
	b := x.Case.Childbirth
	if b == nil || b.Kind != bornOn || x.Case.Prescription.Date != 0 {
		return checks.NotApplicable
	}
	if x.Sums.Last <= b.Date.AddDays(7*x.Limits.ChildbedWeeks.On(b.Date)) {
		return checks.Pass
	}
	x.Fail(x.Case.Prescription.Place, x.PrescriptionTag()).Milder(checks.Warn)
	return checks.Fail
}

// P4454: one unit of exercise a day and person.
func oneUnitPerDay(x *checks.Context) checks.Outcome {
	outcome := checks.Pass
	for i := range x.Case.Positions {
		p := &x.Case.Positions[i]
		used := usedBefore(x, i, func(q *billing.Position) bool { return q.Date == p.Date })
		if used+p.Quantity > 1_00 {
			x.FailPosition(i, x.SegmentTag()).Units(1_00 - used)
			outcome = checks.Fail
		}
	}
	return outcome
}

// P4457: palliative care is prescribed and approved; the days are P3067's matter.
func palliativeOrder(x *checks.Context) checks.Outcome {
	if x.Case.Prescription.Present && approved(x) {
		return checks.Pass
	}
	x.Fail(x.Case.Place, "INV").With("datum", x.Sums.First.German())
	return checks.Fail
}

// P4458: no palliative care before the first contact.
func beforeFirstContact(x *checks.Context) checks.Outcome {
	if x.Case.FirstContact == 0 {
		return checks.NotApplicable
	}
	outcome := checks.Pass
	for i := range x.Case.Positions {
		if d := x.Case.Positions[i].Date; d != 0 && d < x.Case.FirstContact {
			x.FailPosition(i, x.SegmentTag()).Units(0)
			outcome = checks.Fail
		}
	}
	return outcome
}

// P4459: a person is consulted for the first time once, as far as the invoice shows.
func firstConsultationTwice(x *checks.Context) checks.Outcome {
	n, place := firstConsultations(x.Case)
	if n == 0 {
		return checks.NotApplicable
	}
	for twin := range x.Twins {
		other, _ := firstConsultations(twin)
		n += other
	}
	if n == 1 {
		return checks.Pass
	}
	x.Fail(place, "IBP")
	return checks.Fail
}

func firstConsultations(c *billing.Case) (n int, last billing.Place) {
	const firstTime = '1'
	for i := range c.Consultations {
		if c.Consultations[i].Kind == firstTime {
			n++
			last = c.Consultations[i].Place
		}
	}
	return n, last
}

// P4460: short-term care of a year, as far as the invoice shows: the days of all
// positions together, those with the same period once.
func daysPerYear(x *checks.Context) checks.Outcome {
	outcome := checks.Pass
	for i := range x.Case.Positions {
		p := &x.Case.Positions[i]
		y, _, _ := p.Date.Civil()
		used := usedBefore(x, i, func(q *billing.Position) bool {
			year, _, _ := q.Date.Civil()
			return q.Item == p.Item && year == y
		})
		most := money.Hundredths(x.Limits.ShortCareDays.On(p.Date)) * 100
		if used+p.Quantity > most {
			x.FailPosition(i, x.SegmentTag()).Units(most - used)
			outcome = checks.Fail
		}
	}
	return outcome
}

// P4463: in a week paid by a flat rate no single treatment is paid.
func weeklyRate(x *checks.Context) checks.Outcome {
	outcome := checks.Pass
	for i := range x.Case.Positions {
		kind, ok := kindOf(x, i)
		if !ok {
			outcome = undecided(outcome)
			continue
		}
		if kind != billing.ItemWeekly && inWeekOfRate(x, i) {
			x.FailPosition(i, x.SegmentTag()).Units(0)
			outcome = checks.Fail
		}
	}
	return outcome
}

func inWeekOfRate(x *checks.Context, position int) bool {
	week := x.Case.Positions[position].Date.Week()
	for i := range x.Case.Positions {
		if kind, _ := kindOf(x, i); kind == billing.ItemWeekly && x.Case.Positions[i].Date.Week() == week {
			return true
		}
	}
	return false
}
