package dta

import (
	"errors"
	"fmt"
	"strings"
)

// DefaultMaxErrors is how many findings of a file are kept where a reader's options
// do not say, of warnings and of others each: enough to repair a file by, and a bound
// for files that are wrong throughout.
const DefaultMaxErrors = 200

// maxValueBytes bounds the field value kept with a finding.
const maxValueBytes = 200

// ErrContent is returned for content that the segment tables forbid: a mandatory
// element without value, a value of wrong type or length.
var ErrContent = errors.New("content violates the segment tables")

// Severity says what an error rejects (column severity of the rule catalogue).
type Severity uint8

// The severities, from harmless to grave.
const (
	Warn          Severity = iota + 1 // nothing is rejected
	RejectCase                        // one billing case of a message (§ 300: one prescription)
	RejectMessage                     // the message, and with it its invoice
	RejectFile                        // the whole delivery
)

// String returns the catalogue's word: warn, reject_case, reject_message,
// reject_file.
func (s Severity) String() string {
	switch s {
	case Warn:
		return "warn"
	case RejectCase:
		return "reject_case"
	case RejectMessage:
		return "reject_message"
	case RejectFile:
		return "reject_file"
	}
	return ""
}

// Scope says what an error is about.
type Scope uint8

// The scopes. Stages 1 and 2 of § 302 know file and message only.
const (
	ScopeFile Scope = iota + 1
	ScopeMessage
	ScopeCase
	ScopePosition
)

// String returns file, message, case or position.
func (s Scope) String() string {
	switch s {
	case ScopeFile:
		return "file"
	case ScopeMessage:
		return "message"
	case ScopeCase:
		return "case"
	case ScopePosition:
		return "position"
	}
	return ""
}

// Error is one finding of stage 1 (file) or stage 2 (syntax) with its place
// (DTA-6); procedures with rules of their own have stages 3 and 4 too. Neither Error nor Text shows a field's value (OPS-4); the value is
// behind Value, for the portal alone.
type Error struct {
	Stage     uint8 // 1 to 4
	Code      string
	Severity  Severity
	Scope     Scope
	Message   int    // index of the message in the file from 1; 0: none
	Segment   int    // number of the segment in the file from 1; 0: none
	Offset    int64  // bytes from the start of the file
	Tag       string // segment tag, "" if none
	Element   int    // element number after the tag from 1; 0: the segment as a whole
	Component int    // component from 1; 0: the element is no composite
	text      string
	value     string
}

// NewError returns a finding with the stage, severity and scope that the rule
// catalogue gives the code, and the German sentence for the sender. It panics
// on a code that Rules does not list: that is a fault of the program.
func NewError(code, sentence string) Error {
	rule, ok := RuleOf(code)
	if !ok {
		panic("dta: unknown rule code " + code)
	}
	return rule.Error(sentence)
}

// Error returns a finding of the rule with the German sentence for the sender.
// The procedures that have rules of their own use it.
func (r Rule) Error(sentence string) Error {
	return Error{Stage: r.Stage, Code: r.Code, Severity: r.Severity, Scope: r.Scope, text: sentence}
}

// WithValue returns the finding with the field's value kept behind Value, not more
// of it than needed to recognise it.
func (e Error) WithValue(v string) Error {
	if len(v) > maxValueBytes {
		v = strings.ToValidUTF8(v[:maxValueBytes], "")
	}
	e.value = strings.Clone(v) // the value must not hold a whole message in memory
	return e
}

// Text returns the German sentence for the sender, without the place.
func (e Error) Text() string { return e.text }

// Value returns the offending field value, "" if there is none. It may be a
// name or an insurance number: never log it.
func (e Error) Value() string { return e.value }

// Error returns code and place for logs; it holds no field value.
func (e Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	if e.Segment > 0 {
		fmt.Fprintf(&b, " at segment %d", e.Segment)
	}
	if e.Tag != "" {
		b.WriteString(" (" + e.Tag)
		if e.Element > 0 {
			fmt.Fprintf(&b, ".%d", e.Element)
		}
		if e.Component > 0 {
			fmt.Fprintf(&b, ".%d", e.Component)
		}
		b.WriteString(")")
	}
	fmt.Fprintf(&b, ", byte %d", e.Offset)
	return b.String()
}
