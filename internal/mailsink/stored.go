package mailsink

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Stored is one received mail, decoded for people.
type Stored struct {
	// ID names the mail within the sink and is safe in a URL.
	ID string
	// Received is the time of arrival in UTC, to the second.
	Received time.Time
	// MessageID is the header's value without angle brackets.
	MessageID string
	// From, To and Subject are the decoded headers (RFC 2047); an address without
	// display name stands without angle brackets.
	From, To, Subject string
	// Text is the plain-text body, decoded, with "\n" as line end.
	Text string
}

var errNoText = errors.New("mail has no readable plain text")

// Messages returns every stored mail, newest first.
func (s *Sink) Messages(ctx context.Context) ([]Stored, error) {
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	return s.read(ctx, names)
}

func (s *Sink) read(ctx context.Context, names []string) ([]Stored, error) {
	mails := make([]Stored, 0, len(names))
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("read mails: %w", err)
		}
		m, err := s.load(name)
		if err != nil {
			return nil, err
		}
		mails = append(mails, m)
	}
	return mails, nil
}

// load reads the file called name, which must match fileName.
func (s *Sink) load(name string) (Stored, error) {
	parts := fileName.FindStringSubmatch(name)
	if parts == nil {
		return Stored{}, fmt.Errorf("mail file: %w", os.ErrNotExist)
	}
	raw, err := os.ReadFile(filepath.Join(s.dir, name)) //nolint:gosec // fileName admits digits only
	if err != nil {
		return Stored{}, fmt.Errorf("read mail file: %w", err)
	}
	m, err := parse(raw)
	if err != nil {
		return Stored{}, fmt.Errorf("mail file %s: %w", name, err)
	}
	m.ID = strings.TrimSuffix(name, ".eml")
	m.Received, err = time.Parse(arrivalLayout, parts[2])
	if err != nil {
		return Stored{}, fmt.Errorf("time in the name of mail file %s: %w", name, err)
	}
	return m, nil
}

// parse decodes the headers and the plain text of a mail in UTF-8.
func parse(raw []byte) (Stored, error) {
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Stored{}, fmt.Errorf("headers: %w", err)
	}
	m := Stored{MessageID: strings.Trim(msg.Header.Get("Message-Id"), "<>")}
	var words mime.WordDecoder
	for name, target := range map[string]*string{"From": &m.From, "To": &m.To, "Subject": &m.Subject} {
		if *target, err = words.DecodeHeader(msg.Header.Get(name)); err != nil {
			return Stored{}, fmt.Errorf("header %s: %w", name, err)
		}
	}
	m.From, m.To = bare(m.From), bare(m.To)
	text, err := plainText(msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), msg.Body)
	if err != nil {
		return Stored{}, err
	}
	m.Text = strings.ReplaceAll(text, "\r\n", "\n")
	return m, nil
}

// bare takes the brackets off an address that has no display name.
func bare(address string) string {
	if inner, ok := strings.CutPrefix(address, "<"); ok {
		return strings.TrimSuffix(inner, ">")
	}
	return address
}

// plainText returns the first text/plain part of a body, alternatives one level
// deep: more than our own mails ever hold.
func plainText(contentType, encoding string, body io.Reader) (string, error) {
	if contentType == "" {
		contentType = "text/plain"
	}
	mediaType, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return "", fmt.Errorf("content type: %w", err)
	}
	if mediaType == "text/plain" {
		return decode(encoding, body)
	}
	if mediaType != "multipart/alternative" {
		return "", errNoText
	}
	parts := multipart.NewReader(body, params["boundary"])
	for {
		// NextRawPart leaves the transfer encoding to decode.
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return "", errNoText
		}
		if err != nil {
			return "", fmt.Errorf("parts: %w", err)
		}
		partType, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err == nil && partType == "text/plain" {
			return decode(part.Header.Get("Content-Transfer-Encoding"), part)
		}
	}
}

func decode(encoding string, body io.Reader) (string, error) {
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "", "7bit", "8bit":
	default:
		return "", fmt.Errorf("transfer encoding: %w", errors.ErrUnsupported)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return "", fmt.Errorf("decode text: %w", err)
	}
	return strings.ToValidUTF8(string(text), "\uFFFD"), nil
}
