package p295

import "klarbeleg/dta"

// flaw is what is wrong with a value.
type flaw uint8

const (
	flawless flaw = iota
	flawLong
	flawShort
	flawType
	flawFixed
)

// check reads the value of an element.
func (e *elementSpec) check(text string) (w wert, f flaw) {
	w = wert{text: text, da: true}
	switch e.kind {
	case kindAn:
		f = e.length(text)
	case kindN, kindCount:
		w.num, f = e.number(text)
	case kindDecimal:
		w.num, f = e.decimal(text)
	case kindDate, kindBirthDate:
		w.num, f = e.date(text)
	case kindTime:
		w.num, f = e.number(text)
		if w.num > 2359 || w.num%100 > 59 {
			f = flawType
		}
	}
	if f == flawless && e.fixed != "" && text != e.fixed {
		f = flawFixed
	}
	return w, f
}

func (e *elementSpec) length(text string) flaw {
	n := dta.Length(text, e.min, e.max)
	switch {
	case n > e.max:
		return flawLong
	case n < e.min:
		return flawShort
	}
	return flawless
}

// number reads digits; no element has more than 18 of them except keys, which
// are kept as text.
func (e *elementSpec) number(text string) (v int64, f flaw) {
	if !isDigits(text) {
		return 0, flawType
	}
	if f = e.length(text); f != flawless {
		return 0, f
	}
	for i := range len(text) {
		v = v*10 + int64(text[i]-'0') // keys run over, nobody reads them
	}
	if e.kind == kindCount && v == 0 {
		return 0, flawType
	}
	return v, flawless
}

// decimal reads digits, a comma and the decimal places; the comma does not count
// for the length, decimal places that are left out do. ,15 stands for 0,15.
// Amounts have no sign.
func (e *elementSpec) decimal(text string) (v int64, f flaw) {
	digits, places := 0, -1
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= '0' && c <= '9':
			if digits++; digits > e.max {
				return 0, flawLong
			}
			v = v*10 + int64(c-'0')
			if places >= 0 {
				places++
			}
		case c == ',' && places < 0:
			places = 0
		default:
			return 0, flawType
		}
	}
	if places == 0 || max(places, 0) < e.minDecimals || places > e.decimals || digits == 0 {
		return 0, flawType
	}
	missing := e.decimals - max(places, 0)
	if digits+missing > e.max {
		return 0, flawLong
	}
	for range missing {
		v *= 10
	}
	return v, flawless
}

// date reads JJJJMMTT and asks the calendar. A birth date may have day 00 or
// month and day 0000 where it is not known.
func (e *elementSpec) date(text string) (int64, flaw) {
	v, ok := dta.Digits(text, 8)
	if !ok {
		return 0, flawType
	}
	day := v
	if e.kind == kindBirthDate && day%100 == 0 {
		if day++; day/100%100 == 0 {
			day += 100
		}
	}
	if !dta.InCalendar(day) {
		return 0, flawType
	}
	return v, flawless
}
