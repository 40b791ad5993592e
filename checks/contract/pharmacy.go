package contract

import "klarbeleg/checks"

// pharmacyRules are the rules of § 300 about what was billed before
// (spec/dta-300 sections 7, 8).
func pharmacyRules() []checks.Binding {
	const turn, needs, scope = checks.TurnCase, checks.NeedHistory, checks.ScopeCase
	return []checks.Binding{
		{ID: "APO-V07", Turn: turn, Scope: scope, Needs: needs, Unless: []string{"APO-V08"}, Check: voucherIsNew},
		{ID: "APO-V08", Turn: turn, Scope: scope, Needs: needs, Check: prescriptionIsNew},
	}
}

// APO-V07: a Belegnummer is used once, on paper and electronically together.
func voucherIsNew(x *checks.Context) checks.Outcome {
	if _, used := x.Facts.History.Vouchers[x.Case.VoucherNo]; !used && !x.SameVoucher() {
		return checks.Pass
	}
	x.Fail(x.Case.Place, "INV").With("beleg", x.Case.VoucherNo)
	return checks.Fail
}

// APO-V08: an electronic prescription is billed once.
func prescriptionIsNew(x *checks.Context) checks.Outcome {
	if x.Case.EVO == "" {
		return checks.NotApplicable
	}
	number, used := x.Facts.History.Prescriptions[x.Case.EVO]
	switch {
	case used:
	case x.SamePrescription():
		number = x.Invoice.Number
	default:
		return checks.Pass
	}
	x.Fail(x.Case.Place, "INV").With("rechnungsnummer", number.String())
	return checks.Fail
}
