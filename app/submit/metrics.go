package submit

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// Outcomes of an upload.
const (
	outcomeAccepted    = "accepted"
	outcomeRefused     = "refused"
	outcomeUnavailable = "unavailable"
	outcomeFailed      = "failed"
)

// Metrics are the figures of uploads; it is a prometheus.Collector.
type Metrics struct {
	uploads *prometheus.CounterVec
	bytes   prometheus.Counter
}

// NewMetrics returns metrics at zero.
func NewMetrics() *Metrics {
	m := &Metrics{
		uploads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "klarbeleg_uploads_total",
			Help: "Deliveries uploaded over HTTP, by outcome: accepted, refused, unavailable, failed.",
		}, []string{"outcome"}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "klarbeleg_upload_bytes_total",
			Help: "Bytes of files uploaded over HTTP and kept, those of refused uploads included.",
		}),
	}
	for _, outcome := range []string{outcomeAccepted, outcomeRefused, outcomeUnavailable, outcomeFailed} {
		m.uploads.WithLabelValues(outcome)
	}
	return m
}

// count notes how an upload ended.
func (m *Metrics) count(err error) {
	outcome := outcomeAccepted
	switch {
	case errors.Is(err, ErrSender), errors.Is(err, ErrReused):
		outcome = outcomeRefused
	case errors.Is(err, ErrUnavailable):
		outcome = outcomeUnavailable
	case err != nil:
		outcome = outcomeFailed
	}
	m.uploads.WithLabelValues(outcome).Inc()
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	m.uploads.Describe(ch)
	m.bytes.Describe(ch)
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	m.uploads.Collect(ch)
	m.bytes.Collect(ch)
}
