package gen

import (
	"fmt"
	"strconv"
	"strings"

	"klarbeleg/dta"
	"klarbeleg/dta/p300"
	"klarbeleg/dta/p300/ta7"
)

// The names in the dispensing record (de.abda.erezeptabgabedaten 1.5.0).
const (
	dav       = "http://fhir.abda.de/eRezeptAbgabedaten/StructureDefinition/"
	davCS     = "http://fhir.abda.de/eRezeptAbgabedaten/CodeSystem/"
	nsRezept  = "https://gematik.de/fhir/erp/NamingSystem/GEM_ERP_NS_PrescriptionId"
	iknr      = "http://fhir.de/sid/arge-ik/iknr"
	iso21090  = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-"
	systemPZN = "http://fhir.de/CodeSystem/ifa/pzn"
	systemTA1 = "http://TA1.abda.de"
)

// xmlText writes the record in the form of the sample file. Nothing in it needs to
// be escaped: all texts are the generator's own.
type xmlText struct{ strings.Builder }

func (x *xmlText) put(format string, args ...any) { fmt.Fprintf(&x.Builder, format, args...) }

func (x *xmlText) value(name, v string) { x.put(`<%s value="%s"/>`, name, v) }

// resource opens an entry with a resource.
func (x *xmlText) resource(kind, id, profile string) {
	x.put(`<entry><fullUrl value="urn:uuid:%s"/><resource><%s><id value="%s"/><meta><profile value="%s%s|%s"/></meta>`, id, kind, id, dav, profile, profil)
}

func (x *xmlText) end(kind string) { x.put(`</%s></resource></entry>`, kind) }

func (x *xmlText) coding(system, code string) {
	x.put(`<coding><system value="%s"/><code value="%s"/></coding>`, system, code)
}

func (x *xmlText) typ(system, code string) {
	x.put(`<type>`)
	x.coding(davCS+system, code)
	x.put(`</type>`)
}

func (x *xmlText) concept(url, system, code string) {
	x.put(`<extension url="%s"><valueCodeableConcept>`, url)
	x.coding(system, code)
	x.put(`</valueCodeableConcept></extension>`)
}

func (x *xmlText) refersTo(url, id string) {
	x.put(`<extension url="%s"><valueReference><reference value="urn:uuid:%s"/></valueReference></extension>`, url, id)
}

// money is a decimal point and two digits.
func money(v p300.Cent) string { return fmt.Sprintf("%d.%02d", v/100, v%100) }

func amount(v p300.Cent) string {
	return fmt.Sprintf(`<value value="%s"/><currency value="EUR"/>`, money(v))
}

