// Package consumers is Kafka in. The loop is written once: fetch, decode, one
// use-case call that commits its own transaction, commit the offset. The inbox of
// the use case, not the offset, makes the effect happen once.
package consumers

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"syscall"
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
	// bugAttempts is how often a message that meets a fault of the program is
	// tried before it is set aside.
	bugAttempts = 3
	retryFirst  = 100 * time.Millisecond
	retryMax    = 10 * time.Second
	// maxID is the length up to which the quarantine names a message by its id.
	maxID = 255
	// standingTimeout bounds the question where the group stands.
	standingTimeout = 10 * time.Second
	// closeTimeout bounds the closing of a reader.
	closeTimeout = 5 * time.Second
)

// Message is a message with the place it was fetched from.
type Message struct {
	kafkaio.Event
	Topic     string
	Partition int
	Offset    int64
}

// Handler turns a message into one use-case call. Its error says what becomes of
// the message: a PoisonError sets it aside at once; a transient one waits and tries the
// same message again; anything else is a fault of the program and sets it aside
// after three attempts.
type Handler func(ctx context.Context, m Message) error

// PoisonError says that a message can never be handled, whatever is tried (DTA-10).
type PoisonError struct {
	Code string
	Err  error
}

func (p *PoisonError) Error() string { return p.Code + ": " + p.Err.Error() }

// Unwrap returns the cause.
func (p *PoisonError) Unwrap() error { return p.Err }

// Metrics of all loops.
type Metrics struct {
	messages *prometheus.CounterVec
	panics   prometheus.Counter
	resets   prometheus.Counter
	seconds  *prometheus.HistogramVec
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "klarbeleg_messages_total", Help: "Messages by consumer and what became of them: done, quarantined, retried.",
		}, []string{"consumer", "outcome"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "klarbeleg_panics_total", Help: "Panics caught while handling a message.",
		}),
		resets: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "klarbeleg_offset_resets_total", Help: "Partitions read from their oldest kept message because the place of the group was not kept.",
		}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "klarbeleg_message_seconds", Help: "Time to handle one message.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 9),
		}, []string{"consumer"}),
	}
	r.MustRegister(m.messages, m.panics, m.resets, m.seconds)
	return m
}

// Loop consumes one topic as a member of one group. Several loops with the same
// name share the partitions; a partition's messages stay in order.
type Loop struct {
	Name    string // consumer and group
	Topic   string
	Client  *kafkaio.Client
	DB      *store.DB // for the quarantine
	Clock   clock.Clock
	Metrics *Metrics
	Handle  Handler
}

// Run consumes until ctx ends: then it fetches no more, finishes the message in
// hand within the life of work, commits it and returns. What work cancels, and
// what only waits to be tried again, stays uncommitted and comes again.
func (l *Loop) Run(ctx, work context.Context) error {
	work = logging.With(work, zap.String("consumer", l.Name), zap.String("topic", l.Topic))
	for ctx.Err() == nil {
		if err := l.session(ctx, work); err != nil && ctx.Err() == nil {
			logging.From(work).Warn("consumer starts anew", zap.Error(err))
			if !pause(ctx, retryFirst*10) {
				break
			}
		}
	}
	return nil
}

// session consumes with one reader until it fails or ctx ends.
func (l *Loop) session(ctx, work context.Context) error {
	reader := l.Client.NewReader(l.Name, l.Topic)
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(work), closeTimeout)
		defer cancel()
		if err := kafkaio.Close(closing, reader); err != nil {
			logging.From(work).Warn("close reader", zap.Error(err))
		}
	}()
	next := map[int]int64{} // by partition
	for {
		m, err := reader.FetchMessage(ctx)
		if errors.Is(err, kafka.OffsetOutOfRange) {
			err = errors.Join(err, l.reset(work, reader))
		}
		if err != nil {
			return fmt.Errorf("fetch: %w", err)
		}
		if ctx.Err() != nil {
			return nil // the reader hands out what it has fetched after a stop too
		}
		if m.Offset != next[m.Partition] {
			if err := l.reportGone(work, m.Partition); err != nil {
				return err
			}
		}
		next[m.Partition] = m.Offset + 1
		if !l.take(ctx, work, m) {
			return nil // stopped before its end: not committed, comes again
		}
		if err := reader.CommitMessages(work, m); err != nil {
			return fmt.Errorf("commit offset: %w", err)
		}
	}
}

// reset lets the group go on at the oldest kept message wherever its place is not
// kept (F-38). The inbox removes what was done before.
func (l *Loop) reset(ctx context.Context, reader *kafka.Reader) error {
	astray, err := l.astray(ctx)
	if err != nil {
		return err
	}
	for _, s := range astray {
		// The commit of a message is the place behind it.
		if err := reader.CommitMessages(ctx, kafka.Message{Topic: l.Topic, Partition: s.Partition, Offset: s.First - 1}); err != nil {
			return fmt.Errorf("reset offset: %w", err)
		}
		l.reportReset(ctx, s)
	}
	return nil
}

// reportGone reports messages of the partition that were removed before they were
// read: the library goes over them in silence. To be called where offsets do not
// follow each other, before the message found there is committed.
func (l *Loop) reportGone(ctx context.Context, partition int) error {
	astray, err := l.astray(ctx)
	for _, s := range astray {
		if s.Partition == partition {
			l.reportReset(ctx, s)
		}
	}
	return err
}

