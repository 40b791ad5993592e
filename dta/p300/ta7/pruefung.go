package ta7

import "klarbeleg/dta/p300"

// readAbgabe reads the dispensing record out of its container.
func (r *Reader) readAbgabe(offset int64) {
	z := &r.rezept
	if z.Abgabe.XML == nil {
		r.fault(p300.CodeTA7, textCMS, "Binary", offset)
		return
	}
	a, wrong, err := ReadAbgabedaten(z.Abgabe.XML)
	if err != nil {
		r.fault(p300.CodeTA7, textCMS, "Binary", offset)
		return
	}
	for _, name := range wrong {
		r.fault(p300.CodeTA7, textAbgabefeld+name+".", "Binary", offset)
	}
	z.Abgabedaten = a
}

// pruefen checks the parts of a prescription against each other.
func (r *Reader) pruefen() {
	z := &r.rezept
	if v := profilVersionOf(r.head.Version); v == nil || v.lueckenlos {
		for i := range z.Abrechnung.Zeilen {
			if l := &z.Abrechnung.Zeilen[i]; l.Zaehler != i+1 {
				r.fault(p300.CodeZeilen, textZeilen, "lineItem", l.offset)
				break
			}
		}
	}
	if len(z.Abrechnung.Zeilen) == 0 {
		r.fault(p300.CodeZeilen, textZeilen, "Invoice", z.Offset)
	}
	if !z.sameIDs() {
		r.fault(p300.CodeRezeptIDs, textRezeptIDs, "Bundle", z.Offset)
	}
	a := z.Abgabedaten
	if a == nil {
		return
	}
	var brutto, zuzahlung p300.Cent
	for i := range a.Zeilen {
		brutto += a.Zeilen[i].Bruttopreis
		zuzahlung += a.Zeilen[i].Zuzahlung
	}
	if brutto != a.GesamtBrutto {
		r.fault(p300.CodeGesamt, textBrutto, "Binary", z.Offset)
	}
	if zuzahlung != a.GesamtZuzahlung {
		r.fault(p300.CodeGesamt, textZuzahlung, "Binary", z.Offset)
	}
	r.pruefeZeilen(a)
}

// sameIDs compares the Rezept-IDs of all documents that could be read (APO-F04).
func (z *Rezept) sameIDs() bool {
	ids := []string{z.Verordnung.RezeptID, z.Quittung.RezeptID}
	if z.Abgabedaten != nil {
		ids = append(ids, z.Abgabedaten.RezeptID, z.Abgabedaten.VerordnungRezeptID)
	}
	for i, id := range ids {
		readable := i >= 2 || i == 0 && z.Verordnung.XML != nil || i == 1 && z.Quittung.XML != nil
		if readable && id != z.Abrechnung.RezeptID {
			return false
		}
	}
	return true
}

// pruefeZeilen joins the lines of both parts by their counters (APO-F05) and
// checks the tax (APO-R04, section 5.1).
func (r *Reader) pruefeZeilen(a *Abgabedaten) {
	lines := map[int]*Abgabezeile{}
	for i := range a.Zeilen {
		lines[a.Zeilen[i].Zaehler] = &a.Zeilen[i]
	}
	joined := map[int]bool{}
	for i := range r.rezept.Abrechnung.Zeilen {
		l := &r.rezept.Abrechnung.Zeilen[i]
		g := lines[l.Zaehler]
		if g == nil {
			continue
		}
		joined[l.Zaehler] = true
		if d := l.Umsatzsteuer - l.steuer(g); d < -1 || d > 1 {
			r.fault(p300.CodeUmsatzsteuer, textSteuer, "lineItem", l.offset)
		}
	}
	if n := len(joined); n != len(a.Zeilen) || n != len(r.rezept.Abrechnung.Zeilen) {
		r.fault(p300.CodeZeilen, textZeilenPaar, "Invoice", r.rezept.Offset)
	}
}

// steuer returns the tax of a line as section 5.1 computes it.
func (l *Zeile) steuer(g *Abgabezeile) p300.Cent {
	base := g.Bruttopreis
	for _, a := range l.Abschlaege {
		if a.Schluessel == "R001" || a.Schluessel == "R003" {
			base -= max(a.Betrag, -a.Betrag)
		}
	}
	return p300.EnthalteneSteuer(base, g.MwStSatz)
}
