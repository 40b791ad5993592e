package p302

import "klarbeleg/dta"

// wert is one checked element or component. num holds numbers, cents, dates
// and times; text everything as it was sent.
type wert struct {
	text string
	num  int64
	da   bool
}

// check reads the value of an element. It returns the code of the fault, "" if
// the value is right.
func (e *elementSpec) check(text string, out *wert) (code string) {
	out.text, out.da = text, true
	switch e.kind {
	case kindN:
		return e.checkN(text, out)
	case kindDecimal:
		return e.checkDecimal(text, out)
	case kindDate:
		return checkDate(text, out)
	case kindTime:
		return checkTime(text, out)
	default:
		return e.checkLength(text)
	}
}

func (e *elementSpec) checkLength(text string) string {
	n := dta.Length(text, int(e.min), int(e.max))
	switch {
	case n > int(e.max):
		return dta.CodeTooLong
	case n < int(e.min):
		return dta.CodeType
	}
	return ""
}

func (e *elementSpec) checkN(text string, out *wert) string {
	v := int64(0)
	for i := range len(text) {
		c := text[i] - '0'
		if c > 9 {
			return dta.CodeType
		}
		v = v*10 + int64(c) // at most 9 digits pass the length check below
	}
	if len(text) > int(e.max) {
		return dta.CodeTooLong
	}
	if len(text) < int(e.min) {
		return dta.CodeType
	}
	out.num = v
	return ""
}

// checkDecimal reads an optional minus, up to max digits, a comma and exactly
// two digits; minus and comma do not count for the length (R-SYN-03). ,15 is
// allowed for 0,15.
func (e *elementSpec) checkDecimal(text string, out *wert) string {
	digits := text
	if digits != "" && digits[0] == '-' {
		digits = digits[1:]
	}
	comma := len(digits) - 3
	if comma < 0 || digits[comma] != ',' {
		return dta.CodeType
	}
	v := int64(0)
	for i := range comma {
		c := digits[i] - '0'
		if c > 9 {
			return dta.CodeType
		}
		v = v*10 + int64(c)
	}
	tens, ones := digits[comma+1]-'0', digits[comma+2]-'0'
	if tens > 9 || ones > 9 {
		return dta.CodeType
	}
	if comma > int(e.max) {
		return dta.CodeTooLong
	}
	v = v*100 + int64(tens)*10 + int64(ones)
	if len(digits) != len(text) {
		v = -v
	}
	out.num = v
	return ""
}

// checkDate reads JJJJMMTT and asks the calendar.
func checkDate(text string, out *wert) string {
	v, ok := dta.Digits(text, 8)
	if !ok || !dta.InCalendar(v) {
		return dta.CodeDate
	}
	out.num = v
	return ""
}

// checkTime reads HHMM from 0000 to 2359.
func checkTime(text string, out *wert) string {
	v, ok := dta.Digits(text, 4)
	if !ok || v > 2359 || v%100 > 59 {
		return dta.CodeTime
	}
	out.num = v
	return ""
}

// tolerated accepts the values that the specification allows against the
// element's type: a birth date with day 00 or month and day 0000 (NAD.3,
// section 7), and 9999 for an unknown time of birth (ZHB.4, section 8 F).
func (s *segmentSpec) tolerated(e *elementSpec, out *wert) bool {
	switch {
	case s.id == segNAD && e.element == 3:
		v, ok := dta.Digits(out.text, 8)
		if !ok || v%100 != 0 || v < 10000 {
			return false
		}
		if month := v / 100 % 100; month > 12 {
			return false
		}
		out.num = v
		return true
	case s.id == segZHB && e.element == 4 && out.text == "9999":
		out.num = 9999
		return true
	}
	return false
}
