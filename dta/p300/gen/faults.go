package gen

import (
	"fmt"
	"slices"

	"klarbeleg/dta/p300"
	"klarbeleg/dta/p300/ta7"
)

// FaultKind is a single fault that can be injected at a prescription.
type FaultKind struct {
	Name  string
	Rule  string // the rule that must find it
	Datei Kind   // the file that has it
	// Unread tells that nothing in the files betrays it: it is found by who knows
	// earlier deliveries, price lists or ages.
	Unread bool
	// Sammel, Irrlaeufer and Rechenzentrum tell what the delivery must have.
	Sammel, Irrlaeufer, Rechenzentrum bool

	plan     string // kind of the prescription that can have it
	previous bool   // so has the prescription before
	first    bool   // look for the segments from the start of the file

	verordnung func(*rezept)           // all files show it
	abrp       func(*p300.Verordnung)  // in ABRP alone
	recp       func(*p300.RECP)        // in the payer's invoice
	sammel     func(*p300.RECP)        // in the invoice over all payers
	ta7Head    func(*ta7.Rechnung)     // in the file that has the prescription
	ta7        func(*ta7.Rezept)       // in TA7 alone
	abgabe     func(*ta7.Abgabedaten)  // before it is signed
	unsigned   bool                    // a signature does not fit
	segments   map[string]segmentFault // by tag: the next segment of the file
	old, now   string                  // text of the TA7 file
}

// segmentFault changes a segment without its terminator; "" takes it out.
type segmentFault func(string) string

// Injection asks for one fault at one prescription, counted from 0 over the
// delivery.
type Injection struct {
	Verordnung int
	Fault      string // name of Faults
}

// Effect is what a fault costs.
type Effect uint8

// The effects, from nothing to everything.
const (
	Warns      Effect = iota
	TakesCase         // all that the prescription demands; in TA7 it is not compared
	Refuses           // the message
	RejectsAll        // the file
)

// Effect returns what the fault costs, as TA3 section 6 and the list of rules have it.
func (k *FaultKind) Effect() Effect {
	switch k.Rule {
	case p300.CodeRezeptID, p300.CodeSumme, p300.CodeZuzahlung, p300.CodeHash, p300.CodeZusatzdaten, p300.CodeHerstellung,
		"APO-V07", "APO-V08", p300.CodeRezeptIDs, p300.CodeZeilen, p300.CodeGesamt, p300.CodeTA7:
		return TakesCase
	case p300.CodeRechnung:
		return Refuses
	case p300.CodeSummePapier, p300.CodeUmsatzsteuer, "APO-R05", "APO-R06", p300.CodeRabatte, p300.CodeSonderkz, p300.CodeSignatur, p300.CodeAbgleich:
		return Warns
	}
	return RejectsAll
}

// Injected is a fault with its place and what it takes.
type Injected struct {
	Injection
	Rule            string
	Kind            Kind
	Effect          Effect
	Taken           p300.Cent // of ABRP with TakesCase: BES-02 less BES-03 and discounts
	Datei           string    // logical file name
	Rechnungsnummer string
	Belegnummer     string // INV-05
}

// injected is an Injection while the delivery is made.
type injected struct {
	Injection
	kind  *FaultKind
	datei *Datei
}

// Faults returns the faults that can be injected.
func Faults() []FaultKind {
	return slices.Concat(syntaxFaults(), abrpFaults(), recpFaults(), ta7Faults())
}

func faultOf(name string) *FaultKind {
	all := Faults()
	i := slices.IndexFunc(all, func(k FaultKind) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// planFaults looks the faults up: kinds of prescriptions depend on them.
func (d *Delivery) planFaults() error {
	d.faultsAt = map[int][]*injected{}
	for _, f := range d.o.Faults {
		k := faultOf(f.Fault)
		m := d.messageOf(f.Verordnung)
		switch {
		case k == nil, m == nil, k.Sammel && !d.o.Sammelrechnung, k.Rechenzentrum && !d.o.Rechenzentrum, k.Irrlaeufer != (m.apotheke < 0), k.previous && f.Verordnung == 0:
			return fmt.Errorf("fault %s at prescription %d: %w", f.Fault, f.Verordnung, ErrOptions)
		}
		x := &injected{Injection: f, kind: k}
		d.faults = append(d.faults, x)
		d.faultsAt[f.Verordnung] = append(d.faultsAt[f.Verordnung], x)
	}
	return nil
}

// placeFaults finds the files of the faults.
func (d *Delivery) placeFaults() {
	for _, x := range d.faults {
		teil := 0
		if x.kind.Datei == TA7 {
			before := 0
			for i := range d.electronic(d.kasseOf(x.Verordnung)) {
				if i == x.Verordnung {
					break
				}
				before++
			}
			teil = before / d.o.RezepteProDatei
		}
		for _, f := range d.dateien {
			if f.Kind == x.kind.Datei && (f.Kind != TA7 || f.Kasse == d.kasseOf(x.Verordnung) && f.Teil == teil) {
				x.datei = f
			}
		}
	}
}

// Injected returns the faults with their places.
func (d *Delivery) Injected() []Injected {
	var out []Injected
	for _, x := range d.faults {
		m := d.messageOf(x.Verordnung)
		r := d.rezept(*m, x.Verordnung)
		i := Injected{
			Injection: x.Injection, Rule: x.kind.Rule, Kind: x.kind.Datei, Effect: x.kind.Effect(), Datei: x.datei.Name,
			Rechnungsnummer: d.Rechnungsnummer(m.kasse), Belegnummer: r.v.INV.Belegnummer,
		}
		if i.Effect == TakesCase && i.Kind == ABRP {
			i.Taken = r.forderung()
		}
		out = append(out, i)
	}
	return out
}

// forderung is what the prescription demands.
func (r *rezept) forderung() p300.Cent {
	v := r.v.BES.GesamtSVBrutto - r.v.BES.GesamtZuzahlung
	for i := range r.v.Positionen {
		for _, n := range r.v.Positionen[i].NPB {
			v += n.Betrag
		}
	}
	return max(0, v)
}

func (d *Delivery) messageOf(i int) *message {
	for n := range d.messages {
		if m := &d.messages[n]; i >= m.from && i < m.until {
			return m
		}
	}
	return nil
}

func (d *Delivery) kasseOf(i int) int { return d.messageOf(i).kasse }

// faultsOf returns the faults of a file.
func (d *Delivery) faultsOf(f *Datei) []*injected {
	var out []*injected
	for _, x := range d.faults {
		if x.datei == f {
			out = append(out, x)
		}
	}
	return out
}

// AtStart tells that the fault stands in the first message of the file.
func (k *FaultKind) AtStart() bool { return k.first }
