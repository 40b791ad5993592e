package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"klarbeleg/internal/clock"
)

// TLSMode says how much encryption the connection to the relay needs.
type TLSMode string

const (
	// TLSMandatory is the default: STARTTLS with a verified certificate, or nothing.
	TLSMandatory TLSMode = "mandatory"
	// TLSOpportunistic encrypts where the relay offers it.
	TLSOpportunistic TLSMode = "opportunistic"
	// TLSNone speaks plain text; meant for the sink on the loopback address.
	TLSNone TLSMode = "none"
)

// defaultTimeout bounds the dialogue before and the dialogue after the
// connection stands. Relays that scan content answer DATA late.
const defaultTimeout = time.Minute

// Config names the relay. Addr and From are mandatory.
type Config struct {
	// Addr is host:port of the relay.
	Addr string
	// From is the sender, with or without display name.
	From string
	// Username and Password log in to the relay; both empty for no login. They
	// are never sent without TLS, except to the own machine.
	Username, Password string
	// TLS is the mode; empty means TLSMandatory.
	TLS TLSMode
	// TLSConfig overrides the verification of the relay's certificate; nil means
	// the machine's roots and the host of Addr.
	TLSConfig *tls.Config
	// Timeout bounds each half of the dialogue; 0 means one minute.
	Timeout time.Duration
}

// SMTP sends over one relay, with one connection per message: our volume is one
// digest per user and day, and a fresh connection has no state to lose.
type SMTP struct {
	cfg   Config
	host  string
	from  *mail.Address
	clock clock.Clock
	opts  []gomail.Option
}

var _ Sender = (*SMTP)(nil)

// NewSMTP checks cfg and returns the sender. It does not connect.
func NewSMTP(cfg Config, clk clock.Clock) (*SMTP, error) {
	host, portText, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("address of the mail relay: %w", err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("port of the mail relay: %w", err)
	}
	from, err := mail.ParseAddress(cfg.From)
	if err != nil || hasControl(cfg.From) {
		return nil, errors.New("sender of mails is no mail address")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	policy, err := cfg.TLS.policy()
	if err != nil {
		return nil, err
	}
	s := &SMTP{cfg: cfg, host: host, from: from, clock: clk}
	s.opts = []gomail.Option{
		gomail.WithPort(port),
		gomail.WithTimeout(cfg.Timeout),
		gomail.WithTLSPolicy(policy),
		// Both only probe a connection that is used once and then closed.
		gomail.WithoutNoop(),
		gomail.WithoutRset(),
	}
	if cfg.TLSConfig != nil {
		s.opts = append(s.opts, gomail.WithTLSConfig(cfg.TLSConfig))
	}
	if cfg.Username != "" {
		s.opts = append(s.opts, gomail.WithUsername(cfg.Username), gomail.WithPassword(cfg.Password),
			gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover))
	}
	if _, err := gomail.NewClient(host, s.opts...); err != nil {
		return nil, fmt.Errorf("settings of the mail relay: %w", err)
	}
	return s, nil
}

func (m TLSMode) policy() (gomail.TLSPolicy, error) {
	switch m {
	case "", TLSMandatory:
		return gomail.TLSMandatory, nil
	case TLSOpportunistic:
		return gomail.TLSOpportunistic, nil
	case TLSNone:
		return gomail.NoTLS, nil
	}
	return 0, fmt.Errorf("unknown TLS mode %q for mail, want %s, %s or %s",
		string(m), TLSMandatory, TLSOpportunistic, TLSNone)
}

// Send delivers m to the relay. It returns nil once the relay has taken
// responsibility; every error is a *SendError.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	msg, err := s.build(m)
	if err != nil {
		return &SendError{Outcome: Permanent, Step: "message", cause: err}
	}
	// The library watches ctx only while dialling, and leaves the connection open
	// when greeting, TLS or login fail; so the connection ends with connCtx.
	connCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	client, err := s.client(connCtx)
	if err != nil {
		return &SendError{Outcome: Temporary, Step: "connect", cause: err}
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return connectError(ctx, err)
	}
	err = client.SendWithSMTPClient(session, msg)
	if !msg.IsDelivered() {
		return classify(ctx, err)
	}
	// The relay has taken the message; a failing farewell does not undo that.
	_ = client.CloseWithSMTPClient(session)
	return nil
}

// client returns a client whose connection is closed when ctx ends.
func (s *SMTP) client(ctx context.Context) (*gomail.Client, error) {
	dial := func(dialCtx context.Context, network, address string) (net.Conn, error) {
		var dialer net.Dialer
		conn, err := dialer.DialContext(dialCtx, network, address)
		if err != nil {
			return nil, fmt.Errorf("dial mail relay: %w", err)
		}
		context.AfterFunc(ctx, func() { _ = conn.Close() })
		return conn, nil
	}
	client, err := gomail.NewClient(s.host, slices.Concat(s.opts, []gomail.Option{gomail.WithDialContextFunc(dial)})...)
	if err != nil {
		return nil, fmt.Errorf("settings of the mail relay: %w", err)
	}
	return client, nil
}

// build turns m into a MIME message: UTF-8, quoted-printable, marked as sent by
// a machine (RFC 3834) so that absence notes stay away.
func (s *SMTP) build(m Message) (*gomail.Msg, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	msg.FromMailAddress(s.from)
	msg.ToMailAddress(&mail.Address{Address: m.To})
	msg.Subject(m.Subject)
	msg.SetDateWithValue(s.clock.Now())
	domain := s.from.Address[strings.LastIndexByte(s.from.Address, '@')+1:]
	msg.SetMessageIDWithValue(m.ID + "@" + domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

// connectError covers everything before the message comes into play. Even a
// "5xx" there (a wrong password, say) is a fault of the set-up and none of the
// message, so the message may be sent again later. The cause is kept: no
// recipient has been named yet.
func connectError(ctx context.Context, err error) *SendError {
	e := &SendError{Outcome: Temporary, Step: "connect", cause: err}
	if ctx.Err() != nil {
		e.cause = ctx.Err()
	}
	var reply *textproto.Error
	if errors.As(err, &reply) {
		e.Code = reply.Code
	}
	return e
}

// classify decides what a failed dialogue means for the message. Without an
// answer it was not delivered, except when the answer to the final dot is
// missing: the dot is written by closing the data and by nothing else.
func classify(ctx context.Context, err error) *SendError {
	e := &SendError{Outcome: Temporary, Step: "connect", cause: ctx.Err()}
	var failed *gomail.SendError
	if !errors.As(err, &failed) {
		return e
	}
	e.Code, e.Status = failed.ErrorCode(), failed.EnhancedStatusCode()
	switch failed.Reason {
	case gomail.ErrSMTPMailFrom:
		// The relay refuses us, not this message: set-up, as in connectError.
		e.Step = "sender"
		return e
	case gomail.ErrSMTPRcptTo:
		e.Step = "recipient"
	case gomail.ErrSMTPData, gomail.ErrWriteContent, gomail.ErrSMTPDataClose:
		e.Step = "data"
	default: // before the message came into play
	}
	switch {
	case e.Code >= 500:
		e.Outcome = Permanent
	case e.Code == 0 && failed.Reason == gomail.ErrSMTPDataClose:
		e.Outcome = Unknown
	}
	return e
}
