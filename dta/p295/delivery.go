package p295

import (
	"fmt"

	"klarbeleg/dta"
	"klarbeleg/dta/auftrag"
)

// UnknownSize stands for a size that is not known and so not checked.
const UnknownSize = -1

// CheckDelivery compares the file with its Auftragsdatei (section 1, IV-D01):
// transfer name, logical name, size, character set. All findings are of file
// scope; Element and Offset are the field's in the Auftragsdatei.
//
// transferName is the name under which the Nutzdatendatei came, without folder
// and extension; "" where the way has no names: then that of the Auftragsdatei
// counts. unb is the header of the Nutzdatendatei, nil while it is not read.
// size is that of the Nutzdatendatei, plain and uncompressed, or UnknownSize.
func CheckDelivery(a *auftrag.Auftrag, transferName string, unb *UNB, size int64) []dta.Error {
	var errs []dta.Error
	add := func(ok bool, sentence string, element int, offset int64) {
		if !ok {
			e := NewError(CodeDatei, sentence)
			e.Element, e.Offset = element, offset
			errs = append(errs, e)
		}
	}
	if transferName == "" {
		transferName = a.TransferName()
	}
	add(validTransferName(transferName), textTransferName, 5, 19)
	_, known := dta.ParseCharset(a.Zeichensatz)
	add(known, textCharset, 23, 202)
	add(a.KomprimierungVereinbart(), textCompression, 24, 204)
	add(size == UnknownSize || size == a.DateigroesseNutzdaten, textSize, 21, 178)
	if unb != nil {
		add(unb.Dateiname == a.Dateiname, textLogicalName, 14, 104)
	}
	return errs
}

// validTransferName tells whether a physical name is E or T, a
// Verfahrenskennung, 0, and a number of two or three digits.
func validTransferName(s string) bool {
	if len(s) != 7 && len(s) != 8 || s[0] != 'E' && s[0] != 'T' || s[4] != '0' || !isDigits(s[5:]) {
		return false
	}
	return tables().procedure(s[1:4])
}

// AuftragFor returns the Auftragsdatei of a plain Nutzdatendatei of the given
// size that was written with the header and character set. created is
// JJJJMMTThhmmss.
func AuftragFor(unb *UNB, charset dta.Charset, transferNumber int, size int64, created string) *auftrag.Auftrag {
	a := auftrag.New()
	if len(unb.Dateiname) >= 4 {
		a.VerfahrenKennung = unb.Dateiname[:4] + "0"
	}
	a.TransferNummer = fmt.Sprintf("%03d", transferNumber%1000)
	a.VerfahrenKennungSpezifikation = "IR140" // what the senders of DIR140 write
	a.AbsenderEigner, a.AbsenderPhysikalisch = unb.AbsenderIK, unb.AbsenderIK
	a.EmpfaengerNutzer, a.EmpfaengerPhysikalisch = unb.EmpfaengerIK, unb.EmpfaengerIK
	a.Dateiname = unb.Dateiname
	a.DatumErstellung, a.DatumUebertragungGesendet = created, created
	a.DateigroesseNutzdaten, a.DateigroesseUebertragung = size, size
	a.Zeichensatz = charset.String()
	return a
}
