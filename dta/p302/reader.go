package p302

import (
	"errors"
	"io"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"klarbeleg/dta"
)

// Options says how a file is read. The zero value reads ISO 8859-1.
type Options struct {
	// Zeichensatz of the Auftragsdatei: I1, I5, I7 or I8; empty is I1. Others
	// are refused (P1011).
	Zeichensatz string
	// MaxErrors per file, for warnings and for others each; 0 is
	// dta.DefaultMaxErrors. What comes above is counted, not kept.
	MaxErrors int
}

// Reader reads a Nutzdatendatei message by message in one pass, with the memory
// of one message. It checks stage 2 and what of stage 1 lies in the file alone
// (DTA-2, CHK-1).
type Reader struct {
	sc      *dta.Scanner
	charset dta.Charset
	opts    Options

	text    string    // the unit at hand in UTF-8
	suspect bool      // it may hold what is not of its character set
	unit    *dta.Unit // nil outside of units
	index   int       // of the current segment in the unit
	start   int       // of the current segment in text
	pos     int       // of what follows it; unknown while it is not read
	tag     uint32    // of the current segment, packed; 0 for none of three letters
	line    zeile
	exact   bool          // read every segment by its table
	fast    bool          // segments of the unit may be read in one pass
	tok     dta.Tokenizer // stands on the current segment if onTok
	onTok   bool
	werte   [32]wert
	walk    walk

	group  byte
	layout *layout
	slga   *grammar
	slla   *grammar
	gzf    *grammar

	sl  SLGA
	ll  build
	msg Message
	in  bool // inside a message: findings belong to it

	unb      UNB
	unt      UNT
	hasUNB   bool
	started  bool
	done     bool
	messages int
	file     fileState
	err      error
	errs     []dta.Error
	kept     [2]int // warnings, others
	dropped  int
	rejected bool
}

// fileState is what must be the same throughout a file.
type fileState struct {
	reference      int64 // of the last UNH
	version        string
	verarbeitung   string
	rechnungsart   string
	slgaSeen       bool
	sammelFirst    bool
	mixed          bool
	partnerFault   bool
	charsetFault   bool
	straySegments  bool
	trailerMissing bool
	future         bool // of a version that is not known yet: nothing can be read
}

// NewReader returns a reader of r.
func NewReader(r io.Reader, o Options) *Reader {
	if o.Zeichensatz == "" {
		o.Zeichensatz = dta.I1.String()
	}
	if o.MaxErrors <= 0 {
		o.MaxErrors = dta.DefaultMaxErrors
	}
	charset, _ := dta.ParseCharset(o.Zeichensatz)
	return &Reader{sc: dta.NewScanner(r), charset: charset, opts: o, layout: newLayout(strconv.Itoa(newestVersion))}
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
			r.file.straySegments = false
			r.message()
			if r.done = r.file.future; r.done { // what was found in it belongs to the file: no message is handed out
				r.errs = append(r.errs, r.msg.Errors...)
			}
			return !r.done
		case r.tag == tagUNZ:
			r.trailer()
			r.finish()
			return false
		}
		r.stray()
	}
	r.unit = nil
	r.file.trailerMissing = true
	r.finish()
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

// Version returns the version of the first message, "" before it is read.
func (r *Reader) Version() string { return r.file.version }

// Err returns the error of the underlying reader, nil at a regular end.
func (r *Reader) Err() error { return r.err }

// Errors returns the findings of file scope; complete after Next returned false.
func (r *Reader) Errors() []dta.Error { return r.errs }

// Rejected tells whether a finding so far rejects the whole file.
func (r *Reader) Rejected() bool { return r.rejected }

// Dropped returns how many findings were counted but not kept (MaxErrors).
func (r *Reader) Dropped() int { return r.dropped }

// Stats returns bytes, segments and messages read so far.
func (r *Reader) Stats() Stats {
	return Stats{Bytes: r.sc.Offset(), Segments: r.sc.Segments(), Messages: r.messages}
}

