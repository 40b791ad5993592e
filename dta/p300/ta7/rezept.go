package ta7

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"

	"klarbeleg/dta/p300"
)

// The kinds of entries of a prescription by entry.link.url.
const (
	linkVerordnung    = "https://fhir.kbv.de/StructureDefinition/KBV_PR_ERP_Bundle"
	linkQuittung      = "https://gematik.de/fhir/erp/StructureDefinition/GEM_ERP_PR_Bundle"
	linkQuittungAlt   = "https://gematik.de/fhir/StructureDefinition/ErxReceipt"
	linkAbgabe        = "http://fhir.abda.de/eRezeptAbgabedaten/StructureDefinition/DAV-PR-ERP-AbgabedatenBundle"
	linkAbrechnung    = profilAbrechnung
	extIrrlaeufer     = gkv + "GKVSV_EX_ERP_Irrlaeufer"
	extSitz           = gkv + "GKVSV_EX_ERP_LE_Sitz"
	extPositionstyp   = gkv + "GKVSV_EX_ERP_Positionstyp"
	extImport         = gkv + "GKVSV_EX_ERP_Import"
	extImportPZN      = gkv + "GKVSV_EX_ERP_Import_PZN"
	extUmsatzsteuer   = gkv + "GKVSV_EX_ERP_VAT_VALUE"
	nsBelegnummer     = gkvNS + "GKVSV_NS_Belegnummer"
	contentType       = "application/pkcs7-mime"
	extZusatzangaben  = "http://fhir.gkvsv.de/StructureDefinition/GKVSV_EX_ERP_ZusatzdatenHerstellung" // http: so in the profile
	extZusatzangabenS = gkv + "GKVSV_EX_ERP_ZusatzdatenHerstellung"
)

// readRezept reads a RezeptBundle (section 3.1).
func (r *Reader) readRezept(entry, bundle *element) {
	r.rezepte++
	r.rezept = Rezept{Index: r.rezepte, Offset: entry.offset, ID: bundle.text("id")}
	r.in = true
	if !r.seen.composition && !r.seen.late {
		r.seen.late = true
		r.fault(p300.CodeUnlesbar, textReihenfolge, "Composition", entry.offset)
	}
	if profil(bundle, profilRezept) != r.head.Version {
		r.profilFault("Bundle", bundle.offset)
	}
	k := r.kinds(bundle)
	if k == nil {
		r.fault(p300.CodeRezeptBundle, textVier, "Bundle", bundle.offset)
		return
	}
	z := &r.rezept
	r.readAbrechnung(k.abrechnung.resource())
	z.Verordnung = r.dokument(k.verordnung, "Verordnung")
	z.Quittung = r.dokument(k.quittung, "Quittung")
	z.Abgabe = r.dokument(k.abgabe, "Abgabe")
	r.readAbgabe(k.abgabe.offset)
	r.pruefen()
}

// kinds are the entries of a prescription.
type kinds struct{ verordnung, quittung, abgabe, abrechnung *element }

// kinds tells the entries apart by their links; nil unless each is there once
// and nothing else (APO-F03).
func (r *Reader) kinds(bundle *element) *kinds {
	entries := bundle.all("entry")
	if len(entries) != 4 || bundle.text("type") != "collection" {
		return nil
	}
	var k kinds
	for _, e := range entries {
		var slot **element
		resource := "Binary"
		switch e.text("link", "url") {
		case linkVerordnung:
			slot = &k.verordnung
		case linkQuittung:
			slot = &k.quittung
		case linkQuittungAlt:
			if v := profilVersionOf(r.head.Version); v == nil || v.alteURL {
				slot = &k.quittung
			}
		case linkAbgabe:
			slot = &k.abgabe
		case linkAbrechnung:
			slot, resource = &k.abrechnung, "Invoice"
		}
		if slot == nil || *slot != nil || e.text("link", "relation") != "item" || e.resource() == nil || e.resource().name != resource {
			return nil
		}
		*slot = e
	}
	return &k
}

