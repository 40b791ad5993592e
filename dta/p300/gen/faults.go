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
	// Sammel and Irrlaeufer tell what the delivery must have.
	Sammel, Irrlaeufer bool

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

// Injected is a fault with its place.
type Injected struct {
	Injection
	Rule            string
	Datei           string // logical file name
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
		case k == nil, m == nil, k.Sammel && !d.o.Sammelrechnung, k.Irrlaeufer != (m.apotheke < 0), k.previous && f.Verordnung == 0:
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
		out = append(out, Injected{
			x.Injection, x.kind.Rule, x.datei.Name, d.Rechnungsnummer(d.kasseOf(x.Verordnung)), d.belegnummer(x.Verordnung),
		})
	}
	return out
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
