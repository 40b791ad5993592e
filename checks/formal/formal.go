// Package formal holds the predicates of stage 3: identifiers, key lists, dates,
// arithmetic and the sums of the statement (spec/checks section 2). They need no
// list of the payer; the row of a rule in the catalogue says the rest.
package formal

import (
	"klarbeleg/checks"
	"klarbeleg/domain/billing"
)

// Bindings returns all rules of the package.
func Bindings() []checks.Binding {
	var all []checks.Binding
	for _, list := range [][]checks.Binding{
		identifierRules(), codeRules(), invoiceRules(), dateRules(), personRules(),
		diagnosisRules(), positionRules(), copayRules(), sumRules(), statementRules(), wireRules(),
		therapyRules(), careRules(), visitRules(), referenceRules(),
	} {
		all = append(all, list...)
	}
	return all
}

// Groups with a co-payment by provider, which carry a marker (spec/checks section 5).
func hasCopay(g billing.Group) bool {
	return g == billing.GroupAids || g == billing.GroupTherapy || g == billing.GroupTransport
}
