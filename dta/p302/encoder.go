package p302

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"klarbeleg/dta"
)

// encoder writes segments. The first fault stays in err and stops all writing.
type encoder struct {
	buf       []byte
	layout    *layout
	charset   dta.Charset
	lineEnd   string
	spec      *segmentSpec
	element   uint8
	component uint8
	segments  int
	err       error
}

// begin starts a segment with an index of segmentSpecs.
func (e *encoder) begin(spec int) {
	e.spec, e.element, e.component = e.layout.specs[spec], 0, 1
	if e.spec == nil {
		e.spec = &segmentSpecs[spec]
		e.refuse(e.spec.tag + ": segment is not part of the version")
	}
	e.buf = append(e.buf, e.spec.tag...)
}

// refuse keeps the first fault of the content.
func (e *encoder) refuse(what string) {
	if e.err == nil {
		e.err = fmt.Errorf("%s: %w", what, dta.ErrContent)
	}
}

// at returns the element of a slot; nil, and a fault if there is a value for it,
// where the version does not have it.
func (e *encoder) at(slot int, present bool) *elementSpec {
	s := e.spec.at(slot)
	if s == nil && present {
		e.refuse(e.spec.tag + ": element is not part of the version")
	}
	return s
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
	e.refuse(fmt.Sprintf("%s, element %d: %s", e.spec.tag, s.element, why))
}

// an writes text and keys.
func (e *encoder) an(slot int, v string) {
	s := e.at(slot, v != "")
	if s == nil {
		return
	}
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
	if e.charset == dta.I1 && isASCII(v) {
		return
	}
	utf := string(e.buf[from:])
	var err error
	if e.buf, err = e.charset.Append(e.buf[:from], utf); err != nil && e.err == nil {
		e.err = fmt.Errorf("%s, element %d: %w", e.spec.tag, s.element, err)
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// ganz writes a whole number.
func (e *encoder) ganz(slot int, v int64, present bool) {
	if !present {
		return
	}
	s := e.at(slot, true)
	if s == nil {
		return
	}
	e.to(s)
	from := len(e.buf)
	e.buf = strconv.AppendInt(e.buf, v, 10)
	if n := len(e.buf) - from; v < 0 || n > int(s.max) {
		e.fail(s, "number out of range")
	}
}

// dezimal writes a number of hundredths with two decimal places.
func (e *encoder) dezimal(slot int, v int64, present bool) {
	if !present {
		return
	}
	s := e.at(slot, true)
	if s == nil {
		return
	}
	e.to(s)
	if v < 0 {
		e.buf = append(e.buf, '-')
		v = -v
	}
	from := len(e.buf)
	e.buf = strconv.AppendInt(e.buf, v/100, 10)
	if v < 0 || len(e.buf)-from > int(s.max) {
		e.fail(s, "number out of range")
		return
	}
	e.buf = append(e.buf, ',', byte('0'+v/10%10), byte('0'+v%10))
}

// datum writes JJJJMMTT.
func (e *encoder) datum(slot int, d Datum) {
	s := e.at(slot, d != 0)
	if s == nil {
		return
	}
	if d == 0 {
		if s.mandatory {
			e.fail(s, "mandatory date is missing")
		}
		return
	}
	e.to(s)
	e.number(s, int64(d), 8)
}

// zeit writes HHMM.
func (e *encoder) zeit(slot int, t Uhrzeit, present bool) {
	if !present {
		return
	}
	s := e.at(slot, true)
	if s == nil {
		return
	}
	e.to(s)
	e.number(s, int64(t), 4)
}

// number writes v with exactly n digits.
func (e *encoder) number(s *elementSpec, v int64, n int) {
	from := len(e.buf)
	for range n {
		e.buf = append(e.buf, '0')
	}
	for i := len(e.buf) - 1; i >= from; i-- {
		e.buf[i] = byte('0' + v%10)
		v /= 10
	}
	if v != 0 {
		e.fail(s, "number out of range")
	}
}
