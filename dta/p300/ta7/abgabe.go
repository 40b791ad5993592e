package ta7

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"klarbeleg/dta"
	"klarbeleg/dta/p300"
)

// The names in the dispensing record (de.abda.erezeptabgabedaten 1.5.0).
const (
	dav            = "http://fhir.abda.de/eRezeptAbgabedaten/StructureDefinition/"
	davAbgabe      = dav + "DAV-PR-ERP-AbgabedatenBundle"
	extVertrag     = dav + "DAV-EX-ERP-Vertragskennzeichen"
	extHerstellung = dav + "DAV-EX-ERP-ZusatzdatenHerstellung"
	extEinheit     = dav + "DAV-EX-ERP-ZusatzdatenEinheit"
	extZaehler     = dav + "DAV-EX-ERP-Zaehler"
	extAttribute   = dav + "DAV-EX-ERP-Zusatzattribute"
	extCharge      = dav + "DAV-EX-ERP-Chargenbezeichnung"
	extMwSt        = dav + "DAV-EX-ERP-MwStSatz"
	extKosten      = dav + "DAV-EX-ERP-KostenVersicherter"
	extGesamtZuz   = dav + "DAV-EX-ERP-Gesamtzuzahlung"
	extFaktorkz    = dav + "DAV-EX-ERP-ZusatzdatenFaktorkennzeichen"
	extPreiskz     = dav + "DAV-EX-ERP-ZusatzdatenPreiskennzeichen"
	extStrasse     = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-streetName"
	extHausnummer  = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-houseNumber"
	systemPZN      = "http://fhir.de/CodeSystem/ifa/pzn"
	systemTA1      = "http://TA1.abda.de"
)

// ErrAbgabedaten is returned for a document that is no dispensing record.
var ErrAbgabedaten = errors.New("no FHIR bundle of Abgabedaten")

// ReadAbgabedaten reads a dispensing record in clear. It returns the names of
// the elements that are missing or wrong, for the sender; err tells that the
// document cannot be read at all.
func ReadAbgabedaten(doc []byte) (a *Abgabedaten, wrong []string, err error) {
	p := newParser(bytes.NewReader(doc))
	if err := p.root(); err != nil {
		return nil, nil, errors.Join(ErrAbgabedaten, err)
	}
	b := &abgabe{a: &Abgabedaten{}, byURL: map[string]*element{}}
	root, held := &element{name: "Bundle"}, 0
	for {
		e, err := p.next()
		if err != nil {
			return nil, nil, errors.Join(ErrAbgabedaten, err)
		}
		if e == nil {
			break
		}
		if held += p.held; held > MaxHeldBytes {
			return nil, nil, errors.Join(ErrAbgabedaten, errTooLarge)
		}
		root.children = append(root.children, e)
	}
	b.bundle(root)
	return b.a, b.wrong, nil
}

// abgabe builds Abgabedaten from their bundle.
type abgabe struct {
	a     *Abgabedaten
	byURL map[string]*element // resources by fullUrl
	wrong []string
}

// need reports an element unless it is right, each once.
func (b *abgabe) need(right bool, name string) {
	if right || len(b.wrong) > 0 && b.wrong[len(b.wrong)-1] == name || len(b.wrong) >= maxWrong {
		return
	}
	b.wrong = append(b.wrong, name)
}

// maxWrong bounds the elements reported of one record.
const maxWrong = 20

func (b *abgabe) bundle(root *element) {
	a := b.a
	a.Version = profil(root, davAbgabe)
	a.RezeptID = root.identifier(rezept)
	a.Zeitstempel = root.text("timestamp")
	b.need(a.Version != "", "Profil")
	b.need(datum(a.Zeitstempel) != 0, "timestamp")
	b.need(root.text("type") == "document", "type")
	var dispense, invoice *element
	for _, e := range root.all("entry") {
		res := e.resource()
		if res == nil {
			continue
		}
		b.byURL[e.text("fullUrl")] = res
		typ := res.text("type", "coding", "code")
		switch {
		case res.name == "Organization":
			b.apotheke(res)
		case res.name == "MedicationDispense" && typ == "Abgabeinformationen":
			dispense = res
		case res.name == "Invoice" && typ == "Abrechnungszeilen":
			invoice = res
		}
	}
	b.need(p300.ValidIK(a.Apotheke.IK), "Apotheken-IK")
	b.need(dispense != nil, "Abgabeinformationen")
	b.need(invoice != nil, "Abrechnungszeilen")
	if dispense != nil {
		b.dispense(dispense)
	}
	if invoice != nil {
		b.invoice(invoice)
	}
}

