package formal

import (
	"strconv"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

func sumRules() []checks.Binding {
	const ofCase, turn = checks.ScopeCase, checks.TurnCaseEnd
	return []checks.Binding{
		{ID: "P3103", Turn: turn, Scope: ofCase, Check: grossSum},
		{ID: "P3104", Turn: turn, Scope: ofCase, Check: percentageSum},
		{ID: "P3105", Turn: turn, Scope: ofCase, Check: copayComposition},
		{ID: "P3106", Turn: turn, Scope: ofCase, Check: aidCopaySum},
		{ID: "P3107", Turn: turn, Scope: ofCase, Check: tripCopaySum},
		{
			ID: "P3118", Turn: turn, Scope: ofCase, Unless: []string{"P3103", "P3104"},
			Check: roundingDifference,
		},
		{ID: "R-ZUH-01", Turn: turn, Scope: checks.ScopeMessage, Check: aidGroupGross},
		{ID: "R-ZUK-01", Turn: turn, Scope: checks.ScopeMessage, Check: tripGross},
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

// P3104: the percentage part is the sum over the lines (BES.3, GZF.2). It costs
// money only where the total was built upon it.
func percentageSum(x *checks.Context) checks.Outcome {
	t := &x.Case.Totals
	if !t.Present {
		return checks.NotApplicable
	}
	if x.Within(t.Percent.Cents, x.Sums.Copay) {
		return checks.Pass
	}
	f := x.Fail(t.Place, x.TotalsTag()).
		With("soll", x.Sums.Copay.German()).With("ist", t.Percent.Cents.German())
	if t.Copay.Cents == t.Percent.Cents+t.Flat.Cents {
		f.Copay(tooLittle(x, t.Percent.Cents, x.Sums.Copay))
	}
	return checks.Fail
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
		Copay(tooLittle(x, t.Copay.Cents, right))
	return checks.Fail
}

// P3106: co-payment and own share of the case are the sums over the groups. Extra
// costs enter no sum.
func aidCopaySum(x *checks.Context) checks.Outcome {
	t := &x.Case.Totals
	var copay, own money.Cents
	for i := range x.Case.Aids {
		copay += x.Case.Aids[i].Copay.Cents
		own += x.Case.Aids[i].OwnShare.Cents
	}
	if copay == t.Copay.Cents && own == t.OwnShare.Cents {
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

// P3107: the co-payment of the case is the sum over the trips.
func tripCopaySum(x *checks.Context) checks.Outcome {
	t := &x.Case.Totals
	var copay money.Cents
	for i := range x.Case.Trips {
		copay += x.Case.Trips[i].Copay.Cents
	}
	if copay == t.Copay.Cents {
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
	_, corrected := x.GrossSum()
	gross := t.Claim || t.Gross == x.Sums.Gross || t.Gross == corrected
	percent := x.Group() != billing.GroupTherapy || t.Percent.Cents == x.Sums.Copay
	if gross && percent {
		return checks.Pass
	}
	x.Fail(t.Place, x.TotalsTag())
	return checks.Fail
}

// R-ZUH-01: the gross amount of a group of aids is the sum of its lines.
func aidGroupGross(x *checks.Context) checks.Outcome {
	for i := range x.Case.Aids {
		if a := &x.Case.Aids[i]; a.Present && !partGross(x, i, a.ID, a.Gross, a.CopayPlace, "ZUH") {
			return checks.Fail
		}
	}
	return checks.Pass
}

// R-ZUK-01: the gross amount of a trip is the sum of its lines.
func tripGross(x *checks.Context) checks.Outcome {
	for i := range x.Case.Trips {
		if t := &x.Case.Trips[i]; t.Present && !partGross(x, i, t.ID, t.Gross, t.CopayPlace, "ZUK") {
			return checks.Fail
		}
	}
	return checks.Pass
}

func partGross(
	x *checks.Context, part, id int, stated money.Cents, place billing.Place, tag string,
) bool {
	billed, corrected := x.PartSum(part)
	if x.Within(stated, billed) || x.Within(stated, corrected) {
		return true
	}
	x.Fail(place, tag).
		With("nummer", strconv.Itoa(id)).
		With("soll", billed.German()).With("ist", stated.German())
	return false
}
