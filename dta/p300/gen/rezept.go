package gen

import (
	"fmt"
	"math/rand/v2"
	"time"

	"klarbeleg/dta"
	"klarbeleg/dta/invented"
	"klarbeleg/dta/p300"
)

// rezept is a prescription with what the invoice asks beyond ABRP.
type rezept struct {
	v        p300.Verordnung
	arten    []string // SGA-02 of every position
	zuzahl   []p300.Cent
	apotheke int // the pharmacy, also of one that went astray
	vorher   nummern
}

// nummern are those of the prescription before.
type nummern struct{ belegnummer, rezeptID string }

// bauplan is a kind of prescription.
type bauplan struct {
	name         string
	anteil       int // of all prescriptions, in percent
	elektronisch bool
	bau          func(*bau)
}

// The kinds that faults ask for.
const (
	eRezept       = "E-Rezept"
	papier        = "Papierrezept"
	papierRezept  = "Rezeptur auf Papier"
	papierEinfach = "ein Arzneimittel auf Papier"
	eEinfach      = "ein Arzneimittel als E-Rezept"
	eDienst       = "E-Rezept mit Botendienst"
)

// bauplaene is never written. The shares add up to 100.
var bauplaene = [...]bauplan{
	{eRezept, 24, true, (*bau).arzneimittel},
	{eEinfach, 10, true, (*bau).einArzneimittel},
	{eDienst, 7, true, (*bau).mitDienst},
	{"E-Rezept mit Import", 5, true, (*bau).importiert},
	{"E-Rezept mit Mehrkosten", 4, true, (*bau).mitMehrkosten},
	{"E-Rezept mit Nullposition", 3, true, (*bau).mitNullposition},
	{"E-Rezept künstliche Befruchtung", 3, true, (*bau).befruchtung},
	{"E-Rezept Kind", 5, true, (*bau).kind},
	{"Rezeptur als E-Rezept", 5, true, (*bau).rezeptur},
	{papier, 7, false, (*bau).arzneimittel},
	{papierEinfach, 5, false, (*bau).einArzneimittel},
	{"Betäubungsmittelrezept", 3, false, (*bau).betaeubungsmittel},
	{"Papierrezept Kind", 3, false, (*bau).kind},
	{papierRezept, 5, false, (*bau).rezeptur},
	{"Hilfsmittel", 4, false, (*bau).hilfsmittel},
	{"Impfstoff", 2, false, (*bau).impfstoff},
	{"Sprechstundenbedarf", 2, false, (*bau).sprechstundenbedarf},
	{"Versorgung nach BVG", 1, false, (*bau).bvg},
	{"Zahnarzt", 2, false, (*bau).zahnarzt},
}

func planOf(name string) *bauplan {
	for i := range bauplaene {
		if bauplaene[i].name == name {
			return &bauplaene[i]
		}
	}
	return nil
}

func (d *Delivery) random(i int) *rand.Rand {
	return rand.New(rand.NewPCG(d.o.Seed, uint64(i))) //nolint:gosec // invented data must be the same each time
}

// bauplanOf returns the kind of a prescription: drawn, or what a fault asks for.
func (d *Delivery) bauplanOf(i int) *bauplan {
	for _, x := range d.faultsAt[i] {
		if x.kind.plan != "" {
			return planOf(x.kind.plan)
		}
	}
	for _, x := range d.faultsAt[i+1] {
		if x.kind.previous {
			return planOf(x.kind.plan)
		}
	}
	return draw(d.random(i))
}

func draw(rnd *rand.Rand) *bauplan {
	n := rnd.IntN(100)
	for i := range bauplaene {
		if n -= bauplaene[i].anteil; n < 0 {
			return &bauplaene[i]
		}
	}
	panic("gen: shares do not add up to 100")
}

// bau is a prescription while it is made.
type bau struct {
	rezept
	d      *Delivery
	rnd    *rand.Rand
	plan   *bauplan
	index  int
	abgabe time.Time
	frei   bool // free of co-payment
}

