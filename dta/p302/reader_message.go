package p302

import (
	"klarbeleg/dta"
)

// message reads the unit at hand, a message from UNH to UNT.
func (r *Reader) message() {
	r.messages++
	r.in = true
	r.msg = Message{Index: r.messages, Von: r.ort(), Errors: r.msg.Errors[:0]}
	r.controls()
	readable := r.openMessage()
	if r.msg.Kind == KindSLGA {
		r.resetSLGA()
		r.walk.reset(r.slga)
	} else {
		r.ll.reset()
		r.walk.reset(r.slla)
	}
	last, count := len(r.unit.Starts)-1, 1
	for r.advance() {
		if r.tag == 0 && r.tok.Tag() == "" {
			r.segmentFault(dta.CodeEmptyTail, textEmptySegment)
			continue
		}
		count++
		if r.unit.Closed && r.index == last {
			r.closeMessage(readable, count)
			break
		}
		if readable {
			r.segment()
		} else {
			r.tokenize() // only to step over it
		}
	}
	if !r.unit.Closed {
		r.missingTag("UNT")
	}
	r.msg.Bis = Ort{Segment: r.unit.Ort(last).Segment, Offset: r.unit.Offset + int64(len(r.unit.Raw))}
	switch {
	case !readable:
	case r.msg.Kind == KindSLGA:
		r.msg.SLGA = &r.sl
	case r.msg.Kind == KindSLLA:
		r.msg.SLLA = &r.ll.doc
	}
}

func (r *Reader) resetSLGA() {
	sko, ges := r.sl.SKO, r.sl.GES
	empty(&sko)
	empty(&ges)
	r.sl = SLGA{SKO: sko, GES: ges}
}

// openMessage reads UNH; false if the message's layout is not known.
func (r *Reader) openMessage() bool {
	h := &r.msg.UNH
	r.read(specMESSAGEUNH, h)
	switch h.NachrTypKennung {
	case "SLGA":
		r.msg.Kind = KindSLGA
	case "SLLA":
		r.msg.Kind = KindSLLA
	}
	r.sequence(h.Nachrichtenreferenznummer)
	return r.checkVersion()
}

// sequence checks that the references run 00001, 00002, ... (P2006). After a
// gap the numbering goes on from the reference found.
func (r *Reader) sequence(reference string) {
	if reference == "" {
		return // reported as a missing element
	}
	n, ok := dta.Digits(reference, len(reference))
	if !ok || n != r.file.reference+1 {
		r.segmentFault(dta.CodeReference, textSequence)
	} else if len(reference) != 5 {
		r.warnFormat("Nachrichtenreferenznummer", 5)
	}
	if ok {
		r.file.reference = n
	}
}

// checkVersion asks the version table by the date of UNB (P2008), for one version
// per file (P2026), and for a version that is not from the future (R-FIL-07). It
// makes the layout of the first version that of the file.
func (r *Reader) checkVersion() bool {
	h := &r.msg.UNH
	if h.NachrTypKennung == "" || h.Versionsnummer == "" {
		return false // reported as missing elements
	}
	first := r.file.version == ""
	if first {
		r.file.version = h.Versionsnummer
		if isFuture(h.Versionsnummer) {
			r.file.future = true
			r.segmentFault(dta.CodeFutureVersion, textFuture(h.Versionsnummer, newestVersion))
			return false
		}
	}
	several := r.file.version != h.Versionsnummer
	if several {
		r.segmentFault(dta.CodeVersions, textVersions)
	}
	v, known := versionOf(h.Versionsnummer)
	valid := known && (r.unb.Datum == 0 || (v.from <= r.unb.Datum && r.unb.Datum <= v.until))
	valid = valid && r.msg.Kind != 0 && constantZero(h.FreigabeNr) && constantZero(h.VerwaltendeOrganisation)
	l := r.layout
	if first {
		l = newLayout(h.Versionsnummer)
		r.useLayout(l)
	}
	if !valid || (r.slga == nil && !several) {
		r.segmentFault(dta.CodeMessageVersion, textVersion)
		return false
	}
	if first && !l.hasGroup(r.group) {
		r.segmentFault(dta.CodeArea, textAreaVersion)
	}
	return !several && r.slga != nil
}

// useLayout makes the tables of a version those of the file; nil leaves it without
// any: no message can be read.
func (r *Reader) useLayout(l *layout) {
	if l == nil {
		return
	}
	r.layout = l
	r.slga, r.slla = newGrammar(KindSLGA, ' ', false, l), newGrammar(KindSLLA, r.group, false, l)
	r.gzf = newGrammar(KindSLLA, r.group, true, l)
}

// constantZero accepts an absent element, which is reported on its own.
func constantZero(s string) bool { return s == "" || s == "0" }