func (l *Loop) astray(ctx context.Context) ([]kafkaio.Standing, error) {
	ctx, cancel := context.WithTimeout(ctx, standingTimeout)
	defer cancel()
	return l.Client.Astray(ctx, l.Name, l.Topic)
}

func (l *Loop) reportReset(ctx context.Context, s kafkaio.Standing) {
	l.Metrics.resets.Inc()
	logging.From(ctx).Error("place of the group is not kept, reads from the oldest kept message", zap.Int("partition", s.Partition),
		zap.Int64("committed", s.Committed), zap.Int64("oldest", s.First), zap.Int64("end", s.Last), zap.Int64("gone", max(0, s.First-s.Committed)))
}

// take handles one message to its end; false if work ended before, or ctx while
// it waited to be tried again.
func (l *Loop) take(ctx, work context.Context, m kafka.Message) bool {
	work = logging.With(work, zap.Int("partition", m.Partition), zap.Int64("offset", m.Offset))
	start := l.Clock.Now()
	defer func() { l.Metrics.seconds.WithLabelValues(l.Name).Observe(l.Clock.Now().Sub(start).Seconds()) }()
	wait, bugs := retryFirst, 0
	for {
		err := l.once(work, m)
		var poison *PoisonError
		switch {
		case err == nil:
			l.Metrics.messages.WithLabelValues(l.Name, "done").Inc()
			return true
		case work.Err() != nil:
			return false
		case errors.As(err, &poison):
			err = l.setAside(work, m, poison.Code, poison.Err)
		case passing(err):
		default:
			if bugs++; bugs >= bugAttempts {
				err = l.setAside(work, m, "fault", err)
			}
		}
		if err == nil {
			l.Metrics.messages.WithLabelValues(l.Name, "quarantined").Inc()
			return true
		}
		l.Metrics.messages.WithLabelValues(l.Name, "retried").Inc()
		logging.From(work).Warn("message waits and is tried again", zap.Error(err), zap.Duration("wait", wait))
		if !pause(ctx, wait/2+rand.N(wait)) { //nolint:gosec // jitter needs no secrecy
			return false
		}
		wait = min(2*wait, retryMax)
	}
}

// passing reports whether err is a condition that passes: of the database, of the
// operating system below the blob store (disk full, F-45), or a time limit.
func passing(err error) bool {
	var system syscall.Errno
	return store.Transient(err) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &system)
}

// once decodes and handles the message; a panic becomes an error.
func (l *Loop) once(ctx context.Context, m kafka.Message) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			l.Metrics.panics.Inc()
			// The value of a panic may quote data: only the place is logged.
			logging.From(ctx).Error("panic while handling a message", zap.String("place", place(debug.Stack())))
			err = errFault
		}
	}()
	event, err := kafkaio.DecodeEvent(WithIdentity(m))
	if err != nil {
		return &PoisonError{"envelope", err}
	}
	return l.Handle(ctx, Message{Event: event, Topic: m.Topic, Partition: m.Partition, Offset: m.Offset})
}

// errFault stands for a panic.
var errFault = errors.New("fault of the program")

func (l *Loop) setAside(ctx context.Context, m kafka.Message, code string, cause error) error {
	headers := make(map[string][]byte, len(m.Headers))
	id := placeID(m)
	for _, h := range m.Headers {
		headers[h.Key] = h.Value
		if h.Key == kafkaio.HeaderID && len(h.Value) <= maxID {
			id = string(h.Value)
		}
	}
	q := store.Quarantined{
		ID: uuid.Must(uuid.NewV7()), Consumer: l.Name, Topic: m.Topic, Partition: m.Partition, Offset: m.Offset, MessageID: id,
		Key: m.Key, Headers: headers, Body: m.Value, Code: code, Reason: cause.Error(), CreatedAt: l.Clock.Now(),
	}
	stands, err := l.DB.SetAside(ctx, q)
	if err != nil {
		return err
	}
	logging.From(ctx).Error("message set aside", zap.Stringer("quarantine", stands), zap.String("code", code), zap.Error(cause))
	return nil
}

// WithIdentity gives a message without any event header those of its place, so
// that senders without CloudEvents are taken too: the place identifies it.
func WithIdentity(m kafka.Message) kafka.Message {
	for _, h := range m.Headers {
		if h.Key == kafkaio.HeaderID || h.Key == kafkaio.HeaderSpecVersion {
			return m
		}
	}
	add := map[string]string{
		kafkaio.HeaderSpecVersion: "1.0",
		kafkaio.HeaderID:          placeID(m),
		kafkaio.HeaderType:        m.Topic,
		kafkaio.HeaderSource:      "kafka",
		kafkaio.HeaderContentType: "application/octet-stream",
	}
	headers := append([]kafka.Header{}, m.Headers...)
	for _, h := range m.Headers {
		delete(add, h.Key)
	}
	for name, value := range add {
		headers = append(headers, kafka.Header{Key: name, Value: []byte(value)})
	}
	m.Headers = headers
	return m
}

// placeID identifies a message by its place.
func placeID(m kafka.Message) string {
	return fmt.Sprintf("%s/%d/%d", m.Topic, m.Partition, m.Offset)
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
