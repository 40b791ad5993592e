package formal

import (
	"slices"
	"strings"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
)

// noNumber stands for a doctor or practice without a number.
const noNumber = "999999999"

// dischargeMarker is the Verordnungsbesonderheit of discharge management.
const dischargeMarker = '4'

func identifierRules() []checks.Binding {
	const (
		message  = checks.ScopeMessage
		ofCase   = checks.ScopeCase
		turn     = checks.TurnInvoice
		caseTurn = checks.TurnCase
	)
	return []checks.Binding{
		{ID: "P3001", Turn: turn, Scope: message, Check: providerIK},
		{ID: "P3002", Turn: turn, Scope: message, Check: payerIK},
		{ID: "P3003", Turn: turn, Scope: message, Check: fundIK},
		{ID: "P3005", Turn: caseTurn, Scope: ofCase, Check: insuranceNumber},
		{ID: "P3006", Turn: caseTurn, Scope: ofCase, Check: addressWithoutNumber},
		{ID: "P3007", Turn: caseTurn, Scope: ofCase, Check: insuredStatus},
		{ID: "P3008", Turn: caseTurn, Scope: ofCase, Check: doctorNumber},
		{ID: "P3009", Turn: caseTurn, Scope: ofCase, Check: practiceNumber},
		{ID: "P3010", Turn: caseTurn, Scope: ofCase, Check: substituteNumber},
		{ID: "P3011", Turn: caseTurn, Scope: ofCase, Unless: []string{"P3008"}, Check: pseudoNumber},
	}
}

// P3001: the provider's and, where one collects, the billing service's IK.
func providerIK(x *checks.Context) checks.Outcome {
	ik := x.Invoice.Provider
	if ValidIK(ik) && x.Invoice.Biller != "" {
		ik = x.Invoice.Biller
	}
	if ValidIK(ik) {
		return checks.Pass
	}
	x.Fail(x.Invoice.Place, "FKT").With("ik", ik)
	return checks.Fail
}

// P3002: the payer's IK, with the kind of an insurer.
func payerIK(x *checks.Context) checks.Outcome {
	ik := x.Invoice.Payer
	if ValidIK(ik) && slices.Contains(x.Limits.PayerKinds.On(x.Invoice.Date), ik[:2]) {
		return checks.Pass
	}
	x.Fail(x.Invoice.Place, "FKT").With("ik", ik)
	return checks.Fail
}

// P3003: the IK of the fund on the card.
func fundIK(x *checks.Context) checks.Outcome {
	if ValidIK(x.Invoice.Fund) {
		return checks.Pass
	}
	x.Fail(x.Invoice.Place, "FKT").With("ik", x.Invoice.Fund)
	return checks.Fail
}

// P3005: a number that looks like a KVNR has its check digit. The text names no
// value, so none is passed on.
func insuranceNumber(x *checks.Context) checks.Outcome {
	switch {
	case !kvnrShape(x.Case.KVNR):
		return checks.NotApplicable
	case ValidKVNR(x.Case.KVNR):
		return checks.Pass
	}
	x.Fail(x.Case.Place, "INV")
	return checks.Fail
}

// P3006: without insurance number or status the address is complete. Old numbers
// of other shapes count as missing (spec/checks section 3.2).
func addressWithoutNumber(x *checks.Context) checks.Outcome {
	c := x.Case
	if kvnrShape(c.KVNR) && c.Status != "" {
		return checks.NotApplicable
	}
	p := &c.Person
	if p.Street != "" && p.Postcode != "" && p.City != "" {
		return checks.Pass
	}
	x.Fail(p.Place, "NAD")
	return checks.Fail
}

// P3007: five characters, the first one known; a missing status is P3006's matter.
func insuredStatus(x *checks.Context) checks.Outcome {
	s := x.Case.Status
	switch {
	case s == "":
		return checks.NotApplicable
	case len(s) == 5 && strings.IndexByte("135", s[0]) >= 0:
		return checks.Pass
	}
	x.Fail(x.Case.Place, "INV").With("wert", s)
	return checks.Fail
}

// P3008: check digit of the doctor's number. In transport bills midwife-led units
// send their IK instead (spec/dta-302, ZKT.2).
func doctorNumber(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	switch {
	case !p.Present || p.LANR == "":
		return checks.NotApplicable
	case ValidLANR(p.LANR):
		return checks.Pass
	case x.Group() == billing.GroupTransport && strings.HasPrefix(p.LANR, "45") && ValidIK(p.LANR):
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag()).With("lanr", p.LANR)
	return checks.Fail
}

// P3009: nine digits and a known region. Transport bills may carry the IK of the
// hospital (spec/dta-302, ZKT.1).
func practiceNumber(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	if !p.Present || p.BSNR == "" || p.BSNR == noNumber {
		return checks.NotApplicable
	}
	_, digits := digitsOf(p.BSNR, 9)
	known := digits && slices.Contains(x.Limits.PracticeRegions.On(p.Date), p.BSNR[:2])
	if known || x.Group() == billing.GroupTransport && ValidIK(p.BSNR) {
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag()).With("bsnr", p.BSNR)
	return checks.Fail
}

// P3010: the substitute never stands with discharge management, because hospital
// doctors have numbers.
func substituteNumber(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	if !p.Present || p.LANR != noNumber && p.BSNR != noNumber {
		return checks.NotApplicable
	}
	if p.Special != dischargeMarker {
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag())
	return checks.Fail
}

// P3011: pseudo numbers only with discharge management. Transport prescriptions
// carry no such marker.
func pseudoNumber(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	if !p.Present || !strings.HasPrefix(p.LANR, "4444444") || x.Group() == billing.GroupTransport {
		return checks.NotApplicable
	}
	if p.Special == dischargeMarker {
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag())
	return checks.Fail
}
