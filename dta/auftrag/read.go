package auftrag

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"klarbeleg/dta"
)

// Read reads a record. It returns what could be read, never nil, and every fault
// with its offset; the delivery is refused if one of them has the severity
// dta.RejectFile. Line breaks behind byte 348 are a warning.
func Read(raw []byte) (*Auftrag, []dta.Error) {
	a := &Auftrag{}
	record := bytes.TrimRight(raw, "\r\n")
	if len(record) < Size && len(raw) >= Size {
		record = raw[:Size]
	}
	if len(record) != Size {
		return a, []dta.Error{fault(nil, 0, fmt.Sprintf("Die Auftragsdatei hat nicht die vorgeschriebene Länge von %d Byte.", Size))}
	}
	var errs []dta.Error
	if len(raw) > Size {
		e := fault(nil, 0, fmt.Sprintf("Hinweis: Nach dem Auftragssatz von %d Byte folgt ein Zeilenende.", Size))
		e.Severity, e.Offset = dta.Warn, Size
		errs = append(errs, e)
	}
	fields := a.fields()
	for i := range fields {
		if e, ok := fields[i].read(record, i+1); !ok {
			errs = append(errs, e)
		}
	}
	a.readAddress(record)
	return a, append(errs, a.contradictions(fields)...)
}

// fault returns a finding about a field, or about the whole record.
func fault(f *field, index int, sentence string) dta.Error {
	e := dta.NewError(dta.CodeAuftrag, sentence)
	if f != nil {
		e.Offset, e.Element = int64(f.from), index
	}
	return e
}

// read takes the field over and checks it; ok is false with a fault.
func (f *field) read(record []byte, index int) (e dta.Error, ok bool) {
	raw := record[f.from:f.end()]
	value := strings.TrimRight(string(dta.I1.AppendUTF8(nil, raw)), " ")
	if f.str != nil {
		*f.str = value
	}
	if i := bytes.IndexFunc(raw, func(r rune) bool { return r < ' ' || r == 0x7F }); i >= 0 && f.kind != transport {
		return fault(f, index, fmt.Sprintf("Das Feld %s der Auftragsdatei enthält nicht druckbare Zeichen.", f.name)), false
	}
	switch {
	case value == "" && f.must:
		return fault(f, index, fmt.Sprintf("Das Pflichtfeld %s der Auftragsdatei ist leer.", f.name)), false
	case value == "" || f.kind != number:
	case !allDigits(raw):
		return fault(f, index, fmt.Sprintf("Das Feld %s der Auftragsdatei besteht nicht aus genau %d Ziffern.", f.name, f.size)), false
	case f.fixed != "" && value != f.fixed:
		return fault(f, index, fmt.Sprintf("Das Feld %s der Auftragsdatei ist nicht %s.", f.name, f.fixed)), false
	}
	if f.count != nil && value != "" {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return fault(f, index, fmt.Sprintf("Das Feld %s der Auftragsdatei enthält keine Zahl.", f.name)), false
		}
		*f.count = n
	}
	return e, true
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// readAddress joins an e-mail address that runs on over byte 318 (trap of
// section 2.1): no blank up to there, and nothing but the number of packages
// behind it.
func (a *Auftrag) readAddress(record []byte) {
	run := record[emailFrom:emailEnd]
	if i := bytes.IndexByte(run, ' '); i >= 0 {
		if len(bytes.TrimRight(run[i:], " ")) > 0 {
			return
		}
		run = run[:i]
	}
	if len(run) <= emailSize || !bytes.ContainsRune(run, '@') {
		return
	}
	a.EMailAdresseAbsender = string(dta.I1.AppendUTF8(nil, run))
	a.DateiBezeichnung = strings.TrimRight(string(dta.I1.AppendUTF8(nil, record[emailEnd:])), " ")
}

// contradictions checks values against each other and against the calendar.
func (a *Auftrag) contradictions(fields []field) []dta.Error {
	var errs []dta.Error
	add := func(str *string, sentence string) {
		for i := range fields {
			if fields[i].str == str {
				errs = append(errs, fault(&fields[i], i+1, sentence))
			}
		}
	}
	if _, err := time.Parse("20060102150405", a.DatumErstellung); err != nil && allDigits([]byte(a.DatumErstellung)) && a.DatumErstellung != "" {
		add(&a.DatumErstellung, "Das Feld DATUM_ERSTELLUNG der Auftragsdatei ist kein Zeitpunkt (JJJJMMTThhmmss).")
	}
	pair := a.Verschluesselungsart + a.ElektronischeUnterschrift
	if len(pair) == 4 && allDigits([]byte(pair)) && pair != "0000" && pair != "0303" {
		add(&a.Verschluesselungsart, "VERSCHLÜSSELUNGSART und ELEKTRONISCHE_UNTERSCHRIFT der Auftragsdatei sind nicht beide 00 oder beide 03.")
	}
	return errs
}
