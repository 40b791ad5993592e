package messages_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"klarbeleg/schema/messages"
)

var update = flag.Bool("update", false, "write the golden messages anew")

var at = time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)

// example is a body that uses every field of its type.
type example struct {
	schema string // name of the schema and of the golden message
	body   any
}

func examples() []example {
	const (
		delivery = "0199f1c2-0000-7000-8000-000000000001"
		caseID   = "0199f1c2-0000-7000-8000-000000000002"
		blob     = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	)
	return []example{
		{"dta.deliveries.v1.blob-ref", messages.BlobRef{URL: "blob:" + blob, SHA256: blob, Size: 52_428_800}},
		{"dta.receipts.v1", messages.Receipt{
			DeliveryID: delivery, MessageID: "0199f1c1-0000-7000-8000-0000000000aa", SenderIK: "598800016", RecipientIK: "661430035",
			Transfer: "ESOL0012", Reference: "00042", Outcome: "partly_rejected", ReceivedAt: at,
			DuplicateOf: "0199f1c0-0000-7000-8000-000000000009",
			Counts:      messages.ReceiptCounts{Invoices: 3, InvoicesRefused: 1, Cases: 5, Positions: 24, Segments: 131, Bytes: 4711},
			Sums:        messages.ReceiptSums{Billed: 36770, Approved: 36500, Corrected: 270, Refused: 12000},
			Errors: []messages.ReceiptError{{
				Stage: 2, Code: "P2010", Severity: "reject_message", Scope: "message", Invoice: "R-2026-0003:0", Segment: 97, Offset: 3522,
				Tag: "REC", Element: 1, Component: 2, Text: "Im Segment REC fehlt ein Pflichtfeld.",
			}},
			ErrorsLeftOff: 12,
		}},
		{"billing.invoices.v1", messages.InvoiceStatus{
			Invoice: "R-2026-0001:0", InvoiceDate: "2026-11-20", ProviderIK: "261234563", PayeeIK: "598800016", PayerIK: "109519005",
			Group: "B", State: "paid", Billed: 24770, Approved: 24500, Corrected: 270, Voucher: "0000000042", Paid: 24500, DeliveryID: delivery, At: at,
		}},
		{"billing.corrections.v1", messages.Correction{
			CorrectionID: "0199f1c2-0000-7000-8000-000000000003", CaseID: caseID, DeliveryID: delivery, ProviderIK: "261234563",
			PayeeIK: "598800016", PayerIK: "109519005", Group: "B", Processing: 1, Invoice: "R-2026-0001:0", InvoiceDate: "2026-11-20",
			VoucherNo: "17", Rule: "P4010", RuleVersion: 1, Title: "Einzelpreis über Vertragspreis",
			Text: "Der Einzelpreis liegt über dem vereinbarten Preis.", Segment: 41, Offset: 1530, Billed: 8100, Corrected: 270,
			GrossCut: 300, CopayCut: 30, Heal: []string{"document:vertrag", "field_change:EHI.einzelpreis"}, HealUntil: "2027-02-25", At: at,
			Position: &messages.CorrectionPosition{Segment: 41, Item: "20501", Date: "2026-11-03", Quantity: 600, Price: 1350},
		}},
	}
}

// compile compiles a schema of this folder, formats checked.
func compile(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile(name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func readJSON(t *testing.T, name string) (doc map[string]any) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return doc
}

// DTA-6, DTA-7, CHK-4: body, golden message and schema of each type agree.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, e := range examples() {
		t.Run(e.schema, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join("golden", e.schema+".json")
			body := messages.Encode(e.body)
			if *update {
				var indented bytes.Buffer
				if err := json.Indent(&indented, body, "", "  "); err != nil {
					t.Fatal(err)
				}
				indented.WriteByte('\n')
				if err := os.WriteFile(name, indented.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var golden bytes.Buffer
			if err := json.Compact(&golden, raw); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(golden.String(), string(body)); diff != "" {
				t.Errorf("-golden +body:\n%s", diff)
			}
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			schema := compile(t, e.schema)
			if err := schema.Validate(doc); err != nil {
				t.Error(err)
			}
			refuses(t, schema, doc.(map[string]any))
		})
	}
}

// refuses fails unless the schema misses each required field and knows no other.
func refuses(t *testing.T, schema *jsonschema.Schema, doc map[string]any) {
	t.Helper()
	for _, name := range schema.Required {
		value := doc[name]
		delete(doc, name)
		if schema.Validate(doc) == nil {
			t.Errorf("valid without %s", name)
		}
		doc[name] = value
	}
	doc["insured_name"] = "x"
	if schema.Validate(doc) == nil {
		t.Error("valid with a field that the schema does not name")
	}
	delete(doc, "insured_name")
}

