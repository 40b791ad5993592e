package p300

import (
	"fmt"

	"klarbeleg/dta"
	"klarbeleg/dta/auftrag"
)

// UnknownSize stands for a size that is not known and so not checked.
const UnknownSize = -1

// Kopfdaten is what a file says about itself and its Auftragsdatei repeats.
type Kopfdaten struct {
	AbsenderIK, EmpfaengerIK, Dateiname string
}

// Kopfdaten returns what UNB says.
func (u *UNB) Kopfdaten() Kopfdaten { return Kopfdaten{u.AbsenderIK, u.EmpfaengerIK, u.Dateiname} }

// MissingAuftrag is the finding about a Nutzdatendatei that came alone.
func MissingAuftrag() dta.Error {
	return NewError(CodeUnlesbar, "Zur Nutzdatendatei wurde keine Auftragsdatei übermittelt.")
}

// CheckDelivery does the checks of stage 1 that need the Auftragsdatei (section
// 1): transfer name, size, compression, partners (APO-D01) and the logical file
// name (APO-D06). All findings are of file scope; Element and Offset are the
// field's in the Auftragsdatei.
//
// transferName is the name under which the Nutzdatendatei came, without folder
// and extension; "" where the way has no names. k is the head of the
// Nutzdatendatei, nil while it is not read. size is that of the Nutzdatendatei,
// plain and uncompressed, or UnknownSize. That a compressed file is one must have
// been checked where it was opened (secon.Unpack).
func CheckDelivery(a *auftrag.Auftrag, transferName string, k *Kopfdaten, size int64) []dta.Error {
	var errs []dta.Error
	add := func(ok bool, code, sentence string, element int, offset int64) {
		if !ok {
			e := NewError(code, sentence)
			e.Element, e.Offset = element, offset
			errs = append(errs, e)
		}
	}
	if transferName == "" {
		transferName = a.TransferName()
	}
	add(validTransferName(transferName), CodeUnlesbar, textTransferName, 5, 19)
	add(transferName == a.TransferName(), CodeUnlesbar, textTransferDiffers, 5, 19)
	add(size == UnknownSize || size == a.DateigroesseNutzdaten, CodeUnlesbar, textSize(a.DateigroesseNutzdaten, size), 21, 178)
	add(a.KomprimierungVereinbart(), CodeUnlesbar, textCompression, 24, 204)
	if k != nil {
		add(sameIK(k.AbsenderIK, a.AbsenderEigner), CodeUnlesbar, textAbsender, 8, 32)
		add(sameIK(k.EmpfaengerIK, a.EmpfaengerNutzer), CodeUnlesbar, textEmpfaenger, 10, 62)
		add(k.Dateiname == a.Dateiname, CodeDateiname, textLogicalName, 14, 104)
	}
	return errs
}

// validTransferName tells whether the name is E or T, APO, 0, three digits.
func validTransferName(name string) bool {
	if len(name) != 8 || (name[0] != 'E' && name[0] != 'T') || name[1:5] != "APO0" {
		return false
	}
	_, ok := number(name[5:], 3, 3)
	return ok
}

// sameIK compares the first nine characters, which alone count.
func sameIK(a, b string) bool {
	return len(a) >= 9 && len(b) >= 9 && a[:9] == b[:9]
}

const (
	textTransferName    = "Der Dateiname ist nicht nach dem Schema E oder T, APO, 0, dreistellige Transfernummer gebildet."
	textTransferDiffers = "Die Auftragsdatei nennt eine andere Verfahrenskennung oder Transfernummer als der Dateiname."
	textCompression     = "Das Komprimierungsverfahren der Auftragsdatei ist nicht vereinbart."
	textAbsender        = "Der Absender der Datei ist nicht der ABSENDER_EIGNER der Auftragsdatei."
	textEmpfaenger      = "Der Empfänger der Datei ist nicht der EMPFÄNGER_NUTZER der Auftragsdatei."
	textLogicalName     = "Der logische Dateiname ist nicht der DATEINAME der Auftragsdatei."
)

func textSize(want, got int64) string {
	return fmt.Sprintf("Die Dateigröße stimmt nicht mit der Auftragsdatei überein (erwartet %d, erhalten %d Byte). Die Datei ist vermutlich unvollständig.", want, got)
}

// Uebertragung says how a file is sent.
type Uebertragung struct {
	Echt         bool   // live data, otherwise test data
	Art          string // ABRP, RECP or TA7
	TransferNr   int
	Erstellt     string // JJJJMMTThhmmss
	Dateigroesse int64  // bytes, plain
}

// AuftragFor returns the Auftragsdatei of a plain file with a head.
func AuftragFor(k Kopfdaten, u Uebertragung) *auftrag.Auftrag {
	a := auftrag.New()
	a.VerfahrenKennung = "TAPO0"
	if u.Echt {
		a.VerfahrenKennung = "EAPO0"
	}
	a.TransferNummer, a.VerfahrenKennungSpezifikation = fmt.Sprintf("%03d", u.TransferNr%1000), u.Art
	a.AbsenderEigner, a.AbsenderPhysikalisch = k.AbsenderIK, k.AbsenderIK
	a.EmpfaengerNutzer, a.EmpfaengerPhysikalisch = k.EmpfaengerIK, k.EmpfaengerIK
	a.Dateiname, a.DatumErstellung, a.DatumUebertragungGesendet = k.Dateiname, u.Erstellt, u.Erstellt
	a.DateigroesseNutzdaten, a.DateigroesseUebertragung = u.Dateigroesse, u.Dateigroesse
	a.Zeichensatz = dta.I8.String()
	return a
}