// dokument takes a container apart and checks its signature (APO-F07).
func (r *Reader) dokument(entry *element, name string) Dokument {
	b := entry.resource()
	d := Dokument{ID: b.text("id")}
	if b.text("contentType") != contentType {
		r.feld(name+": contentType", "Binary", b.offset)
	}
	data := strings.Map(func(c rune) rune {
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' {
			return -1
		}
		return c
	}, b.text("data"))
	raw, err := base64.StdEncoding.DecodeString(data)
	if err == nil && len(raw) > 0 {
		d.CMS = raw
		if signed, err := parseCMS(raw); err == nil {
			d.XML, d.Signatur = signed.content, signed.signature()
		}
	}
	if d.Signatur != SignaturRichtig {
		r.fault(p300.CodeSignatur, textSignatur+name+".", "Binary", b.offset)
	}
	d.RezeptID = rezeptIDOf(d.XML)
	return d
}

// rezeptIDOf returns the Rezept-ID of a document, "" where it has none that can
// be read: its identifier comes before its entries.
func rezeptIDOf(doc []byte) string {
	if doc == nil {
		return ""
	}
	p := newParser(bytes.NewReader(doc))
	if p.root() != nil {
		return ""
	}
	for {
		e, err := p.next()
		if err != nil || e == nil || e.name == "entry" {
			return ""
		}
		if e.name == "identifier" && e.text("system") == rezept {
			return e.text("value")
		}
	}
}

// feld reports an element of the Abrechnungsdaten that is missing or wrong.
func (r *Reader) feld(field, tag string, offset int64) {
	r.fault(p300.CodeTA7, textFeld+field+".", tag, offset)
}

// readAbrechnung reads the part of the Rechenzentrum.
func (r *Reader) readAbrechnung(e *element) {
	a := &r.rezept.Abrechnung
	*a = Abrechnung{
		ID: e.text("id"), RezeptID: e.identifier(rezept), Belegnummer: e.identifier(nsBelegnummer),
		Sitz:                  e.find("issuer").extension(extSitz).text("valueCoding", "code"),
		Leistungserbringertyp: e.text("issuer", "identifier", "type", "coding", "code"),
		ApothekenIK:           e.text("issuer", "identifier", "value"),
	}
	if profil(e, profilAbrechnung) != r.head.Version {
		r.profilFault("Invoice", e.offset)
	}
	irr := e.extension(extIrrlaeufer).text("valueBoolean")
	a.Irrlaeufer = irr == "true"
	for _, f := range []struct {
		name  string
		right bool
	}{
		{"Kennzeichen Irrläufer", irr == "true" || irr == "false"},
		{"Belegnummer", isDigits(a.Belegnummer, 19)},
		{"status", e.text("status") == "issued"},
		{"Leistungserbringer Sitz", a.Sitz == "1" || a.Sitz == "2"},
		{"Leistungserbringertyp", a.Leistungserbringertyp == "A" || a.Leistungserbringertyp == "K" || a.Leistungserbringertyp == "S"},
		{"Apotheken-IK", p300.ValidIK(a.ApothekenIK)},
		{"totalGross ist nicht zulässig", e.find("totalGross") == nil},
	} {
		if !f.right {
			r.feld(f.name, "Invoice", e.offset)
		}
	}
	if !p300.ValidRezeptID(a.RezeptID) {
		r.fault(p300.CodeRezeptID, textRezeptID, "Invoice", e.offset)
	}
	for _, l := range e.all("lineItem") {
		a.Zeilen = append(a.Zeilen, r.zeile(l))
	}
	for _, url := range []string{extZusatzangaben, extZusatzangabenS} {
		for _, x := range e.extensions(url) {
			r.zusatzangaben(x)
		}
	}
}

