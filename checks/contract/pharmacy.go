package contract

import (
	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// pharmacyRules are the rules of § 300 about what was billed before (spec/dta-300
// sections 7, 8) and about the substance of a prescription (section 5.4).
func pharmacyRules() []checks.Binding {
	const turn, needs, scope = checks.TurnCase, checks.NeedHistory, checks.ScopeCase
	return []checks.Binding{
		{ID: "APO-V07", Turn: turn, Scope: scope, Needs: needs, Unless: []string{"APO-V08"}, Check: voucherIsNew},
		{ID: "APO-V08", Turn: turn, Scope: scope, Needs: needs, Check: prescriptionIsNew},
		{ID: "P4501", Turn: turn, Scope: scope, Check: prescriptionValid},
		{ID: "P4502", Turn: turn, Scope: scope, Check: narcoticValid},
		{ID: "APO-R05", Turn: checks.TurnPosition, Scope: checks.ScopePosition, Check: pharmacyDiscount},
		{ID: "APO-R06", Turn: checks.TurnPosition, Scope: checks.ScopePosition, Check: medicineCopay},
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

// Sonderkennzeichen of the fees that mark a prescription, and the kind of number of
// a pack (TA1 4, EFP-05).
const (
	narcoticFee = "02567001"
	teratoFee   = "06460688"
	kindPack    = "2"
)

// carries reports whether a line of the case has the number.
func carries(c *billing.Case, item string) bool {
	for i := range c.Positions {
		if c.Positions[i].Item == item {
			return true
		}
	}
	return false
}

// age returns the days from the prescription to the dispensing; ok is false if
// a date is not legible.
func age(x *checks.Context) (days int, ok bool) {
	p := &x.Case.Prescription
	if p.Date.IsZero() || x.Sums.Last.IsZero() {
		return 0, false
	}
	return int(x.Sums.Last - p.Date), true
}

// P4501: a prescription is valid for 28 days; three more are tolerated, but not of
// prescriptions of teratogenic substances.
func prescriptionValid(x *checks.Context) checks.Outcome {
	days, ok := age(x)
	switch {
	case !ok:
		return checks.Bypassed
	case carries(x.Case, narcoticFee):
		return checks.NotApplicable
	}
	limit := x.Limits.PrescriptionDays.On(x.Sums.Last)
	if !carries(x.Case, teratoFee) {
		limit += x.Limits.PrescriptionTolerance.On(x.Sums.Last)
	}
	if days <= limit {
		return checks.Pass
	}
	x.Fail(x.Case.Prescription.Place, "ZUP")
	return checks.Fail
}

// P4502: a prescription of narcotics is valid for seven days.
func narcoticValid(x *checks.Context) checks.Outcome {
	days, ok := age(x)
	switch {
	case !carries(x.Case, narcoticFee):
		return checks.NotApplicable
	case !ok:
		return checks.Bypassed
	case days <= x.Limits.NarcoticDays.On(x.Sums.Last):
		return checks.Pass
	}
	x.Fail(x.Case.Prescription.Place, "ZUP")
	return checks.Fail
}

// APO-R05: the discount of a pack is the fixed one of prescription medicines or the
// percentage of the others; which kind a pack is, no list says yet. Without discount
// it may be no medicine at all (dressings, test strips).
func pharmacyDiscount(x *checks.Context) checks.Outcome {
	p := x.Position
	if p.ItemKind != kindPack || p.Price <= 0 {
		return checks.NotApplicable
	}
	if p.Discount == 0 {
		return checks.Bypassed
	}
	fixed := x.Limits.PharmacyDiscount.On(p.Date) * money.Cents(p.Count)
	if p.Discount == fixed || p.Discount == p.Price.Percent(x.Limits.PharmacyPercent.On(p.Date)) {
		return checks.Pass
	}
	x.Fail(p.Place, "EFP")
	return checks.Fail
}

// APO-R06: the co-payment of § 61 SGB V per pack. Without a statement on paper, for
// the exempt and for minors nothing is asked.
func medicineCopay(x *checks.Context) checks.Outcome {
	p, rx := x.Position, &x.Case.Prescription
	switch {
	case p.ItemKind != kindPack || p.Count < 1 || p.Price <= 0:
		return checks.NotApplicable
	case !p.CopayPerUnit.Set || rx.CopayMarker != '0':
		return checks.Bypassed
	case rx.WarPension != 0 && rx.WarPension != '0':
		return checks.NotApplicable
	}
	if minor, known := x.Minor(p.Date); minor || !known {
		return checks.Bypassed
	}
	count := money.Cents(p.Count)
	due := x.Copay(p.Date).Bounded((p.Price+count/2)/count) * count
	if d := p.CopayPerUnit.Cents - due; d >= -count && d <= count { // a cent per pack of rounding
		return checks.Pass
	}
	x.Fail(p.Place, "EFP")
	return checks.Fail
}
