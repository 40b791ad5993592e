// Package gen makes synthetic deliveries of § 300 for tests, the demo and
// benchmarks: prescriptions (ABRP), their invoice (RECP) and the electronic ones
// as TA7 with signed containers. The files agree with each other to the cent and
// are read without a finding but for the faults that are asked for. The same
// options give the same bytes. No person, pharmacy, payer or product in it exists:
// all IK are in the unassigned region 88, all PZN in the unassigned range 99.
//
// A prescription is a function of seed and number, so every file is written on its
// own and none is kept: memory holds one message of ABRP, the sums of all
// pharmacies for RECP, one prescription of TA7.
package gen

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"time"

	"klarbeleg/dta/auftrag"
	"klarbeleg/dta/invented"
	"klarbeleg/dta/p300"
)

// What is generated when the options do not say.
const (
	defaultVerordnungen = 10
	defaultApotheken    = 3
	defaultProDatei     = 500
	perAstray           = 8 // one prescription of so many may go astray
	firstProfile        = p300.Datum(20251001)
	recipient           = "668800094"
	mwst                = 1900

	einzeln = "3" // Rechnungsart: one invoice per payer
	jeKasse = "7" // of one payer, together with
	sammel  = "6" // the one over all of them
	astray  = p300.IrrlaeuferIK
)

// ErrOptions is returned for options that no delivery can fulfil.
var ErrOptions = errors.New("options cannot be fulfilled")

// Options says what to generate. The zero value of every field but Erstellt has a
// default.
type Options struct {
	Verordnungen    int       // prescriptions of the delivery; default 10
	Apotheken       int       // pharmacies; default 3. A message holds the prescriptions of one for one payer
	Kostentraeger   int       // payers, each with an own invoice; default 1
	Sammelrechnung  bool      // Rechnungsart 7 per payer and 6 over all of them; otherwise 3
	Rechenzentrum   bool      // the centre bills its own service too; then the Zahlbetrag is above the net of the prescriptions
	Irrlaeufer      int       // prescriptions per payer that went astray; default 0
	RezepteProDatei int       // E-Rezepte of one TA7 file; default 500
	Seed            uint64    // other seeds give other persons, pharmacies and numbers
	Erstellt        time.Time // creation of the files; what is billed lies in the month before
	Zaehler         int       // counter of the first file; default 1
	Echt            bool      // live data; default is test data
	LineEnd         string    // of EDIFACT; default none
	Faults          []Injection
}

// Kind is the kind of a file.
type Kind string

// The kinds of files of a delivery.
const (
	ABRP Kind = "ABRP"
	RECP Kind = "RECP"
	TA7  Kind = "TA7"
)

// Delivery is a delivery that can be written, file by file, in any order.
type Delivery struct {
	o         Options
	zeitraum  p300.Datum // last day of the month that is billed
	monat     time.Time  // its first day
	absender  string
	kassen    []string
	apotheken []string
	messages  []message // of the ABRP file, in order
	dateien   []*Datei
	faults    []*injected
	faultsAt  map[int][]*injected // by prescription
	signer    *signer
	rx, otc   []mittel
}

// message is one message of the ABRP file: the prescriptions from to until of a
// pharmacy for a payer.
type message struct {
	kasse, apotheke int // apotheke -1: those that went astray
	from, until     int
}

// Datei is one file of a delivery.
type Datei struct {
	Kind  Kind
	Name  string // logical
	Kasse int    // TA7: number of the payer, from 0
	Teil  int    // TA7: number of the file, from 0

	d       *Delivery
	zaehler int
	anzahl  int // TA7: prescriptions
}

