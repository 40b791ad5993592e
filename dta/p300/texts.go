package p300

import "fmt"

// The German sentences for the sender. None holds a field value (OPS-4).
const (
	textEmpty       = "Die Datei ist leer."
	textNoMessage   = "Die Datei enthält keine Nachricht."
	textTooLarge    = "Eine Nachricht überschreitet die zulässige Größe von 64 MiB oder 999.999 Segmenten."
	textUNA         = "Das Segment UNA nennt andere Trennzeichen als die vereinbarten."
	textNoUNB       = "Die Datei beginnt nicht mit einem lesbaren Segment UNB."
	textSyntax      = "Die Syntax-Kennung im Dateikopf (UNB-02) ist weder UNOC:3 noch UNOB:2."
	textCharset     = "Die Datei enthält Zeichen außerhalb des Zeichensatzes, den der Dateikopf (UNB-02) nennt."
	textControl     = "Ein Segment enthält nicht druckbare Zeichen."
	textDateinummer = "Die Dateinummer (UNB-06) ist keine Zahl von 00001 bis 99999."
	textDateiname   = "Der Dateiname (UNB-08) entspricht nicht der vereinbarten Bildung."
	textIK          = "Die Prüfziffer eines Institutionskennzeichens ist falsch."
	textStray       = "Außerhalb einer Nachricht (UNH bis UNT) steht ein Segment."
	textBehindUNZ   = "Nach dem Dateiende (UNZ) folgen weitere Daten."
	textNoUNZ       = "Das Dateiende (UNZ) fehlt; die Datei ist vermutlich unvollständig."
	textNoUNT       = "Das Segment UNT fehlt; die Nachricht ist unvollständig."
	textTrailerNr   = "Die Dateinummer im Dateiende (UNZ-03) ist eine andere als im Dateikopf (UNB-06)."
	textUNTNr       = "Die Nachrichtenreferenz im Segment UNT ist eine andere als im Segment UNH."
	textSequence    = "Die laufende Nummer der Nachricht (UNH-02, Stellen 10 bis 14) ist nicht fortlaufend ab 00001."
	textTyp         = "Der Nachrichtentyp oder seine Version (UNH-03) wird nicht angenommen."
	textVersion     = "Die Nachrichtenversion ist im Abrechnungsmonat (REC-05) nicht gültig."
	textEmptyTail   = "Hinweis: Am Ende eines Segments oder Elements stehen leere Felder."
	textRelease     = "Hinweis: Das Aufhebungszeichen steht vor einem Zeichen, das keine Aufhebung braucht."
	textNummer      = "Die Rechnungsnummer enthält ein unzulässiges Zeichen."
	textReihenfolge = "Eine Rechnung der Rechnungsart 7 folgt auf die Sammelabrechnung der Rechnungsart 6."

	textFaktor      = "Der Faktor (ZDP-04) hat nicht genau sechs Nachkommastellen."
	textPZN         = "Das Kennzeichen (EFP-02) ist nicht achtstellig, oder seine Prüfziffer ist falsch."
	textZDPPZN      = "Die PZN der Zusatzdaten (ZDP-02) ist nicht achtstellig, oder ihre Prüfziffer ist falsch."
	textHilfsmittel = "Die Hilfsmittelpositionsnummer (EFP-02) besteht nicht aus zehn Ziffern."
	textImport      = "Die PZN des Originals (EFP-08) ist genau dann anzugeben, wenn das Importkennzeichen (EFP-07) 1 oder 2 ist, mit gültiger Prüfziffer."
	textERezept     = "Beim E-Rezept fehlt die Rezept-ID (INV-07)."
	textERezeptZuz  = "Beim E-Rezept fehlt die Zuzahlung je Position (EFP-15)."
	textRezeptID    = "Die Rezept-ID ist nicht 22-stellig, oder ihre Prüfziffer ist falsch."
	textVersichert  = "Versichertennummer (INV-02) fehlt, und Name und Vorname (NAD-02, NAD-03) sind nicht angegeben."
	textIrrlaeufer  = "Beim Irrläufer fehlt das Institutionskennzeichen der Apotheke (ZUP-12)."
	textArzt        = "Die Arztnummer (ZUP-25) fehlt oder enthält andere Zeichen als Ziffern."
	textZahnarzt    = "Die Zahnarztnummer (ZUP-26) fehlt."
	textNPB         = "Ein Zu- oder Abschlag (NPB-02) ist je Position nur einmal zulässig."
	textVerwurf     = "Das Kennzeichen „Verwurf geprüft“ (ZDP-07) fehlt beim Faktorkennzeichen 99."
	textUSt         = "Die USt-IdNr. der Krankenkasse (SER-10) fehlt bei einer ausländischen Apotheke."
	textTarif       = "Die Tarifkennzeichen-Stellen 1 und 2 (SRD-02) sind nicht definiert."
	textTransaktion = "Die Prüfziffer der Transaktionsnummer (ZDR-04) ist falsch."
	textOhneZDR     = "Zu einem Sonderkennzeichen der Verordnung fehlen die Zusatzdaten (ZDR)."

	textSumme           = "Gesamt-SV-Brutto des E-Rezepts (BES-02) ist nicht die Summe seiner Positionen."
	textSummePapier     = "Gesamt-SV-Brutto (BES-02) ist nicht die Summe der Positionen; eine nicht gedruckte Gebühr kann der Grund sein."
	textZuzahlung       = "Gesamtzuzahlung des E-Rezepts (BES-03) ist nicht die Summe der Zuzahlungen seiner Positionen."
	textUmsatzsteuer    = "Der Umsatzsteuerbetrag (EFP-14) weicht um mehr als einen Cent vom berechneten ab."
	textSonderUnbekannt = "Das Sonderkennzeichen (EFP-02) steht nicht im Verzeichnis."
	textSonderZeit      = "Das Sonderkennzeichen (EFP-02) ist am Tag der Abgabe nicht gültig."
	textSonderArt       = "Das Sonderkennzeichen (EFP-02) ist für diese Art der Verordnung (Papier oder E-Rezept) nicht vorgesehen."
	textSonderSteuer    = "Der Steuersatz (EFP-13) passt nicht zum Sonderkennzeichen (EFP-02)."
	textZaehlerZDC      = "Zähler und Anzahl der Einheiten (ZDC-05, ZDC-06) laufen nicht lückenlos ab 1."
	textZeitZDC         = "Der Zeitpunkt der Herstellung (ZDC-04) liegt nach dem der Zusatzdaten (ZDR-05)."
	textHash            = "Der Hashwert (ZDR-02) ist nicht der der übermittelten Zusatzdaten."

	textSVNetto       = "SV-Netto ist nicht SV-Brutto abzüglich Rabatten und Zuzahlung."
	textZwischensumme = "Die Zwischensumme (SGA-07) ist nicht Brutto abzüglich Apothekenabschlag und sonstigen Abzügen."
	textSteuer        = "Der Umsatzsteuerbetrag (SGA-09) ist nicht die in der Zwischensumme enthaltene Steuer."
	textNetto         = "Der Nettobetrag (SGA-10) ist nicht die Zwischensumme abzüglich Umsatzsteuer."
	textSteuersumme   = "Die Summen je Steuersatz (SEU) sind nicht die der Produktarten (SGA)."
	textSummeNetto    = "Die Summe netto ist nicht die der Nettobeträge (SGA-10)."
	textSummeBrutto   = "Die Summe brutto ist nicht die Summe netto zuzüglich Umsatzsteuer (SEU)."
	textZahlbetrag    = "Der Zahlbetrag (SER-15) ist nicht die Summe brutto abzüglich der Zahlungen Dritter (SGB)."
	textSammel        = "Die Beträge der Sammelabrechnung (SSA) sind nicht die Summen der Einzelrechnungen."
	textRESZahlbetrag = "Der Zahlbetrag (RES-07) ist nicht der der Sammelabrechnung (SSA-05)."
	textGEPApotheken  = "Die Beträge eines Status (GEP) sind nicht die Summe der Apotheken."
	textGEPGesamt     = "Die Gesamtbeträge (RES) sind nicht die Summe der Status (GEP)."

	textOhneRECP   = "Zu einer Rechnungsnummer liegen Verordnungen (ABRP) vor, aber keine Rechnung (RECP)."
	textOhneABRP   = "Zu einer Rechnung (RECP) liegen keine Verordnungen (ABRP) vor."
	textABRPBetrag = "Die Gesamtbeträge der Rechnung (RES) sind nicht die Summen der Verordnungen (ABRP)."
	textRabatte    = "Die Summe der Rabatte (RES-03) ist nicht die der Verordnungen (ABRP)."
	textGEPABRP    = "Die Beträge einer Apotheke und eines Status (GEP) sind nicht die Summen ihrer Verordnungen (ABRP)."
	textGesamt6    = "Die Sammelabrechnung (Rechnungsart 6) ist nicht die Summe der Rechnungen der Rechnungsart 7."
	textZuViele    = "Eine Lieferung enthält mehr Rechnungen als vorgesehen."
)

