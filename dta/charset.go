package dta

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// Charset is a character set of the Nutzdatendatei (Auftragsdatei 203-204).
type Charset uint8

// The character sets of § 302. EB is forbidden, P8 and U8 are bilateral only:
// they are not read (dta-302.md section 2.2).
const (
	I1 Charset = iota + 1 // ISO 8859-1, identical with DIN 66303:2000-06
	I5                    // ISO 8859-15
	I7                    // DIN 66003 DRV, 7 bit
	I8                    // DIN 66303:1986-11, DRV8
)

// ErrNotInCharset is returned for text that the character set cannot carry.
var ErrNotInCharset = errors.New("character is not part of the character set")

// ParseCharset returns the character set of a two-character code.
func ParseCharset(code string) (Charset, bool) {
	for c := I1; c <= I8; c++ {
		if c.String() == code {
			return c, true
		}
	}
	return 0, false
}

// String returns the two-character code.
func (c Charset) String() string {
	switch c {
	case I1:
		return "I1"
	case I5:
		return "I5"
	case I7:
		return "I7"
	case I8:
		return "I8"
	}
	return ""
}

// Rune returns the character of a byte; ok is false for a byte that the set
// does not define.
func (c Charset) Rune(b byte) (r rune, ok bool) {
	if b < 0x40 {
		return rune(b), true
	}
	switch c {
	case I5:
		return rune5(b), true
	case I7:
		return rune7(b), b < 0x80
	case I8:
		return rune8(b), true
	default:
		return rune(b), true
	}
}

// rune5 is the high half of ISO 8859-15 where it differs from ISO 8859-1.
func rune5(b byte) rune {
	switch b {
	case 0xA4:
		return '€'
	case 0xA6:
		return 'Š'
	case 0xA8:
		return 'š'
	case 0xB4:
		return 'Ž'
	case 0xB8:
		return 'ž'
	case 0xBC:
		return 'Œ'
	case 0xBD:
		return 'œ'
	case 0xBE:
		return 'Ÿ'
	}
	return rune(b)
}

// rune7 is DIN 66003 DRV: German letters in the places of @ [ \ ] { | } ~.
func rune7(b byte) rune {
	switch b {
	case 0x40:
		return '§'
	case 0x5B:
		return 'Ä'
	case 0x5C:
		return 'Ö'
	case 0x5D:
		return 'Ü'
	case 0x7B:
		return 'ä'
	case 0x7C:
		return 'ö'
	case 0x7D:
		return 'ü'
	case 0x7E:
		return 'ß'
	}
	return rune(b)
}

// rune8 is DIN 66303:1986-11: the low half of I7, and the signs it displaced in
// the places that the German letters have in ISO 8859-1.
func rune8(b byte) rune {
	switch b {
	case 0xA7:
		return '@'
	case 0xC4:
		return '['
	case 0xD6:
		return '\\'
	case 0xDC:
		return ']'
	case 0xDF:
		return '~'
	case 0xE4:
		return '{'
	case 0xF6:
		return '|'
	case 0xFC:
		return '}'
	}
	if b < 0x80 {
		return rune7(b)
	}
	return rune(b)
}

