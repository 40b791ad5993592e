package p300

// betraege are the figures that RES, GEP and the prescriptions share.
type betraege struct {
	brutto, rabatte, zuzahlung, netto, eigenbeteiligung Cent
	verordnungen                                        int64
}

func (b *betraege) add(o betraege) {
	b.brutto += o.brutto
	b.rabatte += o.rabatte
	b.zuzahlung += o.zuzahlung
	b.netto += o.netto
	b.eigenbeteiligung += o.eigenbeteiligung
	b.verordnungen += o.verordnungen
}

func (s *RES) betraege() betraege {
	return betraege{s.GesamtSVBrutto, s.SummeRabatte, s.GesamtZuzahlung, s.GesamtSVNetto, s.KuenstlicheBefruchtung, int64(s.Verordnungsanzahl)}
}

func (s *GEP) betraege() betraege {
	return betraege{s.SVBrutto, s.Rabatte, s.Zuzahlung, s.SVNetto, s.Eigenbeteiligung, int64(s.AnzahlVerordnungen)}
}

// istNetto tells whether SV-Netto is what it should be.
func (b *betraege) istNetto() bool { return b.netto == b.brutto-b.rabatte-b.zuzahlung }

// pruefen checks the identities of section 5.3 that lie in the invoice
// (APO-R07).
func (d *RECP) pruefen(note noteFunc) {
	d.pruefeStatus(note)
	var netto, brutto, zahlbetrag, steuer Cent
	for i := range d.Einzelrechnungen {
		e := &d.Einzelrechnungen[i]
		e.Steuern.pruefen(true, note)
		u := d.summiere(&e.Steuern)
		ser := SER{Ort: e.SER.Ort, SummeNetto: u.netto, SummeBrutto: u.brutto, Zahlbetrag: e.SER.SummeBrutto + u.dritte}
		ser.vergleiche(&e.SER, note)
		netto, brutto, zahlbetrag, steuer = netto+e.SER.SummeNetto, brutto+e.SER.SummeBrutto, zahlbetrag+e.SER.Zahlbetrag, steuer+u.steuer
	}
	if r := &d.Rechenzentrum; r.Vorhanden {
		r.Wert.Steuern.pruefen(true, note)
		u := d.summiere(&r.Wert.Steuern)
		if r.Wert.SRR.SummeNetto != u.netto {
			note(place(NewError(CodeRechnung, textSummeNetto), r.Wert.SRR.Ort, "SRR", 10))
		}
		if r.Wert.SRR.SummeBrutto != u.brutto {
			note(place(NewError(CodeRechnung, textSummeBrutto), r.Wert.SRR.Ort, "SRR", 11))
		}
		netto, brutto, zahlbetrag, steuer = netto+r.Wert.SRR.SummeNetto, brutto+r.Wert.SRR.SummeBrutto, zahlbetrag+r.Wert.SRR.SummeBrutto, steuer+u.steuer
	}
	ssa := &d.Sammel.SSA
	d.Sammel.Steuern.pruefen(false, note)
	u := d.summiere(&d.Sammel.Steuern)
	if ssa.SummeNetto != netto || ssa.SummeBrutto != brutto || ssa.Zahlbetrag != zahlbetrag || u.netto != netto || u.steuer != steuer {
		note(place(NewError(CodeRechnung, textSammel), ssa.Ort, "SSA", 0))
	}
	if d.RES.Zahlbetrag != ssa.Zahlbetrag {
		note(place(NewError(CodeRechnung, textRESZahlbetrag), d.RES.Ort, "RES", 6))
	}
}

// vergleiche compares a single invoice with its computed sums.
func (s *SER) vergleiche(got *SER, note noteFunc) {
	if got.SummeNetto != s.SummeNetto {
		note(place(NewError(CodeRechnung, textSummeNetto), s.Ort, "SER", 12))
	}
	if got.SummeBrutto != s.SummeBrutto {
		note(place(NewError(CodeRechnung, textSummeBrutto), s.Ort, "SER", 13))
	}
	if got.Zahlbetrag != s.Zahlbetrag {
		note(place(NewError(CodeRechnung, textZahlbetrag), s.Ort, "SER", 14))
	}
}

