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
	for r.tok.Next() {
		r.index++
		if r.tok.Tag() == "" {
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
		}
	}
	if !r.unit.Closed {
		r.missingTag("UNT")
	}
	r.msg.Bis = Ort{Segment: int32(r.unit.Segment + last), Offset: r.unit.Offset + int64(len(r.unit.Raw))}
	switch {
	case !readable:
	case r.msg.Kind == KindSLGA:
		r.msg.SLGA = &r.sl
	case r.msg.Kind == KindSLLA:
		r.msg.SLLA = r.ll.finish(r.group)
	}
}

func (r *Reader) resetSLGA() {
	r.sl = SLGA{SKO: r.sl.SKO[:0], GES: r.sl.GES[:0]}
}

// openMessage reads UNH; false if the message's layout is not known.
func (r *Reader) openMessage() bool {
	r.elements(&segmentSpecs[specMESSAGEUNH])
	h := &r.msg.UNH
	h.lesen(r.werte[:], r.msg.Von)
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
	n, ok := digits(reference, len(reference))
	if !ok || n != r.file.reference+1 {
		r.segmentFault(dta.CodeReference, textSequence)
	} else if len(reference) != 5 {
		r.warnFormat("Nachrichtenreferenznummer", 5)
	}
	if ok {
		r.file.reference = n
	}
}

// checkVersion asks the version table by the date of UNB (P2008) and for one
// version per file (P2026).
func (r *Reader) checkVersion() bool {
	h := &r.msg.UNH
	if h.NachrTypKennung == "" || h.Versionsnummer == "" {
		return false // reported as missing elements
	}
	several := r.file.version != "" && r.file.version != h.Versionsnummer
	if r.file.version == "" {
		r.file.version = h.Versionsnummer
	}
	v, known := versionOf(h.Versionsnummer)
	valid := known && (r.unb.Datum == 0 || (v.from <= r.unb.Datum && r.unb.Datum <= v.until))
	valid = valid && r.msg.Kind != 0 && constantZero(h.FreigabeNr) && constantZero(h.VerwaltendeOrganisation)
	if several {
		r.segmentFault(dta.CodeVersions, textVersions)
	}
	if !valid || (h.Versionsnummer != layoutVersion && !several) {
		r.segmentFault(dta.CodeMessageVersion, textVersion)
		return false
	}
	return h.Versionsnummer == layoutVersion
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
	r.elements(&segmentSpecs[specMESSAGEUNT])
	var t UNT
	t.lesen(r.werte[:], r.ort())
	n, ok := digits(t.AnzahlEinheiten, len(t.AnzahlEinheiten))
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
	tag := packTag(r.tok.Tag())
	n, verdict, missing := r.walk.move(tag, r.ahead)
	for _, m := range missing {
		r.missing(int(m))
	}
	switch verdict {
	case unknownHere:
		r.segmentFault(dta.CodeSegmentUnknown, textUnknown(tagForText(r.tok.Tag())))
	case wrongPlace:
		r.segmentFault(dta.CodeOrder, textOrder(r.tok.Tag()))
	case tooOften:
		r.segmentFault(dta.CodeRepetition, textRepetition(r.tok.Tag(), r.walk.g.nodes[n].max))
	case accepted:
		spec := &segmentSpecs[r.walk.g.nodes[n].spec]
		r.elements(spec)
		r.take(spec)
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
		switch packTag(string(raw[:3])) {
		case tag:
			return true
		case stop:
			return false
		}
	}
	return false
}

// take hands a checked segment to the typed content and checks what must be the
// same in the whole file.
func (r *Reader) take(spec *segmentSpec) {
	ort := r.ort()
	if r.msg.Kind == KindSLGA {
		r.takeSLGA(spec.id, ort)
	} else {
		r.ll.take(r.group, spec.id, r.werte[:], ort)
	}
	switch spec.id {
	case segFKT:
		vkz := r.werte[0].text
		r.same(&r.file.verarbeitung, vkz, dta.CodeVerarbeitung, textVerarbeitung)
		if vkz == "03" && r.msg.Kind == KindSLLA {
			r.walk.g = r.gzf
		}
	case segREC:
		r.same(&r.file.rechnungsart, r.ll.rechnungsart(r.msg.Kind, &r.sl), dta.CodeRechnungsart, textRechnungsart)
	case segEHI, segZHI, segSUT, segZHE, segMEH:
		r.conditions(spec.id)
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

func (r *Reader) takeSLGA(seg segID, ort Ort) {
	w := r.werte[:]
	switch seg {
	case segFKT:
		r.sl.FKT.lesen(w, ort)
		r.checkSLGA()
	case segREC:
		r.sl.REC.lesen(w, ort)
	case segUST:
		r.sl.UST.Vorhanden = true
		r.sl.UST.Wert.lesen(w, ort)
	case segSKO:
		extend(&r.sl.SKO).lesen(w, ort)
	case segGES:
		extend(&r.sl.GES).lesen(w, ort)
	case segNAM:
		r.sl.NAM.lesen(w, ort)
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

// rechnungsart returns REC.3 of the message at hand.
func (b *build) rechnungsart(kind MessageKind, sl *SLGA) string {
	if kind == KindSLGA {
		return sl.REC.Rechnungsart
	}
	return b.doc.REC.Rechnungsart
}
