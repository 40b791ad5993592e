package p300

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"klarbeleg/dta"
)

// read returns all findings of a file.
func read(t testing.TB, raw string) []dta.Error {
	t.Helper()
	r := NewReader(strings.NewReader(raw), Options{})
	var errs []dta.Error
	for r.Next() {
		errs = append(errs, r.Message().Errors...)
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return append(errs, r.Errors()...)
}

// fault is one change of an example and the findings it has to end in.
type fault struct {
	name, old, now string
	want           string // code, tag and element of all findings
	severity       dta.Severity
}

func testFaults(t *testing.T, file string, faults []fault) {
	t.Helper()
	raw := string(example(t, file))
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			changed := strings.Replace(raw, f.old, f.now, 1)
			if changed == raw {
				t.Fatal("the change changes nothing")
			}
			var got []string
			for _, e := range read(t, changed) {
				at := strings.TrimSpace(e.Code + " " + e.Tag)
				if e.Element > 0 {
					at += fmt.Sprintf(".%d", e.Element)
				}
				got = append(got, at)
				if e.Severity != f.severity {
					t.Errorf("%s: severity %v, want %v", at, e.Severity, f.severity)
				}
				if e.Offset < 0 || e.Offset > int64(len(changed)) || e.Text() == "" {
					t.Errorf("offset %d, text %q", e.Offset, e.Text())
				}
				if v := e.Value(); len(v) > 3 && strings.Contains(e.Text()+e.Error(), v) {
					t.Errorf("the text shows the value")
				}
			}
			if strings.Join(got, ", ") != f.want {
				t.Errorf("got %q, want %q", got, f.want)
			}
		})
	}
}