// nextHigh returns the index of the first byte from i on that is not ASCII,
// len(b) if there is none.
func nextHigh(b []byte, i int) int {
	const high = 0x8080808080808080
	for ; i+32 <= len(b); i += 32 { // letters beyond ASCII are rare
		p := b[i : i+32 : i+32]
		if (binary.LittleEndian.Uint64(p)|binary.LittleEndian.Uint64(p[8:])|binary.LittleEndian.Uint64(p[16:])|binary.LittleEndian.Uint64(p[24:]))&high != 0 {
			break
		}
	}
	for ; i+8 <= len(b); i += 8 {
		if x := binary.LittleEndian.Uint64(b[i:]) & high; x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for ; i < len(b) && b[i] < utf8.RuneSelf; i++ {
	}
	return i
}

// IsPlain tells whether the bytes are the same in UTF-8, so that they need no
// conversion.
func (c Charset) IsPlain(b []byte) bool {
	return !c.sevenBit() && nextHigh(b, 0) == len(b)
}

// sevenBit tells whether German letters stand in the low half, in the places of
// @ [ \ ] { | } ~.
func (c Charset) sevenBit() bool { return c == I7 || c == I8 }

// Text returns the text of the bytes b. Every byte becomes one character; undefined
// bytes become U+FFFD. plain tells that text and bytes are the same; suspect that
// FindForeign or FindControl may find something, so that most texts need no further
// pass.
func (c Charset) Text(b []byte) (text string, plain, suspect bool) {
	high := nextHigh(b, 0)
	if high == len(b) && !c.sevenBit() {
		return string(b), true, false
	}
	var out strings.Builder
	out.Grow(len(b) + len(b)/32) // about what the letters beyond ASCII of a bill need
	for i := 0; i < len(b); i++ {
		if !c.sevenBit() {
			out.Write(b[i:high])
			if i = high; i == len(b) {
				break
			}
			high = nextHigh(b, i+1)
		}
		r, ok := c.Rune(b[i])
		if !ok {
			r = utf8.RuneError
		}
		suspect = suspect || b[i] >= utf8.RuneSelf && (b[i] < 0xC0 || c == I7)
		out.WriteRune(r)
	}
	return out.String(), false, suspect
}

// AppendUTF8 appends the text of the bytes b to dst. Every byte becomes one
// character; undefined bytes become U+FFFD.
func (c Charset) AppendUTF8(dst, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		if !c.sevenBit() { // letters beyond ASCII are rare: copy what lies between
			high := nextHigh(b, i)
			dst = append(dst, b[i:high]...)
			if i = high; i == len(b) {
				break
			}
		}
		r, ok := c.Rune(b[i])
		if !ok {
			r = utf8.RuneError
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// Append appends the bytes of the text s to dst. It returns ErrNotInCharset for
// a character that the set does not have; the error names no character.
func (c Charset) Append(dst []byte, s string) ([]byte, error) {
	for i := 0; i < len(s); {
		if x := s[i]; x < 0x40 || (x < utf8.RuneSelf && !c.sevenBit()) {
			dst = append(dst, x)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		b, ok := c.byteOf(r)
		if !ok || (r == utf8.RuneError && size == 1) {
			return dst, fmt.Errorf("%s: %w", c, ErrNotInCharset)
		}
		dst = append(dst, b)
		i += size
	}
	return dst, nil
}

// byteOf is the reverse of Rune. Most characters have their ISO 8859-1 byte.
func (c Charset) byteOf(r rune) (byte, bool) {
	if r < 0x100 {
		if got, ok := c.Rune(byte(r)); ok && got == r {
			return byte(r), true
		}
	}
	for b := 0x40; b < 0x100; b++ {
		if got, ok := c.Rune(byte(b)); ok && got == r {
			return byte(b), true
		}
	}
	return 0, false
}

// FindForeign returns the offset of the first byte that shows that b is not in
// the character set: a byte that the set does not define, or a letter encoded
// in UTF-8 (a lead byte C2 or C3 with a continuation byte). It returns -1 if
// there is none.
func (c Charset) FindForeign(b []byte) int {
	for i := nextHigh(b, 0); i < len(b); i = nextHigh(b, i+1) {
		lead := b[i] == 0xC2 || b[i] == 0xC3
		if c == I7 || lead && i+1 < len(b) && b[i+1] >= 0x80 && b[i+1] <= 0xBF {
			return i
		}
	}
	return -1
}

// FindControl returns the offset of the first control character of the upper
// half (80 to 9F), -1 if there is none.
func (c Charset) FindControl(b []byte) int {
	for i := nextHigh(b, 0); i < len(b); i = nextHigh(b, i+1) {
		if b[i] <= 0x9F {
			return i
		}
	}
	return -1
}
