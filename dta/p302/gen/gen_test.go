package gen

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"klarbeleg/dta"
	"klarbeleg/dta/auftrag"
	"klarbeleg/dta/p302"
)

var created = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)

func generate(t testing.TB, o Options) ([]byte, *Result) {
	t.Helper()
	if o.Erstellt.IsZero() {
		o.Erstellt = created
	}
	var buf bytes.Buffer
	res, err := Write(&buf, o)
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), res
}

// content is what a reading of a generated file adds up.
type content struct {
	invoices, sammel, cases, positions int
	gross                              p302.Cent
	errs                               []dta.Error
}

// read reads a file and checks that SLGA and Sammelrechnung are the sums of what
// is below them.
func read(t testing.TB, raw []byte, o p302.Options) content {
	t.Helper()
	var c content
	below, head, vkz := sums{}, (*p302.SLGA)(nil), ""
	closeSammel := func() {
		if head != nil && fmt.Sprint(below.lines(vkz)) != fmt.Sprint(withoutOrt(head.GES)) {
			t.Errorf("Sammelrechnung: %v, its invoices: %v", withoutOrt(head.GES), below.lines(vkz))
		}
		below, head = sums{}, nil
	}
	r := p302.NewInvoiceReader(bytes.NewReader(raw), o)
	for r.Next() {
		inv := r.Invoice()
		c.errs = append(c.errs, inv.Errors...)
		if inv.IsSammel {
			closeSammel()
			copied := *inv.Sammel
			copied.GES = append([]p302.GES(nil), inv.Sammel.GES...)
			head = &copied
			c.sammel++
			continue
		}
		c.invoices++
		own := sums{}
		vkz = inv.Gesamt.FKT.Verarbeitungskennzeichen
		c.cases += count(inv.SLLA, own, &c.positions)
		c.gross += own.lines(vkz)[0].Gesamtbruttobetrag
		if fmt.Sprint(own.lines(vkz)) != fmt.Sprint(withoutOrt(inv.Gesamt.GES)) {
			t.Errorf("invoice: %v, its cases: %v", withoutOrt(inv.Gesamt.GES), own.lines(vkz))
		}
		below.addLines(inv.Gesamt.GES)
	}
	closeSammel()
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	c.errs = append(c.errs, r.Errors()...)
	return c
}

// count adds the cases of an SLLA to the sums and its positions, and returns the
// number of cases. The groups' own sums are those of their BES.
func count(s *p302.SLLA, own sums, positions *int) (cases int) {
	add := func(p parts) {
		own.add(statusOf(p.kopf.INV.Versichertenstatus), p.total())
		*positions += len(p.lines())
		cases++
	}
	for i := range s.FaelleA {
		add(partsA(&s.FaelleA[i]))
	}
	for i := range s.FaelleB {
		add(partsB(&s.FaelleB[i]))
	}
	for i := range s.FaelleC {
		add(partsC(&s.FaelleC[i]))
	}
	for i := range s.FaelleD {
		add(partsD(&s.FaelleD[i]))
	}
	for i := range s.FaelleE {
		add(partsE(&s.FaelleE[i]))
	}
	for i := range s.FaelleF {
		add(partsF(&s.FaelleF[i]))
	}
	for i := range s.FaelleG {
		add(partsG(&s.FaelleG[i]))
	}
	for i := range s.FaelleO {
		add(partsO(&s.FaelleO[i]))
	}
	for i := range s.FaelleP {
		add(partsP(&s.FaelleP[i]))
	}
	for i := range s.FaelleQ {
		add(partsQ(&s.FaelleQ[i]))
	}
	for i := range s.FaelleR {
		add(partsR(&s.FaelleR[i]))
	}
	for i := range s.FaelleS {
		add(partsS(&s.FaelleS[i]))
	}
	return cases
}

func withoutOrt(in []p302.GES) []p302.GES {
	out := append([]p302.GES(nil), in...)
	for i := range out {
		out[i].Ort = p302.Ort{}
	}
	return out
}

// allGroups are the Sammelgruppen.

