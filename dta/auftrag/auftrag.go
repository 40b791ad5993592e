// Package auftrag reads and writes the Auftragsdatei, the record of 348 bytes
// that accompanies every Nutzdatendatei (GGT Anlage 2, Auftragssatz version 01).
// It is never encrypted and holds no personal data.
//
// Read reports every fault of the record with its offset (P1003). It does not
// know the Nutzdatendatei: what must agree with it is checked where both are at
// hand (p302.CheckDelivery).
package auftrag

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"klarbeleg/dta"
)

// Size is the length of the record in bytes.
const Size = 348

// Auftrag is the record. Text fields are without the blanks that fill them up;
// number fields keep their digits unless they are counts. Names are the
// official ones in ASCII, the comment gives bytes (from 1), length and type.
type Auftrag struct {
	Identifikator                 string // 1-6, N6, 500000
	Version                       string // 7-8, N2, 01
	LaengeAuftrag                 string // 9-16, N8, 00000348
	SequenzNr                     string // 17-19, N3, 000; 001-098 part, 9xx last part
	VerfahrenKennung              string // 20-24, AN5, ESOL0 or TSOL0
	TransferNummer                string // 25-27, N3
	VerfahrenKennungSpezifikation string // 28-32, AN5, blank for § 302
	AbsenderEigner                string // 33-47, AN15, IK that signs; = UNB.2
	AbsenderPhysikalisch          string // 48-62, AN15, IK that transmits
	EmpfaengerNutzer              string // 63-77, AN15, IK that decrypts; = UNB.3
	EmpfaengerPhysikalisch        string // 78-92, AN15, next hop
	FehlerNummer                  string // 93-98, N6, 000000
	FehlerMassnahme               string // 99-104, N6, 000000
	Dateiname                     string // 105-115, AN11, logical name; = UNB.7
	DatumErstellung               string // 116-129, N14, JJJJMMTThhmmss
	DatumUebertragungGesendet     string // 130-143, N14
	DatumUebertragungEmpfangenVon string // 144-157, N14, zeros from the sender
	DatumUebertragungEmpfangenBis string // 158-171, N14, zeros from the sender
	Dateiversion                  string // 172-177, N6, 000000
	Korrektur                     string // 178, N1, 0
	DateigroesseNutzdaten         int64  // 179-190, N12, bytes, plain and uncompressed
	DateigroesseUebertragung      int64  // 191-202, N12, bytes as transmitted
	Zeichensatz                   string // 203-204, AN2
	Komprimierung                 string // 205-206, N2
	Verschluesselungsart          string // 207-208, N2, 00 or 03
	ElektronischeUnterschrift     string // 209-210, N2, = Verschluesselungsart
	Satzformat                    string // 211-213, A3, blank
	Satzlaenge                    string // 214-218, N5
	Blocklaenge                   string // 219-226, N8
	Status                        string // 227, AN1, written by transport systems
	Wiederholung                  string // 228-229, N2, written by transport systems
	Uebertragungsweg              string // 230, N1, written by transport systems
	VerzoegerterVersand           string // 231-240, N10, written by transport systems
	InfoUndFehlerfelder           string // 241-246, N6, written by transport systems
	VariablesInfoFeld             string // 247-274, AN28, written by transport systems
	EMailAdresseAbsender          string // 275-318, AN44; may run on to 344
	DateiBezeichnung              string // 319-348, AN30; "" where the address runs on
}

// ErrContent is returned for a record that cannot be written: a value does not
// fit its field.
var ErrContent = errors.New("value does not fit the Auftragsdatei")

// TransferName returns the physical name of the delivery: Verfahrenskennung and
// Transfernummer, as TSOL0041.
func (a *Auftrag) TransferName() string { return a.VerfahrenKennung + a.TransferNummer }

// The codes of Komprimierung that are agreed (P1013). 13, a zip with several files,
// is not: a delivery is one file.
const (
	KomprimierungKeine = "00"
	KomprimierungGzip  = "02"
	KomprimierungZip   = "03"
	KomprimierungBzip2 = "07"
)

