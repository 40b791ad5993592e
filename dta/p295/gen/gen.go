// Package gen makes synthetic § 295 deliveries of any size for tests, the demo
// and benchmarks: Rechnungsbelege with sums that agree to the cent, valid check
// digits, Stornos with their new invoices, and single faults at named Belege. The
// same options give the same bytes. No person, provider, payer or contract in it
// exists: all IK are in the unassigned region 88.
package gen

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"klarbeleg/dta"
	"klarbeleg/dta/auftrag"
	"klarbeleg/dta/invented"
	"klarbeleg/dta/p295"
)

// The sizes of what is generated when the options do not say.
const (
	defaultBelege   = 10
	defaultProvider = 20
	payers          = 5
	recipient       = "668800094"
)

// ErrOptions is returned for options that no file can fulfil.
var ErrOptions = errors.New("options cannot be fulfilled")

// Options says what to generate. The zero value of every field but Erstellt has
// a default.
type Options struct {
	Typ         string    // DIR140 (default), DIR73B or DIR73C
	Belege      int       // default 10, or what Bytes needs
	Bytes       int64     // generate until the file has this size; Belege is then a bound, 0 for none
	StornoJeder int       // every n-th Beleg is followed by its Storno and a new invoice; 0: none
	Provider    int       // Rechnungssteller; default 20
	Seed        uint64    // other seeds give other persons, providers and numbers
	Erstellt    time.Time // creation of the file; services lie in the month before
	Dateinummer int       // default 1
	Echt        bool      // live data; default is a test file
	LineEnd     string    // default none
	Zeichensatz dta.Charset
	Faults      []Injection
}

// Injection asks for one fault at one Beleg, counted from 0 over the file
// without Stornos and what follows them.
type Injection struct {
	Beleg int
	Fault string // name of Faults
}

// Injected is a fault that was applied, with its place.
type Injected struct {
	Injection
	Rule               string // the rule that must find it
	RechnungsstellerIK string
	Rechnungsnummer    string
}

// Position is a line of the contract's price list.
type Position struct {
	Gebuehrennummer string
	Bezeichnung     string
	Wert            p295.Cent
}

// Result describes the file.
type Result struct {
	UNB         p295.UNB
	Auftrag     *auftrag.Auftrag
	Bytes       int64
	Nachrichten int // Stornos included
	Stornos     int
	Zahlbetrag  p295.Cent // of what is not rejected; Stornos counted negative
	Contract    string    // INF-02
	Preise      []Position
	Injected    []Injected
}

// generator is the state of one Write.
type generator struct {
	o      Options
	w      *p295.Writer
	res    *Result
	sender string
	from   time.Time // first day of the billing period
	until  time.Time // its last day
	faults map[int][]Injection
	number int // of the last invoice
}

// Write writes a Nutzdatendatei to out and returns its description. It holds one
// Beleg in memory, whatever the size of the file.
func Write(out io.Writer, o Options) (*Result, error) {
	g, err := newGenerator(out, o)
	if err != nil {
		return nil, err
	}
	for i := 0; !g.done(i); i++ {
		if err := g.beleg(i); err != nil {
			return nil, err
		}
	}
	if err := g.w.Close(); err != nil {
		return nil, err
	}
	if len(g.res.Injected) != len(o.Faults) {
		return nil, fmt.Errorf("%d of %d faults applied: %w", len(g.res.Injected), len(o.Faults), ErrOptions)
	}
	g.res.Bytes = g.w.Size()
	g.res.Auftrag = p295.AuftragFor(&g.res.UNB, g.o.Zeichensatz, g.o.Dateinummer, g.res.Bytes, o.Erstellt.Format("20060102150405"))
	return g.res, nil
}

// procedures are the Verfahrenskennungen of the message types.
var procedures = map[string]string{"DIR140": "DRI", "DIR73B": "DRB", "DIR73C": "DRC"}

