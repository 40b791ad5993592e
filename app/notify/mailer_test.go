package notify_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/uuid"

	"klarbeleg/app/notify"
	"klarbeleg/domain/calendar"
	"klarbeleg/internal/mail"
	"klarbeleg/store"
	"klarbeleg/store/storetest"
)

// relay is a real SMTP server that answers as the test says.
type relay struct {
	addr   string
	server *smtp.Server

	mu sync.Mutex
	// answer decides about a recipient; nil accepts.
	answer func(to string) error
	// cut drops the connection after the data, before the answer.
	cut bool
	// hold delays the answer to the data until it is closed.
	hold     chan struct{}
	arrived  chan struct{}
	received []textproto.MIMEHeader
}

func startRelay(t *testing.T) *relay {
	t.Helper()
	r := &relay{arrived: make(chan struct{}, 1000)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.addr = listener.Addr().String()
	r.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{r, c}, nil }))
	r.server.Domain = "relay.example"
	r.server.ErrorLog = log.New(io.Discard, "", 0)
	done := make(chan error, 1)
	go func() { done <- r.server.Serve(listener) }()
	t.Cleanup(func() {
		if err := r.server.Close(); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Errorf("close relay: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("serve relay: %v", err)
		}
	})
	return r
}

func (r *relay) script(answer func(to string) error, cut bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer, r.cut = answer, cut
}

// ids returns the Message-IDs that the relay took responsibility for.
func (r *relay) ids() (ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, h := range r.received {
		ids = append(ids, h.Get("Message-Id"))
	}
	return ids
}

type session struct {
	relay *relay
	conn  *smtp.Conn
}

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Reset()                               {}
func (s *session) Logout() error                        { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.relay.mu.Lock()
	defer s.relay.mu.Unlock()
	if s.relay.answer == nil {
		return nil
	}
	return s.relay.answer(to)
}

func (s *session) Data(body io.Reader) error {
	header, err := textproto.NewReader(bufio.NewReader(body)).ReadMIMEHeader()
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return err
	}
	s.relay.arrived <- struct{}{}
	s.relay.mu.Lock()
	hold, cut := s.relay.hold, s.relay.cut
	s.relay.mu.Unlock()
	if hold != nil {
		<-hold
	}
	if cut {
		return s.conn.Conn().Close()
	}
	s.relay.mu.Lock()
	defer s.relay.mu.Unlock()
	s.relay.received = append(s.relay.received, header)
	return nil
}

func refuse(code int) func(string) error {
	return func(string) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 7, 1}, Message: "no"}
	}
}

type mailBundle struct {
	*bundle
	relay   *relay
	metrics *notify.Metrics
	mailer  *notify.Mailer
}

func setupMail(t *testing.T, cfg notify.MailerConfig) *mailBundle {
	t.Helper()
	b := &mailBundle{bundle: setup(t), relay: startRelay(t), metrics: notify.NewMetrics()}
	b.mailer = b.another(cfg)
	return b
}

// another returns one more replica.
func (b *mailBundle) another(cfg notify.MailerConfig) *notify.Mailer {
	b.Helper()
	sender, err := mail.NewSMTP(mail.Config{
		Addr: b.relay.addr, From: "Klarbeleg <no-reply@klarbeleg.example>", TLS: mail.TLSNone, Timeout: 10 * time.Second,
	}, b.clock)
	if err != nil {
		b.Fatal(err)
	}
	return notify.NewMailer(b.db, sender, b.clock, b.metrics, cfg)
}

