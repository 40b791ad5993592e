package p302

import (
	"sort"

	"klarbeleg/dta"
)

// elements checks the elements of the current segment against its table and
// leaves their values in r.werte.
func (r *Reader) elements(spec *segmentSpec) {
	if spec.older {
		clear(r.werte[:]) // slots that the version does not have
	}
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
		here := int(spec.first[element-1]) + int(f.Component) - 1
		if here >= int(spec.first[element]) {
			if f.End > f.Start {
				r.tooMany(spec, f)
			}
			continue
		}
		for ; next < here; next++ {
			r.absent(spec, next)
		}
		next = here + 1
		if f.End == f.Start {
			r.absent(spec, here)
			continue
		}
		text := r.text[f.Start:f.End]
		if f.Released {
			text = dta.Unescape(text)
		}
		e := &spec.elements[here]
		w := &r.werte[e.slot]
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
func (r *Reader) absent(spec *segmentSpec, index int) {
	e := &spec.elements[index]
	r.werte[e.slot] = wert{}
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
	r.elementFault(code, textElementMissing(e.name), spot{e.element, e.component, r.start}, "")
}

// wrong reports a value that violates its type or length. A number that only
// lacks its leading zeros is a warning of its own (section 3.1).
func (r *Reader) wrong(spec *segmentSpec, e *elementSpec, f *dta.Field, code string) {
	w := &r.werte[e.slot]
	text := w.text
	if code == dta.CodeType && (spec.id == segUNT || spec.id == segUNZ) && e.element == 1 && len(text) < int(e.min) {
		if _, ok := dta.Digits(text, len(text)); ok {
			return
		}
	}
	*w = wert{}
	r.elementFault(code, e.sentence(code), spot{e.element, e.component, int(f.Start)}, text)
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
	if !r.suspect || r.file.charsetFault {
		return // nothing beyond the letters; bytes of another character set are no control characters
	}
	if i := r.charset.FindControl(r.unit.Raw); i >= 0 {
		r.byteFault(dta.CodeControl, textControlUpper, i)
	}
}

// conditions checks elements that are mandatory under a condition (P2020), and
// those that must stay empty.
func (r *Reader) conditions(spec *segmentSpec, s segment) {
	switch s := s.(type) {
	case *EHI:
		r.need(spec, s.VersorgungszeitraumVon != 0 && s.VersorgungszeitraumBis == 0, slotEHIBis, "Versorgungszeitraum von angegeben ist")
	case *SUT:
		r.need(spec, s.VersorgungszeitraumVon != 0 && s.VersorgungszeitraumBis == 0, slotSUTBis, "Versorgungszeitraum von angegeben ist")
	case *ZHI:
		care := s.Verordnungsbesonderheiten == "8"
		r.need(spec, care && s.Beschaeftigtennummer == "", slotZHIStaff, "das Kennzeichen Verordnungsbesonderheiten 8 ist")
		r.need(spec, care && s.Institutionskennzeichen == "", slotZHIStaff+1, "das Kennzeichen Verordnungsbesonderheiten 8 ist")
		r.groupsOfA()
	case *MEH:
		if f := last(r.ll.doc.FaelleA); f != nil && len(f.MEH) > len(f.Gruppen) && !r.msg.Rejected {
			r.segmentFault(dta.CodeRepetition, textMEH)
		}
	case *ZHE:
		if s.Behandlungsbeginn != "" {
			r.mustBeEmpty(spec.at(slotZHEStart))
		}
	}
}

// Slots of the elements that conditions speak about: the elements, with those of
// composites counted one by one, from 0.
const (
	slotEHIBis   = 16
	slotSUTBis   = 5
	slotZHIStaff = 7
	slotZHEStart = 9
)

// need reports an element that is absent though a condition demands it, unless
// the message version does not have it.
func (r *Reader) need(spec *segmentSpec, absent bool, slot int, because string) {
	if e := spec.at(slot); absent && e != nil {
		r.elementFault(dta.CodeConditional, textConditional(e.name, because), spot{e.element, 0, r.start}, "")
	}
}

// mustBeEmpty warns about a value where none may be sent.
func (r *Reader) mustBeEmpty(e *elementSpec) {
	err := r.at(dta.NewError(dta.CodeElementMissing, textMustBeEmpty(e.name)), r.ort().Offset)
	err.Element, err.Severity = int(e.element), dta.Warn
	r.note(err)
}

// groupsOfA checks, at the ZHI that ends them, that every HIL group has its MEH
// (section 8 A) and that consumables name their period (ZUH.6, EHI.15).
func (r *Reader) groupsOfA() {
	f := last(r.ll.doc.FaelleA)
	if f == nil || r.msg.Rejected {
		return // the groups may be torn by what was reported
	}
	if len(f.MEH) < len(f.Gruppen) {
		r.missingTag("MEH")
	}
	for i := range f.ZUH {
		if f.ZUH[i].Versorgungszeitraum.Vorhanden {
			r.periods(f, f.ZUH[i].Identifikationsnummer)
		}
	}
}

// periods reports the positions of a HIL group that name no period though their
// ZUH has one.
func (r *Reader) periods(f *FallA, group int32) {
	for g := range f.Gruppen {
		if f.Gruppen[g].HIL.Identifikationsnummer != group {
			continue
		}
		for i := range f.Gruppen[g].Positionen {
			p := &f.Gruppen[g].Positionen[i].EHI
			if p.VersorgungszeitraumVon != 0 {
				continue
			}
			e := dta.NewError(dta.CodeConditional, textConditional("Versorgungszeitraum von", "die Zuzahlung für einen Versorgungszeitraum berechnet ist"))
			e.Segment, e.Offset, e.Tag = int(p.Ort.Segment), p.Ort.Offset, "EHI"
			e.Element = int(r.layout.specs[specAEHI].at(slotEHIBis - 1).element)
			r.note(e)
		}
	}
}
