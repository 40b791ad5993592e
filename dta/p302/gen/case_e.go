package gen

import (
	"fmt"

	"klarbeleg/dta"
	"klarbeleg/dta/p302"
)

// fallE makes a prescription of trips: out and home again on up to two days,
// each with flat rate and kilometres.
func (c *caseBuilder) fallE(k p302.Kopf) *p302.FallE {
	days := 1 + c.rnd.IntN(2)
	start := workday(c.before(minDaysBeforeCreation + 9 + c.rnd.IntN(40)))
	prescribed := start.AddDate(0, 0, -1-c.rnd.IntN(10))
	f := &p302.FallE{Kopf: k}
	home := fmt.Sprintf("%s %d", pick(c.rnd, streets), 1+c.rnd.IntN(99))
	town, km := pick(c.rnd, towns), 200+c.rnd.IntN(4000)
	for i := range 2 * days {
		t := p302.FahrtE{KTL: p302.KTL{
			Identifikationsnummer: int32(i + 1), StrasseAbholort: home, PLZAbholort: "20000", NameAbholort: town,
			StrasseZielort: "Klinikweg 1", PLZZielort: "20001", NameZielort: town,
		}}
		from := p302.Uhrzeit(810)
		if i%2 == 1 {
			t.KTL.StrasseAbholort, t.KTL.PLZAbholort, t.KTL.StrasseZielort, t.KTL.PLZZielort = t.KTL.StrasseZielort, t.KTL.PLZZielort, t.KTL.StrasseAbholort, t.KTL.PLZAbholort
			from = 1410
		}
		for j, s := range c.contract.services {
			e := p302.EKT{
				Abrechnungscode: c.contract.code, Tarifkennzeichen: c.contract.tariff, Abrechnungspositionsnummer: s.price.Positionsnummer,
				Anzahl: 100, Einzelbetrag: s.price.Cents, DatumLeistungserbringung: datum(start.AddDate(0, 0, 7*(i/2))),
				Uhrzeit: dta.Some(from), UhrzeitBis: dta.Some(from + 25), Dauer: dta.Some(int32(25)),
				GefahreneKilometer: dta.Some(p302.Hundertstel(km)),
			}
			if j == 1 {
				e.Anzahl = p302.Hundertstel(km)
			}
			t.Positionen = append(t.Positionen, p302.PositionE{
				EKT: e, MWS: dta.Some(p302.MWS{Mehrwertsteuersatz: s.vat, BetragMehrwertsteuer: vat(s.price.Cents, e.Anzahl, s.vat)}),
			})
			c.positions++
		}
		f.Fahrten = append(f.Fahrten, t)
	}
	bsnr, lanr := c.doctor()
	mark := "3" // transport has no age limit
	if c.exempt {
		mark = "1"
	}
	f.ZKT = p302.ZKT{Betriebsstaettennummer: bsnr, LebenslangeArztnummer: lanr, Zuzahlungskennzeichen: mark, Verordnungsdatum: datum(prescribed)}
	f.SKZ = dta.Some(p302.SKZ{Genehmigungskennzeichen: "GEN-" + c.beleg, DatumGenehmigung: datum(prescribed.AddDate(0, 0, 1)), ArtGenehmigung: "E1"})
	return f
}

// sumsE fills ZUK and BES (section 9, Krankentransport).
func sumsE(f *p302.FallE) {
	var gross, copay p302.Cent
	for i := range f.Fahrten {
		t := &f.Fahrten[i]
		amount := p302.Cent(0)
		for j := range t.Positionen {
			p := &t.Positionen[j]
			amount += times(p.EKT.Einzelbetrag, p.EKT.Anzahl) + p.MWS.Wert.BetragMehrwertsteuer
		}
		gross += amount
		if f.ZKT.Zuzahlungskennzeichen == "1" {
			continue
		}
		z := p302.ZUK{Identifikationsnummer: t.KTL.Identifikationsnummer, Bruttobetrag: amount, Zuzahlungsart: "01"}
		share, limited := bounded(amount)
		if limited {
			z.Zuzahlungsart = "02"
		}
		z.BetragZuzahlung = dta.Some(share)
		copay += share
		f.ZUK = append(f.ZUK, z)
	}
	f.BES = p302.BESE{GesamtbetragBrutto: gross}
	if copay > 0 {
		f.BES.GesamtbetragZuzahlung = dta.Some(copay)
	}
}
