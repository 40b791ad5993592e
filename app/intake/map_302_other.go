package intake

import (
	"strings"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
	"klarbeleg/dta/p302"
)

// Groups with a layout of their own beside therapy, aids and care: G to N, P, S.

func mapCaseG(f *p302.FallG, c *billing.Case) {
	mapCaseHead(&f.Kopf, c)
	for i := range f.Positionen {
		in := &f.Positionen[i]
		e := &in.ENF
		p := nextPosition(c, line{e.Ort, e.Abrechnungscode, e.Tarifkennzeichen, e.Abrechnungspositionsnummer, e.Anzahl, e.Einzelbetrag, e.DatumLeistungserbringung, &in.TXT, &in.MWS})
		p.CopayPerUnit = opt(e.BetragZuzahlung)
		if in.SUT.Vorhanden {
			s := &in.SUT.Wert
			p.Kilometres = kilometres(s.GefahreneKilometer)
			p.From, p.To, p.Minutes = minutes(s.Uhrzeit), minutes(s.UhrzeitBis), duration(s.Dauer)
			p.SupplyFrom, p.SupplyTo = date(s.VersorgungszeitraumVon), date(s.VersorgungszeitraumBis)
		}
	}
	if f.ZUV.Vorhanden {
		z := &f.ZUV.Wert
		addPrescription(c, billing.Prescription{
			Place: place(z.Ort), BSNR: z.Betriebsstaettennummer, LANR: z.LebenslangeArztnummer, Date: date(z.Verordnungsdatum),
			CopayMarker: key(z.Zuzahlungskennzeichen), Accident: key(z.Unfallkennzeichen), WarPension: key(z.KennzeichenBVG),
			Special: key(z.Verordnungsbesonderheiten),
		})
	}
	mapDiagnoses(f.DIA, c)
	mapApproval(&f.SKZ, c)
	b := &f.BES
	c.Totals = billing.CaseTotals{
		Place: place(b.Ort), Present: true, Gross: money.Cents(b.GesamtbetragBrutto), Copay: opt(b.GesamtbetragZuzahlung),
		Percent: opt(b.GesamtbetragProzentualeZuzahlung), Flat: opt(b.PauschalerZuzahlungsbetrag), OwnShare: opt(b.GesamtbetragEigenanteil),
	}
}

func mapCaseP(f *p302.FallP, c *billing.Case) {
	mapCaseHead(&f.Kopf, c)
	for i := range f.Positionen {
		in := &f.Positionen[i]
		e := &in.EGV
		p := nextPosition(c, line{e.Ort, e.Abrechnungscode, e.Tarifkennzeichen, e.Abrechnungspositionsnummer, e.Anzahl, e.Einzelbetrag, e.AbrechnungszeitraumVon, nil, nil})
		if e.AbrechnungszeitraumBis != 0 {
			p.SupplyFrom, p.SupplyTo = p.Date, date(e.AbrechnungszeitraumBis)
		}
		p.Text = text(in.TXT)
	}
	for i := range f.Beratungen {
		b := &f.Beratungen[i].IBP
		c.Consultations = append(c.Consultations, billing.Consultation{
			Place: place(b.Ort), Kind: key(b.ArtDesBeratungsprozesses), From: date(b.BeginnBeratungsprozess), To: date(b.EndeBeratungsprozess),
			Talks: int(b.AnzahlGespraeche), Consultant: b.NameDesBeraters, Text: text(f.Beratungen[i].TXT),
		})
	}
	grossOnly(&f.BES, c)
}

// text joins the lines of a text.
func text(in []p302.TXT) string {
	if len(in) == 1 {
		return in[0].Text
	}
	lines := make([]string, len(in))
	for i := range in {
		lines[i] = in[i].Text
	}
	return strings.Join(lines, "\n")
}

func mapCaseS(f *p302.FallS, c *billing.Case) {
	mapCaseHead(&f.Kopf, c)
	for i := range f.Positionen {
		in := &f.Positionen[i]
		e := &in.EMP
		p := nextPosition(c, line{e.Ort, e.Abrechnungscode, e.Tarifkennzeichen, e.Abrechnungspositionsnummer, e.Anzahl, e.Einzelbetrag, e.DatumBeginnDerLeistungserbringung, &in.TXT, nil})
		v := nextVisit(c, billing.Visit{
			Place: place(e.Ort), Position: len(c.Positions) - 1, Date: p.Date, End: date(e.DatumEndeDerLeistungserbringung),
			From: minutes(e.UhrzeitBeginnDerLeistungserbringung), To: minutes(e.UhrzeitEndeDerLeistungserbringung), Minutes: duration(e.DauerDerLeistungserbringung),
		})
		v.Staff = numbers(nil, e.Beschaeftigtennummer)
		if v.End == v.Date { // else the times are of two days
			p.From, p.To, p.Minutes = v.From, v.To, v.Minutes
		}
	}
	grossOnly(&f.BES, c)
}