func newGenerator(out io.Writer, o Options) (*generator, error) {
	o = withDefaults(o)
	procedure, ok := procedures[o.Typ]
	if !ok || o.Erstellt.IsZero() || o.Dateinummer < 1 || o.Dateinummer > 99999 {
		return nil, fmt.Errorf("type, creation date or number: %w", ErrOptions)
	}
	y, m, _ := o.Erstellt.Date()
	first := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	g := &generator{
		o: o, sender: invented.Institution("59", 1), faults: map[int][]Injection{},
		from: first.AddDate(0, -1, 0), until: first.AddDate(0, 0, -1),
	}
	for _, f := range o.Faults {
		if _, ok := faultOf(f.Fault); !ok {
			return nil, fmt.Errorf("fault %s: %w", f.Fault, ErrOptions)
		}
		g.faults[f.Beleg] = append(g.faults[f.Beleg], f)
	}
	kind, test := "E", ""
	if !o.Echt {
		kind, test = "T", "1"
	}
	g.res = &Result{Contract: contract(o.Typ), Preise: prices()}
	g.res.UNB = p295.UNB{
		SyntaxKennung: "UNOC", SyntaxVersionsnummer: "3", AbsenderIK: g.sender, EmpfaengerIK: recipient,
		Datum: datum(o.Erstellt), Uhrzeit: p295.Uhrzeit(o.Erstellt.Hour()*100 + o.Erstellt.Minute()),
		Dateinummer: fmt.Sprintf("%05d", o.Dateinummer), Testuebertragung: test,
		Dateiname: fmt.Sprintf("%s%s0%02d%s", kind, procedure, o.Dateinummer%100, g.from.Format("0601")),
	}
	g.w = p295.NewWriter(out, g.res.UNB, p295.WriterOptions{Zeichensatz: o.Zeichensatz, LineEnd: o.LineEnd})
	return g, nil
}

func withDefaults(o Options) Options {
	if o.Typ == "" {
		o.Typ = "DIR140"
	}
	if o.Belege == 0 && o.Bytes == 0 {
		o.Belege = defaultBelege
	}
	if o.Provider == 0 {
		o.Provider = defaultProvider
	}
	if o.Dateinummer == 0 {
		o.Dateinummer = 1
	}
	if o.Zeichensatz == 0 {
		o.Zeichensatz = dta.I1
	}
	return o
}

// done tells whether the file has its Belege or its size.
func (g *generator) done(i int) bool {
	return g.o.Bytes > 0 && g.w.Size() >= g.o.Bytes || g.o.Belege > 0 && i >= g.o.Belege
}

// beleg writes the i-th Beleg with its faults and what follows it.
func (g *generator) beleg(i int) error {
	n := g.make(i)
	var segments []func([][]byte) [][]byte
	rejected := false
	for _, f := range g.faults[i] {
		kind, _ := faultOf(f.Fault)
		g.res.Injected = append(g.res.Injected, Injected{f, kind.Rule, n.RGI.RechnungsstellerIK, n.RGI.Rechnungsnummer})
		rejected = rejected || !kind.Warnung
		if kind.onBeleg != nil {
			kind.onBeleg(n)
		} else {
			segments = append(segments, kind.onSegments)
		}
	}
	if len(segments) > 0 {
		return g.raw(n, segments)
	}
	if rejected {
		g.res.Nachrichten++
		return g.w.Write(n)
	}
	if err := g.write(n); err != nil {
		return err
	}
	if g.o.StornoJeder == 0 || (i+1)%g.o.StornoJeder != 0 || len(g.faults[i]) > 0 {
		return nil
	}
	storno := *n
	storno.IVK.Verarbeitungskennzeichen = string(p295.Storno)
	storno.RGI.InformationRechnung, storno.RGI.Korrekturzaehler = "4", "001"
	if err := g.write(&storno); err != nil {
		return err
	}
	g.res.Stornos++
	n.ABR = n.ABR[:1] // the new invoice has fewer positions
	n.MND = nil
	n.RGI.Rechnungsnummer = g.nextNumber()
	reconcile(n)
	return g.write(n)
}

func (g *generator) write(n *p295.Nachricht) error {
	g.res.Nachrichten++
	g.res.Zahlbetrag += n.Betrag()
	return g.w.Write(n)
}

// raw writes a Beleg segment by segment, changed by faults of the syntax.
func (g *generator) raw(n *p295.Nachricht, change []func([][]byte) [][]byte) error {
	body, err := segmentsOf(n, g.o.Zeichensatz)
	if err != nil {
		return err
	}
	for _, f := range change {
		body = f(body)
	}
	g.res.Nachrichten++
	return g.w.WriteRaw(n.UNH, body)
}

func (g *generator) nextNumber() string {
	g.number++
	return fmt.Sprintf("IV-%d-%d", g.o.Dateinummer, g.number)
}

