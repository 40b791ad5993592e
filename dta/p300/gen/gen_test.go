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
	"klarbeleg/dta/p300"
	"klarbeleg/dta/p300/ta7"
)

var created = time.Date(2026, 11, 3, 9, 15, 0, 0, time.UTC)

func plan(t testing.TB, o Options) *Delivery {
	t.Helper()
	if o.Erstellt.IsZero() {
		o.Erstellt = created
	}
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// content is what a reading of a delivery finds and adds up.
type content struct {
	errs     []dta.Error
	abgleich []dta.Error
	pharmacy map[string]bool
	paper    int
	electr   int
	ta7      int
	zdr      int
	brutto   p300.Cent // of ABRP
	netto    p300.Cent // RES-05 of the invoices
	zahlen   p300.Cent // RES-07
	vouchers map[string]int
	ids      map[string]int
	rejected bool
	raw      map[string][]byte
	order    string // kinds of invoices
}

// readDelivery writes and reads all files, and compares them with each other as
// far as none is rejected.
func readDelivery(t testing.TB, d *Delivery) *content {
	t.Helper()
	c := &content{pharmacy: map[string]bool{}, vouchers: map[string]int{}, ids: map[string]int{}, raw: map[string][]byte{}}
	byID, sums := map[string][]p300.Verordnung{}, p300.NewAbgleich()
	for _, f := range d.Dateien() {
		var b bytes.Buffer
		a, err := f.Write(&b)
		if err != nil {
			t.Fatal(err)
		}
		c.raw[f.Name] = b.Bytes()
		c.checkAuftrag(t, a, f, b.Len())
		if f.Kind == TA7 {
			c.readTA7(t, b.Bytes(), byID)
			continue
		}
		c.readEDIFACT(t, b.Bytes(), sums, byID)
	}
	if !c.rejected {
		c.abgleich = append(c.abgleich, sums.Errors()...)
	}
	return c
}

// checkAuftrag reads the Auftragsdatei and compares it with its file.
func (c *content) checkAuftrag(t testing.TB, a *auftrag.Auftrag, f *Datei, size int) {
	t.Helper()
	raw, err := a.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	read, errs := auftrag.Read(raw)
	k := p300.Kopfdaten{AbsenderIK: f.d.absender, EmpfaengerIK: recipient, Dateiname: f.Name}
	for _, e := range append(errs, p300.CheckDelivery(read, a.TransferName(), &k, int64(size))...) {
		t.Errorf("Auftragsdatei: %v: %s", e, e.Text())
	}
}

func (c *content) readEDIFACT(t testing.TB, raw []byte, sums *p300.Abgleich, byID map[string][]p300.Verordnung) {
	t.Helper()
	r := p300.NewReader(bytes.NewReader(raw), p300.Options{})
	for r.Next() {
		m := r.Message()
		c.errs = append(c.errs, m.Errors...)
		if m.RECP != nil {
			c.order += m.RECP.REC.Rechnungsart
			c.netto += m.RECP.RES.GesamtSVNetto
			c.zahlen += m.RECP.RES.Zahlbetrag
		}
		if !m.Rejected {
			sums.Add(m)
		}
		if m.ABRP == nil {
			continue
		}
		c.pharmacy[m.IK()] = true
		for i := range m.ABRP.Verordnungen {
			v := &m.ABRP.Verordnungen[i]
			c.brutto += v.BES.GesamtSVBrutto
			c.vouchers[v.INV.Belegnummer]++
			if v.ZDR.Vorhanden {
				c.zdr++
			}
			if v.IstERezept() {
				c.electr++
				c.ids[v.INV.RezeptID]++
				byID[v.INV.RezeptID] = append(byID[v.INV.RezeptID], clone(v))
			} else {
				c.paper++
			}
		}
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	c.errs = append(c.errs, r.Errors()...)
	c.rejected = c.rejected || r.Rejected()
}

// clone copies what the reader's next message overwrites.
func clone(v *p300.Verordnung) p300.Verordnung {
	out := *v
	out.Positionen = append([]p300.Position(nil), v.Positionen...)
	for i := range out.Positionen {
		out.Positionen[i].NPB = append([]p300.NPB(nil), out.Positionen[i].NPB...)
	}
	return out
}

func (c *content) readTA7(t testing.TB, raw []byte, byID map[string][]p300.Verordnung) {
	t.Helper()
	r := ta7.NewReader(bytes.NewReader(raw), p300.Options{})
	for r.Next() {
		z := r.Rezept()
		c.ta7++
		c.errs = append(c.errs, z.Errors...)
		same := byID[z.Abrechnung.RezeptID]
		if len(same) == 0 || z.Rejected || c.rejected {
			continue
		}
		c.abgleich = append(c.abgleich, ta7.Abgleich(&same[0], z)...)
		byID[z.Abrechnung.RezeptID] = same[1:] // one that comes twice is in the same order in both files
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	c.errs = append(c.errs, r.Errors()...)
}

// DTA-3: a delivery is read without a finding, its files agree with each other,
// and its Auftragsdateien with them.
func TestCleanDelivery(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"one invoice":        {Verordnungen: 400, LineEnd: dta.CRLF},
		"invoices of payers": {Verordnungen: 900, Kostentraeger: 3, Apotheken: 7, Sammelrechnung: true, Rechenzentrum: true, Irrlaeufer: 5, RezepteProDatei: 40, Seed: 3},
		"one pharmacy":       {Verordnungen: 50, Apotheken: 1, Seed: 9, Echt: true, Zaehler: 46_650},
		"leap day":           {Verordnungen: 50, Erstellt: time.Date(2028, 3, 1, 0, 0, 0, 0, time.UTC)},
		"January":            {Verordnungen: 50, Erstellt: time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := plan(t, o)
			c := readDelivery(t, d)
			for i, e := range append(c.errs, c.abgleich...) {
				if i < 10 {
					t.Errorf("finding: %v: %s", e, e.Text())
				}
			}
			if c.paper+c.electr != o.Verordnungen || c.ta7 != c.electr || c.paper == 0 || c.electr == 0 || c.zdr == 0 || c.brutto == 0 {
				t.Errorf("%d on paper, %d electronic, %d in TA7, %d with Zusatzdaten, want %d", c.paper, c.electr, c.ta7, c.zdr, o.Verordnungen)
			}
			if (c.netto == c.zahlen) == o.Rechenzentrum {
				t.Errorf("net %d, to be paid %d", c.netto, c.zahlen)
			}
			for _, numbers := range []map[string]int{c.vouchers, c.ids} {
				for _, n := range numbers {
					if n > 1 {
						t.Error("a number occurs twice")
					}
				}
			}
			if o.Sammelrechnung && (c.order != "7776" || !c.pharmacy[p300.IrrlaeuferIK] || len(c.pharmacy) != 8 || len(d.Dateien()) < 10) {
				t.Errorf("invoices %s, %d originators, %d files", c.order, len(c.pharmacy), len(d.Dateien()))
			}
		})
	}
}

// DTA-3: the same options give the same bytes, in any order of writing; another
// seed gives others.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	o := Options{Verordnungen: 200, Kostentraeger: 2, Irrlaeufer: 1, Seed: 1}
	first, again := readDelivery(t, plan(t, o)), map[string][]byte{}
	d := plan(t, o)
	for i := range d.Dateien() {
		f := d.Dateien()[len(d.Dateien())-1-i]
		var b bytes.Buffer
		if _, err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		again[f.Name] = b.Bytes()
	}
	o.Seed = 2
	for name, raw := range readDelivery(t, plan(t, o)).raw {
		if !bytes.Equal(first.raw[name], again[name]) {
			t.Errorf("%s differs", name)
		}
		if bytes.Equal(first.raw[name], raw) {
			t.Errorf("%s is that of another seed", name)
		}
	}
}

