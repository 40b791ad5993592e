package p295

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"klarbeleg/dta"
)

// What the writer fills in where UNH says nothing.
const (
	neuesteHauptversion = "6" // of the newest catalogue
	vertragsbereich     = "99"
)

// WriterOptions says how a Nutzdatendatei is written. The zero value writes ISO
// 8859-1 with UNA and without line ends.
type WriterOptions struct {
	Zeichensatz dta.Charset // 0 is I1
	LineEnd     string      // dta.NoLineEnd, dta.LF or dta.CRLF
	OhneUNA     bool
}

// Writer writes a Nutzdatendatei message by message. It numbers the messages,
// counts and escapes; lengths and types are checked, keys and sums are not. The
// first error ends the writing.
type Writer struct {
	out      io.Writer
	o        WriterOptions
	unb      UNB
	buf      []byte
	c        codec
	segments int
	messages int
	size     int64
	closed   bool
	err      error
}

// flushSize is the number of bytes collected before they are written out.
const flushSize = 256 << 10

// NewWriter returns a writer that begins with the file header. Empty syntax
// elements of the header become UNOC and 3.
func NewWriter(out io.Writer, unb UNB, o WriterOptions) *Writer {
	if o.Zeichensatz == 0 {
		o.Zeichensatz = dta.I1
	}
	if unb.SyntaxKennung == "" {
		unb.SyntaxKennung, unb.SyntaxVersionsnummer = "UNOC", "3"
	}
	w := &Writer{out: out, unb: unb, o: o, c: codec{schreiben: true}}
	if !o.OhneUNA {
		w.buf = append(append(w.buf, dta.UNA...), o.LineEnd...)
	}
	w.service("UNB", &unb, unb.Zusatz)
	return w
}

// Write writes a Rechnungsbeleg as the next message. Its UNH gives message type,
// main version (default: the newest catalogue's) and, in the first two digits
// of the Nachrichtenreferenz, the Vertragsbereich (default 99). Both ends of the
// message are counted and numbered by the writer.
func (w *Writer) Write(n *Nachricht) error {
	h := w.header(n.UNH)
	layout := tables().layouts[h.Hauptversion]
	if layout == nil {
		w.refuse("UNH: main version without catalogue")
		return w.err
	}
	count := 7 + len(n.DIA) + len(n.OPS) + len(n.ABR) + len(n.MND)
	if n.IBH.Vorhanden {
		count++
	}
	if n.Leistungserbringer.Vorhanden {
		count++
	}
	return w.message(h, count, func() {
		w.segment(layout, "IVK", &n.IVK, n.IVK.Zusatz)
		if n.IBH.Vorhanden {
			w.segment(layout, "IBH", &n.IBH.Wert, n.IBH.Wert.Zusatz)
		}
		if n.Leistungserbringer.Vorhanden {
			w.raw(layout, &n.Leistungserbringer.Wert)
		}
		if n.IBH.Vorhanden == n.Leistungserbringer.Vorhanden {
			w.refuse("exactly one of IBH and Leistungserbringer")
		}
		w.segment(layout, "INF", &n.INF, n.INF.Zusatz)
		w.segment(layout, "INV", &n.INV, n.INV.Zusatz)
		for i := range n.DIA {
			w.segment(layout, "DIA", &n.DIA[i], n.DIA[i].Zusatz)
		}
		for i := range n.OPS {
			w.segment(layout, "OPS", &n.OPS[i], n.OPS[i].Zusatz)
		}
		for i := range n.ABR {
			w.segment(layout, "ABR", &n.ABR[i], n.ABR[i].Zusatz)
		}
		for i := range n.MND {
			w.segment(layout, "MND", &n.MND[i], n.MND[i].Zusatz)
		}
		w.segment(layout, "FKI", &n.FKI, n.FKI.Zusatz)
		w.segment(layout, "RGI", &n.RGI, n.RGI.Zusatz)
	})
}

// WriteRaw writes a message with the header's type and version from ready
// segments, each without its terminator, unchecked and counted. It is there to
// make files that a receiver must refuse.
func (w *Writer) WriteRaw(h UNH, segments [][]byte) error {
	return w.message(w.header(h), len(segments)+2, func() {
		for _, s := range segments {
			w.buf = append(w.buf, s...)
			w.end()
		}
	})
}

// header completes the header of the next message.
func (w *Writer) header(h UNH) UNH {
	if h.Hauptversion == "" {
		h.Hauptversion = neuesteHauptversion
	}
	if h.Release == "" {
		h.Release, h.VerwaltendeOrganisation = "0", "DR"
	}
	area := vertragsbereich
	if len(h.Nachrichtenreferenz) >= len(area) {
		area = h.Nachrichtenreferenz[:len(area)]
	}
	h.Nachrichtenreferenz = fmt.Sprintf("%s00%06d", area, w.messages+1)
	return h
}

