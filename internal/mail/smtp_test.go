package mail_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"

	"klarbeleg/internal/clock"
	"klarbeleg/internal/mail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testFrom = "Klarbeleg Prüfstelle <no-reply@klarbeleg.example>"
	testTo   = "praxis@example.org"
)

var testNow = time.Date(2026, 11, 25, 6, 30, 0, 0, time.UTC)

// relay is a real SMTP server whose answers the test scripts.
type relay struct {
	addr string
	tls  *tls.Config

	onMail, onRcpt error
	onData         func(conn *smtp.Conn, r io.Reader) error
	wantLogin      string

	mu       sync.Mutex
	received []received
}

type received struct {
	from, to string
	raw      string
	tls      bool
	login    string
}

func (r *relay) messages() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.received...)
}

// start serves r on a free loopback port until the test ends.
func (r *relay) start(t *testing.T) *relay {
	t.Helper()
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{relay: r, conn: c}, nil
	}))
	server.Domain = "relay.example"
	server.AllowInsecureAuth = true
	server.TLSConfig = r.tls
	server.ErrorLog = log.New(io.Discard, "", 0)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.addr = listener.Addr().String()
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close relay: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("serve relay: %v", err)
		}
	})
	return r
}

type session struct {
	relay *relay
	conn  *smtp.Conn
	got   received
}

func (s *session) AuthMechanisms() []string {
	if s.relay.wantLogin == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username+":"+password != s.relay.wantLogin {
			return smtp.ErrAuthFailed
		}
		s.got.login = username
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.got.from = from
	return s.relay.onMail
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.got.to = to
	return s.relay.onRcpt
}

func (s *session) Data(r io.Reader) error {
	if s.relay.onData != nil {
		return s.relay.onData(s.conn, r)
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.got.raw = string(raw)
	_, s.got.tls = s.conn.TLSConnectionState()
	s.relay.mu.Lock()
	defer s.relay.mu.Unlock()
	s.relay.received = append(s.relay.received, s.got)
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func newSender(t *testing.T, cfg mail.Config) *mail.SMTP {
	t.Helper()
	if cfg.From == "" {
		cfg.From = testFrom
	}
	sender, err := mail.NewSMTP(cfg, clock.NewFake(testNow))
	if err != nil {
		t.Fatalf("new sender: %v", err)
	}
	return sender
}

func testMessage() mail.Message {
	return mail.Message{ID: "0199-digest.1", To: testTo, Subject: "Es warten 3 Berichtigungen", Text: "Bitte melden Sie sich an."}
}

func reply(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 7, 1}, Message: text}
}

// loseAfterData reads the whole message and drops the connection unanswered.
func loseAfterData(conn *smtp.Conn, r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	return conn.Conn().Close()
}

// JOB-1: a mail that was refused, postponed or lost is told apart, so that the
// digest is neither lost nor sent twice without need.
func TestSendFailures(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		relay *relay
		want  mail.SendError
	}{
		{"sender refused is a fault of the set-up", &relay{onMail: reply(550, "no")}, mail.SendError{Outcome: mail.Temporary, Step: "sender", Code: 550, Status: "5.7.1"}},
		{"sender postponed", &relay{onMail: reply(451, "later")}, mail.SendError{Outcome: mail.Temporary, Step: "sender", Code: 451, Status: "4.7.1"}},
		{"recipient refused", &relay{onRcpt: reply(550, "no "+testTo)}, mail.SendError{Outcome: mail.Permanent, Step: "recipient", Code: 550, Status: "5.7.1"}},
		{"recipient postponed (greylisting)", &relay{onRcpt: reply(450, "later")}, mail.SendError{Outcome: mail.Temporary, Step: "recipient", Code: 450, Status: "4.7.1"}},
		{"content refused", &relay{onData: answerData(554)}, mail.SendError{Outcome: mail.Permanent, Step: "data", Code: 554, Status: "5.7.1"}},
		{"content postponed", &relay{onData: answerData(452)}, mail.SendError{Outcome: mail.Temporary, Step: "data", Code: 452, Status: "4.7.1"}},
		{"connection lost after the data", &relay{onData: loseAfterData}, mail.SendError{Outcome: mail.Unknown, Step: "data"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := tc.relay.start(t)
			err := newSender(t, mail.Config{Addr: r.addr, TLS: mail.TLSNone}).Send(t.Context(), testMessage())
			var got *mail.SendError
			if !errors.As(err, &got) {
				t.Fatalf("error %v is no SendError", err)
			}
			if got.Outcome != tc.want.Outcome || got.Step != tc.want.Step || got.Code != tc.want.Code || got.Status != tc.want.Status {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
			// OPS-4
			if strings.Contains(err.Error(), "praxis") || strings.Contains(err.Error(), "example.org") {
				t.Errorf("error text names the recipient: %v", err)
			}
		})
	}
}

