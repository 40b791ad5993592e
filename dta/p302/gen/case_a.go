package gen

import (
	"klarbeleg/dta"
	"klarbeleg/dta/p302"
)

// fallA makes a prescription of Hilfsmittel: an item and, in a third of the
// cases, consumables with a period, each in its own group.
func (c *caseBuilder) fallA(k p302.Kopf) *p302.FallA {
	delivered := workday(c.before(minDaysBeforeCreation + 2 + c.rnd.IntN(40)))
	prescribed := delivered.AddDate(0, 0, -2-c.rnd.IntN(15))
	f := &p302.FallA{Kopf: k}
	add := func(s service, quantity p302.Hundertstel) {
		e := p302.EHI{
			Abrechnungscode: c.contract.code, Tarifkennzeichen: c.contract.tariff, Abrechnungspositionsnummer: s.price.Positionsnummer,
			Anzahl: quantity, Mengeneinheit: s.unit, Einzelbetrag: s.price.Cents, DatumLeistungserbringung: datum(delivered), KennzeichenHilfsmittel: s.kind,
		}
		p := p302.PositionA{EHI: e}
		if s.consumed {
			p.EHI.VersorgungszeitraumVon = datum(delivered)
			p.EHI.VersorgungszeitraumBis = datum(delivered.AddDate(0, 1, -1))
		} else {
			p.EHI.Anwendungsort = "2"
		}
		if s.vat > 0 {
			p.MWS = dta.Some(p302.MWS{Mehrwertsteuersatz: s.vat, BetragMehrwertsteuer: vat(s.price.Cents, quantity, s.vat)})
		}
		f.Gruppen = append(f.Gruppen, p302.GruppeA{
			HIL: p302.HIL{Identifikationsnummer: int32(len(f.Gruppen) + 1)}, Positionen: []p302.PositionA{p},
		})
		f.MEH = append(f.MEH, p302.MEH{})
		c.positions++
	}
	items, consumables := c.contract.services[:len(c.contract.services)-1], c.contract.services[len(c.contract.services)-1]
	add(pick(c.rnd, items), 100)
	if c.rnd.IntN(3) == 0 {
		add(consumables, p302.Hundertstel(100*(30+c.rnd.IntN(200))))
	}
	bsnr, lanr := c.doctor()
	f.ZHI = p302.ZHI{
		Betriebsstaettennummer: bsnr, LebenslangeArztnummer: lanr, Verordnungsdatum: datum(prescribed), Zuzahlungskennzeichen: c.liable(),
	}
	f.DIA = []p302.DIA{{Diagnoseschluessel: "E11.74"}, {Diagnosetext: "Diabetisches Fußsyndrom"}}
	f.SKZ = dta.Some(p302.SKZ{Genehmigungskennzeichen: "KV " + c.beleg, DatumGenehmigung: datum(prescribed.AddDate(0, 0, 1)), ArtGenehmigung: "A1"})
	return f
}

// sumsA fills ZUH and BES (section 9, Hilfsmittel).
func sumsA(f *p302.FallA) {
	var gross, copay p302.Cent
	liable := f.ZHI.Zuzahlungskennzeichen == "3"
	for i := range f.Gruppen {
		g := &f.Gruppen[i]
		amount := p302.Cent(0)
		consumed := false
		for j := range g.Positionen {
			p := &g.Positionen[j]
			amount += times(p.EHI.Einzelbetrag, p.EHI.Anzahl) + p.MWS.Wert.BetragMehrwertsteuer
			consumed = p.EHI.VersorgungszeitraumVon != 0
		}
		gross += amount
		if !liable {
			continue
		}
		z := p302.ZUH{Identifikationsnummer: g.HIL.Identifikationsnummer, Bruttobetrag: amount}
		z.Zuzahlungsart, z.BetragZuzahlung = copayOfA(amount, consumed)
		if consumed {
			z.Versorgungszeitraum = dta.Some(int32(1))
		}
		copay += z.BetragZuzahlung.Wert
		f.ZUH = append(f.ZUH, z)
	}
	f.BES = p302.BESA{GesamtbetragBrutto: gross}
	if liable {
		f.BES.GesamtbetragZuzahlung = dta.Some(copay)
	}
}

// copayOfA returns Zuzahlungsart and amount: 01 and 02 for items, 03 and 04 for
// consumables, which have no minimum and 10,00 per month as maximum.
func copayOfA(amount p302.Cent, consumed bool) (string, p302.Opt[p302.Cent]) {
	if consumed {
		if ten := round2(int64(amount), 10); ten <= 1000 {
			return "03", dta.Some(ten)
		}
		return "04", dta.Some(p302.Cent(1000))
	}
	copay, limited := bounded(amount)
	if limited {
		return "02", dta.Some(copay)
	}
	return "01", dta.Some(copay)
}
