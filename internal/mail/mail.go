// Package mail sends the e-mails of the system: digests, confirmations,
// notices. It knows no business words; callers hand over finished texts that
// hold no social data (OPS-4). It refuses header injection, speaks TLS unless
// told otherwise, and says of every failure whether sending again is safe.
package mail

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"unicode"
)

// Limits on one message. The subject limit keeps the header within a few
// folded lines; the body limit is far above any text we write and far below
// what relays refuse.
const (
	maxSubjectRunes = 200
	maxBodyBytes    = 1 << 20
)

// Message is one e-mail to one recipient.
type Message struct {
	// ID is our own stable id (letters, digits, dot, dash, underscore; at most
	// 100). The Message-ID header derives from it, so that a message sent twice
	// is recognised as one by mail systems that remove duplicates.
	ID string
	// To is a bare address (name@example.org), without display name.
	To string
	// Subject is plain text, one line.
	Subject string
	// Text is the plain-text body; mandatory.
	Text string
	// HTML is the alternative body; empty for none.
	HTML string
}

// Sender delivers messages. Every error is a *SendError.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Outcome says what became of a message whose sending failed.
type Outcome int

const (
	// Permanent means that the message was refused for good; sending it again is useless.
	Permanent Outcome = iota + 1
	// Temporary means that the message was not delivered; sending it again is safe.
	Temporary
	// Unknown means that the connection was lost after the whole message had been
	// handed over and before the answer; it may have been delivered.
	Unknown
)

// String returns the outcome as a word for logs.
func (o Outcome) String() string {
	switch o {
	case Permanent:
		return "permanent"
	case Temporary:
		return "temporary"
	case Unknown:
		return "unknown"
	}
	return "invalid outcome"
}

// SendError reports a failed sending. Its text holds no address and nothing of
// what the server said, because servers like to repeat the recipient.
type SendError struct {
	// Outcome says whether sending again makes sense.
	Outcome Outcome
	// Step names where it failed: message, connect, sender, recipient, data.
	Step string
	// Code is the three-digit reply of the server, 0 when there was none.
	Code int
	// Status is the enhanced status code (RFC 3463), empty when there was none.
	Status string
	cause  error
}

// Error returns outcome, step and codes.
func (e *SendError) Error() string {
	text := fmt.Sprintf("send mail: %s failure at %s", e.Outcome, e.Step)
	if e.Code != 0 {
		text += fmt.Sprintf(", code %d", e.Code)
	}
	if e.Status != "" {
		text += " " + e.Status
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap returns the end of the context or the fault of the message that caused
// the error, or nil.
func (e *SendError) Unwrap() error { return e.cause }

// Faults of a Message, all permanent.
var (
	ErrInvalidID      = errors.New("id of the message is empty or holds forbidden characters")
	ErrInvalidAddress = errors.New("recipient is no bare mail address")
	ErrInvalidSubject = errors.New("subject is empty, too long or holds control characters")
	ErrInvalidBody    = errors.New("body is empty or too long")
)

var validID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)

// Validate refuses what could break out of a header, instead of repairing it,
// and what no relay would take.
func (m Message) Validate() error {
	if !validID.MatchString(m.ID) {
		return ErrInvalidID
	}
	if !bareAddress(m.To) {
		return ErrInvalidAddress
	}
	if m.Subject == "" || len([]rune(m.Subject)) > maxSubjectRunes || hasControl(m.Subject) {
		return ErrInvalidSubject
	}
	if m.Text == "" || len(m.Text)+len(m.HTML) > maxBodyBytes {
		return ErrInvalidBody
	}
	return nil
}

// bareAddress accepts name@host and nothing around it.
func bareAddress(s string) bool {
	if hasControl(s) {
		return false
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s
}

func hasControl(s string) bool {
	for _, r := range s {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar {
			return true
		}
	}
	return false
}
