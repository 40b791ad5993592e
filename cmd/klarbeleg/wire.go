package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"klarbeleg/app/account"
	"klarbeleg/app/apikey"
	"klarbeleg/app/cardorder"
	"klarbeleg/app/casework"
	"klarbeleg/app/intake"
	"klarbeleg/app/notify"
	"klarbeleg/app/payment"
	"klarbeleg/app/report"
	"klarbeleg/app/status"
	"klarbeleg/app/submit"
	"klarbeleg/app/submit/dropfolder"
	"klarbeleg/checks"
	"klarbeleg/checks/catalogue"
	"klarbeleg/consumers"
	"klarbeleg/consumers/cardorders"
	"klarbeleg/consumers/deliveries"
	"klarbeleg/domain/billing"
	"klarbeleg/internal/kafkaio"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/mail"
	"klarbeleg/jobs"
	"klarbeleg/portal"
	"klarbeleg/producers"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

// topics lists what the system reads and writes. Topics that can carry social
// data keep it for 7 days at most (PRV-19).
func topics(c config) []kafkaio.Topic {
	week := strconv.FormatInt((7 * 24 * time.Hour).Milliseconds(), 10)
	var out []kafkaio.Topic
	for _, name := range []string{
		messages.TopicDeliveries, messages.TopicReceipts, messages.TopicInvoices, messages.TopicCorrections,
		messages.TopicCardOrders, messages.TopicCardStatus,
	} {
		t := kafkaio.Topic{Name: name, Partitions: c.Partitions, Replicas: c.KafkaReplicas, Config: map[string]string{"retention.ms": week}}
		out = append(out, t)
	}
	return out
}

// newIntake builds the use case that takes deliveries.
func newIntake(p *program, r *resources) *intake.Service {
	return intake.New(r.db, r.blobs, p.clock, catalogue.All(), intake.Settings{
		Deadlines: r.config.Cases.limits().CaseDeadlines, Checks: checks.Options{StrictStage3: r.config.StrictStage3},
		Security: r.security.Security,
	})
}

// newCards builds the use case that takes card-order events.
func newCards(p *program, r *resources) (*cardorder.Service, error) {
	return cardorder.New(r.db, p.clock, cardorder.Settings{ParkLimit: cardParkLimit})
}

// cardParkLimit is how long an event waits for a missing one before it is
// reported (F-29).
const cardParkLimit = 24 * time.Hour

// newSystem builds the parts of the roles.
func newSystem(ctx context.Context, p *program, r *resources, o serveOptions, host *hosted) (*system, error) {
	s := &system{program: p, resources: r, options: o, host: host, metrics: newRegistry()}
	s.metrics.MustRegister(newStateCollector(r, p.clock))
	if r.security.keys != nil {
		s.metrics.MustRegister(newSeconCollector(ctx, r.security.keys))
	}
	builders := map[string]func(context.Context) error{
		"consume": s.addConsumers, "relay": s.addRelay, "jobs": s.addJobs, "portal": s.addPortal, "drop": s.addDrop,
	}
	for _, role := range allRoles {
		if slices.Contains(o.roles, role) {
			if err := builders[role](ctx); err != nil {
				return nil, fmt.Errorf("%s: %w", role, err)
			}
		}
	}
	return s, s.addOperator(ctx)
}

func (s *system) addConsumers(context.Context) error {
	cards, err := newCards(s.program, s.resources)
	if err != nil {
		return err
	}
	m := consumers.NewMetrics(s.metrics)
	loops := []consumers.Loop{
		{Name: intake.Consumer, Topic: messages.TopicDeliveries, Handle: deliveries.Handler(newIntake(s.program, s.resources))},
		{Name: cardorder.Consumer, Topic: messages.TopicCardOrders, Handle: cardorders.Handler(cards)},
	}
	for i := range loops {
		l := &loops[i]
		l.Client, l.DB, l.Clock, l.Metrics = s.kafka, s.db, s.clock, m
		for n := range s.config.Consumers {
			s.parts = append(s.parts, part{fmt.Sprintf("consume.%s.%d", l.Name, n+1), l.Run})
		}
	}
	return nil
}

