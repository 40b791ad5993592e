package notify

import "github.com/prometheus/client_golang/prometheus"

// Outcomes of an attempt to send a mail.
const (
	outcomeSent    = "sent"
	outcomeRetry   = "retry"
	outcomeFailed  = "failed"
	outcomeUnknown = "unknown"
)

// Metrics are the figures of the Mailer; it is a prometheus.Collector.
type Metrics struct {
	mails   *prometheus.CounterVec
	backlog prometheus.Gauge
}

// NewMetrics returns metrics at zero.
func NewMetrics() *Metrics {
	m := &Metrics{
		mails: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "klarbeleg_mails_total",
			Help: "Attempts to send a mail, by outcome: sent, retry, failed, unknown.",
		}, []string{"outcome"}),
		backlog: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "klarbeleg_mail_backlog_seconds",
			Help: "Age of the mail that is due longest, 0 if none is due.",
		}),
	}
	for _, outcome := range []string{outcomeSent, outcomeRetry, outcomeFailed, outcomeUnknown} {
		m.mails.WithLabelValues(outcome)
	}
	return m
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	m.mails.Describe(ch)
	m.backlog.Describe(ch)
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	m.mails.Collect(ch)
	m.backlog.Collect(ch)
}
