package p300

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"klarbeleg/dta"
)

// maxElements bounds the components of a segment; ZUP has the most, 26.
const maxElements = 32

// Options says how a file is read. The zero value is fine.
type Options struct {
	// MaxErrors per file, for warnings and for others each; 0 is
	// dta.DefaultMaxErrors. What comes above is counted, not kept.
	MaxErrors int
}

// Message is one message as read. All of it is valid until the reader's next
// Next; strings stay valid.
type Message struct {
	Index int // in the file from 1
	UNH   UNH
	ABRP  *ABRP // nil unless the type is ABRP and the version is readable
	RECP  *RECP // nil unless the type is RECP and the version is readable
	// Errors are the findings that do not reject the file; those that do are
	// the reader's.
	Errors []dta.Error
	// Rejected tells that a finding in this message rejects more than a
	// prescription. Its typed content may then have gaps.
	Rejected bool
}

// IK returns the originator of UNH-02: the pharmacy in ABRP, the Rechenzentrum
// in RECP, IrrlaeuferIK for prescriptions that went astray.
func (m *Message) IK() string { return head(m.UNH.Nachrichtenreferenz, 9) }

func head(s string, n int) string { return s[:min(n, len(s))] }

// Stats counts what was read.
type Stats struct {
	Bytes    int64
	Segments int
	Messages int
}

// Reader reads an EDIFACT file of § 300 message by message in one pass, with the
// memory of one message (DTA-3). It checks stages 1 to 3 as far as they lie in
// the file; every error of theirs rejects the whole file (TA3 section 6).
type Reader struct {
	sc      *dta.Scanner
	charset dta.Charset
	opts    Options

	tok   dta.Tokenizer
	text  string // the unit at hand in UTF-8
	unit  *dta.Unit
	index int // of the current segment in the unit
	werte [maxElements]wert
	walk  walk
	abrp  *grammar
	recp  *grammar

	build   build
	msg     Message
	in      bool // inside a message
	unb     UNB
	hasUNB  bool
	started bool
	done    bool

	messages int
	sammel   bool // a Rechnungsart 6 was seen
	stray    bool // the last unit was outside of messages
	charErr  bool
	errs     []dta.Error
	kept     [2]int // warnings, others
	dropped  int
	rejected bool
	err      error
}

// NewReader returns a reader of r.
func NewReader(r io.Reader, o Options) *Reader {
	if o.MaxErrors <= 0 {
		o.MaxErrors = dta.DefaultMaxErrors
	}
	return &Reader{sc: dta.NewScanner(r), charset: dta.I1, opts: o, abrp: newGrammar(structureABRP), recp: newGrammar(structureRECP)}
}

// Next reads the next message; false at the end or after a fault that stops.
func (r *Reader) Next() bool {
	r.in, r.unit = false, nil
	if r.done {
		return false
	}
	if !r.started {
		r.started = true
		if !r.header() {
			r.done = true
			return false
		}
	}
	for r.sc.Next() {
		r.load(r.sc.Unit())
		switch {
		case r.unit.Message:
			r.stray = false
			r.message()
			return true
		case r.tok.Tag() == "UNZ":
			r.trailer()
			r.finish(true)
			return false
		case !r.stray:
			r.stray = true
			r.fault(CodeSyntax, textStray)
		}
	}
	r.unit = nil
	r.finish(false)
	return false
}

// Message returns the message read by Next.
func (r *Reader) Message() *Message { return &r.msg }

// UNB returns the file header; nil before the first Next or where it is
// unreadable.
func (r *Reader) UNB() *UNB {
	if !r.hasUNB {
		return nil
	}
	return &r.unb
}

// Err returns the error of the underlying reader, nil at a regular end.
func (r *Reader) Err() error { return r.err }

// Errors returns the findings of the file as a whole: those outside of messages
// and all that reject the file. They are complete after Next returned false.
func (r *Reader) Errors() []dta.Error { return r.errs }

// Rejected tells whether a finding so far rejects the whole file.
func (r *Reader) Rejected() bool { return r.rejected }

// Dropped returns how many findings were counted but not kept (MaxErrors).
func (r *Reader) Dropped() int { return r.dropped }

// Stats returns bytes, segments and messages read so far.
func (r *Reader) Stats() Stats {
	return Stats{Bytes: r.sc.Offset(), Segments: r.sc.Segments(), Messages: r.messages}
}

// load makes a unit current: its bytes become one string, and the tokenizer
// stands on its first segment.
func (r *Reader) load(u *dta.Unit) {
	r.unit, r.index = u, 0
	var suspect bool
	r.text, _, suspect = r.charset.Text(u.Raw)
	r.tok.Reset(r.text)
	r.tok.Next()
	if suspect && !r.charErr && (r.charset.FindForeign(u.Raw) >= 0 || r.charset.FindControl(u.Raw) >= 0) {
		r.charErr = true
		r.fault(CodeUnlesbar, textCharset)
	}
}

// note keeps a finding and what it rejects.
func (r *Reader) note(e dta.Error) {
	if r.in {
		e.Message = r.msg.Index
		r.msg.Rejected = r.msg.Rejected || e.Severity > dta.RejectCase
	}
	r.rejected = r.rejected || e.Severity == dta.RejectFile
	class := 1
	if e.Severity == dta.Warn {
		class = 0
	}
	if r.kept[class]++; r.kept[class] > r.opts.MaxErrors {
		r.dropped++
		return
	}
	if r.in && e.Severity != dta.RejectFile {
		r.msg.Errors = append(r.msg.Errors, e)
		return
	}
	r.errs = append(r.errs, e)
}

