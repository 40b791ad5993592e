package contract

import (
	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

func aidCopayRules() []checks.Binding {
	const ofCase, turn = checks.ScopeCase, checks.TurnCaseEnd
	causes := []string{"P3042", "P3043", "P3103", "P3117", "P4104"}
	return []checks.Binding{
		{ID: "P4101", Turn: turn, Scope: ofCase, Unless: causes, Check: aidCopay},
		{ID: "P4102", Turn: turn, Scope: ofCase, Unless: causes, Check: consumablesCopay},
		{ID: "P4104", Turn: turn, Scope: ofCase, Unless: []string{"P3043"}, Check: copayOfMinor},
	}
}

// P4101: 10 % of the cost less own share, between 5,00 and 10,00, never above it.
func aidCopay(x *checks.Context) checks.Outcome { return aidGroups(x, false) }

// P4102: consumables 10 %, at most 10,00 per month of supply.
func consumablesCopay(x *checks.Context) checks.Outcome { return aidGroups(x, true) }

// aidGroups compares the co-payment of the groups of one kind. It fits the gross
// amount as billed or as corrected.
func aidGroups(x *checks.Context, consumables bool) checks.Outcome {
	outcome := checks.NotApplicable
	if !liable(x.Case) {
		return outcome
	}
	rates := x.Copay(x.Sums.First)
	for i := range x.Case.Aids {
		a := &x.Case.Aids[i]
		if !a.Present || a.CopayKind == "" && !a.Copay.Set ||
			checks.Consumable(a.CopayKind) != consumables {
			continue
		}
		billed, corrected := x.PartSum(i)
		due := rates.Aid(a.CopayKind, billed-a.OwnShare.Cents, a.SupplyMonths)
		fitting := rates.Aid(a.CopayKind, corrected-a.OwnShare.Cents, a.SupplyMonths)
		if near(x, a.Copay.Cents, due) || near(x, a.Copay.Cents, fitting) {
			if outcome != checks.Fail {
				outcome = checks.Pass
			}
			continue
		}
		x.FailPart(i, a.CopayPlace, "ZUH").
			With("soll", due.German()).With("ist", a.Copay.Cents.German()).
			Copay(due - a.Copay.Cents)
		outcome = checks.Fail
	}
	return outcome
}

// near accepts one rounding (P3118).
func near(x *checks.Context, a, b money.Cents) bool {
	d := a - b
	return max(d, -d) <= x.Tolerance(1)
}

// liable reports whether the marker says that a co-payment stands in the case.
func liable(c *billing.Case) bool {
	switch c.Prescription.CopayMarker {
	case copayDue, copayUntilExempt, copayAfterwardDue:
		return true
	}
	return false
}

// P4104: none before the 18th birthday. Too much was deducted then, so nothing is
// cut.
func copayOfMinor(x *checks.Context) checks.Outcome {
	for i := range x.Case.Positions {
		p := &x.Case.Positions[i]
		minor, known := x.Minor(p.Date)
		if !known {
			return checks.NotApplicable
		}
		if g := int(p.Part); minor && g >= 0 && g < len(x.Case.Aids) && x.Case.Aids[g].Copay.Cents > 0 {
			x.FailPart(g, x.Case.Aids[g].CopayPlace, "ZUH")
			return checks.Fail
		}
	}
	return checks.Pass
}
