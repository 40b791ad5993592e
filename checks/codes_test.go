package checks

import (
	"testing"
	"testing/fstest"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// CHK-1: the key lists, by their validity.
func TestCodes(t *testing.T) {
	t.Parallel()
	c := loadCodes()
	day := calendar.MustDate
	if areas, ok := c.BillingCode("31", day("2026-11-25")); !ok || !areas.Has('C') || !areas.Has('D') || areas.Has('E') {
		t.Errorf("31: %v, %v", areas, ok)
	}
	for on, want := range map[string]bool{"2027-01-31": false, "2027-02-01": true} {
		if _, ok := c.BillingCode("C1", day(on)); ok != want {
			t.Errorf("C1 on %s: %v", on, ok)
		}
	}
	for _, code := range []string{"64", "00", "ZZ", "", "1", "123", "a1", "ü"} {
		if _, ok := c.BillingCode(code, day("2026-11-25")); ok {
			t.Errorf("billing code %q was accepted", code)
		}
	}
	for code, want := range map[string]bool{"A1": true, "B1": false, "B2": true, "R2": true, "S1": false} {
		if c.ApprovalKind(code) != want {
			t.Errorf("approval %s: %v", code, !want)
		}
	}
	for code, want := range map[string]bool{"01": false, "03": true, "05": true, "10": false, "99": true} {
		if c.PrescriptionKind(code) != want {
			t.Errorf("prescription %s: %v", code, !want)
		}
	}
	if c.CopayKind("05") || !c.CopayKind("04") {
		t.Error("kinds of co-payment")
	}
}

// CHK-3: VAT rates by date; where a rate is not legal, the next one below is.
func TestVATRates(t *testing.T) {
	t.Parallel()
	c := loadCodes()
	for _, tc := range []struct {
		rate  money.Hundredths
		on    string
		legal money.Hundredths
		ok    bool
	}{
		{19_00, "2026-11-25", 19_00, true},
		{7_00, "2026-11-25", 7_00, true},
		{16_00, "2026-11-25", 7_00, false},
		{20_00, "2026-11-25", 19_00, false},
		{4_00, "2026-11-25", 0, false},
		{16_00, "2020-07-01", 16_00, true},
		{5_00, "2020-12-31", 5_00, true},
		{19_00, "2020-12-31", 16_00, false},
		{19_00, "2021-01-01", 19_00, true},
		{19_00, "2020-06-30", 19_00, true},
	} {
		if legal, ok := c.VATRate(tc.rate, calendar.MustDate(tc.on)); legal != tc.legal || ok != tc.ok {
			t.Errorf("%d on %s: %d, %v", tc.rate, tc.on, legal, ok)
		}
	}
}

// CHK-8: who may use which processing code, and from when.
func TestProcessingFor(t *testing.T) {
	t.Parallel()
	c := loadCodes()
	for _, tc := range []struct {
		group billing.Group
		code  string
		p     billing.ProcessingCode
		on    string
		want  bool
	}{
		{'A', "15", billing.FirstBill, "2026-11-25", true},
		{'A', "15", billing.CorrectionBill, "2026-11-25", false},
		{'B', "22", billing.CorrectionBill, "2026-11-25", true},
		{'B', "29", billing.CopaymentClaim, "2026-11-25", true},
		{'B', "71", billing.AdditionalClaim, "2026-11-25", true},
		{'B', "22", billing.AdditionalClaim, "2019-06-30", false},
		{'B', "22", billing.ResumptionOfCare, "2026-11-25", true},
		{'B', "26", billing.ResumptionOfCare, "2026-11-25", false},
		{'F', "50", billing.CorrectionBill, "2025-10-01", true},
		{'F', "50", billing.CorrectionBill, "2025-09-30", false},
		{'F', "50", billing.CopaymentClaim, "2026-11-25", false},
	} {
		if got := c.ProcessingFor(tc.group, tc.code, tc.p, calendar.MustDate(tc.on)); got != tc.want {
			t.Errorf("%s %s with %02d on %s: %v", tc.group, tc.code, tc.p, tc.on, got)
		}
	}
}

// A damaged list is an error, never an empty list.
func TestReadCodes(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]fstest.MapFS{
		"missing":  {},
		"no csv":   {"codes/abrechnungscode.csv": {Data: []byte("code\n\"")}},
		"bad date": {"codes/abrechnungscode.csv": {Data: []byte("code,sammelgruppe,gueltig_ab,gueltig_bis\n22,B,gestern,\n")}},
		"bad rate": {"codes/mwst_satz.csv": {Data: []byte("code,gueltig_ab,gueltig_bis\n\"x,00\",,\n")}},
	} {
		if _, err := readCodes(files); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
