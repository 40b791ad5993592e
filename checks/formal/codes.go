package formal

import (
	"strings"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
)

func codeRules() []checks.Binding {
	const (
		message  = checks.ScopeMessage
		ofCase   = checks.ScopeCase
		position = checks.ScopePosition
		caseTurn = checks.TurnCase
		posTurn  = checks.TurnPosition
	)
	return []checks.Binding{
		{ID: "P3025", Turn: posTurn, Scope: message, Check: billingCode},
		{ID: "P3026", Turn: posTurn, Scope: message, Unless: []string{"P3025"}, Check: billingCodeOfGroup},
		{ID: "P3027", Turn: posTurn, Scope: message, Check: tariffRegion},
		{ID: "P3028", Turn: posTurn, Scope: position, Check: specialTariff},
		{ID: "P3029", Turn: checks.TurnInvoice, Scope: message, Check: processingCode},
		{
			ID: "P3030", Turn: checks.TurnInvoice, Scope: message, Unless: []string{"P3029"},
			Check: processingOfGroup,
		},
		{ID: "P3042", Turn: caseTurn, Scope: message, Check: copayMarker},
		{ID: "P3044", Turn: caseTurn, Scope: ofCase, Check: accidentMarker},
		{ID: "P3045", Turn: caseTurn, Scope: ofCase, Check: specialMarker},
		{ID: "P3046", Turn: posTurn, Scope: position, Check: aidMark},
		{ID: "P3049", Turn: caseTurn, Scope: message, Check: prescriptionKind},
		{ID: "P3050", Turn: caseTurn, Scope: message, Check: therapyArea},
		{ID: "P3055", Turn: caseTurn, Scope: ofCase, Check: approvalKind},
	}
}

// P3025: the billing code exists on the invoice date.
func billingCode(x *checks.Context) checks.Outcome {
	if _, ok := x.Codes.BillingCode(x.Position.BillingCode, x.Invoice.Date); ok {
		return checks.Pass
	}
	x.Fail(x.Position.Place, x.SegmentTag()).With("code", x.Position.BillingCode)
	return checks.Fail
}

// P3026: the billing code belongs to the group of the file.
func billingCodeOfGroup(x *checks.Context) checks.Outcome {
	areas, _ := x.Codes.BillingCode(x.Position.BillingCode, x.Invoice.Date)
	if areas.Has(x.Group()) {
		return checks.Pass
	}
	x.Fail(x.Position.Place, x.SegmentTag()).
		With("code", x.Position.BillingCode).With("bereich", x.Group().String())
	return checks.Fail
}

// P3027: the region of the tariff mark is assigned.
func tariffRegion(x *checks.Context) checks.Outcome {
	if x.Codes.Region(x.Position.Tariff) {
		return checks.Pass
	}
	region := x.Position.Tariff
	if len(region) > 2 {
		region = region[:2]
	}
	x.Fail(x.Position.Place, x.SegmentTag()).With("wert", region)
	return checks.Fail
}

// P3028: the special tariff is assigned, and 099 (priced by estimate) comes with an
// approval.
func specialTariff(x *checks.Context) checks.Outcome {
	switch x.Codes.SpecialTariff(x.Position.Tariff) {
	case checks.TariffAgreed:
		return checks.Pass
	case checks.TariffEstimate:
		if len(x.Case.Approvals) > 0 {
			return checks.Pass
		}
	case checks.TariffUnassigned:
	}
	x.Fail(x.Position.Place, x.SegmentTag())
	return checks.Fail
}

// P3029: the processing code is in force when the file was made.
func processingCode(x *checks.Context) checks.Outcome {
	code := x.Invoice.Processing
	if differentCodes(x) {
		return checks.NotApplicable
	}
	if x.Codes.Processing(code, x.Invoice.Header.CreatedOn) {
		return checks.Pass
	}
	x.Fail(x.Invoice.Place, "FKT").With("wert", twoDigits(int(code)))
	return checks.Fail
}