func answerData(code int) func(*smtp.Conn, io.Reader) error {
	return func(_ *smtp.Conn, r io.Reader) error {
		if _, err := io.Copy(io.Discard, r); err != nil {
			return err
		}
		return reply(code, "answer to "+testTo)
	}
}

func TestSendDelivers(t *testing.T) {
	t.Parallel()
	r := (&relay{}).start(t)
	m := testMessage()
	m.Subject = "Überfällige Prüfung: 3 Vorgänge warten auf Ihre Rückmeldung – bitte bis morgen"
	m.Text = "Guten Tag,\n.Punkt am Zeilenanfang\nGrüße\n"
	m.HTML = "<p>Grüße</p>"
	if err := newSender(t, mail.Config{Addr: r.addr, TLS: mail.TLSNone}).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := r.messages()
	if len(got) != 1 {
		t.Fatalf("relay received %d messages, want 1", len(got))
	}
	if got[0].from != "no-reply@klarbeleg.example" || got[0].to != testTo {
		t.Errorf("envelope %s -> %s", got[0].from, got[0].to)
	}
	parsed, err := netmail.ReadMessage(strings.NewReader(got[0].raw))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Message-Id":     "<0199-digest.1@klarbeleg.example>",
		"Date":           "Wed, 25 Nov 2026 06:30:00 +0000",
		"Auto-Submitted": "auto-generated",
		"User-Agent":     "", "X-Mailer": "",
	}
	for name, value := range want {
		if parsed.Header.Get(name) != value {
			t.Errorf("header %s is %q, want %q", name, parsed.Header.Get(name), value)
		}
	}
	if !strings.HasPrefix(parsed.Header.Get("Content-Type"), "multipart/alternative") {
		t.Errorf("content type %q", parsed.Header.Get("Content-Type"))
	}
	for i := range len(got[0].raw) {
		if got[0].raw[i] > 126 {
			t.Fatalf("byte %d of the message is not ASCII", i)
		}
	}
}

// OPS-4: what could break out of a header is refused before any connection.
func TestSendRefusesInvalid(t *testing.T) {
	t.Parallel()
	r := (&relay{}).start(t)
	sender := newSender(t, mail.Config{Addr: r.addr, TLS: mail.TLSNone})
	cases := []struct {
		name string
		edit func(*mail.Message)
		want error
	}{
		{"line break in recipient", func(m *mail.Message) { m.To = "a@example.org\r\nBcc: b@example.org" }, mail.ErrInvalidAddress},
		{"two recipients", func(m *mail.Message) { m.To = "a@example.org, b@example.org" }, mail.ErrInvalidAddress},
		{"display name", func(m *mail.Message) { m.To = "Praxis <a@example.org>" }, mail.ErrInvalidAddress},
		{"empty recipient", func(m *mail.Message) { m.To = "" }, mail.ErrInvalidAddress},
		{"line break in subject", func(m *mail.Message) { m.Subject = "a\r\nBcc: b@example.org" }, mail.ErrInvalidSubject},
		{"bare line feed in subject", func(m *mail.Message) { m.Subject = "a\nb" }, mail.ErrInvalidSubject},
		{"invalid UTF-8 in subject", func(m *mail.Message) { m.Subject = "a\xfc" }, mail.ErrInvalidSubject},
		{"subject too long", func(m *mail.Message) { m.Subject = strings.Repeat("ä", 201) }, mail.ErrInvalidSubject},
		{"line break in id", func(m *mail.Message) { m.ID = "a\r\nb" }, mail.ErrInvalidID},
		{"bracket in id", func(m *mail.Message) { m.ID = "a>b" }, mail.ErrInvalidID},
		{"no text", func(m *mail.Message) { m.Text = "" }, mail.ErrInvalidBody},
		{"body too long", func(m *mail.Message) { m.HTML = strings.Repeat("a", 1<<20) }, mail.ErrInvalidBody},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := testMessage()
			tc.edit(&m)
			err := sender.Send(t.Context(), m)
			var failed *mail.SendError
			if !errors.Is(err, tc.want) || !errors.As(err, &failed) || failed.Outcome != mail.Permanent {
				t.Errorf("got %v, want a permanent error for %v", err, tc.want)
			}
			if n := len(r.messages()); n != 0 {
				t.Errorf("relay received %d messages", n)
			}
		})
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server, roots := certificates(t)
	trusting := &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}

	t.Run("mandatory by default and refused by a relay without TLS", func(t *testing.T) {
		t.Parallel()
		r := (&relay{}).start(t)
		wantTemporary(t, newSender(t, mail.Config{Addr: r.addr}).Send(t.Context(), testMessage()), r)
	})
	t.Run("mandatory refuses an unknown certificate", func(t *testing.T) {
		t.Parallel()
		r := (&relay{tls: server}).start(t)
		wantTemporary(t, newSender(t, mail.Config{Addr: r.addr}).Send(t.Context(), testMessage()), r)
	})
	t.Run("mandatory encrypts and logs in", func(t *testing.T) {
		t.Parallel()
		r := (&relay{tls: server, wantLogin: "user:secret"}).start(t)
		cfg := mail.Config{Addr: r.addr, TLSConfig: trusting, Username: "user", Password: "secret"}
		if err := newSender(t, cfg).Send(t.Context(), testMessage()); err != nil {
			t.Fatal(err)
		}
		if got := r.messages(); len(got) != 1 || !got[0].tls || got[0].login != "user" {
			t.Errorf("got %+v, want one message over TLS after login", got)
		}
	})
	t.Run("wrong password is a fault of the set-up", func(t *testing.T) {
		t.Parallel()
		r := (&relay{tls: server, wantLogin: "user:secret"}).start(t)
		cfg := mail.Config{Addr: r.addr, TLSConfig: trusting, Username: "user", Password: "wrong"}
		err := newSender(t, cfg).Send(t.Context(), testMessage())
		wantTemporary(t, err, r)
		if strings.Contains(err.Error(), "wrong") {
			t.Errorf("error text holds the password: %v", err)
		}
	})
	t.Run("opportunistic encrypts where offered", func(t *testing.T) {
		t.Parallel()
		r := (&relay{tls: server}).start(t)
		cfg := mail.Config{Addr: r.addr, TLS: mail.TLSOpportunistic, TLSConfig: trusting}
		if err := newSender(t, cfg).Send(t.Context(), testMessage()); err != nil {
			t.Fatal(err)
		}
		if got := r.messages(); len(got) != 1 || !got[0].tls {
			t.Errorf("got %+v, want one message over TLS", got)
		}
	})
	t.Run("opportunistic goes on without TLS", func(t *testing.T) {
		t.Parallel()
		r := (&relay{}).start(t)
		cfg := mail.Config{Addr: r.addr, TLS: mail.TLSOpportunistic}
		if err := newSender(t, cfg).Send(t.Context(), testMessage()); err != nil {
			t.Fatal(err)
		}
		if got := r.messages(); len(got) != 1 || got[0].tls {
			t.Errorf("got %+v, want one message in plain text", got)
		}
	})
}

