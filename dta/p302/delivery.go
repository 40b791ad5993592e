package p302

import (
	"fmt"

	"klarbeleg/dta"
	"klarbeleg/dta/auftrag"
)

// UnknownSize stands for a size that is not known and so not checked.
const UnknownSize = -1

// MissingAuftrag is the finding about a Nutzdatendatei that came alone (P1001).
func MissingAuftrag() dta.Error {
	return dta.NewError(dta.CodeAuftragMissing, "Zur Nutzdatendatei wurde keine Auftragsdatei übermittelt.")
}

// CheckDelivery does the checks of stage 1 that need the Auftragsdatei: P1002,
// P1004, P1008, P1011 (the named set), P1013, R-FIL-08, R-FIL-09. All findings
// are of file scope; Element and Offset are the field's in the Auftragsdatei.
//
// transferName is the name under which the Nutzdatendatei came, without folder
// and extension; "" where the way has no names: then that of the Auftragsdatei
// counts. unb is the header of the Nutzdatendatei, nil while it is not read.
// size is that of the Nutzdatendatei, plain and uncompressed, or UnknownSize.
// That a compressed or encrypted file is what the Auftragsdatei says must have been
// checked where it was opened (secon.CheckTransmitted, secon.Unpack).
func CheckDelivery(a *auftrag.Auftrag, transferName string, unb *UNB, size int64) []dta.Error {
	var errs []dta.Error
	add := func(ok bool, code, sentence string, f auftragField) {
		if !ok {
			e := dta.NewError(code, sentence)
			e.Element, e.Offset = f.number, f.offset
			errs = append(errs, e)
		}
	}
	if transferName == "" {
		transferName = a.TransferName()
	}
	if validTransferName(transferName) {
		add(transferName == a.TransferName(), dta.CodeTransferName, textTransferDiffers, fieldVerfahren)
		add(sameMark(transferName, unb), dta.CodeTestLive, textTestLive, fieldVerfahren)
	} else {
		add(false, dta.CodeTransferName, textTransferName, fieldVerfahren)
	}
	add(size == UnknownSize || size == a.DateigroesseNutzdaten, dta.CodeSize, textSize(a.DateigroesseNutzdaten, size), fieldNutzdaten)
	plain := a.Komprimierung == auftrag.KomprimierungKeine && a.Verschluesselungsart == "00"
	add(!plain || a.DateigroesseUebertragung == a.DateigroesseNutzdaten, dta.CodeSize, textSizes, fieldUebertragung)
	_, known := dta.ParseCharset(a.Zeichensatz)
	add(known, dta.CodeCharset, textCharset(a.Zeichensatz), fieldZeichensatz)
	add(a.KomprimierungVereinbart(), dta.CodeCompression, textCompression, fieldKomprimierung)
	if unb != nil {
		add(sameIK(unb.Absenderbezeichnung, a.AbsenderEigner), dta.CodePartner, textAbsender, fieldAbsender)
		add(sameIK(unb.Empfaengerbezeichnung, a.EmpfaengerNutzer), dta.CodePartner, textEmpfaenger, fieldEmpfaenger)
		add(unb.Anwendungsreferenz == a.Dateiname, dta.CodeLogicalName, textLogicalName, fieldDateiname)
	}
	return errs
}

// auftragField is a field of the Auftragsdatei for the place of a finding.
type auftragField struct {
	number int
	offset int64
}

// The fields that CheckDelivery speaks about (section 2.1, offsets from 0).
var (
	fieldVerfahren     = auftragField{5, 19}
	fieldAbsender      = auftragField{8, 32}
	fieldEmpfaenger    = auftragField{10, 62}
	fieldDateiname     = auftragField{14, 104}
	fieldNutzdaten     = auftragField{21, 178}
	fieldUebertragung  = auftragField{22, 190}
	fieldZeichensatz   = auftragField{23, 202}
	fieldKomprimierung = auftragField{24, 204}
)

// validTransferName tells whether the name is E or T, SOL, 0, three digits.
func validTransferName(name string) bool {
	if len(name) != 8 || (name[0] != 'E' && name[0] != 'T') || name[1:5] != "SOL0" {
		return false
	}
	_, ok := dta.Digits(name[5:], 3)
	return ok
}

// sameMark tells whether name and Testindikator agree: T goes with 0 and 1, E
// with 2.
func sameMark(name string, u *UNB) bool {
	if u == nil {
		return true
	}
	switch u.Testindikator {
	case "0", "1":
		return name[0] == 'T'
	case "2":
		return name[0] == 'E'
	}
	return false
}

// sameIK compares the first nine characters, which alone count (section 3.1).
func sameIK(a, b string) bool {
	return len(a) >= 9 && len(b) >= 9 && a[:9] == b[:9]
}

const (
	textTransferName    = "Der Dateiname ist nicht nach dem Schema E oder T, SOL, 0, dreistellige Transfernummer gebildet."
	textTransferDiffers = "Die Auftragsdatei nennt eine andere Verfahrenskennung oder Transfernummer als der Dateiname."
	textTestLive        = "Die Kennzeichnung als Test- oder Echtdaten in Dateiname und Dateikopf (UNB) ist widersprüchlich."
	textCompression     = "Das Komprimierungsverfahren der Auftragsdatei ist nicht vereinbart."
	textAbsender        = "Der Absender im Dateikopf (UNB) ist nicht der ABSENDER_EIGNER der Auftragsdatei."
	textEmpfaenger      = "Der Empfänger im Dateikopf (UNB) ist nicht der EMPFÄNGER_NUTZER der Auftragsdatei."
	textSizes           = "Die Auftragsdatei nennt für eine unverschlüsselte Datei zwei verschiedene Dateigrößen."
	textLogicalName     = "Die Anwendungsreferenz im Dateikopf (UNB) ist nicht der DATEINAME der Auftragsdatei."
)

func textSize(want, got int64) string {
	return fmt.Sprintf("Die Dateigröße stimmt nicht mit der Auftragsdatei überein (erwartet %d, erhalten %d Byte). Die Datei ist vermutlich unvollständig.", want, got)
}

// AuftragFor returns the Auftragsdatei of a plain Nutzdatendatei of the given
// size that was written with the header and character set. created is
// JJJJMMTThhmmss.
func AuftragFor(unb *UNB, charset dta.Charset, transferNumber int, size int64, created string) *auftrag.Auftrag {
	a := auftrag.New()
	a.VerfahrenKennung = "TSOL0"
	if unb.Testindikator == "2" {
		a.VerfahrenKennung = "ESOL0"
	}
	a.TransferNummer = fmt.Sprintf("%03d", transferNumber%1000)
	a.AbsenderEigner, a.AbsenderPhysikalisch = unb.Absenderbezeichnung, unb.Absenderbezeichnung
	a.EmpfaengerNutzer, a.EmpfaengerPhysikalisch = unb.Empfaengerbezeichnung, unb.Empfaengerbezeichnung
	a.Dateiname = unb.Anwendungsreferenz
	a.DatumErstellung, a.DatumUebertragungGesendet = created, created
	a.DateigroesseNutzdaten, a.DateigroesseUebertragung = size, size
	a.Zeichensatz = charset.String()
	return a
}
