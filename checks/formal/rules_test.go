package formal_test

import (
	"testing"

	"klarbeleg/checks/catalogue"
	"klarbeleg/checks/checkstest"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

type bill = checkstest.Bill

// Variants change one thing of an example and, unless the rule is about sums, keep
// the bill consistent, as a sound program of a provider would. All rules are asked,
// so that each case also shows which rules stay silent.
func try(t *testing.T, variants []variant) {
	t.Helper()
	list := make([]checkstest.Variant, 0, len(variants))
	for _, v := range variants {
		list = append(list, checkstest.Variant{Name: v.name, From: v.from, Change: v.change, Want: v.want})
	}
	checkstest.Try(t, catalogue.All(), list)
}

// variant is a checkstest.Variant that can be written as a line of a table.
type variant struct {
	name   string
	from   func() *billing.Invoice
	change func(bill)
	want   string
}

func day(s string) calendar.Date { return calendar.MustDate(s) }

// first returns the first case.
func first(b bill) *billing.Case { return &b.Cases[0] }

// line returns a position of the first case.
func line(b bill, n int) *billing.Position { return &b.Cases[0].Positions[n] }

// heads calls f for the heads of invoice, statement and collective statement.
func heads(b bill, f func(*billing.Head)) {
	f(&b.Head)
	f(&b.Statement.Head)
	if b.Collective != nil {
		f(&b.Collective.Head)
	}
}

// provider changes the provider, who stays admitted.
func provider(b bill, ik string) {
	b.Provider, b.Statement.Provider = ik, ik
	for _, a := range b.Facts.Providers.Admissions(checkstest.TherapyProvider) {
		b.Facts.Providers.Add(ik, a)
	}
}

// CHK-1, CHK-2: identifiers of institutions.
func TestInstitutions(t *testing.T) {
	t.Parallel()
	therapy := checkstest.Therapy
	try(t, []variant{
		{"P3001 other valid IK", therapy, func(b bill) { provider(b, "260326822") }, ""},
		{"P3001 wrong check digit", therapy, func(b bill) { provider(b, "260326823") }, "P3001"},
		{"P3001 eight digits", therapy, func(b bill) { provider(b, "26032682") }, "P3001"},
		{"P3001 letter", therapy, func(b bill) { provider(b, "26032682A") }, "P3001"},
		{"P3001 empty", therapy, func(b bill) { provider(b, "") }, "P3001"},
		{"P3001 biller", therapy, func(b bill) {
			b.Biller, b.Collective.Provider = "598800017", "598800017"
		}, "P3001"},
		{"P3002 other check digit", therapy, func(b bill) {
			heads(b, func(h *billing.Head) { h.Payer = "108801007" })
		}, "P3002"},
		{"P3002 no insurer", therapy, func(b bill) {
			heads(b, func(h *billing.Head) { h.Payer = "260326822" })
		}, "P3002"},
		{"P3002 care fund", therapy, func(b bill) {
			const care, card = "180000011", "109500969"
			heads(b, func(h *billing.Head) { h.Payer = care })
			b.Fund, b.Statement.Fund = card, card
			b.Facts.Payers.Add(care, "Pflegekasse", card, billing.Period{From: 1})
		}, ""},
		{"P3003 wrong check digit", therapy, func(b bill) {
			b.Fund, b.Statement.Fund = "108018008", "108018008"
		}, "P3003"},
		{"P3003 empty", therapy, func(b bill) { b.Fund, b.Statement.Fund = "", "" }, "P3003 R-FKT-04"},
	})
}

// CHK-1, CHK-2: numbers of persons, doctors and practices.
func TestPersonsAndDoctors(t *testing.T) {
	t.Parallel()
	therapy := checkstest.Therapy
	kvnr := func(s string) func(bill) { return func(b bill) { first(b).KVNR = s } }
	doctor := func(s string) func(bill) { return func(b bill) { first(b).Prescription.LANR = s } }
	practice := func(s string) func(bill) { return func(b bill) { first(b).Prescription.BSNR = s } }
	try(t, []variant{
		{"P3005 valid", therapy, kvnr("A123456780"), ""},
		{"P3005 two-digit letter", therapy, kvnr("Z000000017"), ""},
		{"P3005 wrong check digit", therapy, kvnr("A123456789"), "P3005"},
		{"P3005 other wrong check digit", therapy, kvnr("B987654321"), "P3005"},
		{"P3006 lower case counts as missing", therapy, kvnr("a123456780"), "P3006"},
		{"P3006 old number counts as missing", therapy, kvnr("123456789"), "P3006"},
		{"P3006 no number, no address", therapy, kvnr(""), "P3006"},
		{"P3006 no status, no address", therapy, func(b bill) {
			first(b).Status = ""
			checkstest.Sum(b.Invoice)
		}, "P3006"},
		{"P3006 no number, full address", therapy, func(b bill) {
			first(b).KVNR = ""
			p := &first(b).Person
			p.Street, p.Postcode, p.City = "Weg 1", "20001", "Neustadt"
		}, ""},
		{"P3006 no postcode", therapy, func(b bill) {
			first(b).KVNR = ""
			p := &first(b).Person
			p.Street, p.City = "Weg 1", "Neustadt"
		}, "P3006"},
		{"P3007 family", therapy, func(b bill) { first(b).Status = "30000"; checkstest.Sum(b.Invoice) }, ""},
		{"P3007 unknown", therapy, func(b bill) { first(b).Status = "70000"; checkstest.Sum(b.Invoice) }, "P3007"},
		{"P3007 four characters", therapy, func(b bill) { first(b).Status = "1000" }, "P3007"},
		{"P3008 valid", therapy, doctor("838382202"), ""},
		{"P3008 wrong check digit", therapy, doctor("838382302"), "P3008"},
		{"P3008 eight digits", therapy, doctor("83838220"), "P3008"},
		{"P3008 midwives in transport", checkstest.Transport, doctor("450000009"), "P3008"},
		{"P3008 midwives with valid IK", checkstest.Transport, doctor("450000011"), ""},
		{"P3008 midwives only in transport", therapy, doctor("450000011"), "P3008"},
		{"P3009 known region", therapy, practice("521234500"), ""},
		{"P3009 unknown region", therapy, practice("001234500"), "P3009"},
		{"P3009 eight digits", therapy, practice("52123450"), "P3009"},
		{"P3009 IK of a hospital", checkstest.Transport, practice("260326822"), ""},
		{"P3009 IK not in therapy", therapy, practice("260326822"), "P3009"},
		{"P3010 no number", therapy, doctor("999999999"), ""},
		{"P3010 with discharge", therapy, func(b bill) {
			first(b).Prescription.LANR, first(b).Prescription.Special = "999999999", '4'
		}, "P3010"},
		{"P3010 practice with discharge", therapy, func(b bill) {
			first(b).Prescription.BSNR, first(b).Prescription.Special = "999999999", '4'
		}, "P3010"},
		{"P3011 with discharge", therapy, func(b bill) {
			first(b).Prescription.LANR, first(b).Prescription.Special = "444444401", '4'
		}, ""},
		{"P3011 without", therapy, doctor("444444401"), "P3011"},
		{"P3011 not in transport", checkstest.Transport, doctor("444444401"), ""},
	})
}

// CHK-1, CHK-2: diagnoses and lead symptoms.
func TestDiagnoses(t *testing.T) {
	t.Parallel()
	therapy := checkstest.Therapy
	icd := func(codes ...string) func(bill) {
		return func(b bill) {
			list := make([]billing.Diagnosis, 0, len(codes))
			for i, code := range codes {
				list = append(list, billing.Diagnosis{Place: billing.Place{Segment: int32(i) + 900}, Code: code})
			}
			first(b).Diagnoses = list
		}
	}
	lead := func(flags, text string) func(bill) {
		return func(b bill) {
			first(b).Prescription.LeadSymptom, first(b).Prescription.LeadSymptomText = flags, text
		}
	}
	try(t, []variant{
		{"P3012 three characters", therapy, icd("M75"), ""},
		{"P3012 two places", therapy, icd("S42.20"), ""},
		{"P3012 hyphen", therapy, icd("M54.-"), ""},
		{"P3012 without dot", therapy, icd("M545"), ""},
		{"P3012 dagger", therapy, icd("E10.30+"), ""},
		{"P3012 no letter", therapy, icd("75.1"), "P3012"},
		{"P3012 dot misplaced", therapy, icd("M7.51"), "P3012"},
		{"P3012 two letters", therapy, icd("MM5.1"), "P3012"},
		{"P3012 three places", therapy, icd("M54.501"), "P3012"},
		{"P3012 dot without place", therapy, icd("M54."), "P3012"},
		{"P3012 certainty is for § 295", therapy, icd("M54.5G"), "P3012"},
		{"P3014 with primary code", therapy, icd("H36.0*", "E10.30+"), ""},
		{"P3014 star alone", therapy, icd("H36.0*"), "P3014"},
		{"P3014 exclamation mark alone", therapy, icd("U69.32!"), "P3014"},
		{"P3053 one flag", therapy, lead("1000", ""), ""},
		{"P3053 individual with text", therapy, lead("0001", "Kraftverlust"), ""},
		{"P3053 text alone", therapy, lead("0000", "Kraftverlust"), ""},
		{"P3053 nothing", therapy, lead("0000", ""), "P3053"},
		{"P3053 individual without text", therapy, lead("0001", ""), "P3053"},
		{"P3053 individual beside others without text", therapy, lead("1001", ""), "P3053"},
		{"P3053 no flags", therapy, lead("12", ""), "P3053"},
		{"P3053 outside the guideline by a contract doctor", therapy, lead("9999", ""), "P3053"},
		{"P3053 outside the guideline", therapy, func(b bill) {
			lead("9999", "")(b)
			first(b).Prescription.LANR = "999999999"
		}, ""},
		{"P3053 by a dentist", therapy, func(b bill) {
			lead("9999", "")(b)
			first(b).Prescription.Special = '1'
		}, ""},
		{"R-ZHE-02 text alone", therapy, func(b bill) { first(b).Diagnoses = []billing.Diagnosis{{Text: "Schmerz"}} }, ""},
		{"R-ZHE-02 empty", therapy, func(b bill) { first(b).Diagnoses = []billing.Diagnosis{{}} }, "R-ZHE-02"},
		{"R-ZHE-02 none", therapy, func(b bill) { first(b).Diagnoses = nil }, "R-ZHE-02"},
		{"R-ZHE-02 not for aids", checkstest.Aids, func(b bill) { first(b).Diagnoses = nil }, ""},
	})
}

// CHK-1, CHK-2: key lists.
func TestCodes(t *testing.T) {
	t.Parallel()
	therapy, aids, transport := checkstest.Therapy, checkstest.Aids, checkstest.Transport
	contract := func(code, tariff string) func(bill) {
		return func(b bill) {
			p := line(b, 0)
			p.BillingCode, p.Tariff = code, tariff
			key := billing.ContractKey{BillingCode: code, Tariff: tariff}
			always := billing.Period{From: day("2020-01-01")}
			b.Facts.Prices.Add(key, p.Item, billing.Price{Period: always, Cents: p.Price})
			b.Facts.Providers.Add(b.Provider, billing.Admission{Period: always, Group: b.Header.Group, ContractKey: key})
		}
	}
	prescription := func(change func(*billing.Prescription)) func(bill) {
		return func(b bill) { change(&first(b).Prescription) }
	}
	approval := func(kind string) func(bill) {
		return func(b bill) { first(b).Approvals[0].Kind = kind }
	}
	try(t, []variant{
		{"P3025 other code", therapy, contract("21", "00501"), ""},
		{"P3025 group key of the payer directory", therapy, contract("30", "00501"), "P3025"},
		{"P3025 not assigned", therapy, contract("64", "00501"), "P3025"},
		{"P3025 unknown", therapy, contract("99", "00501"), "P3025"},
		{"P3025 not yet", therapy, contract("C1", "00501"), "P3025"},
		{"P3026 of another group", therapy, contract("15", "00501"), "P3026"},
		{"P3026 nursing in transport", transport, contract("31", "05123"), "P3026"},
		{"P3027 last of the first series", therapy, contract("22", "25501"), ""},
		{"P3027 first of the second series", therapy, contract("22", "50501"), ""},
		{"P3027 not assigned", therapy, contract("22", "26501"), "P3027"},
		{"P3027 example", therapy, contract("22", "40501"), "P3027"},
		{"P3027 too short", therapy, contract("22", "0050"), "P3027 P3028"},
		{"P3028 last free", therapy, contract("22", "00090"), ""},
		{"P3028 reserved", therapy, contract("22", "00091"), "P3028"},
		{"P3028 reserved with letter", therapy, contract("22", "00A98"), "P3028"},
		{"P3028 before the reserved letters", therapy, contract("22", "00T99"), ""},
		{"P3028 reserved letters", therapy, contract("22", "00U00"), "P3028"},
		{"P3028 small letters", therapy, contract("22", "00a00"), "P3028"},
		{"P3028 estimate without approval", therapy, contract("22", "01099"), "P3028"},
		{"P3028 estimate with approval", aids, contract("15", "01099"), ""},
		{"P3042 exempt", checkstest.Exempt, prescription(func(p *billing.Prescription) { p.CopayMarker = '1' }), ""},
		{"P3042 unknown", therapy, prescription(func(p *billing.Prescription) { p.CopayMarker = '7' }), "P3042"},
		{"P3042 missing", therapy, prescription(func(p *billing.Prescription) { p.CopayMarker = 0 }), "P3042"},
		{"P3044 other accident", therapy, prescription(func(p *billing.Prescription) { p.Accident = '2' }), ""},
		{"P3044 form 13 knows no work accident", therapy, prescription(func(p *billing.Prescription) { p.Accident = '1' }), "P3044 P4031"},
		{"P3044 other entitlement", aids, prescription(func(p *billing.Prescription) { p.Accident = '3' }), ""},
		{"P3044 unknown", aids, prescription(func(p *billing.Prescription) { p.Accident = '4' }), "P3044"},
		{"P3045 appointment service", therapy, prescription(func(p *billing.Prescription) { p.Special = '7' }), ""},
		{"P3045 not assigned", therapy, prescription(func(p *billing.Prescription) { p.Special = '3' }), "P3045"},
		{"P3045 care recommendation for aids", aids, prescription(func(p *billing.Prescription) { p.Special = '8' }), ""},
		{"P3045 not for therapy", therapy, prescription(func(p *billing.Prescription) { p.Special = '8' }), "P3045"},
		{"P3046 last one", aids, func(b bill) { line(b, 3).AidMark = "20" }, ""},
		{"P3046 unknown", aids, func(b bill) { line(b, 3).AidMark = "21" }, "P3046"},
		{"P3049 special need", therapy, prescription(func(p *billing.Prescription) { p.Kind = "04" }), "P4214"},
		{"P3049 not assigned", therapy, prescription(func(p *billing.Prescription) { p.Kind = "01" }), "P3049"},
		{"P3049 outside the guidelines", therapy, prescription(func(p *billing.Prescription) { p.Kind = "99" }), ""},
		{"P3050 not given", therapy, prescription(func(p *billing.Prescription) { p.TherapyArea = 0 }), ""},
		{"P3050 ergo by a physiotherapist", therapy, prescription(func(p *billing.Prescription) { p.TherapyArea = '4' }), "P3050"},
		{"P3050 unknown", therapy, prescription(func(p *billing.Prescription) { p.TherapyArea = '6' }), "P3050"},
		{"P3050 ergo by an occupational therapist", checkstest.Exempt, prescription(func(p *billing.Prescription) { p.TherapyArea = '4' }), ""},
		{"P3055 long-term", transport, approval("E2"), ""},
		{"P3055 of another group", transport, approval("C2"), "P3055"},
		{"P3055 not assigned", checkstest.Exempt, approval("B1"), "P3055"},
		{"P3055 unknown", transport, approval("E9"), "P3055"},
	})
}

// nursing makes a nursing bill of the second invoice of example B, with a
// provisional promise of the payer.
func nursing() *billing.Invoice {
	inv := checkstest.Exempt()
	inv.Header.Group = 'C'
	c := &inv.Cases[0]
	for i := range c.Positions {
		c.Positions[i].BillingCode, c.Positions[i].Item = "31", "032000"
	}
	c.Approvals = []billing.Approval{{Mark: "Pseudo", Date: c.Prescription.Date, Kind: "C2"}}
	return checkstest.Sum(inv)
}

// CHK-1, CHK-2: provisional promises.
func TestProvisionalApproval(t *testing.T) {
	t.Parallel()
	known := func(change func(*billing.Approval)) func(bill) {
		return func(b bill) {
			key := billing.ContractKey{BillingCode: "31", Tariff: "00501"}
			always := billing.Period{From: day("2020-01-01")}
			b.Facts.Prices.Add(key, "032000", billing.Price{Period: always, Cents: 57_20})
			b.Facts.Providers.Add(b.Provider, billing.Admission{Period: always, Group: 'C', ContractKey: key})
			change(&first(b).Approvals[0])
		}
	}
	try(t, []variant{
		{"P3071 as agreed", nursing, known(func(*billing.Approval) {}), ""},
		{"P3071 another mark", nursing, known(func(a *billing.Approval) { a.Mark = "4711" }), "P3071"},
		{"P3071 another date", nursing, known(func(a *billing.Approval) { a.Date++ }), "P3071"},
		{"P3071 approved for good", nursing, known(func(a *billing.Approval) { a.Kind, a.Mark, a.Date = "C1", "4711", a.Date+1 }), ""},
	})
}

// CHK-1, CHK-8: processing codes and their references to the first bill.
func TestProcessingCodes(t *testing.T) {
	t.Parallel()
	code := func(p billing.ProcessingCode) func(bill) {
		return func(b bill) { heads(b, func(h *billing.Head) { h.Processing = p }) }
	}
	try(t, []variant{
		{"P3029 unknown", checkstest.Therapy, code(5), "P3029"},
		{"P3029 resumption before its time", checkstest.Correction, func(b bill) {
			code(billing.ResumptionOfCare)(b)
			first(b).Totals.Deduction = billing.OptCents{}
			checkstest.Sum(b.Invoice)
			b.Header.CreatedOn = day("2025-09-30")
			heads(b, func(h *billing.Head) { h.Date = day("2025-09-30") })
			first(b).Origin = nil
			line(b, 0).Date = day("2025-09-20")
			first(b).Prescription.Date = day("2025-09-10")
		}, "P3029"},
		{"P3030 correction of aids", checkstest.Aids, code(billing.CorrectionBill), "P3030"},
		{"P3030 claim by a physiotherapist", checkstest.Claim, func(bill) {}, ""},
		{"P3030 resumption by an occupational therapist", checkstest.Exempt, code(billing.ResumptionOfCare), "P3030"},
		{"P3031 correction without reference", checkstest.Correction, func(b bill) { first(b).Origin = nil }, "P3031"},
		{"P3031 first bill with reference", checkstest.Therapy, func(b bill) {
			first(b).Origin = &billing.Origin{Place: billing.Place{Segment: 99}}
		}, "P3031"},
		{"P3115 deduction in a correction", checkstest.Correction, func(bill) {}, ""},
		{"P3115 deduction in a first bill", checkstest.Therapy, func(b bill) {
			first(b).Totals.Deduction = billing.Some(1_00)
		}, "P3115"},
	})
}

// CHK-1, CHK-2: what an invoice says about itself.
func TestInvoiceHeads(t *testing.T) {
	t.Parallel()
	therapy, transport := checkstest.Therapy, checkstest.Transport
	number := func(s string) func(bill) {
		return func(b bill) { heads(b, func(h *billing.Head) { h.Number.Collective = s }) }
	}
	try(t, []variant{
		{"P3032 provider sends kind 1", transport, func(bill) {}, ""},
		{"P3032 office sends kind 1", transport, func(b bill) { b.Header.Sender = checkstest.BillingService }, "P3032"},
		{"P3032 provider sends kind 2", transport, func(b bill) {
			heads(b, func(h *billing.Head) { h.Kind = '2' })
		}, "P3032"},
		{"P3032 not assigned", transport, func(b bill) {
			heads(b, func(h *billing.Head) { h.Kind = '0' })
		}, "P3032"},
		{"P3033 separators", therapy, number("2026-11/17"), ""},
		{"P3033 14 characters", therapy, number("12345678901234"), ""},
		{"P3033 15 characters", therapy, number("123456789012345"), "P3033"},
		{"P3033 separator first", therapy, number("-2026"), "P3033"},
		{"P3033 separator last", therapy, number("2026/"), "P3033"},
		{"P3033 separators adjacent", therapy, number("20--1"), "P3033"},
		{"P3033 other character", therapy, number("RE#17"), "P3033"},
		{"P3033 blank", therapy, number("RE 17"), "P3033"},
		{"P3033 single number too long", therapy, func(b bill) {
			b.Number.Single, b.Statement.Number.Single = "1234567", "1234567"
		}, "P3033"},
		{"P3034 single number without collective invoice", transport, func(b bill) {
			b.Number.Single, b.Statement.Number.Single = "7", "7"
		}, "P3034"},
		{"P3034 no single number under a collective invoice", therapy, func(b bill) {
			b.Number.Single, b.Statement.Number.Single = "0", "0"
		}, "P3034"},
		{"P3034 collective invoice with single number", therapy, func(b bill) { b.Collective.Number.Single = "1" }, "P3034"},
		{"P3035 unique", therapy, func(b bill) { first(b).VoucherNo = "0000000003" }, ""},
		{"P3035 twice", therapy, func(b bill) { first(b).VoucherNo = "0000000002" }, "P3035"},
		{"P3035 missing", therapy, func(b bill) { first(b).VoucherNo = "" }, "P3035"},
		{"P3035 11 characters", therapy, func(b bill) { first(b).VoucherNo = "00000000001" }, "P3035"},
		{"P3036 not given", therapy, func(b bill) { first(b).VoucherInfo = "" }, ""},
		{"P3036 image", therapy, func(b bill) { first(b).VoucherInfo, first(b).Image = "2", &billing.Image{} }, ""},
		{"P3036 without image", therapy, func(b bill) { first(b).VoucherInfo = "2" }, "P3036"},
		{"P3036 unknown", therapy, func(b bill) { first(b).VoucherInfo = "3" }, "P3036"},
		{"P3063 number alone", therapy, func(b bill) { b.Statement.Tax.Exempt = false }, ""},
		{"P3063 exemption alone", therapy, func(b bill) { b.Statement.Tax.Number = "" }, ""},
		{"P3063 neither", therapy, func(b bill) { b.Statement.Tax.Number, b.Statement.Tax.Exempt = "", false }, "P3063"},
		{"P3063 segment missing", therapy, func(b bill) { b.Statement.Tax = billing.Tax{} }, "P3063"},
		{"P3065 two providers", therapy, func(b bill) { b.Statement.Provider = checkstest.ErgoProvider }, "P3065"},
		{"P3065 two payers", therapy, func(b bill) { b.Statement.Payer = checkstest.TransportPayer }, "P3065"},
		{"R-FKT-02 two funds", therapy, func(b bill) { b.Statement.Fund = checkstest.OtherFund }, "R-FKT-02"},
		{"P2025 two processing codes are the reader's matter", therapy, func(b bill) {
			b.Statement.Processing = billing.CorrectionBill
		}, ""},
		{"P2024 two kinds are the reader's matter", therapy, func(b bill) { b.Statement.Kind = '1' }, ""},
		{"R-FKT-03 biller in kind 1", transport, func(b bill) { b.Biller = checkstest.BillingService }, "R-FKT-03"},
		{"R-FKT-03 no biller in kind 3", therapy, func(b bill) { b.Biller = "" }, "R-FKT-03"},
		{"R-FKT-03 another biller", therapy, func(b bill) { b.Biller = checkstest.ErgoProvider }, "R-FKT-03"},
		{"R-FKT-04 statement without fund", therapy, func(b bill) { b.Statement.Fund = "" }, "R-FKT-04"},
		{"R-FKT-04 collective statement with fund", therapy, func(b bill) { b.Collective.Fund = checkstest.Fund }, "R-FKT-04"},
		{"R-FKT-05 kind 3 of another payer", therapy, func(b bill) { b.Collective.Payer = checkstest.TransportPayer }, "R-FKT-05"},
		{"R-REC-02 other date", therapy, func(b bill) { b.Statement.Date-- }, "R-REC-02"},
		{"R-REC-02 other number", therapy, func(b bill) { b.Statement.Number.Single = "9" }, "R-REC-02"},
		{"R-REC-02 collective with other number", therapy, func(b bill) { b.Collective.Number.Collective = "2026" }, "R-REC-02"},
		{"R-UST-01 tax in the collective statement", therapy, func(b bill) {
			b.Collective.Tax = billing.Tax{Place: billing.Place{Segment: 3}, Present: true}
		}, "R-UST-01"},
	})
}

// CHK-1, CHK-2: dates and persons.
func TestDatesAndPersons(t *testing.T) {
	t.Parallel()
	therapy, transport := checkstest.Therapy, checkstest.Transport
	invoiceDate := func(s string) func(bill) {
		return func(b bill) { heads(b, func(h *billing.Head) { h.Date = day(s) }) }
	}
	birth := func(y, m, d int) func(bill) {
		return func(b bill) {
			first(b).Person.Birth = billing.Birth{Year: int16(y), Month: int8(m), Day: int8(d)}
		}
	}
	name := func(last, given string) func(bill) {
		return func(b bill) { first(b).Person.LastName, first(b).Person.FirstName = last, given }
	}
	try(t, []variant{
		{"P3037 on the day of the file", therapy, invoiceDate("2026-11-02"), ""},
		{"P3037 after the file", therapy, invoiceDate("2026-11-03"), "P3037"},
		{"P3037 after receipt", therapy, func(b bill) {
			b.Header.CreatedOn = day("2026-12-24")
			invoiceDate("2026-12-24")(b)
		}, "P3037"},
		{"P3038 on the last day of service", therapy, invoiceDate("2026-10-19"), ""},
		{"P3038 before it", therapy, invoiceDate("2026-10-18"), "P3038"},
		{"P3039 on the day of receipt", therapy, func(b bill) {
			b.Header.CreatedOn = day(checkstest.ReceivedOn)
			invoiceDate(checkstest.ReceivedOn)(b)
			line(b, 4).Date = day(checkstest.ReceivedOn)
		}, ""},
		{"P3039 after it", therapy, func(b bill) { line(b, 4).Date = day("2026-11-26") }, "P3039"},
		{"P3040 age limit", therapy, birth(1906, 10, 5), ""},
		{"P3040 older", therapy, birth(1906, 10, 4), "P3040"},
		{"P3040 after the service", checkstest.Aids, func(b bill) {
			birth(2026, 10, 17)(b)
			first(b).Prescription.CopayMarker = '0'
			for i := range first(b).Aids {
				first(b).Aids[i].Copay = billing.OptCents{}
			}
			checkstest.Sum(b.Invoice)
		}, "P3040"},
		{"P3040 year alone", transport, func(b bill) { birth(1906, 0, 0)(b) }, ""},
		{"P3040 year alone, too old", transport, birth(1905, 0, 0), "P3040"},
		{"P3041 on the first day", therapy, func(b bill) { first(b).Prescription.Date = day("2026-10-05") }, ""},
		{"P3041 a day later", therapy, func(b bill) { first(b).Prescription.Date = day("2026-10-06") }, "P3041"},
		{"P3041 emergency", transport, func(b bill) {
			first(b).Prescription.Date = day("2026-10-14")
		}, ""},
		{"P3041 transport without emergency", transport, func(b bill) {
			first(b).Prescription.Date = day("2026-10-14")
			first(b).Trips[1].FromPostcode, first(b).Trips[1].FromCity = "20000", "Neustadt"
		}, "P3041"},
		{"P3056 on the invoice date", transport, func(b bill) { first(b).Approvals[0].Date = day("2026-11-03") }, ""},
		{"P3056 after it", transport, func(b bill) { first(b).Approvals[0].Date = day("2026-11-04") }, "P3056"},
		{"P3056 two years before", transport, func(b bill) { first(b).Approvals[0].Date = day("2024-10-01") }, ""},
		{"P3056 earlier", transport, func(b bill) { first(b).Approvals[0].Date = day("2024-09-30") }, "P3056"},
		{"P3059 no destination", transport, func(b bill) { first(b).Trips[0].ToCity = "" }, "P3059"},
		{"P3059 no postcode of the pick-up", transport, func(b bill) { first(b).Trips[0].FromPostcode = "" }, ""},
		{"P3059 foreign postcode", transport, func(b bill) { first(b).Trips[0].ToPostcode = "9711" }, "P3059"},
		{"P3059 with country", transport, func(b bill) {
			first(b).Trips[0].ToPostcode, first(b).Trips[0].ToCountry = "9711", "NL"
		}, ""},
		{"P3069 no first name", therapy, name("Muster", ""), "P3069"},
		{"P3069 digits", therapy, name("12345", "Erika"), "P3069"},
		{"P3069 one letter repeated", therapy, name("XXX", "Erika"), "P3069"},
		{"P3069 short name", therapy, name("Oo", "Erika"), ""},
		{"P3070 foreign without country", therapy, func(b bill) { first(b).Person.Postcode = "4051" }, "P3070"},
		{"P3070 with country", therapy, func(b bill) { first(b).Person.Postcode, first(b).Person.Country = "4051", "CH" }, ""},
	})
}

// CHK-1, CHK-2: single positions.
func TestPositions(t *testing.T) {
	t.Parallel()
	therapy, aids, transport := checkstest.Therapy, checkstest.Aids, checkstest.Transport
	item := func(s string) func(bill) {
		return func(b bill) {
			p := line(b, 0)
			p.Item = s
			b.Facts.Prices.Add(billing.ContractKey{BillingCode: p.BillingCode, Tariff: p.Tariff}, s,
				billing.Price{Period: billing.Period{From: 1}, Cents: p.Price})
		}
	}
	// vat changes rate and amount of a line of the second trip, whose co-payment
	// then follows its gross amount.
	vat := func(rate money.Hundredths) func(bill) {
		return func(b bill) {
			p := line(b, 2)
			p.VAT.Rate, p.VAT.Amount = rate, money.VAT(p.Price, p.Quantity, rate)
			checkstest.Sum(b.Invoice)
			t := &first(b).Trips[1]
			t.Copay.Cents = t.Gross.Percent(10_00)
			checkstest.Sum(b.Invoice)
		}
	}
	try(t, []variant{
		{"P3016 filler 900", aids, item("3103030900"), ""},
		{"P3016 nine digits", aids, item("310303000"), "P3016"},
		{"P3016 dots", aids, item("31.03.03.0"), "P3016"},
		{"P3018 no structure since version 21", therapy, item("10501"), ""},
		{"P3018 masseur's number by a physiotherapist", therapy, func(b bill) {
			b.Header.Version = 20
			item("10501")(b)
		}, "P3018"},
		{"P3018 physiotherapist's number", therapy, func(b bill) { b.Header.Version = 20 }, ""},
		{"P3021 five digits", transport, item("51010"), "P3021"},
		{"P3047 hearing aid with side", aids, func(b bill) { item("1320010001")(b); line(b, 0).Site = "0" }, ""},
		{"P3047 hearing aid without", aids, func(b bill) { item("1320010001")(b); line(b, 0).Site = "" }, "P3047"},
		{"P3047 other aid without", aids, func(b bill) { line(b, 0).Site = "" }, ""},
		{"P3048 reuse with number", aids, func(b bill) { line(b, 0).AidMark, line(b, 0).InventoryNo = "02", "4711" }, ""},
		{"P3048 reuse without", aids, func(b bill) { line(b, 0).AidMark = "02" }, "P3048"},
		{"P3060 flat rate without kilometres", transport, func(b bill) { line(b, 0).Kilometres = -1 }, "P3060"},
		{"P3060 flat rate with 0", transport, func(b bill) { line(b, 0).Kilometres = 0 }, ""},
		{"P3060 kilometre rate", transport, func(b bill) { line(b, 1).Kilometres = -1 }, ""},
		{"P3061 zero", therapy, func(b bill) { line(b, 4).Quantity = 0; checkstest.Sum(b.Invoice) }, "P3061"},
		{"P3061 part of a treatment", therapy, func(b bill) {
			line(b, 3).Quantity = 1_50
			checkstest.Sum(b.Invoice)
		}, "P3061"},
		{"P3061 part of a kilometre", checkstest.Transport, func(b bill) { b.Cases[1].Positions[1].Quantity = 11_50 }, ""},
		{"P3061 part of a piece", aids, func(b bill) {
			line(b, 2).Quantity = 119_50
			first(b).Aids[1].Copay.Cents = 5_14
			checkstest.Sum(b.Invoice)
		}, "P3061"},
		{"P3061 four places", aids, func(b bill) {
			line(b, 2).Quantity = 9999_00
			first(b).Aids[1].Copay.Cents = 10_00
			checkstest.Sum(b.Invoice)
		}, ""},
		{"P3061 more", aids, func(b bill) {
			line(b, 2).Quantity = 10000_00
			first(b).Aids[1].Copay.Cents = 10_00
			checkstest.Sum(b.Invoice)
		}, "P3061"},
		{"P3062 price 0", therapy, func(b bill) {
			line(b, 0).Price, line(b, 0).CopayPerUnit = 0, billing.Some(0)
			checkstest.Sum(b.Invoice)
		}, "P3062 P4011"},
		{"P3064 full rate", transport, vat(19_00), ""},
		{"P3064 rate of 2020", transport, vat(16_00), "P3064"},
		{"P3064 no rate", transport, vat(4_00), "P3064"},
		{"P3102 right", transport, func(b bill) { line(b, 2).VAT.Amount = 60 }, ""},
		{"P3102 a cent too much", transport, func(b bill) {
			line(b, 2).VAT.Amount = 61
			checkstest.Sum(b.Invoice)
		}, "P3102"},
		{"P3102 a cent too little", transport, func(b bill) {
			line(b, 2).VAT.Amount = 59
			checkstest.Sum(b.Invoice)
		}, "P3102"},
		{"P3102 too much, sums right", transport, func(b bill) { line(b, 2).VAT.Amount = 2_60 }, "P3102"},
		{"R-POS-06 duration", transport, func(b bill) { line(b, 0).Minutes = 16 }, "R-POS-06"},
		{"R-POS-06 past midnight", transport, func(b bill) {
			line(b, 0).From, line(b, 0).To, line(b, 0).Minutes = 1430, 10, 20
		}, ""},
		{"R-POS-06 no such time", transport, func(b bill) {
			line(b, 0).From, line(b, 0).To, line(b, 0).Minutes = 1500, 1501, -1
		}, "R-POS-06"},
	})
}
