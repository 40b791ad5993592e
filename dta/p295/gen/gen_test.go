package gen

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"klarbeleg/dta"
	"klarbeleg/dta/auftrag"
	"klarbeleg/dta/p295"
)

func created() time.Time { return time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC) }

func generate(t testing.TB, o Options) ([]byte, *Result) {
	t.Helper()
	if o.Erstellt.IsZero() {
		o.Erstellt = created()
	}
	var buf bytes.Buffer
	res, err := Write(&buf, o)
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), res
}

// read reads a file to its end and returns all findings.
func read(t testing.TB, in io.Reader, o p295.Options) (*p295.Reader, []dta.Error) {
	t.Helper()
	var errs []dta.Error
	r := p295.NewReader(in, o)
	for r.Next() {
		errs = append(errs, r.Nachricht().Errors...)
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return r, append(errs, r.Errors()...)
}

// DTA-4: generated files are clean, in every type, character set and line end,
// with Stornos, and their totals are those that the reader finds.
func TestClean(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{
		{},
		{Typ: "DIR73B", Belege: 40, LineEnd: dta.CRLF, Seed: 7},
		{Typ: "DIR73C", Belege: 40, Zeichensatz: dta.I7, Echt: true},
		{Belege: 200, StornoJeder: 3, Zeichensatz: dta.I8, Dateinummer: 99999},
		{Bytes: 100_000, Seed: 1 << 60, Provider: 3},
	} {
		raw, res := generate(t, o)
		set := o.Zeichensatz
		if set == 0 {
			set = dta.I1
		}
		r, errs := read(t, bytes.NewReader(raw), p295.Options{Zeichensatz: set.String()})
		record, err := res.Auftrag.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		a, faults := auftrag.Read(record)
		errs = append(append(errs, faults...), p295.CheckDelivery(a, "", r.UNB(), int64(len(raw)))...)
		for _, e := range errs {
			t.Errorf("%+v: %v: %s", o, e, e.Text())
		}
		if s := r.Stats(); s.Messages != res.Nachrichten || s.Zahlbetrag != res.Zahlbetrag || s.Bytes != res.Bytes || s.Abgewiesen != 0 {
			t.Errorf("%+v: read %+v, generated %+v", o, s, res)
		}
		if want := o.Belege / max(o.StornoJeder, o.Belege+1); o.StornoJeder == 0 && res.Stornos != want || o.StornoJeder > 0 && res.Stornos != o.Belege/o.StornoJeder {
			t.Errorf("%+v: %d Stornos", o, res.Stornos)
		}
		again, _ := generate(t, o)
		if !bytes.Equal(raw, again) {
			t.Errorf("%+v: other bytes the second time", o)
		}
	}
}

// DTA-4, CHK-9: a Storno repeats its original; a new invoice follows.
func TestStornoRepeatsOriginal(t *testing.T) {
	t.Parallel()
	raw, _ := generate(t, Options{Belege: 4, StornoJeder: 2})
	r := p295.NewReader(bytes.NewReader(raw), p295.Options{})
	var original p295.Belegschluessel
	var amount p295.Cent
	stornos := 0
	for r.Next() {
		n := r.Nachricht()
		if n.Verarbeitung() == p295.Storno {
			stornos++
			if n.Schluessel() != original || n.Betrag() != -amount {
				t.Errorf("message %d does not cancel the one before", n.Index)
			}
		}
		original, amount = n.Schluessel(), n.Betrag()
	}
	if stornos != 2 {
		t.Errorf("%d Stornos", stornos)
	}
}

// DTA-4, CHK-1: every fault is found by its rule alone, at its Beleg alone.
func TestFaults(t *testing.T) {
	t.Parallel()
	if n := len(Faults()); n < 10 {
		t.Errorf("%d faults", n)
	}
	for _, f := range Faults() {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(5) {
				raw, res := generate(t, Options{Belege: 6, Seed: seed, Faults: []Injection{{Beleg: 2, Fault: f.Name}}})
				r, errs := read(t, bytes.NewReader(raw), p295.Options{})
				if len(errs) != 1 || errs[0].Code != f.Rule || errs[0].Message != 3 || (errs[0].Severity == dta.Warn) != f.Warnung {
					t.Fatalf("seed %d: %v", seed, errs)
				}
				if s := r.Stats(); s.Zahlbetrag != res.Zahlbetrag || (s.Abgewiesen == 0) != f.Warnung {
					t.Errorf("seed %d: read %+v, generated %d", seed, s, res.Zahlbetrag)
				}
				if len(res.Injected) != 1 || res.Injected[0].Rule != f.Rule || !strings.Contains(string(raw), res.Injected[0].Rechnungsnummer) {
					t.Errorf("%+v", res.Injected)
				}
			}
		})
	}
}

// DTA-4: what no file can fulfil is refused.
func TestOptions(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{
		{},
		{Erstellt: created(), Typ: "RGS140"},
		{Erstellt: created(), Dateinummer: 100_000},
		{Erstellt: created(), Faults: []Injection{{Fault: "none"}}},
		{Erstellt: created(), Faults: []Injection{{Beleg: 100, Fault: "netto"}}},
	} {
		if _, err := Write(io.Discard, o); !errors.Is(err, ErrOptions) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// DTA-7: a large file is read in the memory of one message.
func TestMemory(t *testing.T) { //nolint:paralleltest // it measures the heap of the process
	const size = 8 << 20
	in, out := io.Pipe()
	go func() {
		_, err := Write(out, Options{Bytes: size, Erstellt: created()})
		out.CloseWithError(err)
	}()
	r := p295.NewReader(in, p295.Options{})
	var most uint64
	for r.Next() {
		if r.Nachricht().Index%2000 == 0 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
		}
	}
	if r.Err() != nil || r.Stats().Bytes < size || r.Rejected() {
		t.Fatalf("%v, %+v, %v", r.Err(), r.Stats(), r.Errors())
	}
	if most > 16<<20 {
		t.Errorf("heap of %d MiB", most>>20)
	}
}

func BenchmarkRead(b *testing.B) {
	raw, res := generate(b, Options{Bytes: 4 << 20})
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		r := p295.NewReader(bytes.NewReader(raw), p295.Options{})
		for r.Next() {
		}
		if r.Stats().Zahlbetrag != res.Zahlbetrag {
			b.Fatal(r.Errors())
		}
	}
}