func (b *abgabe) apotheke(o *element) {
	line := o.find("address", "line")
	b.a.Apotheke = Apotheke{
		IK: o.text("identifier", "value"), Name: o.text("name"),
		Strasse: line.extension(extStrasse).text("valueString"), Hausnummer: line.extension(extHausnummer).text("valueString"),
		Postleitzahl: o.text("address", "postalCode"), Ort: o.text("address", "city"), Land: o.text("address", "country"),
	}
}

func (b *abgabe) dispense(d *element) {
	a := b.a
	a.VerordnungRezeptID = d.text("authorizingPrescription", "identifier", "value")
	a.Vertragskennzeichen = d.extension(extVertrag).text("valueString")
	a.Abgabedatum = datum(d.text("whenHandedOver"))
	b.need(a.Abgabedatum != 0, "whenHandedOver")
	for _, x := range d.extensions(extHerstellung) {
		res := b.byURL[x.text("valueReference", "reference")]
		b.need(res != nil && res.name == "MedicationDispense", "ZusatzdatenHerstellung")
		if res != nil {
			a.Herstellungen = append(a.Herstellungen, b.herstellung(res))
		}
	}
}

func (b *abgabe) herstellung(d *element) Herstellung {
	h := Herstellung{
		Zaehler:     zaehler(d.extension(extZaehler).text("valuePositiveInt")),
		Schluessel:  d.text("performer", "function", "coding", "code"),
		Kennzeichen: d.text("performer", "actor", "identifier", "value"),
		Zeitpunkt:   d.text("whenPrepared"),
	}
	b.need(h.Zaehler >= 1 && h.Zaehler <= 99, "Zähler Herstellung")
	b.need(datum(h.Zeitpunkt) != 0, "whenPrepared")
	for _, x := range d.extensions(extEinheit) {
		res := b.byURL[x.text("valueReference", "reference")]
		b.need(res != nil && res.name == "Invoice", "ZusatzdatenEinheit")
		if res == nil {
			continue
		}
		u := Einheit{Zaehler: zaehler(res.extension(extZaehler).text("valuePositiveInt"))}
		for _, l := range res.all("lineItem") {
			u.Positionen = append(u.Positionen, b.bestandteil(l))
		}
		h.Einheiten = append(h.Einheiten, u)
	}
	return h
}

func (b *abgabe) bestandteil(l *element) Bestandteil {
	price := l.find("priceComponent")
	p := Bestandteil{
		Zaehler:           zaehler(l.text("sequence")),
		Faktorkennzeichen: price.extension(extFaktorkz).text("valueCodeableConcept", "coding", "code"),
		Preiskennzeichen:  price.extension(extPreiskz).text("valueCodeableConcept", "coding", "code"),
	}
	coding := l.find("chargeItemCodeableConcept", "coding")
	if s := coding.text("system"); s == systemPZN || s == systemTA1 {
		p.Kennzeichen = coding.text("code")
		b.need(p300.ValidPZN(p.Kennzeichen), "PZN der Zusatzdaten")
	}
	var ok bool
	p.Faktor, ok = faktor(price.text("factor"))
	b.need(ok, "Faktor der Zusatzdaten")
	p.Preis, ok = betrag(price.text("amount", "value"))
	b.need(ok, "Preis der Zusatzdaten")
	return p
}