// closeMessage reads UNT and checks count and reference (P2006, P2007).
func (r *Reader) closeMessage(readable bool, count int) {
	if readable {
		for _, n := range r.walk.finish() {
			r.missing(int(n))
		}
	}
	r.unt = UNT{}
	r.read(specMESSAGEUNT, &r.unt)
	t := &r.unt
	n, ok := dta.Digits(t.AnzahlEinheiten, len(t.AnzahlEinheiten))
	switch {
	case t.AnzahlEinheiten == "" || !ok || len(t.AnzahlEinheiten) > 6:
		// reported as a fault of the element
	case int(n) != count:
		r.segmentFault(dta.CodeSegmentCount, textSegmentCount(n, count))
	case len(t.AnzahlEinheiten) != 6:
		r.warnFormat("Anzahl Einheiten", 6)
	}
	if t.Nachrichtenreferenznummer != "" && t.Nachrichtenreferenznummer != r.msg.UNH.Nachrichtenreferenznummer {
		r.segmentFault(dta.CodeReference, textUNTReference)
	}
}

// segment checks the place of the current segment, its elements, and takes it
// over.
func (r *Reader) segment() {
	if n := r.walk.regular(r.tag); n != noNode {
		r.take(n)
		return
	}
	n, verdict, missing := r.walk.move(r.tag, r.ahead)
	for _, m := range missing {
		r.missing(int(m))
	}
	if verdict != accepted {
		r.tokenize()
	}
	switch verdict {
	case unknownHere:
		r.segmentFault(dta.CodeSegmentUnknown, textUnknown(dta.ShownTag(r.tok.Tag())))
	case wrongPlace:
		r.segmentFault(dta.CodeOrder, textOrder(r.tok.Tag()))
	case tooOften:
		r.segmentFault(dta.CodeRepetition, textRepetition(r.tok.Tag(), r.walk.g.nodes[n].max))
	case accepted:
		r.take(n)
	case swallowed: // part of what is reported already
	}
}

// missing reports a mandatory segment (P2010) at the segment that came instead.
func (r *Reader) missing(n int) {
	r.missingTag(segmentSpecs[r.walk.g.nodes[n].spec].tag)
}

func (r *Reader) missingTag(tag string) {
	e := r.at(dta.NewError(dta.CodeSegmentMissing, textMissing(tag)), r.ort().Offset)
	e.Tag = tag
	r.note(e)
}

// lookAhead bounds the search for a segment that may only be misplaced.
const lookAhead = 1000

// ahead tells whether the segment tag occurs behind the current segment before
// the segment stop. It is asked only where the order is broken.
func (r *Reader) ahead(tag, stop uint32) bool {
	starts := r.unit.Starts[r.index+1:]
	for _, s := range starts[:min(len(starts), lookAhead)] {
		raw := r.unit.Raw[s:]
		if len(raw) < 4 {
			return false
		}
		switch dta.PackTag(string(raw[:3])) {
		case tag:
			return true
		case stop:
			return false
		}
	}
	return false
}

// take reads the segment of a row of the structure into its place and checks what
// must be the same in the whole file.
func (r *Reader) take(n int) {
	row := &r.walk.g.nodes[n]
	var s segment
	if r.msg.Kind == KindSLGA {
		s = r.sl.ziel(row.seg)
	} else {
		s = r.ll.ziel(r.group, n)
	}
	spec := r.read(row.spec, s)
	switch row.seg {
	case segFKT:
		r.takeFKT()
	case segREC:
		rechnungsart := r.ll.doc.REC.Rechnungsart
		if r.msg.Kind == KindSLGA {
			rechnungsart = r.sl.REC.Rechnungsart
		}
		r.same(&r.file.rechnungsart, rechnungsart, dta.CodeRechnungsart, textRechnungsart)
	case segEHI, segZHI, segSUT, segZHE, segMEH:
		r.conditions(spec, s)
	case segZUZ: // reserved (section 8 G to N)
		e := r.at(dta.NewError(dta.CodeSegmentUnknown, textReserved), r.ort().Offset)
		e.Severity = dta.Warn
		r.note(e)
	}
}

func (r *Reader) takeFKT() {
	if r.msg.Kind == KindSLGA {
		r.same(&r.file.verarbeitung, r.sl.FKT.Verarbeitungskennzeichen, dta.CodeVerarbeitung, textVerarbeitung)
		r.checkSLGA()
		return
	}
	vkz := r.ll.doc.FKT.Verarbeitungskennzeichen
	r.same(&r.file.verarbeitung, vkz, dta.CodeVerarbeitung, textVerarbeitung)
	if vkz == "03" {
		r.walk.g = r.gzf
	}
}

// same checks that a value is the same as the first one of the file.
func (r *Reader) same(first *string, value, code, sentence string) {
	switch {
	case value == "":
	case *first == "":
		*first = value
	case *first != value:
		r.segmentFault(code, sentence)
	}
}

// checkSLGA checks the sender (R-FIL-08) and that bills with and without
// Sammelrechnung are not mixed (R-FIL-13, part of P2024).
func (r *Reader) checkSLGA() {
	f := &r.sl.FKT
	if sender := r.unb.Absenderbezeichnung; f.AbsenderIK != "" && len(sender) >= 9 && f.AbsenderIK != sender[:9] && !r.file.partnerFault {
		r.file.partnerFault = true
		r.segmentFault(dta.CodePartner, textSender)
	}
	if !r.file.slgaSeen {
		r.file.slgaSeen, r.file.sammelFirst = true, r.sl.IstSammelrechnung()
	} else if r.sl.IstSammelrechnung() && !r.file.sammelFirst && !r.file.mixed {
		r.file.mixed = true
		r.segmentFault(dta.CodeRechnungsart, textMixed)
	}
}
