package cardorders_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
	"go.uber.org/zap"

	"klarbeleg/app/cardorder"
	"klarbeleg/consumers"
	"klarbeleg/consumers/cardorders"
	"klarbeleg/domain/card"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/kafkaio"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/testdb"
	"klarbeleg/internal/testkafka"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

var noon = time.Date(2026, 11, 25, 11, 0, 0, 0, time.UTC)

func event(seq int64, data card.Data) messages.CardEvent {
	return messages.CardEvent{
		ID: fmt.Sprintf("e-%d-%s", seq, card.TypeOf(data)), OrderID: "KA-1", Seq: seq, Time: noon, Type: string(card.TypeOf(data)), Data: data,
	}
}

// message wraps a body as a CloudEvent of the type.
func message(t *testing.T, topic, id, typ string, body []byte) kafka.Message {
	t.Helper()
	m, err := kafkaio.Event{
		ID: id, Source: "urn:test:cards", Type: typ, Time: noon, ContentType: messages.ContentTypeJSON, Key: "KA-1", Body: body,
	}.Message(topic)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// bundle is a topic with the consumer's parts.
type bundle struct {
	db     *store.DB
	client *kafkaio.Client
	topic  string
}

// consume runs the loop as a new group until n messages were handled, then stops
// it.
func (b *bundle) consume(t *testing.T, n int) {
	t.Helper()
	service, err := cardorder.New(b.db, clock.System(), cardorder.Settings{ParkLimit: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	handle := cardorders.Handler(service)
	handled := make(chan struct{}, 1000)
	loop := &consumers.Loop{
		Name: testkafka.Name(t), Topic: b.topic, Client: b.client, DB: b.db, Clock: clock.System(),
		Metrics: consumers.NewMetrics(prometheus.NewRegistry()),
		Handle: func(ctx context.Context, m consumers.Message) error {
			defer func() { handled <- struct{}{} }()
			return handle(ctx, m)
		},
	}
	work, cancelWork := context.WithTimeout(logging.Into(context.Background(), zap.NewNop()), time.Minute)
	defer cancelWork()
	ctx, stop := context.WithCancel(work)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- loop.Run(ctx, work) }()
	for i := range n {
		select {
		case <-handled:
		case <-work.Done():
			t.Fatalf("handled %d of %d messages", i, n)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatalf("loop: %v", err)
	}
	if len(handled) > 0 {
		t.Fatalf("%d messages were handled again", len(handled))
	}
}

func (b *bundle) list(t *testing.T, query string) []string {
	t.Helper()
	rows, err := b.db.Pool().Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// CRD-1: over a real broker, good events are applied once, refused ones kept,
// unreadable ones set aside, and a second reading of the topic changes nothing.
func TestConsume(t *testing.T) {
	t.Parallel()
	testkafka.Run(t, "cards.orders", func(t *testing.T, backend testkafka.Backend) {
		b := &bundle{db: store.New(testdb.New(t)), client: backend.Client(t), topic: backend.Topic(t, 1)}
		drafted := event(1, card.ApplicationDrafted{Product: card.SMCB, Kind: card.First, IssuingBody: "kv-nordrhein", Email: "a@b.example"})
		submitted, abandoned := event(2, card.ApplicationSubmitted{}), event(3, card.ApplicationAbandoned{})
		good := func(e messages.CardEvent) kafka.Message {
			return message(t, b.topic, e.ID, messages.TypeCardOrder, messages.Encode(e))
		}
		reused := drafted
		reused.Seq = 9
		batch := []kafka.Message{
			good(abandoned), // early: waits
			good(drafted),
			good(drafted), // F-26
			message(t, b.topic, "broken", messages.TypeCardOrder, []byte(`{"id":`)),
			message(t, b.topic, "empty", messages.TypeCardOrder, nil),
			message(t, b.topic, "version", "klarbeleg.card-order.v9", messages.Encode(submitted)),
			good(reused), // F-27: same id, other content
			good(event(1, card.ReleaseGranted{})),
			{Topic: b.topic, Key: []byte("KA-1"), Value: messages.Encode(submitted)}, // a sender without CloudEvents
			good(submitted), // the same event in another message
		}
		writer := b.client.NewWriter()
		if err := writer.WriteMessages(t.Context(), batch...); err != nil {
			t.Fatal(err)
		}
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
		states := func() []string {
			return b.list(t, `select concat_ws('|', order_id, state, seq, accepted) from card_order
				union all select concat_ws('|', seq, event_id) from card_event
				union all select concat_ws('|', message_id, reason) from card_event_refused
				union all select key || count(*) from outbox group by key order by 1`)
		}
		want := []string{
			"1|e-1-application.drafted", "2|e-2-application.submitted", "3|e-3-application.abandoned",
			"KA-1|abandoned|3|3", "KA-13", "e-1-release.granted|sequence_taken",
		}
		slices.Sort(want)
		for reading := 1; reading <= 2; reading++ {
			b.consume(t, len(batch))
			got := states()
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("after reading %d:\n%q, want\n%q", reading, got, want)
			}
		}
		// F-31
		aside := b.list(t, `select distinct concat_ws('|', message_id, reason_code) from quarantine order by 1`)
		wantAside := []string{"broken|unreadable", "e-1-application.drafted|id_reused", "empty|unreadable", "version|type"}
		if !slices.Equal(aside, wantAside) {
			t.Errorf("set aside %q, want %q", aside, wantAside)
		}
	})
}
