// Package contract holds the predicates of stage 4: payer, provider, duplicates,
// prices, co-payments, dates and approvals (spec/checks section 2). The order of
// the lists is the order of evaluation of section 11.
package contract

import (
	"klarbeleg/checks"
	"klarbeleg/domain/billing"
)

// Bindings returns all rules of the package.
func Bindings() []checks.Binding {
	var all []checks.Binding
	for _, list := range [][]checks.Binding{
		payerRules(), providerRules(), historyRules(), dateRules(), priceRules(),
		therapyCopayRules(), aidCopayRules(), tripRules(), integratedRules(), pharmacyRules(),
		limitRules(), supplyRules(), therapyRules(), blankRules(), visitRules(), groupRules(), correctionRules(),
	} {
		all = append(all, list...)
	}
	return all
}

// repeats reports whether the invoice bills again what was billed before
// (Verarbeitungskennzeichen 02, 03, 04): such files carry only a part of the dates,
// come late and name lines already known.
func repeats(x *checks.Context) bool {
	switch x.Invoice.Processing {
	case billing.AdditionalClaim, billing.CopaymentClaim, billing.CorrectionBill:
		return true
	default:
		return false
	}
}
