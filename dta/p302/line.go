package p302

import (
	"math/bits"
	"unicode/utf8"

	"klarbeleg/dta"
)

// zeile reads the elements of one segment in the order of its table, in one pass
// and without findings: anything out of the ordinary only clears ok, and the
// segment is then read again by the table (Reader.elements), which says what is
// wrong. The text ends with a segment terminator, so that no scan runs over it.
//
// The methods take and return the place in the text: that of the separator in
// front of the field, and that of what ends it. It stays in a register so, which
// reads a third faster than a place kept in zeile.
type zeile struct {
	text string
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

// none ends a field without value at a place: right if it may be absent and is
// not the superfluous end of a composite or segment.
func (z *zeile) none(at int, sep byte, must bool) int {
	end := z.text[at]
	if must || end == '\'' || (sep == ':' && end != ':') {
		z.ok = false
	}
	return at
}

// missing tells that the separator in front of the next field is not there: the
// field is absent.
func (z *zeile) missing(at int, sep byte, must bool) bool {
	if z.text[at] == sep {
		return false
	}
	if must {
		z.ok = false
	}
	return true
}

// fieldEnd returns the place of the first byte from i on that is no part of a
// value. It looks at eight bytes at once: the end of a loop over single ones is
// hard to foretell for the processor.
func fieldEnd(text string, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(text); i += 8 {
		s := text[i : i+8]
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		element, component, end, release, del := x^('+'*ones), x^(':'*ones), x^('\''*ones), x^('?'*ones), x^(0x7F*ones)
		found := (element-ones)&^element | (component-ones)&^component | (end-ones)&^end |
			(release-ones)&^release | (del-ones)&^del | (x-' '*ones)&^x
		if found &= tops; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(text) && fieldClass[text[i]] == inside {
		i++
	}
	return i
}

// an reads text. Too many bytes need not be too many characters: a closer look.
func (z *zeile) an(at int, sep byte, hi int, must bool) (string, int) {
	if z.missing(at, sep, must) {
		return "", at
	}
	text := z.text
	from := at + 1
	to := fieldEnd(text, from)
	if to == from {
		return "", z.none(to, sep, must)
	}
	if to-from > hi || fieldClass[text[to]] != ending {
		z.ok = false
	}
	return text[from:to], to
}

// schluessel reads text of a least length.
func (z *zeile) schluessel(at int, sep byte, lo, hi int, must bool) (string, int) {
	text, at := z.an(at, sep, hi, must)
	if text != "" && (len(text) < lo || !z.ascii && !isASCII(text)) {
		z.ok = false
	}
	return text, at
}

// fest reads text of exactly n characters.
func (z *zeile) fest(at int, sep byte, n int, must bool) (string, int) {
	if z.missing(at, sep, must) {
		return "", at
	}
	text := z.text
	from := at + 1
	to := from + n
	if to >= len(text) || fieldClass[text[to]] != ending {
		return "", z.none(from, sep, must || text[from] != sep)
	}
	for i := from; i < to; i++ {
		if fieldClass[text[i]] != inside || text[i] >= utf8.RuneSelf {
			return "", z.none(from, sep, must || text[from] != sep)
		}
	}
	return text[from:to], to
}

// ziffern reads a key or number of exactly n digits.
func (z *zeile) ziffern(at int, sep byte, n int, must bool) (string, int) {
	if z.missing(at, sep, must) {
		return "", at
	}
	text := z.text
	from := at + 1
	to := from
	for to < len(text) && text[to]-'0' <= 9 {
		to++
	}
	if to == from {
		return "", z.none(to, sep, must)
	}
	if to-from != n {
		z.ok = false
	}
	return text[from:to], to
}

// zahl reads a whole number of up to n digits; no composite has one.
func (z *zeile) zahl(at, n int, must bool) (v int64, ok bool, end int) {
	if z.missing(at, '+', must) {
		return 0, false, at
	}
	text := z.text
	from := at + 1
	to := from
	for ; to < len(text) && text[to]-'0' <= 9; to++ {
		v = v*10 + int64(text[to]-'0')
	}
	if to == from {
		return 0, false, z.none(to, '+', must)
	}
	if to-from > n {
		z.ok = false
	}
	return v, true, to
}

// dezimal reads a number of hundredths with up to n digits before the comma; no
// composite has one.
func (z *zeile) dezimal(at, n int, must bool) (v int64, ok bool, end int) {
	if z.missing(at, '+', must) {
		return 0, false, at
	}
	text := z.text
	from := at + 1
	negative := text[from] == '-'
	if negative {
		from++
	}
	to := from
	for ; to < len(text) && text[to]-'0' <= 9; to++ {
		v = v*10 + int64(text[to]-'0')
	}
	if to+3 >= len(text) || text[to] != ',' || text[to+1]-'0' > 9 || text[to+2]-'0' > 9 {
		return 0, false, z.none(to, '+', must || to != from || negative)
	}
	if to-from > n {
		z.ok = false
	}
	v = v*100 + int64(text[to+1]-'0')*10 + int64(text[to+2]-'0')
	if negative {
		v = -v
	}
	return v, true, to + 3
}

// moeglich makes what zahl, dezimal and zeit return the value of an element that
// may be absent.
func moeglich[T ~int16 | ~int32 | ~int64](v int64, ok bool, at int) (Opt[T], int) {
	return Opt[T]{Wert: T(v), Vorhanden: ok}, at
}

// noetig is the same for an element that must be there: without it the segment is
// read again.
func noetig[T ~int16 | ~int32 | ~int64](v int64, _ bool, at int) (T, int) { return T(v), at }

// datum reads a day of the calendar, JJJJMMTT.
func (z *zeile) datum(at int, sep byte, must bool) (Datum, int) {
	if z.missing(at, sep, must) {
		return 0, at
	}
	from := at + 1
	if s := z.text[from:]; len(s) > 8 {
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		x ^= 0x3030303030303030 // digits become 0 to 9
		if (x|(x+0x7676767676767676))&0x8080808080808080 == 0 {
			x = (x & 0x0F0F0F0F0F0F0F0F) * 2561 >> 8 // pairs of digits, in every second byte
			year, month, day := x&0xFF*100+x>>16&0xFF, x>>32&0xFF, x>>48&0xFF
			if month-1 < 12 && day-1 < 28 && year != 0 || dta.InCalendar(int64(year*10000+month*100+day)) {
				return Datum(year*10000 + month*100 + day), from + 8
			}
		}
	}
	return 0, z.none(from, sep, must)
}

// zeit reads a time of day.
func (z *zeile) zeit(at int, sep byte, must bool) (v int64, ok bool, end int) {
	if z.missing(at, sep, must) {
		return 0, false, at
	}
	from := at + 1
	if text := z.text[from:]; len(text) > 4 {
		if v, ok = dta.Digits(text[:4], 4); ok && v <= 2359 && v%100 <= 59 {
			return v, true, from + 4
		}
	}
	return 0, false, z.none(from, sep, must)
}