// DTA-3: every single fault of an ABRP file is found with its rule and place.
func TestFaultsABRP(t *testing.T) {
	t.Parallel()
	const file, c, w = dta.RejectFile, dta.RejectCase, dta.Warn
	testFaults(t, "apo_abrp_v21.edi", []fault{
		{"APO-D01 other separators", "UNA:+,?", "UNA;+,?", "APO-D01", file},
		{"APO-D01 syntax", "UNOC:3", "UNOA:1", "APO-D01 UNB", file},
		{"APO-D01 UTF-8", "Muster+Anna", "Mustär+Anna", "APO-D01 UNH", file},
		{"APO-D02 element missing", "BES+27,69+5,00", "BES++5,00", "APO-D02 BES.1", file},
		{"APO-D02 amount", "BES+27,69+", "BES+27,699+", "APO-D02 BES.1", file},
		{"APO-D02 amount too long", "BES+27,69+", "BES+1234567890,00+", "APO-D02 BES.1", file},
		{"APO-D02 amount without places too long", "BES+27,69+", "BES+1234567890+", "APO-D02 BES.1", file},
		{"APO-D02 too long", "INV+A123456780+10000", "INV+A123456780+100000", "APO-D02 INV.2", file},
		{"APO-D02 unknown segment", "NAD+Muster", "NAX+Muster", "APO-D02 NAX, APO-D02 NAD", file},
		{"APO-D02 too many elements", "NAD+Muster+Anna+19580412'", "NAD+Muster+Anna+19580412+++++x'", "APO-D02 NAD", file},
		{"APO-D02 key twice", "NPB+R001+-1,77'\r\nBES+27,69", "NPB+R001+-1,00'\r\nNPB+R001+-0,77'\r\nBES+27,69", "APO-D02 NPB.1, APO-D03 UNT", file},
		{"APO-D03 count", "UNT+33+", "UNT+34+", "APO-D03 UNT", file},
		{"APO-D03 reference", "UNT+33+30999011000001", "UNT+33+30999011000002", "APO-D03 UNT", file},
		{"APO-D03 UNZ count", "UNZ+1+", "UNZ+2+", "APO-D03 UNZ", file},
		{"APO-D03 UNZ reference", "UNZ+1+00017", "UNZ+1+00018", "APO-D03 UNZ", file},
		{"APO-D05 IK", "308990210", "308990211", "APO-D05 UNB.2", file},
		{"APO-D05 date", "20261103+7", "20261131+7", "APO-D05 REC.2", file},
		{"APO-D05 key", "++2+1+1+1+1", "++3+1+1+1+1", "APO-D05 ZUP.12", file},
		{"APO-D05 invoice number", "REC+ARZ-2026", "REC+ARZ/2026", "APO-D05 REC.1", file},
		{"APO-D05 Transaktionsnummer", "+000047119+", "+000047118+", "APO-D05 ZDR.3", file},
		{"APO-D06 name", "B00ABR2600H", "B00XYZ2600H", "APO-D06 UNB.7", file},
		{"APO-D06 counter of zeros", "B00ABR2600H", "B00ABR26000", "APO-D06 UNB.7", file},
		{"APO-D08 version", "ABRP:21", "ABRP:20", "APO-D08 UNH.2", file},
		{"APO-D08 month", "7+20261031", "7+20220630", "APO-D08 REC.4", file},
		{"APO-D09 five decimals", "40,000000", "40,00000", "APO-D09 ZDP.3", file},
		{"APO-V01 PZN", "12345626", "12345627", "APO-V01 EFP.1", file},
		{"APO-V02 original missing", "2+1+0++0", "2+1+1++0", "APO-V02 EFP.7", file},
		{"APO-V02 original too much", "2+1+0++0", "2+1+0+12345626+0", "APO-V02 EFP.7", file},
		{"APO-V03 no Rezept-ID", "++160.000.226.000.001.81", "", "APO-V03 INV.6", file},
		{"APO-V03 no co-payment", "4,14+5,00'", "4,14'", "APO-V03 EFP.14", file},
		{"APO-V04 Rezept-ID", "160.000.226.000.001.81", "160.000.226.000.001.82", "APO-V04 INV.6", c},
		{"APO-V05 nobody", "INV+C345678910+30000++610000000038990210'\r\nNAD+Probe+Clara", "INV++30000++610000000038990210'\r\nNAD+Probe+", "APO-V05 NAD", file},
		{"APO-R01 sum", "BES+27,69", "BES+27,70", "APO-R01 BES.1", c},
		{"APO-R02 paper", "BES+7,97", "BES+10,47", "APO-R02 BES.1", w},
		{"APO-R03 co-payment", "BES+27,69+5,00", "BES+27,69+5,01", "APO-R03 BES.2", c},
		{"APO-R04 tax", "19,00+4,14", "19,00+4,16", "APO-R04 EFP.13", w},
		{"APO-R09 hash", "+13+3,21'", "+13+3,22'", "APO-R09 ZDR.1", c},
		{"APO-R10 unknown", "09999011", "00000017", "APO-R10 EFP.1", w},
		{"APO-R10 tax", "3+1+++0++++19,00+3,23", "3+1+++0++++7,00+1,33", "APO-R10 EFP.1", w},
	})
}

// DTA-3: every broken identity of an invoice is found.
func TestFaultsRECP(t *testing.T) {
	t.Parallel()
	const file, m = dta.RejectFile, dta.RejectMessage
	testFaults(t, "apo_recp_v08.edi", []fault{
		{"APO-R07 RES-05", "20,00+112,41+0,00+112,41+4", "20,00+112,42+0,00+112,41+4", "APO-R07 RES.4, APO-R07 RES", m},
		{"APO-R07 RES-07", "112,41+0,00+112,41+4", "112,41+0,00+112,40+4", "APO-R07 RES.6", m},
		{"APO-R07 GEP of a pharmacy", "RFP+IK+309990110'\r\nGEP+100+49,72+3,54+10,00+36,18+2", "RFP+IK+309990110'\r\nGEP+100+49,72+3,54+10,00+36,18+3", "APO-R07 GEP", m},
		{"APO-R07 SER-13", "9901101+4+111,27+132,41+112,41+0", "9901101+4+111,28+132,41+112,41+0", "APO-R07 SER.12, APO-R07 SSA", m},
		{"APO-R07 SER-15", "9901101+4+111,27+132,41+112,41+0", "9901101+4+111,27+132,41+112,42+0", "APO-R07 SER.14, APO-R07 SSA", m},
		{"APO-R07 SSA", "SSA++111,27+132,41", "SSA++111,27+132,42", "APO-R07 SSA", m},
		{"APO-D02 order", "SSA++111,27+132,41+112,41'\r\n", "", "APO-D02 SGA, APO-D02 SGA, APO-D02 SGA, APO-D02 SGB, APO-D02 SSA, APO-D03 UNT", file},
		{"APO-R07 RES-02", "RES+139,89", "RES+139,90", "APO-R07 RES.4, APO-R07 RES", m},
		{"APO-R07 SGA-07", "5,31+0,00+104,58", "5,31+0,01+104,58", "APO-R07 SGA.6", m},
		{"APO-R07 SGA-09", "104,58+19,00+16,70+87,88", "104,58+19,00+16,71+87,87", "APO-R07 SGA.8, APO-R07 SEU, APO-R07 SER.12, APO-R07 SER.13, APO-R07 SSA", m},
		{"APO-R07 SGA-10", "104,58+19,00+16,70+87,88", "104,58+19,00+16,70+87,89", "APO-R07 SGA.9, APO-R07 SEU, APO-R07 SER.12, APO-R07 SER.13", m},
		{"APO-R07 SEU-04", "SEU+19,00+111,27+21,14", "SEU+19,00+111,27+21,15", "APO-R07 SEU, APO-R07 SER.13", m},
		{"APO-D02 foreign without USt-IdNr.", "EUR+A+1", "EUR+A+2", "APO-D02 SER.9", file},
		{"APO-D05 product key", "SGA+01", "SGA+98", "APO-D05 SGA.1", file},
	})
}