// abgabeXML writes the dispensing record of a prescription.
func (d *Delivery) abgabeXML(a *ta7.Abgabedaten, i int) []byte {
	x := &xmlText{}
	id := func(kind string, parts ...int) string { return d.uuid("abgabe "+kind, append(parts, i)...) }
	x.put(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Bundle xmlns="http://hl7.org/fhir">`)
	x.value("id", id("bundle"))
	x.put(`<meta><profile value="%sDAV-PR-ERP-AbgabedatenBundle|%s"/></meta>`, dav, a.Version)
	x.put(`<identifier><system value="%s"/><value value="%s"/></identifier>`, nsRezept, a.RezeptID)
	x.value("type", "document")
	x.value("timestamp", a.Zeitstempel)
	x.composition(a, id)
	x.apotheke(&a.Apotheke, id("apotheke"))
	x.abgabe(a, id)
	x.zeilen(a, id("zeilen"))
	for n := range a.Herstellungen {
		x.herstellung(&a.Herstellungen[n], n, id)
	}
	x.put("</Bundle>\n")
	return []byte(x.String())
}

// idFunc names a resource of the record.
type idFunc func(kind string, parts ...int) string

func (x *xmlText) composition(a *ta7.Abgabedaten, id idFunc) {
	x.resource("Composition", id("composition"), "DAV-PR-ERP-AbgabedatenComposition")
	x.value("status", "final")
	x.typ("DAV-CS-ERP-CompositionTypes", "ERezeptAbgabedaten")
	x.value("date", a.Zeitstempel)
	x.put(`<author><reference value="urn:uuid:%s"/></author>`, id("apotheke"))
	x.value("title", "ERezeptAbgabedaten")
	for _, s := range [][2]string{{"Abgabeinformationen", id("abgabe")}, {"Apotheke", id("apotheke")}} {
		x.put(`<section><title value="%s"/><entry><reference value="urn:uuid:%s"/></entry></section>`, s[0], s[1])
	}
	x.end("Composition")
}

func (x *xmlText) apotheke(a *ta7.Apotheke, id string) {
	x.resource("Organization", id, "DAV-PR-ERP-Apotheke")
	x.put(`<identifier><system value="%s"/><value value="%s"/></identifier>`, iknr, a.IK)
	x.value("name", a.Name)
	x.put(`<address><type value="physical"/><line value="%s %s">`, a.Strasse, a.Hausnummer)
	x.put(`<extension url="%sstreetName"><valueString value="%s"/></extension>`, iso21090, a.Strasse)
	x.put(`<extension url="%shouseNumber"><valueString value="%s"/></extension></line>`, iso21090, a.Hausnummer)
	x.value("city", a.Ort)
	x.value("postalCode", a.Postleitzahl)
	x.value("country", a.Land)
	x.put(`</address>`)
	x.end("Organization")
}

func (x *xmlText) abgabe(a *ta7.Abgabedaten, id idFunc) {
	x.resource("MedicationDispense", id("abgabe"), "DAV-PR-ERP-Abgabeinformationen")
	x.refersTo(dav+"DAV-EX-ERP-Abrechnungszeilen", id("zeilen"))
	for n := range a.Herstellungen {
		x.refersTo(dav+"DAV-EX-ERP-ZusatzdatenHerstellung", id("herstellung", n))
	}
	x.value("status", "completed")
	x.put(`<medicationCodeableConcept>`)
	x.coding("http://terminology.hl7.org/CodeSystem/data-absent-reason", "not-applicable")
	x.put(`</medicationCodeableConcept><performer><actor><reference value="urn:uuid:%s"/></actor></performer>`, id("apotheke"))
	x.put(`<authorizingPrescription><identifier><system value="%s"/><value value="%s"/></identifier></authorizingPrescription>`, nsRezept, a.VerordnungRezeptID)
	x.typ("DAV-CS-ERP-MedicationDispenseTyp", "Abgabeinformationen")
	x.value("whenHandedOver", isoDate(a.Abgabedatum))
	x.end("MedicationDispense")
}

func (x *xmlText) zeilen(a *ta7.Abgabedaten, id string) {
	x.resource("Invoice", id, "DAV-PR-ERP-Abrechnungszeilen")
	x.value("status", "issued")
	x.typ("DAV-CS-ERP-InvoiceTyp", "Abrechnungszeilen")
	for i := range a.Zeilen {
		x.zeile(&a.Zeilen[i])
	}
	x.put(`<totalGross><extension url="%sDAV-EX-ERP-Gesamtzuzahlung"><valueMoney>%s</valueMoney></extension>%s</totalGross>`, dav, amount(a.GesamtZuzahlung), amount(a.GesamtBrutto))
	x.end("Invoice")
}

func (x *xmlText) zeile(z *ta7.Abgabezeile) {
	system := systemPZN
	if z.Art == ta7.Sonderkennzeichen {
		system = systemTA1
	}
	x.put(`<lineItem>`)
	x.value("sequence", strconv.Itoa(z.Zaehler))
	x.put(`<chargeItemCodeableConcept>`)
	x.coding(system, z.Kennzeichen)
	x.put(`</chargeItemCodeableConcept><priceComponent><extension url="%sDAV-EX-ERP-MwStSatz"><valueDecimal value="%s"/></extension>`, dav, money(p300.Cent(z.MwStSatz)))
	x.kosten("0", dta.Some(z.Zuzahlung))
	x.kosten("1", z.Mehrkosten)
	x.kosten("2", z.Eigenbeteiligung)
	x.value("type", "informational")
	x.value("factor", strconv.Itoa(int(z.Faktor)))
	x.put(`<amount>%s</amount></priceComponent></lineItem>`, amount(z.Bruttopreis))
}

// kosten writes what the insured pays of a category.
func (x *xmlText) kosten(kategorie string, v dta.Opt[p300.Cent]) {
	if !v.Vorhanden {
		return
	}
	x.put(`<extension url="%sDAV-EX-ERP-KostenVersicherter">`, dav)
	x.concept("Kategorie", davCS+"DAV-CS-ERP-KostenVersicherterKategorie", kategorie)
	x.put(`<extension url="Kostenbetrag"><valueMoney>%s</valueMoney></extension></extension>`, amount(v.Wert))
}

func (x *xmlText) zaehler(n int) {
	x.put(`<extension url="%sDAV-EX-ERP-Zaehler"><valuePositiveInt value="%d"/></extension>`, dav, n)
}

// herstellung writes a preparation and its units.
func (x *xmlText) herstellung(h *ta7.Herstellung, n int, id idFunc) {
	x.resource("MedicationDispense", id("herstellung", n), "DAV-PR-ERP-ZusatzdatenHerstellung")
	x.zaehler(h.Zaehler)
	for u := range h.Einheiten {
		x.refersTo(dav+"DAV-EX-ERP-ZusatzdatenEinheit", id("einheit", n, u))
	}
	x.value("status", "completed")
	x.put(`<performer><function>`)
	x.coding(davCS+"DAV-CS-ERP-HerstellerSchluessel", h.Schluessel)
	x.put(`</function><actor><identifier><system value="%s"/><value value="%s"/></identifier></actor></performer>`, iknr, h.Kennzeichen)
	x.typ("DAV-CS-ERP-MedicationDispenseTyp", "ZusatzdatenHerstellung")
	x.value("whenPrepared", h.Zeitpunkt)
	x.end("MedicationDispense")
	for u := range h.Einheiten {
		x.einheit(&h.Einheiten[u], id("einheit", n, u))
	}
}

func (x *xmlText) einheit(u *ta7.Einheit, id string) {
	x.resource("Invoice", id, "DAV-PR-ERP-ZusatzdatenEinheit")
	x.zaehler(u.Zaehler)
	x.value("status", "issued")
	x.typ("DAV-CS-ERP-InvoiceTyp", "ZusatzdatenEinheit")
	for _, p := range u.Positionen {
		system := systemPZN
		if p.Kennzeichen == zuschlagsnummer {
			system = systemTA1
		}
		x.put(`<lineItem>`)
		x.value("sequence", strconv.Itoa(p.Zaehler))
		x.put(`<chargeItemCodeableConcept>`)
		x.coding(system, p.Kennzeichen)
		x.put(`</chargeItemCodeableConcept><priceComponent>`)
		x.concept(dav+"DAV-EX-ERP-ZusatzdatenFaktorkennzeichen", davCS+"DAV-CS-ERP-ZusatzdatenFaktorkennzeichen", p.Faktorkennzeichen)
		x.concept(dav+"DAV-EX-ERP-ZusatzdatenPreiskennzeichen", davCS+"DAV-CS-ERP-ZusatzdatenPreiskennzeichen", p.Preiskennzeichen)
		x.value("type", "informational")
		x.value("factor", fmt.Sprintf("%d.%06d", p.Faktor/1_000_000, p.Faktor%1_000_000))
		x.put(`<amount>%s</amount></priceComponent></lineItem>`, amount(p.Preis))
	}
	x.end("Invoice")
}

func isoDate(d p300.Datum) string {
	return fmt.Sprintf("%04d-%02d-%02d", d/10_000, d/100%100, d%100)
}
