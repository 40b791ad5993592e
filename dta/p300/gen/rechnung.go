package gen

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"klarbeleg/dta"
	"klarbeleg/dta/p300"
)

// statussummen returns GEP with NPR, by status.
func (k *konto) statussummen() []p300.Statussumme {
	var out []p300.Statussumme
	for _, status := range slices.Sorted(maps.Keys(k.status)) {
		s := k.status[status]
		g := p300.Statussumme{GEP: p300.GEP{
			Status: status, SVBrutto: s.brutto, Rabatte: s.rabatte, Zuzahlung: s.zuzahlung, SVNetto: s.netto(),
			AnzahlVerordnungen: s.verordnungen, Eigenbeteiligung: s.eigen,
		}}
		for _, key := range slices.Sorted(maps.Keys(k.rabatte[status])) {
			g.NPR = append(g.NPR, p300.NPR{ZuAbschlag: key, Betrag: k.rabatte[status][key]})
		}
		out = append(out, g)
	}
	return out
}

// summe returns the sum over all statuses.
func (k *konto) summe() (all summe) {
	for _, s := range k.status {
		all.add(*s)
	}
	return all
}

// imp returns the import figures of a pharmacy; those of a Sammelrechnung are all
// zero.
func (k *konto) imp(rechnungsart, apotheke string) p300.IMP {
	i := p300.IMP{Institutionskennzeichen: apotheke}
	if rechnungsart != sammel {
		i.UmsatzFertigarzneimittel, i.UmsatzImportarzneimittel, i.Quote = k.fertig, k.importe, 200
	}
	return i
}

// Sums of a single invoice.
func (d *Delivery) einzelrechnung(rec p300.REC, key kontoKey, k *konto) p300.Einzelrechnung {
	mark := map[bool]string{false: "1", true: "2"}[key.astray]
	ik := d.apotheken[key.apotheke]
	e := p300.Einzelrechnung{SER: p300.SER{
		Institutionskennzeichen: ik, Name: fmt.Sprintf("Beispiel-Apotheke %d", key.apotheke+1), Inhaber: "Beispiel, Martha",
		Laenderkennzeichen: "D", Postleitzahl: "20000", Ortsname: "Neustadt", Strasse: fmt.Sprintf("Marktstraße %d", key.apotheke+1),
		UStIdNr: "DE999999990", Einzelrechnungsnummer: rec.Rechnungsnummer + ik + mark,
		AnzahlArzneiverordnungsblaetter: k.summe().verordnungen, KennzeichenIrrlaeufer: map[bool]string{false: "0", true: "1"}[key.astray],
	}}
	e.Steuern = k.steuern()
	netto, steuer, dritte := summen(&e.Steuern)
	e.SER.SummeNetto, e.SER.SummeBrutto, e.SER.Zahlbetrag = netto, netto+steuer, netto+steuer+dritte
	return e
}

// steuern returns the tax rows of an account.
func (k *konto) steuern() p300.Steuern {
	var s p300.Steuern
	classes := slices.SortedFunc(maps.Keys(k.umsatz), func(a, b steuerklasse) int {
		return cmp.Or(cmp.Compare(a.art, b.art), cmp.Compare(a.satz, b.satz))
	})
	for _, c := range classes {
		u := k.umsatz[c]
		g := p300.SGA{Produktartschluessel: c.art, Brutto: u.brutto, Zwischensumme: u.brutto - u.abschlag, Steuersatz: c.satz}
		if c.art <= artSonstige {
			g.AnzahlPositionen, g.Apothekenabschlag = dta.Some(u.positionen), dta.Some(u.abschlag)
		}
		g.Umsatzsteuer = enthalten(g.Zwischensumme, c.satz)
		g.Netto = g.Zwischensumme - g.Umsatzsteuer
		s.SGA = append(s.SGA, g)
	}
	for _, key := range slices.Sorted(maps.Keys(k.dritte)) {
		if v := k.dritte[key]; v != 0 {
			s.SGB = append(s.SGB, p300.SGB{Schluessel: key, Betrag: v})
		}
	}
	s.SEU = jeSatz(s.SGA)
	return s
}

