package cardorder

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"klarbeleg/domain/card"
	"klarbeleg/schema/messages"
)

const goldenFolder = "../../schema/messages/golden/"

func testDecoder(t *testing.T) decoder {
	t.Helper()
	d, err := newDecoder()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func golden(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(goldenFolder + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// CRD-1: schema, golden message and Go type of every event type agree.
func TestGoldenEvents(t *testing.T) {
	t.Parallel()
	d := testDecoder(t)
	schemas, err := messages.CardSchemas.ReadFile("cards.orders.v1.json")
	if err != nil {
		t.Fatal(err)
	}
	var envelope struct {
		Properties struct {
			Type struct {
				Enum []string `json:"enum"`
			} `json:"type"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(schemas, &envelope); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(goldenFolder + "cards.orders.v1.*.json")
	if err != nil || len(files) != len(envelope.Properties.Type.Enum) || len(files) == 0 {
		t.Fatalf("%d golden messages for %d event types, %v", len(files), len(envelope.Properties.Type.Enum), err)
	}
	for _, typ := range envelope.Properties.Type.Enum {
		raw := golden(t, "cards.orders.v1."+typ+".json")
		var wire messages.CardEvent
		if err := json.Unmarshal(raw, &wire); err != nil {
			t.Fatal(err)
		}
		e, err := d.decode(raw)
		if err != nil {
			t.Errorf("%s: %v", typ, err)
			continue
		}
		if got := card.TypeOf(e.Data); string(got) != typ || e.OrderID != wire.OrderID || e.Seq != wire.Seq || !e.At.Equal(wire.Time) {
			t.Errorf("%s was read as %s %s %d %s", typ, got, e.OrderID, e.Seq, e.At)
		}
		again, err := json.Marshal(e.Data)
		if err != nil {
			t.Fatal(err)
		}
		var got any
		if err := json.Unmarshal(again, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wire.Data, got); diff != "" {
			t.Errorf("%s: the schema and the Go type differ (-golden +type):\n%s", typ, diff)
		}
	}
}

// CRD-1, F-32: a message against the schema is refused with the path of the
// field and never with its value; fields unknown here are ignored.
func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	d := testDecoder(t)
	const canary = "Kanarienvogel"
	drafted := func(change func(m, data map[string]any)) []byte {
		var m map[string]any
		if err := json.Unmarshal(golden(t, "cards.orders.v1.application.drafted.json"), &m); err != nil {
			t.Fatal(err)
		}
		change(m, m["data"].(map[string]any))
		raw, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	set := func(field string, value any) []byte {
		return drafted(func(_, data map[string]any) { data[field] = value })
	}
	shipped := bytes.Replace(golden(t, "cards.orders.v1.card.shipped.json"), []byte("2031-11-19"), []byte("2026-11-19"), 1)
	for _, c := range []struct {
		name string
		body []byte
		path string
	}{
		{"field missing", drafted(func(m, _ map[string]any) { delete(m, "seq") }), "/seq"},
		{"field of the data missing", drafted(func(_, data map[string]any) { delete(data, "email") }), "/data/email"},
		{"wrong type", drafted(func(m, _ map[string]any) { m["seq"] = canary }), "/seq"},
		{"sequence number zero", drafted(func(m, _ map[string]any) { m["seq"] = 0 }), "/seq"},
		{"whole number written as fraction", []byte(strings.Replace(string(drafted(func(_, _ map[string]any) {})), `"seq":1`, `"seq":1.0`, 1)), "/seq"},
		{"unknown event type", drafted(func(m, _ map[string]any) { m["type"] = canary }), "/type"},
		{"no such day", drafted(func(m, _ map[string]any) { m["time"] = "2026-02-30T00:00:00Z" }), "/time"},
		{"leap second", drafted(func(m, _ map[string]any) { m["time"] = "2026-12-31T23:59:60Z" }), "/time"},
		{"order id with blanks", drafted(func(m, _ map[string]any) { m["order_id"] = canary + " 1" }), "/order_id"},
		{"CRD-2 unknown product", set("product", canary), "/data/product"},
		{"CRD-6 monetary limit with separator", set("monetary_limit", "5.000"), "/data/monetary_limit"},
		{"CRD-6 monetary limit with sign", set("monetary_limit", "+5000"), "/data/monetary_limit"},
		{"CRD-6 restriction of 101 characters", set("usage_restriction", strings.Repeat("ä", 101)), "/data/usage_restriction"},
		{"restriction with NUL, which no database takes", set("usage_restriction", "a\x00b"), "/data/usage_restriction"},
		{"address with line break", set("email", "a@b.example\r\nBcc: "+canary), "/data/email"},
		{"address with NUL", set("email", "a\x00@b.example"), "/data/email"},
		{"follow-up without the card it follows", set("kind", "follow_up"), "/data/previous_card"},
		{"no id", drafted(func(m, _ map[string]any) { delete(m, "id") }), "/id"},
		{"first of two", drafted(func(m, data map[string]any) { m["seq"], data["kind"] = "x", "x" }), "/data/kind"},
		{"valid before it begins", shipped, "/data/valid_to"},
	} {
		_, err := d.decode(c.body)
		var refusal *card.RefusedError
		if !errors.As(err, &refusal) || refusal.Code != card.CodeSchema || refusal.Detail != c.path {
			t.Errorf("%s: %v, want path %s", c.name, err, c.path)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the error shows the value", c.name)
		}
	}
	for name, body := range map[string][]byte{
		"extra fields":                       set("favourite_colour", map[string]any{"a": []any{1, "b"}}),
		"extra field like ours but for case": drafted(func(m, _ map[string]any) { m["ſeq"], m["TYPE"] = 7, "card.revoked" }),
		"restriction of 100 characters":      set("usage_restriction", strings.Repeat("ä", 100)),
	} {
		e, err := d.decode(body)
		if err != nil || e.Seq != 1 || card.TypeOf(e.Data) != card.TypeApplicationDrafted {
			t.Errorf("%s: %v", name, err)
		}
		if stored, err := json.Marshal(e.Data); err != nil || bytes.Contains(stored, []byte("favourite")) {
			t.Errorf("%s: kept: %v", name, err)
		}
	}
}

// F-31: what is no JSON object is unreadable, not refused.
func TestDecodeUnreadable(t *testing.T) {
	t.Parallel()
	d := testDecoder(t)
	for name, body := range map[string]string{
		"nothing": "", "broken": `{"id":`, "no object": `[1]`, "null": `null`, "two values": `{} {}`,
		"too large": `{"a":"` + strings.Repeat("x", maxMessageBytes) + `"}`,
	} {
		if _, err := d.decode([]byte(body)); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// CRD-18: every status message follows its schema; the last one is golden.
func TestGoldenStatus(t *testing.T) {
	t.Parallel()
	schema, err := compile("cards.status.v1.json")
	if err != nil {
		t.Fatal(err)
	}
	d := testDecoder(t)
	now := time.Date(2026, 11, 25, 11, 0, 0, 0, time.UTC)
	check := func(o card.Order, e card.Event) []byte {
		m := statusMessage(o, e, now)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(m.Body))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("after %s: %v", card.TypeOf(e.Data), err)
		}
		if again := statusMessage(o, e, now); again.EventID != m.EventID || !bytes.Equal(again.Body, m.Body) {
			t.Errorf("after %s: a repeated message differs", card.TypeOf(e.Data))
		}
		return m.Body
	}
	o := card.New("KA-2026-000017")
	var last []byte
	for i, typ := range []string{
		"application.drafted", "application.submitted", "identity.confirmed", "documents.received", "documents.checked",
		"release.requested", "release.granted", "production.started", "card.shipped", "pin_letter.sent",
	} {
		raw := golden(t, "cards.orders.v1."+typ+".json")
		if typ == "documents.checked" {
			raw = bytes.Replace(bytes.Replace(raw, []byte("false"), []byte("true"), 1), []byte(`"signed_form"`), nil, 1)
		}
		e, err := d.decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		e.Seq = int64(i + 1)
		if o, err = card.Apply(o, e); err != nil {
			t.Fatal(err)
		}
		last = check(o, e)
	}
	var got, want any
	if err := errors.Join(json.Unmarshal(last, &got), json.Unmarshal(golden(t, "cards.status.v1.json"), &want)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-golden +message:\n%s", diff)
	}
	// F-30: an order of which nothing but its cancellation is known.
	e := card.Event{ID: "e", OrderID: "KA-1", Seq: 1, At: now, Data: card.ContractCancelled{}}
	o, err = card.Apply(card.New("KA-1"), e)
	if err != nil {
		t.Fatal(err)
	}
	check(o, e)
}

func FuzzDecode(f *testing.F) {
	d, err := newDecoder()
	if err != nil {
		f.Fatal(err)
	}
	files, err := filepath.Glob(goldenFolder + "cards.orders.v1.*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := d.decode(body)
		var refusal *card.RefusedError
		switch {
		case err == nil && (e.Data == nil || e.Seq < 1 || !eventID.MatchString(e.ID) || !orderID.MatchString(e.OrderID)):
			t.Errorf("accepted an event without its fields: %q %d", e.OrderID, e.Seq)
		case err != nil && !errors.Is(err, ErrUnreadable) && !errors.As(err, &refusal):
			t.Errorf("neither refused nor unreadable: %v", err)
		}
	})
}
