package formal

import (
	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// Zuzahlungskennzeichen (TA3 8.1.3).
const (
	copayNone         = '0'
	copayExempt       = '1'
	copayDue          = '3'
	copayUntilExempt  = '4'
	copayAfterwardDue = '5'
)

// newSupply is the Hilfsmittelkennzeichen of a first supply, which always bears a
// co-payment; repairs and services are free of it.
const newSupply = "00"

func copayRules() []checks.Binding {
	const ofCase, turn = checks.ScopeCase, checks.TurnCaseEnd
	return []checks.Binding{
		{
			ID: "P3043", Turn: turn, Scope: ofCase, Unless: []string{"P3042", "P4041", "P4225"},
			Check: markerAgainstAmount,
		},
		{ID: "P3115", Turn: turn, Scope: checks.ScopeMessage, Check: correctionDeduction},
		{ID: "P3116", Turn: turn, Scope: ofCase, Check: extraCosts},
		{ID: "P3117", Turn: turn, Scope: ofCase, Check: supplyMonths},
	}
}

// P3043: a marker without co-payment has none, one with co-payment has one, one that
// changes has it on a part of the lines. A co-payment deducted without need is
// reported, not paid back.
func markerAgainstAmount(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	if !p.Present || !hasCopay(x.Group()) || x.Claim() {
		return checks.NotApplicable
	}
	billed := x.Case.Totals.Copay.Cents > 0 || x.Sums.CopayLines > 0 || partsWithCopay(x.Case) > 0
	var due money.Cents
	fails := false
	switch p.CopayMarker {
	case copayNone, copayExempt:
		fails = billed
	case copayDue:
		if !billed {
			due = missingCopay(x)
			fails = due > 0
		}
	case copayUntilExempt, copayAfterwardDue:
		fails = x.Group() == billing.GroupTherapy && len(x.Case.Positions) > 1 &&
			(x.Sums.CopayLines == 0 || x.Sums.CopayLines == len(x.Case.Positions))
	}
	if !fails {
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag()).Copay(due)
	return checks.Fail
}

func partsWithCopay(c *billing.Case) (n int) {
	for i := range c.Aids {
		if c.Aids[i].Copay.Cents > 0 {
			n++
		}
	}
	for i := range c.Trips {
		if c.Trips[i].Copay.Cents > 0 {
			n++
		}
	}
	return n
}

// missingCopay returns the co-payment of a case that has none although its marker
// says so. Trips without one are P4403's matter, minors owe none.
func missingCopay(x *checks.Context) (due money.Cents) {
	if minor, known := x.Minor(x.Sums.Last); known && minor {
		return 0
	}
	switch x.Group() {
	case billing.GroupTherapy:
		for i := range x.Case.Positions {
			line, _ := x.DueCopay(i)
			due += line
		}
		if x.Invoice.Processing == billing.FirstBill {
			flat := x.Copay(x.Sums.First).PerPrescription
			due += max(0, min(flat, x.Sums.Gross-due))
		}
	case billing.GroupAids:
		rates := x.Copay(x.Sums.First)
		for i := range x.Case.Aids {
			a := &x.Case.Aids[i]
			if holdsNewSupply(x.Case, i) {
				gross, _ := x.PartSum(i)
				due += rates.Aid(a.CopayKind, gross-a.OwnShare.Cents, a.SupplyMonths)
			}
		}
	default: // trips without co-payment are P4403's matter
	}
	return due
}

func holdsNewSupply(c *billing.Case, part int) bool {
	for i := range c.Positions {
		if p := &c.Positions[i]; int(p.Part) == part && p.AidMark == newSupply {
			return true
		}
	}
	return false
}

// P3115: the flat deduction of a correction stands in correction bills only.
func correctionDeduction(x *checks.Context) checks.Outcome {
	if differentCodes(x) {
		return checks.NotApplicable
	}
	if x.Case.Totals.Deduction.Cents == 0 || x.Invoice.Processing == billing.CorrectionBill {
		return checks.Pass
	}
	x.Fail(x.Case.Totals.Place, "BES")
	return checks.Fail
}

// P3116: extra costs are stated for every group of aids, 0,00 if there are none.
func extraCosts(x *checks.Context) checks.Outcome {
	for i := range x.Case.Aids {
		if a := &x.Case.Aids[i]; !a.Extra.Set {
			x.FailPart(i, a.Place, "MEH")
			return checks.Fail
		}
	}
	return checks.Pass
}

// P3117: consumables name the months of supply, other aids do not. Without months
// the monthly ceiling of the co-payment is not proven, so the percentage is due.
func supplyMonths(x *checks.Context) checks.Outcome {
	outcome := checks.NotApplicable
	for i := range x.Case.Aids {
		a := &x.Case.Aids[i]
		if !a.Present || a.CopayKind == "" {
			continue
		}
		if checks.Consumable(a.CopayKind) == (a.SupplyMonths > 0) {
			if outcome != checks.Fail {
				outcome = checks.Pass
			}
			continue
		}
		f := x.FailPart(i, a.CopayPlace, "ZUH")
		if checks.Consumable(a.CopayKind) {
			gross, _ := x.PartSum(i)
			due := x.Copay(x.Sums.First).Consumables(gross-a.OwnShare.Cents, 0)
			f.Copay(due - a.Copay.Cents)
		}
		outcome = checks.Fail
	}
	return outcome
}