// New plans a delivery. Nothing is generated yet.
func New(o Options) (*Delivery, error) {
	o = withDefaults(o)
	least := o.Kostentraeger * o.Apotheken
	if o.Erstellt.IsZero() || o.Verordnungen < least || o.Apotheken > invented.MaxSerial || o.Kostentraeger > 1000 || o.Irrlaeufer < 0 {
		return nil, fmt.Errorf("creation date, %d prescriptions for %d messages: %w", o.Verordnungen, least, ErrOptions)
	}
	d := &Delivery{
		o: o, rx: verschreibungspflichtig(), otc: apothekenpflichtig(), absender: invented.Institution("59", 30),
	}
	y, m, _ := o.Erstellt.Date()
	d.monat = time.Date(y, m-1, 1, 0, 0, 0, 0, o.Erstellt.Location())
	if d.zeitraum = datum(d.monat.AddDate(0, 1, -1)); d.zeitraum < firstProfile {
		return nil, fmt.Errorf("the profiles of that month are not written: %w", ErrOptions)
	}
	for i := range o.Kostentraeger {
		d.kassen = append(d.kassen, invented.Institution("10", 1+i))
	}
	for i := range o.Apotheken {
		d.apotheken = append(d.apotheken, invented.Institution("30", 1+(int(o.Seed%100)*97+i)%invented.MaxSerial))
	}
	var err error
	if d.signer, err = newSigner(); err != nil {
		return nil, err
	}
	d.planMessages()
	if err := d.planFaults(); err != nil {
		return nil, err
	}
	d.planDateien()
	d.placeFaults()
	return d, nil
}

func withDefaults(o Options) Options {
	set := func(field *int, v int) {
		if *field == 0 {
			*field = v
		}
	}
	set(&o.Verordnungen, defaultVerordnungen)
	set(&o.Apotheken, defaultApotheken)
	set(&o.Kostentraeger, 1)
	set(&o.RezepteProDatei, defaultProDatei)
	set(&o.Zaehler, 1)
	return o
}

// planMessages spreads the prescriptions over payers and pharmacies.
func (d *Delivery) planMessages() {
	next := 0
	for k := range d.kassen {
		count := share(d.o.Verordnungen, len(d.kassen), k)
		lost := min(d.o.Irrlaeufer, count/perAstray)
		for a := range d.apotheken {
			n := share(count-lost, len(d.apotheken), a)
			d.messages = append(d.messages, message{k, a, next, next + n})
			next += n
		}
		if lost > 0 {
			d.messages = append(d.messages, message{k, -1, next, next + lost})
			next += lost
		}
	}
}

// share returns the i-th of n nearly equal parts.
func share(total, n, i int) int {
	part := total / n
	if i < total%n {
		part++
	}
	return part
}

// planDateien names the files; their counter runs over all kinds (section 2.3).
func (d *Delivery) planDateien() {
	add := func(kind Kind, kasse, teil, anzahl int) {
		n := d.o.Zaehler + len(d.dateien)
		art := "ABR"
		if kind == TA7 {
			art = "FHR"
		}
		name := p300.Dateiname{Absender: "B", Dateiart: art, Jahr: fmt.Sprintf("%02d", d.o.Erstellt.Year()%100), Zaehler: odometer(n)}
		d.dateien = append(d.dateien, &Datei{Kind: kind, Name: name.String(), Kasse: kasse, Teil: teil, d: d, zaehler: n, anzahl: anzahl})
	}
	add(ABRP, 0, 0, 0)
	add(RECP, 0, 0, 0)
	for k := range d.kassen {
		count := 0
		for range d.electronic(k) {
			count++
		}
		for teil := 0; count > 0; teil++ {
			n := min(count, d.o.RezepteProDatei)
			add(TA7, k, teil, n)
			count -= n
		}
	}
}

// odometer writes a counter with five characters of 0-9 and A-Z.
func odometer(n int) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	var b [5]byte
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = digits[n%len(digits)]
		n /= len(digits)
	}
	return string(b[:])
}

// electronic yields the numbers of the E-Rezepte of a payer, in order.
func (d *Delivery) electronic(kasse int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for _, m := range d.messages {
			for i := m.from; i < m.until && m.kasse == kasse && m.apotheke >= 0; i++ {
				if d.bauplanOf(i).elektronisch && !yield(i) {
					return
				}
			}
		}
	}
}

// Dateien returns the files of the delivery: ABRP, RECP, then TA7 by payer.
func (d *Delivery) Dateien() []*Datei { return d.dateien }

// Rechnungsnummer returns the number of a payer's invoice, counted from 0.
func (d *Delivery) Rechnungsnummer(kasse int) string {
	return fmt.Sprintf("RZ%s-%05d-%d", d.o.Erstellt.Format("0601"), d.o.Zaehler, kasse+1)
}

