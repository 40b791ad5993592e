package contract

import (
	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
)

func providerRules() []checks.Binding {
	const needs = checks.NeedProviders
	return []checks.Binding{
		{ID: "P4007", Turn: checks.TurnCase, Scope: checks.ScopeCase, Needs: needs, Check: providerAdmitted},
		{
			ID: "P4008", Turn: checks.TurnPosition, Scope: checks.ScopePosition, Needs: needs,
			Unless: []string{"P3025", "P3026", "P3027", "P3028"}, Check: contractKnown,
		},
	}
}

// P4007: an admission of the provider for the group covers each date of service. If
// it covers none, the whole case falls.
func providerAdmitted(x *checks.Context) checks.Outcome {
	admissions := x.Facts.Providers.Admissions(x.Invoice.Provider)
	outside := 0
	for i := range x.Case.Positions {
		if !admitted(admissions, x.Group(), x.Case.Positions[i].Date) {
			outside++
		}
	}
	switch outside {
	case 0:
		return checks.Pass
	case len(x.Case.Positions):
		x.Fail(x.Case.Place, "INV").With("datum", x.Sums.First.German())
		return checks.Fail
	}
	for i := range x.Case.Positions {
		if d := x.Case.Positions[i].Date; !admitted(admissions, x.Group(), d) {
			x.FailPosition(i, x.SegmentTag()).With("datum", d.German())
		}
	}
	return checks.Fail
}

func admitted(admissions []billing.Admission, g billing.Group, on calendar.Date) bool {
	for i := range admissions {
		if admissions[i].Group == g && admissions[i].Contains(on) {
			return true
		}
	}
	return false
}

// P4008: billing code and tariff name a contract of the provider on the date of
// service. Dates without any admission are P4007's matter.
func contractKnown(x *checks.Context) checks.Outcome {
	p := x.Position
	key := billing.ContractKey{BillingCode: p.BillingCode, Tariff: p.Tariff}
	admissions := x.Facts.Providers.Admissions(x.Invoice.Provider)
	for i := range admissions {
		if admissions[i].ContractKey == key && admissions[i].Contains(p.Date) {
			return checks.Pass
		}
	}
	if !admitted(admissions, x.Group(), p.Date) {
		return checks.NotApplicable
	}
	x.Fail(p.Place, x.SegmentTag()).
		With("legs", p.BillingCode+p.Tariff).With("kasse", x.Invoice.Payer)
	return checks.Fail
}
