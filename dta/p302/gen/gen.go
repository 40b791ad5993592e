// Package gen makes synthetic § 302 deliveries of any size for tests, the demo
// and benchmarks: all Sammelgruppen, Rechnungsart 1 to 3, all
// Verarbeitungskennzeichen, with sums that agree to the cent, valid check digits, and single faults at named cases. The
// same options give the same bytes. No person, provider or payer in it exists:
// all IK are in the unassigned region 88.
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
	"klarbeleg/dta/p302"
)

// The sizes of what is generated when the options do not say.
const (
	defaultFaelle           = 10
	defaultFaelleProRech    = 60
	defaultProvider         = 20
	rechnungenProSammel     = 20 // the invoices of a Sammelrechnung are in memory together
	payersWithoutSammel     = 3
	recipient               = "668800094"
	belegDigits             = 10
	minDaysBeforeCreation   = 3
	defaultTestindikator    = "0"
	defaultRechnungsPraefix = "G"

	firstBill       = "01"
	additionalClaim = "02"
	copaymentClaim  = "03"
	correctionBill  = "04"
	resumption      = "10"
)

// ErrOptions is returned for options that no file can fulfil.
var ErrOptions = errors.New("options cannot be fulfilled")

// Options says what to generate. The zero value of every field but Erstellt has
// a default.
type Options struct {
	Gruppe            byte      // 'A' to 'S', default 'B'
	Verarbeitung      string    // Verarbeitungskennzeichen: 01 (default); 02, 03, 04, 10 in B, 02 and 04 in F
	Rechnungsart      int       // 1, 2 or 3 (default)
	MitSammelrechnung bool      // for Rechnungsart 1 and 2; Rechnungsart 3 always has one
	Faelle            int       // cases; default 10, or what Bytes needs
	Bytes             int64     // generate until the file has this size; Faelle is then a bound, 0 for none
	FaelleProRechnung int       // default 60
	Provider          int       // providers; default 20, with Rechnungsart 1 always 1
	Seed              uint64    // other seeds give other persons, providers and numbers
	Erstellt          time.Time // creation of the file; services lie in the ten weeks before
	Referenz          int       // Datenaustauschreferenz, default 1
	Transfernummer    int       // default: Referenz modulo 1000
	RechnungsPraefix  string    // begins every Rechnungsnummer, default G
	Testindikator     string    // default 0, test
	LineEnd           string    // default none
	Zeichensatz       dta.Charset
	Faults            []Injection
}

// Injection asks for one fault at one case, counted from 0 over the file.
type Injection struct {
	Fall  int
	Fault string // name of FaultsFor
}

// Injected is a fault that was applied, with its place and what it takes. The
// amount follows from the case's own arithmetic; of two faults at one case, or in an
// invoice that is refused, it says what each would take alone.
type Injected struct {
	Injection
	Rule        string // the rule that must find it
	Effect      Effect
	Milder      bool   // the rule does no more than warn
	Rechnung    string // Sammel-Rechnungsnummer:Einzel-Rechnungsnummer
	Belegnummer string
	Position    int // line of the case from 0, -1 for the case
	Taken       p302.Cent
}

// Result describes the file and the lists under which it is clean but for the
// injected faults.
type Result struct {
	UNB        p302.UNB
	Auftrag    *auftrag.Auftrag
	Bytes      int64
	Rechnungen int
	Faelle     int
	Positionen int
	Brutto     p302.Cent // as billed
	Betrag     p302.Cent // what is demanded: gross less what is deducted, or claimed
	Prices     []Price
	Payers     []Payer
	Providers  []Provider
	Injected   []Injected
}

// generator is the state of one Write.
type generator struct {
	o         Options
	w         *p302.Writer
	res       *Result
	contracts []contract
	sender    string
	created   p302.Datum
	faults    map[int][]Injection
	fall      int // next case
	rechnung  int // next number
	kvnr      uint64
	payers    int
	before    p302.REC // of the last invoice
}

