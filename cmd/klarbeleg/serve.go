package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"klarbeleg/internal/logging"
	"klarbeleg/schema"
)

// Roles of serve: one machine runs all of them in one process, a cluster runs the
// same image with different roles.
var allRoles = []string{"consume", "relay", "jobs", "portal", "drop"}

// serveOptions are the flags of serve.
type serveOptions struct {
	embedded bool
	demo     bool
	roles    []string
	listen   string
	operator string
	broker   string
}

func (p *program) serveCommand() *cobra.Command {
	var o serveOptions
	c := &cobra.Command{
		Use:   "serve",
		Short: "Startet das System: Annahme, Versand, Aufgaben, Portal",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return p.serve(c.Context(), o) },
	}
	f := c.Flags()
	f.BoolVar(&o.embedded, "embedded", false, "Broker, Datenbank und Postausgang in diesem Prozess, Daten in --dir")
	f.BoolVar(&o.demo, "demo", true, "mit --embedded: beim ersten Start Demonstrationsdaten anlegen")
	f.StringSliceVar(&o.roles, "roles", allRoles, "Rollen dieses Prozesses")
	f.StringVar(&o.listen, "listen", "", "Adresse des Portals (sonst "+envPrefix+"LISTEN)")
	f.StringVar(&o.operator, "operator-listen", "", "Adresse für den Betrieb (sonst "+envPrefix+"OPERATOR_LISTEN)")
	f.StringVar(&o.broker, "broker-listen", "", "Adresse des eingebetteten Brokers (sonst "+envPrefix+"BROKER_LISTEN)")
	return c
}

func (p *program) serve(ctx context.Context, o serveOptions) error {
	c, err := p.loadConfig()
	if err != nil {
		return err
	}
	o.apply(&c)
	for _, role := range o.roles {
		if !slices.Contains(allRoles, role) {
			return usage(fmt.Errorf("unknown role %q: %s", role, strings.Join(allRoles, ", ")))
		}
	}
	logger, err := logging.New(p.stderr, c.LogLevel)
	if err != nil {
		return usage(err)
	}
	ctx = logging.Into(ctx, logger)
	host := &hosted{}
	if o.embedded {
		if host, err = p.startEmbedded(ctx, &c, o.demo); err != nil {
			return err
		}
	}
	err = p.serveWith(ctx, o, c, host)
	// The parts of the embedded instance end after everything that uses them.
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), embeddedStop)
	defer cancel()
	return errors.Join(err, host.stop(closing))
}

// embeddedStop bounds the end of broker and database.
const embeddedStop = 20 * time.Second

func (o serveOptions) apply(c *config) {
	c.Listen = cmp.Or(o.listen, c.Listen)
	c.OperatorListen = cmp.Or(o.operator, c.OperatorListen)
	c.BrokerListen = cmp.Or(o.broker, c.BrokerListen)
}

// serveWith runs the roles until ctx ends or one of them fails.
func (p *program) serveWith(ctx context.Context, o serveOptions, c config, host *hosted) (err error) {
	r := &resources{config: c}
	defer r.close()
	if err := errors.Join(r.connect(ctx), r.openKafka(ctx), r.openBlobs(), r.openSecurity(p)); err != nil {
		return err
	}
	r.security.log(ctx)
	if o.embedded {
		if err := schema.Migrate(ctx, c.DatabaseURL); err != nil {
			return err
		}
	}
	if err := r.db.EnsurePartitions(ctx, p.clock.Now()); err != nil {
		return fmt.Errorf("%w (run `klarbeleg migrate` first)", err)
	}
	starting, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := r.kafka.EnsureTopics(starting, topics(c)...); err != nil {
		return err
	}
	s, err := newSystem(ctx, p, r, o, host)
	if err != nil {
		return err
	}
	if err := s.start(ctx); err != nil {
		return err
	}
	if o.embedded {
		if err := p.announce(ctx, s, host, o.demo); err != nil {
			return errors.Join(err, s.shutdown(ctx))
		}
	}
	return s.wait(ctx)
}

// system is what serve runs.
type system struct {
	*program
	*resources
	options serveOptions
	host    *hosted
	metrics *prometheus.Registry
	// group holds the parts; work is the context of work in hand, which outlives
	// the stop by the grace time.
	group  *errgroup.Group
	ctx    context.Context // ends when the system shall stop
	cancel context.CancelFunc
	work   context.Context
	abort  context.CancelFunc
	parts  []part
	// listening are the addresses bound.
	portalAddr, operatorAddr string
}

// part is something that runs until its context ends.
type part struct {
	name string
	run  func(ctx, work context.Context) error
}

func newRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// start runs the parts.
func (s *system) start(ctx context.Context) error {
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.work, s.abort = context.WithCancel(context.WithoutCancel(ctx))
	s.group = &errgroup.Group{}
	for _, part := range s.parts {
		s.group.Go(func() error { //nolint:contextcheck // parts live as long as the system
			work := logging.With(s.work, field(part.name))
			err := part.run(logging.With(s.ctx, field(part.name)), work)
			if err != nil {
				s.cancel() // one part that cannot run ends the process: somebody must look
				return fmt.Errorf("%s: %w", part.name, err)
			}
			return nil
		})
	}
	return nil
}

// wait waits for the end of ctx or of a part, then shuts down in two steps: no
// new work at once, work in hand gets the grace time (OPS-3).
func (s *system) wait(ctx context.Context) error {
	<-s.ctx.Done()
	if ctx.Err() != nil {
		s.stop() // a second signal ends the process at once
		logging.From(ctx).Info("stopping", zap.Duration("grace", s.config.Shutdown))
	}
	return s.shutdown(ctx)
}

func (s *system) shutdown(ctx context.Context) error {
	s.cancel()
	timer := time.AfterFunc(s.config.Shutdown, s.abort)
	err := s.group.Wait()
	timer.Stop()
	s.abort()
	logging.From(ctx).Info("stopped")
	return err
}