// jeSatz sums rows up per tax rate.
func jeSatz(rows []p300.SGA) []p300.SEU {
	sums := map[p300.Hundertstel]*p300.SEU{}
	for i := range rows {
		u := entry(sums, rows[i].Steuersatz)
		u.Steuersatz, u.Kennzeichen = rows[i].Steuersatz, "1"
		u.EntgelteNetto += rows[i].Netto
		u.SummeUmsatzsteuer += rows[i].Umsatzsteuer
	}
	var out []p300.SEU
	for _, satz := range slices.Sorted(maps.Keys(sums)) {
		out = append(out, *sums[satz])
	}
	return out
}

// summen returns what the rows add up to.
func summen(s *p300.Steuern) (netto, steuer, dritte p300.Cent) {
	for i := range s.SGA {
		netto += s.SGA[i].Netto
		steuer += s.SGA[i].Umsatzsteuer
	}
	for i := range s.SGB {
		dritte += s.SGB[i].Betrag
	}
	return netto, steuer, dritte
}

// jeVerordnung is what the centre asks for a prescription, tax included.
const jeVerordnung = 6

// rechenzentrum is the centre's own invoice, for making the data.
func (d *Delivery) rechenzentrum(rec p300.REC, verordnungen int32) p300.RechnungRZ {
	brutto := jeVerordnung * p300.Cent(verordnungen)
	steuer := enthalten(brutto, mwst)
	r := p300.RechnungRZ{SRR: p300.SRR{
		Institutionskennzeichen: d.absender, Name: "Rechenzentrum Beispiel", Laenderkennzeichen: "D", Postleitzahl: "20001", Ortsname: "Neustadt",
		Strasse: "Klinikweg 1", UStIdNr: "DE999999991", Einzelrechnungsnummer: rec.Rechnungsnummer + d.absender + "1",
		SummeNetto: brutto - steuer, SummeBrutto: brutto,
	}}
	r.SGA = []p300.SGA{{Produktartschluessel: "91", Brutto: brutto, Zwischensumme: brutto, Steuersatz: mwst, Umsatzsteuer: steuer, Netto: brutto - steuer}}
	r.SEU = jeSatz(r.SGA)
	return r
}

// sammeln makes the collective statement: the sums of the single invoices, whose
// tax is never computed anew.
func sammeln(doc *p300.RECP) {
	rows, dritte := map[steuerklasse]*p300.SGA{}, map[string]p300.Cent{}
	take := func(s *p300.Steuern) {
		for i := range s.SGA {
			g := &s.SGA[i]
			r := entry(rows, steuerklasse{g.Produktartschluessel, g.Steuersatz})
			r.Produktartschluessel, r.Steuersatz = g.Produktartschluessel, g.Steuersatz
			if g.AnzahlPositionen.Vorhanden {
				r.AnzahlPositionen = dta.Some(r.AnzahlPositionen.Wert + g.AnzahlPositionen.Wert)
				r.Apothekenabschlag = dta.Some(r.Apothekenabschlag.Wert + g.Apothekenabschlag.Wert)
			}
			r.Brutto += g.Brutto
			r.Zwischensumme += g.Zwischensumme
			r.Umsatzsteuer += g.Umsatzsteuer
			r.Netto += g.Netto
		}
		for i := range s.SGB {
			dritte[s.SGB[i].Schluessel] += s.SGB[i].Betrag
		}
	}
	ssa := &doc.Sammel.SSA
	for i := range doc.Einzelrechnungen {
		e := &doc.Einzelrechnungen[i]
		take(&e.Steuern)
		ssa.SummeNetto += e.SER.SummeNetto
		ssa.SummeBrutto += e.SER.SummeBrutto
		ssa.Zahlbetrag += e.SER.Zahlbetrag
	}
	r := &doc.Rechenzentrum.Wert // zero where there is none
	take(&r.Steuern)
	ssa.SummeNetto += r.SRR.SummeNetto
	ssa.SummeBrutto += r.SRR.SummeBrutto
	ssa.Zahlbetrag += r.SRR.SummeBrutto
	doc.RES.Zahlbetrag = ssa.Zahlbetrag
	s := &doc.Sammel.Steuern
	for _, g := range rows {
		s.SGA = append(s.SGA, *g)
	}
	slices.SortFunc(s.SGA, func(a, b p300.SGA) int {
		return cmp.Or(cmp.Compare(a.Produktartschluessel, b.Produktartschluessel), cmp.Compare(a.Steuersatz, b.Steuersatz))
	})
	for _, key := range slices.Sorted(maps.Keys(dritte)) {
		s.SGB = append(s.SGB, p300.SGB{Schluessel: key, Betrag: dritte[key]})
	}
	s.SEU = jeSatz(s.SGA)
}
