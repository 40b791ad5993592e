package gen

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"klarbeleg/dta"
	"klarbeleg/dta/p300"
)

// summe is what RES and GEP say of prescriptions.
type summe struct {
	brutto, rabatte, zuzahlung, eigen p300.Cent
	verordnungen                      int32
}

func (s *summe) add(o summe) {
	s.brutto += o.brutto
	s.rabatte += o.rabatte
	s.zuzahlung += o.zuzahlung
	s.eigen += o.eigen
	s.verordnungen += o.verordnungen
}

func (s *summe) netto() p300.Cent { return s.brutto - s.rabatte - s.zuzahlung }

// steuerklasse is a row of SGA.
type steuerklasse struct {
	art  string
	satz p300.Hundertstel
}

type umsatz struct {
	brutto, abschlag p300.Cent
	positionen       int32
}

// konto is the account of a pharmacy, or of its prescriptions that went astray,
// with one payer.
type konto struct {
	status    map[string]*summe
	rabatte   map[string]map[string]p300.Cent // by status and key, negative
	umsatz    map[steuerklasse]*umsatz
	dritte    map[string]p300.Cent // SGB by key, negative
	fertig    p300.Cent            // turnover of finished medicines
	importe   p300.Cent
	mittel    int32
	korrektur int32
}

func newKonto() *konto {
	return &konto{
		status: map[string]*summe{}, rabatte: map[string]map[string]p300.Cent{}, umsatz: map[steuerklasse]*umsatz{}, dritte: map[string]p300.Cent{},
	}
}

// entry returns the value of a key, made at first use.
func entry[K comparable, V any](m map[K]*V, key K) *V {
	if m[key] == nil {
		m[key] = new(V)
	}
	return m[key]
}

// Keys of SGB: who pays besides the payer.
const (
	vonHersteller   = "01"
	vonZuzahlung    = "06"
	vonEigen        = "07"
	vonMehrkosten   = "08"
	vonNullposition = "09"
)

// add books a prescription.
func (k *konto) add(r *rezept) {
	status := r.v.Status()
	s := summe{brutto: r.v.BES.GesamtSVBrutto, zuzahlung: r.v.BES.GesamtZuzahlung, verordnungen: 1}
	if k.rabatte[status] == nil {
		k.rabatte[status] = map[string]p300.Cent{}
	}
	for i := range r.v.Positionen {
		p := &r.v.Positionen[i]
		abschlag := p300.Cent(0)
		for _, n := range p.NPB {
			s.rabatte -= n.Betrag
			k.rabatte[status][n.ZuAbschlag] += n.Betrag
			if n.ZuAbschlag == "R001" {
				abschlag -= n.Betrag
			} else {
				k.dritte[vonHersteller] += n.Betrag
			}
		}
		s.eigen += p.EFP.Eigenbeteiligung.Wert
		k.book(&p.EFP, r.arten[i], abschlag)
	}
	k.dritte[vonZuzahlung] -= r.v.BES.GesamtZuzahlung
	for _, z := range r.v.KKZ {
		k.korrektur += z.Zeichenanzahl
	}
	entry(k.status, status).add(s)
}

// book adds a line to its product class; what the insured pays beyond the
// co-payment has classes of its own, and is taken off again by SGB.
func (k *konto) book(e *p300.EFP, art string, abschlag p300.Cent) {
	k.mittel += e.AnzahlEinheiten
	u := entry(k.umsatz, steuerklasse{art, e.Steuersatz})
	u.brutto += e.Betrag
	u.abschlag += abschlag
	u.positionen++
	if art == artNull {
		k.dritte[vonNullposition] -= e.Betrag
	}
	if v := e.Mehrkosten; v.Vorhanden {
		entry(k.umsatz, steuerklasse{artMehrkosten, e.Steuersatz}).brutto += v.Wert
		k.dritte[vonMehrkosten] -= v.Wert
	}
	if v := e.Eigenbeteiligung; v.Vorhanden {
		entry(k.umsatz, steuerklasse{artEigen, e.Steuersatz}).brutto += v.Wert
		k.dritte[vonEigen] -= v.Wert
	}
	if e.Kennzeichentyp == "2" {
		k.fertig += e.Betrag
		if e.Import == "1" {
			k.importe += e.Betrag
		}
	}
}