// rezept makes the prescription of a number: the same each time, but for faults of
// the prescription itself, which all files show.
func (d *Delivery) rezept(m message, i int) *rezept {
	b := &bau{d: d, rnd: d.random(i), index: i, plan: d.bauplanOf(i), rezept: rezept{apotheke: m.apotheke}}
	draw(b.rnd)
	if m.apotheke < 0 {
		b.apotheke = i % len(d.apotheken)
		b.plan = planOf(papier) // an E-Rezept does not go astray
	}
	b.abgabe = d.monat.AddDate(0, 0, b.rnd.IntN(int(d.zeitraum%100)))
	b.frei = b.rnd.IntN(5) == 0
	b.kopf(m)
	b.plan.bau(b)
	b.abschliessen()
	b.vorher = nummern{d.belegnummer(i - 1), d.rezeptID(i - 1)}
	for _, x := range d.faultsAt[i] {
		if x.kind.verordnung != nil {
			x.kind.verordnung(&b.rezept)
		}
	}
	return &b.rezept
}

// Invented names; one has letters beyond ASCII, one needs the release character.
func surnames() []string {
	return []string{"Muster", "Beispiel", "Weiß", "Müller-Süß", "D'Angelo", "Öztürk", "Krüger", "Probe"}
}

func givenNames() []string {
	return []string{"Anna", "Jörg", "Änne", "Bernd", "Clara", "Sevgi", "Paul"}
}

func pick[T any](rnd *rand.Rand, list []T) T { return list[rnd.IntN(len(list))] }

// kopf fills the person, the prescriber and the dates.
func (b *bau) kopf(m message) {
	age, status := 30+b.rnd.IntN(30), "10000"
	if b.rnd.IntN(3) == 0 {
		age, status = 70+b.rnd.IntN(20), "50000"
	}
	v := &b.v
	n := b.d.o.Seed*6_700_417 + uint64(b.index)*49_979_687 // both prime: no person twice
	v.INV = p300.INV{Versichertennummer: invented.Insured(n), Versichertenstatus: status, Belegnummer: b.d.belegnummer(b.index)}
	v.NAD = p300.NAD{Nachname: pick(b.rnd, surnames()), Vorname: pick(b.rnd, givenNames()), Geburtsdatum: datum(b.abgabe.AddDate(-age, 0, -b.rnd.IntN(300)))}
	doctor := b.rnd.IntN(5000)
	v.ZUP = p300.ZUP{
		Betriebsstaettennummer: invented.Practice(doctor), Ausstellungsdatum: datum(b.abgabe.AddDate(0, 0, -b.rnd.IntN(5))),
		Zuzahlungskennzeichen: "0", Begruendungspflicht: "0", Abgabedatum: datum(b.abgabe), Imagekennzeichnung: "0",
		AutIdem1: "1", AutIdem2: "1", AutIdem3: "1", AutIdem4: "1", AutIdem5: "1", AutIdem6: "1", AutIdem7: "1", AutIdem8: "1", AutIdem9: "1",
		Arztnummer: invented.Doctor(doctor),
	}
	if b.frei {
		v.ZUP.Zuzahlungskennzeichen = "1"
	}
	if m.apotheke < 0 {
		v.ZUP.Irrlaeuferrezept = b.d.apotheken[b.apotheke]
	}
	if b.plan.elektronisch {
		v.ZUP.Imagekennzeichnung = "2"
		v.INV.RezeptID = b.d.rezeptID(b.index)
	} else if b.rnd.IntN(10) == 0 { // read wrongly by the scanner
		v.KKZ = []p300.KKZ{{Arztfeld: "002", Zeichenanzahl: int32(1 + b.rnd.IntN(5))}}
	}
}

// belegnummer returns the 18 digits of INV-05: year, month, counter, IK (section 7).
func (d *Delivery) belegnummer(i int) string {
	year, month, _ := d.monat.Date()
	return fmt.Sprintf("%d%02d%08d%s", year%10, month, (d.o.Zaehler*10_007+i)%100_000_000, d.absender[2:])
}

// rezeptID returns the number of an E-Rezept (INV-07).
func (d *Delivery) rezeptID(i int) string {
	return invented.Prescription("160", d.o.Seed*1_000_003+uint64(d.o.Zaehler)*1_000_000_007+uint64(i))
}

// kindlich makes the person a child, free of co-payment.
func (b *bau) kindlich() {
	b.v.INV.Versichertenstatus = "30000"
	b.v.NAD.Geburtsdatum = datum(b.abgabe.AddDate(-6, 0, -b.rnd.IntN(300)))
	b.befreit()
}

func (b *bau) befreit() {
	b.frei = true
	b.v.ZUP.Zuzahlungskennzeichen = "1"
}

// mittel is a product of the generator's list; its price is arbitrary.
type mittel struct {
	nummer string
	preis  p300.Cent
}

// Serials of the products of which there is but one.
const (
	serialNull        = 400
	serialBefruchtung = 500
	serialImpfstoff   = 600
	serialOriginal    = 900
	serialStoff       = 700 // and those that follow, every 20th
)