// KomprimierungVereinbart tells whether the code of the compression is agreed.
func (a *Auftrag) KomprimierungVereinbart() bool {
	switch a.Komprimierung {
	case KomprimierungKeine, KomprimierungGzip, KomprimierungZip, KomprimierungBzip2:
		return true
	}
	return false
}

// New returns a record for an unencrypted, uncompressed delivery in one part
// with all fixed fields set.
func New() *Auftrag {
	return &Auftrag{
		Identifikator: "500000", Version: "01", LaengeAuftrag: "00000348", SequenzNr: "000",
		FehlerNummer: "000000", FehlerMassnahme: "000000",
		DatumUebertragungEmpfangenVon: zeros(14), DatumUebertragungEmpfangenBis: zeros(14),
		Dateiversion: "000000", Korrektur: "0", Zeichensatz: "I1", Komprimierung: KomprimierungKeine,
		Verschluesselungsart: "00", ElektronischeUnterschrift: "00",
		Satzlaenge: zeros(5), Blocklaenge: zeros(8), Wiederholung: "00", Uebertragungsweg: "0",
		VerzoegerterVersand: zeros(10), InfoUndFehlerfelder: zeros(6),
	}
}

func zeros(n int) string { return strings.Repeat("0", n) }

// kind is the type of a field. Fields that transport systems write on the way
// are read as they are: a delivery is not refused on them.
type kind uint8

const (
	number    kind = iota // digits
	text                  // left-aligned, blanks
	transport             // anything
)

// field is one row of the record's table.
type field struct {
	name  string // official, for the sender's text
	from  int    // offset from 0
	size  int
	kind  kind
	must  bool
	fixed string // the only value, "" if any
	str   *string
	count *int64
}

// end is the offset behind the field.
func (f *field) end() int { return f.from + f.size }

// emailFrom and emailLong are the e-mail address where it runs on over the
// DATEI_BEZEICHNUNG up to byte 344.
const (
	emailFrom = 274
	emailSize = 44
	emailLong = 70
	emailEnd  = emailFrom + emailLong
)

// fields returns the table of the record, bound to a.
func (a *Auftrag) fields() []field {
	out := []field{
		{name: "IDENTIFIKATOR", size: 6, must: true, fixed: "500000", str: &a.Identifikator},
		{name: "VERSION", size: 2, must: true, fixed: "01", str: &a.Version},
		{name: "LÄNGE_AUFTRAG", size: 8, must: true, fixed: "00000348", str: &a.LaengeAuftrag},
		{name: "SEQUENZ_NR", size: 3, str: &a.SequenzNr},
		{name: "VERFAHREN_KENNUNG", size: 5, kind: text, must: true, str: &a.VerfahrenKennung},
		{name: "TRANSFER_NUMMER", size: 3, must: true, str: &a.TransferNummer},
		{name: "VERFAHREN_KENNUNG_SPEZIFIKATION", size: 5, kind: text, str: &a.VerfahrenKennungSpezifikation},
		{name: "ABSENDER_EIGNER", size: 15, kind: text, must: true, str: &a.AbsenderEigner},
		{name: "ABSENDER_PHYSIKALISCH", size: 15, kind: text, must: true, str: &a.AbsenderPhysikalisch},
		{name: "EMPFÄNGER_NUTZER", size: 15, kind: text, must: true, str: &a.EmpfaengerNutzer},
		{name: "EMPFÄNGER_PHYSIKALISCH", size: 15, kind: text, must: true, str: &a.EmpfaengerPhysikalisch},
		{name: "FEHLER_NUMMER", size: 6, must: true, str: &a.FehlerNummer},
		{name: "FEHLER_MAßNAHME", size: 6, must: true, str: &a.FehlerMassnahme},
		{name: "DATEINAME", size: 11, kind: text, must: true, str: &a.Dateiname},
		{name: "DATUM_ERSTELLUNG", size: 14, must: true, str: &a.DatumErstellung},
		{name: "DATUM_ÜBERTRAGUNG_GESENDET", size: 14, str: &a.DatumUebertragungGesendet},
		{name: "DATUM_ÜBERTRAGUNG_EMPFANGEN_START", size: 14, str: &a.DatumUebertragungEmpfangenVon},
		{name: "DATUM_ÜBERTRAGUNG_EMPFANGEN_ENDE", size: 14, str: &a.DatumUebertragungEmpfangenBis},
		{name: "DATEIVERSION", size: 6, must: true, str: &a.Dateiversion},
		{name: "KORREKTUR", size: 1, must: true, str: &a.Korrektur},
		{name: "DATEIGRÖßE_NUTZDATEN", size: 12, must: true, count: &a.DateigroesseNutzdaten},
		{name: "DATEIGRÖßE_ÜBERTRAGUNG", size: 12, must: true, count: &a.DateigroesseUebertragung},
		{name: "ZEICHENSATZ", size: 2, kind: text, must: true, str: &a.Zeichensatz},
		{name: "KOMPRIMIERUNG", size: 2, must: true, str: &a.Komprimierung},
		{name: "VERSCHLÜSSELUNGSART", size: 2, must: true, str: &a.Verschluesselungsart},
		{name: "ELEKTRONISCHE_UNTERSCHRIFT", size: 2, must: true, str: &a.ElektronischeUnterschrift},
		{name: "SATZFORMAT", size: 3, kind: text, str: &a.Satzformat},
		{name: "SATZLÄNGE", size: 5, str: &a.Satzlaenge},
		{name: "BLOCKLÄNGE", size: 8, str: &a.Blocklaenge},
		{name: "Status", size: 1, kind: transport, str: &a.Status},
		{name: "Wiederholung", size: 2, kind: transport, str: &a.Wiederholung},
		{name: "Übertragungsweg", size: 1, kind: transport, str: &a.Uebertragungsweg},
		{name: "Verzögerter Versand", size: 10, kind: transport, str: &a.VerzoegerterVersand},
		{name: "Info und Fehlerfelder", size: 6, kind: transport, str: &a.InfoUndFehlerfelder},
		{name: "Variables Info-Feld", size: 28, kind: transport, str: &a.VariablesInfoFeld},
		{name: "E-MAIL-ADRESSE ABSENDER", size: 44, kind: text, str: &a.EMailAdresseAbsender},
		{name: "DATEI_BEZEICHNUNG", size: 30, kind: text, str: &a.DateiBezeichnung},
	}
	at := 0
	for i := range out {
		out[i].from = at
		at += out[i].size
	}
	return out
}

