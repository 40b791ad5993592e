package p295

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"klarbeleg/dta"
	"klarbeleg/dta/auftrag"
)

// DTA-4, CHK-9: a Storno cancels its original in the ledger, the new invoice
// follows (spec section 10: 171,00 cancelled, 140,50 new).
func TestStorno(t *testing.T) {
	t.Parallel()
	var paid []Cent
	var keys []Belegschluessel
	var kinds []Verarbeitung
	for _, name := range []string{exNormal, exStorno} {
		r := NewReader(strings.NewReader(example(t, name)), Options{})
		total := Cent(0)
		for r.Next() {
			n := r.Nachricht()
			paid, keys, kinds = append(paid, n.Betrag()), append(keys, n.Schluessel()), append(kinds, n.Verarbeitung())
			total += n.Betrag()
		}
		if got := r.Stats(); got.Zahlbetrag != total || got.Messages != 2 || got.Abgewiesen != 0 {
			t.Errorf("%s: %+v, want %d", name, got, total)
		}
	}
	if want := []Cent{17100, 12000, -17100, 14050}; !slices.Equal(paid, want) {
		t.Errorf("amounts %v, want %v", paid, want)
	}
	if want := []Verarbeitung{Normalfall, Normalfall, Storno, Normalfall}; !slices.Equal(kinds, want) {
		t.Errorf("kinds %v, want %v", kinds, want)
	}
	if keys[0] != keys[2] || keys[0] == keys[1] || keys[0] == keys[3] {
		t.Errorf("keys %v", keys)
	}
}

// CHK-9: a Korrektur rejects its Rechnungsbeleg and no other, and says what to
// do instead.
func TestKorrekturRefused(t *testing.T) {
	t.Parallel()
	raw := strings.Replace(example(t, exNormal), "IVK+10", "IVK+40", 1)
	r := NewReader(strings.NewReader(raw), Options{})
	if !r.Next() || !r.Nachricht().Rejected || r.Nachricht().Verarbeitung() != Korrektur {
		t.Fatalf("%+v", r.Nachricht())
	}
	e := r.Nachricht().Errors[0]
	if e.Code != CodeKorrektur || e.Stage != 3 || !strings.Contains(e.Text(), "Kennzeichen 30") || !strings.Contains(e.Text(), "Kennzeichen 10") {
		t.Errorf("%v: %s", e, e.Text())
	}
	if !r.Next() || r.Nachricht().Rejected {
		t.Error("the second Rechnungsbeleg is not accepted")
	}
	if s := r.Stats(); s.Abgewiesen != 1 || s.Zahlbetrag != 12000 {
		t.Errorf("%+v", s)
	}
}

// DTA-4: the versions of the Technische Anlage by validity.
func TestVersions(t *testing.T) {
	t.Parallel()
	if n := len(TAVersionen()); n != 7 {
		t.Errorf("%d versions", n)
	}
	for day, want := range map[Datum]string{20180630: "", 20180701: "5.0", 20190930: "5.0", 20191001: "6.0", 20250930: "6.0", 20251001: "10.0", 20261231: "10.0"} {
		v, ok := TAVersionAm(day)
		if v.Version != want || ok != (want != "") {
			t.Errorf("%d: version %q", day, v.Version)
		}
	}
	readable := map[string]bool{}
	for _, v := range TAVersionen() {
		readable[v.Version] = v.Lesbar
	}
	if fmt.Sprint(readable) != "map[10.0:true 3.0:false 4.0:false 5.0:false 6.0:true 7.0:true 9.0:true]" {
		t.Error(readable)
	}
	for v := 1; v <= 12; v++ {
		raw := strings.ReplaceAll(example(t, exNormal), "DIR140:6:", fmt.Sprintf("DIR140:%d:", v))
		errs := findings(t, raw, Options{})
		if good := v >= 6 && v <= 10; good != (len(errs) == 0) {
			t.Errorf("main version %d: %v", v, errs)
		}
	}
}