// make generates the i-th Beleg.
func (g *generator) make(i int) *p295.Nachricht {
	rnd := rand.New(rand.NewPCG(g.o.Seed, uint64(i))) //nolint:gosec // invented data must be the same each time
	payer := invented.Institution("10", 1+i%payers)
	n := &p295.Nachricht{
		UNH: p295.UNH{Nachrichtentyp: g.o.Typ},
		IVK: p295.IVK{
			Verarbeitungskennzeichen: string(p295.Normalfall), Geschaeftsvorfall: "01", SenderIK: g.sender, KrankenkasseIK: payer,
			SammelrechnungsID: p295.KeineSammelrechnung, DatenannahmestelleIK: recipient,
		},
		IBH: dta.Some(p295.IBH{LebenslangeArztnummer: invented.Doctor(i % g.o.Provider), Betriebsstaettennr: invented.Practice(i % g.o.Provider)}),
		INF: p295.INF{Vertragskennzeichen: g.res.Contract, Unfallkennzeichen: "0", ArtDerInanspruchnahme: "7"},
		INV: p295.INV{
			Versichertenart: "1", BesonderePersonengruppe: "00", DMPKennzeichen: "00",
			Versichertennummer: invented.Insured(g.o.Seed*6_700_417 + uint64(i)*49_979_687), KrankenkasseIK: payer,
			Nachname: pick(rnd, surnames()), Vorname: pick(rnd, names()), Geburtsdatum: p295.Datum((1930+rnd.IntN(90))*10000 + (1+rnd.IntN(12))*100 + 1 + rnd.IntN(28)),
			Geschlecht: pick(rnd, []string{"1", "2"}), Postleitzahl: fmt.Sprintf("88%03d", rnd.IntN(1000)),
		},
		DIA: []p295.DIA{{ICD: pick(rnd, []string{"H36.0", "E11.90", "I10.00", "J45.0"}), Diagnosesicherheit: "G"}},
		RGI: p295.RGI{
			ErsterTag: datum(g.from), LetzterTag: datum(g.until), InformationRechnung: "1",
			RechnungsstellerIK: invented.Institution("20", (int(g.o.Seed%100)*100+i%g.o.Provider+1)%(invented.MaxSerial+1)),
			Rechnungsnummer:    g.nextNumber(), Rechnungsdatum: datum(g.o.Erstellt), Korrekturzaehler: "000",
		},
	}
	if g.o.Typ == "DIR140" {
		n.INF.ArtDerInanspruchnahme = "8"
	}
	if g.o.Typ != "DIR73C" {
		n.INF.Vertragsnummer = g.res.Contract + "-1"
	}
	for range 1 + rnd.IntN(4) {
		n.ABR = append(n.ABR, g.position(rnd))
	}
	if rnd.IntN(4) == 0 {
		n.MND = []p295.MND{{Betrag: 500, Art: pick(rnd, []string{"07", "11"}), Datum: n.ABR[0].Datum}}
	}
	reconcile(n)
	return n
}

func (g *generator) position(rnd *rand.Rand) p295.ABR {
	p := pick(rnd, g.res.Preise)
	count := 1 + rnd.IntN(3)
	a := p295.ABR{
		Gebuehrennummer: p.Gebuehrennummer, Anzahl: count, Wert: dta.Some(p.Wert * p295.Cent(count)),
		Datum: datum(g.from.AddDate(0, 0, rnd.IntN(g.until.Day()))),
	}
	if rnd.IntN(8) == 0 {
		a.Sachkosten, a.Sachkostenbezeichnung = dta.Some(p.Wert/4), "Verbandmaterial"
	}
	return a
}

// reconcile makes FKI the sums of positions and reductions.
func reconcile(n *p295.Nachricht) {
	s := n.Summen()
	some := func(v p295.Cent) p295.Opt[p295.Cent] { return p295.Opt[p295.Cent]{Wert: v, Vorhanden: v != 0} }
	n.FKI = p295.FKI{
		Brutto: dta.Some(s.Brutto), Dialysesachkosten: some(s.Dialysesachkosten), Sachkosten: some(s.Sachkosten),
		GesetzlicheZuzahlung: some(s.GesetzlicheZuzahlung), VertraglicheZuzahlung: some(s.VertraglicheZuzahlung),
		Minderungen: some(s.Minderungen), Netto: s.Brutto - s.Minderungen,
	}
}

// datum returns the date of an instant in its own location.
func datum(t time.Time) p295.Datum {
	y, m, d := t.Date()
	return p295.Datum(y*10000 + int(m)*100 + d)
}
