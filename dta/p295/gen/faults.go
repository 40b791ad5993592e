package gen

import (
	"bytes"
	"slices"

	"klarbeleg/dta"
	"klarbeleg/dta/invented"
	"klarbeleg/dta/p295"
)

// FaultKind is a single fault that can be injected at a Beleg. Its rule finds it,
// and no other.
type FaultKind struct {
	Name string
	Rule string // the rule that must find it
	// Warnung tells that the Beleg is accepted all the same.
	Warnung bool

	onBeleg    func(*p295.Nachricht)
	onSegments func([][]byte) [][]byte // what the writer would refuse
}

// Faults returns all faults.
func Faults() []FaultKind {
	return []FaultKind{
		{Name: "korrektur", Rule: p295.CodeKorrektur, onBeleg: func(n *p295.Nachricht) { n.IVK.Verarbeitungskennzeichen = string(p295.Korrektur) }},
		{Name: "kennzeichen", Rule: p295.CodeKennzeichen, onBeleg: func(n *p295.Nachricht) { n.IVK.Verarbeitungskennzeichen = "20" }},
		{Name: "nachrichtentyp", Rule: p295.CodeTyp, onBeleg: func(n *p295.Nachricht) { n.UNH.Nachrichtentyp = "DIR999" }},
		{Name: "ivk-fehlt", Rule: p295.CodeSegmentfolge, onSegments: func(s [][]byte) [][]byte { return s[1:] }},
		{Name: "segment-unbekannt", Rule: p295.CodeSegmentfolge, onSegments: func(s [][]byte) [][]byte { return slices.Insert(s, len(s)-1, []byte("QQQ+1")) }},
		{Name: "diagnose-fehlt", Rule: p295.CodeSegmentfolge, Warnung: true, onBeleg: func(n *p295.Nachricht) { n.DIA = nil }},
		{Name: "pflichtfeld-fehlt", Rule: p295.CodeElement, onSegments: inSegment("INF+", 1, "")},
		{Name: "betrag-unlesbar", Rule: p295.CodeElement, onSegments: inSegment("FKI+", 7, "12.50")},
		{Name: "feld-zu-lang", Rule: p295.CodeElement, onSegments: inSegment("ABR+", 2, "1234567890123")},
		{Name: "lanr", Rule: p295.CodePruefziffer, onBeleg: func(n *p295.Nachricht) {
			n.IBH.Wert.LebenslangeArztnummer = invented.OtherDigit(n.IBH.Wert.LebenslangeArztnummer, 6)
		}},
		{Name: "kvnr", Rule: p295.CodePruefziffer, onBeleg: func(n *p295.Nachricht) { n.INV.Versichertennummer = invented.OtherDigit(n.INV.Versichertennummer, 9) }},
		{Name: "ik", Rule: p295.CodePruefziffer, onBeleg: func(n *p295.Nachricht) { n.RGI.RechnungsstellerIK = invented.OtherDigit(n.RGI.RechnungsstellerIK, 8) }},
		{Name: "schluessel", Rule: p295.CodeSchluessel, onBeleg: func(n *p295.Nachricht) { n.INV.Geschlecht = "9" }},
		{Name: "datum-ausserhalb", Rule: p295.CodeDatum, onBeleg: func(n *p295.Nachricht) { n.ABR[0].Datum = 20000101 }},
		{Name: "letzter-tag", Rule: p295.CodeDatum, onBeleg: func(n *p295.Nachricht) { n.ABR[0].LetzterTag = 20000101 }},
		{Name: "inanspruchnahme", Rule: p295.CodeInanspruchnahme, Warnung: true, onBeleg: func(n *p295.Nachricht) { n.INF.ArtDerInanspruchnahme = "1" }},
		{Name: "brutto-fehlt", Rule: p295.CodeSummeFehlt, onBeleg: func(n *p295.Nachricht) { n.FKI.Brutto.Vorhanden = false }},
		{Name: "brutto", Rule: p295.CodeBrutto, onBeleg: func(n *p295.Nachricht) { n.FKI.Brutto.Wert++; n.FKI.Netto++ }},
		{Name: "minderungen", Rule: p295.CodeMinderungen, Warnung: true, onBeleg: func(n *p295.Nachricht) {
			n.FKI.Minderungen = dta.Some(n.FKI.Minderungen.Wert + 1)
		}},
		{Name: "netto", Rule: p295.CodeNetto, onBeleg: func(n *p295.Nachricht) { n.FKI.Netto++ }},
	}
}

func faultOf(name string) (FaultKind, bool) {
	all := Faults()
	if i := slices.IndexFunc(all, func(f FaultKind) bool { return f.Name == name }); i >= 0 {
		return all[i], true
	}
	return FaultKind{}, false
}

// inSegment returns a change of one element, counted after the tag, of the first
// segment that begins so.
func inSegment(prefix string, element int, value string) func([][]byte) [][]byte {
	return func(s [][]byte) [][]byte {
		for i := range s {
			if bytes.HasPrefix(s[i], []byte(prefix)) {
				elements := bytes.Split(s[i], []byte("+"))
				elements[element] = []byte(value)
				s[i] = bytes.Join(elements, []byte("+"))
				break
			}
		}
		return s
	}
}
