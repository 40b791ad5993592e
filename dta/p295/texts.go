package p295

import (
	"fmt"

	"klarbeleg/dta"
)

// The German sentences for the sender. None holds a field value (OPS-4).
const (
	textEmpty            = "Die Datei ist leer."
	textNoMessage        = "Die Datei enthält keinen Rechnungsbeleg."
	textTooLarge         = "Eine Nachricht überschreitet die zulässige Größe von 64 MiB oder 999.999 Segmenten."
	textCharset          = "Die Datei enthält Zeichen außerhalb des angegebenen Zeichensatzes, oder der Zeichensatz ist nicht zulässig."
	textUNA              = "Das Segment UNA nennt andere Trennzeichen als die vereinbarten."
	textNoUNB            = "Die Datei beginnt nicht mit einem lesbaren Segment UNB."
	textDateinummer      = "Die Dateinummer im Dateikopf (UNB) beginnt nicht mit einer Zahl von 00001 bis 99999."
	textDateiname        = "Der Dateiname im Dateikopf (UNB) entspricht nicht dem vorgegebenen Aufbau."
	textTestLive         = "Hinweis: Der Dateikopf (UNB) kennzeichnet die Datei als Test, der Dateiname nicht. Die Datei gilt als Testdatei."
	textTooManySegments  = "Der Rechnungsbeleg hat mehr Segmente als zulässig (20.000)."
	textTooManyMessages  = "Die Datei enthält mehr Nachrichten als zulässig (999.999)."
	textTransferName     = "Der Name der Datei ist nicht nach dem Schema E oder T, Verfahrenskennung, 0, zwei- oder dreistellige Nummer gebildet."
	textCompression      = "Das Komprimierungsverfahren der Auftragsdatei ist nicht vereinbart."
	textSize             = "Die Dateigröße stimmt nicht mit der Auftragsdatei überein. Die Datei ist vermutlich unvollständig."
	textLogicalName      = "Der Dateiname im Dateikopf (UNB) ist nicht der DATEINAME der Auftragsdatei."
	textStray            = "Außerhalb einer Nachricht (UNH bis UNT) steht ein Segment."
	textBehindUNZ        = "Nach dem Dateiende (UNZ) folgen weitere Daten."
	textNoUNZ            = "Das Dateiende (UNZ) fehlt; die Datei ist vermutlich unvollständig."
	textTrailerReference = "Die Dateinummer im Dateiende (UNZ) ist eine andere als im Dateikopf (UNB)."
	textReference        = "Die Nachrichtenreferenz-Nr. ist nicht wie vorgegeben aufgebaut (Stellen 3 und 4: 00)."
	textSequence         = "Die Nachrichtenreferenz-Nr. ist doppelt oder nicht fortlaufend."
	textUNTReference     = "Die Nachrichtenreferenz-Nr. im Segment UNT ist eine andere als im Segment UNH."
	textSegmentCountUNH  = "Hinweis: Die Anzahl der Segmente im Segment UNH stimmt nicht."
	textType             = "Der Nachrichtentyp ist nicht bekannt."
	textTypeNotOffered   = "Nachrichten dieses Typs werden hier nicht angenommen."
	textVersion          = "Die Hauptversion der Nachricht wird nicht unterstützt."
	textEmptySegment     = "Hinweis: Zwischen zwei Segmentendezeichen steht kein Segment."
	textControlUpper     = "Ein Feld enthält nicht druckbare Zeichen."
	textINV06            = "Hinweis: Das Feld „Gültigkeit der Krankenversichertenkarte“ ist nicht mehr zu übermitteln."
	textPartner          = "Hinweis: Absender oder Datenannahmestelle im Segment IVK sind andere als im Dateikopf (UNB)."
	textKorrektur        = "Korrekturen (Verarbeitungskennzeichen 40) werden nicht verarbeitet. Bitte stornieren Sie die Rechnung (Kennzeichen 30) und senden Sie eine neue Rechnung (Kennzeichen 10)."
	textKennzeichen      = "Das Verarbeitungskennzeichen ist nicht zulässig."
	textVertragsnummer   = "Das Feld „Vertragsnummer“ ist bei Verträgen nach §§ 73b und 140a SGB V erforderlich."
	textInanspruchnahme  = "Hinweis: Die Art der Inanspruchnahme passt nicht zum Nachrichtentyp."
	textPeriod           = "Der Abrechnungszeitraum endet, bevor er beginnt."
	textOutside          = "Das Datum der Leistungserbringung liegt nicht im Abrechnungszeitraum."
	textLastDay          = "Der letzte Tag der Leistungserbringung liegt vor dem ersten."
	textFuture           = "Ein Datum liegt in der Zukunft."
	textSumMissing       = "Ein Gesamtbetrag fehlt, zu dem die Gebührenpositionen Beträge enthalten oder den der Vertrag verlangt."
	textGross            = "Der Bruttobetrag ist nicht die Summe der Werte der Gebührenpositionen."
	textGrossTimes       = "Hinweis: Der Bruttobetrag ist die Summe aus Anzahl mal Wert der Gebührenpositionen; der Wert ist als Betrag der Position zu übermitteln."
	textReductions       = "Hinweis: Ein Gesamtbetrag von Sachkosten, Zuzahlungen oder Minderungen ist nicht die Summe seiner Teile."
	textNet              = "Der Zahlbetrag ist nicht der Bruttobetrag abzüglich der Minderungen."
)

