package main

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"klarbeleg/app/keyring"
	"klarbeleg/internal/logging"
)

// seconCollector shows until when certificates hold and how old revocation lists are
// (DTA-5). Institutions are named by their IK, trust centres by their organisation.
type seconCollector struct {
	keys   *keyring.Keeper
	logger *zap.Logger

	notAfter, listAsOf, listDue, failed *prometheus.Desc
}

func newSeconCollector(ctx context.Context, keys *keyring.Keeper) *seconCollector {
	return &seconCollector{
		keys: keys, logger: logging.From(ctx),
		notAfter: prometheus.NewDesc("klarbeleg_secon_not_after_seconds", "Unix time until which an institution has a certificate.", []string{"whose", "ik"}, nil),
		listAsOf: prometheus.NewDesc("klarbeleg_secon_crl_as_of_seconds", "Unix time at which the revocation list in use was made.", []string{"issuer"}, nil),
		listDue:  prometheus.NewDesc("klarbeleg_secon_crl_next_update_seconds", "Unix time at which the next revocation list is promised.", []string{"issuer"}, nil),
		failed:   prometheus.NewDesc("klarbeleg_secon_reload_failed", "1 if changed keys and certificates could not be read and the old ones stay in use.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *seconCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.notAfter, c.listAsOf, c.listDue, c.failed} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *seconCollector) Collect(ch chan<- prometheus.Metric) {
	ring := c.keys.Ring(logging.Into(context.Background(), c.logger))
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, e := range ring.Expiries() {
		whose := "partner"
		if e.Own {
			whose = "own"
		}
		gauge(c.notAfter, float64(e.NotAfter.Unix()), whose, e.IK)
	}
	for _, l := range ring.Lists() {
		gauge(c.listAsOf, float64(l.AsOf.Unix()), l.Issuer)
		if !l.NextUpdate.IsZero() {
			gauge(c.listDue, float64(l.NextUpdate.Unix()), l.Issuer)
		}
	}
	failed := 0.0
	if c.keys.Failed() {
		failed = 1
	}
	gauge(c.failed, failed)
}