func (s *system) addRelay(context.Context) error {
	relay := &producers.Relay{DB: s.db, Client: s.kafka, Clock: s.clock, Metrics: producers.NewMetrics(s.metrics)}
	s.parts = append(s.parts, part{"relay", relay.Run})
	return nil
}

// newPayments builds the payment run.
func newPayments(r *resources) (*payment.Service, error) {
	c := r.config.Payment
	s, err := payment.New(r.db, payment.Settings{
		Term: billing.PaymentTerm(c.TermDays), Dir: c.Dir,
		Debtor: store.Debtor{Name: c.Debtor.Name, BankDetails: billing.BankDetails{IBAN: c.Debtor.IBAN, BIC: c.Debtor.BIC}},
	})
	for fault, name := range map[error]string{
		payment.ErrTerm: "TERM_DAYS", payment.ErrDir: "DIR", payment.ErrDebtor: "DEBTOR_NAME, PAYMENT_DEBTOR_IBAN",
		billing.ErrIBAN: "DEBTOR_IBAN", billing.ErrBIC: "DEBTOR_BIC",
	} {
		if errors.Is(err, fault) {
			return nil, usage(fmt.Errorf("%sPAYMENT_%s: %w", envPrefix, name, err))
		}
	}
	return s, err
}

// newRunner builds the jobs; wake is called when mails wait.
func newRunner(p *program, r *resources, wake func(), register prometheus.Registerer) (*jobs.Runner, error) {
	digests, err := notify.NewDigests(r.db, p.clock, notify.DigestConfig{
		PortalURL: r.config.PortalURL, ReadOnlyGroups: r.config.Cases.ReadOnlyGroups,
	})
	if err != nil {
		return nil, usage(fmt.Errorf("%sPORTAL_URL: %w", envPrefix, err))
	}
	payments, err := newPayments(r)
	if err != nil {
		return nil, err
	}
	if r.config.ExportDir == "" {
		return nil, usage(errors.New(envPrefix + "EXPORT_DIR is not set"))
	}
	reports, err := report.New(r.db)
	if err != nil {
		return nil, err
	}
	m := jobs.NewMetrics()
	register.MustRegister(m)
	uses := jobs.UseCases{
		Cases: casework.New(r.db, r.config.Cases.limits().CaseDeadlines), Digests: digests, Payments: payments,
		Reports: reports, ExportDir: r.config.ExportDir, MailPlanned: wake,
	}
	return jobs.NewRunner(r.db, p.clock, m, jobs.All(uses, jobs.DefaultSchedules()), jobs.Config{})
}

func (s *system) addJobs(context.Context) error {
	mode := mail.TLSMandatory
	if s.config.SMTPPlain {
		mode = mail.TLSNone
	}
	if s.config.SMTPAddr == "" {
		return usage(errors.New(envPrefix + "SMTP_ADDR is not set"))
	}
	sender, err := mail.NewSMTP(mail.Config{
		Addr: s.config.SMTPAddr, From: s.config.MailFrom, Username: s.config.SMTPUser, Password: s.config.SMTPPassword, TLS: mode,
	}, s.clock)
	if err != nil {
		return usage(err)
	}
	m := notify.NewMetrics()
	s.metrics.MustRegister(m)
	mailer := notify.NewMailer(s.db, sender, s.clock, m, notify.MailerConfig{})
	runner, err := newRunner(s.program, s.resources, mailer.Wake, s.metrics)
	if err != nil {
		return err
	}
	s.parts = append(s.parts,
		part{"jobs", func(ctx, _ context.Context) error { return runner.Run(ctx) }},
		part{"mail", func(ctx, _ context.Context) error { return mailer.Run(ctx) }},
	)
	return nil
}