// plan plans a mail and returns its id.
func (b *mailBundle) plan(kind, recipient string) uuid.UUID {
	b.Helper()
	id := uuid.New()
	err := b.db.InTx(b.ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := store.PlanMail(ctx, tx, store.Mail{
			ID: id, Kind: kind, DedupKey: id.String(), LocalDay: calendar.InBerlin(b.clock.Now()), Recipient: recipient,
			Subject: "Klarbeleg: 1 offene Berichtigung", Text: "Guten Tag", At: b.clock.Now(),
		})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return id
}

func (b *mailBundle) send(want int) {
	b.Helper()
	got, err := b.mailer.Send(b.ctx)
	if err != nil || got != want {
		b.Fatalf("sent %d, %v, want %d", got, err, want)
	}
}

func (b *mailBundle) wantState(id uuid.UUID, want string) {
	b.Helper()
	if got := b.state(id); got != want {
		b.Fatalf("mail is %q, want %q", got, want)
	}
}

// state returns state, attempts and error code of the mail.
func (b *mailBundle) state(id uuid.UUID) (got string) {
	if err := b.db.Pool().QueryRow(b.ctx, `select state || ' ' || attempts || ' ' || error_code from mail where id = $1`, id).
		Scan(&got); err != nil {
		b.Error(err)
	}
	return strings.TrimSpace(got)
}

func TestMailer(t *testing.T) {
	t.Parallel()
	t.Run("JOB-1 sends what is planned, once", func(t *testing.T) {
		t.Parallel()
		b := setupMail(t, notify.MailerConfig{})
		b.user("a@praxis.example", "261234563")
		b.user("b@praxis.example", "261234574")
		b.add(storetest.Case{PayeeIK: "261234563"})
		b.add(storetest.Case{PayeeIK: "261234574"})
		b.digest(2)
		b.send(2)
		b.send(0)
		if got := len(b.relay.ids()); got != 2 {
			t.Errorf("%d mails arrived", got)
		}
	})
	t.Run("F-61 greylisted, then accepted: one message, same id", func(t *testing.T) {
		t.Parallel()
		b := setupMail(t, notify.MailerConfig{})
		id := b.plan("digest", "a@praxis.example")
		b.relay.script(refuse(451), false)
		b.send(0)
		b.wantState(id, "planned 1 recipient_451")
		b.clock.Add(30 * time.Second)
		b.send(0)
		b.wantState(id, "planned 1 recipient_451") // the pause is a minute or more
		b.relay.script(nil, false)
		b.clock.Add(time.Minute)
		b.send(1)
		b.wantState(id, "sent 2")
		if ids := b.relay.ids(); len(ids) != 1 || ids[0] != "<"+id.String()+"@klarbeleg.example>" {
			t.Errorf("arrived: %v", ids)
		}
	})
	t.Run("F-62 refused for good: failed, the others leave", func(t *testing.T) {
		t.Parallel()
		b := setupMail(t, notify.MailerConfig{})
		unknown, full, good := b.plan("digest", "550@praxis.example"), b.plan("digest", "552@praxis.example"), b.plan("digest", "a@praxis.example")
		b.relay.script(func(to string) error {
			switch to[:3] {
			case "550":
				return refuse(550)(to)
			case "552":
				return refuse(552)(to)
			}
			return nil
		}, false)
		b.send(1)
		b.wantState(unknown, "failed 1 recipient_550")
		b.wantState(full, "failed 1 recipient_552")
		b.wantState(good, "sent 1")
		b.clock.Add(2 * time.Hour)
		b.send(0)
	})
	t.Run("F-62 G-6 cut after the data: unknown, never again", func(t *testing.T) {
		t.Parallel()
		b := setupMail(t, notify.MailerConfig{})
		id := b.plan("digest", "a@praxis.example")
		b.relay.script(nil, true)
		b.send(0)
		b.wantState(id, "unknown 1 data")
		b.relay.script(nil, false)
		b.clock.Add(2 * time.Hour)
		b.send(0)
		b.wantState(id, "unknown 1 data")
	})
	t.Run("F-60 relay down: retried with growing pauses within the day, then given up; other mails for 24 hours", func(t *testing.T) {
		t.Parallel()
		b := setupMail(t, notify.MailerConfig{})
		digest, confirmation := b.plan("digest", "a@praxis.example"), b.plan("card_confirmation", "b@praxis.example")
		if err := b.relay.server.Close(); err != nil {
			t.Fatal(err)
		}
		for until := berlin("2026-11-25 23:50:00"); b.clock.Now().Before(until); b.clock.Add(time.Minute) {
			b.send(0)
		}
		var attempts int
		if err := b.db.Pool().QueryRow(b.ctx, `select attempts from mail where id = $1`, digest).Scan(&attempts); err != nil {
			t.Fatal(err)
		}
		// 1+2+4+8+16 minutes, then every 30 to 37.5 of 17 h 20 min.
		if attempts < 30 || attempts > 40 {
			t.Errorf("%d attempts in a day", attempts)
		}
		b.clock.Set(berlin("2026-11-25 23:56:00"))
		b.send(0)
		b.wantState(digest, fmt.Sprintf("failed %d given_up_connect", attempts))
		if got := b.state(confirmation); !strings.HasPrefix(got, "planned") {
			t.Errorf("confirmation is %q", got)
		}
		b.clock.Set(berlin("2026-11-26 06:31:00"))
		b.send(0)
		if got := b.state(confirmation); !strings.HasPrefix(got, "failed") || !strings.HasSuffix(got, "given_up_connect") {
			t.Errorf("confirmation is %q", got)
		}
	})
	t.Run("F-08 G-6 a mail whose process died is unknown, never sent again", func(t *testing.T) {
		t.Parallel()
		b := setupMail(t, notify.MailerConfig{})
		id := b.plan("digest", "a@praxis.example")
		if _, ok, err := b.db.TakeDueMail(b.ctx, b.clock.Now(), 100); !ok || err != nil {
			t.Fatal(ok, err)
		}
		b.clock.Add(4 * time.Minute) // may still be under way in another replica
		b.send(0)
		b.wantState(id, "sending 1")
		b.clock.Add(2 * time.Minute)
		b.send(0)
		b.wantState(id, "unknown 1 interrupted")
		if ids := b.relay.ids(); len(ids) != 0 {
			t.Errorf("arrived: %v", ids)
		}
		if got := b.metrics.Mails("unknown"); got != 1 {
			t.Errorf("counted %v unknown", got)
		}
	})
	t.Run("F-63 the rate holds over all replicas and over a restart", func(t *testing.T) {
		t.Parallel()
		b := setupMail(t, notify.MailerConfig{PerMinute: 10})
		const mails = 35
		for n := range mails {
			b.plan("digest", fmt.Sprintf("u%d@praxis.example", n))
		}
		for minute := range 4 {
			var together sync.WaitGroup
			for range 3 {
				replica := b.another(notify.MailerConfig{PerMinute: 10})
				together.Go(func() {
					if _, err := replica.Send(b.ctx); err != nil {
						t.Error(err)
					}
				})
			}
			together.Wait()
			if got, want := len(b.relay.ids()), min(10*(minute+1), mails); got != want {
				t.Fatalf("after minute %d: %d mails, want %d", minute+1, got, want)
			}
			b.clock.Add(time.Minute)
		}
		seen := map[string]bool{}
		for _, id := range b.relay.ids() {
			if seen[id] {
				t.Errorf("%s arrived twice", id)
			}
			seen[id] = true
		}
	})
}

func TestMailerRun(t *testing.T) {
	t.Parallel()
	t.Run("JOB-1 woken it sends at once, and it looks by itself for mails of others", func(t *testing.T) {
		t.Parallel()
		b := setupMail(t, notify.MailerConfig{Poll: 10 * time.Millisecond})
		b.plan("digest", "a@praxis.example")
		stop, ended := b.start()
		b.arrives()
		b.plan("digest", "b@praxis.example")
		b.arrives() // by the poll
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}

		c := setupMail(t, notify.MailerConfig{Poll: time.Hour})
		stop, ended = c.start()
		c.plan("digest", "a@praxis.example")
		c.mailer.Wake()
		c.arrives()
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	})
	t.Run("F-15 a stop lets the mail in hand finish and takes no other", func(t *testing.T) {
		t.Parallel()
		b := setupMail(t, notify.MailerConfig{Poll: time.Hour})
		b.relay.hold = make(chan struct{})
		first, second := b.plan("digest", "a@praxis.example"), b.plan("digest", "b@praxis.example")
		stop, ended := b.start()
		b.arrives()
		stop()
		close(b.relay.hold)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		states := []string{b.state(first), b.state(second)}
		if states[0] == "planned 0" {
			states[0], states[1] = states[1], states[0]
		}
		if states[0] != "sent 1" || states[1] != "planned 0" {
			t.Errorf("states: %q", states)
		}
	})
	t.Run("F-15 a relay that does not answer holds the stop no longer than the grace time", func(t *testing.T) {
		t.Parallel()
		b := setupMail(t, notify.MailerConfig{Poll: time.Hour, Grace: time.Millisecond})
		b.relay.hold = make(chan struct{})
		defer close(b.relay.hold)
		id := b.plan("digest", "a@praxis.example")
		stop, ended := b.start()
		b.arrives()
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		b.wantState(id, "unknown 1 data") // handed over, answer missing
	})
}

func (b *mailBundle) start() (stop context.CancelFunc, ended <-chan error) {
	ctx, cancel := context.WithCancel(b.ctx)
	b.Cleanup(cancel)
	done := make(chan error, 1)
	go func() { done <- b.mailer.Run(ctx) }()
	return cancel, done
}

// arrives waits until the relay has read a mail.
func (b *mailBundle) arrives() {
	b.Helper()
	select {
	case <-b.relay.arrived:
	case <-time.After(30 * time.Second):
		b.Fatal("no mail arrived")
	}
}
