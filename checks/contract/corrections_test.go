package contract_test

import (
	"testing"

	"klarbeleg/checks/checkstest"
	"klarbeleg/domain/billing"
)

// origin changes the bill that the first case refers to.
func origin(change func(*billing.OriginBill)) func(bill) {
	return func(b bill) { change(b.Facts.History.Origins[first(b).Origin.Key()]) }
}

// code makes the bill one with another Verarbeitungskennzeichen.
func code(p billing.ProcessingCode) func(bill) {
	return func(b bill) {
		b.Processing, b.Statement.Processing, b.Collective.Processing = p, p, p
		first(b).Totals.Deduction = billing.OptCents{}
		checkstest.Sum(b.Invoice)
	}
}

// CHK-8: the correction procedure of therapists. The example corrects a double
// treatment of which nothing was paid: 59,70 less 5,98 co-payment and 1,50 deduction.
func TestCorrectionProcedure(t *testing.T) {
	t.Parallel()
	correction, claim := checkstest.Correction, checkstest.Claim
	additional := func(b bill) { code(billing.AdditionalClaim)(b) }
	marker := func(m byte) func(bill) {
		return prescription(func(p *billing.Prescription) { p.CopayMarker = m })
	}
	corrected := func(b bill) {
		key, _ := billing.LineFingerprint(b.Provider, first(b), line(b, 0))
		b.Facts.History.CorrectedLines[key] = struct{}{}
	}
	resume := func(change func(bill)) func(bill) {
		return func(b bill) {
			p := &first(b).Prescription
			p.Kind, p.DiagnosisGroup, first(b).Diagnoses[0].Code = "05", "EX", "M75.1"
			p.Date = day("2026-07-01")
			kind(0, "29950", billing.ItemBlank)(b)
			change(b)
			code(billing.ResumptionOfCare)(b)
		}
	}
	try(t, []variant{
		{"P4240 known", correction, func(bill) {}, "", "0,00"},
		{"P4240 another date", correction, func(b bill) { first(b).Origin.Date++ }, "P4240", "0,00"},
		{"P4240 another voucher", correction, func(b bill) { first(b).Origin.VoucherNo = "2" }, "P4240", "0,00"},
		{"P4240 another person", correction, origin(func(o *billing.OriginBill) { o.KVNR = "K880013575" }), "P4240", "0,00"},
		{"P4240 a claim of co-payments", correction, origin(func(o *billing.OriginBill) { o.Processing = billing.CopaymentClaim }), "P4240", "0,00"},
		{"P4240 not looked up", correction, func(b bill) { b.Facts.History.Origins = nil }, "", "0,00"},
		{"P4237 forgotten", correction, all(additional, move(0, "2026-10-20")), "", "0,00"},
		{"P4237 billed before", correction, additional, "P4237", "53,72"},
		{"P4237 difference of price", correction, func(b bill) {
			line(b, 0).Price, line(b, 0).CopayPerUnit = 1_15, billing.Some(12)
			additional(b)
		}, "", "0,00"},
		{"P4238 as deducted", claim, origin(func(o *billing.OriginBill) { o.Copay = 26_30 }), "", "0,00"},
		{"P4238 a cent more", claim, origin(func(o *billing.OriginBill) { o.Copay = 26_29 }), "P4238", "26,30"},
		{"P4238 exempt", claim, marker('1'), "", "0,00"},
		{"P4238 liable", claim, marker('3'), "P4238", "26,30"},
		{"P4239 at most the cut", correction, origin(func(o *billing.OriginBill) { o.Corrected, o.Lines[3].Corrected = 52_22, 52_22 }), "", "0,00"},
		{"P4239 a cent above the cut", correction, origin(func(o *billing.OriginBill) { o.Corrected, o.Lines[3].Corrected = 52_21, 52_21 }), "P4239", "52,22"},
		{"P4239 nothing cut", correction, origin(func(o *billing.OriginBill) { o.Corrected, o.Lines[3].Corrected = 0, 0 }), "P4239", "52,22"},
		{"P4239 another line cut", correction, origin(func(o *billing.OriginBill) { o.Lines[3].Corrected, o.Lines[2].Corrected = 0, o.Corrected }), "P4239", "52,22"},
		{"P4239 the case cut", correction, origin(func(o *billing.OriginBill) { o.Lines[3].Corrected = 0 }), "", "0,00"},
		{"P4241 corrected before", correction, corrected, "P4241", "52,22"},
		{"P4246 refused as a whole", correction, origin(func(o *billing.OriginBill) { o.Refused = true }), "P4246", "52,22"},
		{"P4247 names a correction", correction, origin(func(o *billing.OriginBill) { o.Processing = billing.CorrectionBill }), "P4247", "52,22"},
		{"P4247 names an additional claim", correction, origin(func(o *billing.OriginBill) { o.Processing = billing.AdditionalClaim }), "", "0,00"},
		{"P4245 week 16", correction, resume(move(0, "2026-10-21")), "", "0,00"},
		{"P4245 later", correction, resume(move(0, "2026-10-22")), "P4229 P4245", "53,72"},
		{"P4245 no blank prescription", correction, all(move(0, "2026-10-20"), code(billing.ResumptionOfCare)), "P4245", "53,72"},
		{"P4224 flat amount again", correction, func(b bill) {
			t := &first(b).Totals
			t.Flat, t.Copay = billing.Some(10_00), billing.Some(t.Percent.Cents+10_00)
			checkstest.SumStatement(b.Invoice)
			for i := range b.Statement.Totals {
				b.Statement.Totals[i].Segment = 9
			}
		}, "P4224", "0,00"},
		{"P4224 two cases of a prescription", checkstest.Therapy, all(func(b bill) { b.Cases = b.Cases[:1] }, again(earlier(1))), "P4224", ""},
	})
}

// CHK-8: midwives use 02 and 04 with a reference to a known bill.
func TestCorrectionsOfMidwives(t *testing.T) {
	t.Parallel()
	refer := func(known bool) func(bill) {
		return func(b bill) {
			b.Processing, b.Statement.Processing = billing.CorrectionBill, billing.CorrectionBill
			first(b).Origin = &billing.Origin{
				Place: billing.Place{Segment: 90}, Provider: b.Provider, Date: day("2026-10-20"), VoucherNo: "1",
				Number: billing.InvoiceNumber{Collective: "F1", Single: "0"},
			}
			if known {
				b.Facts.History.Origins[first(b).Origin.Key()] = &billing.OriginBill{
					Processing: billing.FirstBill, KVNR: first(b).KVNR, Corrected: 84_20,
				}
			}
		}
	}
	try(t, []variant{
		{"P4466 known", care('F'), refer(true), "", "0,00"},
		{"P4466 unknown", care('F'), refer(false), "P4466", "0,00"},
		{"P4466 no reference", care('F'), func(b bill) { refer(true)(b); first(b).Origin = nil }, "P3031", "0,00"},
	})
}