// at gives a finding the place of the current segment.
func (r *Reader) at(e dta.Error) dta.Error {
	o := r.ort()
	e.Segment, e.Offset, e.Tag = int(o.Segment), o.Offset, dta.ShownTag(r.tok.Tag())
	return e
}

// fault reports a finding about the current segment.
func (r *Reader) fault(code, sentence string) { r.note(r.at(NewError(code, sentence))) }

// warn reports a finding that rejects nothing, whatever its rule says.
func (r *Reader) warn(code, sentence string) {
	e := r.at(NewError(code, sentence))
	e.Severity = dta.Warn
	r.note(e)
}

// elementFault reports a finding about an element of the current segment; pos
// counts in its text.
func (r *Reader) elementFault(code, sentence string, spec *elementSpec, pos int, value string) {
	e := r.at(NewError(code, sentence))
	// Every byte of the file became one character.
	e.Offset += int64(utf8.RuneCountInString(r.text[r.tok.Start():pos]))
	e.Element, e.Component = int(spec.element), int(spec.component)
	r.note(e.WithValue(value))
}

// slotFault reports a finding about the value in a slot of the current segment.
func (r *Reader) slotFault(code, sentence string, spec *segmentSpec, slot int) {
	e := &spec.elements[slot]
	pos := r.tok.Start()
	for _, f := range r.tok.Fields() {
		if f.Element == e.element && f.Component == max(e.component, 1) {
			pos = int(f.Start)
		}
	}
	r.elementFault(code, sentence, e, pos, r.werte[slot].text)
}

// ort returns the place of the current segment.
func (r *Reader) ort() Ort { return r.unit.Ort(r.index) }

// header reads UNA and UNB; false if the file cannot be read any further.
func (r *Reader) header() bool {
	start := string(r.sc.Peek(len(dta.UNA)))
	switch {
	case start == "" && r.sc.Err() == nil:
		r.note(NewError(CodeUnlesbar, textEmpty))
		return false
	case strings.HasPrefix(start, "UNA") && start != dta.UNA:
		r.note(NewError(CodeUnlesbar, textUNA))
		return false
	}
	ok := r.sc.Next()
	if ok && r.sc.Unit().Tag() == "UNA" {
		ok = r.sc.Next()
	}
	if !ok {
		r.endOfStream()
		if r.err == nil && !r.rejected {
			r.note(NewError(CodeUnlesbar, textNoUNB))
		}
		return false
	}
	r.load(r.sc.Unit())
	if r.tok.Tag() != "UNB" || !r.unit.Closed {
		r.fault(CodeUnlesbar, textNoUNB)
		return false
	}
	return r.readUNB()
}

// readUNB checks the header. The character set is that of the syntax level
// (section 1.1).
func (r *Reader) readUNB() bool {
	spec := &segmentSpecs[segUNB]
	r.elements(spec)
	r.unb.lesen(r.werte[:], r.ort())
	r.hasUNB = true
	u := &r.unb
	switch u.SyntaxKennung + u.SyntaxVersion {
	case "UNOC3":
	case "UNOB2":
		r.charset = dta.I7
	default:
		r.fault(CodeUnlesbar, textSyntax)
		return false
	}
	r.checkIK(u.AbsenderIK, spec, 2)
	r.checkIK(u.EmpfaengerIK, spec, 3)
	if n, ok := number(u.Dateinummer, 5, 5); u.Dateinummer != "" && (!ok || n == 0) {
		r.slotFault(CodeSchluessel, textDateinummer, spec, 6)
	}
	if _, ok := ParseDateiname(u.Dateiname); u.Dateiname != "" && !ok {
		r.slotFault(CodeDateiname, textDateiname, spec, 8)
	}
	return true
}

// checkIK checks the check digit of a partner.
func (r *Reader) checkIK(ik string, spec *segmentSpec, slot int) {
	if ik != "" && !ValidIK(ik) {
		r.slotFault(CodeSchluessel, textIK, spec, slot)
	}
}

// trailer checks UNZ (APO-D03).
func (r *Reader) trailer() {
	r.elements(&segmentSpecs[segUNZ])
	if w := &r.werte[0]; w.da && int(w.num) != r.messages {
		r.fault(CodeZaehler, textTrailerCount(w.num, r.messages))
	}
	if w := &r.werte[1]; w.da && w.text != r.unb.Dateinummer {
		r.fault(CodeZaehler, textTrailerNr)
	}
}

// finish ends the file: nothing may follow UNZ, and there must be a message.
func (r *Reader) finish(trailer bool) {
	r.done = true
	if trailer && r.sc.Next() {
		r.load(r.sc.Unit())
		r.fault(CodeSyntax, textBehindUNZ)
	}
	r.unit = nil
	if r.endOfStream(); r.err != nil || r.sc.Err() != nil {
		return
	}
	if !trailer {
		r.note(r.end(CodeSyntax, textNoUNZ))
	}
	if r.messages == 0 {
		r.note(r.end(CodeUnlesbar, textNoMessage))
	}
}

// end returns a finding about the end of the file.
func (r *Reader) end(code, sentence string) dta.Error {
	e := NewError(code, sentence)
	e.Offset = r.sc.Offset()
	return e
}

// endOfStream tells a fault of the input from one of the transport.
func (r *Reader) endOfStream() {
	err := r.sc.Err()
	if errors.Is(err, dta.ErrTooLong) {
		r.note(r.end(CodeUnlesbar, textTooLarge))
		return
	}
	r.err = err
}
