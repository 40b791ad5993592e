package p300

import (
	"errors"
	"fmt"
	"io"

	"klarbeleg/dta"
)

// WriterOptions says how a file is written. The character set is that of the
// header's syntax level.
type WriterOptions struct {
	LineEnd string // dta.NoLineEnd, dta.LF or dta.CRLF
	UNA     bool   // write the service string advice
}

// Writer writes an EDIFACT file message by message. It counts messages and
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
	if unb.SyntaxKennung == "" {
		unb.SyntaxKennung, unb.SyntaxVersion = "UNOC", "3"
	}
	w := &Writer{out: out, unb: unb, enc: encoder{charset: dta.I1, lineEnd: o.LineEnd}}
	if unb.SyntaxKennung == "UNOB" {
		w.enc.charset = dta.I7
	}
	if o.UNA {
		w.enc.buf = append(append(w.enc.buf, dta.UNA...), o.LineEnd...)
	}
	unb.schreiben(&w.enc)
	return w
}

// WriteABRP writes prescriptions of a pharmacy for an insurer as the next
// message.
func (w *Writer) WriteABRP(apothekeIK, kostentraegerIK string, doc *ABRP) error {
	return w.message("ABRP", "21", apothekeIK, kostentraegerIK, func(e *encoder) {
		doc.REC.schreiben(e)
		for i := range doc.Verordnungen {
			doc.Verordnungen[i].schreiben(e)
		}
	})
}

// WriteRECP writes an invoice of a Rechenzentrum to a payer as the next message.
func (w *Writer) WriteRECP(rechenzentrumIK, kostentraegerIK string, doc *RECP) error {
	return w.message("RECP", "08", rechenzentrumIK, kostentraegerIK, doc.schreiben)
}

// message writes UNH, the body and UNT.
func (w *Writer) message(typ, number, from, to string, body func(*encoder)) error {
	if w.closed {
		return errors.New("message after the end of the file")
	}
	w.messages++
	first := w.enc.segments
	h := UNH{
		Nachrichtenreferenz: fmt.Sprintf("%s%05d", from, w.messages%100_000), Nachrichtentyp: typ, Versionsnummer: number,
		FreigabenNr: "0", VerwaltendeOrganisation: "0", KostentraegerIK: to,
	}
	h.schreiben(&w.enc)
	body(&w.enc)
	t := UNT{AnzahlSegmente: int32(w.enc.segments - first + 1), Nachrichtenreferenz: h.Nachrichtenreferenz}
	t.schreiben(&w.enc)
	return w.flush(flushSize)
}

// Close writes the file end. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.closed {
		return w.enc.err
	}
	w.closed = true
	z := UNZ{AnzahlNachrichten: int32(w.messages), Dateinummer: w.unb.Dateinummer}
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

func (v *Verordnung) schreiben(e *encoder) {
	v.INV.schreiben(e)
	v.NAD.schreiben(e)
	v.ZUP.schreiben(e)
	for i := range v.KKZ {
		v.KKZ[i].schreiben(e)
	}
	for i := range v.Positionen {
		p := &v.Positionen[i]
		p.EFP.schreiben(e)
		for j := range p.NPB {
			p.NPB[j].schreiben(e)
		}
		if p.SRD.Vorhanden {
			p.SRD.Wert.schreiben(e)
		}
		if p.SKZ.Vorhanden {
			p.SKZ.Wert.schreiben(e)
		}
	}
	v.BES.schreiben(e)
	if v.ZDR.Vorhanden {
		v.ZDR.Wert.schreiben(e)
	}
	for i := range v.Herstellungen {
		h := &v.Herstellungen[i]
		h.ZDC.schreiben(e)
		for j := range h.ZDP {
			h.ZDP[j].schreiben(e)
		}
		for j := range h.ZDB {
			h.ZDB[j].schreiben(e)
		}
	}
}

func (d *RECP) schreiben(e *encoder) {
	d.REC.schreiben(e)
	d.RES.schreiben(e)
	writeStatus(e, d.Status)
	for i := range d.Apotheken {
		d.Apotheken[i].RFP.schreiben(e)
		writeStatus(e, d.Apotheken[i].Status)
	}
	// The IMP of a Sammelabrechnung are all ,00 (section 5.3).
	e.bareZero = d.REC.Rechnungsart == sammelabrechnung
	for i := range d.IMP {
		d.IMP[i].schreiben(e)
	}
	e.bareZero = false
	for i := range d.Einzelrechnungen {
		r := &d.Einzelrechnungen[i]
		r.SER.schreiben(e)
		r.Steuern.schreiben(e)
	}
	if r := &d.Rechenzentrum; r.Vorhanden {
		r.Wert.SRR.schreiben(e)
		r.Wert.Steuern.schreiben(e)
	}
	d.Sammel.SSA.schreiben(e)
	d.Sammel.Steuern.schreiben(e)
}

// sammelabrechnung is REC-04 of the invoice over all payers.
const sammelabrechnung = "6"

func writeStatus(e *encoder, list []Statussumme) {
	for i := range list {
		list[i].GEP.schreiben(e)
		for j := range list[i].NPR {
			list[i].NPR[j].schreiben(e)
		}
	}
}

func (s *Steuern) schreiben(e *encoder) {
	for i := range s.SGA {
		s.SGA[i].schreiben(e)
	}
	for i := range s.SGB {
		s.SGB[i].schreiben(e)
	}
	for i := range s.SEU {
		s.SEU[i].schreiben(e)
	}
}