// merge adds another account.
func (k *konto) merge(o *konto) {
	for status, s := range o.status {
		entry(k.status, status).add(*s)
		if k.rabatte[status] == nil {
			k.rabatte[status] = map[string]p300.Cent{}
		}
		for key, v := range o.rabatte[status] {
			k.rabatte[status][key] += v
		}
	}
	for class, u := range o.umsatz {
		mine := entry(k.umsatz, class)
		mine.brutto += u.brutto
		mine.abschlag += u.abschlag
		mine.positionen += u.positionen
	}
	for key, v := range o.dritte {
		k.dritte[key] += v
	}
	k.fertig += o.fertig
	k.importe += o.importe
	k.mittel += o.mittel
	k.korrektur += o.korrektur
}

// kontoKey is a pharmacy, or its prescriptions that went astray.
type kontoKey struct {
	astray   bool
	apotheke int
}

// writeRECP writes the invoices: one per payer and, where asked for, the one over
// all of them at the end.
func (d *Delivery) writeRECP(out io.Writer, f *Datei) error {
	w := p300.NewWriter(out, f.header(), p300.WriterOptions{LineEnd: d.o.LineEnd})
	all := map[kontoKey]*konto{}
	for kasse := range d.kassen {
		konten := map[kontoKey]*konto{}
		for _, m := range d.messages {
			for i := m.from; i < m.until && m.kasse == kasse; i++ {
				r := d.rezept(m, i)
				at(konten, kontoKey{m.apotheke < 0, r.apotheke}).add(r)
			}
		}
		doc := d.rechnung(d.rec(kasse), konten)
		for _, x := range d.faults {
			if x.kind.recp != nil && d.kasseOf(x.Verordnung) == kasse {
				x.kind.recp(doc)
			}
		}
		if err := w.WriteRECP(d.absender, d.kassen[kasse], doc); err != nil {
			return err
		}
		if d.o.Sammelrechnung {
			for key, k := range konten {
				at(all, key).merge(k)
			}
		}
	}
	if d.o.Sammelrechnung {
		rec := d.rec(0)
		rec.Rechnungsart, rec.Rechnungsnummer = sammel, fmt.Sprintf("RZ%s-%05d-S", d.o.Erstellt.Format("0601"), d.o.Zaehler)
		doc := d.rechnung(rec, all)
		for _, x := range d.faults {
			if x.kind.sammel != nil {
				x.kind.sammel(doc)
			}
		}
		if err := w.WriteRECP(d.absender, recipient, doc); err != nil {
			return err
		}
	}
	return w.Close()
}

func at(konten map[kontoKey]*konto, key kontoKey) *konto {
	if konten[key] == nil {
		konten[key] = newKonto()
	}
	return konten[key]
}

// rechnung makes an invoice of its accounts (section 5.3).
func (d *Delivery) rechnung(rec p300.REC, konten map[kontoKey]*konto) *p300.RECP {
	doc := &p300.RECP{REC: rec}
	total, apotheken := newKonto(), map[int]bool{}
	keys := slices.SortedFunc(maps.Keys(konten), func(a, b kontoKey) int {
		if a.astray != b.astray {
			return map[bool]int{false: -1, true: 1}[a.astray]
		}
		return cmp.Compare(a.apotheke, b.apotheke)
	})
	for _, key := range keys {
		k := konten[key]
		total.merge(k)
		rfp := p300.RFP{TypDerNummer: "IK", Institutionskennzeichen: d.apotheken[key.apotheke]}
		if key.astray {
			rfp.IrrlaeuferIK = astray
		}
		doc.Apotheken = append(doc.Apotheken, p300.Apotheke{RFP: rfp, Status: k.statussummen()})
		doc.Einzelrechnungen = append(doc.Einzelrechnungen, d.einzelrechnung(rec, key, k))
		if !apotheken[key.apotheke] {
			apotheken[key.apotheke] = true
			doc.IMP = append(doc.IMP, k.imp(rec.Rechnungsart, d.apotheken[key.apotheke]))
		}
	}
	doc.Status = total.statussummen()
	all := total.summe()
	doc.RES = p300.RES{
		GesamtSVBrutto: all.brutto, SummeRabatte: all.rabatte, GesamtZuzahlung: all.zuzahlung, GesamtSVNetto: all.netto(),
		Verordnungsanzahl: all.verordnungen, AnzahlApotheken: int32(len(apotheken)),
		Mittelanzahl: dta.Some(total.mittel), KorrekturenArztfelder: dta.Some(total.korrektur), KuenstlicheBefruchtung: all.eigen,
	}
	if d.o.Rechenzentrum {
		doc.Rechenzentrum = dta.Some(d.rechenzentrum(rec, all.verordnungen))
	}
	sammeln(doc)
	return doc
}
