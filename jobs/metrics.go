package jobs

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Outcomes of an attempt to run a job.
const (
	outcomeDone        = "done"
	outcomeFailed      = "failed"
	outcomeInterrupted = "interrupted"
	outcomeLost        = "lost"
)

// Metrics are the figures of a Runner; it is a prometheus.Collector. What it says
// about due times comes from the database, so every replica says the same.
type Metrics struct {
	runs    *prometheus.CounterVec
	last    *prometheus.GaugeVec
	overdue *prometheus.GaugeVec
	skew    prometheus.Gauge
}

// NewMetrics returns metrics at zero.
func NewMetrics() *Metrics {
	return &Metrics{
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "klarbeleg_job_runs_total",
			Help: "Attempts to run a job, by outcome: done, failed, interrupted (shutdown), lost (taken over).",
		}, []string{"job", "outcome"}),
		last: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "klarbeleg_job_last_due_done_timestamp_seconds",
			Help: "Newest due time whose run is done.",
		}, []string{"job"}),
		overdue: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "klarbeleg_job_overdue_seconds",
			Help: "Time since the oldest due time whose run is not done, 0 if there is none.",
		}, []string{"job"}),
		skew: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "klarbeleg_clock_skew_seconds",
			Help: "This machine's clock less the database's.",
		}),
	}
}

func (m *Metrics) ran(job, outcome string) { m.runs.WithLabelValues(job, outcome).Inc() }

func (m *Metrics) lastDone(job string, due time.Time) {
	if !due.IsZero() {
		m.last.WithLabelValues(job).Set(float64(due.Unix()))
	}
}

func (m *Metrics) pending(job string, due []time.Time, now time.Time) {
	overdue := time.Duration(0)
	if len(due) > 0 {
		overdue = now.Sub(due[0])
	}
	m.overdue.WithLabelValues(job).Set(overdue.Seconds())
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	m.runs.Describe(ch)
	m.last.Describe(ch)
	m.overdue.Describe(ch)
	m.skew.Describe(ch)
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	m.runs.Collect(ch)
	m.last.Collect(ch)
	m.overdue.Collect(ch)
	m.skew.Collect(ch)
}
