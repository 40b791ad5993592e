package p300

import (
	"cmp"
	"maps"
	"slices"

	"klarbeleg/dta"
)

// MaxRechnungen bounds the invoices of a delivery that an Abgleich compares. A
// delivery of a Rechenzentrum has one per insurer; there are about 100 of them.
const MaxRechnungen = 10_000

// MaxStatussummen bounds the sums per pharmacy and status of a delivery: 18,000
// pharmacies and a handful of statuses.
const MaxStatussummen = 1 << 20

// Abgleich compares prescriptions with invoices (section 5.3): the ABRP and the
// RECP of a delivery are added in any order, and the findings asked for when the
// delivery is complete. Its memory grows with invoices and pharmacies, not with
// prescriptions.
type Abgleich struct {
	rechnungen map[string]*rechnung
	statussum  int
	zuViele    bool
	has6       bool
	art6, art7 betraege // of Rechnungsart 6 and 7
	ort6       Ort
}

// rechnung is what is known of one Rechnungsnummer.
type rechnung struct {
	hasABRP, hasRECP bool
	abrp             betraege // without rabatte and netto
	npb, zdb         Cent     // discounts, positive
	res              betraege
	zahlbetrag       Cent // RES-07
	resOrt           Ort
	status           map[statusKey]*statusVergleich
}

// statusKey names a GEP under an RFP.
type statusKey struct {
	apotheke   string
	irrlaeufer bool
	status     string
}

type statusVergleich struct {
	abrp, recp betraege
	ort        Ort
}

// NewAbgleich returns an empty comparison.
func NewAbgleich() *Abgleich { return &Abgleich{rechnungen: map[string]*rechnung{}} }

// Add takes the sums of a message. Messages that are rejected must not be added:
// their content may have gaps.
func (a *Abgleich) Add(m *Message) {
	switch {
	case m.ABRP != nil:
		if r := a.rechnung(m.ABRP.REC.Rechnungsnummer); r != nil {
			a.addABRP(r, m)
		}
	case m.RECP != nil:
		a.addRECP(m.RECP)
	}
}

func (a *Abgleich) rechnung(nummer string) *rechnung {
	r := a.rechnungen[nummer]
	if r == nil {
		if len(a.rechnungen) >= MaxRechnungen {
			a.zuViele = true
			return nil
		}
		r = &rechnung{status: map[statusKey]*statusVergleich{}}
		a.rechnungen[nummer] = r
	}
	return r
}

func (a *Abgleich) status(r *rechnung, key statusKey) *statusVergleich {
	s := r.status[key]
	if s == nil {
		if a.statussum >= MaxStatussummen {
			a.zuViele = true
			return nil
		}
		a.statussum++
		s = &statusVergleich{}
		r.status[key] = s
	}
	return s
}

func (a *Abgleich) addABRP(r *rechnung, m *Message) {
	r.hasABRP = true
	for i := range m.ABRP.Verordnungen {
		v := &m.ABRP.Verordnungen[i]
		b := betraege{brutto: v.BES.GesamtSVBrutto, zuzahlung: v.BES.GesamtZuzahlung, verordnungen: 1}
		for j := range v.Positionen {
			b.eigenbeteiligung += v.Positionen[j].EFP.Eigenbeteiligung.Wert
			for k := range v.Positionen[j].NPB {
				r.npb += v.Positionen[j].NPB[k].Rabatt()
			}
		}
		for j := range v.Herstellungen {
			for _, z := range v.Herstellungen[j].ZDB {
				if inRabatten(z.ZuAbschlag) {
					r.zdb += abs(z.Betrag)
				}
			}
		}
		r.abrp.add(b)
		key := statusKey{apotheke: m.IK(), status: v.Status()}
		if key.apotheke == IrrlaeuferIK {
			key.apotheke, key.irrlaeufer = v.ZUP.Irrlaeuferrezept, true
		}
		if s := a.status(r, key); s != nil {
			s.abrp.add(b)
		}
	}
}

