package producers_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"klarbeleg/internal/broker"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/kafkaio"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/testdb"
	"klarbeleg/internal/testkafka"
	"klarbeleg/producers"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("klarbeleg/internal/child.(*Process).run"))
}

// deadline bounds every wait; a broker that comes back takes its time.
const deadline = 2 * time.Minute

var noon = time.Date(2026, 11, 25, 11, 0, 0, 0, time.UTC)

// bundle is a database and a topic that relays publish to.
type bundle struct {
	url    string
	db     *store.DB
	client *kafkaio.Client
	topic  string
}

func setup(t *testing.T, backend testkafka.Backend, partitions int) *bundle {
	t.Helper()
	b := &bundle{url: testdb.URL(t), client: backend.Client(t), topic: backend.Topic(t, partitions)}
	b.db = b.open(t)
	return b
}

// open returns connections of their own, as another replica has.
func (b *bundle) open(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), b.url, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx := within(t)
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within %s: %s", deadline, what)
		case <-ticker.C:
		}
	}
}

// replica is a running relay.
type replica struct {
	metrics *prometheus.Registry
	logs    *observer.ObservedLogs
	cancel  func() // says that it shall stop
	stop    func() // and waits until it has
}

func (b *bundle) start(t *testing.T, db *store.DB) *replica {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	work, cancelWork := context.WithTimeout(logging.Into(context.Background(), zap.New(core)), deadline)
	ctx, stop := context.WithCancel(work)
	r := &replica{metrics: prometheus.NewRegistry(), logs: logs, cancel: stop}
	relay := &producers.Relay{DB: db, Client: b.client, Clock: clock.NewFake(noon), Metrics: producers.NewMetrics(r.metrics)}
	ended := make(chan error, 1)
	go func() { ended <- relay.Run(ctx, work) }()
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		defer cancelWork()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("relay: %v", err)
		}
		if work.Err() != nil {
			t.Error("the relay did not stop by itself")
		}
	}
	t.Cleanup(r.stop)
	return r
}