func wantTemporary(t *testing.T, err error, r *relay) {
	t.Helper()
	var failed *mail.SendError
	if !errors.As(err, &failed) || failed.Outcome != mail.Temporary || failed.Step != "connect" {
		t.Errorf("got %v, want a temporary error at connect", err)
	}
	if n := len(r.messages()); n != 0 {
		t.Errorf("relay received %d messages, want none", n)
	}
}

// A relay that accepts and then keeps silent must not hold a worker for ever.
func TestSilentRelay(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T) (addr string, accepted <-chan struct{}) {
		t.Helper()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		signal, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			close(signal)
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}()
		t.Cleanup(func() {
			_ = listener.Close()
			<-done
		})
		return listener.Addr().String(), signal
	}
	t.Run("time limit", func(t *testing.T) {
		t.Parallel()
		addr, _ := setup(t)
		err := newSender(t, mail.Config{Addr: addr, TLS: mail.TLSNone, Timeout: 50 * time.Millisecond}).Send(t.Context(), testMessage())
		var failed *mail.SendError
		if !errors.As(err, &failed) || failed.Outcome != mail.Temporary {
			t.Errorf("got %v, want a temporary error", err)
		}
	})
	t.Run("cancelled context", func(t *testing.T) {
		t.Parallel()
		addr, accepted := setup(t)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-accepted
			cancel()
		}()
		err := newSender(t, mail.Config{Addr: addr, TLS: mail.TLSNone}).Send(ctx, testMessage())
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	})
	t.Run("no relay at all", func(t *testing.T) {
		t.Parallel()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := listener.Addr().String()
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		err = newSender(t, mail.Config{Addr: addr, TLS: mail.TLSNone}).Send(t.Context(), testMessage())
		var failed *mail.SendError
		if !errors.As(err, &failed) || failed.Outcome != mail.Temporary {
			t.Errorf("got %v, want a temporary error", err)
		}
	})
}

func TestNewSMTPRefuses(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]mail.Config{
		"no port":              {Addr: "relay.example", From: testFrom},
		"port not a number":    {Addr: "relay.example:smtp", From: testFrom},
		"port out of range":    {Addr: "relay.example:70000", From: testFrom},
		"no host":              {Addr: ":25", From: testFrom},
		"no sender":            {Addr: "relay.example:25"},
		"line break in sender": {Addr: "relay.example:25", From: "a@example.org\r\nBcc: b@example.org"},
		"unknown mode":         {Addr: "relay.example:25", From: testFrom, TLS: "maybe"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := mail.NewSMTP(cfg, clock.NewFake(testNow)); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// certificates returns a server configuration for 127.0.0.1 and the pool that
// trusts it.
func certificates(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "relay.example"},
		NotBefore:             time.Unix(0, 0),
		NotAfter:              time.Unix(1<<33, 0),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	server := &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		MinVersion:   tls.VersionTLS12,
	}
	return server, roots
}
