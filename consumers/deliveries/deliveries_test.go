package deliveries_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/segmentio/kafka-go"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"klarbeleg/app/intake"
	"klarbeleg/app/lists"
	"klarbeleg/checks/catalogue"
	"klarbeleg/consumers"
	"klarbeleg/consumers/deliveries"
	"klarbeleg/domain/billing"
	"klarbeleg/dta/p302/gen"
	"klarbeleg/internal/blob"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/kafkaio"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/testdb"
	"klarbeleg/internal/testkafka"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("klarbeleg/internal/child.(*Process).run"))
}

const deadline = 2 * time.Minute

var received = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// bundle is the door with the real intake behind it.
type bundle struct {
	t        *testing.T
	db       *store.DB
	blobs    blob.Store
	blobRoot string
	handle   consumers.Handler
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{t: t, db: store.New(testdb.New(t)), blobRoot: t.TempDir()}
	if err := b.db.EnsurePartitions(t.Context(), received); err != nil {
		t.Fatal(err)
	}
	var err error
	if b.blobs, err = blob.OpenFolder(b.blobRoot); err != nil {
		t.Fatal(err)
	}
	service := intake.New(b.db, b.blobs, clock.NewFake(received), catalogue.All(), intake.Settings{
		Deadlines: billing.DefaultDeadlines(), Security: intake.Security{PlainAllowed: true},
	})
	b.handle = deliveries.Handler(service)
	return b
}

// delivery is a synthetic file with its Auftragsdatei.
type delivery struct{ payload, auftrag []byte }

// generate makes a delivery; with the lists given it is clean but for the faults.
func (b *bundle) generate(seed int, faults ...string) delivery {
	b.t.Helper()
	o := gen.Options{
		Gruppe: 'E', Rechnungsart: 1, Faelle: 6, FaelleProRechnung: 3, Seed: uint64(seed), Referenz: seed,
		RechnungsPraefix: fmt.Sprintf("E%d-", seed), Erstellt: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC),
	}
	for i, name := range faults {
		o.Faults = append(o.Faults, gen.Injection{Fall: 2 * i, Fault: name})
	}
	var payload bytes.Buffer
	result, err := gen.Write(&payload, o)
	if err != nil {
		b.t.Fatal(err)
	}
	auftrag, err := result.Auftrag.Append(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	var prices, payers, providers bytes.Buffer
	if err := errors.Join(result.WritePrices(&prices), result.WritePayers(&payers), result.WriteProviders(&providers)); err != nil {
		b.t.Fatal(err)
	}
	for kind, list := range map[string]*bytes.Buffer{"prices": &prices, "payers": &payers, "providers": &providers} {
		if _, err := lists.Import(b.t.Context(), b.db, clock.NewFake(received), kind, list); err != nil {
			b.t.Fatal(err)
		}
	}
	return delivery{payload.Bytes(), auftrag}
}

// message returns the delivery as the loop hands it over.
func (d delivery) message(id string) consumers.Message {
	return consumers.Message{
		Event: kafkaio.Event{
			ID: id, Source: "urn:test", Type: messages.TypeDelivery, Time: received, ContentType: messages.ContentTypeEDIFACT,
			Key: "598800016", Headers: map[string][]byte{messages.HeaderAuftrag: d.auftrag}, Body: d.payload,
		},
		Topic: messages.TopicDeliveries,
	}
}

// refer puts the payload into the blob store and the reference into the message.
func (b *bundle) refer(m consumers.Message) consumers.Message {
	b.t.Helper()
	ref, err := b.blobs.Put(b.t.Context(), bytes.NewReader(m.Body))
	if err != nil {
		b.t.Fatal(err)
	}
	m.ContentType = messages.ContentTypeBlobRef
	m.Body = messages.Encode(messages.BlobRef{URL: "blob:" + ref.Key, SHA256: ref.Key, Size: ref.Size})
	return m
}

// call hands the message to the door; code is that of a poison, "" if it is none.
func (b *bundle) call(m consumers.Message) (code string, err error) {
	err = b.handle(logging.Into(b.t.Context(), zap.NewNop()), m)
	var poison *consumers.PoisonError
	if errors.As(err, &poison) {
		return poison.Code, err
	}
	return "", err
}

