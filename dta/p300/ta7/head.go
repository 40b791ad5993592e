package ta7

import (
	"strings"
	"time"

	"klarbeleg/dta/p300"
)

// The names of the profiles, extensions and systems (section 3.1).
const (
	gkv    = "https://fhir.gkvsv.de/StructureDefinition/"
	gkvNS  = "https://fhir.gkvsv.de/NamingSystem/"
	gkvCS  = "https://fhir.gkvsv.de/CodeSystem/"
	iknr   = "http://fhir.de/sid/arge-ik/iknr"
	rezept = "https://gematik.de/fhir/erp/NamingSystem/GEM_ERP_NS_PrescriptionId"

	profilRechnung    = gkv + "GKVSV_PR_TA7_Rechnung_Bundle"
	profilComposition = gkv + "GKVSV_PR_TA7_Rechnung_Composition"
	profilListe       = gkv + "GKVSV_PR_TA7_Rechnung_List"
	profilRezept      = gkv + "GKVSV_PR_TA7_RezeptBundle"
	profilBinary      = gkv + "GKVSV_PR_Binary"
	profilAbrechnung  = gkv + "GKVSV_PR_ERP_eAbrechnungsdaten"

	extDateinummer    = gkv + "GKVSV_EX_ERP_TA7_Dateinummer"
	extRechnungsdatum = gkv + "GKVSV_EX_ERP_TA7_Rechnungsdatum"
	extEmpfaenger     = gkv + "GKVSV_EX_TA7_IK_Empfaenger"
	extKostentraeger  = gkv + "GKVSV_EX_TA7_IK_Kostentraeger"
)

// profilVersion is a version of the profiles with its validity by
// Composition.date (section 3.3).
type profilVersion struct {
	version    string
	von, bis   p300.Datum
	bundleTyp  string
	alteURL    bool // the receipt may still have its old link
	lueckenlos bool // lines numbered from 1, own file name in the List
}

// profilVersionen is never written.
var profilVersionen = [...]profilVersion{
	{"1.3", 20240401, 20241031, "collection", true, false},
	{"1.4", 20241101, 20250930, "document", true, false},
	{"1.5", 20251001, 99991231, "document", false, true},
}

func profilVersionOf(version string) *profilVersion {
	for i := range profilVersionen {
		if profilVersionen[i].version == version {
			return &profilVersionen[i]
		}
	}
	return nil
}

// profil returns the version of the only profile of a resource, "" if it has
// another profile, several or none with a version.
func profil(e *element, base string) string {
	all := e.find("meta").all("profile")
	if len(all) != 1 {
		return ""
	}
	version, ok := strings.CutPrefix(all[0].value, base+"|")
	if !ok {
		return ""
	}
	return version
}

// datum reads yyyy-mm-dd, with or without a time behind it.
func datum(s string) p300.Datum {
	if len(s) > 10 && s[10] == 'T' {
		s = s[:10]
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return 0
	}
	return p300.Datum(t.Year()*10_000 + int(t.Month())*100 + t.Day())
}

// bundleField takes a child of the bundle that is no entry.
func (r *Reader) bundleField(e *element) {
	switch e.name {
	case "id":
		r.head.ID = e.value
	case "meta":
		bundle := &element{children: []*element{e}}
		r.head.Version = profil(bundle, profilRechnung)
		r.headAt = e.offset
	case "identifier":
		r.head.Dateinummer = e.extension(extDateinummer).text("valueString")
		r.head.Dateiname = e.text("value")
		if _, ok := p300.ParseDateinameTA7(r.head.Dateiname); !ok || e.text("system") != gkvNS+"GKVSV_NS_Dateiname" {
			r.fault(p300.CodeDateiname, textDateiname, "Bundle", e.offset)
		}
		if !isDigits(r.head.Dateinummer, 5) || r.head.Dateinummer == "00000" {
			r.headFault("Dateinummer", "Bundle", e.offset)
		}
	case "type":
		r.typ = e.value
	case "timestamp":
		r.head.Zeitstempel = e.value
	case "signature":
		r.headFault("signature ist nicht zulässig", "Bundle", e.offset)
	}
}

