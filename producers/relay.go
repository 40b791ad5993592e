// Package producers is Kafka out. The relay is the only writer: it drains the
// outbox in order, one elected relay for all replicas, because several would
// break the order of a key (docs/decisions/0005-one-relay.md).
package producers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
	"go.uber.org/zap"

	"klarbeleg/internal/clock"
	"klarbeleg/internal/kafkaio"
	"klarbeleg/internal/logging"
	"klarbeleg/store"
)

const (
	// batchRows is how many messages one round publishes.
	batchRows = 1000
	// pollInterval is how long an idle relay waits before it looks again.
	pollInterval = 50 * time.Millisecond
	// electInterval is how long a replica without leadership waits.
	electInterval = time.Second
	retryMax      = 10 * time.Second
	closeTimeout  = 5 * time.Second
	// role is the name of the leadership.
	role = "outbox"
	// source names this system in the events it sends.
	source = "urn:klarbeleg"
)

// Relay publishes the outbox.
type Relay struct {
	DB      *store.DB
	Client  *kafkaio.Client
	Clock   clock.Clock
	Metrics *Metrics
}

// Metrics of the relay.
type Metrics struct {
	published prometheus.Counter
	recovered prometheus.Counter
	leading   prometheus.Gauge
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		published: prometheus.NewCounter(prometheus.CounterOpts{Name: "klarbeleg_outbox_published_total", Help: "Messages published from the outbox."}),
		recovered: prometheus.NewCounter(prometheus.CounterOpts{Name: "klarbeleg_outbox_recovered_total", Help: "Messages found on the topic after a crash and not published again."}),
		leading:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "klarbeleg_outbox_leading", Help: "1 while this replica is the relay."}),
	}
	r.MustRegister(m.published, m.recovered, m.leading)
	return m
}

// Run publishes until ctx ends. Faults of broker or database make it wait and go
// on; nothing is lost or skipped meanwhile.
func (r *Relay) Run(ctx context.Context) error {
	ctx = logging.With(ctx, zap.String("role", "relay"))
	wait := pollInterval
	for ctx.Err() == nil {
		err := r.lead(ctx)
		if err == nil {
			wait = electInterval
		} else if ctx.Err() == nil {
			logging.From(ctx).Warn("relay pauses", zap.Error(err), zap.Duration("wait", wait))
			wait = min(2*wait, retryMax)
		}
		pause(ctx, wait)
	}
	return nil
}

// lead publishes as long as this replica leads; nil if another one does.
func (r *Relay) lead(ctx context.Context) error {
	lead, err := r.DB.TryLead(ctx, role)
	if err != nil || lead == nil {
		return err
	}
	resign := context.WithoutCancel(ctx)
	defer func() {
		closing, cancel := context.WithTimeout(resign, closeTimeout)
		defer cancel()
		lead.Resign(closing)
		r.Metrics.leading.Set(0)
	}()
	r.Metrics.leading.Set(1)
	if err := r.recover(ctx); err != nil {
		return fmt.Errorf("look for messages already on the topics: %w", err)
	}
	writer := r.Client.NewWriter()
	defer func() {
		closing, cancel := context.WithTimeout(resign, closeTimeout)
		defer cancel()
		if err := kafkaio.Close(closing, writer); err != nil {
			logging.From(resign).Warn("close writer", zap.Error(err))
		}
	}()
	for {
		n, err := r.round(ctx, writer)
		if err != nil {
			return err
		}
		if n < batchRows {
			if err := lead.Alive(ctx); err != nil {
				return err
			}
			if !pause(ctx, pollInterval) {
				return nil
			}
		}
	}
}

// round publishes one batch and marks it.
func (r *Relay) round(ctx context.Context, writer *kafka.Writer) (int, error) {
	rows, err := r.DB.UnpublishedOutbox(ctx, batchRows)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	out := make([]kafka.Message, 0, len(rows))
	ids := make([]int64, 0, len(rows))
	for i := range rows {
		m, err := eventOf(&rows[i]).Message(rows[i].Topic)
		if err != nil {
			return 0, fmt.Errorf("outbox row %d: %w", rows[i].ID, err)
		}
		out = append(out, m)
		ids = append(ids, rows[i].ID)
	}
	if err := writer.WriteMessages(ctx, out...); err != nil {
		return 0, fmt.Errorf("publish: %w", publishError(err))
	}
	if err := r.DB.MarkPublished(ctx, ids, r.Clock.Now()); err != nil {
		return 0, err
	}
	r.Metrics.published.Add(float64(len(rows)))
	return len(rows), nil
}

// publishError names the first real error of a batch.
func publishError(err error) error {
	var errs kafka.WriteErrors
	if errors.As(err, &errs) {
		for _, e := range errs {
			if e != nil {
				return fmt.Errorf("%d of %d messages: %w", errs.Count(), len(errs), e)
			}
		}
	}
	return err
}

func eventOf(row *store.OutboxRow) kafkaio.Event {
	return kafkaio.Event{
		ID: row.EventID.String(), Source: source, Type: row.Type, Time: row.At, ContentType: row.ContentType,
		Key: row.Key, Headers: row.Headers, Body: row.Body,
	}
}

// recover closes the window between publishing and marking: what a dead relay
// published and did not mark stands at the end of its topic and is marked now,
// not sent again (F-07).
func (r *Relay) recover(ctx context.Context) error {
	rows, err := r.DB.UnpublishedOutbox(ctx, batchRows)
	if err != nil || len(rows) == 0 {
		return err
	}
	waiting := map[string]map[uuid.UUID]int64{}
	for _, row := range rows {
		if waiting[row.Topic] == nil {
			waiting[row.Topic] = map[uuid.UUID]int64{}
		}
		waiting[row.Topic][row.EventID] = row.ID
	}
	var found []int64
	for topic, ids := range waiting {
		tail, err := r.Client.Tail(ctx, topic, batchRows)
		if err != nil {
			return err
		}
		for _, id := range tail {
			event, err := uuid.Parse(id)
			if err != nil {
				continue // not one of ours
			}
			if row, ok := ids[event]; ok {
				found = append(found, row)
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	r.Metrics.recovered.Add(float64(len(found)))
	logging.From(ctx).Info("messages of a dead relay found on their topics", zap.Int("messages", len(found)))
	return r.DB.MarkPublished(ctx, found, r.Clock.Now())
}

// pause waits for d; false if ctx ended before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
