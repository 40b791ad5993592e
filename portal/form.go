package portal

import (
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"klarbeleg/domain/calendar"
)

// field is one text field of a form: what was typed, and what is wrong with it.
type field struct {
	Value, Error string
}

// maxFieldRunes bounds what is shown again of a field; the longest real value is
// an invoice number of 20 characters.
const maxFieldRunes = 64

// typed returns the value of a posted field as it may be shown again: valid
// UTF-8, no control characters, bounded.
func typed(r *http.Request, name string) string {
	return strings.TrimSpace(clip(r, name, maxFieldRunes))
}

// clip returns a posted value without control characters, cut after limit
// characters.
func clip(r *http.Request, name string, limit int) string {
	v := strings.ToValidUTF8(r.PostForm.Get(name), "")
	v = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return -1
		}
		return c
	}, v)
	if utf8.RuneCountInString(v) > limit {
		v = string([]rune(v)[:limit])
	}
	return v
}

// digits removes the blanks that people put into long numbers.
func digits(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) {
			return -1
		}
		return c
	}, s)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

const ikLength = 9

// parseIK returns the nine digits of an IK, or what is wrong.
func parseIK(s string) (ik, fault string) {
	ik = digits(s)
	switch {
	case ik == "":
		return "", "Geben Sie Ihr Institutionskennzeichen (IK) ein."
	case !allDigits(ik) || len(ik) != ikLength:
		return "", "Das IK besteht aus genau 9 Ziffern, zum Beispiel 260326822."
	}
	return ik, ""
}

// ikCheckDigit reports whether the last digit of an IK is its check digit:
// digits 3 to 8 times 2,1,2,1,2,1, sum of the digit sums, modulo 10. A wrong one
// is only a hint, because old numbers without it are in use (spec/dta-302
// section 7).
func ikCheckDigit(ik string) bool {
	sum := 0
	for i, c := range []byte(ik[2:8]) {
		d := int(c-'0') * (2 - i%2)
		sum += d/10 + d%10
	}
	return sum%10 == int(ik[8]-'0')
}

// maxInvoiceNumber is the longest invoice number of all procedures.
const maxInvoiceNumber = 20

// parseInvoiceNumber returns the number, or what is wrong.
func parseInvoiceNumber(s string) (number, fault string) {
	switch {
	case s == "":
		return "", "Geben Sie die Rechnungsnummer ein."
	case utf8.RuneCountInString(s) > maxInvoiceNumber:
		return "", "Eine Rechnungsnummer hat höchstens 20 Zeichen."
	}
	return s, ""
}

// firstInvoiceYear is the year before which no electronic invoice exists.
const firstInvoiceYear = 1995

// parseDate reads TT.MM.JJJJ, also with single digits, without dots, or as
// JJJJ-MM-TT, or says what is wrong. today is the last date allowed.
func parseDate(s string, today calendar.Date) (date calendar.Date, fault string) {
	if s == "" {
		return 0, "Geben Sie das Rechnungsdatum ein."
	}
	s = digits(s)
	for _, layout := range []string{"2.1.2006", "02012006", time.DateOnly} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		date = calendar.OfTime(t)
		switch {
		case date > today:
			return 0, "Das Rechnungsdatum liegt in der Zukunft. Prüfen Sie bitte Tag, Monat und Jahr."
		case t.Year() < firstInvoiceYear:
			return 0, "Das Rechnungsdatum liegt zu weit zurück. Geben Sie das Jahr vierstellig ein."
		}
		return date, ""
	}
	return 0, "Geben Sie das Datum in der Form TT.MM.JJJJ ein, zum Beispiel 01.09.2026."
}

const voucherLength = 10

// parseVoucher returns the ten digits of a voucher number, or what is wrong.
func parseVoucher(s string) (number, fault string) {
	number = digits(s)
	switch {
	case number == "":
		return "", "Geben Sie die Zahlbelegnummer ein."
	case !allDigits(number) || len(number) != voucherLength || number[0] != '0':
		return "", "Die Zahlbelegnummer besteht aus 10 Ziffern und beginnt mit 0, zum Beispiel 0000012345."
	}
	return number, ""
}

// maxPage bounds the page number in an address, far above any real list.
const maxPage = 100_000

// pageNumber reads ?seite=n; anything else is page 1.
func pageNumber(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("seite"))
	if err != nil || n < 1 || n > maxPage {
		return 1
	}
	return n
}
