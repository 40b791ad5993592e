package p295

import "klarbeleg/dta"

// walk is the place in the structure of a message.
type walk struct {
	nodes []node
	at    int  // index of the first node of the current order
	n     int  // segments of the current order so far
	torn  bool // a segment stood at a wrong place: said once
}

// find returns the node of a segment, nil if the structure has none. Each tag
// is in one order only; an unknown one is the segment whose tag nobody knows
// while its place is free and nothing else comes to take it.
func (w *walk) find(tag string, later func(order int) bool) *node {
	packed := dta.PackTag(tag)
	for i := range w.nodes {
		if packed != 0 && w.nodes[i].packed == packed {
			return &w.nodes[i]
		}
	}
	for i := range w.nodes {
		d := &w.nodes[i]
		free := w.order() < d.order || w.order() == d.order && w.n == 0
		if d.tag == "*" && dta.ShownTag(tag) != "" && free && !later(d.order) {
			return d
		}
	}
	return nil
}

// order returns the current order; behind the end it is above all others.
func (w *walk) order() int {
	if w.at == len(w.nodes) {
		return len(w.nodes) + 1
	}
	return w.nodes[w.at].order
}

// to moves on to an order and calls missing for every node on the way that had
// to be there.
func (w *walk) to(order int, missing func(*node)) {
	for w.at < len(w.nodes) && w.order() < order {
		if d := &w.nodes[w.at]; w.n < d.min {
			missing(d)
		}
		for from := w.order(); w.at < len(w.nodes) && w.order() == from; {
			w.at++
		}
		w.n = 0
	}
}

// message reads the unit at hand, a message from UNH to UNT.
func (r *Reader) message() {
	r.stats.Messages++
	r.in, r.torn = true, false
	r.msg.reset()
	r.msg.Index, r.msg.Von = r.stats.Messages, r.ort()
	r.controls()
	layout, kind := r.openMessage()
	r.msg.Gelesen = layout != nil
	if layout != nil {
		r.walk = walk{nodes: layout.structure}
	}
	last, n := len(r.unit.Starts)-1, 1
	for r.tok.Next() {
		r.index++
		if r.tok.Tag() == "" {
			r.warn(CodeElement, textEmptySegment)
			continue
		}
		n++
		if r.unit.Closed && r.index == last {
			r.endOfBody(layout)
			r.closeMessage(n)
			break
		}
		switch {
		case layout == nil:
		case n < MaxSegmente:
			r.segment()
		case n == MaxSegmente:
			r.segmentFault(CodeSegmentfolge, textTooManySegments)
		}
	}
	if !r.unit.Closed {
		r.segmentFault(CodeNachricht, textMissing("UNT"))
	}
	r.msg.Bis = Ort{Segment: r.unit.Ort(last).Segment, Offset: r.unit.Offset + int64(len(r.unit.Raw))}
	if layout != nil {
		r.checkContent(kind)
	}
	if r.msg.Rejected {
		r.stats.Abgewiesen++
	} else {
		r.stats.Zahlbetrag += r.msg.Betrag()
	}
}

// openMessage reads UNH and returns the layout, nil if it is not known.
func (r *Reader) openMessage() (*catalogue, messageType) {
	h := &r.msg.UNH
	r.decode(r.t.service.spec("UNH"), &h.Segment, h)
	r.sequence(h.Nachrichtenreferenz)
	if h.Nachrichtentyp == "" || h.Hauptversion == "" {
		return nil, messageType{} // reported as missing elements
	}
	kind, known := r.t.messageTypeOf(h.Nachrichtentyp)
	layout := r.t.layouts[h.Hauptversion]
	switch {
	case !known:
		r.segmentFault(CodeTyp, textType)
	case !kind.singleCase:
		r.segmentFault(CodeTyp, textTypeNotOffered)
	case layout == nil:
		r.segmentFault(CodeTyp, textVersion)
	default:
		return layout, kind
	}
	return nil, kind
}

// sequence checks UNH-02: 00 in the middle and a number that runs from 1. After
// a gap the numbering goes on from the number found.
func (r *Reader) sequence(reference string) {
	if len(reference) != referenceDigits {
		r.last++
		return // reported as a fault of the element
	}
	if reference[2:4] != "00" {
		r.segmentFault(CodeNachricht, textReference)
	}
	n, _ := count(reference[4:])
	if int64(n) != r.last+1 {
		r.segmentFault(CodeNachricht, textSequence)
	}
	r.last = int64(n)
}

// referenceDigits is the length of UNH-02.
const referenceDigits = 10

