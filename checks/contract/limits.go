package contract

import (
	"slices"
	"strconv"
	"time"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

func limitRules() []checks.Binding {
	const (
		position = checks.ScopePosition
		turn     = checks.TurnPosition
		caseTurn = checks.TurnCase
		needs    = checks.NeedTerms
	)
	return []checks.Binding{
		{ID: "P4013", Turn: turn, Scope: position, Needs: needs, Unless: []string{"P3028"}, Check: approvalMissing},
		{ID: "P4034", Turn: caseTurn, Scope: position, Needs: needs, Check: excludedItems},
		{ID: "P4035", Turn: caseTurn, Scope: position, Needs: needs, Check: unitsPerDay},
		{ID: "P4036", Turn: turn, Scope: position, Needs: needs, Unless: []string{"P3040"}, Check: ageLimits},
		{ID: "P4037", Turn: caseTurn, Scope: checks.ScopeCase, Check: closedDays},
		{ID: "P4243", Turn: caseTurn, Scope: checks.ScopeCase, Needs: needs, Check: lateTherapy},
	}
}

// P4013: an item that needs approval above an amount has one in the case. What the
// payer approved without telling the provider's mark is not known here.
func approvalMissing(x *checks.Context) checks.Outcome {
	terms := x.Terms(x.PositionNo)
	switch {
	case terms == nil:
		return checks.NoData
	case !terms.ApprovalFrom.Set || x.Position.Gross() <= terms.ApprovalFrom.Cents:
		return checks.NotApplicable
	case len(x.Case.Approvals) > 0:
		return checks.Pass
	}
	x.Fail(x.Position.Place, x.SegmentTag()).With("position", x.Position.Item)
	return checks.Fail
}

// P4034: an item that another one includes is not billed on the same day.
func excludedItems(x *checks.Context) checks.Outcome {
	outcome := checks.Pass
	for i := range x.Case.Positions {
		terms := x.Terms(i)
		if terms == nil {
			outcome = undecided(outcome)
			continue
		}
		for _, item := range terms.Excludes {
			if cutSameDay(x, i, item) {
				outcome = checks.Fail
			}
		}
	}
	return outcome
}

// undecided is the outcome when one more part of a case lacks data.
func undecided(o checks.Outcome) checks.Outcome {
	if o == checks.Pass {
		return checks.NoData
	}
	return o
}

// cutSameDay refuses the lines of an item on the day of a position.
func cutSameDay(x *checks.Context, i int, item string) (found bool) {
	p := &x.Case.Positions[i]
	for j := range x.Case.Positions {
		if q := &x.Case.Positions[j]; j != i && q.Item == item && q.Date == p.Date {
			x.FailPosition(j, x.SegmentTag()).With("a", p.Item).With("b", item).Units(0)
			found = true
		}
	}
	return found
}

// P4035: units per person, item and day, other cases of the person in the invoice
// included. Blank prescriptions have P4233.
func unitsPerDay(x *checks.Context) checks.Outcome {
	if x.Case.Prescription.Kind == blankKind {
		return checks.NotApplicable
	}
	return perDay(x, func(t *billing.Terms) money.Hundredths { return t.MaxPerDay })
}

// perDay cuts what is billed of an item above its limit on a day; a limit of 0 is
// none.
func perDay(x *checks.Context, limit func(*billing.Terms) money.Hundredths) checks.Outcome {
	outcome := checks.Pass
	for i := range x.Case.Positions {
		terms := x.Terms(i)
		if terms == nil {
			outcome = undecided(outcome)
			continue
		}
		most := limit(terms)
		if most == 0 {
			continue
		}
		p := &x.Case.Positions[i]
		same := func(q *billing.Position) bool { return q.Item == p.Item && q.Date == p.Date }
		if used := usedBefore(x, i, same); used+p.Quantity > most {
			x.FailPosition(i, x.SegmentTag()).
				With("position", p.Item).With("max", most.German()).
				Units(most - used)
			outcome = checks.Fail
		}
	}
	return outcome
}

// usedBefore sums the units of the positions alike that stand before a position, in
// its case and in earlier cases of the person.
func usedBefore(x *checks.Context, position int, alike func(*billing.Position) bool) (units money.Hundredths) {
	for i := range position {
		if q := &x.Case.Positions[i]; alike(q) {
			units += q.Quantity
		}
	}
	for twin := range x.Twins {
		for i := range twin.Positions {
			if q := &twin.Positions[i]; alike(q) {
				units += q.Quantity
			}
		}
	}
	return units
}

// P4036: the age on the day is one for which the item is meant.
func ageLimits(x *checks.Context) checks.Outcome {
	terms := x.Terms(x.PositionNo)
	if terms == nil {
		return checks.NoData
	}
	if terms.AgeFrom == 0 && terms.AgeTo == 0 {
		return checks.NotApplicable
	}
	birth, ok := x.Case.Person.Birth.Date()
	if !ok {
		return checks.NoData
	}
	age := yearsOf(birth, x.Position.Date)
	if age >= terms.AgeFrom && (terms.AgeTo == 0 || age <= terms.AgeTo) {
		return checks.Pass
	}
	x.Fail(x.Position.Place, x.SegmentTag()).With("position", x.Position.Item)
	return checks.Fail
}

// yearsOf returns the completed years of life.
func yearsOf(birth, on calendar.Date) int {
	y, m, d := birth.Civil()
	onY, onM, onD := on.Civil()
	years := onY - y
	if onM < m || onM == m && onD < d {
		years--
	}
	return years
}

// P4037: therapists keep their practice closed on Sundays and public holidays; a
// visit at home may be on any day.
func closedDays(x *checks.Context) checks.Outcome {
	const homeVisit = '1'
	if x.Group() != billing.GroupTherapy || x.Case.Prescription.HomeVisit == homeVisit {
		return checks.NotApplicable
	}
	outcome := checks.Pass
	if !x.Facts.Tables.Known(billing.TableHolidays) {
		outcome = checks.NoData
	}
	for i := range x.Case.Positions {
		p := &x.Case.Positions[i]
		if p.Date.Weekday() == time.Sunday || x.Facts.Tables.Holiday(p.Date) {
			x.Fail(p.Place, x.SegmentTag())
			return checks.Fail
		}
	}
	return outcome
}

// P4243: therapy is billed within the months of the contract after the last
// treatment of the prescription.
func lateTherapy(x *checks.Context) checks.Outcome {
	if x.Sums.Last == 0 || repeats(x) || len(x.Case.Positions) == 0 {
		return checks.NotApplicable
	}
	terms := x.ContractTerms(0)
	switch {
	case terms == nil || terms.LateMonths == 0:
		return checks.NoData
	case x.Facts.ReceivedOn <= x.Sums.Last.AddMonths(terms.LateMonths):
		return checks.Pass
	}
	x.Fail(x.Case.Place, "INV").With("datum", x.Sums.Last.German())
	return checks.Fail
}

// lateByContract refuses the positions whose month of service lies longer ago than
// the contract allows.
func lateByContract(x *checks.Context, months int) checks.Outcome {
	outcome := checks.Pass
	for i := range x.Case.Positions {
		if d := x.Case.Positions[i].Date; d != 0 && x.Facts.ReceivedOn > endOfMonth(d).AddMonths(months) {
			x.FailPosition(i, x.SegmentTag()).With("monate", strconv.Itoa(months))
			outcome = checks.Fail
		}
	}
	return outcome
}

// approved reports whether the payer's approval of a group stands in the case: for
// rules whose quantities and periods only the payer knows.
func approved(x *checks.Context) bool {
	return slices.ContainsFunc(x.Case.Approvals, func(a billing.Approval) bool {
		return len(a.Kind) == 2 && a.Kind[0] == byte(x.Group())
	})
}
