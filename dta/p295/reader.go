package p295

import (
	"errors"
	"io"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"klarbeleg/dta"
)

// The bounds of a file.
const (
	// MaxSegmente is the most segments of one Rechnungsbeleg that are read: the
	// case of one person has some ten of them. It bounds the memory.
	MaxSegmente = 20_000
	// MaxNachrichten is what the six digits of UNZ-02 can say.
	MaxNachrichten = 999_999
)

// Options says how a file is read. The zero value reads ISO 8859-1.
type Options struct {
	// Zeichensatz of the Auftragsdatei: I1, I5, I7 or I8; empty is I1. Others
	// are refused (IV-D01).
	Zeichensatz string
	// Eingang is the day of receipt: later dates lie in the future (IV-P03). 0
	// takes the date of UNB.
	Eingang Datum
	// MaxErrors per file, for warnings and for others each; 0 is
	// dta.DefaultMaxErrors. What comes above is counted, not kept.
	MaxErrors int
}

// Stats counts what was read.
type Stats struct {
	Bytes      int64
	Segments   int
	Messages   int
	Abgewiesen int  // messages that a finding rejects
	Zahlbetrag Cent // Betrag of the others: the file's total for the ledger (section 4)
}

// Reader reads a Nutzdatendatei message by message in one pass, with the memory
// of one message (DTA-4).
type Reader struct {
	sc      *dta.Scanner
	charset dta.Charset
	opts    Options
	t       *tableSet

	tok     dta.Tokenizer
	text    string    // the unit at hand in UTF-8
	suspect bool      // it may hold what is not of its character set
	unit    *dta.Unit // nil outside of units
	index   int       // of the current segment in the unit
	c       codec
	walk    walk

	msg  Nachricht
	in   bool // inside a message: findings belong to it
	torn bool // the message has a fault of syntax: its sums say nothing

	unb      UNB
	unt      unt
	hasUNB   bool
	started  bool
	done     bool
	stats    Stats
	last     int64 // running number of the last UNH-02
	err      error
	errs     []dta.Error
	kept     [2]int // warnings, others
	dropped  int
	rejected bool
	stray    bool // the last unit was a segment outside of messages
	foreign  bool // bytes outside of the character set are reported
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
	return &Reader{sc: dta.NewScanner(r), charset: charset, opts: o, t: tables()}
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
			if r.stats.Messages == MaxNachrichten {
				r.segmentFault(CodeDateiende, textTooManyMessages)
				r.done = true
				return false
			}
			r.message()
			return true
		case r.tok.Tag() == "UNZ":
			r.trailer()
			r.finish(true)
			return false
		case !r.stray: // one finding for a row of them
			r.stray = true
			r.segmentFault(CodeDateiende, textStray)
		}
	}
	r.finish(false)
	return false
}

// Nachricht returns the message read by Next.
func (r *Reader) Nachricht() *Nachricht { return &r.msg }

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

// Errors returns the findings of file scope; complete after Next returned false.
func (r *Reader) Errors() []dta.Error { return r.errs }

// Rejected tells whether a finding so far rejects the whole file.
func (r *Reader) Rejected() bool { return r.rejected }

// Dropped returns how many findings were counted but not kept (MaxErrors).
func (r *Reader) Dropped() int { return r.dropped }

// Stats returns what was read so far. Of a file that is rejected as a whole
// nothing counts for the ledger, whatever Zahlbetrag says.
func (r *Reader) Stats() Stats {
	s := r.stats
	s.Bytes, s.Segments = r.sc.Offset(), r.sc.Segments()
	return s
}

// load makes a unit current: its bytes become one string, and the tokenizer
// stands on its first segment.
func (r *Reader) load(u *dta.Unit) {
	r.unit, r.index = u, 0
	r.text, _, r.suspect = r.charset.Text(u.Raw)
	if r.suspect {
		r.foreignBytes(u.Raw)
	}
	r.tok.Reset(r.text)
	r.tok.Next()
}

// foreignBytes reports bytes outside of the character set, once per file.
func (r *Reader) foreignBytes(raw []byte) {
	if i := r.charset.FindForeign(raw); i >= 0 && !r.foreign {
		r.foreign = true
		r.byteFault(NewError(CodeDatei, textCharset), i)
	}
}

// byteFault reports a finding at a byte of the current unit.
func (r *Reader) byteFault(e dta.Error, i int) {
	starts := r.unit.Starts
	k := max(sort.Search(len(starts), func(k int) bool { return int(starts[k]) > i })-1, 0)
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
	ofMessage := e.Scope == dta.ScopeMessage
	if e.Severity != dta.Warn {
		r.rejected = r.rejected || !ofMessage
		r.msg.Rejected = r.msg.Rejected || ofMessage
		r.torn = r.torn || ofMessage && e.Stage <= 2
	}
	class := min(int(e.Severity)-int(dta.Warn), 1)
	if r.kept[class]++; r.kept[class] > r.opts.MaxErrors {
		r.dropped++
		return
	}
	if ofMessage {
		r.msg.Errors = append(r.msg.Errors, e)
		return
	}
	r.errs = append(r.errs, e)
}

// at gives a finding the place of the current segment and a byte offset.
func (r *Reader) at(e dta.Error, offset int64) dta.Error {
	e.Segment, e.Offset = r.unit.Segment+r.index, offset
	e.Tag = dta.ShownTag(r.tok.Tag())
	return e
}