// value returns a metric of the relay.
func (r *replica) value(t *testing.T, name string) float64 {
	t.Helper()
	families, err := r.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue() + f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

func (r *replica) leads(t *testing.T) bool { return r.value(t, "klarbeleg_outbox_leading") == 1 }

// messages returns n messages of keys in turn; the body tells the place in the
// key's order.
func (b *bundle) messages(n, keys int) (out []store.OutboxMessage) {
	for i := range n {
		out = append(out, store.OutboxMessage{
			EventID: uuid.Must(uuid.NewV7()), Kind: "test", Topic: b.topic, Key: fmt.Sprint("key", i%keys), Type: "klarbeleg.test.v1",
			Body: fmt.Appendf(nil, `{"n":%d}`, i), At: noon,
		})
	}
	return out
}

func (b *bundle) add(t *testing.T, out []store.OutboxMessage) {
	t.Helper()
	for part := range slices.Chunk(out, 1000) {
		if err := b.db.InTx(t.Context(), func(ctx context.Context, tx store.Tx) error { return store.AddOutbox(ctx, tx, part...) }); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *bundle) unpublished(t *testing.T) (n int) {
	t.Helper()
	n, _, err := b.db.OutboxBacklog(t.Context(), noon)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (b *bundle) drained(t *testing.T) {
	t.Helper()
	eventually(t, "the outbox is drained", func() bool { return b.unpublished(t) == 0 })
}

// size returns how many messages the topic holds.
func (b *bundle) size(t *testing.T) (n int) {
	t.Helper()
	lag, err := b.client.Lag(within(t), testkafka.Name(t), b.topic)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lag {
		n += int(l)
	}
	return n
}

// read returns all messages of the topic.
func (b *bundle) read(t *testing.T) (out []kafka.Message) {
	t.Helper()
	reader := b.client.NewReader(testkafka.Name(t), b.topic)
	defer func() {
		if err := kafkaio.Close(within(t), reader); err != nil {
			t.Error(err)
		}
	}()
	for range b.size(t) {
		m, err := reader.FetchMessage(within(t))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

func idOf(t *testing.T, m kafka.Message) string {
	t.Helper()
	e, err := kafkaio.DecodeEvent(m)
	if err != nil {
		t.Fatal(err)
	}
	return e.ID
}

// ids returns the event ids by key, in order.
func idsByKey(out []store.OutboxMessage) map[string][]string {
	ids := map[string][]string{}
	for _, m := range out {
		ids[m.Key] = append(ids[m.Key], m.EventID.String())
	}
	return ids
}

// wantOnce fails unless the topic holds exactly the messages, in order per key.
func (b *bundle) wantOnce(t *testing.T, out []store.OutboxMessage) {
	t.Helper()
	got := map[string][]string{}
	for _, m := range b.read(t) {
		got[string(m.Key)] = append(got[string(m.Key)], idOf(t, m))
	}
	for key, want := range idsByKey(out) {
		if !slices.Equal(got[key], want) {
			t.Errorf("%s: %d messages, want %d, in order and once", key, len(got[key]), len(want))
		}
		delete(got, key)
	}
	if len(got) > 0 {
		t.Errorf("unknown keys %v", slices.Collect(maps.Keys(got)))
	}
}

func TestRelay(t *testing.T) {
	t.Parallel()

	testkafka.Run(t, "CHK-4 a message is published as it was written, headers and content type included", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 1)
		out := b.messages(2, 1)
		out[0].ContentType = messages.ContentTypeBlobRef
		out[0].Headers = map[string][]byte{messages.HeaderAuftrag: {'5', 0xfc, 0}, messages.HeaderDateiname: []byte("ESOL0012")}
		out[1].Key = ""
		b.start(t, b.db)
		b.add(t, out)
		b.drained(t)
		for i, m := range b.read(t) {
			e, err := kafkaio.DecodeEvent(m)
			if err != nil {
				t.Fatal(err)
			}
			want := out[i]
			if e.ID != want.EventID.String() || e.Source != messages.CloudEventsSource || e.Type != want.Type || !e.Time.Equal(noon) ||
				e.Key != want.Key || !bytes.Equal(e.Body, want.Body) || !maps.EqualFunc(e.Headers, want.Headers, bytes.Equal) {
				t.Errorf("message %d arrived as %+v", i, e)
			}
			if wantType := []string{messages.ContentTypeBlobRef, messages.ContentTypeJSON}[i]; e.ContentType != wantType {
				t.Errorf("message %d: content type %q", i, e.ContentType)
			}
		}
		if n := b.size(t); n != 2 {
			t.Errorf("%d messages on the topic, want 2", n)
		}
	})

	// F-39
	testkafka.Run(t, "CHK-4 ten thousand are published once each, in order per key", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 4)
		out := b.messages(10_000, 7)
		b.add(t, out)
		r := b.start(t, b.db)
		b.drained(t)
		r.stop()
		b.wantOnce(t, out)
		if n := r.value(t, "klarbeleg_outbox_published_total"); n != 10_000 {
			t.Errorf("metric says %v", n)
		}
	})

	testkafka.Run(t, "OPS-3 a stop between sending and marking finishes the batch", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 4)
		out := b.messages(200, 7)
		b.add(t, out)
		// Somebody else holds the rows: they can be read and sent, not marked.
		hold, err := b.db.Pool().Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := hold.Exec(t.Context(), `select from outbox for update`); err != nil {
			t.Fatal(err)
		}
		r := b.start(t, b.db)
		eventually(t, "the batch is sent", func() bool { return b.size(t) == len(out) })
		r.cancel()
		if n := b.unpublished(t); n != len(out) {
			t.Errorf("%d messages are not marked, want all %d", n, len(out))
		}
		if err := hold.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.stop()
		if n := b.unpublished(t); n != 0 {
			t.Errorf("%d messages are sent and not marked", n)
		}
		b.wantOnce(t, out)
	})

	// F-07
	testkafka.Run(t, "CHK-4 what was published and not marked is not published again", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 4)
		out := b.messages(1500, 7)
		b.add(t, out)
		// The dead relay had sent the oldest 300 and, before a large transaction
		// committed lower ids, the 10 newest.
		keyed := idsByKey(out)
		sent := slices.Concat(out[:300], out[1490:])
		var batch []kafka.Message
		for i := range sent {
			m, err := sent[i].Event().Message(b.topic)
			if err != nil {
				t.Fatal(err)
			}
			batch = append(batch, m)
		}
		writer := b.client.NewWriter()
		if err := errors.Join(writer.WriteMessages(within(t), batch...), writer.Close()); err != nil {
			t.Fatal(err)
		}
		r := b.start(t, b.db)
		b.drained(t)
		r.stop()
		if n := r.value(t, "klarbeleg_outbox_recovered_total"); n != 310 {
			t.Errorf("%v messages found on the topic, want 310", n)
		}
		once := map[string]bool{}
		for _, m := range b.read(t) {
			id := idOf(t, m)
			if once[id] {
				t.Errorf("message %s is on the topic twice", id)
			}
			once[id] = true
		}
		for key, ids := range keyed {
			if slices.ContainsFunc(ids, func(id string) bool { return !once[id] }) {
				t.Errorf("%s: a message is missing", key)
			}
		}
	})
}