// pruefeStatus compares RES with its GEP, and those with the pharmacies' GEP.
func (d *RECP) pruefeStatus(note noteFunc) {
	apotheken := map[string]betraege{}
	for i := range d.Apotheken {
		for j := range d.Apotheken[i].Status {
			g := &d.Apotheken[i].Status[j].GEP
			b := g.betraege()
			if !b.istNetto() {
				note(place(NewError(CodeRechnung, textSVNetto), g.Ort, "GEP", 5))
			}
			sum := apotheken[g.Status]
			sum.add(b)
			apotheken[g.Status] = sum
		}
	}
	var all betraege
	for i := range d.Status {
		g := &d.Status[i].GEP
		b := g.betraege()
		if !b.istNetto() {
			note(place(NewError(CodeRechnung, textSVNetto), g.Ort, "GEP", 5))
		}
		if apotheken[g.Status] != b {
			note(place(NewError(CodeRechnung, textGEPApotheken), g.Ort, "GEP", 0))
		}
		delete(apotheken, g.Status)
		all.add(b)
	}
	if len(apotheken) > 0 { // a status of a pharmacy that RES does not have
		note(place(NewError(CodeRechnung, textGEPApotheken), d.RES.Ort, "RES", 0))
	}
	res := d.RES.betraege()
	if !res.istNetto() {
		note(place(NewError(CodeRechnung, textSVNetto), d.RES.Ort, "RES", 4))
	}
	if res != all {
		note(place(NewError(CodeRechnung, textGEPGesamt), d.RES.Ort, "RES", 0))
	}
}

// steuersummen are the sums of the VAT segments under SER, SRR or SSA.
type steuersummen struct{ netto, steuer, brutto, dritte Cent }

// summiere adds the VAT segments up. Tax that the payer owes itself (foreign
// pharmacies, SEU-05 other than 1) is not part of the gross sum.
func (d *RECP) summiere(s *Steuern) steuersummen {
	var u steuersummen
	for i := range s.SGA {
		u.netto += s.SGA[i].Netto
		u.steuer += s.SGA[i].Umsatzsteuer
	}
	u.brutto = u.netto
	for i := range s.SEU {
		if d.REC.InlandAusland != ausland && s.SEU[i].Kennzeichen == "1" {
			u.brutto += s.SEU[i].SummeUmsatzsteuer
		}
	}
	for i := range s.SGB {
		u.dritte += s.SGB[i].Betrag
	}
	return u
}

// pruefen checks the rows among each other. The tax of a single invoice is
// computed, that of the collective statement is a sum and never computed anew.
func (s *Steuern) pruefen(einzeln bool, note noteFunc) {
	type summe struct{ netto, steuer Cent }
	je := map[Hundertstel]summe{}
	for i := range s.SGA {
		g := &s.SGA[i]
		if g.Zwischensumme != g.Brutto-g.Apothekenabschlag.Wert-g.SonstigeAbzuege {
			note(place(NewError(CodeRechnung, textZwischensumme), g.Ort, "SGA", 6))
		}
		if einzeln && g.Umsatzsteuer != EnthalteneSteuer(g.Zwischensumme, g.Steuersatz) {
			note(place(NewError(CodeRechnung, textSteuer), g.Ort, "SGA", 8))
		}
		if g.Netto != g.Zwischensumme-g.Umsatzsteuer {
			note(place(NewError(CodeRechnung, textNetto), g.Ort, "SGA", 9))
		}
		sum := je[g.Steuersatz]
		je[g.Steuersatz] = summe{sum.netto + g.Netto, sum.steuer + g.Umsatzsteuer}
	}
	for i := range s.SEU {
		u := &s.SEU[i]
		sum := je[u.Steuersatz]
		je[u.Steuersatz] = summe{sum.netto - u.EntgelteNetto, sum.steuer - u.SummeUmsatzsteuer}
	}
	for _, rest := range je {
		if rest != (summe{}) && len(s.SEU) > 0 {
			note(place(NewError(CodeRechnung, textSteuersumme), s.SEU[0].Ort, "SEU", 0))
			return
		}
	}
}
