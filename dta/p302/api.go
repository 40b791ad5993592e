package p302

import (
	"io"

	"klarbeleg/dta"
)

// Options says how a file is read. The zero value reads ISO 8859-1.
type Options struct {
	// Zeichensatz of the Auftragsdatei: I1, I5, I7 or I8; empty is I1.
	Zeichensatz string
	// MaxErrors per file and severity class; 0 is DefaultMaxErrors. More are
	// counted, not kept.
	MaxErrors int
}

// MessageKind is the message type of UNH.2.1.
type MessageKind uint8

// The message types.
const (
	KindSLGA MessageKind = iota + 1
	KindSLLA
)

// Message is one message UNH..UNT. SLGA and SLLA point into buffers of the
// reader and are valid until its next Next; their strings stay valid.
type Message struct {
	Index    int         // from 1
	Kind     MessageKind // 0: not readable as SLGA or SLLA
	UNH      UNH
	SLGA     *SLGA       // nil unless Kind is KindSLGA
	SLLA     *SLLA       // nil unless Kind is KindSLLA
	Von, Bis Ort         // first segment; last segment, Offset behind its terminator
	Errors   []dta.Error // of this message, warnings included
	Rejected bool        // Errors holds one that rejects; the typed content may have gaps
}

// Reader reads a Nutzdatendatei message by message.
type Reader struct{}

// NewReader returns a reader of r.
func NewReader(r io.Reader, o Options) *Reader { return &Reader{} }

// Next reads the next message; false at the end or after a fault that stops.
func (r *Reader) Next() bool { return false }

// Message returns the message read by Next.
func (r *Reader) Message() *Message { return nil }

// UNB returns the file header, nil before the first Next or where it is unreadable.
func (r *Reader) UNB() *UNB { return nil }

// Err returns the error of the underlying reader, nil at a regular end.
func (r *Reader) Err() error { return nil }

// Errors returns the findings of file scope; complete after Next returned false.
func (r *Reader) Errors() []dta.Error { return nil }

// Rejected tells whether a finding rejects the whole file.
func (r *Reader) Rejected() bool { return false }

// Dropped returns how many findings were counted but not kept (MaxErrors).
func (r *Reader) Dropped() int { return 0 }

// Stats returns bytes, segments and messages read so far.
func (r *Reader) Stats() Stats { return Stats{} }

// Stats counts what was read.
type Stats struct {
	Bytes    int64
	Segments int
	Messages int
}

// Invoice is a Gesamtrechnung, SLGA and SLLA, or the head of a Sammelrechnung.
// Its pointers are valid until the reader's next Next.
type Invoice struct {
	Sammel      *SLGA       // the Sammelrechnung it belongs to; nil: none
	SammelIndex int         // number of the Sammelrechnung in the file from 1; 0: none
	IsSammel    bool        // this item is the head of the Sammelrechnung itself; Gesamt and SLLA are nil
	Gesamt      *SLGA       // nil: the SLLA has no SLGA (P2019)
	SLLA        *SLLA       // nil: the SLGA has no SLLA (P2019)
	Von, Bis    Ort         // first segment of the first message, last of the last
	Errors      []dta.Error // of its messages, and P2019
	Rejected    bool
}

// InvoiceReader pairs the messages of a Reader.
type InvoiceReader struct {
	*Reader
}

// NewInvoiceReader returns a reader of r that yields heads of Sammelrechnungen
// and Gesamtrechnungen in file order.
func NewInvoiceReader(r io.Reader, o Options) *InvoiceReader {
	return &InvoiceReader{Reader: NewReader(r, o)}
}

// Next reads the next invoice.
func (r *InvoiceReader) Next() bool { return false }

// Invoice returns the invoice read by Next.
func (r *InvoiceReader) Invoice() *Invoice { return nil }
