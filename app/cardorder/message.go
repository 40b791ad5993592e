package cardorder

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"klarbeleg/domain/card"
	"klarbeleg/schema/messages"
)

// maxMessageBytes bounds one event: the largest valid one has a few kilobytes.
const maxMessageBytes = 64 << 10

// ErrUnreadable is the reason of a quarantine: the message is no JSON object of
// bounded size, so nothing in it can be refused.
var ErrUnreadable = errors.New("card event is not readable as JSON")

// decoder reads event messages. It is safe for concurrent use.
type decoder struct {
	schema *jsonschema.Schema
}

// schemaBase is the address that the schema files refer to each other under.
const schemaBase = "klarbeleg:///messages/"

func newDecoder() (decoder, error) {
	schema, err := compile("cards.orders.v1.json")
	return decoder{schema: schema}, err
}

// compile compiles one of the card schemas.
func compile(name string) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	files, err := fs.Glob(messages.CardSchemas, "*.json")
	if err != nil {
		return nil, fmt.Errorf("list card schemas: %w", err)
	}
	for _, file := range files {
		raw, err := messages.CardSchemas.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read schema %s: %w", file, err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			return nil, fmt.Errorf("parse schema %s: %w", file, err)
		}
		if err := c.AddResource(schemaBase+file, doc); err != nil {
			return nil, fmt.Errorf("add schema %s: %w", file, err)
		}
	}
	schema, err := c.Compile(schemaBase + name)
	if err != nil {
		return nil, fmt.Errorf("compile card schemas: %w", err)
	}
	return schema, nil
}

// decode returns the event in body. It returns ErrUnreadable if body is no JSON
// object, and a *card.RefusedError with the path of the first bad field if it does
// not follow the schema; the event then holds what little could be read.
func (d decoder) decode(body []byte) (card.Event, error) {
	if len(body) > maxMessageBytes {
		return card.Event{}, fmt.Errorf("%w: more than %d bytes", ErrUnreadable, maxMessageBytes)
	}
	// Errors of the parsers quote the input: they are not passed on (OPS-4).
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	object, ok := doc.(map[string]any)
	if err != nil || !ok {
		return card.Event{}, ErrUnreadable
	}
	if err := d.schema.Validate(doc); err != nil {
		var invalid *jsonschema.ValidationError
		if !errors.As(err, &invalid) {
			return card.Event{}, fmt.Errorf("validate card event: %w", err)
		}
		return partial(object), badField(firstPath(invalid))
	}
	return event(object)
}

// event reads a valid message. What JSON Schema cannot say is refused here.
func event(object map[string]any) (card.Event, error) {
	var wire struct {
		ID      string          `json:"id"`
		OrderID string          `json:"order_id"`
		Seq     int64           `json:"seq"`
		Time    string          `json:"time"`
		Type    card.EventType  `json:"type"`
		Data    json.RawMessage `json:"data"`
	}
	raw, err := json.Marshal(known(object))
	if err != nil {
		return card.Event{}, fmt.Errorf("encode card event: %w", err)
	}
	if err := json.Unmarshal(raw, &wire); err != nil {
		return partial(object), badField(jsonPath("", err))
	}
	e := card.Event{ID: wire.ID, OrderID: wire.OrderID, Seq: wire.Seq}
	if e.At, err = time.Parse(time.RFC3339Nano, wire.Time); err != nil {
		return e, badField("/time")
	}
	e.At = e.At.UTC()
	if e.Data, err = card.DecodeData(wire.Type, wire.Data); err != nil {
		return e, badField(jsonPath("/data", err))
	}
	if s, ok := e.Data.(card.CardShipped); ok && s.ValidTo < s.ValidFrom {
		return e, badField("/data/valid_to")
	}
	return e, nil
}

func badField(path string) error {
	return &card.RefusedError{Code: card.CodeSchema, Detail: path}
}

// known drops fields that no schema of ours can name, recursively. Unknown
// fields are ignored anyway, but encoding/json ignores case: "SEQ" would win over
// "seq", which the schema has checked.
func known(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if !fieldName.MatchString(name) {
				delete(v, name)
				continue
			}
			v[name] = known(value)
		}
	case []any:
		for i, value := range v {
			v[i] = known(value)
		}
	}
	return v
}

var (
	fieldName = regexp.MustCompile(`^[a-z_]+$`)
	eventID   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:._-]{0,127}$`)
	orderID   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:._-]{0,63}$`)
)

// partial reads ids and number from a message that breaks the schema, as far as
// they at least are right.
func partial(object map[string]any) card.Event {
	var e card.Event
	if id, ok := object["id"].(string); ok && eventID.MatchString(id) {
		e.ID = id
	}
	if id, ok := object["order_id"].(string); ok && orderID.MatchString(id) {
		e.OrderID = id
	}
	if n, ok := object["seq"].(json.Number); ok {
		if seq, err := n.Int64(); err == nil && seq > 0 {
			e.Seq = seq
		}
	}
	return e
}

// firstPath returns the JSON pointer of the bad field that comes first in the
// alphabet. Pointers hold our field names and array indexes, never a value: no
// schema looks at fields that it does not name.
func firstPath(e *jsonschema.ValidationError) string {
	if len(e.Causes) == 0 {
		path := "/" + strings.Join(e.InstanceLocation, "/")
		if missing, ok := e.ErrorKind.(*kind.Required); ok {
			path = strings.TrimSuffix(path, "/") + "/" + missing.Missing[0]
		}
		return path
	}
	first := firstPath(e.Causes[0])
	for _, cause := range e.Causes[1:] {
		first = min(first, firstPath(cause))
	}
	return first
}

// jsonPath returns the path of the field that err is about, prefix if it names
// none.
func jsonPath(prefix string, err error) string {
	var typed *json.UnmarshalTypeError
	if errors.As(err, &typed) && typed.Field != "" {
		return prefix + "/" + strings.ReplaceAll(typed.Field, ".", "/")
	}
	if prefix == "" {
		return "/"
	}
	return prefix
}
