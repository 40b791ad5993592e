package p300

import (
	"strings"

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
		slot := -1
		if element <= count {
			slot = int(spec.first[element-1]) + int(f.Component) - 1
			if slot >= int(spec.first[element]) {
				slot = -1
			}
		}
		if slot < 0 {
			if f.End > f.Start {
				r.fault(CodeSyntax, textTooMany(spec.tag))
				break
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
		e := &spec.elements[slot]
		if code := e.check(r.tok.Text(*f), &r.werte[slot]); code != "" {
			r.elementFault(code, e.textWrong(code), e, int(f.Start), r.werte[slot].text)
			r.werte[slot] = wert{}
		}
	}
	for ; next < len(spec.elements); next++ {
		r.absent(spec, next)
	}
	if r.tok.Irregular() {
		r.irregular(spec)
	}
}

// absent clears a value and reports it if it is mandatory.
func (r *Reader) absent(spec *segmentSpec, slot int) {
	r.werte[slot] = wert{}
	if e := &spec.elements[slot]; e.mandatory {
		r.elementFault(CodeSyntax, e.textAbsent(), e, r.tok.Start(), "")
	}
}

// irregular reports what the tokenizer saw besides the values.
func (r *Reader) irregular(spec *segmentSpec) {
	t := &r.tok
	if t.Overflow {
		r.fault(CodeSyntax, textTooMany(spec.tag))
	}
	if t.Control >= 0 {
		r.fault(CodeSyntax, textControl)
	}
	if t.BadRelease >= 0 {
		r.warn(CodeSyntax, textRelease)
	}
	if t.EmptyTail {
		r.warn(CodeSyntax, textEmptyTail)
	}
}

// message reads the unit at hand, a message from UNH to UNT.
func (r *Reader) message() {
	r.messages++
	r.in = true
	r.msg = Message{Index: r.messages, Errors: r.msg.Errors[:0]}
	readable := r.openMessage()
	last, closed := len(r.unit.Starts)-1, false
	for r.tok.Next() {
		r.index++
		if r.unit.Closed && r.index == last {
			closed = true
			r.closeMessage(readable)
			break
		}
		if readable {
			r.segment()
		}
	}
	if !closed {
		r.fault(CodeSyntax, textNoUNT)
	}
}

// openMessage reads UNH; false if the message's layout is not known.
func (r *Reader) openMessage() bool {
	spec := &segmentSpecs[segUNH]
	r.elements(spec)
	h := &r.msg.UNH
	h.lesen(r.werte[:], r.ort())
	if ref := h.Nachrichtenreferenz; ref != "" {
		if n, ok := number(ref[9:], 5, 5); !ok || int(n) != r.messages%100_000 {
			r.slotFault(CodeReferenz, textSequence, spec, 0)
		}
		r.checkIK(r.msg.IK(), spec, 0)
	}
	r.checkIK(h.KostentraegerIK, spec, 5)
	v := versionOf(h.Nachrichtentyp, h.Versionsnummer)
	switch {
	case !v.read:
		r.slotFault(CodeVersion, textTyp, spec, 2)
		return false
	case v.typ == "ABRP":
		r.walk.reset(r.abrp)
		r.msg.ABRP = r.build.startABRP()
	default:
		r.walk.reset(r.recp)
		r.msg.RECP = r.build.startRECP()
	}
	return true
}

// closeMessage reads UNT and checks count and reference (APO-D03).
func (r *Reader) closeMessage(readable bool) {
	if readable {
		for _, n := range r.walk.finish() {
			r.missing(n)
		}
	}
	r.elements(&segmentSpecs[segUNT])
	if w := &r.werte[0]; w.da && int(w.num) != r.index+1 {
		r.fault(CodeZaehler, textSegmentCount(w.num, r.index+1))
	}
	if w := &r.werte[1]; w.da && w.text != r.msg.UNH.Nachrichtenreferenz {
		r.fault(CodeZaehler, textUNTNr)
	}
	switch {
	case !readable:
	case r.msg.ABRP != nil:
		r.closeVerordnung()
	case !r.rejected:
		r.build.recp.pruefen(r.note)
	}
}

// missing reports a mandatory segment at the segment that came instead.
func (r *Reader) missing(n int) {
	tag := segmentSpecs[r.walk.g.nodes[n].seg].tag
	e := r.at(NewError(CodeSyntax, textMissing(tag)))
	e.Tag = tag
	r.note(e)
}

// segment checks the place of the current segment, its elements, and takes it
// over.
func (r *Reader) segment() {
	tag := r.tok.Tag()
	n, verdict, missing := r.walk.move(dta.PackTag(tag))
	for _, m := range missing {
		r.missing(m)
	}
	switch verdict {
	case accepted:
		seg := r.walk.g.nodes[n].seg
		if seg == segINV {
			r.closeVerordnung()
		}
		spec := &segmentSpecs[seg]
		r.elements(spec)
		r.build.take(seg, n, r.werte[:], r.ort())
		r.conditions(spec)
	case unknownHere:
		r.fault(CodeSyntax, textUnknown(dta.ShownTag(tag)))
	case wrongPlace:
		r.fault(CodeSyntax, textOrder(tag))
	case tooOften:
		r.fault(CodeSyntax, textRepetition(tag))
	}
}

// checkREC checks the invoice head: number, version, order of the invoices.
func (r *Reader) checkREC(spec *segmentSpec) {
	w := &r.werte
	if !ValidRechnungsnummer(w[0].text) {
		r.slotFault(CodeSchluessel, textNummer, spec, 0)
	}
	v := versionOf(r.msg.UNH.Nachrichtentyp, r.msg.UNH.Versionsnummer)
	if month := int32(w[3].num / 100); w[3].da && (month < v.from || month > v.until) {
		r.slotFault(CodeVersion, textVersion, spec, 3)
	}
	if r.msg.RECP == nil {
		return
	}
	if w[2].text == "7" && r.sammel {
		r.slotFault(CodeSyntax, textReihenfolge, spec, 2)
	}
	r.sammel = r.sammel || w[2].text == "6"
}

// ValidRechnungsnummer tells whether a Rechnungsnummer has at most 20
// characters and none of / : ? * \ " < > | (REC-02, APO-F09).
func ValidRechnungsnummer(s string) bool {
	return len([]rune(s)) <= 20 && !strings.ContainsAny(s, `/:?*\"<>|`)
}

// closeVerordnung checks the prescription that is complete now. In a file that is
// rejected anyway sums would only repeat what is missing.
func (r *Reader) closeVerordnung() {
	if v := r.build.verordnung(); v != nil && !r.rejected {
		v.pruefen(r.note)
	}
}

// place gives a finding the place of a segment and an element after its tag.
func place(e dta.Error, o Ort, tag string, element int) dta.Error {
	e.Segment, e.Offset, e.Tag, e.Element = int(o.Segment), o.Offset, tag, element
	return e
}
