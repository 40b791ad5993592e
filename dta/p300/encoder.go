package p300

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"klarbeleg/dta"
)

// encoder writes segments. The first fault stays in err and stops all writing.
type encoder struct {
	buf       []byte
	charset   dta.Charset
	lineEnd   string
	bareZero  bool // ,00 instead of 0,00
	spec      *segmentSpec
	element   uint8
	component uint8
	segments  int
	err       error
}

func (e *encoder) begin(spec *segmentSpec) {
	e.spec, e.element, e.component = spec, 0, 1
	e.buf = append(e.buf, spec.tag...)
}

func (e *encoder) end() {
	e.buf = append(append(e.buf, dta.Terminator), e.lineEnd...)
	e.segments++
}

// to writes the separators up to the element; those of absent elements at the
// end are never written.
func (e *encoder) to(s *elementSpec) {
	if s.element > e.element {
		for ; e.element < s.element; e.element++ {
			e.buf = append(e.buf, dta.SepElement)
		}
		e.component = 1
	}
	for ; e.component < s.component; e.component++ {
		e.buf = append(e.buf, dta.SepComponent)
	}
}

func (e *encoder) fail(s *elementSpec, why string) {
	if e.err == nil {
		e.err = fmt.Errorf("%s: %s: %w", s.position, why, dta.ErrContent)
	}
}

// an writes text and keys.
func (e *encoder) an(slot int, v string) {
	s := &e.spec.elements[slot]
	if v == "" {
		if s.mandatory {
			e.fail(s, "mandatory element is empty")
		}
		return
	}
	if n := utf8.RuneCountInString(v); n > int(s.max) || n < int(s.min) {
		e.fail(s, "length")
	}
	e.to(s)
	from := len(e.buf)
	e.buf = dta.AppendEscaped(e.buf, v)
	if e.charset == dta.I1 && e.charset.IsPlain(e.buf[from:]) {
		return
	}
	escaped := string(e.buf[from:])
	var err error
	if e.buf, err = e.charset.Append(e.buf[:from], escaped); err != nil && e.err == nil {
		e.err = fmt.Errorf("%s: %w", s.position, err)
	}
}

// ganz writes a whole number.
func (e *encoder) ganz(slot int, v int64, present bool) {
	if !present {
		return
	}
	s := &e.spec.elements[slot]
	e.to(s)
	from := len(e.buf)
	e.buf = strconv.AppendInt(e.buf, v, 10)
	if n := len(e.buf) - from; v < 0 || n > int(s.max) {
		e.fail(s, "number out of range")
	}
}

// dezimal writes a decimal with all its places; zeros at the end are left out
// where the length leaves no room for them (a sender may write 19400).
func (e *encoder) dezimal(slot int, v int64, present bool) {
	if !present {
		return
	}
	s := &e.spec.elements[slot]
	e.to(s)
	if v < 0 {
		e.buf = append(e.buf, '-')
		v = -v
	}
	from, unit := len(e.buf), int64(1)
	for range s.decimals {
		unit *= 10
	}
	if whole := v / unit; whole != 0 || !e.bareZero {
		e.buf = strconv.AppendInt(e.buf, whole, 10)
	}
	e.buf = append(e.buf, ',')
	for unit > 1 {
		unit /= 10
		e.buf = append(e.buf, byte('0'+v/unit%10))
	}
	for over := len(e.buf) - from - int(s.max); over > 0; over-- {
		end := len(e.buf) - 1
		if e.buf[end] != '0' {
			break
		}
		if e.buf = e.buf[:end]; e.buf[end-1] == ',' {
			e.buf = e.buf[:end-1]
			break
		}
	}
	if v < 0 || len(e.buf)-from > int(s.max) {
		e.fail(s, "number out of range")
	}
}

// datum writes JJJJMMTT; 0 is 00000000 for a birth date and absent otherwise.
func (e *encoder) datum(slot int, d Datum) {
	s := &e.spec.elements[slot]
	if d == 0 && s.kind != kindBirth {
		if s.mandatory {
			e.fail(s, "mandatory date is missing")
		}
		return
	}
	e.to(s)
	e.digits(s, int64(d), 8)
}

// zeit writes HHMM.
func (e *encoder) zeit(slot int, t Uhrzeit) {
	s := &e.spec.elements[slot]
	e.to(s)
	e.digits(s, int64(t), 4)
}

// digits writes v with exactly n digits.
func (e *encoder) digits(s *elementSpec, v int64, n int) {
	from := len(e.buf)
	e.buf = fmt.Appendf(e.buf, "%0*d", n, v)
	if v < 0 || len(e.buf)-from != n {
		e.fail(s, "number out of range")
	}
}
