package contract

import (
	"slices"
	"strconv"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

func blankRules() []checks.Binding {
	const (
		position = checks.ScopePosition
		ofCase   = checks.ScopeCase
		turn     = checks.TurnCase
		terms    = checks.NeedTerms
	)
	return []checks.Binding{
		{ID: "P4227", Turn: turn, Scope: ofCase, Unless: []string{"P3051"}, Check: blankGroup},
		{ID: "P4228", Turn: turn, Scope: ofCase, Needs: terms, Check: blankItems},
		{ID: "P4229", Turn: turn, Scope: position, Check: sixteenWeeks},
		{ID: "P4230", Turn: turn, Scope: position, Needs: terms, Unless: []string{"P4227"}, Check: redIntervals},
		{ID: "P4231", Turn: turn, Scope: ofCase, Check: blankProvider},
		{ID: "P4232", Turn: turn, Scope: ofCase, Check: blankAtDischarge},
		{ID: "P4233", Turn: turn, Scope: position, Needs: terms, Check: intervalsPerDay},
		{ID: "P4234", Turn: turn, Scope: ofCase, Check: blankTwice},
		{ID: "P4235", Turn: turn, Scope: position, Needs: terms, Check: needsDiagnosis},
		{ID: "P4236", Turn: turn, Scope: position, Needs: terms | checks.NeedTables, Unless: []string{"P4227"}, Check: redUnits},
	}
}

func isBlank(x *checks.Context) bool {
	return x.Case.Prescription.Present && x.Case.Prescription.Kind == blankKind
}

// physioGroup is the diagnosis group of blank prescriptions of physiotherapy.
const physioGroup = "EX"

// P4227: the group is one of those agreed, on the date of the prescription; in
// physiotherapy with a diagnosis of the list.
func blankGroup(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	if !isBlank(x) {
		return checks.NotApplicable
	}
	from, ok := x.Limits.BlankGroups[p.DiagnosisGroup]
	if ok && p.Date >= from {
		switch {
		case p.DiagnosisGroup != physioGroup:
			return checks.Pass
		case !x.Facts.Tables.Known(billing.TableShoulder):
			return checks.NoData
		case diagnosisListed(x, billing.TableShoulder, ""):
			return checks.Pass
		}
	}
	x.Fail(p.Place, x.PrescriptionTag()).With("gruppe", p.DiagnosisGroup)
	return checks.Fail
}

// onlyBlank reports whether items of the kind exist for blank prescriptions only.
func onlyBlank(k billing.ItemKind) bool {
	switch k {
	case billing.ItemInterval, billing.ItemBlank, billing.ItemNeeds, billing.ItemEntry:
		return true
	default:
		return false
	}
}

// P4228: a blank prescription is billed with items of its own, and they with no other.
func blankItems(x *checks.Context) checks.Outcome {
	found, known := false, true
	for i := range x.Case.Positions {
		kind, ok := kindOf(x, i)
		known = known && ok
		found = found || onlyBlank(kind)
	}
	switch {
	case found && !isBlank(x), !found && known && isBlank(x):
		x.Fail(x.Case.Prescription.Place, x.PrescriptionTag())
		return checks.Fail
	case !known:
		return checks.NoData
	}
	return checks.Pass
}

// P4229: treated within 16 weeks of the issue.
func sixteenWeeks(x *checks.Context) checks.Outcome {
	if !isBlank(x) {
		return checks.NotApplicable
	}
	date := x.Case.Prescription.Date
	return cutAfter(x, date.AddDays(7*x.Limits.BlankWeeks.On(date)))
}

// P4230: of ergotherapy the intervals beyond the green and yellow phase are paid at
// 91 %.
func redIntervals(x *checks.Context) checks.Outcome {
	most, ok := x.Limits.BlankIntervals[x.Case.Prescription.DiagnosisGroup]
	if !isBlank(x) || !ok {
		return checks.NotApplicable
	}
	return redPhase(x, billing.ItemInterval, money.Hundredths(most)*100)
}

// P4236: the same in physiotherapy, with the limit of the contract.
func redUnits(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	if !isBlank(x) || p.DiagnosisGroup != physioGroup {
		return checks.NotApplicable
	}
	most, ok := x.Facts.Tables.Find(billing.TableTrafficLight, p.Date, p.DiagnosisGroup)
	if !ok {
		return checks.NoData
	}
	return redPhase(x, billing.ItemPrimary, money.Hundredths(most)*100)
}

// redPhase reduces the units of a kind beyond a number, counted by date; the limit may
// fall within a line. What was billed at the reduced price already is right.
func redPhase(x *checks.Context, kind billing.ItemKind, most money.Hundredths) checks.Outcome {
	units, known := unitsOf(x, kind)
	if !known {
		return checks.NoData
	}
	if units <= most {
		return checks.Pass
	}
	var full money.Cents
	for i := range x.Case.Positions {
		if k, _ := kindOf(x, i); k == kind {
			full = max(full, x.Case.Positions[i].Price)
		}
	}
	reduced := full.Percent(x.Limits.RedPhase.On(x.Case.Prescription.Date))
	outcome := checks.Pass
	for i := range x.Case.Positions {
		p := &x.Case.Positions[i]
		if k, _ := kindOf(x, i); k != kind || p.Price <= reduced {
			continue
		}
		red := min(p.Quantity, unitsUpTo(x, i, kind)-most)
		if red <= 0 {
			continue
		}
		cut := (p.Price - reduced).Times(red)
		x.FailPosition(i, x.SegmentTag()).
			With("grenze", strconv.Itoa(int(most/100)+1)).With("betrag", cut.German()).
			Reduce(cut)
		outcome = checks.Fail
	}
	return outcome
}

// unitsUpTo sums the units of a kind up to a position, by date.
func unitsUpTo(x *checks.Context, position int, kind billing.ItemKind) (units money.Hundredths) {
	last := x.Case.Positions[position].Date
	for i := range x.Case.Positions {
		p := &x.Case.Positions[i]
		if k, _ := kindOf(x, i); k == kind && (p.Date < last || p.Date == last && i <= position) {
			units += p.Quantity
		}
	}
	return units
}

// P4231: hospitals and the like do not deliver blank prescriptions.
func blankProvider(x *checks.Context) checks.Outcome {
	if !isBlank(x) || len(x.Case.Positions) == 0 {
		return checks.NotApplicable
	}
	if !slices.Contains(x.Limits.BlankExcluded.On(x.Case.Prescription.Date), x.Case.Positions[0].BillingCode) {
		return checks.Pass
	}
	x.Fail(x.Case.Positions[0].Place, x.SegmentTag())
	return checks.Fail
}

// P4232: no blank prescription in discharge management.
func blankAtDischarge(x *checks.Context) checks.Outcome {
	if !isBlank(x) {
		return checks.NotApplicable
	}
	if x.Case.Prescription.Special != discharge {
		return checks.Pass
	}
	x.Fail(x.Case.Prescription.Place, x.PrescriptionTag())
	return checks.Fail
}

// P4233: not more intervals a day than the contract allows.
func intervalsPerDay(x *checks.Context) checks.Outcome {
	if !isBlank(x) {
		return checks.NotApplicable
	}
	return perDay(x, func(t *billing.Terms) money.Hundredths {
		if t.Kind == billing.ItemInterval {
			return t.MaxPerDay
		}
		return 0
	})
}

// P4234: a blank prescription is billed once, after its end. Another case of it in the
// invoice falls.
func blankTwice(x *checks.Context) checks.Outcome {
	if !isBlank(x) || x.Invoice.Processing != billing.FirstBill {
		return checks.NotApplicable
	}
	p := &x.Case.Prescription
	for twin := range x.Twins {
		if q := &twin.Prescription; q.Kind == blankKind && q.Date == p.Date && q.LANR == p.LANR {
			x.Fail(p.Place, x.PrescriptionTag())
			return checks.Fail
		}
	}
	return checks.Pass
}

// P4235: the diagnosis of needs is billed once per prescription.
func needsDiagnosis(x *checks.Context) checks.Outcome {
	units, known := unitsOf(x, billing.ItemNeeds)
	switch {
	case !isBlank(x):
		return checks.NotApplicable
	case !known:
		return checks.NoData
	case units <= 1_00:
		return checks.Pass
	}
	cutLast(x, billing.ItemNeeds, units-1_00, func(*checks.Fault) {})
	return checks.Fail
}