// DTA-3: file names are counted with letters, over all kinds.
func TestDateinamen(t *testing.T) {
	t.Parallel()
	d := plan(t, Options{Zaehler: 35, Verordnungen: 30})
	var names []string
	for _, f := range d.Dateien() {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "B00ABR2600Z B00ABR26010 B00FHR26011" {
		t.Error(got)
	}
}

// Options that no delivery can fulfil are refused.
func TestOptionsRefused(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"no creation":          {},
		"older profiles":       {Erstellt: time.Date(2025, 10, 3, 0, 0, 0, 0, time.UTC)},
		"too few":              {Erstellt: created, Verordnungen: 5, Apotheken: 6},
		"unknown fault":        {Erstellt: created, Faults: []Injection{{0, "x"}}},
		"beyond":               {Erstellt: created, Faults: []Injection{{10, "tax"}}},
		"nothing before":       {Erstellt: created, Faults: []Injection{{0, "voucher-twice"}}},
		"none astray":          {Erstellt: created, Faults: []Injection{{0, "astray-without-pharmacy"}}},
		"no collective":        {Erstellt: created, Faults: []Injection{{0, "sum-over-payers"}}},
		"astray is on paper":   {Erstellt: created, Verordnungen: 20, Irrlaeufer: 1, Faults: []Injection{{19, "tax"}}},
		"too many for numbers": {Erstellt: created, Verordnungen: 20_000, Apotheken: 10_000},
	} {
		if _, err := New(o); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// DTA-7: neither writing nor reading a large file needs memory for it.
func TestMemoryIsBounded(t *testing.T) { //nolint:paralleltest // it measures the memory of the process
	d := plan(t, Options{Verordnungen: 100_000, Apotheken: 400, RezepteProDatei: 1_000_000})
	pr, pw := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := d.Dateien()[0].Write(pw)
		pw.CloseWithError(err)
		done <- err
	}()
	r := p300.NewReader(pr, p300.Options{})
	count, peak := 0, uint64(0)
	for n := 0; r.Next(); n++ {
		count += len(r.Message().ABRP.Verordnungen)
		if n%50 == 0 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}
	if err := errors.Join(<-done, r.Err()); err != nil || len(r.Errors()) > 0 || count != 100_000 {
		t.Fatal(err, r.Errors(), count)
	}
	if peak > 24<<20 || r.Stats().Bytes < 25<<20 {
		t.Errorf("%d MiB held while %d MiB were read", peak>>20, r.Stats().Bytes>>20)
	}
	t.Logf("peak heap %d MiB of %d MiB", peak>>20, r.Stats().Bytes>>20)
}

func BenchmarkTA7(b *testing.B) {
	d := plan(b, Options{Verordnungen: 500})
	for b.Loop() {
		a, err := d.Dateien()[2].Write(io.Discard)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(a.DateigroesseNutzdaten)
	}
}
