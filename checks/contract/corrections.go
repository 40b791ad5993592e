package contract

import (
	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
)

// correctionRules are those of the electronic correction procedure of therapists and
// midwives (CHK-8, spec/checks section 10.5).
func correctionRules() []checks.Binding {
	const (
		ofCase   = checks.ScopeCase
		position = checks.ScopePosition
		message  = checks.ScopeMessage
		turn     = checks.TurnCase
		needs    = checks.NeedHistory
		both     = checks.Areas(1<<('B'-'A') | 1<<('F'-'A'))
	)
	unknown := []string{"P3029", "P3030", "P3031", "P4240", "P4466"}
	refused := append([]string{"P4246", "P4247"}, unknown...)
	return []checks.Binding{
		{ID: "P4224", Turn: turn, Scope: ofCase, Needs: needs, Unless: unknown, Check: flatTwice},
		{ID: "P4237", Areas: both, Turn: turn, Scope: position, Needs: needs, Unless: unknown, Check: forgotten},
		{ID: "P4238", Turn: turn, Scope: ofCase, Needs: needs, Unless: unknown, Check: claimFounded},
		{ID: "P4239", Areas: both, Turn: turn, Scope: ofCase, Needs: needs, Unless: refused, Check: correctedBefore},
		{ID: "P4240", Turn: turn, Scope: message, Needs: needs, Unless: unknown[:3], Check: originKnown},
		{ID: "P4241", Areas: both, Turn: turn, Scope: position, Needs: needs, Unless: refused, Check: correctedTwice},
		{ID: "P4245", Turn: turn, Scope: ofCase, Needs: needs, Unless: unknown, Check: resumption},
		{ID: "P4246", Areas: both, Turn: turn, Scope: ofCase, Needs: needs, Unless: unknown, Check: originRefused},
		{ID: "P4247", Areas: both, Turn: turn, Scope: ofCase, Needs: needs, Unless: unknown, Check: namesFirstBill},
		{ID: "P4466", Turn: turn, Scope: message, Needs: needs, Unless: unknown[:3], Check: originKnown},
	}
}

// originOf returns the bill that the case refers to; nil if there is none.
func originOf(x *checks.Context) *billing.OriginBill {
	o := x.Case.Origin
	if o == nil || x.Facts.History.Origins == nil {
		return nil
	}
	bill, ok := x.Facts.History.Origins[o.Key()]
	if !ok || bill.Processing == billing.CopaymentClaim || bill.KVNR != x.Case.KVNR {
		return nil
	}
	return bill
}

// unreferenced is the answer of a rule about a correction for a case whose origin is
// not known: P4240 and P4466 say so.
func unreferenced(x *checks.Context) checks.Outcome {
	if x.Case.Origin != nil && x.Facts.History.Origins == nil {
		return checks.NoData
	}
	return checks.NotApplicable
}

// P4240, P4466: the reference names an accepted bill of the same person, but no claim
// of co-payments.
func originKnown(x *checks.Context) checks.Outcome {
	o := x.Case.Origin
	switch {
	case o == nil:
		return checks.NotApplicable
	case x.Facts.History.Origins == nil:
		return checks.NoData
	case originOf(x) != nil:
		return checks.Pass
	}
	x.Fail(o.Place, "URI").With("rechnungsnummer", o.Number.String())
	return checks.Fail
}

// P4237: an additional claim, or resumption, bills only what the origin did not; the
// difference to a higher price is another price than billed there.
func forgotten(x *checks.Context) checks.Outcome {
	code := x.Invoice.Processing
	bill := originOf(x)
	if bill == nil || code != billing.AdditionalClaim && code != billing.ResumptionOfCare {
		return unreferenced(x)
	}
	outcome := checks.Pass
	for i := range x.Case.Positions {
		p := &x.Case.Positions[i]
		if line, ok := bill.Line(p.Item, p.Date); ok && p.Price >= line.Price {
			x.FailPosition(i, x.SegmentTag())
			outcome = checks.Fail
		}
	}
	return outcome
}

