package p302

import (
	"sort"

	"klarbeleg/dta"
)

// elements checks the elements of the current segment against its table and
// leaves their values in r.werte.
func (r *Reader) elements(spec *segmentSpec) {
	next, count := 0, len(spec.first)-1
	fields := r.tok.Fields()
	for i := range fields {
		f := &fields[i]
		element := int(f.Element)
		if element > count {
			if f.End > f.Start {
				r.tooMany(spec, f)
				break
			}
			continue
		}
		slot := int(spec.first[element-1]) + int(f.Component) - 1
		if slot >= int(spec.first[element]) {
			if f.End > f.Start {
				r.tooMany(spec, f)
			}
			continue
		}
		for ; next < slot; next++ {
			r.absent(spec, next)
		}
		next = slot + 1
		if f.End == f.Start {
			r.absent(spec, slot)
			continue
		}
		text := r.text[f.Start:f.End]
		if f.Released {
			text = dta.Unescape(text)
		}
		e, w := &spec.elements[slot], &r.werte[slot]
		if code := e.check(text, w); code != "" && !spec.tolerated(e, w) {
			r.wrong(spec, e, f, code)
		}
	}
	for ; next < len(spec.elements); next++ {
		r.absent(spec, next)
	}
	if r.tok.Irregular() || len(fields) == 0 {
		r.irregular(spec)
	}
}

// absent clears a value and reports it if it is mandatory.
func (r *Reader) absent(spec *segmentSpec, slot int) {
	r.werte[slot] = wert{}
	e := &spec.elements[slot]
	if !e.mandatory {
		return
	}
	code := dta.CodeElementMissing
	switch spec.id {
	case segUNB:
		code = dta.CodeHeaderIncomplete
	case segUNZ:
		code = dta.CodeTrailer
	}
	r.elementFault(code, textElementMissing(e.name), spot{e.element, e.component, r.tok.Start()}, "")
}

// wrong reports a value that violates its type or length. A number that only
// lacks its leading zeros is a warning of its own (section 3.1).
func (r *Reader) wrong(spec *segmentSpec, e *elementSpec, f *dta.Field, code string) {
	w := &r.werte[e.slot(spec)]
	text := w.text
	if code == dta.CodeType && (spec.id == segUNT || spec.id == segUNZ) && e.element == 1 && len(text) < int(e.min) {
		if _, ok := digits(text, len(text)); ok {
			return
		}
	}
	*w = wert{}
	r.elementFault(code, e.sentence(code), spot{e.element, e.component, int(f.Start)}, text)
}

// slot returns the index of the element in its table.
func (e *elementSpec) slot(spec *segmentSpec) int {
	return int(spec.first[e.element-1]) + max(int(e.component), 1) - 1
}

// tooMany reports elements or components that the table does not have. NAM is
// sent with five elements by known writers: a warning (section 6).
func (r *Reader) tooMany(spec *segmentSpec, f *dta.Field) {
	err := r.at(dta.NewError(dta.CodeElementsTooMany, textTooMany(spec.tag)), r.offset(int(f.Start)))
	err.Element, err.Component = int(f.Element), int(f.Component)
	if f.Component == 1 {
		err.Component = 0
	}
	if spec.id == segNAM && f.Element == 5 {
		err.Severity = dta.Warn
	}
	r.note(err)
}

// irregular reports what the tokenizer saw besides the values.
func (r *Reader) irregular(spec *segmentSpec) {
	t := &r.tok
	if t.Overflow {
		r.segmentFault(dta.CodeElementsTooMany, textTooMany(spec.tag))
	}
	if t.Control >= 0 {
		r.fieldFault(spec, dta.CodeControl, t.Control)
	}
	if t.BadRelease >= 0 {
		r.fieldFault(spec, dta.CodeRelease, t.BadRelease)
	}
	if t.EmptyTail || len(t.Fields()) == 0 {
		r.segmentFault(dta.CodeEmptyTail, textEmptyTail(spec.tag))
	}
}

// fieldFault reports a finding at a position inside the current segment.
func (r *Reader) fieldFault(spec *segmentSpec, code string, pos int) {
	fields := r.tok.Fields()
	i := sort.Search(len(fields), func(i int) bool { return int(fields[i].End) > pos })
	var element, component uint8
	name := spec.tag
	if i < len(fields) && int(fields[i].Start) <= pos {
		f := &fields[i]
		element, component = f.Element, f.Component
		if int(element) < len(spec.first) {
			if slot := int(spec.first[element-1]) + int(component) - 1; slot < int(spec.first[element]) {
				name, component = spec.elements[slot].name, spec.elements[slot].component
			}
		}
	}
	sentence := textControl(name)
	if code == dta.CodeRelease {
		sentence = textRelease(spec.tag)
	}
	r.elementFault(code, sentence, spot{element, component, pos}, "")
}

