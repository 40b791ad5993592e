package p302

import (
	"fmt"

	"klarbeleg/dta"
)

// The German sentences for the sender. None holds a field value (OPS-4).
const (
	textEmpty            = "Die Datei ist leer."
	textNoMessage        = "Die Datei enthält keine Nachricht."
	textTooLarge         = "Eine Nachricht überschreitet die zulässige Größe von 64 MiB oder 999.999 Segmenten."
	textUNA              = "Das Segment UNA nennt andere Trennzeichen als die vereinbarten."
	textNoUNB            = "Die Datei beginnt nicht mit einem lesbaren Segment UNB."
	textSyntax           = "Die Syntax-Kennung im Dateikopf (UNB) ist nicht UNOC, Version 3."
	textReference        = "Die Datenaustauschreferenz im Dateikopf (UNB) ist keine Zahl von 00001 bis 99999."
	textArea             = "Der Leistungsbereich im Dateikopf (UNB) ist nicht definiert."
	textAreaVersion      = "Den Leistungsbereich im Dateikopf (UNB) gibt es in dieser Nachrichtenversion nicht."
	textApplicationRef   = "Die Anwendungsreferenz im Dateikopf (UNB) passt nicht zum Absender-IK."
	textStray            = "Außerhalb einer Nachricht (UNH bis UNT) steht ein Segment."
	textBehindUNZ        = "Nach dem Dateiende (UNZ) folgen weitere Daten."
	textNoUNZ            = "Das Dateiende (UNZ) fehlt; die Datei ist vermutlich unvollständig."
	textTrailerReference = "Die Datenaustauschreferenz im Dateiende (UNZ) ist eine andere als im Dateikopf (UNB)."
	textSequence         = "Die Nachrichtenreferenz ist doppelt oder nicht fortlaufend."
	textUNTReference     = "Die Nachrichtenreferenz im Segment UNT ist eine andere als im Segment UNH."
	textVersion          = "Der Nachrichtentyp oder die Nachrichtenversion ist am Erstellungsdatum der Datei nicht gültig."
	textVersions         = "Eine Datei darf nur eine Nachrichtenversion enthalten."
	textVerarbeitung     = "Eine Datei darf nur ein Verarbeitungskennzeichen enthalten."
	textRechnungsart     = "Eine Datei darf nur eine Rechnungsart enthalten."
	textMixed            = "Eine Datei darf nicht Rechnungen mit und ohne Sammelrechnung enthalten."
	textSender           = "Das IK des Absenders im Segment FKT ist ein anderes als im Dateikopf (UNB)."
	textEmptySegment     = "Hinweis: Zwischen zwei Segmentendezeichen steht kein Segment."
	textControlUpper     = "Ein Feld enthält nicht druckbare Zeichen."
	textMEH              = "Das Segment MEH darf je Gruppe (HIL) höchstens 1-mal vorkommen."
	textReserved         = "Hinweis: Das Segment ZUZ ist noch nicht zu übermitteln; es wird nicht ausgewertet."
	textPairNoSLGA       = "Zur Einzelabrechnung (SLLA) fehlt die zugehörige Gesamtaufstellung (SLGA)."
	textPairNoSLLA       = "Zur Gesamtaufstellung (SLGA) fehlt die Einzelabrechnung (SLLA)."
	textPairNoGesamt     = "Zur Sammelrechnung (SLGA) fehlt eine Gesamtrechnung."
	textPairDiffers      = "Die Einzelabrechnung (SLLA) und die Gesamtaufstellung (SLGA) davor nennen verschiedene Leistungserbringer, Kostenträger oder Rechnungen."
)

func textCharset(set string) string {
	return fmt.Sprintf("Die Datei enthält Zeichen außerhalb des vereinbarten Zeichensatzes, oder der Zeichensatz (%s) ist nicht zulässig.", set)
}