// DTA-6, DTA-7, CHK-4: the schema names the fields of the Go type, no more and no
// less; what Go leaves out when empty is optional there, and each is described.
func TestSchemaNamesEveryField(t *testing.T) {
	t.Parallel()
	for _, e := range examples() {
		t.Run(e.schema, func(t *testing.T) {
			t.Parallel()
			sameFields(t, e.schema, readJSON(t, e.schema+".json"), reflect.TypeOf(e.body))
		})
	}
}

func sameFields(t *testing.T, path string, schema map[string]any, typ reflect.Type) {
	t.Helper()
	properties, _ := schema["properties"].(map[string]any)
	var names, required, wantRequired []string
	list, _ := schema["required"].([]any)
	for _, name := range list {
		required = append(required, name.(string))
	}
	for field := range typ.Fields() {
		name, rest, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
		if rest == "" {
			wantRequired = append(wantRequired, name)
		}
		property, _ := properties[name].(map[string]any)
		if text, _ := property["description"].(string); text == "" {
			t.Errorf("%s.%s is not described", path, name)
		}
		if items, ok := property["items"].(map[string]any); ok {
			property = items
		}
		if inner := structOf(field.Type); inner != nil {
			sameFields(t, path+"."+name, property, inner)
		}
	}
	var described []string
	for name := range properties {
		described = append(described, name)
	}
	for _, pair := range []struct {
		what      string
		want, got []string
	}{{"fields", names, described}, {"required fields", wantRequired, required}} {
		slices.Sort(pair.want)
		slices.Sort(pair.got)
		if diff := cmp.Diff(pair.want, pair.got); diff != "" {
			t.Errorf("%s: %s -Go +schema:\n%s", path, pair.what, diff)
		}
	}
	if schema["additionalProperties"] != false {
		t.Errorf("%s lets other fields pass", path)
	}
}

// structOf returns the struct of ours that the field holds, nil if none.
func structOf(typ reflect.Type) reflect.Type {
	if typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() {
		return nil
	}
	return typ
}

// asyncAPI is what the tests read of the document.
type asyncAPI struct {
	AsyncAPI string `json:"asyncapi"`
	Channels map[string]struct {
		Address  string
		Messages map[string]ref
	}
	Operations map[string]struct {
		Action   string
		Channel  ref
		Messages []ref
	}
	Components struct{ Messages map[string]asyncMessage }
}

type ref struct {
	Ref string `json:"$ref"`
}

type asyncMessage struct {
	Name        string
	ContentType string
	Headers     struct {
		Properties map[string]struct {
			Const string
			Enum  []string // the first is the usual one
		}
		Required []string
	}
	Payload struct {
		SchemaFormat string
		Schema       ref
		Type         string
	}
	Bindings struct {
		Kafka struct{ Key struct{ Description string } }
	}
}

