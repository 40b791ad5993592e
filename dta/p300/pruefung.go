package p300

import "klarbeleg/dta"

// noteFunc takes a finding; it is the way from a check to whoever collects.
type noteFunc func(dta.Error)

// pruefen checks the arithmetic of a complete prescription: sums, tax, hash
// (sections 5.1, 5.2 and 6). It needs nothing but the prescription.
func (v *Verordnung) pruefen(note noteFunc) {
	if !v.IstERezept() && !v.ZDR.Vorhanden && v.brauchtZusatzdaten() {
		note(place(NewError(CodeZusatzdaten, textOhneZDR), v.INV.Ort, "INV", 0))
	}
	v.pruefeSummen(note)
	for i := range v.Positionen {
		p := &v.Positionen[i]
		if d := p.EFP.Umsatzsteuer - p.umsatzsteuer(); d < -1 || d > 1 {
			note(place(NewError(CodeUmsatzsteuer, textUmsatzsteuer), p.EFP.Ort, "EFP", 13))
		}
		if p.EFP.Kennzeichentyp == typSonderkennzeichen {
			v.pruefeSonderkennzeichen(&p.EFP, note)
		}
	}
	if v.ZDR.Vorhanden {
		v.pruefeZusatzdaten(note)
	}
}

// pruefeSummen compares BES with the positions that are no Nullposition. On
// paper the printed sum may hold fees without a line of their own, and the
// co-payment has no line at all.
func (v *Verordnung) pruefeSummen(note noteFunc) {
	var brutto, zuzahlung Cent
	for i := range v.Positionen {
		if e := &v.Positionen[i].EFP; e.Nullposition == keineNullposition {
			brutto += e.Betrag
			zuzahlung += e.Zuzahlung.Wert
		}
	}
	switch {
	case !v.IstERezept():
		if brutto != v.BES.GesamtSVBrutto {
			note(place(NewError(CodeSummePapier, textSummePapier), v.BES.Ort, "BES", 1))
		}
		return
	case brutto != v.BES.GesamtSVBrutto:
		note(place(NewError(CodeSumme, textSumme), v.BES.Ort, "BES", 1))
	}
	if zuzahlung != v.BES.GesamtZuzahlung {
		note(place(NewError(CodeZuzahlung, textZuzahlung), v.BES.Ort, "BES", 2))
	}
}

// keineNullposition is EFP-06 of a line that counts in BES.
const keineNullposition = "1"

// umsatzsteuer returns EFP-14 as section 5.1 computes it.
func (p *Position) umsatzsteuer() Cent {
	base := p.EFP.Betrag + p.EFP.Mehrkosten.Wert + p.EFP.Eigenbeteiligung.Wert
	for _, n := range p.NPB {
		if n.ZuAbschlag == "R001" || n.ZuAbschlag == "R003" {
			base -= abs(n.Betrag)
		}
	}
	return EnthalteneSteuer(base, p.EFP.Steuersatz)
}

func abs(c Cent) Cent { return max(c, -c) }

// EnthalteneSteuer returns the tax inside a gross amount, rounded half up (section 5).
func EnthalteneSteuer(brutto Cent, satz Hundertstel) Cent {
	divisor := 10_000 + Cent(satz)
	if divisor <= 0 {
		return 0
	}
	twice := 2 * brutto * Cent(satz)
	if twice < 0 {
		return -((-twice + divisor) / (2 * divisor))
	}
	return (twice + divisor) / (2 * divisor)
}

// pruefeSonderkennzeichen asks the lists of TA1 for the number on the day of
// dispensing.
func (v *Verordnung) pruefeSonderkennzeichen(e *EFP, note noteFunc) {
	row, known := sonderkennzeichenAt(e.Kennzeichen, v.ZUP.Abgabedatum)
	var sentence string
	switch {
	case !known:
		sentence = textSonderUnbekannt
	case row == nil:
		sentence = textSonderZeit
	case row.eRezept == "0" && v.IstERezept() || row.eRezept == "2" && !v.IstERezept():
		sentence = textSonderArt
	case !row.passt(e.Steuersatz):
		sentence = textSonderSteuer
	default:
		return
	}
	note(place(NewError(CodeSonderkz, sentence), e.Ort, "EFP", 1))
}

// passt tells whether a tax rate belongs to the row's class; from July to
// December 2020 the rates were 16 and 5 percent.
func (s *sonderkennzeichenRow) passt(satz Hundertstel) bool {
	switch s.ust {
	case "0":
		return satz == 0
	case "1":
		return satz == 700 || satz == 500
	case "2":
		return satz == 1900 || satz == 1600
	}
	return true
}

// pruefeZusatzdaten checks counters and time of the preparations and, on paper,
// the hash (section 6, TA1 4.14.1).
func (v *Verordnung) pruefeZusatzdaten(note noteFunc) {
	z := &v.ZDR.Wert
	latest, _ := number(z.Uhrzeit, 6, 6)
	counter, unit := int32(0), int32(0)
	for i := range v.Herstellungen {
		c := &v.Herstellungen[i].ZDC
		next := c.Zaehler == counter+1 && c.AnzahlEinheiten == 1
		same := counter > 0 && c.Zaehler == counter && c.AnzahlEinheiten == unit+1
		if !next && !same {
			note(place(NewError(CodeHerstellung, textZaehlerZDC), c.Ort, "ZDC", 4))
		}
		counter, unit = c.Zaehler, c.AnzahlEinheiten
		if c.Herstellungsdatum > z.Datum || c.Herstellungsdatum == z.Datum && int64(c.Herstellungszeit) > latest/100 {
			note(place(NewError(CodeHerstellung, textZeitZDC), c.Ort, "ZDC", 3))
		}
	}
	if !v.IstERezept() && z.Hash != HashZusatzdaten(z, v.Herstellungen) {
		note(place(NewError(CodeHash, textHash), z.Ort, "ZDR", 1))
	}
}