// endOfBody reports what is missing at the end of the message.
func (r *Reader) endOfBody(layout *catalogue) {
	if layout != nil {
		r.walk.to(len(layout.structure)+1, r.missing)
	}
}

// later tells whether a segment of an order comes behind the current one. It is
// asked only where something is wrong.
func (r *Reader) later(order int) bool {
	starts := r.unit.Starts[r.index+1:]
	for _, s := range starts[:min(len(starts), MaxSegmente)] {
		raw := r.unit.Raw[s:]
		if len(raw) < 4 {
			return false
		}
		tag := string(raw[:3])
		for i := range r.walk.nodes {
			if d := &r.walk.nodes[i]; d.order == order && d.tag == tag {
				return true
			}
		}
	}
	return false
}

// missing reports a segment that should stand before the current one. One that
// comes later is misplaced, not missing.
func (r *Reader) missing(d *node) {
	if r.later(d.order) {
		return
	}
	report := r.segmentFault
	if d.warn {
		report = r.warn
	}
	report(CodeSegmentfolge, textMissing(d.tag))
}

// closeMessage reads UNT and checks counts and reference; n is the number of
// segments found.
func (r *Reader) closeMessage(n int) {
	t, h := &r.unt, &r.msg.UNH
	*t = unt{}
	r.decode(r.t.service.spec("UNT"), &t.Segment, t)
	if want, ok := count(t.AnzahlSegmente); ok && want != n {
		r.segmentFault(CodeNachricht, textSegmentCount(want, n))
	}
	if differ(t.Nachrichtenreferenz, h.Nachrichtenreferenz) {
		r.segmentFault(CodeNachricht, textUNTReference)
	}
	if want, ok := count(h.AnzahlSegmente); ok && want != n {
		r.warn(CodeNachricht, textSegmentCountUNH)
	}
}

// segment checks the place of the current segment and takes it over.
func (r *Reader) segment() {
	tag := r.tok.Tag()
	d := r.walk.find(tag, r.later)
	switch {
	case d == nil:
		r.segmentFault(CodeSegmentfolge, textUnknown(tag))
		return
	case d.order < r.walk.order():
		if !r.walk.torn {
			r.segmentFault(CodeSegmentfolge, textOrder(tag))
		}
		r.walk.torn = true
		return
	}
	r.walk.to(d.order, r.missing)
	if r.walk.n++; d.max > 0 && r.walk.n > d.max {
		if !r.walk.torn { // else the first one stood at the wrong place
			r.segmentFault(CodeSegmentfolge, textRepetition(tag, d.max))
		}
		return
	}
	if d.raw {
		if d.tag == "*" {
			r.warn(CodeSegmentfolge, textRaw(tag))
		}
		r.raw()
		return
	}
	r.take(tag, d.spec)
}

// raw keeps a segment whose layout is not established.
func (r *Reader) raw() {
	if r.tok.Control >= 0 {
		r.segmentFault(CodeElement, textControl(r.tok.Tag()))
		return
	}
	end := r.tok.End()
	if !r.tok.Open {
		end--
	}
	tag := r.tok.Tag()
	r.msg.Leistungserbringer = dta.Some(Rohsegment{Ort: r.ort(), Tag: tag, Inhalt: r.text[r.tok.Start()+len(tag) : end]})
}

// take reads the current segment into its place in the message.
func (r *Reader) take(tag string, spec *segmentSpec) {
	m := &r.msg
	switch tag {
	case "IVK":
		r.decode(spec, &m.IVK.Segment, &m.IVK)
		r.checkIVK()
	case "IBH":
		m.IBH.Vorhanden = true
		r.decode(spec, &m.IBH.Wert.Segment, &m.IBH.Wert)
	case "INF":
		r.decode(spec, &m.INF.Segment, &m.INF)
	case "INV":
		r.decode(spec, &m.INV.Segment, &m.INV)
		if m.INV.GueltigkeitKarte != "" {
			r.warn(CodeElement, textINV06)
		}
	case "DIA":
		s := grow(&m.DIA)
		r.decode(spec, &s.Segment, s)
	case "OPS":
		s := grow(&m.OPS)
		r.decode(spec, &s.Segment, s)
	case "ABR":
		s := grow(&m.ABR)
		r.decode(spec, &s.Segment, s)
	case "MND":
		s := grow(&m.MND)
		r.decode(spec, &s.Segment, s)
	case "FKI":
		r.decode(spec, &m.FKI.Segment, &m.FKI)
	case "RGI":
		r.decode(spec, &m.RGI.Segment, &m.RGI)
	}
}

// grow appends an empty segment and returns it.
func grow[T any](list *[]T) *T {
	var zero T
	*list = append(*list, zero)
	return &(*list)[len(*list)-1]
}
