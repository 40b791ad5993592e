package gen

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"klarbeleg/dta/invented"
	"klarbeleg/dta/p300"
)

// damaged returns the writer of a file whose text has the faults asked for.
func (d *Delivery) damaged(f *Datei, out io.Writer) io.WriteCloser {
	w := &damager{out: out}
	for _, x := range d.faultsOf(f) {
		if x.kind.segments == nil && x.kind.old == "" {
			continue
		}
		p := &pending{old: x.kind.old, now: x.kind.now, segments: map[string]segmentFault{}, from: x.Verordnung}
		for tag, change := range x.kind.segments {
			p.segments[tag] = change
		}
		if x.kind.first || f.Kind != ABRP {
			p.from = -1
		}
		w.pending = append(w.pending, p)
	}
	return w
}

// damager puts faults into the text on its way out.
type damager struct {
	out     io.Writer
	pending []*pending
	open    []byte // a segment that is not complete
	inv     int    // prescriptions begun
}

// pending is a fault that waits for its place.
type pending struct {
	segments map[string]segmentFault
	from     int // prescription from which its segments count, -1 for the whole file
	old, now string
}

func (w *damager) Write(p []byte) (int, error) {
	text := p
	for _, x := range w.pending {
		if x.old != "" && bytes.Contains(text, []byte(x.old)) {
			text = bytes.Replace(text, []byte(x.old), []byte(x.now), 1)
			x.old = ""
		}
	}
	if w.edifact() {
		text = w.segments(text)
	}
	_, err := w.out.Write(text)
	return len(p), err
}

func (w *damager) edifact() bool {
	for _, x := range w.pending {
		if len(x.segments) > 0 {
			return true
		}
	}
	return len(w.open) > 0
}

// segments changes the segments that are complete, and keeps the rest.
func (w *damager) segments(text []byte) []byte {
	w.open = append(w.open, text...)
	var out []byte
	for {
		end := terminator(w.open)
		if end < 0 {
			return out
		}
		out = append(out, w.segment(string(w.open[:end]))...)
		w.open = w.open[end+1:]
	}
}

// terminator returns the place of the first ' that is not released, -1 for none.
func terminator(b []byte) int {
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '?':
			i++
		case '\'':
			return i
		}
	}
	return -1
}

func (w *damager) segment(s string) string {
	head := s[:len(s)-len(strings.TrimLeft(s, "\r\n"))]
	s = s[len(head):]
	tag, _, _ := strings.Cut(s, "+")
	if tag == "INV" {
		w.inv++
	}
	for _, x := range w.pending {
		if change := x.segments[tag]; change != nil && w.inv > x.from {
			delete(x.segments, tag)
			s = change(s)
		}
	}
	if s == "" {
		return ""
	}
	return head + s + "'"
}

// Close writes what is left.
func (w *damager) Close() error {
	_, err := w.out.Write(w.open)
	return err
}

// swap returns a change of the first occurrence of a text.
func swap(old, now string) segmentFault {
	return func(s string) string { return strings.Replace(s, old, now, 1) }
}

// element returns a change of an element, counted from 1 behind the tag.
func element(n int, value string) segmentFault {
	return func(s string) string {
		parts := strings.Split(s, "+") // no generated number holds a released separator
		for len(parts) <= n {
			parts = append(parts, "")
		}
		parts[n] = value
		return strings.Join(parts, "+")
	}
}

// syntaxFaults are faults of the text of EDIFACT files (stages 1 to 3).
func syntaxFaults() []FaultKind {
	one := func(tag string, change segmentFault) map[string]segmentFault {
		return map[string]segmentFault{tag: change}
	}
	reference := func(s string) string { return strings.Replace(s, "00001", "00002", 1) }
	return []FaultKind{
		{Name: "syntax-level", Rule: p300.CodeUnlesbar, Datei: ABRP, first: true, segments: one("UNB", swap("UNOC:3", "UNOA:1"))},
		{Name: "element-missing", Rule: p300.CodeSyntax, Datei: ABRP, segments: one("BES", element(1, ""))},
		{Name: "element-long", Rule: p300.CodeSyntax, Datei: ABRP, segments: one("INV", element(2, "100000"))},
		{Name: "amount-format", Rule: p300.CodeSyntax, Datei: ABRP, segments: one("BES", element(1, "27.69"))},
		{Name: "segment-missing", Rule: p300.CodeSyntax, Datei: ABRP, segments: map[string]segmentFault{
			"NAD": func(string) string { return "" },
			"UNT": func(s string) string { // the count stays right
				parts := strings.Split(s, "+")
				n, _ := strconv.Atoi(parts[1]) // the writer's own number
				return element(1, strconv.Itoa(n-1))(s)
			},
		}},
		{Name: "segment-unknown", Rule: p300.CodeSyntax, Datei: ABRP, segments: one("NAD", swap("NAD", "NAX"))},
		{Name: "segment-count", Rule: p300.CodeZaehler, Datei: ABRP, segments: one("UNT", element(1, "999"))},
		{Name: "message-reference", Rule: p300.CodeZaehler, Datei: ABRP, first: true, segments: one("UNT", reference)},
		{Name: "message-count", Rule: p300.CodeZaehler, Datei: ABRP, segments: one("UNZ", element(1, "999"))},
		{Name: "file-reference", Rule: p300.CodeZaehler, Datei: RECP, segments: one("UNZ", element(2, "99999"))},
		{
			Name: "message-number", Rule: p300.CodeReferenz, Datei: ABRP, first: true,
			segments: map[string]segmentFault{"UNH": reference, "UNT": reference},
		},
		{Name: "payer", Rule: p300.CodeSchluessel, Datei: ABRP, first: true, segments: one("UNH", func(s string) string {
			return invented.OtherDigit(s, len(s)-1) // the payer's check digit
		})},
		{Name: "invoice-date", Rule: p300.CodeSchluessel, Datei: RECP, segments: one("REC", element(2, "20261131"))},
		{Name: "invoice-number", Rule: p300.CodeSchluessel, Datei: RECP, segments: one("REC", swap("RZ", "R/"))},
		{Name: "file-name", Rule: p300.CodeDateiname, Datei: ABRP, first: true, segments: one("UNB", swap("ABR", "XYZ"))},
		{Name: "version", Rule: p300.CodeVersion, Datei: ABRP, first: true, segments: one("UNH", swap("ABRP:21", "ABRP:20"))},
		{Name: "version-of-month", Rule: p300.CodeVersion, Datei: RECP, segments: one("REC", element(4, "20170630"))},
		{Name: "factor-places", Rule: p300.CodeFaktor, Datei: ABRP, plan: papierRezept, segments: one("ZDP", swap(",000000", ",00000"))},
	}
}