func textTrailerCount(want, got int) string {
	return fmt.Sprintf("Das Dateiende (UNZ) nennt %d Nachrichten, enthalten sind %d.", want, got)
}

func textSegmentCount(want, got int) string {
	return fmt.Sprintf("Die Nachricht ist unvollständig: %d Segmente angekündigt (UNT), %d gefunden.", want, got)
}

func textMissing(tag string) string { return fmt.Sprintf("Das Segment %s fehlt.", tag) }

func textOrder(tag string) string {
	return fmt.Sprintf("Das Segment %s steht an unzulässiger Stelle.", tag)
}

func textUnknown(tag string) string {
	if dta.ShownTag(tag) == "" {
		return "Ein Segment ist in dieser Nachricht nicht vorgesehen."
	}
	return fmt.Sprintf("Das Segment %s ist in dieser Nachricht nicht vorgesehen.", tag)
}

func textRaw(tag string) string {
	return fmt.Sprintf("Hinweis: Das Segment %s ist nicht bekannt; es wird an Stelle des Segments IBH aufbewahrt und nicht ausgewertet.", tag)
}

func textRepetition(tag string, limit int) string {
	return fmt.Sprintf("Das Segment %s oder eines, das an seiner Stelle steht, darf höchstens %d-mal vorkommen.", tag, limit)
}

func textElementMissing(field string) string {
	return fmt.Sprintf("Das Pflichtfeld „%s“ fehlt.", field)
}

func textTooMany(tag string) string {
	return fmt.Sprintf("Hinweis: Das Segment %s enthält mehr Felder als bekannt; sie werden nicht ausgewertet.", tag)
}

func textOverflow(tag string) string {
	return fmt.Sprintf("Das Segment %s enthält zu viele Felder.", tag)
}

func textControl(tag string) string {
	return fmt.Sprintf("Das Segment %s enthält nicht druckbare Zeichen.", tag)
}

func textRelease(tag string) string {
	return fmt.Sprintf("Hinweis: Im Segment %s steht das Maskierungszeichen vor einem Zeichen, das keine Maskierung braucht.", tag)
}

func textKey(field string) string {
	return fmt.Sprintf("Das Feld „%s“ enthält keinen gültigen Schlüssel.", field)
}

func textDigit(d checkDigit, field string) string {
	return fmt.Sprintf("Die Prüfziffer %s im Feld „%s“ ist falsch.", d, field)
}

// sentence returns the text for a value that violates its type or length.
func (e *elementSpec) sentence(f flaw) string {
	switch f {
	case flawLong:
		return fmt.Sprintf("Das Feld „%s“ ist länger als %d Zeichen.", e.name, e.max)
	case flawShort:
		return fmt.Sprintf("Das Feld „%s“ ist kürzer als %d Zeichen.", e.name, e.min)
	case flawFixed:
		return fmt.Sprintf("Das Feld „%s“ hat nicht den vorgegebenen Inhalt.", e.name)
	default: // flawType
		return e.typeSentence()
	}
}

func (e *elementSpec) typeSentence() string {
	switch e.kind {
	case kindDate, kindBirthDate:
		return fmt.Sprintf("Das Datum im Feld „%s“ existiert nicht (JJJJMMTT).", e.name)
	case kindTime:
		return fmt.Sprintf("Die Uhrzeit im Feld „%s“ ist ungültig (HHMM).", e.name)
	case kindDecimal:
		return fmt.Sprintf("Das Feld „%s“ enthält keinen gültigen Zahlenwert mit Nachkommastellen.", e.name)
	default:
		return fmt.Sprintf("Das Feld „%s“ enthält keine gültige Zahl.", e.name)
	}
}