// invoiceWithCentre is the example with an own invoice of the Rechenzentrum.
func invoiceWithCentre(t testing.TB) string {
	t.Helper()
	raw := string(example(t, "apo_recp_v08.edi"))
	for _, c := range [][2]string{
		{"112,41+0,00+112,41+4", "112,41+0,00+124,31+4"},
		{"SSA++111,27+132,41+112,41'", "SRR+308990210+ARZ Muster+D+79312+Emmendingen+Weg 1+DE999999990++ARZ-2026-10-00013089902101+10,00+11,90'\r\n" +
			"SGA+91++11,90++0,00+11,90+19,00+1,90+10,00'\r\nSEU+19,00+10,00+1,90+1'\r\n" +
			"SSA++121,27+144,31+124,31'\r\nSGA+91++11,90++0,00+11,90+19,00+1,90+10,00'"},
		{"SEU+19,00+111,27+21,14+1'\r\nUNT+30", "SEU+19,00+121,27+23,04+1'\r\nUNT+34"},
	} {
		changed := strings.Replace(raw, c[0], c[1], 1)
		if changed == raw {
			t.Fatalf("%q does not occur", c[0])
		}
		raw = changed
	}
	return raw
}

// DTA-3: an invoice of the Rechenzentrum is part of the sums, and is written as
// it was read.
func TestInvoiceOfCentre(t *testing.T) {
	t.Parallel()
	raw := invoiceWithCentre(t)
	out, errs := rewrite(t, []byte(raw), WriterOptions{LineEnd: dta.CRLF, UNA: true})
	for _, e := range errs {
		t.Errorf("finding: %v: %s", e, e.Text())
	}
	if string(out) != raw {
		t.Errorf("written file differs:\n%s", out)
	}
	for _, c := range [][2]string{{"+10,00+11,90'\r\nSGA", "+10,01+11,90'\r\nSGA"}, {"+10,00+11,90'\r\nSGA", "+10,00+11,91'\r\nSGA"}} {
		errs := read(t, strings.Replace(raw, c[0], c[1], 1))
		if len(errs) != 2 || errs[0].Tag != "SRR" || errs[1].Tag != "SSA" {
			t.Errorf("%q: %v", c[1], errs)
		}
	}
}

// DTA-3: in RECP all invoices of type 7 come before the one of type 6.
func TestOrderOfInvoices(t *testing.T) {
	t.Parallel()
	raw := string(example(t, "apo_recp_v08.edi"))
	raw = strings.Replace(raw, "0001+20261103+7", "0001+20261103+6", 1)
	raw = strings.Replace(raw, "0001S+20261103+6", "0001S+20261103+7", 1)
	errs := read(t, raw)
	if len(errs) != 1 || errs[0].Code != CodeSyntax || errs[0].Tag != "REC" || errs[0].Message != 2 {
		t.Errorf("findings: %v", errs)
	}
}

