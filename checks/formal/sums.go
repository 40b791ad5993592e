package formal

import (
	"strconv"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

func sumRules() []checks.Binding {
	const ofCase, turn = checks.ScopeCase, checks.TurnCaseEnd
	partCauses := []string{"P3061", "P3102", "P3103"}
	return []checks.Binding{
		{ID: "P3103", Turn: turn, Scope: ofCase, Unless: []string{"P3061", "R-BES-07"}, Check: grossSum},
		{ID: "P3104", Turn: turn, Scope: ofCase, Unless: []string{"P3061", "P3103"}, Check: percentageSum},
		{ID: "P3105", Turn: turn, Scope: ofCase, Check: copayComposition},
		{ID: "P3106", Turn: turn, Scope: ofCase, Check: aidCopaySum},
		{ID: "P3107", Turn: turn, Scope: ofCase, Check: tripCopaySum},
		{
			ID: "P3118", Turn: turn, Scope: ofCase,
			Unless: []string{"P3061", "P3102", "P3103", "P3104", "P4010", "P4011", "P4012", "P4222"},
			Check:  roundingDifference,
		},
		{ID: "R-BES-06", Turn: turn, Scope: ofCase, Unless: []string{"P3061", "P3103"}, Check: otherCopay},
		{ID: "R-BES-07", Turn: checks.TurnCase, Scope: checks.ScopeMessage, Unless: []string{"P3029", "P3030"}, Check: kindOfTotals},
		{ID: "R-ZUH-01", Turn: turn, Scope: checks.ScopeMessage, Unless: append([]string{"R-ZUH-03"}, partCauses...), Check: aidGroupGross},
		{ID: "R-ZUH-03", Turn: checks.TurnCase, Scope: checks.ScopeMessage, Check: copayOfGroup},
		{ID: "R-ZUK-01", Turn: turn, Scope: checks.ScopeMessage, Unless: partCauses, Check: tripGross},
	}
}

// P3103: the gross amount of the case is the sum of its lines. It may also fit the
// sum rounded once, the sum with the right VAT, or the lines as corrected: then the
// fault lies elsewhere.
func grossSum(x *checks.Context) checks.Outcome {
	t := &x.Case.Totals
	if t.Claim || !t.Present {
		return checks.NotApplicable
	}
	billed, corrected := x.GrossSum()
	for _, right := range [...]money.Cents{billed, corrected, x.Sums.Once, x.Sums.Exact} {
		if x.Within(t.Gross, right) {
			return checks.Pass
		}
	}
	x.Fail(t.Place, "BES").
		With("soll", billed.German()).With("ist", t.Gross.German()).
		Gross(t.Gross - billed)
	return checks.Fail
}

// P3104: the percentage part is the sum over the lines (BES.3, GZF.2). If it is what
// the lines should carry, the fault is theirs. It costs money only where the total
// was built upon it.
func percentageSum(x *checks.Context) checks.Outcome {
	t := &x.Case.Totals
	if !t.Present {
		return checks.NotApplicable
	}
	if x.Within(t.Percent.Cents, x.Sums.Copay) || t.Percent.Cents == dueOfLines(x) {
		return checks.Pass
	}
	f := x.Fail(t.Place, x.TotalsTag()).
		With("soll", x.Sums.Copay.German()).With("ist", t.Percent.Cents.German())
	if t.Copay.Cents == t.Percent.Cents+t.Flat.Cents {
		f.Copay(tooLittle(x, t.Percent.Cents, x.Sums.Copay))
	}
	return checks.Fail
}

func dueOfLines(x *checks.Context) (due money.Cents) {
	for i := range x.Case.Positions {
		line, _ := x.DueCopay(i)
		due += line
	}
	return due
}

// tooLittle returns what a stated co-payment takes from the payer: what was not
// deducted, or in a claim what is claimed too much.
func tooLittle(x *checks.Context, stated, right money.Cents) money.Cents {
	if x.Claim() {
		return max(0, stated-right)
	}
	return max(0, right-stated)
}

// P3105: total = percentage part + flat part, with the part as stated or as the
// lines give it.
func copayComposition(x *checks.Context) checks.Outcome {
	t := &x.Case.Totals
	if !t.Present {
		return checks.NotApplicable
	}
	stated, right := t.Percent.Cents+t.Flat.Cents, x.Sums.Copay+t.Flat.Cents
	if t.Copay.Cents == stated || t.Copay.Cents == right {
		return checks.Pass
	}
	x.Fail(t.Place, x.TotalsTag()).
		With("soll", right.German()).With("ist", t.Copay.Cents.German()).
		Copay(tooLittle(x, t.Copay.Cents, x.Sums.Copay+flatPart(x)))
	return checks.Fail
}

// flatPart returns the flat amount that counts in the total: of a first bill the one
// stated, of a claim the most that may be claimed, of later bills none.
func flatPart(x *checks.Context) money.Cents {
	most := max(0, min(x.Copay(x.Sums.First).PerPrescription, x.Sums.Gross-x.Sums.Copay))
	switch x.Invoice.Processing {
	case billing.FirstBill:
		return min(most, x.Case.Totals.Flat.Cents)
	case billing.CopaymentClaim:
		return most
	default:
		return 0
	}
}

// P3106: co-payment and own share of the case are the sums over the groups. If the
// co-payment is what the groups should carry, the fault is theirs. Extra costs enter
// no sum.
func aidCopaySum(x *checks.Context) checks.Outcome {
	t := &x.Case.Totals
	var copay, due, own money.Cents
	for i := range x.Case.Aids {
		a := &x.Case.Aids[i]
		copay += a.Copay.Cents
		own += a.OwnShare.Cents
		if a.CopayKind != "" {
			gross, _ := x.PartSum(i)
			due += x.Copay(x.Sums.First).Aid(a.CopayKind, gross-a.OwnShare.Cents, a.SupplyMonths)
		}
	}
	if (copay == t.Copay.Cents || due == t.Copay.Cents) && own == t.OwnShare.Cents {
		return checks.Pass
	}
	soll, ist := copay, t.Copay.Cents
	if copay == t.Copay.Cents {
		soll, ist = own, t.OwnShare.Cents
	}
	x.Fail(t.Place, "BES").
		With("soll", soll.German()).With("ist", ist.German()).
		Copay(copay + own - t.Copay.Cents - t.OwnShare.Cents)
	return checks.Fail
}

// P3107: the co-payment of the case is the sum over the trips. If it is what the
// trips should carry, the fault is theirs.
func tripCopaySum(x *checks.Context) checks.Outcome {
	t := &x.Case.Totals
	var copay, due money.Cents
	for i := range x.Case.Trips {
		trip := &x.Case.Trips[i]
		copay += trip.Copay.Cents
		if trip.Present {
			gross, _ := x.PartSum(i)
			due += x.Copay(x.Sums.First).Bounded(gross)
		}
	}
	if copay == t.Copay.Cents || due == t.Copay.Cents {
		return checks.Pass
	}
	x.Fail(t.Place, "BES").
		With("soll", copay.German()).With("ist", t.Copay.Cents.German()).
		Copay(copay - t.Copay.Cents)
	return checks.Fail
}

// P3118: what P3103 and P3104 let pass as rounding is noted.
func roundingDifference(x *checks.Context) checks.Outcome {
	t := &x.Case.Totals
	if !t.Present {
		return checks.NotApplicable
	}
	rounded := func(stated, right money.Cents) bool { return stated != right && x.Within(stated, right) }
	gross := !t.Claim && rounded(t.Gross, x.Sums.Gross)
	percent := x.Group() == billing.GroupTherapy && rounded(t.Percent.Cents, x.Sums.Copay)
	if !gross && !percent {
		return checks.Pass
	}
	x.Fail(t.Place, x.TotalsTag())
	return checks.Fail
}

// R-ZUH-01: the gross amount of a group of aids is the sum of its lines.
func aidGroupGross(x *checks.Context) checks.Outcome {
	for i := range x.Case.Aids {
		a := &x.Case.Aids[i]
		if right, ok := partGross(x, i, a.Gross); a.Present && !ok {
			x.Fail(a.CopayPlace, "ZUH").
				With("nummer", strconv.Itoa(a.ID)).
				With("soll", right.German()).With("ist", a.Gross.German())
			return checks.Fail
		}
	}
	return checks.Pass
}

// R-ZUK-01: the gross amount of a trip is the sum of its lines.
func tripGross(x *checks.Context) checks.Outcome {
	for i := range x.Case.Trips {
		t := &x.Case.Trips[i]
		if right, ok := partGross(x, i, t.Gross); t.Present && !ok {
			x.Fail(t.CopayPlace, "ZUK").
				With("nummer", strconv.Itoa(t.ID)).
				With("soll", right.German()).With("ist", t.Gross.German())
			return checks.Fail
		}
	}
	return checks.Pass
}

// partGross returns the sum of the lines of a group or trip, and whether the stated
// amount fits it, as billed or as corrected.
func partGross(x *checks.Context, part int, stated money.Cents) (right money.Cents, ok bool) {
	billed, corrected := x.PartSum(part)
	return billed, x.Within(stated, billed) || x.Within(stated, corrected)
}

// R-ZUH-03: each co-payment names a group of aids that has lines.
func copayOfGroup(x *checks.Context) checks.Outcome {
	for i := range x.Case.Aids {
		if a := &x.Case.Aids[i]; a.Present && !holdsLine(x.Case, i) {
			x.Fail(a.CopayPlace, "ZUH").With("nummer", strconv.Itoa(a.ID))
			return checks.Fail
		}
	}
	return checks.Pass
}

func holdsLine(c *billing.Case, part int) bool {
	for i := range c.Positions {
		if int(c.Positions[i].Part) == part {
			return true
		}
	}
	return false
}

// R-BES-07: a co-payment claim has GZF, every other bill BES.
func kindOfTotals(x *checks.Context) checks.Outcome {
	t := &x.Case.Totals
	if differentCodes(x) || t.Present && t.Claim == x.Claim() {
		return checks.Pass
	}
	place := t.Place
	if !t.Present {
		place = x.Case.Place
	}
	x.Fail(place, x.TotalsTag())
	return checks.Fail
}

// R-BES-06: in G to N the co-payment is its percentage part, the sum over the lines,
// and a flat part of at most 10,00 and at most the rest. Too much deducted is
// reported, too little is taken.
func otherCopay(x *checks.Context) checks.Outcome {
	t := &x.Case.Totals
	if !t.Present {
		return checks.NotApplicable
	}
	most := max(0, min(x.Copay(x.Sums.First).PerPrescription, x.Sums.Gross-x.Sums.Copay))
	due := x.Sums.Copay + min(t.Flat.Cents, most)
	if x.Within(t.Percent.Cents, x.Sums.Copay) && t.Flat.Cents <= most && t.Copay.Cents == t.Percent.Cents+t.Flat.Cents {
		return checks.Pass
	}
	x.Fail(t.Place, "BES").
		With("soll", due.German()).With("ist", t.Copay.Cents.German()).
		Copay(due - t.Copay.Cents)
	return checks.Fail
}