func verschreibungspflichtig() []mittel {
	return []mittel{
		{invented.Product(100), 1723},
		{invented.Product(120), 2769},
		{invented.Product(140), 3121},
		{invented.Product(160), 4110},
		{invented.Product(180), 6355},
		{invented.Product(200), 10642},
		{invented.Product(220), 35704},
		{invented.Product(240), 119999},
	}
}

func apothekenpflichtig() []mittel {
	return []mittel{{invented.Product(300), 797}, {invented.Product(320), 1095}, {invented.Product(340), 1559}}
}

// Product classes of SGA-02.
const (
	artRx         = "01"
	artOTC        = "02"
	artHilfe      = "03"
	artImpfstoff  = "06"
	artSonstige   = "20"
	artEigen      = "40"
	artMehrkosten = "41"
	artNull       = "42"
)

// position adds a line of a PZN.
func (b *bau) position(m mittel, n int32, art string) *p300.Position {
	p := p300.Position{EFP: p300.EFP{
		Kennzeichen: m.nummer, AnzahlEinheiten: n, Betrag: m.preis * p300.Cent(n), Kennzeichentyp: "2", Nullposition: "1",
		Import: "0", AbweichendeAbgabe: "0", Steuersatz: mwst,
	}}
	b.v.Positionen = append(b.v.Positionen, p)
	b.arten = append(b.arten, art)
	b.zuzahl = append(b.zuzahl, 0)
	return &b.v.Positionen[len(b.v.Positionen)-1]
}

// rx adds a medicine on prescription with discount and co-payment.
func (b *bau) rx(m mittel, n int32) *p300.Position {
	p := b.position(m, n, artRx)
	p.NPB = []p300.NPB{{ZuAbschlag: "R001", Betrag: -177 * p300.Cent(n)}}
	b.zuzahlung(m.preis, n)
	return p
}

// zuzahlung sets the co-payment of the last line: 10 % of a pack, at least 5,00,
// at most 10,00, never more than the price (§ 61).
func (b *bau) zuzahlung(preis p300.Cent, n int32) {
	if !b.frei {
		b.zuzahl[len(b.zuzahl)-1] = min(max((preis+5)/10, 500), 1000, preis) * p300.Cent(n)
	}
}

// sonder adds the line of a Sonderkennzeichen.
func (b *bau) sonder(nummer string, preis p300.Cent) *p300.Position {
	p := b.position(mittel{nummer, preis}, 1, artSonstige)
	p.EFP.Kennzeichentyp, p.EFP.Import = "3", ""
	return p
}

func (b *bau) arzneimittel() {
	for range 1 + b.rnd.IntN(3) {
		b.rx(pick(b.rnd, b.d.rx), int32(1+b.rnd.IntN(4)/3))
	}
	if b.plan.elektronisch || b.rnd.IntN(4) > 0 {
		return
	}
	b.v.ZUP.Noctu = "1"
	b.sonder("02567018", 250)
}

func (b *bau) einArzneimittel() {
	b.v.INV.Versichertenstatus = "10000"
	b.frei, b.v.ZUP.Zuzahlungskennzeichen = false, "0"
	b.rx(b.d.rx[1], 1)
}

func (b *bau) mitDienst() {
	b.einArzneimittel()
	b.sonder("06461110", 250)
	if b.rnd.IntN(2) == 0 {
		b.sonder("17717446", 60)
	}
}

func (b *bau) importiert() {
	p := b.rx(pick(b.rnd, b.d.rx[4:]), 1)
	p.EFP.Import, p.EFP.PZNOriginal = "1", invented.Product(serialOriginal)
	p.NPB = append(p.NPB, p300.NPB{ZuAbschlag: "R004", Betrag: -(p.EFP.Betrag*7 + 50) / 100})
}

// mitMehrkosten: the price is above the Festbetrag, the difference is the insured
// person's.
func (b *bau) mitMehrkosten() {
	m := pick(b.rnd, b.d.rx[:4])
	p := b.rx(m, 1)
	p.EFP.Mehrkosten = dta.Some(p300.Cent(249))
	p.EFP.Betrag -= 249
	b.zuzahl[0] = 0
	b.zuzahlung(p.EFP.Betrag, 1)
}

// mitNullposition: the second medicine costs no more than its co-payment.
func (b *bau) mitNullposition() {
	b.einArzneimittel()
	p := b.position(mittel{invented.Product(serialNull), 389}, 1, artNull)
	p.EFP.Nullposition = "0"
	b.zuzahl[1] = p.EFP.Betrag
}

