package p302

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"klarbeleg/dta"
)

// WriterOptions says how a Nutzdatendatei is written. The zero value writes ISO
// 8859-1 without line ends.
type WriterOptions struct {
	Zeichensatz dta.Charset // 0 is I1
	LineEnd     string      // dta.NoLineEnd, dta.LF or dta.CRLF
	Version     string      // of the messages, 16 to 21; empty is the newest
}

// Writer writes a Nutzdatendatei message by message. It counts messages and
// segments and escapes; the content is checked against the segment tables, not
// against each other. The first error ends the writing.
type Writer struct {
	out      io.Writer
	enc      encoder
	unb      UNB
	messages int
	size     int64
	closed   bool
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
	if o.Version == "" {
		o.Version = strconv.Itoa(newestVersion)
	}
	w := &Writer{out: out, unb: unb, enc: encoder{charset: o.Zeichensatz, lineEnd: o.LineEnd, layout: newLayout(o.Version)}}
	if w.enc.layout == nil {
		w.enc.layout = newLayout(strconv.Itoa(newestVersion))
		w.enc.refuse("version without built-in layout")
	}
	unb.schreiben(&w.enc)
	return w
}

// WriteSLGA writes a Gesamtaufstellung as the next message.
func (w *Writer) WriteSLGA(s *SLGA) error {
	return w.message("SLGA", func(e *encoder) {
		s.FKT.schreiben(e)
		s.REC.schreiben(e)
		if s.UST.Vorhanden {
			s.UST.Wert.schreiben(e)
		}
		for i := range s.SKO {
			s.SKO[i].schreiben(e)
		}
		for i := range s.GES {
			s.GES[i].schreiben(e)
		}
		s.NAM.schreiben(e)
	})
}

// WriteSLLA writes an Einzelfallnachweis as the next message. The cases are
// those of the header's Leistungsbereich.
func (w *Writer) WriteSLLA(s *SLLA) error {
	return w.message("SLLA", func(e *encoder) {
		s.FKT.schreiben(e)
		s.REC.schreiben(e)
		if area := w.unb.Leistungsbereich; !isGroup(area) || !e.layout.hasGroup(area[0]) || !s.schreiben(area[0], e) {
			e.refuse("no case of the Leistungsbereich")
		}
	})
}

// WriteRaw writes a message of the type SLGA or SLLA from ready segments, each
// without its terminator, unchecked and counted. It is there to make files that
// a receiver must refuse.
func (w *Writer) WriteRaw(kind string, segments [][]byte) error {
	return w.message(kind, func(e *encoder) {
		for _, s := range segments {
			e.buf = append(append(append(e.buf, s...), dta.Terminator), e.lineEnd...)
			e.segments++
		}
	})
}

// message writes UNH, the body and UNT.
func (w *Writer) message(kind string, body func(*encoder)) error {
	if w.closed {
		return errors.New("message after the end of the file")
	}
	w.messages++
	first := w.enc.segments
	h := UNH{Nachrichtenreferenznummer: fmt.Sprintf("%05d", w.messages), NachrTypKennung: kind, Versionsnummer: strconv.Itoa(w.enc.layout.version), FreigabeNr: "0", VerwaltendeOrganisation: "0"}
	h.schreiben(&w.enc)
	body(&w.enc)
	t := UNT{AnzahlEinheiten: fmt.Sprintf("%06d", w.enc.segments-first+1), Nachrichtenreferenznummer: h.Nachrichtenreferenznummer}
	t.schreiben(&w.enc)
	return w.flush(flushSize)
}

// Close writes the file end. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.closed {
		return w.enc.err
	}
	w.closed = true
	z := UNZ{AnzahlNachrichten: fmt.Sprintf("%06d", w.messages), Datenaustauschreferenz: w.unb.Datenaustauschreferenz}
	z.schreiben(&w.enc)
	return w.flush(0)
}

// Size returns the bytes of the file so far; after Close its length.
func (w *Writer) Size() int64 { return w.size + int64(len(w.enc.buf)) }

// flush writes the collected bytes out if there are more than limit.
func (w *Writer) flush(limit int) error {
	e := &w.enc
	if e.err != nil || len(e.buf) <= limit {
		return e.err
	}
	n, err := w.out.Write(e.buf)
	w.size += int64(n)
	e.buf = e.buf[:0]
	if err != nil {
		e.err = fmt.Errorf("write Nutzdatendatei: %w", err)
	}
	return e.err
}

func (k *Kopf) schreiben(e *encoder) {
	k.INV.schreiben(e)
	if k.URI.Vorhanden {
		k.URI.Wert.schreiben(e)
	}
	k.NAD.schreiben(e)
	if k.IMG.Vorhanden {
		k.IMG.Wert.schreiben(e)
	}
	if k.EVO.Vorhanden {
		k.EVO.Wert.schreiben(e)
	}
}

// schreibenZuzahlung writes [ZUH] MEH per HIL in HIL order behind all HIL groups
// (section 8 A). ZUH without their HIL, and MEH beyond, come last.
func (f *FallA) schreibenZuzahlung(e *encoder) {
	for i := range f.Gruppen {
		for j := range f.ZUH {
			if f.gruppeOf(&f.ZUH[j]) == i {
				f.ZUH[j].schreiben(e)
			}
		}
		if i < len(f.MEH) {
			f.MEH[i].schreiben(e)
		}
	}
	for j := range f.ZUH {
		if f.gruppeOf(&f.ZUH[j]) < 0 {
			f.ZUH[j].schreiben(e)
		}
	}
}

// gruppeOf returns the index of the first Gruppe that the ZUH names, -1 if none.
func (f *FallA) gruppeOf(z *ZUH) int {
	for i := range f.Gruppen {
		if f.Gruppen[i].HIL.Identifikationsnummer == z.Identifikationsnummer {
			return i
		}
	}
	return -1
}

// schreibenAlle writes cases; false if there are none.
func schreibenAlle[T any, P interface {
	*T
	schreiben(e *encoder)
}](faelle []T, e *encoder) bool {
	for i := range faelle {
		P(&faelle[i]).schreiben(e)
	}
	return len(faelle) > 0
}