// Append appends the record of 348 bytes in ISO 8859-1. It returns ErrContent
// for a value that does not fit; the error names the field, not the value.
func (a *Auftrag) Append(dst []byte) ([]byte, error) {
	for _, f := range a.fields() {
		value := ""
		if f.count != nil {
			if *f.count < 0 {
				return dst, fmt.Errorf("%s: %w", f.name, ErrContent)
			}
			value = fmt.Sprintf("%0*d", f.size, *f.count)
		} else {
			value = *f.str
		}
		raw, err := dta.I1.Append(nil, value)
		if err != nil {
			return dst, fmt.Errorf("%s: %w", f.name, err)
		}
		if f.from == emailFrom && a.longAddress(raw) {
			return a.appendLongAddress(dst, raw)
		}
		blank := len(raw) == 0 && !f.must
		if len(raw) > f.size || (f.kind == number && len(raw) != f.size && !blank) {
			return dst, fmt.Errorf("%s: %w", f.name, ErrContent)
		}
		dst = append(append(dst, raw...), strings.Repeat(" ", f.size-len(raw))...)
	}
	return dst, nil
}

// longAddress tells whether the e-mail address runs on over the
// DATEI_BEZEICHNUNG, of which then only the number of packages is left.
func (a *Auftrag) longAddress(address []byte) bool {
	return len(address) > emailSize && len(address) <= emailLong && utf8.RuneCountInString(a.DateiBezeichnung) <= Size-emailEnd
}

func (a *Auftrag) appendLongAddress(dst, address []byte) ([]byte, error) {
	tail, err := dta.I1.Append(nil, a.DateiBezeichnung)
	if err != nil {
		return dst, fmt.Errorf("DATEI_BEZEICHNUNG: %w", err)
	}
	dst = append(append(dst, address...), strings.Repeat(" ", emailLong-len(address))...)
	return append(append(dst, tail...), strings.Repeat(" ", Size-emailEnd-len(tail))...), nil
}