// befruchtung: half is the insured person's, the odd cent too (§ 27a).
func (b *bau) befruchtung() {
	b.frei, b.v.ZUP.Zuzahlungskennzeichen = true, "2"
	p := b.rx(mittel{invented.Product(serialBefruchtung), 28777}, 1)
	p.EFP.Eigenbeteiligung = dta.Some((p.EFP.Betrag + 1) / 2)
	p.EFP.Betrag -= p.EFP.Eigenbeteiligung.Wert
}

// kind: medicines without prescription, 5 % discount.
func (b *bau) kind() {
	b.kindlich()
	for range 1 + b.rnd.IntN(2) {
		p := b.position(pick(b.rnd, b.d.otc), 1, artOTC)
		p.NPB = []p300.NPB{{ZuAbschlag: "R001", Betrag: -(p.EFP.Betrag*5 + 50) / 100}}
	}
}

func (b *bau) betaeubungsmittel() {
	b.rx(b.d.rx[3], 1)
	b.sonder("02567001", 507)
}

func (b *bau) hilfsmittel() {
	b.v.ZUP.StatusgruppeVerordnung = "7"
	m := mittel{"1525307012", 8990}
	p := b.position(m, 1, artHilfe)
	p.EFP.Kennzeichentyp, p.EFP.Import = "1", ""
	p.SRD = dta.Some(p300.SRD{Abrechnungscode: "8", Tarifkennzeichen: "00000"})
	p.SKZ = dta.Some(p300.SKZ{Genehmigungsnummer: fmt.Sprintf("GEN-%d", b.index), DatumGenehmigung: b.v.ZUP.Ausstellungsdatum})
	b.zuzahlung(m.preis, 1)
}

func (b *bau) impfstoff() {
	b.befreit()
	b.v.ZUP.StatusgruppeVerordnung = "8"
	b.position(mittel{invented.Product(serialImpfstoff), 6720}, 1, artImpfstoff)
}

// sprechstundenbedarf is for the practice, not for a person.
func (b *bau) sprechstundenbedarf() {
	b.befreit()
	b.v.INV.Versichertennummer, b.v.INV.Versichertenstatus = "", "00000"
	b.v.NAD = p300.NAD{Nachname: "Sprechstundenbedarf", Vorname: "N"}
	b.v.ZUP.Sprechstundenbedarf = "9"
	for range 1 + b.rnd.IntN(3) {
		b.rx(pick(b.rnd, b.d.rx[:4]), int32(1+b.rnd.IntN(10)))
	}
}

func (b *bau) bvg() {
	b.befreit()
	b.v.INV.Versichertenstatus, b.v.ZUP.BVGKennzeichen = "10600", "6"
	b.rx(pick(b.rnd, b.d.rx), 1)
}

func (b *bau) zahnarzt() {
	z := &b.v.ZUP
	z.Begruendungspflicht, z.Arztnummer, z.Zahnarztnummer = "1", "", fmt.Sprintf("88%06d", b.rnd.IntN(10_000))
	b.rx(pick(b.rnd, b.d.rx), 1)
}

// abschliessen fills what follows from the lines: tax, co-payment, sums (sections
// 5.1 and 5.2).
func (b *bau) abschliessen() {
	for i := range b.v.Positionen {
		p := &b.v.Positionen[i]
		base := p.EFP.Betrag + p.EFP.Mehrkosten.Wert + p.EFP.Eigenbeteiligung.Wert
		for _, n := range p.NPB {
			if n.ZuAbschlag == "R001" || n.ZuAbschlag == "R003" {
				base += n.Betrag
			}
		}
		p.EFP.Umsatzsteuer = enthalten(base, p.EFP.Steuersatz)
		if b.plan.elektronisch {
			p.EFP.Zuzahlung = dta.Some(b.zuzahl[i])
		}
		if p.EFP.Nullposition == "1" {
			b.v.BES.GesamtSVBrutto += p.EFP.Betrag
			b.v.BES.GesamtZuzahlung += b.zuzahl[i]
		}
	}
}

// enthalten returns the tax inside of a gross amount that is not negative, rounded
// half up.
func enthalten(brutto p300.Cent, satz p300.Hundertstel) p300.Cent {
	whole := 10_000 + p300.Cent(satz)
	return (brutto*p300.Cent(satz)*2 + whole) / (2 * whole)
}