// WritePayers writes the list of payers under which the delivery is clean, as CSV.
func (d *Delivery) WritePayers(w io.Writer) error {
	rows := [][]string{{"ik", "name", "card_ik", "valid_from", "valid_to"}}
	for i, ik := range d.kassen {
		rows = append(rows, []string{ik, fmt.Sprintf("Krankenkasse Beispiel %d", i+1), ik, "2020-01-01", ""})
	}
	if err := csv.NewWriter(w).WriteAll(rows); err != nil {
		return fmt.Errorf("write list: %w", err)
	}
	return nil
}

// Write writes the file and returns the Auftragsdatei that belongs to it. It does
// not close out.
func (f *Datei) Write(out io.Writer) (*auftrag.Auftrag, error) {
	c := &counter{out: out}
	w := f.d.damaged(f, c)
	var err error
	switch f.Kind {
	case ABRP:
		err = f.d.writeABRP(w, f)
	case RECP:
		err = f.d.writeRECP(w, f)
	default:
		err = f.d.writeTA7(w, f)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("generate %s: %w", f.Name, err)
	}
	k := p300.Kopfdaten{AbsenderIK: f.d.absender, EmpfaengerIK: recipient, Dateiname: f.Name}
	return p300.AuftragFor(k, p300.Uebertragung{
		Echt: f.d.o.Echt, Art: string(f.Kind), TransferNr: f.zaehler, Dateigroesse: c.bytes, Erstellt: f.d.o.Erstellt.Format("20060102150405"),
	}), nil
}

// counter counts the bytes of a file.
type counter struct {
	out   io.Writer
	bytes int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.out.Write(p)
	c.bytes += int64(n)
	return n, err
}

// header returns UNB of an EDIFACT file.
func (f *Datei) header() p300.UNB {
	t := f.d.o.Erstellt
	return p300.UNB{
		AbsenderIK: f.d.absender, EmpfaengerIK: recipient, Datum: datum(t), Uhrzeit: p300.Uhrzeit(t.Hour()*100 + t.Minute()),
		Dateinummer: fmt.Sprintf("%05d", f.zaehler%100_000), Dateiname: f.Name,
	}
}

// writeABRP writes the prescriptions, one message per pharmacy and payer.
func (d *Delivery) writeABRP(out io.Writer, f *Datei) error {
	w := p300.NewWriter(out, f.header(), p300.WriterOptions{LineEnd: d.o.LineEnd})
	doc := p300.ABRP{}
	for _, m := range d.messages {
		doc.REC, doc.Verordnungen = d.rec(m.kasse), doc.Verordnungen[:0]
		for i := m.from; i < m.until; i++ {
			r := d.rezept(m, i)
			for _, x := range d.faultsAt[i] {
				if x.kind.abrp != nil {
					x.kind.abrp(&r.v)
				}
			}
			doc.Verordnungen = append(doc.Verordnungen, r.v)
		}
		if err := w.WriteABRP(d.apothekeIK(m.apotheke), d.kassen[m.kasse], &doc); err != nil {
			return err
		}
	}
	return w.Close()
}

// apothekeIK returns who sends a message of the ABRP file.
func (d *Delivery) apothekeIK(apotheke int) string {
	if apotheke < 0 {
		return astray
	}
	return d.apotheken[apotheke]
}

// rec returns the head of a payer's invoice.
func (d *Delivery) rec(kasse int) p300.REC {
	r := p300.REC{
		Rechnungsnummer: d.Rechnungsnummer(kasse), Rechnungsdatum: datum(d.o.Erstellt), Rechnungsart: einzeln, Abrechnungszeitraum: d.zeitraum,
		Waehrungseinheit: "EUR", Leistungserbringertyp: "A", InlandAusland: "1",
	}
	if d.o.Sammelrechnung {
		r.Rechnungsart = jeKasse
	}
	return r
}

// datum returns the date of an instant in its own location.
func datum(t time.Time) p300.Datum {
	y, m, d := t.Date()
	return p300.Datum(y*10_000 + int(m)*100 + d)
}
