package gen

import (
	"strings"

	"klarbeleg/dta/invented"
	"klarbeleg/dta/p300"
	"klarbeleg/dta/p300/ta7"
)

// ta7Faults are faults of the electronic part.
func ta7Faults() []FaultKind {
	fault := func(name, rule string, k FaultKind) FaultKind {
		k.Name, k.Rule, k.Datei, k.plan = name, rule, TA7, eEinfach
		return k
	}
	other := invented.Prescription("160", 999_999_999_999)
	return []FaultKind{
		fault("ta7-doctype", p300.CodeUnlesbar, FaultKind{old: "<Bundle xmlns", now: `<!DOCTYPE x [<!ENTITY a "b">]><Bundle xmlns`}),
		fault("ta7-file-name", p300.CodeDateiname, FaultKind{ta7Head: func(h *ta7.Rechnung) {
			h.Dateiname = strings.Replace(h.Dateiname, "FHR", "ABR", 1)
			h.Dateien = []string{h.Dateiname}
		}}),
		fault("ta7-prescription-id", p300.CodeRezeptID, FaultKind{ta7: func(z *ta7.Rezept) {
			z.Abrechnung.RezeptID = invented.OtherDigit(z.Abrechnung.RezeptID, 21)
			z.Verordnung.RezeptID, z.Quittung.RezeptID = z.Abrechnung.RezeptID, z.Abrechnung.RezeptID
		}, abgabe: func(a *ta7.Abgabedaten) {
			a.RezeptID = invented.OtherDigit(a.RezeptID, 21)
			a.VerordnungRezeptID = a.RezeptID
		}}),
		fault("ta7-profile", p300.CodeProfil, FaultKind{old: "Rechnung_Bundle|1.5", now: "Rechnung_Bundle|1.6"}),
		fault("ta7-list", p300.CodeListe, FaultKind{ta7Head: func(h *ta7.Rechnung) { h.Dateien = []string{"B00FHR26ZZZ"} }}),
		fault("ta7-entries", p300.CodeRezeptBundle, FaultKind{
			old: "gematik.de/fhir/erp/StructureDefinition/GEM_ERP_PR_Bundle", now: "gematik.de/fhir/StructureDefinition/ErxReceipt",
		}),
		fault("ta7-ids-prescriber", p300.CodeRezeptIDs, FaultKind{ta7: func(z *ta7.Rezept) { z.Verordnung.RezeptID = other }}),
		fault("ta7-ids-receipt", p300.CodeRezeptIDs, FaultKind{ta7: func(z *ta7.Rezept) { z.Quittung.RezeptID = other }}),
		fault("ta7-ids-pharmacy", p300.CodeRezeptIDs, FaultKind{abgabe: func(a *ta7.Abgabedaten) { a.RezeptID = other }}),
		fault("ta7-lines", p300.CodeZeilen, FaultKind{ta7: func(z *ta7.Rezept) { z.Abrechnung.Zeilen[0].Zaehler = 2 }}),
		fault("ta7-gross", p300.CodeGesamt, FaultKind{abgabe: func(a *ta7.Abgabedaten) { a.GesamtBrutto++ }}),
		fault("ta7-copay", p300.CodeGesamt, FaultKind{abgabe: func(a *ta7.Abgabedaten) { a.GesamtZuzahlung++ }}),
		fault("ta7-signature", p300.CodeSignatur, FaultKind{unsigned: true}),
		fault("ta7-bom", p300.CodeUTF8, FaultKind{old: "<?xml", now: "\xEF\xBB\xBF<?xml"}),
		fault("ta7-encoding", p300.CodeUTF8, FaultKind{old: "elektronische", now: "elektr\xF6nische"}),
		fault("ta7-invoice-number", p300.CodeNummer, FaultKind{ta7Head: func(h *ta7.Rechnung) { h.Rechnungsnummer = strings.Replace(h.Rechnungsnummer, "-", "/", 1) }}),
		fault("ta7-voucher", p300.CodeTA7, FaultKind{ta7: func(z *ta7.Rezept) { z.Abrechnung.Belegnummer = z.Abrechnung.Belegnummer[1:] }}),
		fault("ta7-differs", p300.CodeAbgleich, FaultKind{abgabe: func(a *ta7.Abgabedaten) { a.Zeilen[0].Faktor++ }}),
	}
}