// load makes a unit current: its bytes become one string, and the reader stands
// on its first segment.
func (r *Reader) load(u *dta.Unit) {
	r.unit, r.index, r.pos = u, -1, 0
	r.fast = u.Closed && !r.exact
	r.text, r.line.ascii, r.suspect = r.charset.Text(u.Raw)
	r.line.text = r.text
	if r.suspect {
		r.foreign(u.Raw)
	}
	r.tok.Reset(r.text)
	r.advance()
}

// advance moves to the next segment of the unit; false at its end.
func (r *Reader) advance() bool {
	text, i := r.text, r.pos
	for i < len(text) && text[i] < ' ' && (text[i] == '\r' || text[i] == '\n') {
		i++
	}
	if i >= len(text) {
		return false
	}
	r.index++
	r.start, r.onTok = i, false
	if i+3 < len(text) {
		x := uint32(text[i])<<24 | uint32(text[i+1])<<16 | uint32(text[i+2])<<8 | uint32(text[i+3])
		if r.tag = x >> 8; byte(x) == '+' && (r.tag-capitals)&^0x1F1F1F == 0 {
			return true
		}
	}
	r.tokenize()
	r.tag = dta.PackTag(r.tok.Tag())
	return true
}

// capitals is the packed tag AAA: from it on, letters differ in five bits.
const capitals = 'A'<<16 | 'A'<<8 | 'A'

// tokenize puts the tokenizer on the current segment.
func (r *Reader) tokenize() {
	if r.onTok {
		return
	}
	r.tok.Seek(r.start)
	r.tok.Next()
	r.onTok, r.pos = true, r.tok.End()
}

// read reads the current segment into s, if that is not nil: in one pass where
// all is in order, else by its table, with findings. spec is an index of
// segmentSpecs.
func (r *Reader) read(spec int, s segment) *segmentSpec {
	table, ort := r.layout.specs[spec], r.ort()
	if s != nil && r.fast && !r.onTok && !table.older {
		r.line.ok = true
		if end := s.schnell(&r.line, r.start+3, ort); r.line.ok && r.text[end] == dta.Terminator {
			r.pos = end + 1
			return table
		}
	}
	r.tokenize()
	r.elements(table)
	if s != nil {
		s.lesen(r.werte[:], ort)
	}
	return table
}

// foreign reports bytes outside of the character set, once per file (P1011).
func (r *Reader) foreign(raw []byte) {
	if i := r.charset.FindForeign(raw); i >= 0 && !r.file.charsetFault {
		r.file.charsetFault = true
		r.byteFault(dta.CodeCharset, textCharset(r.opts.Zeichensatz), i)
	}
}

// byteFault reports a finding at a byte of the current unit.
func (r *Reader) byteFault(code, sentence string, i int) {
	starts := r.unit.Starts
	k := max(sort.Search(len(starts), func(k int) bool { return int(starts[k]) > i })-1, 0)
	e := dta.NewError(code, sentence)
	e.Segment, e.Offset = r.unit.Segment+k, r.unit.Offset+int64(i)
	e.Tag = dta.ShownTag(string(r.unit.Raw[starts[k]:min(int(starts[k])+3, len(r.unit.Raw))]))
	r.note(e)
}

// note keeps a finding and what it rejects.
func (r *Reader) note(e dta.Error) {
	if r.in {
		e.Message = r.msg.Index
	} else if e.Scope == dta.ScopeMessage {
		e.Scope = dta.ScopeFile
		if e.Severity == dta.RejectMessage {
			e.Severity = dta.RejectFile
		}
	}
	if e.Severity == dta.RejectFile {
		r.rejected = true
	}
	ofMessage := e.Scope == dta.ScopeMessage
	if ofMessage && e.Severity != dta.Warn {
		r.msg.Rejected = true
	}
	if !r.keep(e.Severity) {
		return
	}
	if ofMessage {
		r.msg.Errors = append(r.msg.Errors, e)
		return
	}
	r.errs = append(r.errs, e)
}

