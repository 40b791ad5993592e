package p302

import (
	"unicode/utf8"

	"klarbeleg/dta"
)

// zeile reads the elements of one segment in the order of its table, in one pass
// and without findings: anything out of the ordinary only clears ok, and the
// segment is then read again by the table (Reader.elements), which says what is
// wrong. The text ends with a segment terminator, so that no scan runs over it.
type zeile struct {
	text string
	at   int // the separator in front of the next field, or the terminator
	ort  Ort
	ok   bool
	// ascii tells that every byte of the text is a character.
	ascii bool
}

// Classes of bytes: those of a value, those that end it, those that need a
// closer look.
const (
	inside = iota
	ending
	unusual
)

// fieldClass has the class of every byte. It is never written after start.
var fieldClass = func() (t [256]uint8) {
	for c := range 0x20 {
		t[c] = unusual
	}
	t[0x7F], t['?'] = unusual, unusual
	t[':'], t['+'], t['\''] = ending, ending, ending
	return t
}()

// none ends a field without value: right if it may be absent and is not the
// superfluous end of a composite or segment.
func (z *zeile) none(sep byte, at int, must bool) {
	end := z.text[at]
	if must || end == '\'' || (sep == ':' && end != ':') {
		z.ok = false
	}
	z.at = at
}

// missing tells that the separator in front of the next field is not there: the
// field is absent.
func (z *zeile) missing(sep byte, must bool) bool {
	if z.text[z.at] == sep {
		return false
	}
	if must {
		z.ok = false
	}
	return true
}

// an reads text. Too many bytes need not be too many characters: a closer look.
func (z *zeile) an(sep byte, hi int, must bool) string {
	if z.missing(sep, must) {
		return ""
	}
	text := z.text
	from := z.at + 1
	to := from
	for to < len(text) && fieldClass[text[to]] == inside {
		to++
	}
	if to == from {
		z.none(sep, to, must)
		return ""
	}
	if to-from > hi || fieldClass[text[to]] != ending {
		z.ok = false
	}
	z.at = to
	return text[from:to]
}

// schluessel reads text of a least length.
func (z *zeile) schluessel(sep byte, lo, hi int, must bool) string {
	text := z.an(sep, hi, must)
	if text != "" && (len(text) < lo || !z.ascii && !isASCII(text)) {
		z.ok = false
	}
	return text
}

// fest reads text of exactly n characters.
func (z *zeile) fest(sep byte, n int, must bool) string {
	if z.missing(sep, must) {
		return ""
	}
	text := z.text
	from := z.at + 1
	to := from + n
	if to >= len(text) || fieldClass[text[to]] != ending {
		z.none(sep, from, must || text[from] != sep)
		return ""
	}
	for i := from; i < to; i++ {
		if fieldClass[text[i]] != inside || text[i] >= utf8.RuneSelf {
			z.none(sep, from, must || text[from] != sep)
			return ""
		}
	}
	z.at = to
	return text[from:to]
}

// ziffern reads a key or number of exactly n digits.
func (z *zeile) ziffern(sep byte, n int, must bool) string {
	if z.missing(sep, must) {
		return ""
	}
	text := z.text
	from := z.at + 1
	to := from
	for to < len(text) && text[to]-'0' <= 9 {
		to++
	}
	if to == from {
		z.none(sep, to, must)
		return ""
	}
	if to-from != n {
		z.ok = false
	}
	z.at = to
	return text[from:to]
}

// zahl reads a whole number of up to n digits; no composite has one.
func (z *zeile) zahl(n int, must bool) (v int64, ok bool) {
	if z.missing('+', must) {
		return 0, false
	}
	text := z.text
	from := z.at + 1
	to := from
	for ; to < len(text) && text[to]-'0' <= 9; to++ {
		v = v*10 + int64(text[to]-'0')
	}
	if to == from {
		z.none('+', to, must)
		return 0, false
	}
	if to-from > n {
		z.ok = false
	}
	z.at = to
	return v, true
}

// dezimal reads a number of hundredths with up to n digits before the comma; no
// composite has one.
func (z *zeile) dezimal(n int, must bool) (v int64, ok bool) {
	if z.missing('+', must) {
		return 0, false
	}
	text := z.text
	from := z.at + 1
	negative := text[from] == '-'
	if negative {
		from++
	}
	to := from
	for ; to < len(text) && text[to]-'0' <= 9; to++ {
		v = v*10 + int64(text[to]-'0')
	}
	if to+3 >= len(text) || text[to] != ',' || text[to+1]-'0' > 9 || text[to+2]-'0' > 9 {
		z.none('+', to, must || to != from || negative)
		return 0, false
	}
	if to-from > n {
		z.ok = false
	}
	v = v*100 + int64(text[to+1]-'0')*10 + int64(text[to+2]-'0')
	z.at = to + 3
	if negative {
		return -v, true
	}
	return v, true
}

// moeglich makes what zahl, dezimal and zeit return the value of an element that
// may be absent.
func moeglich[T ~int16 | ~int32 | ~int64](v int64, ok bool) Opt[T] {
	return Opt[T]{Wert: T(v), Vorhanden: ok}
}

// noetig is the same for an element that must be there: without it the segment is
// read again.
func noetig[T ~int16 | ~int32 | ~int64](v int64, _ bool) T { return T(v) }

// datum reads a day of the calendar, JJJJMMTT.
func (z *zeile) datum(sep byte, must bool) Datum {
	if z.missing(sep, must) {
		return 0
	}
	from := z.at + 1
	if s := z.text[from:]; len(s) > 8 {
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		x ^= 0x3030303030303030 // digits become 0 to 9
		if (x|(x+0x7676767676767676))&0x8080808080808080 == 0 {
			x = (x & 0x0F0F0F0F0F0F0F0F) * 2561 >> 8 // pairs of digits, in every second byte
			year, month, day := x&0xFF*100+x>>16&0xFF, x>>32&0xFF, x>>48&0xFF
			if month-1 < 12 && day-1 < 28 && year != 0 || dta.InCalendar(int64(year*10000+month*100+day)) {
				z.at = from + 8
				return Datum(year*10000 + month*100 + day)
			}
		}
	}
	z.none(sep, from, must)
	return 0
}

// zeit reads a time of day.
func (z *zeile) zeit(sep byte, must bool) (v int64, ok bool) {
	if z.missing(sep, must) {
		return 0, false
	}
	from := z.at + 1
	if text := z.text[from:]; len(text) > 4 {
		if v, ok = dta.Digits(text[:4], 4); ok && v <= 2359 && v%100 <= 59 {
			z.at = from + 4
			return v, true
		}
	}
	z.none(sep, from, must)
	return 0, false
}

// end tells whether the segment was read to its terminator without anything
// unusual, and steps over it.
func (z *zeile) end() bool {
	if !z.ok || z.text[z.at] != '\'' {
		return false
	}
	z.at++
	return true
}
