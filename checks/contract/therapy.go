package contract

import (
	"slices"
	"strconv"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// longTermKind is the Verordnungsart of special and long-term need.
const longTermKind = "04"

// dentist is the Verordnungsbesonderheit of dentists, who have a catalogue of their
// own.
const dentist = '1'

func therapyRules() []checks.Binding {
	const (
		position = checks.ScopePosition
		ofCase   = checks.ScopeCase
		turn     = checks.TurnCase
		terms    = checks.NeedTerms
	)
	return []checks.Binding{
		{ID: "P4205", Turn: turn, Scope: position, Needs: terms | checks.NeedTables, Check: unitsPerPrescription},
		{ID: "P4206", Turn: turn, Scope: position, Needs: terms, Check: supplementaryUnits},
		{ID: "P4207", Turn: turn, Scope: position, Needs: terms, Check: primaryItems},
		{ID: "P4208", Turn: turn, Scope: position, Needs: terms, Check: supplementaryItems},
		{ID: "P4209", Turn: turn, Scope: position, Unless: []string{"P4035"}, Check: treatmentsPerDay},
		{ID: "P4210", Turn: turn, Scope: ofCase, Unless: []string{"P3054"}, Check: treatmentsPerWeek},
		{ID: "P4213", Turn: turn, Scope: position, Check: twelveWeeks},
		{
			ID: "P4214", Turn: turn, Scope: ofCase, Needs: checks.NeedTables, Unless: []string{"P3051", "P3052"},
			Check: longTermNeed,
		},
		{
			ID: "P4215", Turn: checks.TurnPosition, Scope: position, Needs: terms | checks.NeedTables,
			Unless: []string{"P3019", "P3051", "P3052"}, Check: itemOfGroup,
		},
		{ID: "P4216", Turn: checks.TurnPosition, Scope: position, Needs: terms, Check: homeVisitOrdered},
		{ID: "P4217", Turn: turn, Scope: position, Needs: terms, Unless: []string{"P4035"}, Check: homeVisitsPerDay},
		{ID: "P4218", Turn: checks.TurnPosition, Scope: position, Needs: terms, Check: reportOrdered},
		{ID: "P4226", Turn: turn, Scope: ofCase, Check: parallelPrescriptions},
	}
}

// ordinary reports whether the case is a prescription by the guideline that is billed
// for the first time: limits per prescription hold for no other.
func ordinary(x *checks.Context) bool {
	p := &x.Case.Prescription
	return p.Present && x.Invoice.Processing == billing.FirstBill && p.Kind != blankKind && p.Kind != outsideTheRules
}

// kindOf returns the kind of a position; ok is false where the lists say nothing.
func kindOf(x *checks.Context, position int) (kind billing.ItemKind, ok bool) {
	terms := x.Terms(position)
	if terms == nil {
		return 0, false
	}
	return terms.Kind, true
}

// unitsOf sums the units of a kind; known is false if a position has no terms.
func unitsOf(x *checks.Context, kind billing.ItemKind) (units money.Hundredths, known bool) {
	for i := range x.Case.Positions {
		k, ok := kindOf(x, i)
		if !ok {
			return 0, false
		}
		if k == kind {
			units += x.Case.Positions[i].Quantity
		}
	}
	return units, true
}

// cutLast takes units of a kind off the case, from its last position on.
func cutLast(x *checks.Context, kind billing.ItemKind, excess money.Hundredths, describe func(*checks.Fault)) {
	for i := len(x.Case.Positions) - 1; i >= 0 && excess > 0; i-- {
		if k, _ := kindOf(x, i); k != kind {
			continue
		}
		units := x.Case.Positions[i].Quantity
		cut := min(units, excess)
		excess -= cut
		f := x.FailPosition(i, x.SegmentTag()).Units(units - cut)
		describe(f)
	}
}

// P4205: of the primary therapies no more units than the catalogue allows are payable,
// even if more were prescribed.
func unitsPerPrescription(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	if !ordinary(x) || p.Kind == longTermKind || p.Special == dentist {
		return checks.NotApplicable
	}
	most, ok := x.Facts.Tables.Find(billing.TableMaximum, p.Date, p.DiagnosisGroup)
	units, known := unitsOf(x, billing.ItemPrimary)
	if !ok || !known {
		return checks.NoData
	}
	excess := units - money.Hundredths(most)*100
	if excess <= 0 {
		return checks.Pass
	}
	cutLast(x, billing.ItemPrimary, excess, func(f *checks.Fault) {
		f.With("max", strconv.Itoa(most)).With("anzahl", excess.German())
	})
	return checks.Fail
}

// P4206: a supplementary therapy has at most the units of the primary ones. Alone, it
// is a matter of the catalogue (P4215).
func supplementaryUnits(x *checks.Context) checks.Outcome {
	if !ordinary(x) {
		return checks.NotApplicable
	}
	supplementary, known := unitsOf(x, billing.ItemSupplementary)
	primary, _ := unitsOf(x, billing.ItemPrimary)
	switch {
	case !known:
		return checks.NoData
	case primary == 0:
		return checks.NotApplicable
	case supplementary <= primary:
		return checks.Pass
	}
	cutLast(x, billing.ItemSupplementary, supplementary-primary, func(*checks.Fault) {})
	return checks.Fail
}

// P4207: three different primary therapies; one in podiatry and in physiotherapy
// prescribed by a dentist.
func primaryItems(x *checks.Context) checks.Outcome {
	const podiatry, physiotherapy = '2', '1'
	p := &x.Case.Prescription
	most := 3
	if p.TherapyArea == podiatry || p.TherapyArea == physiotherapy && p.Special == dentist {
		most = 1
	}
	return itemsOfKind(x, billing.ItemPrimary, most)
}

// P4208: one supplementary therapy.
func supplementaryItems(x *checks.Context) checks.Outcome {
	return itemsOfKind(x, billing.ItemSupplementary, 1)
}

// itemsOfKind refuses the positions of a kind beyond so many different items, in the
// order of the bill.
func itemsOfKind(x *checks.Context, kind billing.ItemKind, most int) checks.Outcome {
	if !ordinary(x) {
		return checks.NotApplicable
	}
	var buf [4]string
	items := buf[:0]
	outcome := checks.Pass
	for i := range x.Case.Positions {
		k, ok := kindOf(x, i)
		if !ok {
			outcome = undecided(outcome)
			continue
		}
		item := x.Case.Positions[i].Item
		switch {
		case k != kind || slices.Contains(items, item):
		case len(items) < most:
			items = append(items, item)
		default:
			x.FailPosition(i, x.SegmentTag()).With("max", strconv.Itoa(most)).Units(0)
			outcome = checks.Fail
		}
	}
	return outcome
}

// P4209: one treatment a day, two if they were prescribed so. That the bill does not
// tell: two are left undecided, more are cut.
func treatmentsPerDay(x *checks.Context) checks.Outcome {
	if x.Case.Prescription.Kind == blankKind {
		return checks.NotApplicable
	}
	outcome := checks.Pass
	for i := range x.Case.Positions {
		p := &x.Case.Positions[i]
		units := p.Quantity
		for j := range i {
			if q := &x.Case.Positions[j]; q.Date == p.Date && q.Item == p.Item {
				units += q.Quantity
			}
		}
		switch {
		case units > 2_00:
			x.FailPosition(i, x.SegmentTag()).Units(p.Quantity - (units - 2_00))
			outcome = checks.Fail
		case units > 1_00:
			outcome = undecided(outcome)
		}
	}
	return outcome
}

// P4210: not more days of treatment in a calendar week than prescribed.
func treatmentsPerWeek(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	if p.Frequency < '1' || p.Frequency > '9' || p.Kind == blankKind {
		return checks.NotApplicable
	}
	var buf [32]calendar.Date
	dates := buf[:0]
	for i := range x.Case.Positions {
		dates = append(dates, x.Case.Positions[i].Date)
	}
	slices.Sort(dates)
	dates = slices.Compact(dates)
	most := int(p.Frequency - '0')
	for i := most; i < len(dates); i++ {
		if dates[i].Week() == dates[i-most].Week() {
			x.Fail(p.Place, x.PrescriptionTag())
			return checks.Fail
		}
	}
	return checks.Pass
}

// P4213: special and long-term need is treated within twelve weeks of the first
// treatment.
func twelveWeeks(x *checks.Context) checks.Outcome {
	if x.Case.Prescription.Kind != longTermKind || x.Invoice.Processing != billing.FirstBill {
		return checks.NotApplicable
	}
	return cutAfter(x, x.Sums.First.AddDays(7*x.Limits.LongTermWeeks.On(x.Case.Prescription.Date)))
}

// cutAfter takes the positions after a day.
func cutAfter(x *checks.Context, last calendar.Date) checks.Outcome {
	outcome := checks.Pass
	for i := range x.Case.Positions {
		if d := x.Case.Positions[i].Date; d > last {
			x.FailPosition(i, x.SegmentTag()).With("datum", last.German()).Units(0)
			outcome = checks.Fail
		}
	}
	return outcome
}

// P4214: special and long-term need is on the national list or approved (B2). Without
// either, the units above those of an ordinary prescription are taken.
func longTermNeed(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	switch {
	case p.Kind != longTermKind:
		return checks.NotApplicable
	case approved(x):
		return checks.Pass
	case !x.Facts.Tables.Known(billing.TableLongTerm):
		return checks.NoData
	}
	if diagnosisListed(x, billing.TableLongTerm, p.DiagnosisGroup) {
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag())
	units, known := unitsOf(x, billing.ItemPrimary)
	if most, ok := x.Facts.Tables.Find(billing.TableMaximum, p.Date, p.DiagnosisGroup); ok && known {
		cutLast(x, billing.ItemPrimary, units-money.Hundredths(most)*100, func(*checks.Fault) {})
	}
	return checks.Fail
}

// diagnosisListed looks for a diagnosis of the case in a table of group|ICD, or of ICD
// without a group, by its whole code and by its first three places.
func diagnosisListed(x *checks.Context, table billing.Table, group string) bool {
	var buf [32]byte
	prefix := append(buf[:0], group...)
	if group != "" {
		prefix = append(prefix, '|')
	}
	for i := range x.Case.Diagnoses {
		key := billing.AppendICD(prefix, x.Case.Diagnoses[i].Code)
		for _, n := range [...]int{len(key), len(prefix) + 3} {
			if n > len(key) || n == len(prefix) {
				continue
			}
			if _, ok := x.Facts.Tables.FindKey(table, x.Case.Prescription.Date, key[:n]); ok {
				return true
			}
		}
	}
	return false
}

// P4215: the catalogue allows the therapy for the diagnosis group.
func itemOfGroup(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	kind, ok := kindOf(x, x.PositionNo)
	switch {
	case p.Kind == blankKind || p.Kind == outsideTheRules || p.Special == dentist:
		return checks.NotApplicable
	case !ok || !x.Facts.Tables.Known(billing.TableTherapies):
		return checks.NoData
	case kind != billing.ItemPrimary && kind != billing.ItemSupplementary:
		return checks.NotApplicable
	}
	if _, ok := x.Facts.Tables.Find(billing.TableTherapies, p.Date, p.DiagnosisGroup, x.Position.Item); ok {
		return checks.Pass
	}
	x.Fail(x.Position.Place, x.SegmentTag()).
		With("position", x.Position.Item).With("gruppe", p.DiagnosisGroup)
	return checks.Fail
}

// P4216: a visit at home was prescribed.
func homeVisitOrdered(x *checks.Context) checks.Outcome {
	return ordered(x, billing.ItemHomeVisit, x.Case.Prescription.HomeVisit)
}

// P4218: a report was asked for.
func reportOrdered(x *checks.Context) checks.Outcome {
	return ordered(x, billing.ItemReport, x.Case.Prescription.Report)
}

func ordered(x *checks.Context, of billing.ItemKind, mark byte) checks.Outcome {
	kind, ok := kindOf(x, x.PositionNo)
	switch {
	case !ok:
		return checks.NoData
	case kind != of:
		return checks.NotApplicable
	case mark == '1':
		return checks.Pass
	}
	x.Fail(x.Position.Place, x.SegmentTag()).Units(0)
	return checks.Fail
}

// P4217: one flat rate per visit at home and day.
func homeVisitsPerDay(x *checks.Context) checks.Outcome {
	return perDay(x, func(t *billing.Terms) money.Hundredths {
		if t.Kind == billing.ItemHomeVisit {
			return 1_00
		}
		return 0
	})
}

// P4226: two prescriptions treated in the same time differ in diagnosis group or in
// the first three places of the diagnosis. The later case falls, as far as the invoice
// shows both.
func parallelPrescriptions(x *checks.Context) checks.Outcome {
	if !ordinary(x) || x.Sums.First == 0 {
		return checks.NotApplicable
	}
	p := &x.Case.Prescription
	for twin := range x.Twins {
		q := &twin.Prescription
		if q.Date == p.Date && q.LANR == p.LANR {
			continue // parts of one prescription
		}
		first, last := datesOf(twin)
		if q.DiagnosisGroup == p.DiagnosisGroup && sameCategory(x.Case, twin) && first <= x.Sums.Last && x.Sums.First <= last {
			x.Fail(p.Place, x.PrescriptionTag())
			return checks.Fail
		}
	}
	return checks.Pass
}

func datesOf(c *billing.Case) (first, last calendar.Date) {
	for i := range c.Positions {
		d := c.Positions[i].Date
		if first == 0 || d < first {
			first = d
		}
		last = max(last, d)
	}
	return first, last
}

// sameCategory reports whether the cases share the first three places of a diagnosis.
func sameCategory(a, b *billing.Case) bool {
	for i := range a.Diagnoses {
		for j := range b.Diagnoses {
			x, y := a.Diagnoses[i].Code, b.Diagnoses[j].Code
			if len(x) >= 3 && len(y) >= 3 && x[:3] == y[:3] {
				return true
			}
		}
	}
	return false
}
