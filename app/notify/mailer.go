package notify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"go.uber.org/zap"

	"klarbeleg/domain/calendar"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/mail"
	"klarbeleg/store"
)

// Limits of sending.
const (
	// sendTimeout bounds one attempt; the relay has a minute for each half of the
	// dialogue (internal/mail).
	sendTimeout = 3 * time.Minute
	// staleAfter is the age at which a mail in "sending" has lost its process: an
	// attempt and the mark after it are over long before.
	staleAfter = sendTimeout + 2*time.Minute
	// markTimeout bounds writing down the outcome, also after a shutdown began.
	markTimeout = 10 * time.Second
	// firstPause and longestPause frame the pauses between attempts; they double.
	firstPause   = time.Minute
	longestPause = 30 * time.Minute
	// giveUpAfter ends attempts for mails that belong to no day.
	giveUpAfter = 24 * time.Hour
)

// MailerConfig are the settings of a Mailer; zero fields take the default.
type MailerConfig struct {
	// PerMinute bounds the mails sent in any minute, by all replicas together;
	// default 300, what relays accept without complaint.
	PerMinute int
	// Poll is the pause after which due mails are looked for without being woken;
	// default 5 s.
	Poll time.Duration
	// Grace is the time that a mail in the middle of its transmission gets when the
	// process stops; default 10 s.
	Grace time.Duration
}

// Mailer sends the mails that wait in the database, in any number of replicas.
type Mailer struct {
	db      *store.DB
	sender  mail.Sender
	clock   clock.Clock
	metrics *Metrics
	cfg     MailerConfig
	wake    chan struct{}
}

// NewMailer returns a Mailer that sends over sender.
func NewMailer(db *store.DB, sender mail.Sender, clk clock.Clock, metrics *Metrics, cfg MailerConfig) *Mailer {
	if cfg.PerMinute == 0 {
		cfg.PerMinute = 300
	}
	if cfg.Poll == 0 {
		cfg.Poll = 5 * time.Second
	}
	if cfg.Grace == 0 {
		cfg.Grace = 10 * time.Second
	}
	return &Mailer{db: db, sender: sender, clock: clk, metrics: metrics, cfg: cfg, wake: make(chan struct{}, 1)}
}

// Wake tells Run that mails were planned, so that they leave at once. It never
// blocks.
func (m *Mailer) Wake() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Run sends until ctx ends: it looks when woken and, for mails of other
// processes, after each poll. Failures are logged and tried again; they never
// end it.
func (m *Mailer) Run(ctx context.Context) error {
	poll := time.NewTicker(m.cfg.Poll)
	defer poll.Stop()
	for {
		if _, err := m.Send(ctx); err != nil && ctx.Err() == nil {
			logging.From(ctx).Warn("mails not sent", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-poll.C:
		case <-m.wake:
		}
	}
}

// Send sends the mails that are due and returns how many left. It stops between
// two mails when ctx ends. A mail that cannot be sent stops no other: refused for
// good it fails, refused for now it waits and is tried again within its day, and
// with an unknown outcome it is left alone (G-6). An error means that the database
// did not answer.
func (m *Mailer) Send(ctx context.Context) (sent int, err error) {
	if err := m.tidy(ctx); err != nil {
		return 0, err
	}
	for ctx.Err() == nil {
		due, ok, err := m.db.TakeDueMail(ctx, m.clock.Now(), m.cfg.PerMinute)
		if err != nil {
			return sent, err
		}
		if !ok {
			return sent, nil
		}
		left, err := m.deliver(ctx, due)
		if err != nil {
			return sent, err
		}
		if left {
			sent++
		}
	}
	return sent, nil
}

// tidy ends what nobody sends any more.
func (m *Mailer) tidy(ctx context.Context) error {
	now := m.clock.Now()
	unknown, err := m.db.InterruptedMails(ctx, now.Add(-staleAfter))
	if err != nil {
		return err
	}
	m.count(ctx, outcomeUnknown, unknown)
	// A digest taken just before midnight would arrive on the next day, beside that
	// day's own: the day ends a little early.
	failed, err := m.db.GiveUpMails(ctx, calendar.InBerlin(now.Add(staleAfter)), now.Add(-giveUpAfter))
	if err != nil {
		return err
	}
	m.count(ctx, outcomeFailed, failed)
	age, err := m.db.MailBacklog(ctx, now)
	if err != nil {
		return err
	}
	m.metrics.backlog.Set(age.Seconds())
	return nil
}

func (m *Mailer) count(ctx context.Context, outcome string, n int64) {
	if n > 0 {
		m.metrics.mails.WithLabelValues(outcome).Add(float64(n))
		logging.From(ctx).Error("mails ended unsent", zap.String("outcome", outcome), zap.Int64("mails", n))
	}
}

// deliver makes one attempt and writes down its outcome.
func (m *Mailer) deliver(ctx context.Context, due store.DueMail) (sent bool, err error) {
	sendErr := m.attempt(ctx, mail.Message{ID: due.ID.String(), To: due.Recipient, Subject: due.Subject, Text: due.Text})

	mark, cancel := context.WithTimeout(context.WithoutCancel(ctx), markTimeout)
	defer cancel()
	now := m.clock.Now()
	outcome, code := judge(sendErr)
	switch outcome {
	case outcomeSent:
		err = m.db.MailSent(mark, due.ID, now)
	case outcomeRetry:
		err = m.db.MailRetry(mark, due.ID, code, now.Add(pause(due.Attempts)))
	case outcomeFailed:
		err = m.db.MailEnded(mark, due.ID, "failed", code)
	default:
		err = m.db.MailEnded(mark, due.ID, "unknown", code)
	}
	m.metrics.mails.WithLabelValues(outcome).Inc()
	if sendErr != nil {
		logging.From(ctx).Warn("mail not sent", zap.Stringer("mail", due.ID), zap.String("outcome", outcome),
			zap.String("code", code), zap.Int("attempt", due.Attempts))
	}
	return sendErr == nil, err
}

// attempt sends with a time limit of its own: a shutdown lets it finish within
// the grace time.
func (m *Mailer) attempt(ctx context.Context, message mail.Message) error {
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	unwatch := context.AfterFunc(ctx, func() {
		grace := time.NewTimer(m.cfg.Grace)
		defer grace.Stop()
		select {
		case <-grace.C:
			cancel()
		case <-work.Done():
		}
	})
	defer unwatch()
	return m.sender.Send(work, message)
}

// judge turns the error of an attempt into its outcome and a code without
// anything of the recipient.
func judge(err error) (outcome, code string) {
	if err == nil {
		return outcomeSent, ""
	}
	var failed *mail.SendError
	if !errors.As(err, &failed) {
		return outcomeUnknown, "no_reason"
	}
	code = failed.Step
	if failed.Code != 0 {
		code = fmt.Sprintf("%s_%d", failed.Step, failed.Code)
	}
	switch failed.Outcome {
	case mail.Permanent:
		return outcomeFailed, code
	case mail.Temporary:
		return outcomeRetry, code
	default:
		return outcomeUnknown, code
	}
}

// pause returns how long to wait after the attempt, with some jitter so that
// mails refused together do not come back together.
func pause(attempt int) time.Duration {
	p := longestPause
	if attempt < 6 {
		p = min(firstPause<<(attempt-1), longestPause)
	}
	return p + rand.N(p/4) //nolint:gosec // jitter, no secret
}
