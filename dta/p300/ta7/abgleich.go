package ta7

import (
	"slices"

	"klarbeleg/dta"
	"klarbeleg/dta/p300"
)

// Abgleich compares an E-Rezept in the ABRP file with the same one in the TA7
// file (section 3.4, derived mapping of medium confidence): all findings are
// warnings (APO-A01), with the place in the ABRP file. Which prescriptions belong
// together is told by the Rezept-ID.
func Abgleich(v *p300.Verordnung, z *Rezept) []dta.Error {
	c := comparison{}
	a := z.Abgabedaten
	c.same(v.INV.RezeptID == z.Abrechnung.RezeptID, v.INV.Ort, "INV", 6, "Rezept-ID")
	c.same(len(z.Abrechnung.Belegnummer) == 19 && v.INV.Belegnummer == z.Abrechnung.Belegnummer[1:], v.INV.Ort, "INV", 4, "Belegnummer")
	c.same(v.IstERezept(), v.ZUP.Ort, "ZUP", 12, "Imagekennzeichnung")
	if a == nil {
		return c.errs
	}
	c.same(v.ZUP.Abgabedatum == a.Abgabedatum, v.ZUP.Ort, "ZUP", 10, "Abgabedatum")
	if len(v.Positionen) != len(a.Zeilen) || len(a.Zeilen) != len(z.Abrechnung.Zeilen) {
		c.same(false, v.INV.Ort, "INV", 0, "Anzahl der Positionen")
		return c.errs
	}
	for i := range v.Positionen {
		c.position(&v.Positionen[i], &a.Zeilen[i], &z.Abrechnung.Zeilen[i])
	}
	return c.errs
}

type comparison struct{ errs []dta.Error }

// same reports a field unless it is the same.
func (c *comparison) same(same bool, o p300.Ort, tag string, element int, field string) {
	if same {
		return
	}
	e := p300.NewError(p300.CodeAbgleich, textAbgleich+field+".")
	e.Segment, e.Offset, e.Tag, e.Element = int(o.Segment), o.Offset, tag, element
	c.errs = append(c.errs, e)
}

// position compares a line; the numbers are those of the elements of EFP.
func (c *comparison) position(p *p300.Position, g *Abgabezeile, l *Zeile) {
	e := &p.EFP
	same := func(same bool, element int, field string) { c.same(same, e.Ort, "EFP", element, field) }
	same(e.Kennzeichen == g.Kennzeichen && e.Kennzeichentyp == string(g.Art), 1, "Kennzeichen")
	same(e.AnzahlEinheiten == g.Faktor, 2, "Anzahl")
	same(e.Betrag == g.betrag(l), 3, "Betrag")
	same(e.Nullposition == l.Positionstyp, 5, "Nullposition")
	same(e.Import == l.Import, 6, "Import")
	same(e.PZNOriginal == l.ImportPZN, 7, "PZN des Originals")
	same(e.Mehrkosten.Oder(0) == g.Mehrkosten.Oder(0), 10, "Mehrkosten")
	same(e.Eigenbeteiligung.Oder(0) == g.Eigenbeteiligung.Oder(0), 11, "Eigenbeteiligung")
	same(e.Steuersatz == g.MwStSatz, 12, "Steuersatz")
	same(e.Umsatzsteuer == l.Umsatzsteuer, 13, "Umsatzsteuer")
	same(e.Zuzahlung.Oder(0) == g.Zuzahlung, 14, "Zuzahlung")
	var npb, abschlaege []Abschlag
	for _, n := range p.NPB {
		npb = append(npb, Abschlag{Schluessel: n.ZuAbschlag, Betrag: n.Betrag})
	}
	for _, x := range l.Abschlaege {
		x.Typ = ""
		abschlaege = append(abschlaege, x)
	}
	for _, n := range npb {
		if !slices.Contains(abschlaege, n) {
			same(false, 0, "Zu- und Abschläge")
			return
		}
	}
	same(len(npb) == len(abschlaege), 0, "Zu- und Abschläge")
}

// gruppeMehrkosten is the Zusatzattribut of additional costs that the payer
// bears (§ 129 Abs. 4c).
const gruppeMehrkosten = "5"

// betrag returns the amount that EFP-04 should have: the gross price without
// what the insured pays beyond the co-payment.
func (g *Abgabezeile) betrag(l *Zeile) p300.Cent {
	v := g.Bruttopreis - g.Eigenbeteiligung.Oder(0)
	borne := slices.ContainsFunc(l.Abschlaege, func(a Abschlag) bool { return a.Schluessel == "R007" }) ||
		slices.ContainsFunc(g.Zusatzattribute, func(z Zusatzattribut) bool { return z.Gruppe == gruppeMehrkosten })
	if !borne {
		v -= g.Mehrkosten.Oder(0)
	}
	return v
}

// Betraege returns the sums that the ABRP file must show for the prescription (BES,
// section 5.2): gross amount and co-payment of the lines that are no
// Nullpositionen. ok is false where the Abgabedaten are not readable or have other
// lines.
func (z *Rezept) Betraege() (brutto, zuzahlung p300.Cent, ok bool) {
	if z.Abgabedaten == nil || len(z.Abgabedaten.Zeilen) != len(z.Abrechnung.Zeilen) {
		return 0, 0, false
	}
	for i := range z.Abgabedaten.Zeilen {
		g, l := &z.Abgabedaten.Zeilen[i], &z.Abrechnung.Zeilen[i]
		if l.Positionstyp != "0" {
			brutto += g.betrag(l)
			zuzahlung += g.Zuzahlung
		}
	}
	return brutto, zuzahlung, true
}