// CHK-1: every rule of the catalogue exists, with stage and effect; all message
// types and procedures of the tables are known.
func TestRules(t *testing.T) {
	t.Parallel()
	codes := []string{
		CodeDatei, CodeDateiende, CodeNachricht, CodeTyp, CodeSegmentfolge, CodeElement, CodeKorrektur, CodeKennzeichen,
		CodeStornoUnbekannt, CodeStornoBetraege, CodeDublette, CodeDoppelleistung, CodePruefziffer, CodeSchluessel, CodeDatum,
		CodeVertragsnummer, CodeInanspruchnahme, CodeSummeFehlt, CodeBrutto, CodeMinderungen, CodeNetto, CodeNichtGenehmigt, CodeVertrag,
	}
	var listed []string
	for _, r := range Regeln() {
		listed = append(listed, r.Code)
		if r.Bedingung == "" || r.Wirkung == "" || r.Stage < 1 || r.Stage > 5 {
			t.Errorf("%+v", r)
		}
		if e := NewError(r.Code, "x"); e.Stage != r.Stage || e.Severity != r.Severity || e.Scope != r.Scope {
			t.Errorf("%v", e)
		}
	}
	if !slices.Equal(codes, listed) {
		t.Errorf("constants\n%v\ntable\n%v", codes, listed)
	}
}

// DTA-4: contracts decide what is mandatory.
func TestContracts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, inf, abr, fki string
		want                string
	}{
		{"DIR140", "0:8+V", "120,00", "120,00", ""},
		{"DIR73C", "0:7", "120,00", "120,00", ""},
		{"DIR73C", "0:8", "120,00", "120,00", CodeInanspruchnahme},
		{"DIR73B", "0:7+V", "120,00", "120,00", ""},
		{"DIR73B", "0:7", "120,00", "120,00", CodeVertragsnummer},
		{"DIR73B", "0:7+V", "", "", CodeSummeFehlt},
		{"DR73CL", "0:7+V", "", "", CodeNetto},
	} {
		raw := example(t, exNormal)
		for _, change := range [][2]string{
			{"UNH+9900000002+DIR140", "UNH+9900000002+" + c.kind},
			{"IV0815+++1+120,00+++++20261013", "IV0815+++1+" + c.abr + "+++++20261013"},
			{"FKI+120,00", "FKI+" + c.fki},
		} {
			raw = strings.Replace(raw, change[0], change[1], 1)
		}
		at := strings.LastIndex(raw, "0:8+V140A-0001")
		raw = raw[:at] + c.inf + raw[at+len("0:8+V140A-0001"):]
		var codes []string
		for _, e := range findings(t, raw, Options{}) {
			codes = append(codes, e.Code)
		}
		if strings.Join(codes, " ") != c.want {
			t.Errorf("%s %s %q: %v, want %s", c.kind, c.inf, c.fki, codes, c.want)
		}
	}
}

// DTA-7: findings, segments of a message and their memory are bounded.
func TestBounds(t *testing.T) {
	t.Parallel()
	raw := example(t, exNormal)
	long := strings.Replace(raw, "DIA+H36.0:G:R'", strings.Repeat("DIA+H36.0'", 2*MaxSegmente), 1)
	r := NewReader(strings.NewReader(long), Options{MaxErrors: 10})
	for r.Next() {
		n := r.Nachricht()
		if len(n.Errors) > 10 || len(n.DIA) > MaxSegmente {
			t.Errorf("%d findings, %d diagnoses", len(n.Errors), len(n.DIA))
		}
	}
	if r.Dropped() < MaxSegmente-100 {
		t.Errorf("%d findings dropped", r.Dropped())
	}
	many := strings.Replace(raw, "DIA+H36.0:G:R'", strings.Repeat("DIA+H36.0:G'", MaxSegmente), 1)
	var codes []string
	for _, e := range findings(t, recount(many), Options{}) {
		codes = append(codes, e.Code)
	}
	if !slices.Contains(codes, CodeSegmentfolge) {
		t.Errorf("%v", codes)
	}
	if errs := findings(t, raw[:100]+strings.Repeat("x", dta.MaxMessageBytes+1), Options{}); len(errs) == 0 || errs[len(errs)-1].Code != CodeDatei {
		t.Errorf("segment without end: %v", errs)
	}
}

