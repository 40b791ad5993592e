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
	// pollInterval is how long an idle relay waits before it looks again.
	pollInterval = 50 * time.Millisecond
	// electInterval is how long a replica without leadership waits.
	electInterval = time.Second
	retryFirst    = 100 * time.Millisecond
	retryMax      = 10 * time.Second
	// aliveTimeout is how long the database may take to confirm the leadership.
	aliveTimeout = 10 * time.Second
	closeTimeout = 5 * time.Second
	// tailMessages is how far back the relay looks for what it has sent already:
	// at least as far as one batch can reach.
	tailMessages = 1000
	// role is the name of the leadership.
	role = "outbox"
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

// Run publishes until ctx ends: then it finishes the batch in hand within the
// life of work, resigns and returns. Faults of broker or database make it wait
// and go on; nothing is lost or skipped meanwhile.
func (r *Relay) Run(ctx, work context.Context) error {
	work = logging.With(work, zap.String("role", "relay"))
	wait := retryFirst
	for ctx.Err() == nil {
		lead, err := r.DB.TryLead(ctx, role)
		switch {
		case err != nil:
		case lead == nil: // another replica leads
			pause(ctx, electInterval)
			continue
		default:
			var published int
			if published, err = r.lead(ctx, work, lead); published > 0 {
				wait = retryFirst
			}
		}
		if err != nil && ctx.Err() == nil {
			logging.From(work).Warn("relay pauses", zap.Error(err), zap.Duration("wait", wait))
			pause(ctx, wait)
			wait = min(2*wait, retryMax)
		}
	}
	return nil
}

// lead publishes until ctx ends or something fails, then resigns. It returns how
// many messages it published.
func (r *Relay) lead(ctx, work context.Context, lead *store.Lead) (published int, err error) {
	r.Metrics.leading.Set(1)
	writer := r.Client.NewWriter()
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(work), closeTimeout)
		defer cancel()
		// First the writer: what it still holds must not meet a successor's.
		if err := kafkaio.Close(closing, writer); err != nil {
			logging.From(work).Warn("close writer", zap.Error(err))
		}
		lead.Resign(closing)
		r.Metrics.leading.Set(0)
	}()
	found, err := r.markSent(ctx)
	if err != nil {
		return 0, fmt.Errorf("look for messages already on the topics: %w", err)
	}
	if found > 0 {
		logging.From(work).Info("messages found on their topics and not sent again", zap.Int64("messages", found))
	}
	for ctx.Err() == nil {
		if err := alive(work, lead); err != nil {
			return published, err
		}
		n, err := r.round(work, writer)
		if err != nil {
			return published, err
		}
		published += n
		if n == 0 {
			pause(ctx, pollInterval)
		}
	}
	return published, nil
}

func alive(ctx context.Context, lead *store.Lead) error {
	ctx, cancel := context.WithTimeout(ctx, aliveTimeout)
	defer cancel()
	return lead.Alive(ctx)
}

// round publishes one batch and marks it.
func (r *Relay) round(ctx context.Context, writer *kafka.Writer) (int, error) {
	rows, err := r.DB.UnpublishedOutbox(ctx)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	out := make([]kafka.Message, 0, len(rows))
	ids := make([]int64, 0, len(rows))
	for i := range rows {
		m, err := rows[i].Event().Message(rows[i].Topic)
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

// markSent closes the window between publishing and marking: what a relay sent
// and did not mark, because it died or lost the answer, stands at the end of its
// topic and is marked now, not sent again (F-07).
func (r *Relay) markSent(ctx context.Context) (found int64, err error) {
	topics, err := r.DB.UnpublishedTopics(ctx)
	if err != nil {
		return 0, err
	}
	var events []uuid.UUID
	for _, topic := range topics {
		tail, err := r.Client.Tail(ctx, topic, tailMessages)
		if err != nil {
			return 0, err
		}
		for _, id := range tail {
			if event, err := uuid.Parse(id); err == nil { // others are not ours
				events = append(events, event)
			}
		}
	}
	found, err = r.DB.MarkFound(ctx, events, r.Clock.Now())
	r.Metrics.recovered.Add(float64(found))
	return found, err
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
