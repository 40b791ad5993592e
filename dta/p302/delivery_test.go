package p302

import (
	"fmt"
	"os"
	"testing"

	"klarbeleg/dta"
	"klarbeleg/dta/auftrag"
)

// delivery returns Auftragsdatei, header and size of an example.
func delivery(t *testing.T, name string) (*auftrag.Auftrag, *UNB, int64) {
	t.Helper()
	record, err := os.ReadFile("testdata/" + name + ".auf")
	if err != nil {
		t.Fatal(err)
	}
	a, errs := auftrag.Read(record)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	raw := examples(t)[name]
	r := NewReader(&oneShot{raw}, Options{Zeichensatz: a.Zeichensatz})
	if !r.Next() {
		t.Fatal(r.Errors())
	}
	return a, r.UNB(), int64(len(raw))
}

// oneShot returns everything with the first Read.
type oneShot struct{ rest []byte }

func (o *oneShot) Read(p []byte) (int, error) {
	n := copy(p, o.rest)
	o.rest = o.rest[n:]
	return n, nil
}

// CHK-1: the examples agree with their Auftragsdatei, whatever is known already.
func TestExamplesAgreeWithTheirAuftragsdatei(t *testing.T) {
	t.Parallel()
	for _, name := range []string{exA, exB, exB03, exB04, exE} {
		a, u, size := delivery(t, name)
		for _, errs := range [][]dta.Error{
			CheckDelivery(a, "", u, size), CheckDelivery(a, a.TransferName(), u, size),
			CheckDelivery(a, "", nil, size), CheckDelivery(a, "", u, UnknownSize),
		} {
			if len(errs) > 0 {
				t.Errorf("%s: %v", name, errs)
			}
		}
	}
}

// CHK-1, DTA-6: one fault each between the two files of a delivery.
func TestDeliveryFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(a *auftrag.Auftrag, u *UNB, transfer *string, size *int64)
		code   string
		offset int64
	}{
		{"name of a wrong shape", func(_ *auftrag.Auftrag, _ *UNB, n *string, _ *int64) { *n = "ESOL12" }, "P1002", 19},
		{"name of another letter", func(_ *auftrag.Auftrag, _ *UNB, n *string, _ *int64) { *n = "XSOL0041" }, "P1002", 19},
		{"name of another transfer", func(_ *auftrag.Auftrag, _ *UNB, n *string, _ *int64) { *n = "TSOL0042" }, "P1002", 19},
		{"procedure in the record", func(a *auftrag.Auftrag, _ *UNB, n *string, _ *int64) {
			a.VerfahrenKennung, *n = "TAPO0", ""
		}, "P1002", 19},
		{"size", func(_ *auftrag.Auftrag, _ *UNB, _ *string, s *int64) { *s-- }, "P1004", 178},
		{"two sizes", func(a *auftrag.Auftrag, _ *UNB, _ *string, _ *int64) { a.DateigroesseUebertragung++ }, "P1004", 190},
		{"live mark under a test name", func(_ *auftrag.Auftrag, u *UNB, _ *string, _ *int64) { u.Testindikator = "2" }, "P1008", 19},
		{"test mark under a live name", func(a *auftrag.Auftrag, _ *UNB, n *string, _ *int64) {
			a.VerfahrenKennung, *n = "ESOL0", "ESOL0041"
		}, "P1008", 19},
		{"unknown mark", func(_ *auftrag.Auftrag, u *UNB, _ *string, _ *int64) { u.Testindikator = "3" }, "P1008", 19},
		{"character set", func(a *auftrag.Auftrag, _ *UNB, _ *string, _ *int64) { a.Zeichensatz = "U8" }, "P1011", 202},
		{"compression", func(a *auftrag.Auftrag, _ *UNB, _ *string, _ *int64) { a.Komprimierung = "09" }, "P1013", 204},
		{"sender", func(a *auftrag.Auftrag, _ *UNB, _ *string, _ *int64) { a.AbsenderEigner = "608803019" }, "R-FIL-08", 32},
		{"recipient", func(_ *auftrag.Auftrag, u *UNB, _ *string, _ *int64) { u.Empfaengerbezeichnung = "108018007" }, "R-FIL-08", 62},
		{"logical name", func(a *auftrag.Auftrag, _ *UNB, _ *string, _ *int64) { a.Dateiname = "SL880001A11" }, "R-FIL-09", 104},
	} {
		t.Run(c.code+" "+c.name, func(t *testing.T) {
			t.Parallel()
			a, u, size := delivery(t, exB)
			name := a.TransferName()
			c.change(a, u, &name, &size)
			errs := CheckDelivery(a, name, u, size)
			if len(errs) != 1 {
				t.Fatalf("%v", errs)
			}
			if e := errs[0]; e.Code != c.code || e.Offset != c.offset || e.Severity != dta.RejectFile || e.Scope != dta.ScopeFile || e.Text() == "" {
				t.Errorf("%v, severity %s: %s", e, e.Severity, e.Text())
			}
		})
	}
}

// A live delivery is as right as a test one. P1008.
func TestLiveDelivery(t *testing.T) {
	t.Parallel()
	a, u, size := delivery(t, exB)
	a.VerfahrenKennung, u.Testindikator = "ESOL0", "2"
	if errs := CheckDelivery(a, "ESOL0041", u, size); len(errs) > 0 {
		t.Error(errs)
	}
	if e := MissingAuftrag(); e.Code != "P1001" || e.Severity != dta.RejectFile {
		t.Error(e)
	}
}

// AuftragFor makes the record that CheckDelivery wants.
func TestAuftragFor(t *testing.T) {
	t.Parallel()
	for indicator, name := range map[string]string{"0": "TSOL0007", "1": "TSOL0007", "2": "ESOL0007"} {
		_, u, size := delivery(t, exE)
		u.Testindikator = indicator
		a := AuftragFor(u, dta.I1, 1007, size, "20261103120000")
		record, err := a.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		back, errs := auftrag.Read(record)
		if errs = append(errs, CheckDelivery(back, name, u, size)...); len(errs) > 0 {
			t.Errorf("Testindikator %s: %v", indicator, errs)
		}
		if fmt.Sprintf("%+v", *back) != fmt.Sprintf("%+v", *a) {
			t.Errorf("read back: %+v\nwritten: %+v", *back, *a)
		}
	}
}