// DTA-6: what the input as a whole can be.
func TestInput(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw  string
		o    Options
		code string
	}{
		"empty":         {"", Options{}, CodeDatei},
		"character set": {example(t, exNormal), Options{Zeichensatz: "P8"}, CodeDatei},
		"no message":    {"UNB+UNOC:3+669990314+109990029+20261105:1010+00005+EDRI0052610'UNZ+0+00005'", Options{}, CodeDateiende},
		"point in UNA":  {strings.Replace(example(t, exNormal), "+,?", "+.?", 1), Options{}, ""},
		"another file":  {"PK\x03\x04 no billing at all", Options{}, CodeDatei},
		"day before":    {example(t, exNormal), Options{Eingang: 20261104}, CodeDatum},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			errs := findings(t, c.raw, c.o)
			if c.code == "" && len(errs) > 0 || c.code != "" && (len(errs) == 0 || errs[0].Code != c.code) {
				t.Errorf("%v", errs)
			}
		})
	}
	broken := errors.New("line is down")
	r := NewReader(io.MultiReader(strings.NewReader(example(t, exNormal)[:300]), iotest.ErrReader(broken)), Options{})
	for r.Next() { // only the end counts
	}
	if !errors.Is(r.Err(), broken) || len(r.Errors()) > 0 {
		t.Errorf("broken line: %v, %v", r.Err(), r.Errors())
	}
}

// DTA-4: the file and its Auftragsdatei agree.
func TestCheckDelivery(t *testing.T) {
	t.Parallel()
	raw := example(t, exNormal)
	r := NewReader(strings.NewReader(raw), Options{})
	for r.Next() { // the header counts
	}
	record, err := AuftragFor(r.UNB(), dta.I1, 5, int64(len(raw)), "20261105101000").Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	a, errs := auftrag.Read(record)
	if len(errs) > 0 || a.TransferName() != "EDRI0005" {
		t.Fatalf("%s: %v", a.TransferName(), errs)
	}
	for name, c := range map[string]struct {
		change   func(*auftrag.Auftrag)
		transfer string
		size     int64
		element  int
	}{
		"agrees":        {func(*auftrag.Auftrag) {}, "EDRI005", int64(len(raw)), 0},
		"size unknown":  {func(*auftrag.Auftrag) {}, "", UnknownSize, 0},
		"size":          {func(*auftrag.Auftrag) {}, "", 7, 21},
		"name":          {func(*auftrag.Auftrag) {}, "ESOL0005", UnknownSize, 5},
		"old procedure": {func(*auftrag.Auftrag) {}, "EDIR0005", UnknownSize, 5},
		"charset":       {func(a *auftrag.Auftrag) { a.Zeichensatz = "EB" }, "", UnknownSize, 23},
		"compression":   {func(a *auftrag.Auftrag) { a.Komprimierung = "09" }, "", UnknownSize, 24},
		"logical name":  {func(a *auftrag.Auftrag) { a.Dateiname = "EDRI0062610" }, "", UnknownSize, 14},
	} {
		b := *a
		c.change(&b)
		errs := CheckDelivery(&b, c.transfer, r.UNB(), c.size)
		if c.element == 0 && len(errs) != 0 || c.element != 0 && (len(errs) != 1 || errs[0].Element != c.element || errs[0].Code != CodeDatei) {
			t.Errorf("%s: %v", name, errs)
		}
	}
}

// DTA-4: check digits, with the test values of the specification.
func TestCheckDigits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		digit checkDigit
		value string
		want  bool
	}{
		{digitIK, "107436557", true},
		{digitIK, "104212505", true},
		{digitIK, "308412345", true},
		{digitIK, "999999999", true},
		{digitIK, "107436558", false},
		{digitIK, "10743655", false},
		{digitIK, "1O7436557", false},
		{digitKVNR, "A123456780", true},
		{digitKVNR, "A123456781", false},
		{digitKVNR, "a123456780", false},
		{digitKVNR, "1123456780", false},
		{digitKVNR, "A12345678", false},
		{digitLANR, "123456601", true},
		{digitLANR, "123456701", false},
		{digitLANR, "000000000", true},
		{digitLANR, "444444499", true},
		{digitLANR, "555555123", true},
		{digitLANR, "12345660", false},
	} {
		if c.digit.valid(c.value) != c.want {
			t.Errorf("%v: %s is %v", c.digit, c.value, !c.want)
		}
	}
}