// keep counts a finding and tells whether it is to be kept.
func (r *Reader) keep(s dta.Severity) bool {
	class := min(int(s)-int(dta.Warn), 1)
	if r.kept[class]++; r.kept[class] > r.opts.MaxErrors {
		r.dropped++
		return false
	}
	return true
}

// at gives a finding the place of the current segment and a byte offset.
func (r *Reader) at(e dta.Error, offset int64) dta.Error {
	r.tokenize()
	e.Segment, e.Offset = r.unit.Segment+r.index, offset
	e.Tag = dta.ShownTag(r.tok.Tag())
	return e
}

// segmentFault reports a finding about the current segment.
func (r *Reader) segmentFault(code, sentence string) {
	r.note(r.at(dta.NewError(code, sentence), r.ort().Offset))
}

// spot is a place in the current segment; pos counts in its text.
type spot struct {
	element, component uint8
	pos                int
}

// elementFault reports a finding about an element of the current segment.
func (r *Reader) elementFault(code, sentence string, at spot, value string) {
	e := r.at(dta.NewError(code, sentence), r.offset(at.pos))
	e.Element, e.Component = int(at.element), int(at.component)
	r.note(e.WithValue(value))
}

// ort returns the place of the current segment.
func (r *Reader) ort() Ort { return r.unit.Ort(r.index) }

// offset returns the file offset of a position in the current segment's text:
// every byte of the file became one character.
func (r *Reader) offset(pos int) int64 {
	return r.ort().Offset + int64(utf8.RuneCountInString(r.text[r.start:pos]))
}

// header reads UNA and UNB; false if the file cannot be read any further.
func (r *Reader) header() bool {
	if r.charset == 0 {
		r.note(dta.NewError(dta.CodeCharset, textCharset(r.opts.Zeichensatz)))
		return false
	}
	head := string(r.sc.Peek(len(dta.UNA)))
	switch {
	case head == "" && r.sc.Err() == nil:
		r.note(dta.NewError(dta.CodeEmptyOrTooLarge, textEmpty))
		return false
	case strings.HasPrefix(head, "\xEF\xBB\xBF"):
		r.note(dta.NewError(dta.CodeCharset, textCharset(r.opts.Zeichensatz)))
		return false
	case strings.HasPrefix(head, "UNA") && head != dta.UNA:
		r.note(dta.NewError(dta.CodeHeader, textUNA))
		return false
	}
	ok := r.sc.Next()
	if ok && r.sc.Unit().Tag() == "UNA" {
		ok = r.sc.Next()
	}
	if !ok {
		r.endOfStream()
		if r.err == nil && !r.rejected {
			r.note(dta.NewError(dta.CodeHeader, textNoUNB))
		}
		return false
	}
	r.load(r.sc.Unit())
	if r.tag != tagUNB || !r.unit.Closed {
		r.note(r.at(dta.NewError(dta.CodeHeader, textNoUNB), r.unit.Offset))
		return false
	}
	return r.readUNB()
}

// readUNB checks the header (stage 2, P2001 to P2004).
func (r *Reader) readUNB() bool {
	r.read(specFILEUNB, &r.unb)
	r.hasUNB = true
	u := &r.unb
	if u.SyntaxKennung != "UNOC" || u.SyntaxVersionsnummer != "3" {
		r.segmentFault(dta.CodeHeader, textSyntax)
		return false
	}
	if u.Leistungsbereich == "" {
		return false // reported as a missing element
	}
	if !isGroup(u.Leistungsbereich) {
		r.segmentFault(dta.CodeArea, textArea)
		return false
	}
	r.group = u.Leistungsbereich[0]
	r.checkReference()
	if ref := u.Anwendungsreferenz; ref != "" && u.Absenderbezeichnung != "" && !validLogicalName(ref, u.Absenderbezeichnung) {
		r.segmentFault(dta.CodeApplicationRef, textApplicationRef)
	}
	return true
}