// DTA-2: generated files of every group and Rechnungsart are read without a
// finding, and every sum agrees.
func TestCleanFiles(t *testing.T) {
	t.Parallel()
	for _, group := range []byte(allGroups) {
		for kind := 1; kind <= 3; kind++ {
			for _, sammel := range []bool{false, true} {
				o := Options{Gruppe: group, Rechnungsart: kind, MitSammelrechnung: sammel, Faelle: 333, FaelleProRechnung: 10, Provider: 3, Seed: 7, LineEnd: dta.CRLF}
				t.Run(fmt.Sprintf("%c%d sammel=%v", group, kind, sammel), func(t *testing.T) {
					t.Parallel()
					raw, res := generate(t, o)
					got := read(t, raw, p302.Options{})
					for _, e := range got.errs {
						t.Errorf("finding %v: %s", e, e.Text())
					}
					if got.cases != 333 || got.invoices != 34 || res.Rechnungen != 34 || res.Faelle != 333 {
						t.Errorf("cases %d, invoices %d; said %d, %d", got.cases, got.invoices, res.Faelle, res.Rechnungen)
					}
					if got.positions != res.Positionen || got.gross != res.Brutto || int64(len(raw)) != res.Bytes {
						t.Errorf("positions %d, gross %d, bytes %d; said %d, %d, %d", got.positions, got.gross, len(raw), res.Positionen, res.Brutto, res.Bytes)
					}
					if want := sammel || kind == 3; (got.sammel > 0) != want {
						t.Errorf("%d Sammelrechnungen", got.sammel)
					}
					checkDelivery(t, raw, res)
					if !bytes.Equal(rewrite(t, raw), raw) {
						t.Error("read and written again, the file differs")
					}
				})
			}
		}
	}
}