// zeile reads a line of the Abrechnungsdaten.
func (r *Reader) zeile(l *element) Zeile {
	z := Zeile{
		Zaehler:      zaehler(l.text("sequence")),
		Positionstyp: l.extension(extPositionstyp).text("valueCodeableConcept", "coding", "code"),
		Import:       l.extension(extImport).text("valueCodeableConcept", "coding", "code"),
		ImportPZN:    l.extension(extImportPZN).text("valueCoding", "code"),
		offset:       l.offset,
	}
	if z.ImportPZN == "" { // seen as a concept too
		z.ImportPZN = l.extension(extImportPZN).text("valueCodeableConcept", "coding", "code")
	}
	var ok bool
	if z.Umsatzsteuer, ok = betrag(l.extension(extUmsatzsteuer).text("valueMoney", "value")); !ok {
		r.feld("Umsatzsteuer Betrag", "lineItem", l.offset)
	}
	for _, p := range l.all("priceComponent") {
		a := Abschlag{Typ: p.text("type"), Schluessel: p.text("code", "coding", "code")}
		if a.Betrag, ok = betrag(p.text("amount", "value")); !ok || !a.gueltig() {
			r.feld("Zu-/Abschlag", "lineItem", p.offset)
		}
		z.Abschlaege = append(z.Abschlaege, a)
	}
	if z.Positionstyp != "0" && z.Positionstyp != "1" {
		r.feld("Kennzeichen Positionstyp", "lineItem", l.offset)
	}
	imported := z.Import == "1" || z.Import == "2"
	if z.Import != "" && (len(z.Import) != 1 || z.Import[0] < '0' || z.Import[0] > '3') ||
		imported != (z.ImportPZN != "") || imported && !p300.ValidPZN(z.ImportPZN) {
		r.feld("Kennzeichen zum Import, PZN des Originals", "lineItem", l.offset)
	}
	return z
}

// gueltig tells whether key, kind and sign belong together.
func (a *Abschlag) gueltig() bool {
	switch a.Schluessel {
	case "R001", "R003", "R004", "R005", "R006", "R007", "R008", "R009", "R010", "R011":
	default:
		return false
	}
	return a.Typ == "deduction" && a.Betrag <= 0 || a.Typ == "surcharge" && a.Betrag >= 0 || a.Schluessel == "R007"
}

// zusatzangaben reads what the Rechenzentrum adds to a preparation.
func (r *Reader) zusatzangaben(x *element) {
	count := func(e *element, url string) int { return zaehler(e.extension(url).text("valuePositiveInt")) }
	for _, unit := range x.extensions("einheit") {
		for _, pos := range unit.extensions("abrechnungsposition") {
			z := Zusatzangabe{
				Herstellung: count(x, "zaehlerHerstellung"), Einheit: count(unit, "zaehlerEinheit"),
				Position:        count(pos, "zaehlerAbrechnungsposition"),
				VerwurfGeprueft: pos.extension("verwurf_geprueft").text("valueCodeableConcept", "coding", "code"),
			}
			for _, d := range pos.extensions("zuAbschlaegeZusatzdaten") {
				a := Abschlag{
					Typ:        d.extension("zuAbschlagKennzeichen").text("valueCode"),
					Schluessel: d.extension("zuAbschlagCode").text("valueCodeableConcept", "coding", "code"),
				}
				var ok bool
				if a.Betrag, ok = betrag(d.extension("zuAbschlagBetrag").text("valueMoney", "value")); !ok || !a.gueltig() {
					r.feld("Zu-/Abschlag der Zusatzdaten", "Invoice", d.offset)
				}
				z.Abschlaege = append(z.Abschlaege, a)
			}
			if z.Herstellung < 1 || z.Einheit < 1 || z.Position < 1 {
				r.feld("Zähler der Zusatzdaten", "Invoice", pos.offset)
			}
			r.rezept.Abrechnung.Zusatzangaben = append(r.rezept.Abrechnung.Zusatzangaben, z)
		}
	}
}

// zaehler reads a positive number of at most six digits; 0 is none.
func zaehler(s string) int {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n > 999_999 {
		return 0
	}
	return int(n)
}

// betrag reads an amount: a minus and at most 8 digits, or at most 9 digits, a
// point, two digits (section 4).
func betrag(s string) (p300.Cent, bool) {
	digits, negative := strings.CutPrefix(s, "-")
	point := len(digits) - 3
	limit := 9
	if negative {
		limit = 8
	}
	if point < 1 || point > limit || digits[point] != '.' {
		return 0, false
	}
	v := p300.Cent(0)
	for i := range len(digits) {
		if i == point {
			continue
		}
		c := digits[i] - '0'
		if c > 9 {
			return 0, false
		}
		v = v*10 + p300.Cent(c)
	}
	if negative {
		v = -v
	}
	return v, true
}