// DTA-3: a prescription that went astray names its pharmacy.
func TestIrrlaeufer(t *testing.T) {
	t.Parallel()
	raw := strings.ReplaceAll(string(example(t, "apo_abrp_v21.edi")), "30999011000001", IrrlaeuferIK+"00001")
	errs := read(t, raw)
	if len(errs) != 4 || errs[0].Code != CodeIrrlaeufer || errs[0].Element != 11 {
		t.Errorf("findings: %v", errs)
	}
	if errs := read(t, strings.ReplaceAll(raw, "++2+1+1", "+309990110+2+1+1")); len(errs) != 2 {
		t.Errorf("two prescriptions name their pharmacy: %v", errs)
	}
}

// DTA-3: the 7-bit character set has German letters in the places of brackets.
func TestSevenBit(t *testing.T) {
	t.Parallel()
	raw := strings.Replace(string(example(t, "apo_abrp_v21.edi")), "UNOC:3", "UNOB:2", 1)
	raw = strings.Replace(raw, "NAD+Muster+Anna", "NAD+M}ller+[sa", 1)
	r := NewReader(strings.NewReader(raw), Options{})
	if !r.Next() || r.Rejected() {
		t.Fatal(r.Errors())
	}
	if n := r.Message().ABRP.Verordnungen[0].NAD; n.Nachname != "Müller" || n.Vorname != "Äsa" {
		t.Error("letters differ")
	}
	out, _ := rewrite(t, []byte(raw), WriterOptions{LineEnd: dta.CRLF, UNA: true})
	if string(out) != raw {
		t.Errorf("written file differs:\n%s", out)
	}
}

// DTA-3: unreadable input ends in a finding of stage 1, and in none above the
// limit.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "x", "UNB", "UNA:+,? '", "UNH+1'", "\xef\xbb\xbfUNB+UNOC:3'"} {
		if errs := read(t, raw); len(errs) == 0 || errs[0].Code != CodeUnlesbar || errs[0].Stage != 1 {
			t.Errorf("%q: %v", raw, errs)
		}
	}
	raw := string(example(t, "apo_abrp_v21.edi"))
	r := NewReader(strings.NewReader(strings.ReplaceAll(raw, "NAD+", "XXX+")), Options{MaxErrors: 3})
	for r.Next() {
	}
	if len(r.Errors()) != 3 || r.Dropped() == 0 {
		t.Errorf("%d findings kept, %d dropped", len(r.Errors()), r.Dropped())
	}
}

// DTA-3: the rules are those of the list, with stage, severity and effect.
func TestRules(t *testing.T) {
	t.Parallel()
	rows, err := csv.NewReader(bytes.NewReader(example(t, "apo_pruefregeln.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{}
	for _, row := range rows[1:] {
		want[row[0]] = row
	}
	for _, r := range Rules() {
		row := want[r.Code]
		if row == nil {
			if r.Code != CodeAbgleich && r.Code != CodeTA7 {
				t.Errorf("%s is not in the list", r.Code)
			}
			continue
		}
		effect := row[6]
		severity := map[bool]dta.Severity{true: dta.RejectFile, false: dta.RejectCase}[strings.HasPrefix(effect, "Datei")]
		if strings.HasPrefix(effect, "Rechnung") {
			severity = dta.RejectMessage
		}
		if row[3] != "FEHLER" {
			severity = dta.Warn
		}
		if row[2] != fmt.Sprint(r.Stage) || r.Severity != severity {
			t.Errorf("%s: stage %d, severity %v, want %s, %v", r.Code, r.Stage, r.Severity, row[2], severity)
		}
	}
}

// DTA-3: forms of amounts.
func TestDecimal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"27,69": 2769, ",15": 15, "-1,77": -177, "0,00": 0, "5": 500, "5,5": 550, "123456789,00": 12345678900} {
		if got, ok := decimal(text, 2, 12); !ok || got != want {
			t.Errorf("%s: %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "-", ",", "5,", "1,234", "1.50", "--1", "1,2,3", "1234567890", "x", "1 "} {
		if got, ok := decimal(text, 2, 12); ok {
			t.Errorf("%q is accepted as %d", text, got)
		}
	}
	if got, ok := decimal("1000,000000", 6, 13); !ok || got != 1_000_000_000 {
		t.Errorf("factor: %d, %v", got, ok)
	}
}
