package ta7

import (
	"errors"
	"io"

	"klarbeleg/dta"
	"klarbeleg/dta/p300"
)

// MaxDateien bounds the files of a split delivery that the List may name.
const MaxDateien = 10_000

// Reader reads a TA7 file prescription by prescription in one pass (DTA-3).
type Reader struct {
	p    *parser
	opts p300.Options

	head   Rechnung
	typ    string // Bundle.type
	headAt int64  // offset of Bundle.meta
	seen   struct{ composition, list, late, profil bool }
	rezept Rezept
	in     bool

	started, done bool
	rezepte       int
	kept          [2]int // warnings, others
	dropped       int
	rejected      bool
	errs          []dta.Error
	err           error
}

// NewReader returns a reader of r.
func NewReader(r io.Reader, o p300.Options) *Reader {
	if o.MaxErrors <= 0 {
		o.MaxErrors = dta.DefaultMaxErrors
	}
	t := &Reader{p: newParser(r), opts: o}
	t.p.drop = t.dropListed
	return t
}

// Next reads the next prescription; false at the end or after a fault that
// stops.
func (r *Reader) Next() bool {
	r.in = false
	if r.done {
		return false
	}
	if !r.started {
		r.started = true
		if err := r.p.root(); err != nil {
			r.stop(err)
			return false
		}
	}
	for {
		e, err := r.p.next()
		if err != nil {
			r.stop(err)
			return false
		}
		if e == nil {
			r.finish()
			return false
		}
		if e.name != "entry" {
			r.bundleField(e)
			continue
		}
		if r.entry(e) {
			return true
		}
	}
}

// Rezept returns the prescription read by Next, valid until the next Next; what
// it points to stays valid.
func (r *Reader) Rezept() *Rezept { return &r.rezept }

// Rechnung returns the head as far as it is read; complete after Next returned
// false, and without Dateien before the List was read.
func (r *Reader) Rechnung() *Rechnung { return &r.head }

// Err returns the error of the underlying reader, nil at a regular end.
func (r *Reader) Err() error { return r.err }

// Errors returns the findings of the file as a whole, and all that reject it;
// complete after Next returned false.
func (r *Reader) Errors() []dta.Error { return r.errs }

// Rejected tells whether a finding so far rejects the whole file.
func (r *Reader) Rejected() bool { return r.rejected }

// Dropped returns how many findings were counted but not kept (MaxErrors).
func (r *Reader) Dropped() int { return r.dropped }

// Bytes returns how much of the file was read.
func (r *Reader) Bytes() int64 { return r.p.src.taken }

// note keeps a finding and what it rejects.
func (r *Reader) note(e dta.Error) {
	if r.in {
		e.Message = r.rezept.Index
		r.rezept.Rejected = r.rezept.Rejected || e.Severity != dta.Warn
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
		r.rezept.Errors = append(r.rezept.Errors, e)
		return
	}
	r.errs = append(r.errs, e)
}

// fault reports a finding at an offset, about an element of the given name.
func (r *Reader) fault(code, sentence, tag string, offset int64) {
	e := p300.NewError(code, sentence)
	e.Offset, e.Tag = offset, tag
	r.note(e)
}

// profilFault reports a profile that is not that of the file, once: all resources
// of a file carry the same version.
func (r *Reader) profilFault(tag string, offset int64) {
	if !r.seen.profil {
		r.seen.profil = true
		r.fault(p300.CodeProfil, textProfil, tag, offset)
	}
}

// headFault reports a mandatory element of the head that is missing or wrong.
func (r *Reader) headFault(field, tag string, offset int64) {
	e := p300.NewError(p300.CodeTA7, textKopf+field+".")
	e.Severity, e.Scope = dta.RejectFile, dta.ScopeFile
	e.Offset, e.Tag = offset, tag
	r.note(e)
}

// stop ends reading at a fault: one of the input, or one of the transport.
func (r *Reader) stop(err error) {
	r.done, r.in = true, false
	at := r.p.src.taken
	switch {
	case errors.Is(err, errNotUTF8):
		r.fault(p300.CodeUTF8, textUTF8, "", at)
	case errors.Is(err, errDoctype):
		r.fault(p300.CodeUnlesbar, textDoctype, "", at)
	case errors.Is(err, errTooLarge):
		r.fault(p300.CodeUnlesbar, textTooLarge, "", at)
	case r.p.src.err != nil && !errors.Is(r.p.src.err, io.EOF):
		r.err = r.p.src.err
	default:
		r.fault(p300.CodeUnlesbar, textXML, "", at)
	}
}

// finish ends the file: what had to come must have come.
func (r *Reader) finish() {
	r.done, r.in = true, false
	end := r.p.src.taken
	if !r.seen.composition || !r.seen.list {
		r.fault(p300.CodeUnlesbar, textReihenfolge, "Bundle", end)
		return
	}
	if r.rezepte == 0 {
		r.fault(p300.CodeUnlesbar, textLeer, "Bundle", end)
		return
	}
	if r.head.Version == "1.5" && !contains(r.head.Dateien, r.head.Dateiname) {
		r.fault(p300.CodeListe, textListe, "List", end)
	}
	if r.head.Rezepte != r.rezepte {
		e := p300.NewError(p300.CodeTA7, textAbschnitte)
		e.Severity, e.Scope = dta.Warn, dta.ScopeFile
		e.Offset, e.Tag = end, "Composition"
		r.note(e)
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
