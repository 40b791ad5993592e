package gen

import (
	"fmt"
	"math/rand/v2"
	"time"

	"klarbeleg/dta"
	"klarbeleg/dta/invented"
	"klarbeleg/dta/p302"
)

// caseBuilder makes one case.
type caseBuilder struct {
	rnd       *rand.Rand
	created   time.Time
	provider  Provider
	contract  contract
	inv       *invoice
	beleg     string
	kvnr      string
	faults    []*FaultKind
	positions int
	// previousBeleg is the Belegnummer of the case before, "" for the first.
	previousBeleg string
	// vkz is the Verarbeitungskennzeichen; all but 01 name an earlier bill.
	vkz string

	// twin makes the case otherwise than it is billed, to tell what a fault takes.
	twin twin
	made parts

	child, exempt, abroad bool
	careState
}

// Invented names; a part has letters beyond ASCII, one needs the release
// character.
var (
	familyNames = []string{"Beispiel", "Mustermann", "Weiß", "Groß", "Müller-Süß", "D'Angelo", "Öztürk", "van der Berg", "Schulz", "Krüger", "Neumann", "Probe"}
	givenNames  = []string{"Anna", "Jörg", "Martha", "Änne", "Sevgi", "Jan", "Erika", "Max", "Käthe", "Lena", "Paul", "Tom"}
	streets     = []string{"Lindenallee", "Klinikweg", "Marktstraße", "Deichstraße", "Am Bahnhof"}
	towns       = []string{"Neustadt", "Musterstadt", "Altdorf"}
)

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// before returns the day so many days before the creation.
func (c *caseBuilder) before(days int) time.Time { return c.created.AddDate(0, 0, -days) }

// workday returns the date, moved to the next Monday if it is a weekend.
func workday(t time.Time) time.Time {
	switch t.Weekday() {
	case time.Saturday:
		return t.AddDate(0, 0, 2)
	case time.Sunday:
		return t.AddDate(0, 0, 1)
	default:
		return t
	}
}

// build adds the case to the invoice and returns its status and total.
func (c *caseBuilder) build(group byte) (status string, t total) {
	c.child = c.rnd.IntN(8) == 0
	c.exempt = c.rnd.IntN(6) == 0
	c.abroad = c.rnd.IntN(100) == 0
	if len(c.faults) > 0 { // faults need a case that has everything
		c.child, c.exempt, c.abroad = false, false, false
	}
	var sums func(*parts)
	c.made, sums = c.fall(group, c.kopf())
	c.apply(&c.made, sums)
	return statusOf(c.made.kopf.INV.Versichertenstatus), c.made.total()
}

// fall makes the case, adds it to the invoice and returns its parts and how its
// sums are made.
func (c *caseBuilder) fall(group byte, kopf p302.Kopf) (p parts, sums func(*parts)) {
	f := &c.inv.slla.Faelle
	switch group {
	case 'A':
		x := added(&f.FaelleA, *c.fallA(kopf))
		return partsA(x), func(*parts) { sumsA(x) }
	case 'B':
		x := added(&f.FaelleB, *c.fallB(kopf))
		return partsB(x), func(*parts) { c.sumsB(x) }
	case 'E':
		x := added(&f.FaelleE, *c.fallE(kopf))
		return partsE(x), func(*parts) { sumsE(x) }
	}
	return c.care(group, kopf, f), sumsCare
}

// total returns what the case adds to the invoice.
func (p *parts) total() total {
	if f, therapy := p.fall.(*p302.FallB); therapy {
		return totalB(f)
	}
	t := total{gross: *p.gross()}
	if p.copay != nil {
		t.deducted = p.copay().Oder(0)
	}
	return t
}

// apply puts the faults of the case in before and after its sums are made.
func (c *caseBuilder) apply(p *parts, sums func(*parts)) {
	p.previousBeleg, p.invoiced = c.previousBeleg, datum(c.created)
	for _, k := range c.faults {
		if k.setup != nil {
			k.setup(p)
		}
	}
	switch c.twin {
	case withoutLine:
		p.drop()
	case withoutPart:
		p.dropPart(c.faults[0].part)
	default: // nothing is left out
	}
	if c.twin != asBilled {
		sums(p)
		return
	}
	for _, k := range c.faults {
		if k.onCase != nil {
			k.onCase(p)
		}
	}
	sums(p)
	for _, k := range c.faults {
		if k.onSums != nil {
			k.onSums(p)
		}
	}
}

// kopf makes person and head. Children are six years old, pensioners over
// seventy, so that no birthday falls into the services.
func (c *caseBuilder) kopf() p302.Kopf {
	age, status := 30+c.rnd.IntN(30), "10001"
	switch {
	case c.child:
		age, status = 6, "30001"
	case c.rnd.IntN(3) == 0 && len(c.faults) == 0:
		age, status = 71+c.rnd.IntN(15), "50001"
	}
	k := p302.Kopf{
		INV: p302.INV{VersichertenNummer: c.kvnr, Versichertenstatus: status, Beleginformation: "1", Belegnummer: c.beleg},
		NAD: p302.NAD{
			Nachname: pick(c.rnd, familyNames), Vorname: pick(c.rnd, givenNames),
			Geburtsdatum: datum(c.created.AddDate(-age, 0, -100-c.rnd.IntN(100))),
		},
	}
	if c.vkz != firstBill {
		k.URI = dta.Some(p302.URI{
			UrspruenglichesIK: c.provider.IK, UrspruenglicheSammelRechnungsnummer: "V-" + c.inv.slga.REC.SammelRechnungsnummer,
			UrspruenglicheEinzelRechnungsnummer: c.inv.slga.REC.EinzelRechnungsnummer,
			UrspruenglichesRechnungsdatum:       datum(c.before(1)), UrspruenglicheBelegnummer: c.beleg,
		})
	}
	if c.abroad && !c.child { // from abroad: no number, day of birth unknown
		k.INV.VersichertenNummer, k.INV.Versichertenstatus = "", ""
		k.NAD.Geburtsdatum -= k.NAD.Geburtsdatum % 100
		k.NAD.StrasseNr, k.NAD.PLZ = fmt.Sprintf("%s %d", pick(c.rnd, streets), 1+c.rnd.IntN(99)), "9711 AB"
		k.NAD.Wohnort, k.NAD.Laenderkennzeichen = "Groningen", "NL"
	}
	return k
}

// liable is the Zuzahlungskennzeichen of therapy and aids.
func (c *caseBuilder) liable() string {
	switch {
	case c.child:
		return "0"
	case c.exempt:
		return "1"
	}
	return "3"
}

func (c *caseBuilder) doctor() (practiceNumber, doctorNumber string) {
	n := c.rnd.IntN(5000)
	return invented.Practice(n), invented.Doctor(n)
}