// faktor reads at most six digits, and at most six more behind a point.
func faktor(s string) (p300.Millionstel, bool) {
	whole, part, point := strings.Cut(s, ".")
	if whole == "" || len(whole) > 6 || len(part) > 6 || point && part == "" {
		return 0, false
	}
	v, err := strconv.ParseUint(whole+(part + "000000")[:6], 10, 63)
	return p300.Millionstel(v), err == nil
}

func (b *abgabe) invoice(e *element) {
	a := b.a
	for _, l := range e.all("lineItem") {
		a.Zeilen = append(a.Zeilen, b.zeile(l))
	}
	b.need(len(a.Zeilen) > 0, "Abrechnungszeilen")
	var ok bool
	a.GesamtBrutto, ok = betrag(e.text("totalGross", "value"))
	b.need(ok, "GesamtBrutto")
	a.GesamtZuzahlung, ok = betrag(e.find("totalGross").extension(extGesamtZuz).text("valueMoney", "value"))
	b.need(ok, "GesamtZuzahlung")
}

func (b *abgabe) zeile(l *element) Abgabezeile {
	price := l.find("priceComponent")
	z := Abgabezeile{
		Zaehler:            zaehler(l.text("sequence")),
		Chargenbezeichnung: l.extension(extCharge).text("valueString"),
		Faktor:             int32(zaehler(price.text("factor"))),
	}
	b.kennzeichen(l, &z)
	b.need(z.Faktor > 0, "Mengenfaktor")
	var ok bool
	z.Bruttopreis, ok = betrag(price.text("amount", "value"))
	b.need(ok, "Bruttopreis")
	satz, ok := betrag(price.extension(extMwSt).text("valueDecimal"))
	b.need(ok && satz >= 0 && satz < 100_00, "Umsatzsteuersatz")
	z.MwStSatz = p300.Hundertstel(satz)
	b.kosten(price, &z)
	for _, x := range l.extensions(extAttribute) {
		attribute(x, &z)
	}
	return z
}

// kennzeichen reads the number of a line: exactly one coding.
func (b *abgabe) kennzeichen(l *element, z *Abgabezeile) {
	codings := l.find("chargeItemCodeableConcept").all("coding")
	b.need(len(codings) == 1, "chargeItem")
	if len(codings) == 0 {
		return
	}
	z.Kennzeichen = codings[0].text("code")
	switch codings[0].text("system") {
	case systemPZN:
		z.Art = PZN
	case systemTA1:
		z.Art = Sonderkennzeichen
	default: // the system of Hilfsmittel is told by the length
		z.Art = Hilfsmittel
		b.need(isDigits(z.Kennzeichen, 10), "Hilfsmittelpositionsnummer")
		return
	}
	b.need(p300.ValidPZN(z.Kennzeichen), "PZN, Sonderkennzeichen")
}

// kosten reads what the insured pays: category 0 once, 1 and 2 at most once.
func (b *abgabe) kosten(price *element, z *Abgabezeile) {
	var seen [3]int
	for _, x := range price.extensions(extKosten) {
		v, ok := betrag(x.extension("Kostenbetrag").text("valueMoney", "value"))
		b.need(ok && v >= 0, "Kostenbetrag")
		switch x.extension("Kategorie").text("valueCodeableConcept", "coding", "code") {
		case "0":
			z.Zuzahlung = v
			seen[0]++
		case "1":
			z.Mehrkosten = dta.Some(v)
			seen[1]++
		case "2":
			z.Eigenbeteiligung = dta.Some(v)
			seen[2]++
		default:
			b.need(false, "Kategorie der Kosten")
		}
	}
	b.need(seen[0] == 1 && seen[1] <= 1 && seen[2] <= 1, "Kategorie der Kosten")
}

// attribute collects the groups with their keys, wherever they are nested.
func attribute(x *element, z *Abgabezeile) {
	if g := x.extension("Gruppe"); g != nil {
		z.Zusatzattribute = append(z.Zusatzattribute, Zusatzattribut{
			Gruppe:     g.text("valueCodeableConcept", "coding", "code"),
			Schluessel: x.extension("Schluessel").text("valueCodeableConcept", "coding", "code"),
		})
		return
	}
	for _, c := range x.all("extension") {
		attribute(c, z)
	}
}