// Write writes a Nutzdatendatei to out and returns its description. It holds
// the invoices of one Sammelrechnung in memory, whatever the size of the file.
func Write(out io.Writer, o Options) (*Result, error) {
	g, err := newGenerator(out, o)
	if err != nil {
		return nil, err
	}
	for block := 0; !g.done(); block++ {
		if err := g.block(block); err != nil {
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
	created := o.Erstellt.Format("20060102150405")
	g.res.Auftrag = p302.AuftragFor(&g.res.UNB, g.o.Zeichensatz, g.o.Transfernummer, g.res.Bytes, created)
	return g.res, nil
}

func newGenerator(out io.Writer, o Options) (*generator, error) {
	o = withDefaults(o)
	g := &generator{o: o, contracts: contracts(o.Gruppe), created: datum(o.Erstellt), faults: map[int][]Injection{}}
	if o.Verarbeitung == resumption && o.Gruppe == 'B' { // physiotherapy alone
		g.contracts = g.contracts[:1]
	}
	if g.contracts == nil || !allowed(o.Gruppe, o.Verarbeitung) || o.Rechnungsart < 1 || o.Rechnungsart > 3 || o.Erstellt.IsZero() {
		return nil, fmt.Errorf("group, Rechnungsart or creation date: %w", ErrOptions)
	}
	for _, f := range o.Faults {
		if _, ok := faultOf(o.Gruppe, f.Fault); !ok {
			return nil, fmt.Errorf("fault %s in group %c: %w", f.Fault, o.Gruppe, ErrOptions)
		}
		g.faults[f.Fall] = append(g.faults[f.Fall], f)
	}
	g.kvnr = o.Seed * 6_700_417 // other seeds, other persons
	g.res = &Result{Prices: prices(o.Gruppe)}
	g.makeProviders()
	g.sender = invented.Institution("59", 1)
	kind := "A"
	if o.Rechnungsart == 1 {
		g.sender, kind = g.res.Providers[0].IK, "S"
	}
	g.res.UNB = p302.UNB{
		SyntaxKennung: "UNOC", SyntaxVersionsnummer: "3", Absenderbezeichnung: g.sender, Empfaengerbezeichnung: recipient,
		Datum: g.created, Uhrzeit: p302.Uhrzeit(o.Erstellt.Hour()*100 + o.Erstellt.Minute()),
		Datenaustauschreferenz: fmt.Sprintf("%05d", o.Referenz), Leistungsbereich: string(o.Gruppe),
		Anwendungsreferenz: fmt.Sprintf("SL%s%s%02d", g.sender[2:8], kind, int(o.Erstellt.Month())), Testindikator: o.Testindikator,
	}
	g.w = p302.NewWriter(out, g.res.UNB, p302.WriterOptions{Zeichensatz: o.Zeichensatz, LineEnd: o.LineEnd})
	return g, nil
}

// allowed tells whether the group has the Verarbeitungskennzeichen (TA1 7.1).
func allowed(group byte, vkz string) bool {
	switch vkz {
	case firstBill:
		return true
	case additionalClaim, correctionBill:
		return group == 'B' || group == 'F'
	case copaymentClaim, resumption:
		return group == 'B'
	}
	return false
}

func withDefaults(o Options) Options {
	if o.Verarbeitung == "" {
		o.Verarbeitung = firstBill
	}
	if o.Gruppe == 0 {
		o.Gruppe = 'B'
	}
	if o.Rechnungsart == 0 {
		o.Rechnungsart = 3
	}
	if o.Faelle == 0 && o.Bytes == 0 {
		o.Faelle = defaultFaelle
	}
	if o.FaelleProRechnung == 0 {
		o.FaelleProRechnung = defaultFaelleProRech
	}
	if o.Provider == 0 {
		o.Provider = defaultProvider
	}
	if o.Rechnungsart == 1 {
		o.Provider = 1
	}
	if o.Referenz == 0 {
		o.Referenz = 1
	}
	if o.Transfernummer == 0 {
		o.Transfernummer = o.Referenz % 1000
	}
	if o.RechnungsPraefix == "" {
		o.RechnungsPraefix = defaultRechnungsPraefix
	}
	if o.Testindikator == "" {
		o.Testindikator = defaultTestindikator
	}
	if o.Zeichensatz == 0 {
		o.Zeichensatz = dta.I1
	}
	o.MitSammelrechnung = o.MitSammelrechnung || o.Rechnungsart == 3
	return o
}

// makeProviders gives every provider all contracts of one Abrechnungscode.
func (g *generator) makeProviders() {
	for i := range g.o.Provider {
		c := g.contracts[i%len(g.contracts)]
		g.res.Providers = append(g.res.Providers, Provider{
			IK: invented.Institution(providerKind(g.o.Gruppe), (int(g.o.Seed%100)*100+i+1)%(invented.MaxSerial+1)), Name: fmt.Sprintf("Praxis Beispiel %d", i+1),
			Leistungsbereich: string(g.o.Gruppe), Abrechnungscode: c.code, Tarifkennzeichen: c.tariff,
		})
	}
}

// done tells whether the file has its cases or its size.
func (g *generator) done() bool {
	if g.o.Bytes > 0 && g.w.Size() >= g.o.Bytes {
		return true
	}
	return g.o.Faelle > 0 && g.fall >= g.o.Faelle
}

// invoice is a Gesamtrechnung before it is written.
type invoice struct {
	slga   p302.SLGA
	slla   p302.SLLA
	sums   sums
	faults []caseFault
	bases  []int // file-wide number of every case
	// before is the number of the invoice before, zero for the first.
	before p302.REC
}

// caseFault is a fault at the n-th case of an invoice.
type caseFault struct {
	kind *FaultKind
	n    int
}

// block writes one Sammelrechnung with its Gesamtrechnungen, or one
// Gesamtrechnung where there is none.
func (g *generator) block(n int) error {
	payer := g.payer(n)
	count := 1
	if g.o.MitSammelrechnung {
		count = rechnungenProSammel
	}
	var list []*invoice
	size := int64(0)
	for i := 0; i < count && (g.o.Faelle == 0 || g.fall < g.o.Faelle); i++ {
		if g.o.Bytes > 0 && i > 0 && g.w.Size()+size >= g.o.Bytes {
			break
		}
		inv := g.makeInvoice(n, i, payer)
		size += int64(len(inv.bases)) * approximateCase
		list = append(list, inv)
	}
	if g.o.MitSammelrechnung {
		if err := g.writeSammel(list, payer); err != nil {
			return err
		}
	}
	for _, inv := range list {
		if err := g.writeInvoice(inv); err != nil {
			return err
		}
	}
	return nil
}

// approximateCase is about the bytes of a case, to stop near Options.Bytes.
const approximateCase = 400

// payer returns the n-th payer, adding it and its card IK to the list. Below a
// Sammelrechnung every payer occurs once in a file (R-FKT-05).
func (g *generator) payer(n int) string {
	if !g.o.MitSammelrechnung {
		n %= payersWithoutSammel
	}
	ik := invented.Institution("10", 1+n%secondCardSerial)
	if n >= g.payers {
		g.payers++
		g.res.Payers = append(g.res.Payers, Payer{IK: ik, Name: fmt.Sprintf("Krankenkasse Beispiel %d", g.payers), CardIK: ik})
	}
	return ik
}

// secondCardSerial is where the serial numbers of second card IK begin.
const secondCardSerial = 5000

// secondCard returns the second card IK of the last payer.
func (g *generator) secondCard(payer string) string {
	last := g.res.Payers[len(g.res.Payers)-1]
	if last.CardIK == payer {
		last.CardIK = invented.Institution("10", secondCardSerial+g.payers%secondCardSerial)
		g.res.Payers = append(g.res.Payers, last)
	}
	return last.CardIK
}

// makeInvoice generates a Gesamtrechnung with its cases and sums.
func (g *generator) makeInvoice(block, n int, payer string) *invoice {
	p := g.res.Providers[block%len(g.res.Providers)]
	if g.o.Rechnungsart == 3 { // the others have one provider per Sammelrechnung
		p = g.res.Providers[(block+n)%len(g.res.Providers)]
	}
	card := payer
	if g.o.MitSammelrechnung && n%2 == 1 {
		card = g.secondCard(payer)
	}
	inv := &invoice{sums: sums{}}
	rec := p302.REC{SammelRechnungsnummer: g.number(), EinzelRechnungsnummer: "0", Datum: g.created, Rechnungsart: fmt.Sprint(g.o.Rechnungsart)}
	if g.o.MitSammelrechnung {
		rec.EinzelRechnungsnummer = fmt.Sprint(n + 1)
	} else {
		g.rechnung++
	}
	inv.slga.FKT = p302.FKTSLGA{Verarbeitungskennzeichen: g.o.Verarbeitung, RechnungsstellerIK: p.IK, KostentraegerIK: payer, KrankenkasseIK: card, AbsenderIK: g.sender}
	inv.slla.FKT = p302.FKTSLLA{Verarbeitungskennzeichen: g.o.Verarbeitung, LeistungserbringerIK: p.IK, KostentraegerIK: payer, KrankenkasseIK: card}
	if g.o.Rechnungsart == 3 {
		inv.slla.FKT.RechnungsstellerIK = g.sender
	}
	inv.slga.REC, inv.slla.REC, inv.before = rec, rec, g.before
	g.before = rec
	inv.slga.UST = dta.Some(p302.UST{Steuernummer: fmt.Sprintf("12/%03d/%05d", block%1000, n), KennungUStBefreiung: "J"})
	if g.o.Gruppe == 'A' || g.o.Gruppe == 'E' {
		inv.slga.UST.Wert.KennungUStBefreiung = "" // their services carry VAT
	}
	inv.slga.NAM = p302.NAM{Name1: p.Name, Name2: "Frau Beispiel 0800 1234567"}
	first := len(g.res.Injected)
	for len(inv.bases) < g.o.FaelleProRechnung && (g.o.Faelle == 0 || g.fall < g.o.Faelle) {
		g.addCase(inv, p)
	}
	inv.slga.GES = inv.sums.lines(g.o.Verarbeitung)
	for _, f := range inv.faults {
		if f.kind.onInvoice != nil {
			f.kind.onInvoice(inv)
		}
	}
	for i := range g.res.Injected[first:] { // a fault may change the number
		if g.res.Injected[first+i].Effect == TakesInvoice {
			g.res.Injected[first+i].Taken = inv.sums.lines(g.o.Verarbeitung)[0].Gesamtrechnungsbetrag
		}
		g.res.Injected[first+i].Rechnung = inv.slga.REC.SammelRechnungsnummer + ":" + inv.slga.REC.EinzelRechnungsnummer
	}
	g.res.Rechnungen++
	return inv
}

// number returns the Sammel-Rechnungsnummer of the invoices at hand.
func (g *generator) number() string {
	return fmt.Sprintf("%s%d-%d", g.o.RechnungsPraefix, g.o.Referenz, g.rechnung+1)
}

// addCase generates the next case with its faults and adds its sums.
func (g *generator) addCase(inv *invoice, p Provider) {
	index := g.fall
	g.fall++
	made := g.builder(inv, p, index)
	n := len(inv.bases)
	inv.bases = append(inv.bases, index)
	var injected []Injected
	for _, f := range g.faults[index] {
		kind, _ := faultOf(g.o.Gruppe, f.Fault)
		if kind.needsPrevious && n == 0 || kind.needsInvoice && inv.before == (p302.REC{}) || kind.Einzeln && g.o.MitSammelrechnung {
			continue // counted in the end: not all faults applied
		}
		inv.faults = append(inv.faults, caseFault{kind, n})
		made.faults = append(made.faults, kind)
		if kind.listed != "" {
			also := made.contract.services[0].price
			also.Abrechnungscode, also.Tarifkennzeichen, also.Positionsnummer = made.contract.code, made.contract.tariff, kind.listed
			g.res.Prices = append(g.res.Prices, also)
		}
		injected = append(injected, Injected{
			Injection: f, Rule: kind.Rule, Effect: kind.Effect, Milder: kind.Milder, Position: kind.line,
		})
	}
	status, t := made.build(g.o.Gruppe)
	inv.sums.add(status, t)
	billed := line("00", t, g.o.Verarbeitung).Gesamtrechnungsbetrag
	for i := range injected {
		injected[i].Belegnummer = made.made.kopf.INV.Belegnummer // as it is sent
		if injected[i].Position == lastLine {
			injected[i].Position = len(made.made.lines()) - 1
		}
		injected[i].Taken = g.taken(made.faults[i], billed, func(as twin) *caseBuilder {
			c := g.builder(&invoice{slga: inv.slga, bases: inv.bases[:n]}, p, index)
			c.faults, c.twin = made.faults, as
			return c
		})
	}
	g.res.Injected = append(g.res.Injected, injected...)
	g.res.Faelle++
	g.res.Brutto += t.gross
	g.res.Betrag += billed
	g.res.Positionen += made.positions
}

// builder returns the maker of a case: the same case each time.
func (g *generator) builder(inv *invoice, p Provider, index int) *caseBuilder {
	n := len(inv.bases)
	c := &caseBuilder{
		rnd:     rand.New(rand.NewPCG(g.o.Seed, uint64(index))), //nolint:gosec // invented data must be the same each time
		created: g.o.Erstellt, provider: p, inv: inv,
		contract: g.contractOf(p.Abrechnungscode), beleg: fmt.Sprintf("%0*d", belegDigits, n+1),
		kvnr: invented.Insured(g.kvnr + uint64(index)*49_979_687), vkz: g.o.Verarbeitung,
	}
	if n > 0 {
		c.previousBeleg = fmt.Sprintf("%0*d", belegDigits, n)
	}
	return c
}

func (g *generator) contractOf(code string) contract {
	for _, c := range g.contracts {
		if c.code == code {
			return c
		}
	}
	return g.contracts[0]
}

// writeSammel writes the Sammelrechnung over the invoices of a block.
func (g *generator) writeSammel(list []*invoice, payer string) error {
	total := sums{}
	for _, inv := range list {
		total.addLines(inv.slga.GES)
	}
	first := list[0]
	s := p302.SLGA{
		FKT: p302.FKTSLGA{Verarbeitungskennzeichen: g.o.Verarbeitung, Sammelrechnung: "J", RechnungsstellerIK: g.sender, KostentraegerIK: payer, AbsenderIK: g.sender},
		REC: first.slga.REC,
		GES: total.lines(g.o.Verarbeitung),
		NAM: p302.NAM{Name1: "Abrechnungszentrum Beispiel", Name2: "Frau Beispiel 0800 1234567"},
	}
	if g.o.Zeichensatz != dta.I7 { // which has no @
		s.NAM.Name4 = "abrechnung@example.org"
	}
	if g.o.Rechnungsart != 3 {
		s.FKT.RechnungsstellerIK = first.slga.FKT.RechnungsstellerIK
	}
	s.REC.EinzelRechnungsnummer = "0"
	g.rechnung++
	for _, inv := range list {
		for _, f := range inv.faults {
			if f.kind.onSammel != nil {
				f.kind.onSammel(&s)
			}
		}
	}
	return g.w.WriteSLGA(&s)
}

// writeInvoice writes SLGA and SLLA; the latter segment by segment where a fault
// of the syntax is asked for.
func (g *generator) writeInvoice(inv *invoice) error {
	if err := g.w.WriteSLGA(&inv.slga); err != nil {
		return err
	}
	raw := false
	for _, f := range inv.faults {
		raw = raw || f.kind.onSegments != nil
	}
	if !raw {
		return g.w.WriteSLLA(&inv.slla)
	}
	head, cases, err := segmentsOf(&inv.slla, &g.res.UNB, g.o.Zeichensatz)
	if err != nil {
		return err
	}
	for _, f := range inv.faults {
		if f.kind.onSegments != nil {
			cases[f.n] = f.kind.onSegments(cases[f.n])
		}
	}
	for _, c := range cases {
		head = append(head, c...)
	}
	return g.w.WriteRaw("SLLA", head)
}

// datum returns the date of an instant in its own location.
func datum(t time.Time) p302.Datum {
	y, m, d := t.Date()
	return p302.Datum(y*10000 + int(m)*100 + d)
}