func isDigits(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// dropListed takes the repeated parts of Composition and List out of the tree
// while it is read: a file has one section per prescription.
func (r *Reader) dropListed(parent string, e *element) bool {
	switch {
	case parent == "Composition" && e.name == "section":
		switch e.text("code", "coding", "code") {
		case "RB":
			r.head.Rezepte++
		case "LR":
		default:
			r.headFault("section.code", "Composition", e.offset)
		}
		return true
	case parent == "List" && e.name == "entry":
		if len(r.head.Dateien) == MaxDateien {
			r.headFault(textListeLang, "List", e.offset)
			return true
		}
		if len(r.head.Dateien) < MaxDateien {
			r.head.Dateien = append(r.head.Dateien, e.text("item", "identifier", "value"))
		}
		return true
	}
	return false
}

// entry takes an entry of the bundle; true if it is a prescription.
func (r *Reader) entry(e *element) bool {
	res := e.resource()
	switch {
	case res == nil:
		r.fault(p300.CodeUnlesbar, textEintrag, "entry", e.offset)
	case res.name == "Composition" && !r.seen.composition && !r.seen.list && r.rezepte == 0:
		r.seen.composition = true
		r.composition(res)
	case res.name == "List" && !r.seen.list:
		r.seen.list = true
		r.head.ListID = res.text("id")
		if profil(res, profilListe) != r.head.Version {
			r.profilFault("List", res.offset)
		}
		if res.text("status") != "current" || res.text("mode") != "working" {
			r.headFault("List.status, List.mode", "List", res.offset)
		}
	case res.name == "Composition" || res.name == "List":
		r.fault(p300.CodeUnlesbar, textReihenfolge, res.name, e.offset)
	case res.name == "Bundle":
		r.readRezept(e, res)
		return true
	default:
		r.fault(p300.CodeUnlesbar, textEintrag, "entry", e.offset)
	}
	return false
}

// composition takes the head of the invoice.
func (r *Reader) composition(c *element) {
	h := &r.head
	h.CompositionID = c.text("id")
	h.EmpfaengerIK = c.extension(extEmpfaenger).text("valueIdentifier", "value")
	h.KostentraegerIK = c.extension(extKostentraeger).text("valueIdentifier", "value")
	h.Rechnungsnummer = c.text("identifier", "value")
	h.Rechnungsart = c.text("type", "coding", "code")
	h.Abrechnungszeitraum = datum(c.text("date"))
	h.Rechnungsdatum = datum(c.find("date").extension(extRechnungsdatum).text("valueDateTime"))
	h.AbsenderIK = c.text("author", "identifier", "value")
	for _, f := range []struct {
		name  string
		right bool
	}{
		{"Empfänger-IK", p300.ValidIK(h.EmpfaengerIK)},
		{"Kostenträger-IK", p300.ValidIK(h.KostentraegerIK)},
		{"Absender-IK", p300.ValidIK(h.AbsenderIK)},
		{"Rechnungsart", len(h.Rechnungsart) == 1 && h.Rechnungsart[0] >= '1' && h.Rechnungsart[0] <= '8'},
		{"Abrechnungszeitraum", h.Abrechnungszeitraum != 0},
		{"Rechnungsdatum", h.Rechnungsdatum != 0},
		{"status", c.text("status") == "final"},
		{"timestamp", datum(h.Zeitstempel) != 0},
	} {
		if !f.right {
			r.headFault(f.name, "Composition", c.offset)
		}
	}
	if h.Rechnungsnummer == "" || !p300.ValidRechnungsnummer(h.Rechnungsnummer) {
		r.fault(p300.CodeNummer, textNummer, "Composition", c.offset)
	}
	v := profilVersionOf(h.Version)
	switch {
	case v == nil || h.Abrechnungszeitraum != 0 && (h.Abrechnungszeitraum < v.von || h.Abrechnungszeitraum > v.bis),
		profil(c, profilComposition) != h.Version:
		r.profilFault("Bundle", r.headAt)
	case r.typ != v.bundleTyp:
		r.headFault("Bundle.type", "Bundle", r.headAt)
	}
}
