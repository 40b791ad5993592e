package p295

import (
	"slices"
	"sort"

	"klarbeleg/dta"
)

// felder is a segment that can be read and written.
type felder interface{ felder(*codec) }

// decode checks the elements of the current segment against its table and fills
// the segment.
func (r *Reader) decode(spec *segmentSpec, s *Segment, fill felder) {
	r.c.begin(spec)
	s.Ort = r.ort()
	for _, f := range r.tok.Fields() {
		if f.End == f.Start {
			continue
		}
		slot := spec.slot(int(f.Element)+1, int(f.Component))
		if slot < 0 {
			s.Zusatz = append(s.Zusatz, Zusatz{int(f.Element) + 1, int(f.Component), r.tok.Text(f)})
			if len(s.Zusatz) == 1 {
				r.note(warning(r.fieldError(NewError(CodeElement, textTooMany(spec.tag)), f)))
			}
			continue
		}
		r.element(&spec.elements[slot], slot, f)
	}
	for slot := range spec.elements {
		r.absent(spec, slot)
	}
	if r.tok.Irregular() {
		r.irregular(spec)
	}
	fill.felder(&r.c)
}

// element checks one value. A value that violates its type is not taken over;
// one that is no key or has no check digit is.
func (r *Reader) element(e *elementSpec, slot int, f dta.Field) {
	text := r.tok.Text(f)
	w, wrong := e.check(text)
	if wrong != flawless {
		r.c.werte[slot] = wert{falsch: true}
		r.note(r.fieldError(NewError(e.rule, e.sentence(wrong)), f).WithValue(text))
		return
	}
	r.c.werte[slot] = w
	switch {
	case e.keys != nil && !slices.Contains(e.keys, text):
		err := r.fieldError(NewError(CodeSchluessel, textKey(e.name)), f).WithValue(text)
		if e.keysOpen {
			err = warning(err)
		}
		r.note(err)
	case !e.digit.valid(text):
		code := CodePruefziffer
		if e.rule == CodeDatei {
			code = CodeDatei // a partner of the file, not one of a Rechnungsbeleg
		}
		r.note(r.fieldError(NewError(code, textDigit(e.digit, e.name)), f).WithValue(text))
	}
}

// absent reports an element without value that must have one.
func (r *Reader) absent(spec *segmentSpec, slot int) {
	e := &spec.elements[slot]
	if e.presence == optional || r.c.werte[slot].da || r.c.werte[slot].falsch {
		return
	}
	if e.presence == inGroup {
		i := e.position - 2
		used := slices.ContainsFunc(r.c.werte[spec.first[i]:spec.first[i+1]], func(w wert) bool { return w.da || w.falsch })
		if !used {
			return
		}
	}
	err := r.at(NewError(e.rule, textElementMissing(e.name)), r.ort().Offset)
	err.Element, err.Component = e.position-1, e.component
	r.note(err)
}

// fieldError gives a finding the place of a field.
func (r *Reader) fieldError(e dta.Error, f dta.Field) dta.Error {
	e = r.at(e, r.offset(int(f.Start)))
	e.Element, e.Component = int(f.Element), int(f.Component)
	fields := r.tok.Fields()
	if i := sort.Search(len(fields), func(i int) bool { return fields[i].Start > f.Start }); f.Component == 1 && (i == len(fields) || fields[i].Element != f.Element) {
		e.Component = 0 // the element is no composite
	}
	return e
}

// irregular reports what the tokenizer saw besides the values.
func (r *Reader) irregular(spec *segmentSpec) {
	t := &r.tok
	if t.Overflow {
		r.segmentFault(CodeElement, textOverflow(spec.tag))
	}
	if t.Control >= 0 {
		r.note(r.at(NewError(CodeElement, textControl(spec.tag)), r.offset(t.Control)))
	}
	if t.BadRelease >= 0 {
		r.note(warning(r.at(NewError(CodeElement, textRelease(spec.tag)), r.offset(t.BadRelease))))
	}
}

// controls reports the first control character of the upper half of the
// character set (80 to 9F), which the tokenizer takes for a letter.
func (r *Reader) controls() {
	if r.foreign || !r.suspect {
		return // bytes of another character set are no control characters
	}
	if i := r.charset.FindControl(r.unit.Raw); i >= 0 {
		r.byteFault(NewError(CodeElement, textControlUpper), i)
	}
}
