package ta7

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"

	"klarbeleg/dta/p300"
)

// ErrContent is returned for content that the profiles forbid.
var ErrContent = errors.New("content violates the profile")

// Writer writes a TA7 file prescription by prescription. The first error ends
// the writing.
type Writer struct {
	out  io.Writer
	x    emitter
	head Rechnung
	ids  []string
	next int
	done bool
	err  error
}

// NewWriter returns a writer that begins with the head. The Composition lists
// the prescriptions, so their ids are needed beforehand, in order; head.Rezepte
// is not asked.
func NewWriter(out io.Writer, head Rechnung, rezeptIDs []string) *Writer {
	w := &Writer{out: out, head: head, ids: rezeptIDs}
	x := &w.x
	x.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Bundle xmlns="` + fhirNamespace + `">`)
	x.value("id", head.ID)
	x.profile(profilRechnung, head.Version)
	x.open("identifier")
	x.extension(extDateinummer, "valueString", head.Dateinummer)
	x.value("system", gkvNS+"GKVSV_NS_Dateiname").value("value", head.Dateiname).close("identifier")
	typ := "document"
	if v := profilVersionOf(head.Version); v != nil {
		typ = v.bundleTyp
	} else {
		w.err = fmt.Errorf("profile version: %w", ErrContent)
	}
	x.value("type", typ).value("timestamp", head.Zeitstempel).raw("\n")
	w.composition()
	w.list()
	return w
}

func (w *Writer) composition() {
	x, h := &w.x, &w.head
	x.entry("Composition", h.CompositionID, profilComposition, h.Version)
	x.ik(extEmpfaenger, h.EmpfaengerIK).ik(extKostentraeger, h.KostentraegerIK)
	x.open("identifier").value("system", gkvNS+"GKVSV_NS_Rechnungsnummer").value("value", h.Rechnungsnummer).close("identifier")
	x.value("status", "final").open("type").coding(gkvCS+"GKVSV_CS_ERP_Rechnungsart", h.Rechnungsart).close("type")
	x.raw(`<date value="`).text(isoDate(h.Abrechnungszeitraum)).raw(`">`)
	x.extension(extRechnungsdatum, "valueDateTime", isoDate(h.Rechnungsdatum)).close("date")
	x.open("author").open("identifier").value("system", iknr).value("value", h.AbsenderIK).close("identifier").close("author")
	x.value("title", "elektronische Rechnung")
	x.section("LR", h.ListID)
	for _, id := range w.ids {
		x.section("RB", id)
	}
	x.closeEntry("Composition")
}

func (w *Writer) list() {
	x := &w.x
	x.entry("List", w.head.ListID, profilListe, w.head.Version)
	x.value("status", "current").value("mode", "working")
	for _, name := range w.head.Dateien {
		x.open("entry").open("item").open("identifier").value("system", gkvNS+"GKVSV_NS_Dateiname").value("value", name)
		x.close("identifier").close("item").close("entry")
	}
	x.closeEntry("List")
}

// WriteRezept writes the next prescription; its containers as they are.
func (w *Writer) WriteRezept(z *Rezept) error {
	switch {
	case w.err != nil:
		return w.err
	case w.done || w.next >= len(w.ids) || w.ids[w.next] != z.ID:
		w.err = fmt.Errorf("prescription out of order: %w", ErrContent)
		return w.err
	}
	w.next++
	x := &w.x
	x.entry("Bundle", z.ID, profilRezept, w.head.Version).value("type", "collection").raw("\n")
	receipt := linkQuittung
	if v := profilVersionOf(w.head.Version); v.alteURL {
		receipt = linkQuittungAlt
	}
	x.binary(linkVerordnung, &z.Verordnung, w.head.Version)
	x.binary(receipt, &z.Quittung, w.head.Version)
	x.binary(linkAbgabe, &z.Abgabe, w.head.Version)
	x.link(linkAbrechnung).resource("Invoice", z.Abrechnung.ID, profilAbrechnung, w.head.Version)
	x.abrechnung(&z.Abrechnung)
	x.closeEntry("Invoice").closeEntry("Bundle")
	return w.flush(flushSize)
}

// flushSize is the number of bytes collected before they are written out.
const flushSize = 256 << 10

// Close writes the end of the file. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.done {
		return w.err
	}
	w.done = true
	if w.err == nil && w.next != len(w.ids) {
		w.err = fmt.Errorf("%d prescriptions missing: %w", len(w.ids)-w.next, ErrContent)
	}
	w.x.close("Bundle").raw("\n")
	return w.flush(0)
}

func (w *Writer) flush(limit int) error {
	if w.err != nil || w.x.buf.Len() <= limit {
		return w.err
	}
	if _, err := w.x.buf.WriteTo(w.out); err != nil {
		w.err = fmt.Errorf("write TA7 file: %w", err)
	}
	return w.err
}

// emitter writes XML as the sample files have it: one entry a line.
type emitter struct{ buf bytes.Buffer }

func (x *emitter) raw(s string) *emitter {
	x.buf.WriteString(s)
	return x
}

func (x *emitter) text(s string) *emitter {
	// A bytes.Buffer takes everything.
	_ = xml.EscapeText(&x.buf, []byte(s))
	return x
}

func (x *emitter) open(name string) *emitter  { return x.raw("<").raw(name).raw(">") }
func (x *emitter) close(name string) *emitter { return x.raw("</").raw(name).raw(">") }

func (x *emitter) value(name, v string) *emitter {
	return x.raw("<").raw(name).raw(` value="`).text(v).raw(`"/>`)
}

func (x *emitter) openExtension(url string) *emitter {
	return x.raw(`<extension url="`).raw(url).raw(`">`)
}

func (x *emitter) extension(url, typ, v string) *emitter {
	return x.openExtension(url).value(typ, v).close("extension")
}

func (x *emitter) coding(system, code string) *emitter {
	return x.open("coding").value("system", system).value("code", code).close("coding")
}

// concept writes an extension with a key.
func (x *emitter) concept(url, system, code string) {
	x.openExtension(url).open("valueCodeableConcept").coding(system, code).close("valueCodeableConcept").close("extension")
}

// code writes an extension with a valueCoding.
func (x *emitter) code(url, system, code string) {
	x.openExtension(url).open("valueCoding").value("system", system).value("code", code).close("valueCoding").close("extension")
}

func (x *emitter) money(v p300.Cent) *emitter {
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	return x.value("value", fmt.Sprintf("%s%d.%02d", sign, v/100, v%100)).value("currency", "EUR")
}

func (x *emitter) ik(url, ik string) *emitter {
	return x.openExtension(url).open("valueIdentifier").value("system", iknr).value("value", ik).close("valueIdentifier").close("extension")
}

func (x *emitter) profile(base, version string) *emitter {
	return x.open("meta").value("profile", base+"|"+version).close("meta")
}

func (x *emitter) entry(resource, id, base, version string) *emitter {
	return x.open("entry").resource(resource, id, base, version)
}

func (x *emitter) link(url string) *emitter {
	return x.open("entry").open("link").value("relation", "item").value("url", url).close("link")
}

func (x *emitter) resource(name, id, base, version string) *emitter {
	return x.value("fullUrl", "urn:uuid:"+id).open("resource").open(name).value("id", id).profile(base, version)
}

func (x *emitter) closeEntry(resource string) *emitter {
	return x.close(resource).close("resource").close("entry").raw("\n")
}

func (x *emitter) section(code, id string) {
	x.open("section").open("code").coding(gkvCS+"GKVSV_CS_ERP_TA7", code).close("code")
	x.open("entry").value("reference", "urn:uuid:"+id).close("entry").close("section")
}

func (x *emitter) binary(url string, d *Dokument, version string) {
	x.link(url).resource("Binary", d.ID, profilBinary, version).value("contentType", contentType)
	x.value("data", base64.StdEncoding.EncodeToString(d.CMS)).closeEntry("Binary")
}

func (x *emitter) abrechnung(a *Abrechnung) {
	x.extension(extIrrlaeufer, "valueBoolean", strconv.FormatBool(a.Irrlaeufer))
	for i := range a.Zusatzangaben {
		x.zusatzangabe(&a.Zusatzangaben[i])
	}
	x.open("identifier").value("system", rezept).value("value", a.RezeptID).close("identifier")
	x.open("identifier").value("system", nsBelegnummer).value("value", a.Belegnummer).close("identifier")
	x.value("status", "issued").open("issuer")
	x.code(extSitz, gkvCS+"GKVSV_CS_ERP_Leistungserbringer_Sitz", a.Sitz)
	x.open("identifier").open("type").coding(gkvCS+"GKVSV_CS_ERP_Leistungserbringertyp", a.Leistungserbringertyp).close("type")
	x.value("system", iknr).value("value", a.ApothekenIK).close("identifier").close("issuer")
	for i := range a.Zeilen {
		x.zeile(&a.Zeilen[i])
	}
}

func (x *emitter) zeile(z *Zeile) {
	x.open("lineItem")
	x.concept(extPositionstyp, gkvCS+"GKVSV_CS_ERP_Positionstyp", z.Positionstyp)
	if z.Import != "" {
		x.concept(extImport, gkvCS+"GKVSV_CS_ERP_Import", z.Import)
	}
	if z.ImportPZN != "" {
		x.code(extImportPZN, systemPZN, z.ImportPZN)
	}
	x.openExtension(extUmsatzsteuer).open("valueMoney").money(z.Umsatzsteuer).close("valueMoney").close("extension")
	x.value("sequence", strconv.Itoa(z.Zaehler))
	x.open("chargeItemCodeableConcept").coding("http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "UNC").close("chargeItemCodeableConcept")
	for _, a := range z.Abschlaege {
		x.open("priceComponent").value("type", a.Typ).open("code").coding(gkvCS+"GKVSV_CS_ERP_ZuAbschlagKey", a.Schluessel).close("code")
		x.open("amount").money(a.Betrag).close("amount").close("priceComponent")
	}
	x.close("lineItem")
}

// zusatzangabe writes one extension per component; several of the same
// preparation mean the same as one that holds them all.
func (x *emitter) zusatzangabe(z *Zusatzangabe) {
	x.openExtension(extZusatzangaben).extension("zaehlerHerstellung", "valuePositiveInt", strconv.Itoa(z.Herstellung))
	x.openExtension("einheit").extension("zaehlerEinheit", "valuePositiveInt", strconv.Itoa(z.Einheit))
	x.openExtension("abrechnungsposition").extension("zaehlerAbrechnungsposition", "valuePositiveInt", strconv.Itoa(z.Position))
	if z.VerwurfGeprueft != "" {
		x.concept("verwurf_geprueft", gkvCS+"GKVSV_CS_ERP_Verwurf", z.VerwurfGeprueft)
	}
	for _, a := range z.Abschlaege {
		x.openExtension("zuAbschlaegeZusatzdaten")
		x.concept("zuAbschlagCode", gkvCS+"GKVSV_CS_ERP_ZuAbschlagKey", a.Schluessel)
		x.extension("zuAbschlagKennzeichen", "valueCode", a.Typ)
		x.openExtension("zuAbschlagBetrag").open("valueMoney").money(a.Betrag).close("valueMoney").close("extension").close("extension")
	}
	x.close("extension").close("extension").close("extension")
}

func isoDate(d p300.Datum) string {
	return fmt.Sprintf("%04d-%02d-%02d", d/10_000, d/100%100, d%100)
}
