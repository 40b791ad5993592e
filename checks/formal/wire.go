package formal

import (
	"slices"

	"klarbeleg/checks"
)

// wireCodes are the rules of § 300 and § 295 about a single case that the reader
// of the format has decided (billing.WireFault). Here they take their effect on
// the money.
var wireCodes = []string{
	"APO-V04", "APO-R01", "APO-R02", "APO-R03", "APO-R04", "APO-R08", "APO-R09", "APO-R10", "APO-R11", "APO-R12",
	"IV-P02", "IV-P05", "IV-R02", "IV-R03",
}

// IsWireRule reports whether the rule is one that the reader of the format decides
// about a case.
func IsWireRule(code string) bool { return slices.Contains(wireCodes, code) }

func wireRules() []checks.Binding {
	rules := make([]checks.Binding, 0, len(wireCodes))
	for _, code := range wireCodes {
		rules = append(rules, checks.Binding{ID: code, Turn: checks.TurnCase, Scope: checks.ScopeCase, Check: wireRule(code)})
	}
	return rules
}

func wireRule(code string) checks.Predicate {
	return func(x *checks.Context) checks.Outcome {
		outcome := checks.Pass
		for i := range x.Case.Wire {
			w := &x.Case.Wire[i]
			if w.Rule != code {
				continue
			}
			f := x.Fail(w.Place, w.Tag).With("grund", w.Reason)
			if w.Warning {
				f.Milder(checks.Warn)
			}
			outcome = checks.Fail
		}
		return outcome
	}
}
