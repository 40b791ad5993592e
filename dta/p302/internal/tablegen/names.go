package main

import (
	"strings"
	"unicode"
)

// shortNames are the field names where the official name is a sentence or
// carries signs that Go has no letter for. All other names are the official
// ones in ASCII.
var shortNames = [][2]string{
	{"IK des Rechnungsstellers/Leistungserbringers", "RechnungsstellerIK"},
	{"IK des Rechnungsstellers", "RechnungsstellerIK"},
	{"IK des Leistungserbringers", "LeistungserbringerIK"},
	{"IK des Kostenträgers", "KostentraegerIK"},
	{"IK der Krankenkasse von der KV-Karte bzw. der ärztlichen Verordnung", "KrankenkasseIK"},
	{"IK Absender der Datei", "AbsenderIK"},
	{"ursprüngliches IK des Leistungserbringers", "UrspruenglichesIK"},
	{"Steuernummer/Umsatzsteuer-Identifikationsnummer", "Steuernummer"},
	{"Kennung UST-Befreiung", "KennungUStBefreiung"},
	{"Skonto in Prozent", "SkontoProzent"},
	{"Gesamtbetrag Zuzahlung und/oder Eigenanteil und/oder Pauschale Korrekturbetrag", "GesamtbetragZuzahlung"},
	{"Kennzeichen Besondere Versorgungsform", "BesondereVersorgungsform"},
	{"Vers.-Nachname", "Nachname"},
	{"Vers.-Vorname", "Vorname"},
	{"Vers.-Geburtsdatum", "Geburtsdatum"},
	{"Vers.-Straße-/Nr.", "StrasseNr"},
	{"Vers.-PLZ", "PLZ"},
	{"Vers.-Wohnort", "Wohnort"},
	{"Vers.-Länderkennzeichen", "Laenderkennzeichen"},
	{"Identifikationsmerkmal der Stelle, die das Image und den Datensatz erzeugt hat", "Identifikationsmerkmal"},
	{"eVO-ID", "EVOID"},
	{"Art der abgegebenen Leistung (Abrechnungspositionsnummer)", "Abrechnungspositionsnummer"},
	{"Anzahl/Menge", "Anzahl"},
	{"Einzelbetrag der Abrechnungsposition", "Einzelbetrag"},
	{"Datum der Leistungserbringung", "DatumLeistungserbringung"},
	{"Kennzeichen für Hilfsmittel", "KennzeichenHilfsmittel"},
	{"Inventarnummer für Hilfsmittel im Wiedereinsatz", "Inventarnummer"},
	{"Positionsnummer für Produktbesonderheiten", "PositionsnummerProduktbesonderheiten"},
	{"Spezifikation Anwendungsort", "Anwendungsort"},
	{"Betrag der Zuzahlung", "BetragZuzahlung"},
	{"Betrag gesetzlicher Zuzahlung", "BetragZuzahlung"},
	{"Betrag Gesetzliche Zuzahlung", "BetragZuzahlung"},
	{"Verordnungs-, Ausstell- oder Einsatzdatum", "Verordnungsdatum"},
	{"Kennzeichen BVG/Sonstiges/SER", "KennzeichenBVG"},
	{"Diagnosegruppe / Indikationsgruppe", "Diagnosegruppe"},
	{"Kennzeichen Verordnungsart bei Heilmitteln", "Verordnungsart"},
	{"Kennzeichen Verordnungsbesonderheiten", "Verordnungsbesonderheiten"},
	{"Datum der Genehmigung", "DatumGenehmigung"},
	{"Art der Genehmigung", "ArtGenehmigung"},
	{"Gesamtbetrag gesetzliche Zuzahlung", "GesamtbetragZuzahlung"},
	{"Gesamtbetrag Forderung gesetzliche Zuzahlung", "ForderungZuzahlung"},
	{"Gesamtbetrag Forderung prozentuale Zuzahlung", "ForderungProzentualeZuzahlung"},
	{"Forderung pauschaler Zuzahlungsbetrag", "ForderungPauschalerZuzahlungsbetrag"},
	{"Strasse Abholort bzw. Beschreibung Notfallort", "StrasseAbholort"},
	{"Freigabe-Nr. des Typs", "FreigabeNr"},
	{"zu vergütende Abrechnungspositionsnummer", "Abrechnungspositionsnummer"},
	{"Zu vergütende Abrechnungspositionsnummer", "Abrechnungspositionsnummer"},
	{"Abrechnungspositionsnummer der erbrachten Einzelleistung", "Abrechnungspositionsnummer"},
	{"Institutionskennzeichen der behandelnden Hebamme", "HebammeIK"},
	{"Institutionskennzeichen des Krankenhauses", "KrankenhausIK"},
	{"Straße der Abfahrt bzw. Beschreibung des Ortes der Abfahrt", "StrasseAbfahrt"},
	{"Datum der Leistungserbringung / Abrechnungszeitraum von", "AbrechnungszeitraumVon"},
	{"Art der angegebenen Menge", "ArtDerMenge"},
}

// goName returns the exported field name of an element.
func goName(e element) string {
	for _, short := range shortNames {
		if short[0] == e.name {
			return short[1]
		}
	}
	ascii := strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "ß", "ss").Replace(e.name)
	var b strings.Builder
	upper := true
	for _, r := range ascii {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			upper = true
			continue
		}
		if upper {
			r = unicode.ToUpper(r)
		}
		b.WriteRune(r)
		upper = false
	}
	return b.String()
}