// P4238: a claim of co-payments demands at most what the origin deducted, of persons
// who did not pay (2), are exempt (1) or were for a part of the time (5).
func claimFounded(x *checks.Context) checks.Outcome {
	bill := originOf(x)
	if bill == nil || !x.Claim() {
		return unreferenced(x)
	}
	t, marker := &x.Case.Totals, x.Case.Prescription.CopayMarker
	founded := marker == copayUnpaid || marker == copayExempt || marker == copayAfterwardDue
	if founded && t.Copay.Cents <= bill.Copay {
		return checks.Pass
	}
	x.Fail(t.Place, x.TotalsTag())
	return checks.Fail
}

// P4239: a correction follows a cut, bills only what was cut, and at most so much.
func correctedBefore(x *checks.Context) checks.Outcome {
	bill := originOf(x)
	if bill == nil || x.Invoice.Processing != billing.CorrectionBill {
		return unreferenced(x)
	}
	if bill.Corrected == 0 || x.Case.Billed(billing.CorrectionBill) > bill.Corrected {
		x.Fail(x.Case.Origin.Place, "URI")
		return checks.Fail
	}
	if bill.WholeCase() {
		return checks.Pass
	}
	outcome := checks.Pass
	for i := range x.Case.Positions {
		p := &x.Case.Positions[i]
		if line, ok := bill.Line(p.Item, p.Date); !ok || line.Corrected == 0 {
			x.FailPosition(i, x.SegmentTag())
			outcome = checks.Fail
		}
	}
	return outcome
}

// P4241: a line is corrected once. Every correction is decided when it comes, so a
// second one has nothing left to claim.
func correctedTwice(x *checks.Context) checks.Outcome {
	if originOf(x) == nil || x.Invoice.Processing != billing.CorrectionBill {
		return unreferenced(x)
	}
	outcome := checks.Pass
	for i := range x.Case.Positions {
		key, ok := billing.LineFingerprint(x.Invoice.Provider, x.Case, &x.Case.Positions[i])
		if _, again := x.Facts.History.CorrectedLines[key]; ok && again {
			x.FailPosition(i, x.SegmentTag())
			outcome = checks.Fail
		}
	}
	return outcome
}

// P4245: care is resumed on a blank prescription of physiotherapy, within its weeks.
func resumption(x *checks.Context) checks.Outcome {
	if x.Invoice.Processing != billing.ResumptionOfCare {
		return checks.NotApplicable
	}
	p := &x.Case.Prescription
	last := p.Date.AddDays(7 * x.Limits.BlankWeeks.On(p.Date))
	if isBlank(x) && p.DiagnosisGroup == physioGroup && x.Sums.Last <= last {
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag())
	return checks.Fail
}

// P4246: what was refused as a whole is billed anew.
func originRefused(x *checks.Context) checks.Outcome {
	bill := originOf(x)
	if bill == nil || x.Invoice.Processing != billing.CorrectionBill {
		return unreferenced(x)
	}
	if !bill.Refused {
		return checks.Pass
	}
	x.Fail(x.Case.Origin.Place, "URI")
	return checks.Fail
}

// P4247: a further correction names the first bill, not a correction.
func namesFirstBill(x *checks.Context) checks.Outcome {
	bill := originOf(x)
	if bill == nil {
		return unreferenced(x)
	}
	if bill.Processing != billing.CorrectionBill {
		return checks.Pass
	}
	x.Fail(x.Case.Origin.Place, "URI")
	return checks.Fail
}

// P4224: the flat amount is deducted once per prescription: not again in a later bill
// to it, nor in two cases of one invoice. Too much was deducted then, so nothing is
// cut.
func flatTwice(x *checks.Context) checks.Outcome {
	t := &x.Case.Totals
	if x.Claim() || t.Flat.Cents <= 0 {
		return checks.NotApplicable
	}
	before := false
	if bill := originOf(x); bill != nil {
		before = bill.Flat > 0
	}
	for twin := range x.Twins {
		before = before || samePrescription(x.Case, twin) && twin.Totals.Flat.Cents > 0
	}
	if !before {
		return checks.Pass
	}
	x.Fail(t.Place, "BES")
	return checks.Fail
}

func samePrescription(a, b *billing.Case) bool {
	p, q := &a.Prescription, &b.Prescription
	return p.Date != calendar.Date(0) && p.Date == q.Date && p.LANR == q.LANR && p.Kind == q.Kind &&
		p.DiagnosisGroup == q.DiagnosisGroup
}
