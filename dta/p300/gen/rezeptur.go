package gen

import (
	"fmt"

	"klarbeleg/dta"
	"klarbeleg/dta/invented"
	"klarbeleg/dta/p300"
)

// Numbers of what a preparation is made of, and of its surcharges.
const (
	rezepturNummer  = "09999011"
	zuschlagsnummer = "06460518"
	promille        = p300.Millionstel(1_000_000_000) // a whole pack
)

// rezeptur is a preparation of one or two units: the line has the total, the
// Zusatzdaten say what it is made of (TA1 4.14).
func (b *bau) rezeptur() {
	var netto p300.Cent
	for unit := range 1 + b.rnd.IntN(2) {
		h := p300.Herstellung{ZDC: p300.ZDC{
			SchluesselHerstellung: "3", KennzeichenHerstellender: b.d.apotheken[b.apotheke], Herstellungsdatum: datum(b.abgabe),
			Herstellungszeit: 900, Zaehler: 1, AnzahlEinheiten: int32(unit + 1),
		}}
		for i := range 1 + b.rnd.IntN(3) {
			part := p300.Millionstel(10 * (1 + b.rnd.IntN(100)))
			h.ZDP = append(h.ZDP, p300.ZDP{
				PZN: invented.Product(serialStoff + 20*i), Faktorkennzeichen: "11", Faktor: part * 1_000_000, Preiskennzeichen: "13", Preis: p300.Cent(20 + b.rnd.IntN(900)),
			})
		}
		if b.rnd.IntN(3) == 0 {
			h.ZDB = []p300.ZDB{{ZuAbschlag: "R004", Betrag: -12}}
		}
		b.v.Herstellungen = append(b.v.Herstellungen, h)
	}
	last := &b.v.Herstellungen[len(b.v.Herstellungen)-1]
	for _, fee := range []struct {
		key   string
		preis p300.Cent
	}{{"62", 600}, {"70", 835}} {
		last.ZDP = append(last.ZDP, p300.ZDP{PZN: zuschlagsnummer, Faktorkennzeichen: "11", Faktor: promille, Preiskennzeichen: fee.key, Preis: fee.preis})
	}
	for i := range b.v.Herstellungen {
		for _, z := range b.v.Herstellungen[i].ZDP {
			netto += z.Preis
		}
	}
	p := b.sonder(rezepturNummer, (netto*(100+19)+50)/100)
	p.NPB = []p300.NPB{{ZuAbschlag: "R001", Betrag: -177}}
	b.zuzahlung(p.EFP.Betrag, 1)
	b.zusatzdaten()
}

// zusatzdaten adds ZDR: on paper with transaction and hash, electronically with
// zeros (section 3.4).
func (b *bau) zusatzdaten() {
	z := p300.ZDR{
		Hash: fmt.Sprintf("%040d", 0), IK: b.d.apotheken[b.apotheke], Transaktionsnummer: fmt.Sprintf("%09d", 0),
		Datum: datum(b.abgabe), Uhrzeit: "101530", Millisekunden: fmt.Sprintf("%03d", b.index%1000),
	}
	if !b.plan.elektronisch {
		z.Transaktionsnummer = invented.Transaction(b.index + 1)
		z.Hash = p300.HashZusatzdaten(&z, b.v.Herstellungen)
	}
	b.v.ZDR = dta.Some(z)
}
