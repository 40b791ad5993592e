package auftrag

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"klarbeleg/dta"
)

func example(t testing.TB) []byte {
	t.Helper()
	raw, err := os.ReadFile("../p302/testdata/302-b-heilmittel-ra3-vk01.auf")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// DTA-2: every example is read without a finding and written byte for byte.
func TestExamplesRoundTrip(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../p302/testdata/302-*.auf")
	if err != nil || len(paths) != 5 {
		t.Fatalf("examples: %v, %d files", err, len(paths))
	}
	for _, p := range paths {
		raw, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		a, errs := Read(raw)
		if len(errs) > 0 {
			t.Errorf("%s: %v", p, errs)
		}
		out, err := a.Append(nil)
		if err != nil || !bytes.Equal(out, raw) {
			t.Errorf("%s: %v\n%q\n%q", p, err, out, raw)
		}
	}
}

// DTA-2: the fields stand where the specification puts them.
func TestFields(t *testing.T) {
	t.Parallel()
	a, _ := Read(example(t))
	if got, want := a.TransferName(), "TSOL0041"; got != want {
		t.Errorf("transfer name %q, want %q", got, want)
	}
	if a.AbsenderEigner != "598800016" || a.EmpfaengerNutzer != "668800094" || a.Dateiname != "SL880001A10" {
		t.Errorf("partners or logical name: %q %q %q", a.AbsenderEigner, a.EmpfaengerNutzer, a.Dateiname)
	}
	if a.DateigroesseNutzdaten != 2204 || a.DateigroesseUebertragung != 2204 || a.Zeichensatz != "I1" {
		t.Errorf("sizes %d %d, charset %q", a.DateigroesseNutzdaten, a.DateigroesseUebertragung, a.Zeichensatz)
	}
	f := a.fields()
	if last := f[len(f)-1]; last.end() != Size || last.from != 318 {
		t.Errorf("table ends at %d, last field begins at %d", last.end(), last.from)
	}
}

// set returns the example with bytes replaced from a 1-based position.
func set(raw []byte, from int, s string) []byte {
	out := bytes.Clone(raw)
	copy(out[from-1:], s)
	return out
}

// DTA-6, P1003: one fault each, found with its offset.
func TestSingleFaults(t *testing.T) {
	t.Parallel()
	raw := example(t)
	cases := []struct {
		name     string
		raw      []byte
		severity dta.Severity
		offset   int64
	}{
		{"347 bytes", raw[:347], dta.RejectFile, 0},
		{"349 bytes", append(bytes.Clone(raw), 'x'), dta.RejectFile, 0},
		{"empty", nil, dta.RejectFile, 0},
		{"line end behind the record", append(bytes.Clone(raw), "\r\n"...), dta.Warn, 348},
		{"identifier", set(raw, 1, "500001"), dta.RejectFile, 0},
		{"version", set(raw, 7, "02"), dta.RejectFile, 6},
		{"length field", set(raw, 9, "00000300"), dta.RejectFile, 8},
		{"no digits in a number", set(raw, 179, "00000000 220"), dta.RejectFile, 178},
		{"mandatory text blank", set(raw, 33, strings.Repeat(" ", 15)), dta.RejectFile, 32},
		{"control character", set(raw, 105, "SL880\t01A10"), dta.RejectFile, 104},
		{"creation is no instant", set(raw, 116, "20261302093015"), dta.RejectFile, 115},
		{"signed but not encrypted", set(raw, 207, "0003"), dta.RejectFile, 206},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, errs := Read(c.raw)
			if len(errs) != 1 {
				t.Fatalf("findings: %v", errs)
			}
			if e := errs[0]; e.Code != "P1003" || e.Severity != c.severity || e.Offset != c.offset || e.Text() == "" {
				t.Errorf("finding %v severity %v: %s", e, e.Severity, e.Text())
			}
		})
	}
}

// DTA-2: fields of the transport (227 to 274) and an address up to byte 344 are
// no reason to refuse (traps of section 2.1).
func TestTolerated(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 50) + "@example.org"
	cases := map[string][]byte{
		"transport fields":       set(example(t), 227, "X \x01Y?????????"),
		"long address":           set(example(t), 275, long),
		"long address, packages": set(set(example(t), 275, long), 347, "02"),
		"address and name":       set(set(example(t), 275, "a@example.org"), 319, "Abrechnung Oktober"),
		"blank optional number":  set(example(t), 219, strings.Repeat(" ", 8)),
	}
	for name, raw := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, errs := Read(raw)
			if len(errs) > 0 {
				t.Fatalf("findings: %v", errs)
			}
			out, err := a.Append(nil)
			if err != nil || !bytes.Equal(out, raw) {
				t.Errorf("%v\n%q\n%q", err, out, raw)
			}
			if strings.HasPrefix(name, "long") && a.EMailAdresseAbsender != long {
				t.Errorf("address cut to %d characters", len(a.EMailAdresseAbsender))
			}
		})
	}
}

// DTA-2: what does not fit is refused, not cut.
func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	a, _ := Read(example(t))
	for name, change := range map[string]func(*Auftrag){
		"text too long":      func(a *Auftrag) { a.Dateiname = "SL880001A100" },
		"number too short":   func(a *Auftrag) { a.TransferNummer = "41" },
		"negative size":      func(a *Auftrag) { a.DateigroesseNutzdaten = -1 },
		"size of 13 digits":  func(a *Auftrag) { a.DateigroesseNutzdaten = 1e12 },
		"not in the charset": func(a *Auftrag) { a.DateiBezeichnung = "€" },
	} {
		b := *a
		change(&b)
		if _, err := b.Append(nil); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}

// DTA-2: never panics; what is read without rejecting is written back.
func FuzzRead(f *testing.F) {
	f.Add(example(f))
	f.Add(set(example(f), 275, strings.Repeat("x", 50)+"@example.org"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, errs := Read(raw)
		for _, e := range errs {
			if e.Severity == dta.RejectFile {
				return
			}
		}
		out, err := a.Append(nil)
		if err != nil {
			t.Fatalf("write: %v", err)
		}
		if !bytes.Equal(out, raw[:Size]) {
			t.Fatalf("differs:\n%q\n%q", out, raw[:Size])
		}
	})
}

// P1013: what is agreed, and nothing near it.
func TestKomprimierungVereinbart(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{"00": true, "02": true, "03": true, "07": true, "": false, "0": false, "01": false, "13": false, "99": false} {
		if got := (&Auftrag{Komprimierung: code}).KomprimierungVereinbart(); got != want {
			t.Errorf("%q agreed: %v", code, got)
		}
	}
}