func textTrailerCount(want int64, got int) string {
	return fmt.Sprintf("Das Dateiende (UNZ) nennt %d Nachrichten, enthalten sind %d.", want, got)
}

func textSegmentCount(want int64, got int) string {
	return fmt.Sprintf("Die Nachricht ist unvollständig: %d Segmente angekündigt (UNT), %d gefunden.", want, got)
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

func textRepetition(tag string) string {
	return fmt.Sprintf("Das Segment %s kommt öfter vor als vorgesehen.", tag)
}

func textTooMany(tag string) string {
	return fmt.Sprintf("Das Segment %s enthält mehr Felder als vorgesehen.", tag)
}

func (e *elementSpec) textAbsent() string {
	return fmt.Sprintf("Das Pflichtfeld „%s“ (%s) fehlt.", e.name, e.position)
}

// textWrong returns the sentence for a value with a fault of the code.
func (e *elementSpec) textWrong(code string) string {
	if code == CodeSchluessel {
		switch {
		case e.keys != nil:
			return fmt.Sprintf("Der Schlüssel im Feld „%s“ (%s) ist nicht zulässig.", e.name, e.position)
		case e.positive || e.unsigned:
			return fmt.Sprintf("Der Wert im Feld „%s“ (%s) ist zu klein.", e.name, e.position)
		}
		return fmt.Sprintf("Datum oder Uhrzeit im Feld „%s“ (%s) gibt es nicht.", e.name, e.position)
	}
	switch {
	case e.kind == kindDecimal:
		return fmt.Sprintf("Das Feld „%s“ (%s) ist kein Zahlenwert mit höchstens %d Nachkommastellen und %d Zeichen.", e.name, e.position, e.decimals, e.max)
	case e.kind == kindAn && e.min == e.max:
		return fmt.Sprintf("Das Feld „%s“ (%s) besteht nicht aus %d Zeichen.", e.name, e.position, e.max)
	case e.kind == kindAn:
		return fmt.Sprintf("Das Feld „%s“ (%s) hat nicht %d bis %d Zeichen.", e.name, e.position, e.min, e.max)
	case e.min == e.max:
		return fmt.Sprintf("Das Feld „%s“ (%s) besteht nicht aus %d Ziffern.", e.name, e.position, e.max)
	}
	return fmt.Sprintf("Das Feld „%s“ (%s) besteht nicht aus %d bis %d Ziffern.", e.name, e.position, e.min, e.max)
}