func TestTakeOver(t *testing.T) {
	t.Parallel()

	testkafka.Run(t, "CHK-4 one of two relays leads, the other takes over", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 4)
		out := b.messages(3000, 7)
		first := b.start(t, b.db)
		eventually(t, "the first relay leads", func() bool { return first.leads(t) })
		second := b.start(t, b.open(t))
		b.add(t, out[:1000])
		b.drained(t)
		if n := second.value(t, "klarbeleg_outbox_published_total"); n != 0 || second.leads(t) {
			t.Fatalf("the second relay leads too and has published %v", n)
		}
		b.add(t, out[1000:2000])
		first.stop()
		b.add(t, out[2000:])
		b.drained(t)
		if !second.leads(t) {
			t.Error("the second relay does not lead")
		}
		second.stop()
		b.wantOnce(t, out)
	})

	// F-16: the leader's connection dies without its process. What was under way
	// may be sent again, then under the same id and with the same bytes (INV-17).
	testkafka.Run(t, "CHK-4 a leader that loses its database connections repeats at most what was under way", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 4)
		out := b.messages(6000, 7)
		b.start(t, b.open(t))
		b.start(t, b.open(t))
		for i, part := range slices.Collect(slices.Chunk(out, 1000)) {
			b.add(t, part)
			if i%2 == 0 {
				var cut int
				if err := b.db.Pool().QueryRow(t.Context(), `select count(pg_terminate_backend(pid)) from pg_stat_activity
					where datname = current_database() and pid <> pg_backend_pid()`).Scan(&cut); err != nil {
					t.Fatal(err)
				}
				if cut == 0 {
					t.Error("no connection was cut")
				}
			}
			b.drained(t)
		}
		first := map[string][]byte{}
		got := map[string][]string{}
		for _, m := range b.read(t) {
			id := idOf(t, m)
			if body, ok := first[id]; ok {
				if !bytes.Equal(body, m.Value) {
					t.Errorf("message %s is repeated with other bytes", id)
				}
				continue
			}
			first[id] = m.Value
			got[string(m.Key)] = append(got[string(m.Key)], id)
		}
		for key, want := range idsByKey(out) {
			if !slices.Equal(got[key], want) {
				t.Errorf("%s: %d messages, want %d, in order", key, len(got[key]), len(want))
			}
		}
	})
}

// F-35. Only the embedded broker can be stopped for one test alone.
func TestBrokerAway(t *testing.T) {
	t.Parallel()
	t.Run("OPS-3 the relay waits for a broker that is away", func(t *testing.T) {
		t.Parallel()
		cfg := broker.Config{DataDir: filepath.Join(t.TempDir(), "broker"), Addr: "127.0.0.1:0", Logger: zap.NewNop()}
		first, err := broker.Start(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		b := setup(t, testkafka.Backend{Name: "embedded", Brokers: first.Addrs()}, 4)
		out := b.messages(30, 7)
		r := b.start(t, b.db)
		b.add(t, out[:10])
		b.drained(t)
		cfg.Addr = first.Addrs()[0]
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		b.add(t, out[10:20])
		eventually(t, "the relay says that it pauses", func() bool { return r.logs.FilterMessage("relay pauses").Len() > 1 })
		if n := b.unpublished(t); n != 10 {
			t.Errorf("%d messages wait, want 10", n)
		}
		second, err := broker.Start(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			r.stop()
			if err := second.Close(); err != nil {
				t.Error(err)
			}
		})
		b.add(t, out[20:])
		b.drained(t)
		b.wantOnce(t, out)
	})
}

// F-36
func TestOversize(t *testing.T) {
	t.Parallel()
	testkafka.Run(t, "DTA-7 a message above the limit is refused where it is made, the largest one passes", func(t *testing.T, backend testkafka.Backend) {
		b := setup(t, backend, 1)
		out := b.messages(5, 1)
		out[2].Body = make([]byte, kafkaio.MaxMessageBytes)
		err := b.db.InTx(t.Context(), func(ctx context.Context, tx store.Tx) error { return store.AddOutbox(ctx, tx, out...) })
		if !errors.Is(err, kafkaio.ErrTooLarge) {
			t.Fatalf("error %v, want ErrTooLarge", err)
		}
		err = b.db.InTx(t.Context(), func(ctx context.Context, tx store.Tx) error {
			w := store.NewOutboxWriter()
			for _, m := range out {
				w.Add(m)
			}
			return w.Flush(ctx, tx)
		})
		if !errors.Is(err, kafkaio.ErrTooLarge) {
			t.Fatalf("error %v of the writer, want ErrTooLarge", err)
		}
		if n := b.unpublished(t); n != 0 {
			t.Fatalf("%d messages were written", n)
		}
		const headers = 1024 // more than those of the event take
		out[2].Body = out[2].Body[:kafkaio.MaxMessageBytes-headers]
		b.add(t, out)
		r := b.start(t, b.db)
		b.drained(t)
		r.stop()
		b.wantOnce(t, out)
	})
}