// rewrite reads a file and writes what it read.
func rewrite(t *testing.T, raw []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var w *p302.Writer
	r := p302.NewReader(bytes.NewReader(raw), p302.Options{})
	for r.Next() {
		if w == nil {
			w = p302.NewWriter(&out, *r.UNB(), p302.WriterOptions{LineEnd: dta.CRLF})
		}
		var err error
		if m := r.Message(); m.SLGA != nil {
			err = w.WriteSLGA(m.SLGA)
		} else {
			err = w.WriteSLLA(m.SLLA)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// checkDelivery checks the Auftragsdatei that comes with the file.
func checkDelivery(t *testing.T, raw []byte, res *Result) {
	t.Helper()
	record, err := res.Auftrag.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	a, errs := auftrag.Read(record)
	errs = append(errs, p302.CheckDelivery(a, a.TransferName(), &res.UNB, int64(len(raw)))...)
	for _, e := range errs {
		t.Errorf("Auftragsdatei: %v: %s", e, e.Text())
	}
}

// DTA-2: all character sets carry a generated file.
func TestCharsets(t *testing.T) {
	t.Parallel()
	for _, set := range []dta.Charset{dta.I1, dta.I5, dta.I7, dta.I8} {
		raw, _ := generate(t, Options{Faelle: 100, Zeichensatz: set})
		if strings.Contains(set.String(), "7") {
			for i, c := range raw {
				if c >= 0x80 {
					t.Fatalf("%s: byte %d is not 7 bit", set, i)
				}
			}
		}
		c := read(t, raw, p302.Options{Zeichensatz: set.String()})
		if len(c.errs) != 0 || c.cases != 100 {
			t.Errorf("%s: %d cases, findings %v", set, c.cases, c.errs)
		}
	}
}

// DTA-2: no payer has two Sammelrechnungen in a file, and no person occurs twice.
func TestUniqueness(t *testing.T) {
	t.Parallel()
	raw, res := generate(t, Options{Faelle: 3000, FaelleProRechnung: 5})
	payers, persons, cards := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, p := range res.Payers {
		cards[p.IK+p.CardIK] = true
	}
	r := p302.NewInvoiceReader(bytes.NewReader(raw), p302.Options{})
	for r.Next() {
		inv := r.Invoice()
		if inv.IsSammel {
			if payers[inv.Sammel.FKT.KostentraegerIK] {
				t.Error("second Sammelrechnung for a payer")
			}
			payers[inv.Sammel.FKT.KostentraegerIK] = true
			continue
		}
		if !cards[inv.Gesamt.FKT.KostentraegerIK+inv.Gesamt.FKT.KrankenkasseIK] {
			t.Error("payer or card IK is not in the list")
		}
		for i := range inv.SLLA.FaelleB {
			n := inv.SLLA.FaelleB[i].INV.VersichertenNummer
			if n != "" && persons[n] {
				t.Error("a person occurs twice")
			}
			persons[n] = true
		}
	}
	if len(payers) < 20 || len(persons) < 2900 {
		t.Errorf("%d payers, %d persons", len(payers), len(persons))
	}
}

// Every fault of the syntax is found by the reader under its rule and no other;
// all other faults leave the syntax alone. DTA-6, CHK-1.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, group := range []byte(allGroups) {
		kinds := FaultsFor(group)
		if len(kinds) < 30 {
			t.Errorf("group %c has only %d faults", group, len(kinds))
		}
		for _, k := range kinds {
			t.Run(fmt.Sprintf("%c %s", group, k.Name), func(t *testing.T) {
				t.Parallel()
				o := Options{Gruppe: group, Faelle: 30, FaelleProRechnung: 10, Erstellt: created, Faults: []Injection{{Fall: 15, Fault: k.Name}}}
				if k.Einzeln {
					o.Rechnungsart = 1
				}
				var buf bytes.Buffer
				res, err := Write(&buf, o)
				if err != nil {
					t.Fatal(err)
				}
				number := map[bool]string{true: "0000000005", false: "0000000006"}[k.needsPrevious]
				if len(res.Injected) != 1 || res.Injected[0].Rule != k.Rule || res.Injected[0].Belegnummer != number {
					t.Errorf("injected: %+v", res.Injected)
				}
				var codes []string
				r := p302.NewInvoiceReader(&buf, p302.Options{})
				for r.Next() {
					for _, e := range r.Invoice().Errors {
						codes = append(codes, e.Code)
						if got := r.Invoice().Gesamt.REC.SammelRechnungsnummer + ":" + r.Invoice().Gesamt.REC.EinzelRechnungsnummer; got != res.Injected[0].Rechnung {
							t.Errorf("found in invoice %s, injected in %s", got, res.Injected[0].Rechnung)
						}
					}
				}
				for _, e := range r.Errors() {
					codes = append(codes, e.Code)
				}
				want := []string{k.Rule}
				if _, syntax := dta.RuleOf(k.Rule); !syntax {
					want = nil
				}
				if fmt.Sprint(codes) != fmt.Sprint(want) {
					t.Errorf("findings %v, want %v", codes, want)
				}
			})
		}
	}
}

// Faults that cannot be applied are refused, not left out.
func TestOptionsRefused(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"no creation":            {},
		"group":                  {Gruppe: 'T', Erstellt: created},
		"Verarbeitung":           {Gruppe: 'C', Verarbeitung: "02", Erstellt: created},
		"Rechnungsart":           {Rechnungsart: 4, Erstellt: created},
		"unknown fault":          {Erstellt: created, Faults: []Injection{{Fault: "x"}}},
		"case beyond the file":   {Erstellt: created, Faults: []Injection{{Fall: 99, Fault: "price-high"}}},
		"no case before the one": {Erstellt: created, Faults: []Injection{{Fall: 0, Fault: "voucher-twice"}}},
	} {
		if _, err := Write(io.Discard, o); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The same options give the same bytes; another seed other persons.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	a, _ := generate(t, Options{Faelle: 500, Seed: 1})
	b, _ := generate(t, Options{Faelle: 500, Seed: 1})
	c, _ := generate(t, Options{Faelle: 500, Seed: 2})
	if !bytes.Equal(a, b) {
		t.Error("two runs differ")
	}
	if bytes.Equal(a, c) {
		t.Error("another seed gives the same file")
	}
}

// DTA-7: neither writing nor reading a large file needs memory for it.
func TestMemoryIsBounded(t *testing.T) { //nolint:paralleltest // it measures the memory of the process
	const limit = 32 << 20
	size := int64(200 << 20)
	if testing.Short() {
		size = 40 << 20
	}
	pr, pw := io.Pipe()
	done := make(chan error, 1)
	go func() {
		res, err := Write(pw, Options{Bytes: size, Erstellt: created})
		if err == nil && (res.Bytes < size || res.Bytes > size+size/10) {
			err = fmt.Errorf("%d bytes written", res.Bytes)
		}
		pw.CloseWithError(err)
		done <- err
	}()
	r := p302.NewInvoiceReader(pr, p302.Options{})
	h := fnv.New64a()
	peak := uint64(0)
	for n := 0; r.Next(); n++ {
		_, _ = fmt.Fprint(h, r.Invoice().Bis)
		if n%200 == 0 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}
	if err := errors.Join(<-done, r.Err()); err != nil || len(r.Errors()) > 0 {
		t.Fatal(err, r.Errors())
	}
	if peak > limit {
		t.Errorf("%d MiB held while %d MiB were read", peak>>20, size>>20)
	}
	t.Logf("peak heap %d MiB", peak>>20)
}

func TestLists(t *testing.T) {
	t.Parallel()
	_, res := generate(t, Options{Faelle: 100})
	var prices, payers, providers bytes.Buffer
	for _, err := range []error{res.WritePrices(&prices), res.WritePayers(&payers), res.WriteProviders(&providers)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		csv  string
		head string
		line string
	}{
		{prices.String(), "abrechnungscode,tarifkennzeichen,positionsnummer,text_de,price_cents,valid_from,valid_to", "22,00501,20501,Krankengymnastik,2985,2020-01-01,"},
		{payers.String(), "ik,name,card_ik,valid_from,valid_to", ",Krankenkasse Beispiel 1,"},
		{providers.String(), "ik,name,leistungsbereich,abrechnungscode,tarifkennzeichen,valid_from,valid_to", ",Praxis Beispiel 2,B,26,00501,2020-01-01,"},
	} {
		if !strings.HasPrefix(c.csv, c.head+"\n") || !strings.Contains(c.csv, c.line) {
			t.Errorf("list:\n%s", c.csv)
		}
	}
}

// CHK-3: a stress plan has the share of faults asked for, with refusing ones alone in
// their invoices, and its key says where each is and what it takes.
func TestStress(t *testing.T) {
	t.Parallel()
	o := Options{Gruppe: 'B', Rechnungsart: 1, Faelle: 2000, FaelleProRechnung: 10, Erstellt: created, Seed: 3}
	var err error
	if o.Faults, err = Stress(o, 5); err != nil {
		t.Fatal(err)
	}
	_, res := generate(t, o)
	perInvoice, refused, kinds := map[string]int{}, map[string]bool{}, map[string]bool{}
	for _, f := range res.Injected {
		perInvoice[f.Rechnung]++
		kinds[f.Fault] = true
		refused[f.Rechnung] = refused[f.Rechnung] || f.Effect >= RefusesInvoice
		if (f.Taken > 0) != (f.Effect > Warns && f.Effect < RefusesInvoice) && f.Fault != "quantity-zero" {
			t.Errorf("%s takes %d", f.Fault, f.Taken)
		}
	}
	if len(res.Injected) != 100 || len(kinds) < 50 {
		t.Errorf("%d faults of %d kinds", len(res.Injected), len(kinds))
	}
	for number, alone := range refused {
		if alone && perInvoice[number] != 1 {
			t.Errorf("%d faults in the refused invoice %s", perInvoice[number], number)
		}
	}
	var key bytes.Buffer
	if err := res.WriteKey(&key); err != nil || strings.Count(key.String(), "\n") != 101 {
		t.Errorf("key: %v\n%s", err, key.String())
	}
	for name, o := range map[string]Options{
		"no faults": {Faelle: 10, FaelleProRechnung: 5, Rechnungsart: 1}, "one invoice": {Faelle: 1000, FaelleProRechnung: 1000, Rechnungsart: 1},
		"single cases": {Faelle: 1000, FaelleProRechnung: 1, Rechnungsart: 1}, "collective": {Faelle: 1000, FaelleProRechnung: 10},
	} {
		if _, err := Stress(o, 5); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
