package contract

import (
	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// Zuzahlungskennzeichen (TA3 8.1.3).
const (
	copayNone         = '0'
	copayExempt       = '1'
	copayUnpaid       = '2'
	copayDue          = '3'
	copayUntilExempt  = '4'
	copayAfterwardDue = '5'
)

// warPension marks services under the law on war victims and social compensation,
// which bear no co-payment.
const warPension = '6'

func therapyCopayRules() []checks.Binding {
	const ofCase, turn = checks.ScopeCase, checks.TurnCaseEnd
	return []checks.Binding{
		{ID: "P4041", Turn: turn, Scope: ofCase, Unless: []string{"P3042", "P4225"}, Check: comesOfAge},
		{
			ID: "P4222", Turn: turn, Scope: ofCase,
			Unless: []string{"P3042", "P3043", "P4041", "P4223", "P4225"}, Check: therapyCopay,
		},
		{ID: "P4223", Turn: turn, Scope: ofCase, Check: flatAboveRest},
		{ID: "P4225", Turn: turn, Scope: ofCase, Check: copayInPregnancy},
	}
}

// P4041: who comes of age during the treatment pays from that birthday on.
func comesOfAge(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	birth, ok := x.Case.Person.Birth.Date()
	if !ok || x.Claim() || x.Group() != billing.GroupAids && x.Group() != billing.GroupTherapy ||
		p.CopayMarker == copayExempt || p.CopayMarker == copayUnpaid || p.Special == pregnancy {
		return checks.NotApplicable
	}
	day := checks.Majority(birth)
	if day <= x.Sums.First || day > x.Sums.Last {
		return checks.NotApplicable
	}
	missing := therapyMissing(x, day)
	if x.Group() == billing.GroupAids {
		missing = aidsMissing(x, day)
	}
	if missing == 0 {
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag()).Copay(missing)
	return checks.Fail
}

// therapyMissing returns the co-payment of the lines from the day on that carry none.
func therapyMissing(x *checks.Context, day calendar.Date) (missing money.Cents) {
	for i := range x.Case.Positions {
		if p := &x.Case.Positions[i]; p.Date >= day && p.CopayPerUnit.Cents == 0 {
			due, _ := x.DueCopay(i)
			missing += due
		}
	}
	return missing
}

// aidsMissing returns the co-payment of the new supplies from the day on that carry
// none.
func aidsMissing(x *checks.Context, day calendar.Date) (missing money.Cents) {
	for g := range x.Case.Aids {
		a := &x.Case.Aids[g]
		if a.Copay.Cents > 0 {
			continue
		}
		for i := range x.Case.Positions {
			if p := &x.Case.Positions[i]; int(p.Part) == g && p.Date >= day && p.AidMark == "00" {
				gross, _ := x.PartSum(g)
				missing += x.Copay(day).Aid(a.CopayKind, gross-a.OwnShare.Cents, a.SupplyMonths)
				break
			}
		}
	}
	return missing
}

// therapyDue is what a case of therapy owes in co-payments, what of it is missing,
// and whether what is stated agrees.
type therapyDue struct {
	percent, flat, missing money.Cents
	agrees                 bool
}

// P4222: 10 % per unit and 10,00 once per prescription; nothing under 18, for exempt
// persons, in pregnancy. Too much deducted is reported and not paid back.
func therapyCopay(x *checks.Context) checks.Outcome {
	p, t := &x.Case.Prescription, &x.Case.Totals
	if !p.Present || !t.Present || (p.CopayMarker == copayUnpaid || p.CopayMarker == copayExempt) && !x.Claim() {
		return checks.NotApplicable
	}
	due := dueOfLines(x)
	addFlat(x, &due)
	if due.agrees {
		return checks.Pass
	}
	x.Fail(t.Place, x.TotalsTag()).
		With("soll", (due.percent+due.flat).German()).With("ist", t.Copay.Cents.German()).
		Copay(due.missing)
	return checks.Fail
}

// dueOfLines compares line by line. Of a line that is refused what it carries is
// taken as right: its co-payment falls with it.
func dueOfLines(x *checks.Context) therapyDue {
	due := therapyDue{agrees: true}
	for i := range x.Case.Positions {
		p := &x.Case.Positions[i]
		stated := p.Copay()
		if line, ok := x.Corrected(i); ok && line.Gross == 0 {
			due.percent += stated
			continue
		}
		owed, carried := money.Cents(0), stated == 0
		if owes(x, p) {
			owed, carried = x.DueCopay(i)
		}
		due.percent += owed
		if carried {
			continue
		}
		due.agrees = false
		if x.Claim() {
			due.missing += max(0, stated-owed)
		} else {
			due.missing += max(0, owed-stated)
		}
	}
	return due
}

// owes reports whether a line bears a co-payment. Where the liability changes during
// the treatment, and in claims, only the lines that carry one can be judged.
func owes(x *checks.Context, p *billing.Position) bool {
	v := &x.Case.Prescription
	if v.CopayMarker == copayUntilExempt || v.CopayMarker == copayAfterwardDue || x.Claim() {
		return p.CopayPerUnit.Cents != 0
	}
	if minor, known := x.Minor(p.Date); known && minor {
		return false
	}
	return v.Special != pregnancy && v.WarPension != warPension
}

// addFlat adds the flat amount: due once per prescription, so not again in later
// bills to it, and never more than the costs left (P4223 for more). If the total is
// right with it, how it is composed is P3105's matter.
func addFlat(x *checks.Context, due *therapyDue) {
	t, v := &x.Case.Totals, &x.Case.Prescription
	stated := t.Flat.Cents
	most := max(0, min(x.Copay(x.Sums.First).PerPrescription, x.Sums.Gross-x.Sums.Copay))
	firm := (v.CopayMarker == copayDue || v.CopayMarker == copayNone) &&
		x.Invoice.Processing == billing.FirstBill
	switch {
	case due.percent == 0 && !x.Claim():
		due.flat = 0
	case firm:
		due.flat = most
	default:
		due.flat = min(stated, most)
	}
	if stated == due.flat || t.Copay.Cents == due.percent+due.flat {
		return
	}
	due.agrees = false
	if x.Claim() {
		due.missing += max(0, stated-due.flat)
	} else {
		due.missing += max(0, due.flat-stated)
	}
}

// P4223: the flat amount is not above the costs less the percentage part. Too much
// was deducted then, so nothing is cut; of a claim it is cut by P4222's measure.
func flatAboveRest(x *checks.Context) checks.Outcome {
	t := &x.Case.Totals
	rest := max(0, x.Sums.Gross-x.Sums.Copay)
	if !t.Present || t.Flat.Cents <= rest {
		return checks.Pass
	}
	f := x.Fail(t.Place, x.TotalsTag())
	if x.Claim() {
		f.Copay(t.Flat.Cents - rest)
	}
	return checks.Fail
}

// P4225: no co-payment in connection with pregnancy and birth.
func copayInPregnancy(x *checks.Context) checks.Outcome {
	t := &x.Case.Totals
	if x.Case.Prescription.Special != pregnancy || x.Claim() {
		return checks.NotApplicable
	}
	if t.Copay.Cents == 0 {
		return checks.Pass
	}
	x.Fail(t.Place, x.TotalsTag())
	return checks.Fail
}