// segmentFault reports a finding about the current segment.
func (r *Reader) segmentFault(code, sentence string) {
	r.note(r.at(NewError(code, sentence), r.ort().Offset))
}

// warn reports a finding about the current segment that rejects nothing.
func (r *Reader) warn(code, sentence string) {
	r.note(warning(r.at(NewError(code, sentence), r.ort().Offset)))
}

func warning(e dta.Error) dta.Error {
	e.Severity = dta.Warn
	return e
}

// ort returns the place of the current segment.
func (r *Reader) ort() Ort { return r.unit.Ort(r.index) }

// offset returns the file offset of a position in the current segment's text:
// every byte of the file became one character.
func (r *Reader) offset(pos int) int64 {
	return r.ort().Offset + int64(utf8.RuneCountInString(r.text[r.tok.Start():pos]))
}

// unaPoint is the service string advice of a program that names the point as
// decimal sign and writes commas all the same (section 2).
const unaPoint = "UNA:+.? '"

// header reads UNA and UNB; false if the file cannot be read any further.
func (r *Reader) header() bool {
	if r.charset == 0 {
		r.note(NewError(CodeDatei, textCharset))
		return false
	}
	head := string(r.sc.Peek(len(dta.UNA)))
	switch {
	case head == "" && r.sc.Err() == nil:
		r.note(NewError(CodeDatei, textEmpty))
		return false
	case strings.HasPrefix(head, "UNA") && head != dta.UNA && head != unaPoint:
		r.note(NewError(CodeDatei, textUNA))
		return false
	}
	ok := r.sc.Next()
	if ok && r.sc.Unit().Tag() == "UNA" {
		ok = r.sc.Next()
	}
	if !ok {
		r.endOfStream()
		if r.err == nil && !r.rejected {
			r.note(NewError(CodeDatei, textNoUNB))
		}
		return false
	}
	r.load(r.sc.Unit())
	if r.tok.Tag() != "UNB" || !r.unit.Closed {
		r.note(r.at(NewError(CodeDatei, textNoUNB), r.unit.Offset))
		return false
	}
	r.decode(r.t.service.spec("UNB"), &r.unb.Segment, &r.unb)
	r.hasUNB = true
	r.checkUNB()
	return true
}

// checkUNB asks for a number and a name after section 2.2.
func (r *Reader) checkUNB() {
	if n := r.unb.Dateinummer; len(n) >= 5 && (!isDigits(n[:5]) || n[:5] == "00000") {
		r.segmentFault(CodeDatei, textDateinummer)
	}
	if r.unb.Dateiname != "" && !r.t.validDateiname(r.unb.Dateiname) {
		r.segmentFault(CodeDatei, textDateiname)
	}
	if r.unb.Testuebertragung != "" && r.unb.Dateiname != "" && r.unb.Dateiname[0] == 'E' {
		r.warn(CodeDatei, textTestLive)
	}
}

// validDateiname tells whether a logical file name is E or T, a
// Verfahrenskennung, 0 or A, a running number, year, and month or quarter.
func (t *tableSet) validDateiname(s string) bool {
	if len(s) != 11 || s[0] != 'E' && s[0] != 'T' || s[4] != '0' && s[4] != 'A' || !isDigits(s[5:9]) {
		return false
	}
	period := s[9:]
	month := isDigits(period) && period >= "01" && period <= "12"
	quarter := period[0] == 'Q' && period[1] >= '1' && period[1] <= '4'
	return t.procedure(s[1:4]) && (month || quarter)
}

// procedure tells whether a Verfahrenskennung is in use.
func (t *tableSet) procedure(s string) bool { return s != oldProcedure && slices.Contains(t.verf, s) }

// oldProcedure is a Verfahrenskennung that no file name may have any more.
const oldProcedure = "DIR"

// trailer checks UNZ.
func (r *Reader) trailer() {
	var z unz
	r.decode(r.t.service.spec("UNZ"), &z.Segment, &z)
	if n, ok := count(z.AnzahlNachrichten); ok && n != r.stats.Messages {
		r.segmentFault(CodeDateiende, textTrailerCount(n, r.stats.Messages))
	}
	if differ(z.Dateinummer, r.unb.Dateinummer) {
		r.segmentFault(CodeDateiende, textTrailerReference)
	}
}

// count reads a number that was checked; ok is false for an absent one.
func count(digits string) (n int, ok bool) {
	for i := range len(digits) {
		n = n*10 + int(digits[i]-'0')
	}
	return n, digits != ""
}

// finish ends the file: nothing may follow UNZ, and there must be a message.
func (r *Reader) finish(trailer bool) {
	r.done = true
	if trailer && r.sc.Next() {
		r.load(r.sc.Unit())
		r.segmentFault(CodeDateiende, textBehindUNZ)
	}
	r.unit = nil
	if r.endOfStream(); r.err != nil || r.sc.Err() != nil {
		return
	}
	sentence := ""
	switch {
	case !trailer:
		sentence = textNoUNZ
	case r.stats.Messages == 0:
		sentence = textNoMessage
	default:
		return
	}
	e := NewError(CodeDateiende, sentence)
	e.Offset = r.sc.Offset()
	r.note(e)
}

// endOfStream tells a fault of the input from one of the transport.
func (r *Reader) endOfStream() {
	err := r.sc.Err()
	if errors.Is(err, dta.ErrTooLong) {
		e := NewError(CodeDatei, textTooLarge)
		e.Offset = r.sc.Offset()
		r.note(e)
		return
	}
	r.err = err
}
