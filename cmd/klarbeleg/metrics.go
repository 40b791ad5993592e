package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"klarbeleg/app/cardorder"
	"klarbeleg/app/intake"
	"klarbeleg/domain/calendar"
	"klarbeleg/internal/clock"
	"klarbeleg/schema/messages"
)

// stateCollector asks database and broker for figures when metrics are read. One
// that cannot be had is left out; /readyz tells why.
type stateCollector struct {
	r     *resources
	clock clock.Clock

	lag, waiting, age, quarantined, deliveries, pharmacy, overduePayees, overdueCents *prometheus.Desc
}

// collectTimeout bounds the questions of one reading.
const collectTimeout = 5 * time.Second

func newStateCollector(r *resources, c clock.Clock) *stateCollector {
	return &stateCollector{
		r: r, clock: c,
		lag:           prometheus.NewDesc("klarbeleg_consumer_lag", "Messages not yet committed, over all partitions.", []string{"topic"}, nil),
		waiting:       prometheus.NewDesc("klarbeleg_outbox_waiting", "Messages in the outbox not yet published.", nil, nil),
		age:           prometheus.NewDesc("klarbeleg_outbox_oldest_seconds", "Age of the oldest message not yet published.", nil, nil),
		quarantined:   prometheus.NewDesc("klarbeleg_quarantine_waiting", "Messages in quarantine not yet solved.", []string{"reason"}, nil),
		deliveries:    prometheus.NewDesc("klarbeleg_deliveries", "Deliveries by state.", []string{"state"}, nil),
		overduePayees: prometheus.NewDesc("klarbeleg_payment_overdue_payees", "Payees with an approved amount that is not paid although its term is over.", nil, nil),
		overdueCents:  prometheus.NewDesc("klarbeleg_payment_overdue_cents", "What is open on them, euro cents.", nil, nil),
		pharmacy:      prometheus.NewDesc("klarbeleg_pharmacy_invoices", "Invoice numbers of § 300 by how their files agree.", []string{"state"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *stateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.lag, c.waiting, c.age, c.quarantined, c.deliveries, c.pharmacy, c.overduePayees, c.overdueCents} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *stateCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), collectTimeout)
	defer cancel()
	for group, topic := range map[string]string{intake.Consumer: messages.TopicDeliveries, cardorder.Consumer: messages.TopicCardOrders} {
		if lag, err := c.r.kafka.Lag(ctx, group, topic); err == nil {
			var sum int64
			for _, n := range lag {
				sum += n
			}
			ch <- prometheus.MustNewConstMetric(c.lag, prometheus.GaugeValue, float64(sum), topic)
		}
	}
	if count, age, err := c.r.db.OutboxBacklog(ctx, c.clock.Now()); err == nil {
		ch <- prometheus.MustNewConstMetric(c.waiting, prometheus.GaugeValue, float64(count))
		ch <- prometheus.MustNewConstMetric(c.age, prometheus.GaugeValue, age.Seconds())
	}
	if reasons, err := c.r.db.QuarantineReasons(ctx); err == nil {
		for _, q := range reasons {
			ch <- prometheus.MustNewConstMetric(c.quarantined, prometheus.GaugeValue, float64(q.Count), q.Code)
		}
	}
	// The last day of receipt whose term ended before today.
	through := calendar.InBerlin(c.clock.Now()).AddDays(-1 - c.r.config.Payment.TermDays)
	if payees, open, err := c.r.db.OverduePayments(ctx, through); err == nil {
		ch <- prometheus.MustNewConstMetric(c.overduePayees, prometheus.GaugeValue, float64(payees))
		ch <- prometheus.MustNewConstMetric(c.overdueCents, prometheus.GaugeValue, float64(open))
	}
	if counts, err := c.r.db.DeliveryCounts(ctx); err == nil {
		for state, n := range counts {
			ch <- prometheus.MustNewConstMetric(c.deliveries, prometheus.GaugeValue, float64(n), state)
		}
	}
	if counts, err := c.r.db.PharmacyInvoiceCounts(ctx); err == nil {
		for state, n := range counts {
			ch <- prometheus.MustNewConstMetric(c.pharmacy, prometheus.GaugeValue, float64(n), state)
		}
	}
}