func textFuture(number string, newest int) string {
	return fmt.Sprintf("Die Nachrichtenversion %s ist hier noch nicht bekannt; die neueste bekannte ist %d. Die Datei kann nicht gelesen werden.", number, newest)
}

func textTrailerCount(want int64, got int) string {
	return fmt.Sprintf("Das Dateiende (UNZ) nennt %d Nachrichten, enthalten sind %d.", want, got)
}

func textSegmentCount(want int64, got int) string {
	return fmt.Sprintf("Die Nachricht ist unvollständig: %d Segmente angekündigt (UNT), %d gefunden.", want, got)
}

func textDigits(field string, n int) string {
	return fmt.Sprintf("Hinweis: Das Feld „%s“ ist mit %d Ziffern und führenden Nullen zu übermitteln.", field, n)
}

func textMissing(tag string) string { return fmt.Sprintf("Das Segment %s fehlt.", tag) }

func textOrder(tag string) string {
	return fmt.Sprintf("Das Segment %s steht an unzulässiger Stelle.", tag)
}

func textUnknown(tag string) string {
	if tag == "" {
		return "Ein Segment ist in dieser Nachricht nicht vorgesehen."
	}
	return fmt.Sprintf("Das Segment %s ist in dieser Nachricht nicht vorgesehen.", tag)
}

func textRepetition(tag string, limit int) string {
	return fmt.Sprintf("Das Segment %s darf höchstens %d-mal vorkommen.", tag, limit)
}

func textElementMissing(field string) string {
	return fmt.Sprintf("Das Pflichtfeld „%s“ fehlt.", field)
}

func textTooMany(tag string) string {
	return fmt.Sprintf("Das Segment %s enthält mehr Felder als vorgesehen.", tag)
}

func textControl(field string) string {
	return fmt.Sprintf("Das Feld „%s“ enthält nicht druckbare Zeichen.", field)
}

func textRelease(tag string) string {
	return fmt.Sprintf("Hinweis: Im Segment %s steht das Maskierungszeichen vor einem Zeichen, das keine Maskierung braucht.", tag)
}

func textEmptyTail(tag string) string {
	return fmt.Sprintf("Hinweis: Im Segment %s sind Leerfelder enthalten.", tag)
}

func textConditional(field, because string) string {
	return fmt.Sprintf("Das Feld „%s“ ist erforderlich, weil %s.", field, because)
}

func textMustBeEmpty(field string) string {
	return fmt.Sprintf("Hinweis: Das Feld „%s“ ist leer zu übermitteln.", field)
}

// sentence returns the text for a value that violates its type or length.
func (e *elementSpec) sentence(code string) string {
	switch code {
	case dta.CodeTooLong:
		if e.kind == kindDecimal {
			return fmt.Sprintf("Das Feld „%s“ hat mehr als %d Stellen vor dem Komma.", e.name, e.max)
		}
		return fmt.Sprintf("Das Feld „%s“ ist länger als %d Zeichen.", e.name, e.max)
	case dta.CodeDate:
		return fmt.Sprintf("Das Datum im Feld „%s“ existiert nicht (JJJJMMTT).", e.name)
	case dta.CodeTime:
		return fmt.Sprintf("Die Uhrzeit im Feld „%s“ ist ungültig (HHMM).", e.name)
	}
	switch e.kind {
	case kindDecimal:
		return fmt.Sprintf("Das Feld „%s“ enthält keinen gültigen Zahlenwert mit zwei Nachkommastellen.", e.name)
	case kindN:
		if e.min == e.max {
			return fmt.Sprintf("Das Feld „%s“ besteht nicht aus genau %d Ziffern.", e.name, e.max)
		}
		return fmt.Sprintf("Das Feld „%s“ enthält keine gültige Zahl.", e.name)
	default:
		return fmt.Sprintf("Das Feld „%s“ ist kürzer als %d Zeichen.", e.name, e.min)
	}
}