// P3030: the correction procedure is agreed for the group. The first billing code
// stands for the invoice, which holds one kind of provider.
func processingOfGroup(x *checks.Context) checks.Outcome {
	if differentCodes(x) {
		return checks.NotApplicable
	}
	code := ""
	if cases := x.Invoice.Cases; len(cases) > 0 && len(cases[0].Positions) > 0 {
		code = cases[0].Positions[0].BillingCode
	}
	if x.Codes.ProcessingFor(x.Group(), code, x.Invoice.Processing, x.Invoice.Header.CreatedOn) {
		return checks.Pass
	}
	x.Fail(x.Invoice.Place, "FKT")
	return checks.Fail
}

// P3042: the co-payment marker exists.
func copayMarker(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	if !p.Present || !hasCopay(x.Group()) {
		return checks.NotApplicable
	}
	if x.Codes.CopayMarker(p.CopayMarker) {
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag()).With("wert", key(p.CopayMarker))
	return checks.Fail
}

// P3044: the accident marker exists; form 13 of group B yields 2 only.
func accidentMarker(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	switch {
	case p.Accident == 0:
		return checks.NotApplicable
	case x.Group() == billing.GroupTherapy && p.Accident == '2':
		return checks.Pass
	case x.Group() != billing.GroupTherapy && x.Codes.Accident(p.Accident):
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag()).With("wert", key(p.Accident))
	return checks.Fail
}

// P3045: the special marker is assigned; 8 only with aids.
func specialMarker(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	if p.Special == 0 {
		return checks.NotApplicable
	}
	if x.Codes.Special(p.Special) && (p.Special != '8' || x.Group() == billing.GroupAids) {
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag()).With("wert", key(p.Special))
	return checks.Fail
}

// P3046: the mark of the aid exists.
func aidMark(x *checks.Context) checks.Outcome {
	if x.Codes.AidMark(x.Position.AidMark) {
		return checks.Pass
	}
	x.Fail(x.Position.Place, x.SegmentTag()).With("wert", x.Position.AidMark)
	return checks.Fail
}

// P3049: the kind of prescription is assigned.
func prescriptionKind(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	if x.Codes.PrescriptionKind(p.Kind) {
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag()).With("wert", p.Kind)
	return checks.Fail
}

// P3050: the area exists and agrees with the billing code.
func therapyArea(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	if p.TherapyArea == 0 || len(x.Case.Positions) == 0 {
		return checks.NotApplicable
	}
	if x.Codes.TherapyArea(p.TherapyArea) && serves(x.Case.Positions[0].BillingCode, p.TherapyArea) {
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag()).With("wert", key(p.TherapyArea))
	return checks.Fail
}

// serves reports whether the billing code may serve the area; hospitals, spas and
// other therapists (27, 28, 29) may serve any.
func serves(code string, area byte) bool {
	switch code {
	case "21", "22":
		return area == '1'
	case "71", "72":
		return area == '2'
	case "23", "24", "25":
		return area == '3'
	case "26":
		return area == '4'
	case "73", "74":
		return area == '5'
	}
	return true
}

// P3055: the kind of approval is assigned and of the group.
func approvalKind(x *checks.Context) checks.Outcome {
	for i := range x.Case.Approvals {
		a := &x.Case.Approvals[i]
		if x.Codes.ApprovalKind(a.Kind) && strings.HasPrefix(a.Kind, x.Group().String()) {
			continue
		}
		x.Fail(a.Place, "SKZ").With("wert", a.Kind)
		return checks.Fail
	}
	return checks.Pass
}

// key shows a key of one character, nothing for a missing one.
func key(b byte) string {
	if b == 0 {
		return ""
	}
	return string(rune(b))
}

func twoDigits(n int) string {
	return string([]byte{byte('0' + n/10%10), byte('0' + n%10)})
}