// message writes UNH, the body and UNT; count is the number of segments with
// both.
func (w *Writer) message(h UNH, count int, body func()) error {
	if w.closed {
		return errors.New("message after the end of the file")
	}
	w.messages++
	if h.AnzahlSegmente != "" {
		h.AnzahlSegmente = strconv.Itoa(count)
	}
	w.service("UNH", &h, h.Zusatz)
	body()
	w.service("UNT", &unt{AnzahlSegmente: strconv.Itoa(count), Nachrichtenreferenz: h.Nachrichtenreferenz}, nil)
	return w.flush(flushSize)
}

// Close writes the file end. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.closed {
		return w.err
	}
	w.closed = true
	w.service("UNZ", &unz{AnzahlNachrichten: strconv.Itoa(w.messages), Dateinummer: w.unb.Dateinummer}, nil)
	return w.flush(0)
}

// Size returns the bytes of the file so far; after Close its length.
func (w *Writer) Size() int64 { return w.size + int64(len(w.buf)) }

// flush writes the collected bytes out if there are more than limit.
func (w *Writer) flush(limit int) error {
	if w.err != nil || len(w.buf) <= limit {
		return w.err
	}
	n, err := w.out.Write(w.buf)
	w.size += int64(n)
	w.buf = w.buf[:0]
	if err != nil {
		w.err = fmt.Errorf("write Nutzdatendatei: %w", err)
	}
	return w.err
}

// refuse keeps the first fault of the content.
func (w *Writer) refuse(what string) {
	if w.err == nil {
		w.err = fmt.Errorf("%s: %w", what, dta.ErrContent)
	}
}

func (w *Writer) end() {
	w.buf = append(append(w.buf, dta.Terminator), w.o.LineEnd...)
	w.segments++
}

func (w *Writer) service(tag string, s felder, extra []Zusatz) {
	w.segment(tables().service, tag, s, extra)
}

// segment writes a segment by its table. Separators of absent elements at the
// end are never written.
func (w *Writer) segment(layout *catalogue, tag string, s felder, extra []Zusatz) {
	spec := layout.spec(tag)
	w.c.begin(spec)
	s.felder(&w.c)
	if w.c.foreign {
		w.refuse(tag + ": element is not part of the version")
	}
	values := make([]Zusatz, 0, len(spec.elements)+len(extra))
	for slot := range spec.elements {
		e := &spec.elements[slot]
		text := w.c.werte[slot].text
		w.check(tag, e, text)
		if text != "" {
			values = append(values, Zusatz{e.position, max(e.component, 1), text})
		}
	}
	for _, z := range extra {
		if z.Element < 2 || z.Component < 1 || max(z.Element-1, z.Component) > dta.MaxFields || spec.slot(z.Element, z.Component) >= 0 {
			w.refuse(tag + ": element of Zusatz")
			return
		}
		values = append(values, z)
	}
	slices.SortStableFunc(values, func(a, b Zusatz) int {
		return cmp.Or(cmp.Compare(a.Element, b.Element), cmp.Compare(a.Component, b.Component))
	})
	w.buf = append(w.buf, tag...)
	element, component := 1, 1
	for _, v := range values {
		for ; element < v.Element; element++ {
			w.buf = append(w.buf, dta.SepElement)
			component = 1
		}
		for ; component < v.Component; component++ {
			w.buf = append(w.buf, dta.SepComponent)
		}
		w.text(tag, string(dta.AppendEscaped(nil, v.Wert)))
	}
	w.end()
}

// check refuses a value that the table forbids.
func (w *Writer) check(tag string, e *elementSpec, text string) {
	missing := e.presence == mandatory
	if e.presence == inGroup {
		i := e.position - 2
		missing = slices.ContainsFunc(w.c.werte[w.c.spec.first[i]:w.c.spec.first[i+1]], func(v wert) bool { return v.da })
	}
	if text == "" {
		if missing {
			w.refuse(fmt.Sprintf("%s, element %d: mandatory element is empty", tag, e.position-1))
		}
		return
	}
	if _, f := e.check(text); f != flawless {
		w.refuse(fmt.Sprintf("%s, element %d: type or length", tag, e.position-1))
	}
}

// text appends text in the character set; it must have no control characters.
func (w *Writer) text(tag, s string) {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7F {
			w.refuse(tag + ": control character")
			return
		}
	}
	var err error
	if w.buf, err = w.o.Zeichensatz.Append(w.buf, s); err != nil && w.err == nil {
		w.err = fmt.Errorf("%s: %w", tag, err)
	}
}

// raw writes a segment without established layout as it came.
func (w *Writer) raw(layout *catalogue, s *Rohsegment) {
	known := layout.spec(s.Tag) != nil || tables().service.spec(s.Tag) != nil
	if dta.ShownTag(s.Tag) == "" || known || s.Inhalt != "" && s.Inhalt[0] != dta.SepElement || terminated(s.Inhalt) {
		w.refuse("segment without layout")
		return
	}
	w.text(s.Tag, s.Tag+s.Inhalt)
	w.end()
}

// terminated tells whether the content would end its segment too early or
// release the terminator that follows it.
func terminated(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == dta.Terminator {
			return true
		}
		if s[i] == dta.Release {
			if i++; i == len(s) {
				return true
			}
		}
	}
	return false
}
