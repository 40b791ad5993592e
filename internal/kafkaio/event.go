package kafkaio

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/segmentio/kafka-go"
)

// Header names of CloudEvents 1.0 in the binary mode of its Kafka binding.
const (
	HeaderID          = "ce_id"
	HeaderType        = "ce_type"
	HeaderSource      = "ce_source"
	HeaderTime        = "ce_time"
	HeaderSpecVersion = "ce_specversion"
	HeaderContentType = "content-type"

	specVersion = "1.0"
	// maxAttribute bounds an attribute in bytes: ids become keys in the inbox.
	maxAttribute = 255
)

// Event is a message as the use cases see it: a CloudEvent.
type Event struct {
	// ID and Source together are unique; the inbox recognises repetitions by them.
	ID     string
	Source string
	// Type names what happened, with its version.
	Type string
	// Time is when it happened, UTC.
	Time time.Time
	// ContentType is the media type of Body.
	ContentType string
	// Key chooses the partition; events of one key keep their order.
	Key string
	// Headers are all others, such as dta-auftrag; of a repeated one the last.
	Headers map[string][]byte
	Body    []byte
}

// HeaderError says which header makes a message no event of ours. It does not
// hold the header's value (OPS-4).
type HeaderError struct {
	Header  string
	Problem string
}

func (e *HeaderError) Error() string { return "header " + e.Header + " " + e.Problem }

// DecodeEvent reads a message of the binary mode. ce_time may be missing, as
// CloudEvents allows; then the broker's time of the message stands in. Errors are
// of type *HeaderError.
func DecodeEvent(m kafka.Message) (Event, error) {
	e := Event{Key: string(m.Key), Body: m.Value, Time: m.Time.UTC()}
	own := map[string][]byte{}
	for _, h := range m.Headers {
		if reserved(h.Key) {
			own[h.Key] = h.Value
			continue
		}
		if e.Headers == nil {
			e.Headers = map[string][]byte{}
		}
		e.Headers[h.Key] = h.Value
	}
	var version string
	for _, attribute := range []struct {
		name string
		to   *string
	}{
		{HeaderSpecVersion, &version},
		{HeaderID, &e.ID},
		{HeaderType, &e.Type},
		{HeaderSource, &e.Source},
		{HeaderContentType, &e.ContentType},
	} {
		value, ok := own[attribute.name]
		if !ok {
			return Event{}, &HeaderError{attribute.name, "is missing"}
		}
		if err := checkAttribute(attribute.name, string(value)); err != nil {
			return Event{}, err
		}
		*attribute.to = string(value)
	}
	if version != specVersion {
		return Event{}, &HeaderError{HeaderSpecVersion, "is not " + specVersion}
	}
	if value, ok := own[HeaderTime]; ok {
		at, err := time.Parse(time.RFC3339Nano, string(value))
		if err != nil {
			return Event{}, &HeaderError{HeaderTime, "is not an RFC 3339 time"}
		}
		e.Time = at.UTC()
	}
	return e, nil
}

// ErrTooLarge says that a message is larger than MaxMessageBytes.
var ErrTooLarge = fmt.Errorf("message has more than %d bytes", MaxMessageBytes)

// Message returns the event as a message for topic. Errors are ErrTooLarge or of
// type *HeaderError: an attribute is missing or a header uses a reserved name.
func (e Event) Message(topic string) (kafka.Message, error) {
	m := kafka.Message{Topic: topic, Value: e.Body}
	if e.Key != "" {
		m.Key = []byte(e.Key)
	}
	for _, attribute := range []struct{ name, value string }{
		{HeaderSpecVersion, specVersion},
		{HeaderID, e.ID},
		{HeaderType, e.Type},
		{HeaderSource, e.Source},
		{HeaderContentType, e.ContentType},
	} {
		if err := checkAttribute(attribute.name, attribute.value); err != nil {
			return kafka.Message{}, err
		}
		m.Headers = append(m.Headers, kafka.Header{Key: attribute.name, Value: []byte(attribute.value)})
	}
	if e.Time.IsZero() {
		return kafka.Message{}, &HeaderError{HeaderTime, "is missing"}
	}
	m.Headers = append(m.Headers, kafka.Header{Key: HeaderTime, Value: []byte(e.Time.UTC().Format(time.RFC3339Nano))})
	for _, name := range slices.Sorted(maps.Keys(e.Headers)) {
		if reserved(name) {
			return kafka.Message{}, &HeaderError{name, "is set by a field of the event"}
		}
		m.Headers = append(m.Headers, kafka.Header{Key: name, Value: e.Headers[name]})
	}
	if size(m) > MaxMessageBytes {
		return kafka.Message{}, ErrTooLarge
	}
	return m, nil
}

// size is what the message takes in a batch, rounded up: the writer refuses a
// batch of one larger message, and with it all others it was given.
func size(m kafka.Message) int {
	const frame = 32 // lengths, time and attributes of a message; lengths of a header
	n := frame + len(m.Key) + len(m.Value)
	for _, h := range m.Headers {
		n += frame + len(h.Key) + len(h.Value)
	}
	return n
}

func reserved(name string) bool {
	switch name {
	case HeaderID, HeaderType, HeaderSource, HeaderTime, HeaderSpecVersion, HeaderContentType:
		return true
	default:
		return false
	}
}

func checkAttribute(name, value string) error {
	switch {
	case value == "":
		return &HeaderError{name, "is empty"}
	case len(value) > maxAttribute:
		return &HeaderError{name, fmt.Sprintf("is longer than %d bytes", maxAttribute)}
	case !utf8.ValidString(value) || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return &HeaderError{name, "is not printable UTF-8"}
	default:
		return nil
	}
}