func (b *bundle) list(query string) []string {
	b.t.Helper()
	rows, err := b.db.Pool().Query(b.t.Context(), query)
	if err != nil {
		b.t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *bundle) states() []string { return b.list(`select state from delivery order by id`) }

func TestHandlerTakes(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*bundle, consumers.Message) consumers.Message{
		"bytes as they are": func(_ *bundle, m consumers.Message) consumers.Message { return m },
		"content type in other case, with parameter": func(_ *bundle, m consumers.Message) consumers.Message {
			m.ContentType = "Application/EDIFACT; charset=iso-8859-1"
			return m
		},
		"a sender without CloudEvents": func(_ *bundle, m consumers.Message) consumers.Message {
			m.Type, m.ContentType = m.Topic, "application/octet-stream"
			return m
		},
		"DTA-5 announced as sealed": func(_ *bundle, m consumers.Message) consumers.Message {
			m.ContentType = messages.ContentTypePKCS7 // a claim of the message; the bytes decide
			return m
		},
		"a reference": func(b *bundle, m consumers.Message) consumers.Message { return b.refer(m) },
		"no key":      func(_ *bundle, m consumers.Message) consumers.Message { m.Key = ""; return m },
	} {
		t.Run("DTA-1 DTA-7 "+name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			m := change(b, b.generate(1).message("m-1"))
			for range 2 { // the second time it is known
				if code, err := b.call(m); err != nil {
					t.Fatalf("%s: %v", code, err)
				}
			}
			if got := b.states(); !slices.Equal(got, []string{"accepted"}) {
				t.Errorf("states %q", got)
			}
			if got := b.list(`select count(*)::text from invoice`); got[0] != "2" {
				t.Errorf("%s invoices, want 2", got[0])
			}
		})
	}
	t.Run("DTA-6 DTA-7 the Auftragsdatei and the file name are passed on", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		m := b.generate(1).message("m-1")
		m.Headers = nil
		if _, err := b.call(m); err != nil {
			t.Fatal(err)
		}
		m = b.generate(2).message("m-2")
		m.Headers[messages.HeaderDateiname] = []byte("TSOL0099") // another than the Auftragsdatei says
		if _, err := b.call(m); err != nil {
			t.Fatal(err)
		}
		var codes []string
		for _, r := range b.receipts() {
			codes = append(codes, r.Outcome+" "+r.Errors[0].Code)
		}
		if want := []string{"rejected P1001", "rejected P1002"}; !slices.Equal(codes, want) {
			t.Errorf("receipts %q, want %q", codes, want)
		}
		if got := b.list(`select transfer_name from delivery order by id desc limit 1`); got[0] != "TSOL0099" {
			t.Errorf("name %q", got[0])
		}
	})
}

