package p302

import (
	"io"
	"slices"

	"klarbeleg/dta"
)

// Invoice is a Gesamtrechnung, SLGA and SLLA, or the head of a Sammelrechnung.
// Everything but strings is valid until the reader's next Next.
type Invoice struct {
	// Sammel is the Sammelrechnung that the invoice belongs to; nil: none.
	Sammel *SLGA
	// SammelIndex numbers the Sammelrechnungen of the file from 1; 0: none.
	SammelIndex int
	// SammelRejected tells that the message of the Sammelrechnung is rejected.
	SammelRejected bool
	// IsSammel tells that this is the head of the Sammelrechnung itself: Gesamt
	// and SLLA are nil.
	IsSammel bool
	Gesamt   *SLGA // nil: unreadable, or the SLLA has no SLGA (P2019)
	SLLA     *SLLA // nil: unreadable, or the SLGA has no SLLA (P2019)
	Von      Ort   // first segment of its first message
	Bis      Ort   // last segment of its last message
	Errors   []dta.Error
	// Rejected tells that an error rejects one of its messages.
	Rejected bool
}

// InvoiceReader pairs the messages of a file (R-FKT-06): each Gesamtrechnungs-
// SLGA is followed by its SLLA, a Sammelrechnung by a Gesamtrechnung. A message
// without its counterpart is yielded alone and rejected (P2019).
type InvoiceReader struct {
	*Reader
	inv          Invoice
	sammel       SLGA
	sammelIndex  int
	sammelFault  bool
	gesamt       SLGA
	pending      bool // the reader's message is read and not yet used
	pendingValid bool
}

// NewInvoiceReader returns a reader of r that yields heads of Sammelrechnungen
// and Gesamtrechnungen in file order, for Rechnungsart 1, 2 and 3.
func NewInvoiceReader(r io.Reader, o Options) *InvoiceReader {
	return &InvoiceReader{Reader: NewReader(r, o)}
}

// Invoice returns the invoice read by Next.
func (r *InvoiceReader) Invoice() *Invoice { return &r.inv }

// Next reads the next invoice; false at the end or after a fault that stops.
func (r *InvoiceReader) Next() bool {
	r.inv = Invoice{Errors: r.inv.Errors[:0]}
	if r.sammelIndex > 0 {
		r.inv.Sammel, r.inv.SammelIndex, r.inv.SammelRejected = &r.sammel, r.sammelIndex, r.sammelFault
	}
	m := r.peek()
	if m == nil {
		return false
	}
	r.pending = false
	r.inv.Von = m.Von
	r.add(m)
	switch {
	case m.Kind == KindSLLA:
		r.inv.SLLA = m.SLLA
		r.unpaired(m, textPairNoSLGA)
	case m.SLGA == nil:
		r.nextUnreadable()
	case m.SLGA.IstSammelrechnung():
		r.nextSammel(m)
	default:
		r.nextGesamt(m)
	}
	return true
}

// nextUnreadable takes a message of unknown type or version for the SLGA of an
// SLLA behind it: that one has its counterpart, only it cannot be read.
func (r *InvoiceReader) nextUnreadable() {
	if next := r.peek(); next != nil && next.Kind == KindSLLA {
		r.pending = false
		r.add(next)
		r.inv.SLLA = next.SLLA
	}
}

// peek returns the next message without using it up; nil at the end.
func (r *InvoiceReader) peek() *Message {
	if !r.pending {
		r.pending, r.pendingValid = true, r.Reader.Next()
	}
	if !r.pendingValid {
		return nil
	}
	return r.Message()
}

// add takes over a message's findings and end.
func (r *InvoiceReader) add(m *Message) {
	r.inv.Errors = append(r.inv.Errors, m.Errors...)
	r.inv.Rejected = r.inv.Rejected || m.Rejected
	r.inv.Bis = m.Bis
}

func (r *InvoiceReader) nextSammel(m *Message) {
	copySLGA(&r.sammel, m.SLGA)
	head := *m
	r.sammelIndex++
	r.inv.Sammel, r.inv.SammelIndex, r.inv.IsSammel = &r.sammel, r.sammelIndex, true
	next := r.peek()
	if next == nil || next.Kind == KindSLLA || next.SLGA != nil && next.SLGA.IstSammelrechnung() {
		r.unpaired(&head, textPairNoGesamt)
	}
	r.sammelFault = r.inv.Rejected
	r.inv.SammelRejected = r.sammelFault
}

func (r *InvoiceReader) nextGesamt(m *Message) {
	copySLGA(&r.gesamt, m.SLGA)
	head := *m
	r.inv.Gesamt = &r.gesamt
	next := r.peek()
	if next == nil || next.Kind == KindSLGA {
		r.unpaired(&head, textPairNoSLLA)
		return
	}
	r.pending = false
	r.add(next)
	r.inv.SLLA = next.SLLA // nil where the message type is unreadable
	if next.SLLA != nil && !r.inv.Rejected && !pair(&r.gesamt, next.SLLA) {
		r.unpaired(next, textPairDiffers)
	}
}

// pair tells whether SLGA and SLLA name the same provider, payer and invoice
// (P2019).
func pair(g *SLGA, l *SLLA) bool {
	return g.FKT.RechnungsstellerIK == l.FKT.LeistungserbringerIK && g.FKT.KostentraegerIK == l.FKT.KostentraegerIK &&
		g.REC.SammelRechnungsnummer == l.REC.SammelRechnungsnummer &&
		g.REC.EinzelRechnungsnummer == l.REC.EinzelRechnungsnummer && g.REC.Datum == l.REC.Datum
}

// unpaired reports P2019 at the first segment of a message.
func (r *InvoiceReader) unpaired(m *Message, sentence string) {
	e := dta.NewError(dta.CodePairing, sentence)
	e.Message, e.Segment, e.Offset, e.Tag = m.Index, int(m.Von.Segment), m.Von.Offset, "UNH"
	r.inv.Rejected = true
	if r.keep(e.Severity) {
		r.inv.Errors = append(r.inv.Errors, e)
	}
}

// copySLGA copies a message that must outlive the reader's next message.
func copySLGA(to, from *SLGA) {
	sko, ges := append(to.SKO[:0], from.SKO...), append(to.GES[:0], from.GES...)
	*to = *from
	to.SKO, to.GES = sko, ges
}

// Summe returns the GES line of a Summenstatus ("00": the total).
func (s *SLGA) Summe(status string) (GES, bool) {
	i := slices.IndexFunc(s.GES, func(g GES) bool { return g.Status == status })
	if i < 0 {
		return GES{}, false
	}
	return s.GES[i], true
}
