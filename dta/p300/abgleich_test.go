package p300

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"klarbeleg/dta"
)

// abgleich compares the prescriptions and the invoices of two files, whose sums
// were kept in between.
func abgleich(t *testing.T, files ...string) []string {
	t.Helper()
	all := NewAbgleich()
	for _, raw := range files {
		a := NewAbgleich()
		r := NewReader(strings.NewReader(raw), Options{})
		for r.Next() {
			a.Add(r.Message())
		}
		if r.Err() != nil || r.Rejected() {
			t.Fatal(r.Err(), r.Errors())
		}
		kept, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var back Abgleich
		if err := json.Unmarshal(kept, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, &back, cmp.AllowUnexported(Abgleich{}, rechnung{}, betraege{}, statusKey{}, statusVergleich{})); diff != "" {
			t.Error(diff)
		}
		all.Merge(&back)
	}
	var codes []string
	for _, e := range all.Errors() {
		codes = append(codes, e.Code+" "+e.Tag)
	}
	return codes
}

// DTA-3: prescriptions and invoices of the examples agree, and every difference
// is told.
func TestAbgleich(t *testing.T) {
	t.Parallel()
	abrp, recp := string(example(t, "apo_abrp_v21.edi")), string(example(t, "apo_recp_v08.edi"))
	for _, c := range []struct{ name, old, now, want string }{
		{"equal", "", "", ""},
		{"other Rechnungsnummer", "REC+ARZ-2026-10-0001+", "REC+ARZ-2026-10-0002+", "APO-R07 RES, APO-R07 "},
		{"sum", "BES+7,97+0,00", "BES+7,98+0,00", "APO-R07 RES, APO-A01 GEP"},
		{"discount", "R001+-0,40", "R001+-0,41", "APO-R08 RES"},
		{"status", "C345678910+30000", "C345678910+50000", "APO-A01 GEP, APO-A01 GEP"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(abgleich(t, strings.Replace(abrp, c.old, c.now, 1), recp), ", "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if got := abgleich(t, abrp); len(got) != 1 || got[0] != "APO-R07 " {
		t.Errorf("no invoice: %q", got)
	}
	if got := abgleich(t, recp); len(got) != 1 || got[0] != "APO-R07 RES" {
		t.Errorf("no prescriptions: %q", got)
	}
}

// DTA-3: the hash of the test vector and of the example.
func TestHashZusatzdaten(t *testing.T) {
	t.Parallel()
	vector := string(example(t, "apo_hash_testvektor.txt"))
	r := NewReader(bytes.NewReader(example(t, "apo_abrp_v21.edi")), Options{})
	if !r.Next() {
		t.Fatal(r.Errors())
	}
	v := r.Message().ABRP.Verordnungen[3]
	if got := HashZusatzdaten(&v.ZDR.Wert, v.Herstellungen); len(got) != 40 || !strings.Contains(vector, "\n"+got) {
		t.Errorf("hash %s is not in the vector", got)
	}
}

// DTA-3: check digits, test values of section 7.
func TestPruefziffern(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		valid    func(string) bool
		yes, not []string
	}{
		{"PZN", ValidPZN, []string{"05454378", "08585997", "02567053", "09999011", "18774908"}, []string{"05454379", "", "0545437", "0545437x", "12345610", "12345619"}},
		{"IK", ValidIK, []string{"107436557", "104212505", "109519005", "308412345", IrrlaeuferIK, "999999999"}, []string{"107436558", "10743655", "x07436557"}},
		{"Rezept-ID", ValidRezeptID, []string{"160.000.764.737.300.50", "160.123.456.789.123.58"}, []string{"200.000.000.000.000.01", "160000764737300500000a", "160.000.764.737.300.5"}},
		{"Transaktionsnummer", ValidTransaktionsnummer, []string{"123456786"}, []string{"123456785", "12345678"}},
	} {
		for _, s := range c.yes {
			if !c.valid(s) {
				t.Errorf("%s %s is valid", c.name, s)
			}
		}
		for _, s := range c.not {
			if c.valid(s) {
				t.Errorf("%s %q is not valid", c.name, s)
			}
		}
	}
}

// DTA-3: both schemes of file names (section 2.3 and 3.2).
func TestDateiname(t *testing.T) {
	t.Parallel()
	for name, original := range map[string]string{
		"ARZABR26001": "ARZABR26001", "ARZKO126A01": "ARZABR26A01", "B00ABR2600H": "B00ABR2600H", "D1ZFH3260A0": "D1ZABR260A0",
	} {
		d, ok := ParseDateiname(name)
		if !ok || d.String() != name || d.Original().String() != original {
			t.Errorf("%s: %v %s, original %s", name, ok, d, d.Original())
		}
	}
	for _, name := range []string{"", "ARZABR26000", "B00ABR26000", "K00ABR2600H", "ARZFHR26001", "ARZKO026001", "B00ABR26 0H"} {
		if _, ok := ParseDateiname(name); ok {
			t.Errorf("%q is accepted", name)
		}
	}
	if d, ok := ParseDateinameTA7("K00FK22600H"); !ok || d.Korrektur() != 2 || d.Original().String() != "K00FHR2600H" {
		t.Errorf("TA7 name: %v %v", d, ok)
	}
}

// DTA-3: the reader never panics; what it accepts is written, and what it writes
// is read and written again without a change.
func FuzzReader(f *testing.F) {
	f.Add(example(f, "apo_abrp_v21.edi"))
	f.Add(example(f, "apo_recp_v08.edi"))
	f.Add([]byte(invoiceWithCentre(f)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		first, errs := rewrite(t, raw, WriterOptions{})
		for _, e := range errs {
			if e.Offset < 0 || e.Offset > int64(len(raw)) || e.Text() == "" {
				t.Fatalf("%v", e)
			}
			if e.Severity == dta.RejectFile {
				return
			}
		}
		second, errs := rewrite(t, first, WriterOptions{})
		for _, e := range errs {
			if e.Severity == dta.RejectFile {
				t.Fatalf("written file: %v: %s\n%q", e, e.Text(), first)
			}
		}
		if !bytes.Equal(first, second) {
			t.Fatalf("written twice:\n%q\n%q", first, second)
		}
	})
}
