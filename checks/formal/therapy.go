package formal

import (
	"klarbeleg/checks"
)

// Keys of a prescription of Heilmittel (TA3 8.1.11, 8.1.12).
const (
	blankKind       = "05"
	outsideTheRules = "99"
	dentist         = '1'
)

// nutrition is the Heilmittelbereich without a frequency.
const nutrition = '5'

func therapyRules() []checks.Binding {
	const ofCase, turn = checks.ScopeCase, checks.TurnCase
	return []checks.Binding{
		{
			ID: "P3019", Turn: checks.TurnPosition, Scope: checks.ScopePosition,
			Unless: []string{"P3018", "P3050"}, Check: itemOfArea,
		},
		{ID: "P3051", Turn: turn, Scope: ofCase, Check: diagnosisGroup},
		{ID: "P3052", Turn: turn, Scope: ofCase, Unless: []string{"P3050", "P3051"}, Check: groupOfArea},
		{ID: "P3054", Turn: turn, Scope: ofCase, Check: frequency},
	}
}

// P3019: the item belongs to the area prescribed, by the terms of the contract or
// else by the ranges of the directory; a number outside all ranges is of no area.
func itemOfArea(x *checks.Context) checks.Outcome {
	p, area := x.Position, x.Case.Prescription.TherapyArea
	if area == 0 || len(p.Item) != 5 {
		return checks.NotApplicable
	}
	var of byte
	if terms := x.Terms(x.PositionNo); terms != nil && terms.Area != 0 {
		of = terms.Area
	} else {
		of = areaOfItem(x, p.Item[1:])
	}
	if of == 0 || of == area {
		return checks.Pass
	}
	x.Fail(p.Place, x.SegmentTag()).With("position", p.Item)
	return checks.Fail
}

func areaOfItem(x *checks.Context, service string) byte {
	for _, r := range x.Limits.TherapyRanges.On(x.Position.Date) {
		if service >= r.From && service <= r.To {
			return r.Area
		}
	}
	return 0
}

// P3051: the group is in the Heilmittelkatalog. The catalogue of dentists, and that
// of before 2021, have groups of their own; outside the guideline there is none.
func diagnosisGroup(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	if !p.Present || p.Special == dentist || p.Kind == outsideTheRules || p.Date < x.Limits.DiagnosisGroups[0].Day {
		return checks.NotApplicable
	}
	if _, ok := x.Limits.DiagnosisGroups.On(p.Date)[p.DiagnosisGroup]; ok {
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag()).With("wert", p.DiagnosisGroup)
	return checks.Fail
}

// P3052: the group belongs to the area. One that the catalogue does not know is
// P3051's matter.
func groupOfArea(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	area, ok := x.Limits.DiagnosisGroups.On(p.Date)[p.DiagnosisGroup]
	if !ok || p.TherapyArea == 0 || p.Date < x.Limits.DiagnosisGroups[0].Day {
		return checks.NotApplicable
	}
	if area == p.TherapyArea {
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag()).With("wert", p.DiagnosisGroup)
	return checks.Fail
}

// P3054: a frequency of 1 to 9 a week; 0 for nutrition and for blank prescriptions,
// whose frequency the therapist chooses.
func frequency(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	if !p.Present {
		return checks.NotApplicable
	}
	none := p.TherapyArea == nutrition || p.Kind == blankKind || p.Kind == outsideTheRules
	if p.Frequency >= '1' && p.Frequency <= '9' || p.Frequency == '0' && none {
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag())
	return checks.Fail
}
