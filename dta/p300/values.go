package p300

import (
	"slices"
	"strings"

	"klarbeleg/dta"
)

// wert is one checked element or component. num holds numbers, hundredths,
// dates and times; text everything as it was sent.
type wert struct {
	text string
	num  int64
	da   bool
}

// check reads the value of an element. It returns the code of the fault, "" if
// the value is right: type and length are stage 2, keys and dates stage 3.
func (e *elementSpec) check(text string, out *wert) (code string) {
	out.text, out.da = text, true
	var ok bool
	switch e.kind {
	case kindDecimal:
		out.num, ok = decimal(text, int(e.decimals), int(e.max))
	case kindAn:
		n := dta.Length(text, int(e.min), int(e.max))
		ok = n <= int(e.max) && n >= int(e.min)
	default:
		out.num, ok = number(text, int(e.min), int(e.max))
	}
	if !ok {
		return CodeSyntax
	}
	if !e.plausible(out) {
		return CodeSchluessel
	}
	return ""
}

// plausible checks what stage 3 asks of a value alone: its key list, its sign,
// the calendar.
func (e *elementSpec) plausible(w *wert) bool {
	switch {
	case e.keys != nil:
		return slices.Contains(e.keys, w.text)
	case e.positive:
		return w.num > 0
	case e.unsigned:
		return w.num >= 0
	}
	switch e.kind {
	case kindDate:
		return dta.InCalendar(w.num)
	case kindMonth:
		return dta.InCalendar(w.num) || w.num%100 == 0 && dta.InCalendar(w.num+1)
	case kindBirth:
		return w.num == 0 || dta.InCalendar(w.num) || w.num < 1_000_000 && dta.InCalendar(w.num+20_000_000)
	case kindTime:
		return w.num <= 2359 && w.num%100 <= 59
	case kindSeconds:
		return w.num <= 235_959 && w.num/100%100 <= 59 && w.num%100 <= 59
	default:
		return true
	}
}

// number reads least to most digits.
func number(text string, least, most int) (v int64, ok bool) {
	if len(text) < least || len(text) > most {
		return 0, false
	}
	for i := range len(text) {
		c := text[i] - '0'
		if c > 9 {
			return 0, false
		}
		if i < maxDigits {
			v = v*10 + int64(c)
		}
	}
	return v, true
}

// maxDigits is what an int64 holds; longer numbers are keys (ZDR-02) and their
// text counts.
const maxDigits = 18

// decimal reads an optional minus, digits, and optionally a comma with at most
// the given places; with all places, and without the minus, it has at most limit
// characters. ,15 is 0,15.
func decimal(text string, places, limit int) (v int64, ok bool) {
	digits := text
	negative := digits != "" && digits[0] == '-'
	if negative {
		digits = digits[1:]
	}
	whole := strings.IndexByte(digits, ',')
	if whole < 0 {
		whole = len(digits)
	}
	if digits == "" || whole+1+places > limit {
		return 0, false
	}
	behind := -1 // places behind the comma so far, -1 before it
	for i := range len(digits) {
		if digits[i] == ',' && behind < 0 {
			behind = 0
			continue
		}
		c := digits[i] - '0'
		if c > 9 || behind == places {
			return 0, false
		}
		v = v*10 + int64(c)
		if behind >= 0 {
			behind++
		}
	}
	if behind == 0 {
		return 0, false // nothing behind the comma
	}
	for n := max(behind, 0); n < places; n++ {
		v *= 10
	}
	if negative {
		v = -v
	}
	return v, true
}