// Rabatt returns what the discount takes off the invoice (RES-03), positive; 0 for
// keys that do not count there.
func (n *NPB) Rabatt() Cent {
	if inRabatten(n.ZuAbschlag) {
		return abs(n.Betrag)
	}
	return 0
}

// inRabatten tells whether a key counts in RES-03: R007 never does, R008, R010
// and R011 are the payers' own.
func inRabatten(key string) bool {
	switch key {
	case "R001", "R003", "R004", "R005", "R006", "R009":
		return true
	}
	return false
}

func (a *Abgleich) addRECP(d *RECP) {
	res := d.RES.betraege()
	if d.REC.Rechnungsart == sammelabrechnung { // over all payers, without prescriptions of its own
		a.art6.add(res)
		a.has6, a.ort6 = true, d.RES.Ort
		return
	}
	if d.REC.Rechnungsart == "7" {
		a.art7.add(res)
	}
	r := a.rechnung(d.REC.Rechnungsnummer)
	if r == nil {
		return
	}
	r.hasRECP = true
	r.res.add(res)
	r.zahlbetrag += d.RES.Zahlbetrag
	r.resOrt = d.RES.Ort
	for i := range d.Apotheken {
		rfp := &d.Apotheken[i].RFP
		for j := range d.Apotheken[i].Status {
			g := &d.Apotheken[i].Status[j].GEP
			if s := a.status(r, statusKey{rfp.Institutionskennzeichen, rfp.IrrlaeuferIK != "", g.Status}); s != nil {
				s.recp.add(g.betraege())
				s.ort = g.Ort
			}
		}
	}
}

// Errors returns the findings in the order of the Rechnungsnummern; places are
// those of the RECP file. The sums per pharmacy and status depend on keys that
// never reject anything (INV-03), so they only warn.
func (a *Abgleich) Errors() []dta.Error {
	var errs []dta.Error
	note := func(e dta.Error) {
		if len(errs) < dta.DefaultMaxErrors {
			errs = append(errs, e)
		}
	}
	for _, nummer := range slices.Sorted(maps.Keys(a.rechnungen)) {
		a.rechnungen[nummer].vergleiche(note)
	}
	if a.has6 && a.art6 != a.art7 {
		note(place(NewError(CodeRechnung, textGesamt6), a.ort6, "RES", 0))
	}
	if a.zuViele {
		note(NewError(CodeUnlesbar, textZuViele))
	}
	return errs
}

func (r *rechnung) vergleiche(note noteFunc) {
	switch {
	case !r.hasRECP:
		note(NewError(CodeRechnung, textOhneRECP))
		return
	case !r.hasABRP:
		if r.res.verordnungen > 0 { // an invoice without prescriptions is allowed (RES-08)
			note(place(NewError(CodeRechnung, textOhneABRP), r.resOrt, "RES", 0))
		}
		return
	}
	if r.abrp != r.res.ohneRabatte() {
		note(place(NewError(CodeRechnung, textABRPBetrag), r.resOrt, "RES", 0))
	}
	if r.res.rabatte != r.npb && r.res.rabatte != r.npb+r.zdb {
		note(place(NewError(CodeRabatte, textRabatte), r.resOrt, "RES", 2))
	}
	for _, key := range r.keys() {
		s := r.status[key]
		if s.abrp == s.recp.ohneRabatte() {
			continue
		}
		o := s.ort
		if o == (Ort{}) {
			o = r.resOrt
		}
		note(place(NewError(CodeAbgleich, textGEPABRP), o, "GEP", 0))
	}
}

// ohneRabatte leaves what prescriptions can be asked for without the open point
// of section 5.3 (are ZDB inside).
func (b betraege) ohneRabatte() betraege {
	b.rabatte, b.netto = 0, 0
	return b
}

// keys returns the statuses in their order.
func (r *rechnung) keys() []statusKey {
	return slices.SortedFunc(maps.Keys(r.status), func(a, b statusKey) int {
		return cmp.Or(cmp.Compare(a.apotheke, b.apotheke), cmp.Compare(a.status, b.status))
	})
}