// controls reports the first control character of the upper half of the
// character set (80 to 9F), which the tokenizer takes for a letter (P2018).
func (r *Reader) controls() {
	if len(r.text) == len(r.unit.Raw) {
		return // nothing but ASCII
	}
	if r.file.charsetFault {
		return // bytes of another character set are no control characters
	}
	if i := r.charset.FindControl(r.unit.Raw); i >= 0 {
		r.byteFault(dta.CodeControl, textControlUpper, i)
	}
}

// conditions checks elements that are mandatory under a condition (P2020), and
// those that must stay empty.
func (r *Reader) conditions(seg segID) {
	w := &r.werte
	need := func(condition bool, spec, slot int, because string) {
		if !condition || w[slot].da {
			return
		}
		e := &segmentSpecs[spec].elements[slot]
		r.elementFault(dta.CodeConditional, textConditional(e.name, because), spot{e.element, 0, r.tok.Start()}, "")
	}
	switch seg {
	case segEHI:
		need(w[ehiVon].da, specAEHI, ehiBis, "Versorgungszeitraum von angegeben ist")
	case segSUT:
		need(w[4].da, specGSUT, 5, "Versorgungszeitraum von angegeben ist")
	case segZHI:
		pflege := w[6].text == "8"
		need(pflege, specAZHI, 7, "das Kennzeichen Verordnungsbesonderheiten 8 ist")
		need(pflege, specAZHI, 8, "das Kennzeichen Verordnungsbesonderheiten 8 ist")
		r.groupsOfA()
	case segMEH:
		if meh, hil := r.ll.openMEH(); meh > hil && !r.msg.Rejected {
			r.segmentFault(dta.CodeRepetition, textMEH)
		}
	case segZHE:
		if w[9].da {
			r.mustBeEmpty(&segmentSpecs[specBZHE].elements[9])
		}
	}
}

// Slots of EHI that conditions speak about; Abrechnungscode and Tarifkennzeichen
// are two slots of element 1.
const (
	ehiVon = 15
	ehiBis = 16
)

// mustBeEmpty warns about a value where none may be sent.
func (r *Reader) mustBeEmpty(e *elementSpec) {
	err := r.at(dta.NewError(dta.CodeElementMissing, textMustBeEmpty(e.name)), r.ort().Offset)
	err.Element, err.Severity = int(e.element), dta.Warn
	r.note(err)
}

// groupsOfA checks, at the ZHI that ends them, that every HIL group has its MEH
// (section 8 A) and that consumables name their period (ZUH.6, EHI.15).
func (r *Reader) groupsOfA() {
	if r.msg.Rejected {
		return // the groups may be torn by what was reported
	}
	if meh, hil := r.ll.openMEH(); meh < hil {
		r.missingTag("MEH")
	}
	for _, p := range r.ll.consumablesWithoutPeriod() {
		e := dta.NewError(dta.CodeConditional, textConditional("Versorgungszeitraum von", "die Zuzahlung für einen Versorgungszeitraum berechnet ist"))
		e.Segment, e.Offset, e.Tag, e.Element = int(p.Segment), p.Offset, "EHI", 15
		r.note(e)
	}
}

// openMEH returns the number of MEH and of HIL groups of the open case.
func (b *build) openMEH() (meh, hil int) {
	f := last(b.from)
	if f == nil {
		return 0, 0
	}
	return len(b.meh) - int(f.meh), len(b.gruppen) - int(f.groups)
}

// consumablesWithoutPeriod returns the places of the positions of the open case
// whose ZUH has a Versorgungszeitraum while they have none.
func (b *build) consumablesWithoutPeriod() []Ort {
	f := last(b.from)
	if f == nil {
		return nil
	}
	var out []Ort
	for i := range b.zuh[f.zuh:] {
		z := &b.zuh[int(f.zuh)+i]
		if !z.Versorgungszeitraum.Vorhanden {
			continue
		}
		for g := int(f.groups); g < len(b.gruppen); g++ {
			if b.gruppen[g].HIL.Identifikationsnummer != z.Identifikationsnummer {
				continue
			}
			for _, p := range part(b.a, b.inGroup, g) {
				if p.EHI.VersorgungszeitraumVon == 0 {
					out = append(out, p.EHI.Ort)
				}
			}
		}
	}
	return out
}