func (s *system) addDrop(ctx context.Context) error {
	if s.config.DropDir == "" {
		logging.From(ctx).Info("no drop folder configured")
		return nil
	}
	w, err := dropfolder.New(s.db, s.blobs, s.clock, dropfolder.Settings{Dir: s.config.DropDir})
	if err != nil {
		return err
	}
	s.parts = append(s.parts, part{"drop", func(ctx, _ context.Context) error { return w.Run(ctx) }})
	return nil
}

// ready are the checks of /readyz.
func (s *system) ready() []portal.Check {
	return []portal.Check{
		{Name: "database", Func: s.db.Ping},
		{Name: "broker", Func: func(ctx context.Context) error { return s.kafka.Check(ctx, messages.TopicDeliveries) }},
	}
}

func (s *system) portalConfig() portal.Config {
	o := s.config.Organisation
	return portal.Config{
		UploadMax: s.config.UploadMax, TrustedProxies: s.config.TrustedProxies,
		PlainCookies: s.options.embedded && strings.HasPrefix(s.config.PortalURL, "http://"),
		Organisation: portal.Organisation{Name: o.Name, Street: o.Street, City: o.City, Phone: o.Phone, Email: o.Email},
	}
}

func (s *system) addPortal(ctx context.Context) error {
	accounts, err := newAccounts(s.program, s.resources)
	if err != nil {
		return err
	}
	uploads := submit.NewMetrics()
	s.metrics.MustRegister(uploads)
	handler, err := portal.New(s.portalConfig(), portal.Deps{
		Clock: s.clock, Logger: logging.From(ctx).Named("portal"), Status: status.New(s.db, s.clock), Ready: s.ready(),
		Check:    newIntake(s.program, s.resources).Check,
		Contact:  notify.NewContact(s.db, s.clock, s.config.Organisation.Email),
		Accounts: accounts, Registrations: account.NewRegistrations(accounts, s.blobs),
		Keys: apikey.NewService(s.db, s.clock), Uploads: submit.NewUploads(s.db, s.blobs, s.clock, uploads, submit.Settings{}),
	})
	if err != nil {
		return err
	}
	s.portalAddr, err = s.addHTTP(ctx, "portal", s.config.Listen, handler)
	return err
}

func (s *system) addOperator(ctx context.Context) (err error) {
	handler, err := portal.NewOperator(s.portalConfig(), portal.OperatorDeps{
		Clock: s.clock, Logger: logging.From(ctx).Named("operators"), Ready: s.ready(), Quarantine: s.quarantineReasons,
		Notes: s.notes, Mails: s.host.mails, Metrics: promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{}),
	})
	if err != nil {
		return err
	}
	s.operatorAddr, err = s.addHTTP(ctx, "operators", s.config.OperatorListen, handler)
	return err
}

// notes are what the operators' page says beside the checks.
func (s *system) notes(ctx context.Context) []string {
	return append(slices.Clone(s.host.notes), s.security.notes(ctx, s.clock.Now())...)
}

func (s *system) quarantineReasons(ctx context.Context) ([]portal.QuarantineReason, error) {
	rows, err := s.db.QuarantineReasons(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]portal.QuarantineReason, len(rows))
	for i, r := range rows {
		out[i] = portal.QuarantineReason{Code: r.Code, Count: r.Count, Oldest: r.Oldest}
	}
	return out, nil
}

// addHTTP binds the address now, so that a taken port is an error at start, and
// serves until the stop. It returns the address bound.
func (s *system) addHTTP(ctx context.Context, name, addr string, h http.Handler) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	server := portal.HTTPServer(h)
	s.parts = append(s.parts, part{name, func(ctx, work context.Context) error {
		go func() {
			<-ctx.Done()
			_ = server.Shutdown(work) // ends when requests in hand are answered
		}()
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}})
	return listener.Addr().String(), nil
}
