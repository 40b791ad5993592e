package gen

import (
	"klarbeleg/dta"
	"klarbeleg/dta/p302"
)

// fallB makes a prescription of Heilmittel: one therapy, once a week, up to six
// treatments.
func (c *caseBuilder) fallB(k p302.Kopf) *p302.FallB {
	s := pick(c.rnd, c.contract.services)
	units := 1 + c.rnd.IntN(6)
	start := workday(c.before(minDaysBeforeCreation + 2 + 7*units + c.rnd.IntN(14)))
	prescribed := start.AddDate(0, 0, -3-c.rnd.IntN(20))
	f := &p302.FallB{Kopf: k, Positionen: make([]p302.PositionB, 0, units)}
	for i := range units {
		e := p302.EHE{
			Abrechnungscode: c.contract.code, Tarifkennzeichen: c.contract.tariff, Abrechnungspositionsnummer: s.price.Positionsnummer,
			Anzahl: 100, Einzelbetrag: s.price.Cents, DatumLeistungserbringung: datum(start.AddDate(0, 0, 7*i)),
		}
		if c.liable() == "3" || c.vkz == copaymentClaim {
			e.BetragZuzahlung = dta.Some(round2(int64(s.price.Cents), 10))
		}
		f.Positionen = append(f.Positionen, p302.PositionB{EHE: e})
	}
	if c.rnd.IntN(20) == 0 {
		f.Positionen[0].TXT = dta.Some(p302.TXT{Text: "Behandlung laut Verordnung"})
	}
	bsnr, lanr := c.doctor()
	f.ZHE = p302.ZHE{
		Betriebsstaettennummer: bsnr, LebenslangeArztnummer: lanr, Verordnungsdatum: datum(prescribed), Zuzahlungskennzeichen: c.liable(),
		Diagnosegruppe: pick(c.rnd, s.groups), Verordnungsart: "03", Leitsymptomatik: "1100", DringlicherBehandlungsbedarf: "0",
		HeilmittelBereich: s.area, Therapiefrequenz: "1",
	}
	f.DIA = []p302.DIA{{Diagnoseschluessel: pick(c.rnd, s.diagnoses)}}
	if c.vkz == resumption { // of a blank prescription of physiotherapy
		f.ZHE.Verordnungsart, f.ZHE.Diagnosegruppe, f.DIA[0].Diagnoseschluessel = "05", "EX", "M75.1"
	}
	if c.rnd.IntN(20) == 0 {
		f.SKZ = dta.Some(p302.SKZ{Genehmigungskennzeichen: "LHB-" + c.beleg, DatumGenehmigung: datum(prescribed.AddDate(0, 0, -10)), ArtGenehmigung: "B2"})
	}
	c.positions = units
	return f
}

// sumsB fills BES or, for a claim of co-payments, GZF (R-BES-01, R-BES-03). The flat
// part is asked for once per prescription: in the first bill and in a claim.
func (c *caseBuilder) sumsB(f *p302.FallB) {
	var gross, percent p302.Cent
	for i := range f.Positionen {
		p := &f.Positionen[i].EHE
		gross += times(p.Einzelbetrag, p.Anzahl)
		percent += times(p.BetragZuzahlung.Oder(0), p.Anzahl)
	}
	flat := min(1000, gross-percent)
	if c.vkz == copaymentClaim {
		f.GZF = dta.Some(p302.GZF{
			ForderungZuzahlung: percent + flat, ForderungProzentualeZuzahlung: dta.Some(percent), ForderungPauschalerZuzahlungsbetrag: dta.Some(flat),
		})
		return
	}
	if c.vkz != firstBill {
		flat = 0
	}
	bes := p302.BESB{GesamtbetragBrutto: gross}
	if f.ZHE.Zuzahlungskennzeichen == "3" || percent > 0 {
		bes.GesamtbetragProzentualeZuzahlung, bes.PauschalerZuzahlungsbetrag = dta.Some(percent), dta.Some(flat)
		bes.GesamtbetragZuzahlung = dta.Some(percent + flat)
	}
	if c.vkz == correctionBill {
		bes.PauschaleKorrekturabzug = dta.Some(min(150, gross-bes.GesamtbetragZuzahlung.Wert))
	}
	f.BES = dta.Some(bes)
}

// totalB returns what the case adds to the invoice; the deduction of a correction is
// part of bills that name an earlier one.
func totalB(f *p302.FallB) total {
	if f.GZF.Vorhanden {
		return total{0, f.GZF.Wert.ForderungZuzahlung}
	}
	b := &f.BES.Wert
	t := total{b.GesamtbetragBrutto, b.GesamtbetragZuzahlung.Oder(0)}
	if f.URI.Vorhanden {
		t.deducted += b.PauschaleKorrekturabzug.Oder(0)
	}
	return t
}