func readAsyncAPI(t *testing.T) (doc asyncAPI) {
	t.Helper()
	raw, err := os.ReadFile("asyncapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// topics are all topics with the type names that travel on them; send says that
// the centre sends them.
var topics = map[string]struct {
	typ  string
	send bool
}{
	messages.TopicDeliveries:  {messages.TypeDelivery, false},
	messages.TopicReceipts:    {messages.TypeReceipt, true},
	messages.TopicInvoices:    {messages.TypeInvoiceStatus, true},
	messages.TopicCorrections: {messages.TypeCorrection, true},
	messages.TopicCardOrders:  {messages.TypeCardOrder, false},
	messages.TopicCardStatus:  {messages.TypeCardStatus, true},
}

// DTA-1, DTA-6, CHK-4, CRD-18: the AsyncAPI document names every topic with its
// messages, and refers to schemas and messages that exist.
func TestAsyncAPI(t *testing.T) {
	t.Parallel()
	doc := readAsyncAPI(t)
	if doc.AsyncAPI != "3.0.0" {
		t.Errorf("version %q", doc.AsyncAPI)
	}
	addresses := map[string]bool{}
	for name, channel := range doc.Channels {
		topic, ok := topics[channel.Address]
		if !ok || addresses[channel.Address] {
			t.Errorf("channel %s: topic %q is unknown or named twice", name, channel.Address)
		}
		addresses[channel.Address] = true
		if len(channel.Messages) == 0 {
			t.Errorf("channel %s has no message", name)
		}
		for key, r := range channel.Messages {
			if r.Ref != "#/components/messages/"+key {
				t.Errorf("channel %s: message %s refers to %s", name, key, r.Ref)
			}
			m, ok := doc.Components.Messages[key]
			if !ok {
				t.Errorf("channel %s: message %s does not exist", name, key)
			}
			if m.Name != topic.typ {
				t.Errorf("channel %s: message type %q, want %q", name, m.Name, topic.typ)
			}
			checkHeaders(t, key, m, topic.send)
		}
		checkOperation(t, doc, name)
	}
	if len(addresses) != len(topics) {
		t.Errorf("%d topics in the document, want %d", len(addresses), len(topics))
	}
	for key, m := range doc.Components.Messages {
		checkPayload(t, key, m)
	}
}

func checkHeaders(t *testing.T, key string, m asyncMessage, sent bool) {
	t.Helper()
	for _, name := range []string{"ce_id", "ce_type", "ce_source", "ce_specversion", "content-type"} {
		if !slices.Contains(m.Headers.Required, name) {
			t.Errorf("message %s: header %s is not required", key, name)
		}
	}
	if got := m.Headers.Properties["ce_type"].Const; got != m.Name {
		t.Errorf("message %s: ce_type %q", key, got)
	}
	contentType := m.Headers.Properties["content-type"]
	if got := append(contentType.Enum, contentType.Const)[0]; got != m.ContentType || got == "" {
		t.Errorf("message %s: content-type %q, want %q", key, got, m.ContentType)
	}
	if got := m.Headers.Properties["ce_source"].Const; sent != (got == messages.CloudEventsSource) {
		t.Errorf("message %s: ce_source %q", key, got)
	}
	if m.Bindings.Kafka.Key.Description == "" {
		t.Errorf("message %s: the key is not described", key)
	}
}

// checkOperation looks for the one operation on the channel and its messages.
func checkOperation(t *testing.T, doc asyncAPI, channel string) {
	t.Helper()
	found := 0
	for name, o := range doc.Operations {
		if o.Channel.Ref != "#/channels/"+channel {
			continue
		}
		found++
		if send := topics[doc.Channels[channel].Address].send; send != (o.Action == "send") || !send != (o.Action == "receive") {
			t.Errorf("operation %s: action %q", name, o.Action)
		}
		if len(o.Messages) != len(doc.Channels[channel].Messages) {
			t.Errorf("operation %s has not all messages of its channel", name)
		}
		for _, r := range o.Messages {
			key, ok := strings.CutPrefix(r.Ref, "#/channels/"+channel+"/messages/")
			if _, known := doc.Channels[channel].Messages[key]; !ok || !known {
				t.Errorf("operation %s refers to %s", name, r.Ref)
			}
		}
	}
	if found != 1 || len(doc.Operations) != len(doc.Channels) {
		t.Errorf("%d operations on channel %s, want one", found, channel)
	}
}

func checkPayload(t *testing.T, key string, m asyncMessage) {
	t.Helper()
	if m.ContentType == messages.ContentTypeEDIFACT || m.ContentType == messages.ContentTypePKCS7 {
		if m.Payload.Type != "string" {
			t.Errorf("message %s: payload of type %q, want the bytes of the file", key, m.Payload.Type)
		}
		return
	}
	name, ok := strings.CutPrefix(m.Payload.Schema.Ref, "./")
	if !ok || m.Payload.SchemaFormat != "application/schema+json;version=draft-2020-12" {
		t.Fatalf("message %s: payload %+v", key, m.Payload)
	}
	compile(t, strings.TrimSuffix(name, ".json"))
}

// DTA-6, CHK-4: the page of the topics names every topic, type and schema.
func TestPage(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/messages.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	for topic, m := range topics {
		for _, name := range []string{topic, m.typ} {
			if !strings.Contains(page, "`"+name+"`") {
				t.Errorf("the page does not name %s", name)
			}
		}
	}
	for _, link := range regexp.MustCompile(`\]\((\.\./schema/messages/[^)]+)\)`).FindAllStringSubmatch(page, -1) {
		if _, err := os.Stat(filepath.Join("../../docs", link[1])); err != nil {
			t.Error(err)
		}
	}
	for _, e := range examples() {
		if !strings.Contains(page, "../schema/messages/"+e.schema+".json") {
			t.Errorf("the page does not link to %s.json", e.schema)
		}
	}
}