// checkReference asks for five digits in UNB.5; leading zeros may be missing.
func (r *Reader) checkReference() {
	ref := r.unb.Datenaustauschreferenz
	if ref == "" {
		return
	}
	n, ok := dta.Digits(ref, len(ref))
	if !ok || n == 0 || n > 99999 {
		r.segmentFault(dta.CodeHeaderIncomplete, textReference)
		return
	}
	if len(ref) != 5 {
		r.warnFormat("Datenaustauschreferenz", 5)
	}
}

// validLogicalName tells whether the Anwendungsreferenz is SL, digits 3 to 8 of
// the sender IK, S or A, and a month (section 2, P2003).
func validLogicalName(ref, sender string) bool {
	if len(ref) != 11 || len(sender) < 9 || ref[:2] != "SL" || ref[2:8] != sender[2:8] {
		return false
	}
	month, ok := dta.Digits(ref[9:], 2)
	return (ref[8] == 'S' || ref[8] == 'A') && ok && month >= 1 && month <= 12
}

// stray reports segments outside of messages, once for a row of them.
func (r *Reader) stray() {
	if !r.file.straySegments {
		r.file.straySegments = true
		r.segmentFault(dta.CodeFileStructure, textStray)
	}
}

// trailer checks UNZ (P2005).
func (r *Reader) trailer() {
	var z UNZ
	r.read(specFILEUNZ, &z)
	n, ok := dta.Digits(z.AnzahlNachrichten, len(z.AnzahlNachrichten))
	switch {
	case z.AnzahlNachrichten == "" || !ok || len(z.AnzahlNachrichten) > 6:
		// reported as a fault of the element
	case int(n) != r.messages:
		r.segmentFault(dta.CodeTrailer, textTrailerCount(n, r.messages))
	case len(z.AnzahlNachrichten) != 6:
		r.warnFormat("Anzahl Nachrichten", 6)
	}
	if z.Datenaustauschreferenz != "" && z.Datenaustauschreferenz != r.unb.Datenaustauschreferenz {
		r.segmentFault(dta.CodeTrailer, textTrailerReference)
	}
}

// finish ends the file: nothing may follow UNZ, and there must be a message.
func (r *Reader) finish() {
	r.done = true
	if !r.file.trailerMissing && r.sc.Next() {
		r.load(r.sc.Unit())
		r.segmentFault(dta.CodeFileStructure, textBehindUNZ)
	}
	r.unit = nil
	if r.endOfStream(); r.err != nil {
		return
	}
	switch end := r.sc.Offset(); {
	case r.rejected && r.sc.Err() != nil:
	case r.messages == 0:
		r.note(placed(dta.NewError(dta.CodeEmptyOrTooLarge, textNoMessage), end))
	case r.file.trailerMissing:
		r.note(placed(dta.NewError(dta.CodeTrailer, textNoUNZ), end))
	}
}

func placed(e dta.Error, offset int64) dta.Error {
	e.Offset = offset
	return e
}

// endOfStream tells a fault of the input from one of the transport.
func (r *Reader) endOfStream() {
	err := r.sc.Err()
	if errors.Is(err, dta.ErrTooLong) {
		r.note(placed(dta.NewError(dta.CodeEmptyOrTooLarge, textTooLarge), r.sc.Offset()))
		return
	}
	r.err = err
}

// warnFormat reports a number without its leading zeros.
func (r *Reader) warnFormat(field string, digits int) {
	e := r.at(dta.NewError(dta.CodeElementMissing, textDigits(field, digits)), r.ort().Offset)
	e.Severity = dta.Warn
	r.note(e)
}