func (b *bundle) receipts() (out []messages.Receipt) {
	b.t.Helper()
	for _, body := range b.list(`select convert_from(body, 'UTF8') from outbox where kind = 'receipt' order by id`) {
		var r messages.Receipt
		if err := json.Unmarshal([]byte(body), &r); err != nil {
			b.t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

const canary = "X123456789"

// F-31: each of these can never be handled, and its reason quotes nothing.
func TestHandlerRefuses(t *testing.T) {
	t.Parallel()
	reference := func(change func(*messages.BlobRef)) func(*bundle, consumers.Message) consumers.Message {
		return func(b *bundle, m consumers.Message) consumers.Message {
			m = b.refer(m)
			var ref messages.BlobRef
			if err := json.Unmarshal(m.Body, &ref); err != nil {
				b.t.Fatal(err)
			}
			change(&ref)
			m.Body = messages.Encode(ref)
			return m
		}
	}
	simple := func(change func(*consumers.Message)) func(*bundle, consumers.Message) consumers.Message {
		return func(_ *bundle, m consumers.Message) consumers.Message {
			change(&m)
			return m
		}
	}
	missing := strings.Repeat("0", 64)
	for _, c := range []struct {
		name   string
		code   string
		change func(*bundle, consumers.Message) consumers.Message
	}{
		{"unknown version of the type", "type", simple(func(m *consumers.Message) { m.Type = "klarbeleg.delivery.v9" })},
		{"key that is no text", "key", simple(func(m *consumers.Message) { m.Key = "\xff" + canary })},
		{"key with NUL", "key", simple(func(m *consumers.Message) { m.Key = "\x00" + canary })},
		{"file name that is no text", "file_name", simple(func(m *consumers.Message) {
			m.Headers[messages.HeaderDateiname] = []byte("\xff" + canary)
		})},
		{"0 bytes", "empty", simple(func(m *consumers.Message) { m.Body = []byte{} })},
		{"null value", "empty", simple(func(m *consumers.Message) { m.Body = nil })},
		{"other content type", "content_type", simple(func(m *consumers.Message) { m.ContentType = "text/plain" })},
		{"broken content type", "content_type", simple(func(m *consumers.Message) { m.ContentType = "application/edifact; " + canary })},
		{"reference that is no JSON", "blob_ref", simple(func(m *consumers.Message) { m.ContentType, m.Body = messages.ContentTypeBlobRef, []byte(canary) })},
		{"reference of 0 bytes", "blob_ref", simple(func(m *consumers.Message) { m.ContentType, m.Body = messages.ContentTypeBlobRef, nil })},
		{"hash too short", "blob_ref", reference(func(r *messages.BlobRef) { r.SHA256 = r.SHA256[1:]; r.URL = "blob:" + r.SHA256 })},
		{"hash in capitals", "blob_ref", reference(func(r *messages.BlobRef) { r.SHA256 = strings.ToUpper(r.SHA256); r.URL = "blob:" + r.SHA256 })},
		{"address elsewhere", "blob_ref", reference(func(r *messages.BlobRef) { r.URL = "https://example.invalid/" + canary })},
		{"address of another blob", "blob_ref", reference(func(r *messages.BlobRef) { r.URL = "blob:" + missing })},
		{"negative size", "blob_ref", reference(func(r *messages.BlobRef) { r.Size = -1 })},
		{"size one byte short", "blob_ref", reference(func(r *messages.BlobRef) { r.Size-- })},
		{"missing blob", "blob_ref", reference(func(r *messages.BlobRef) { r.SHA256, r.URL = missing, "blob:"+missing })},
		{"blob with other content", "blob_ref", func(b *bundle, m consumers.Message) consumers.Message {
			m = b.refer(m)
			paths, err := filepath.Glob(filepath.Join(b.blobRoot, "??", "*"))
			if err != nil || len(paths) != 1 {
				b.t.Fatal(paths, err)
			}
			raw, err := os.ReadFile(paths[0])
			if err != nil {
				b.t.Fatal(err)
			}
			raw[len(raw)/2] ^= 1
			if err := os.WriteFile(paths[0], raw, 0o600); err != nil {
				b.t.Fatal(err)
			}
			return m
		}},
	} {
		t.Run("DTA-10 "+c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			code, err := b.call(c.change(b, b.generate(1).message("m-1")))
			if code != c.code {
				t.Errorf("poison %q (%v), want %q", code, err, c.code)
			}
			if strings.Contains(fmt.Sprint(err), canary) {
				t.Errorf("OPS-4: %v", err)
			}
			if got := b.list(`select 'row' from delivery union all select 'row' from inbox union all select 'row' from outbox`); len(got) > 0 {
				t.Errorf("%d rows were written", len(got))
			}
		})
	}
	// F-27
	t.Run("DTA-10 the id of another delivery", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		m := b.generate(1).message("m-1")
		if _, err := b.call(m); err != nil {
			t.Fatal(err)
		}
		changed := m
		changed.Body = bytes.Clone(m.Body)
		changed.Body[len(changed.Body)/2] ^= 1
		if code, err := b.call(changed); code != "id_reused" {
			t.Errorf("other file: poison %q (%v)", code, err)
		}
		changed = m
		changed.Headers = map[string][]byte{messages.HeaderAuftrag: append(bytes.Clone(m.Headers[messages.HeaderAuftrag]), ' ')}
		if code, err := b.call(changed); code != "id_reused" {
			t.Errorf("other Auftragsdatei: poison %q (%v)", code, err)
		}
		if got := b.states(); !slices.Equal(got, []string{"accepted"}) {
			t.Errorf("states %q: the first one must stand", got)
		}
	})
}

// DTA-1, DTA-6, DTA-10, CHK-4: over a broker. Good and bad deliveries mixed end
// as they must, every one of them is answered, and all that is sent follows its
// schema.
func TestConsume(t *testing.T) {
	t.Parallel()
	b := setup(t)
	backend := testkafka.Backend{Name: "embedded", Brokers: testkafka.Start(t).Addrs()}
	client, topic := backend.Client(t), backend.Topic(t, 1)
	clean, faulty := b.generate(1), b.generate(2, "price-high", "kvnr-check-digit")
	garbage := delivery{[]byte("%PDF-1.7 " + canary), clean.auftrag}
	var out []kafka.Message
	for i, m := range []consumers.Message{
		clean.message("clean"), clean.message("clean"), garbage.message("garbage"), b.refer(faulty.message("faulty")),
		clean.message("copy"),
		{Event: kafkaio.Event{ID: "empty", Source: "s", Type: messages.TypeDelivery, Time: received, ContentType: messages.ContentTypeEDIFACT}},
	} {
		km, err := m.Message(topic)
		if err != nil {
			t.Fatal(i, err)
		}
		out = append(out, km)
	}
	writer := client.NewWriter()
	if err := errors.Join(writer.WriteMessages(t.Context(), out...), writer.Close()); err != nil {
		t.Fatal(err)
	}
	// A reader that begins anew gets everything again.
	for range 2 {
		b.consume(client, topic)
		b.rewind(backend.Brokers, topic)
		if got, want := b.states(), []string{"accepted", "quarantined", "accepted", "duplicate"}; !slices.Equal(got, want) {
			t.Errorf("states %q, want %q", got, want)
		}
		if got, want := b.list(`select message_id || '|' || reason_code from quarantine order by message_offset`),
			[]string{"garbage|P2001", "empty|empty"}; !slices.Equal(got, want) {
			t.Errorf("set aside %q, want %q", got, want)
		}
		if got := b.list(`select state || count(*) from invoice group by state order by state`); len(got) < 2 {
			t.Errorf("invoices %q, want some corrected", got)
		}
	}
	var outcomes []string
	for _, r := range b.receipts() {
		outcomes = append(outcomes, r.Outcome)
	}
	if want := []string{"accepted", "rejected", "accepted", "duplicate"}; !slices.Equal(outcomes, want) {
		t.Errorf("receipts %q, want %q", outcomes, want)
	}
	b.sentFollowsSchemas()
	broken, err := b.db.CheckInvariants(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range broken {
		if v.ID != "INV-9" { // no relay runs here
			t.Errorf("%s broken (%s): %v", v.ID, v.What, v.IDs)
		}
	}
}

// consume runs the loop on the topic as a new group until it has committed all.
func (b *bundle) consume(client *kafkaio.Client, topic string) {
	b.t.Helper()
	work, cancel := context.WithTimeout(logging.Into(context.Background(), zap.NewNop()), deadline)
	defer cancel()
	ctx, stop := context.WithCancel(work)
	defer stop()
	lag := func(group string) (sum int64) {
		found, err := client.Lag(work, group, topic)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, n := range found {
			sum += n
		}
		return sum
	}
	handled := make(chan struct{}, 1000)
	loop := &consumers.Loop{
		Name: intake.Consumer, Topic: topic, Client: client, DB: b.db, Clock: clock.NewFake(received),
		Metrics: consumers.NewMetrics(prometheus.NewRegistry()),
		Handle: func(ctx context.Context, m consumers.Message) error {
			defer func() { handled <- struct{}{} }()
			return b.handle(ctx, m)
		},
	}
	all := lag(uuid.NewString())
	ended := make(chan error, 1)
	go func() { ended <- loop.Run(ctx, work) }()
	for i := range all {
		select {
		case <-handled:
		case <-work.Done():
			b.t.Fatalf("%d of %d messages are handled", i, all)
		}
	}
	for lag(intake.Consumer) > 0 { // the last commit is under way
		if work.Err() != nil {
			b.t.Fatal("not everything is committed")
		}
	}
	stop()
	if err := <-ended; err != nil {
		b.t.Error(err)
	}
}

// rewind lets the group begin anew at the next start.
func (b *bundle) rewind(addrs []string, topic string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), deadline)
	defer cancel()
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := (&kafka.Client{Addr: kafka.TCP(addrs...), Transport: transport}).OffsetCommit(ctx, &kafka.OffsetCommitRequest{
		GroupID: intake.Consumer, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{topic: {{}}},
	})
	if err != nil || resp.Topics[topic][0].Error != nil {
		b.t.Fatal(err, resp)
	}
}

// sentFollowsSchemas checks every message of the outbox.
func (b *bundle) sentFollowsSchemas() {
	b.t.Helper()
	schemas := map[string]*jsonschema.Schema{}
	for topic, want := range map[string]int{messages.TopicReceipts: 4, messages.TopicInvoices: 4, messages.TopicCorrections: 2} {
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		schema, err := c.Compile("../../schema/messages/" + topic + ".v1.json")
		if err != nil {
			b.t.Fatal(err)
		}
		schemas[topic] = schema
		if got := b.list(`select count(*)::text from outbox where topic = '` + topic + `'`); got[0] != fmt.Sprint(want) {
			b.t.Errorf("%s messages for %s, want %d", got[0], topic, want)
		}
	}
	rows, err := b.db.UnpublishedOutbox(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, row := range rows {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(row.Body))
		if err != nil {
			b.t.Fatal(err)
		}
		if err := schemas[row.Topic].Validate(doc); err != nil {
			b.t.Errorf("%s: %v\n%s", row.Topic, err, row.Body)
		}
	}
}
