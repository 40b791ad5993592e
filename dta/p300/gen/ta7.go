package gen

import (
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"time"

	"klarbeleg/dta/p300/ta7"
)

// profil is the version of the profiles that is written.
const profil = "1.5"

// uuid returns an identifier that is the same for the same name.
func (d *Delivery) uuid(kind string, parts ...int) string {
	sum := sha256.Sum256(fmt.Append(nil, d.o.Seed, kind, parts))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0F|0x50, b[8]&0x3F|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// writeTA7 writes one file of a payer's E-Rezepte.
func (d *Delivery) writeTA7(out io.Writer, f *Datei) error {
	numbers := make([]int, 0, f.anzahl)
	skip := f.Teil * d.o.RezepteProDatei
	for i := range d.electronic(f.Kasse) {
		if skip--; skip < 0 {
			if len(numbers) == f.anzahl {
				break
			}
			numbers = append(numbers, i)
		}
	}
	head := d.ta7Head(f)
	for _, x := range d.faultsOf(f) {
		if x.kind.ta7Head != nil {
			x.kind.ta7Head(&head)
		}
	}
	ids := make([]string, len(numbers))
	for n, i := range numbers {
		ids[n] = d.uuid("rezept", i)
	}
	w := ta7.NewWriter(out, head, ids)
	for _, m := range d.messages {
		for i := m.from; i < m.until && m.kasse == f.Kasse; i++ {
			if _, ours := slices.BinarySearch(numbers, i); !ours {
				continue
			}
			z, err := d.ta7Rezept(m, i)
			if err != nil {
				return err
			}
			if err := w.WriteRezept(z); err != nil {
				return err
			}
		}
	}
	return w.Close()
}

// ta7Head returns what bundle, Composition and List say.
func (d *Delivery) ta7Head(f *Datei) ta7.Rechnung {
	rec := d.rec(f.Kasse)
	head := ta7.Rechnung{
		ID: d.uuid("datei", f.zaehler), Version: profil, Dateinummer: fmt.Sprintf("%05d", f.zaehler%100_000), Dateiname: f.Name,
		Zeitstempel: d.o.Erstellt.Format(time.RFC3339), CompositionID: d.uuid("composition", f.zaehler), ListID: d.uuid("list", f.zaehler),
		EmpfaengerIK: recipient, KostentraegerIK: d.kassen[f.Kasse], Rechnungsnummer: rec.Rechnungsnummer, Rechnungsart: rec.Rechnungsart,
		Abrechnungszeitraum: rec.Abrechnungszeitraum, Rechnungsdatum: rec.Rechnungsdatum, AbsenderIK: d.absender,
	}
	for _, other := range d.dateien {
		if other.Kind == TA7 && other.Kasse == f.Kasse {
			head.Dateien = append(head.Dateien, other.Name)
		}
	}
	return head
}

// ta7Rezept makes the electronic form of a prescription with its containers
// (section 3.4).
func (d *Delivery) ta7Rezept(m message, i int) (*ta7.Rezept, error) {
	r := d.rezept(m, i)
	a := d.abgabedaten(r)
	z := &ta7.Rezept{
		ID: d.uuid("rezept", i), Abrechnung: d.abrechnung(r, i),
		Verordnung: ta7.Dokument{ID: d.uuid("verordnung", i), RezeptID: r.v.INV.RezeptID},
		Quittung:   ta7.Dokument{ID: d.uuid("quittung", i), RezeptID: r.v.INV.RezeptID},
		Abgabe:     ta7.Dokument{ID: d.uuid("abgabe", i)},
	}
	signed := true
	for _, x := range d.faultsAt[i] {
		if x.kind.abgabe != nil {
			x.kind.abgabe(a)
		}
		if x.kind.ta7 != nil {
			x.kind.ta7(z)
		}
		signed = signed && !x.kind.unsigned
	}
	var err error
	for _, doc := range []struct {
		to      *ta7.Dokument
		content []byte
	}{
		{&z.Verordnung, stub("Verordnung", d.uuid("v", i), z.Verordnung.RezeptID)},
		{&z.Quittung, stub("Quittung", d.uuid("q", i), z.Quittung.RezeptID)},
		{&z.Abgabe, d.abgabeXML(a, i)},
	} {
		damaged := !signed && doc.to == &z.Quittung
		if doc.to.CMS, err = d.signer.sign(doc.content, damaged); err != nil {
			return nil, err
		}
	}
	return z, nil
}

// stub is a document of prescriber or Fachdienst: only its Rezept-ID is read.
func stub(name, id, rezeptID string) []byte {
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<Bundle xmlns="http://hl7.org/fhir"><id value="%s"/><!-- synthetic %s -->`+
		`<identifier><system value="`+nsRezept+`"/><value value="%s"/></identifier><type value="document"/></Bundle>`+"\n", id, name, rezeptID)
}

// abrechnung is the part of the centre.
func (d *Delivery) abrechnung(r *rezept, i int) ta7.Abrechnung {
	a := ta7.Abrechnung{
		ID: d.uuid("abrechnung", i), RezeptID: r.v.INV.RezeptID, Belegnummer: fmt.Sprint(d.monat.Year()/10%10) + r.v.INV.Belegnummer,
		Sitz: "1", Leistungserbringertyp: "A", ApothekenIK: d.apotheken[r.apotheke],
	}
	for n := range r.v.Positionen {
		p := &r.v.Positionen[n]
		z := ta7.Zeile{Zaehler: n + 1, Positionstyp: p.EFP.Nullposition, Import: p.EFP.Import, ImportPZN: p.EFP.PZNOriginal, Umsatzsteuer: p.EFP.Umsatzsteuer}
		for _, x := range p.NPB {
			z.Abschlaege = append(z.Abschlaege, ta7.Abschlag{Typ: "deduction", Schluessel: x.ZuAbschlag, Betrag: x.Betrag})
		}
		a.Zeilen = append(a.Zeilen, z)
	}
	for n := range r.v.Herstellungen {
		for _, x := range r.v.Herstellungen[n].ZDB {
			a.Zusatzangaben = append(a.Zusatzangaben, ta7.Zusatzangabe{
				Herstellung: 1, Einheit: n + 1, Position: 1,
				Abschlaege: []ta7.Abschlag{{Typ: "deduction", Schluessel: x.ZuAbschlag, Betrag: x.Betrag}},
			})
		}
	}
	return a
}

// abgabedaten is the record of the pharmacy.
func (d *Delivery) abgabedaten(r *rezept) *ta7.Abgabedaten {
	y, m, _ := d.monat.Date()
	day := int(r.v.ZUP.Abgabedatum % 100)
	a := &ta7.Abgabedaten{
		Version: profil, RezeptID: r.v.INV.RezeptID, VerordnungRezeptID: r.v.INV.RezeptID, Abgabedatum: r.v.ZUP.Abgabedatum,
		Zeitstempel: time.Date(y, m, day, 10, 0, 0, 0, d.monat.Location()).Format(time.RFC3339),
		Apotheke: ta7.Apotheke{
			IK: d.apotheken[r.apotheke], Name: fmt.Sprintf("Beispiel-Apotheke %d", r.apotheke+1), Strasse: "Marktstraße",
			Hausnummer: fmt.Sprint(r.apotheke + 1), Postleitzahl: "20000", Ort: "Neustadt", Land: "D",
		},
	}
	for n := range r.v.Positionen {
		e := &r.v.Positionen[n].EFP
		z := ta7.Abgabezeile{
			Zaehler: n + 1, Art: ta7.Art(e.Kennzeichentyp), Kennzeichen: e.Kennzeichen, Faktor: e.AnzahlEinheiten,
			Bruttopreis: e.Betrag + e.Mehrkosten.Wert + e.Eigenbeteiligung.Wert, MwStSatz: e.Steuersatz,
			Zuzahlung: e.Zuzahlung.Wert, Mehrkosten: e.Mehrkosten, Eigenbeteiligung: e.Eigenbeteiligung,
		}
		a.GesamtBrutto += z.Bruttopreis
		a.GesamtZuzahlung += z.Zuzahlung
		a.Zeilen = append(a.Zeilen, z)
	}
	if len(r.v.Herstellungen) > 0 {
		a.Herstellungen = []ta7.Herstellung{herstellung(r)}
	}
	return a
}

// herstellung is the preparation with its units.
func herstellung(r *rezept) ta7.Herstellung {
	first := &r.v.Herstellungen[0].ZDC
	day := first.Herstellungsdatum
	h := ta7.Herstellung{
		Zaehler: 1, Schluessel: first.SchluesselHerstellung, Kennzeichen: first.KennzeichenHerstellender,
		Zeitpunkt: fmt.Sprintf("%04d-%02d-%02dT09:00:00Z", day/10_000, day/100%100, day%100),
	}
	for n := range r.v.Herstellungen {
		u := ta7.Einheit{Zaehler: n + 1}
		for i, p := range r.v.Herstellungen[n].ZDP {
			u.Positionen = append(u.Positionen, ta7.Bestandteil{
				Zaehler: i + 1, Kennzeichen: p.PZN, Faktorkennzeichen: p.Faktorkennzeichen, Faktor: p.Faktor, Preiskennzeichen: p.Preiskennzeichen, Preis: p.Preis,
			})
		}
		h.Einheiten = append(h.Einheiten, u)
	}
	return h
}
