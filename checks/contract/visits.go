package contract

import (
	"slices"
	"time"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

func visitRules() []checks.Binding {
	const (
		position = checks.ScopePosition
		ofCase   = checks.ScopeCase
		turn     = checks.TurnCase
		terms    = checks.NeedTerms
	)
	return []checks.Binding{
		{ID: "P4306", Turn: turn, Scope: position, Unless: []string{"P3057", "R-C-01"}, Check: visitsOverlap},
		{ID: "P4307", Turn: turn, Scope: position, Check: includedService},
		{ID: "P4308", Turn: turn, Scope: position, Needs: terms, Check: waysPerVisit},
		{ID: "P4309", Turn: checks.TurnPosition, Scope: position, Needs: terms, Check: surchargeDue},
		{ID: "P4311", Turn: turn, Scope: position, Check: fourWeeks},
		{ID: "P4313", Turn: turn, Scope: ofCase, Check: staffNumbers},
		{ID: "P4351", Turn: turn, Scope: ofCase, Check: homeHelpGranted},
		{ID: "P4354", Turn: checks.TurnPosition, Scope: position, Unless: []string{"P3020"}, Check: homeHelpBasis},
		{
			ID: "P4412", Turn: checks.TurnPosition, Scope: position, Needs: terms, Unless: []string{"P3021"},
			Check: surchargeDue,
		},
	}
}

// visitOf returns the first and the last position, exclusively, of a visit that has
// several.
func visitOf(c *billing.Case, visit int) (from, to int) {
	from, to = c.Visits[visit].Position, len(c.Positions)
	if visit+1 < len(c.Visits) {
		to = c.Visits[visit+1].Position
	}
	return from, to
}

func meet(a, b *billing.Visit) bool {
	return a.Date == b.Date && a.From >= 0 && b.From >= 0 && a.From < a.To && b.From < b.To &&
		a.From < b.To && b.From < a.To
}

// P4306: visits of a person do not overlap, in the case and in earlier cases of the
// invoice. Two nurses at the same time may be approved, which only the payer knows.
func visitsOverlap(x *checks.Context) checks.Outcome {
	outcome := checks.Pass
	for i := range x.Case.Visits {
		v := &x.Case.Visits[i]
		switch other := overlapping(x, i); {
		case other == nil:
		case other.From == v.From && other.To == v.To && !slices.Equal(other.Staff, v.Staff):
			outcome = undecided(outcome)
		default:
			from, to := visitOf(x.Case, i)
			for p := from; p < to; p++ {
				x.FailPosition(p, x.SegmentTag()).With("datum", v.Date.German()).Units(0)
				outcome = checks.Fail
			}
		}
	}
	return outcome
}

// overlapping returns a visit before the one given that meets it; visits ascend by
// date.
func overlapping(x *checks.Context, visit int) *billing.Visit {
	v := &x.Case.Visits[visit]
	for i := visit - 1; i >= 0 && x.Case.Visits[i].Date == v.Date; i-- {
		if meet(v, &x.Case.Visits[i]) {
			return &x.Case.Visits[i]
		}
	}
	for twin := range x.Twins {
		for i := range twin.Visits {
			if meet(v, &twin.Visits[i]) {
				return &twin.Visits[i]
			}
		}
	}
	return nil
}

// P4307: what a flat rate of a visit consists of is not billed in it again.
func includedService(x *checks.Context) checks.Outcome {
	outcome := checks.Pass
	for i := range x.Case.Visits {
		from, to := visitOf(x.Case, i)
		for p := from; p < to; p++ {
			if within(x.Case, from, to, p) {
				x.FailPosition(p, x.SegmentTag()).With("position", x.Case.Positions[p].Item).Units(0)
				outcome = checks.Fail
			}
		}
	}
	return outcome
}

// within reports whether another position of the visit names the item of the position
// as a part of its own.
func within(c *billing.Case, from, to, position int) bool {
	for i := range c.Details {
		d := &c.Details[i]
		if d.Position >= from && d.Position < to && d.Position != position && d.Item == c.Positions[position].Item {
			return true
		}
	}
	return false
}

// P4308: one flat rate for the way per visit.
func waysPerVisit(x *checks.Context) checks.Outcome {
	outcome := checks.Pass
	for i := range x.Case.Visits {
		from, to := visitOf(x.Case, i)
		left := money.Hundredths(1_00)
		for p := from; p < to; p++ {
			kind, ok := kindOf(x, p)
			if !ok {
				outcome = undecided(outcome)
			}
			if kind != billing.ItemWay {
				continue
			}
			units := x.Case.Positions[p].Quantity
			if units > left {
				x.FailPosition(p, x.SegmentTag()).Units(left)
				outcome = checks.Fail
			}
			left = max(0, left-units)
		}
	}
	return outcome
}

// Hours of a night surcharge, in minutes after midnight.
const (
	nightBegins = 20 * 60
	nightEnds   = 6 * 60
)

// childAge is the last year of life of a child's surcharge.
const childAge = 6

// P4309, P4412: a surcharge agrees with the date, the time and the age.
func surchargeDue(x *checks.Context) checks.Outcome {
	terms, p := x.Terms(x.PositionNo), x.Position
	if terms == nil {
		return checks.NoData
	}
	due := false
	switch terms.Surcharge {
	case billing.NightSurcharge:
		if p.From < 0 {
			return checks.NoData
		}
		due = p.From < nightEnds || p.From >= nightBegins || p.To > nightBegins || p.To >= 0 && p.To < p.From
	case billing.SundaySurcharge:
		due = p.Date.Weekday() == time.Sunday
	case billing.HolidaySurcharge:
		if !x.Facts.Tables.Known(billing.TableHolidays) {
			return checks.NoData
		}
		due = x.Facts.Tables.Holiday(p.Date)
	case billing.ChildSurcharge:
		birth, ok := x.Case.Person.Birth.Date()
		if !ok {
			return checks.NoData
		}
		due = yearsOf(birth, p.Date) <= childAge
	default:
		return checks.NotApplicable
	}
	if due {
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag()).With("position", p.Item).Units(0)
	return checks.Fail
}

// avoidsHospital is the legal basis of nursing instead of a stay in hospital.
const avoidsHospital = "01"

// P4311: nursing instead of a stay in hospital lasts four weeks; more needs an approval
// for good.
func fourWeeks(x *checks.Context) checks.Outcome {
	last := x.Sums.First.AddDays(7*x.Limits.HospitalCareWeeks.On(x.Sums.First) - 1)
	outcome := checks.NotApplicable
	for i := range x.Case.Positions {
		p := &x.Case.Positions[i]
		if len(p.Item) < 2 || p.Item[:2] != avoidsHospital {
			continue
		}
		if outcome == checks.NotApplicable {
			outcome = checks.Pass
		}
		if p.Date <= last {
			continue
		}
		if approvedForGood(x.Case) {
			return checks.Bypassed
		}
		x.FailPosition(i, x.SegmentTag()).Units(0)
		outcome = checks.Fail
	}
	return outcome
}

func approvedForGood(c *billing.Case) bool {
	return slices.ContainsFunc(c.Approvals, func(a billing.Approval) bool { return a.Kind == "C1" })
}

// P4313: the staff of a visit is named; numbers that stand for others are used for what
// they mean only (TA3 8.1.19).
func staffNumbers(x *checks.Context) checks.Outcome {
	for i := range x.Case.Visits {
		v := &x.Case.Visits[i]
		sound := len(v.Staff) > 0
		for _, number := range v.Staff {
			sound = sound && !slices.Contains(x.Limits.StaffNumbersBarred.On(v.Date), number)
		}
		if !sound {
			x.Fail(v.Place, "ESK")
			return checks.Fail
		}
	}
	return checks.Pass
}

// P4351: home help is granted before it is billed. For how long, only the payer knows.
func homeHelpGranted(x *checks.Context) checks.Outcome {
	if approved(x) {
		return checks.Pass
	}
	x.Fail(x.Case.Place, "INV")
	return checks.Fail
}

// afterBirth is the legal basis of home help for pregnancy and birth.
const afterBirth = "08"

// P4354: home help for pregnancy and birth has a legal basis of its own.
func homeHelpBasis(x *checks.Context) checks.Outcome {
	if (x.Case.Prescription.Special == pregnancy) == (x.Position.Item[:2] == afterBirth) {
		return checks.Pass
	}
	x.Fail(x.Position.Place, x.SegmentTag())
	return checks.Fail
}
