package consumers_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"klarbeleg/consumers"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/kafkaio"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/testdb"
	"klarbeleg/internal/testkafka"
	"klarbeleg/store"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("klarbeleg/internal/child.(*Process).run"))
}

// deadline bounds every wait; a rebalance on a busy machine takes seconds.
const deadline = 2 * time.Minute

var noon = time.Date(2026, 11, 25, 11, 0, 0, 0, time.UTC)

// bundle is a topic with a group that consumes it into a database. The group is
// the consumer's name too.
type bundle struct {
	db     *store.DB
	client *kafkaio.Client
	topic  string
	group  string
	// seen lists the places that were handed to the handler, repetitions included.
	mu   sync.Mutex
	seen []int64
}

func setup(t *testing.T, backend testkafka.Backend, partitions int) *bundle {
	t.Helper()
	return &bundle{db: store.New(testdb.New(t)), client: backend.Client(t), topic: backend.Topic(t, partitions), group: testkafka.Name(t)}
}

// effect is the use case of these tests: once per message id, it writes the body
// as an outbox row. The order of the rows is the order of the effects.
func (b *bundle) effect(ctx context.Context, m consumers.Message) error {
	err := b.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		fresh, err := store.EnterInbox(ctx, tx, store.InboxKey{Consumer: b.group, MessageID: m.ID}, sha256.Sum256(m.Body), noon)
		if err != nil || !fresh {
			return err
		}
		return store.AddOutbox(ctx, tx, store.OutboxMessage{
			EventID: uuid.Must(uuid.NewV7()), Kind: "effect", Topic: "effects", Key: m.Key, Type: "effect", Body: m.Body, At: noon,
		})
	})
	if errors.Is(err, store.ErrIDReused) {
		return &consumers.PoisonError{Code: "id_reused", Err: err}
	}
	return err
}

// effects returns the bodies of the effects in order.
func (b *bundle) effects(t *testing.T) []string {
	return b.list(t, `select body from outbox order by id`)
}

func (b *bundle) list(t *testing.T, query string) []string {
	t.Helper()
	rows, err := b.db.Pool().Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		var text []byte
		err := row.Scan(&text)
		return string(text), err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// event returns a message with the id and body, all of one key.
func event(id, body string) kafka.Message {
	m, err := kafkaio.Event{
		ID: id, Source: "urn:test", Type: "test.v1", Time: noon, ContentType: "text/plain", Key: "key", Body: []byte(body),
	}.Message("")
	if err != nil {
		panic(err)
	}
	return m
}

// events returns n messages with bodies "0", "1", ...
func events(n int) (out []kafka.Message) {
	for i := range n {
		out = append(out, event(fmt.Sprint("id-", i), fmt.Sprint(i)))
	}
	return out
}

func numbers(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint(i))
	}
	return out
}

func (b *bundle) write(t *testing.T, out ...kafka.Message) {
	t.Helper()
	for i := range out {
		out[i].Topic = b.topic
	}
	writer := b.client.NewWriter()
	if err := errors.Join(writer.WriteMessages(t.Context(), out...), writer.Close()); err != nil {
		t.Fatal(err)
	}
}

// running is a started loop.
type running struct {
	metrics *prometheus.Registry
	logs    *observer.ObservedLogs
	// stop ends the fetching, cancelWork the work in hand; ended is closed when
	// the loop has returned.
	work             context.Context
	stop, cancelWork func()
	ended            chan struct{}
}

// start runs the loop; handle nil is the effect.
func (b *bundle) start(t *testing.T, handle consumers.Handler) *running {
	t.Helper()
	if handle == nil {
		handle = b.effect
	}
	core, logs := observer.New(zap.InfoLevel)
	work, cancelWork := context.WithTimeout(logging.Into(context.Background(), zap.New(core)), deadline)
	ctx, stop := context.WithCancel(work)
	r := &running{metrics: prometheus.NewRegistry(), logs: logs, work: work, stop: stop, cancelWork: cancelWork, ended: make(chan struct{})}
	loop := &consumers.Loop{
		Name: b.group, Topic: b.topic, Client: b.client, DB: b.db, Clock: clock.NewFake(noon), Metrics: consumers.NewMetrics(r.metrics),
		Handle: func(ctx context.Context, m consumers.Message) error {
			b.mu.Lock()
			b.seen = append(b.seen, m.Offset)
			b.mu.Unlock()
			return handle(ctx, m)
		},
	}
	go func() {
		defer close(r.ended)
		if err := loop.Run(ctx, work); err != nil {
			t.Errorf("loop: %v", err)
		}
	}()
	t.Cleanup(func() {
		stop()
		r.wait(t)
		cancelWork()
	})
	return r
}

// wait waits until the loop has returned.
func (r *running) wait(t *testing.T) {
	t.Helper()
	select {
	case <-r.ended:
	case <-time.After(deadline):
		t.Fatal("the loop does not end")
	}
}

// end stops the loop and waits for it; its work must not be cancelled for that.
func (r *running) end(t *testing.T) {
	t.Helper()
	r.stop()
	r.wait(t)
	if r.work.Err() != nil {
		t.Error("the loop ended only when its work did")
	}
}

// value returns a counter of the loop; outcome chooses among those of messages.
func (r *running) value(t *testing.T, name, outcome string) (sum float64) {
	t.Helper()
	families, err := r.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if f.GetName() == name && (outcome == "" || labels["outcome"] == outcome) {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

func (b *bundle) handled() []int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.seen)
}

// lag returns how many messages the group has not committed.
func (b *bundle) lag(t *testing.T) (sum int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	lag, err := b.client.Lag(ctx, b.group, b.topic)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range lag {
		sum += n
	}
	return sum
}

// committed waits until the group has committed everything.
func (b *bundle) committed(t *testing.T) {
	t.Helper()
	eventually(t, "everything is committed", func() bool { return b.lag(t) == 0 })
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within %s: %s", deadline, what)
		case <-ticker.C:
		}
	}
}

// receive waits for a signal of the handler.
func receive[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(deadline):
		t.Fatalf("not within %s: %s", deadline, what)
		panic("unreachable")
	}
}

func (b *bundle) wantEffects(t *testing.T, want []string) {
	t.Helper()
	if got := b.effects(t); !slices.Equal(got, want) {
		t.Errorf("effects %q, want %q", got, want)
	}
}

func (b *bundle) wantQuarantine(t *testing.T, want ...string) {
	t.Helper()
	if got := b.list(t, `select reason_code from quarantine order by message_offset`); !slices.Equal(got, want) {
		t.Errorf("set aside with %q, want %q", got, want)
	}
}
