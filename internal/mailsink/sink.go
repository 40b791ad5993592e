// Package mailsink is the mail server of the embedded mode: it accepts every
// mail on the loopback address, keeps each as a file and shows them on a page,
// so that nothing has to be installed and nothing leaves the machine. It relays
// nothing and refuses to listen anywhere else.
package mailsink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"go.uber.org/zap"

	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
)

// Limits of the SMTP dialogue. Our own mails are below 1 MiB (package mail).
const (
	maxMessageBytes = 4 << 20
	maxRecipients   = 10
	ioTimeout       = 30 * time.Second
)

// Config says where the sink listens and stores.
type Config struct {
	// Addr is host:port on a loopback address; port 0 takes a free one.
	Addr string
	// Dir receives one file per mail; it is created when missing.
	Dir string
	// Clock dates the mails.
	Clock clock.Clock
}

// Sink is the running server. Its methods are safe for concurrent use.
type Sink struct {
	dir      string
	clock    clock.Clock
	logger   *zap.Logger
	listener net.Listener
	server   *smtp.Server
	served   chan error

	mu   sync.Mutex // guards next
	next uint64     // sequence number of the next mail
}

// fileName is the sequence number, which orders the mails whatever the clock
// does, and the time of arrival.
var fileName = regexp.MustCompile(`^(\d{12})-(\d{8}T\d{6}Z)\.eml$`)

const arrivalLayout = "20060102T150405Z"

// Start opens the folder and listens. Mails of earlier runs stay. The logger of
// ctx receives faults of the dialogue, never content.
func Start(ctx context.Context, cfg Config) (*Sink, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("create mail folder: %w", err)
	}
	s := &Sink{
		dir: cfg.Dir, clock: cfg.Clock, logger: logging.From(ctx).Named("mailsink"),
		next: 1, served: make(chan error, 1),
	}
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		last, err := strconv.ParseUint(names[0][:12], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("number of the last mail: %w", err)
		}
		s.next = last + 1
	}
	s.listener, err = listen(ctx, cfg.Addr)
	if err != nil {
		return nil, err
	}
	s.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{sink: s}, nil
	}))
	s.server.Domain = "localhost"
	s.server.MaxMessageBytes = maxMessageBytes
	s.server.MaxRecipients = maxRecipients
	s.server.ReadTimeout = ioTimeout
	s.server.WriteTimeout = ioTimeout
	s.server.ErrorLog = zap.NewStdLog(s.logger)
	go func() { s.served <- s.server.Serve(s.listener) }()
	return s, nil
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("address of the mail sink: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, errors.New("address of the mail sink is no loopback address")
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for mails: %w", err)
	}
	return listener, nil
}

// Addr returns host:port of the SMTP server.
func (s *Sink) Addr() string { return s.listener.Addr().String() }

// Close stops accepting and waits for running dialogues until ctx ends, then
// leaves them to end with the process. A mail answered with "250" is in its file.
func (s *Sink) Close(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	if err != nil {
		err = fmt.Errorf("stop mail sink: %w", err)
	}
	// A server asked to stop before it began to serve does not know the listener.
	if closeErr := s.listener.Close(); closeErr != nil && !errors.Is(closeErr, net.ErrClosed) {
		err = errors.Join(err, fmt.Errorf("close mail sink: %w", closeErr))
	}
	return errors.Join(err, <-s.served)
}

// store writes one mail. The file appears under its name only when complete.
func (s *Sink) store(raw []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := fmt.Sprintf("%012d-%s.eml", s.next, s.clock.Now().UTC().Format(arrivalLayout))
	temp, err := os.CreateTemp(s.dir, ".incoming-*")
	if err != nil {
		return fmt.Errorf("create mail file: %w", err)
	}
	_, err = temp.Write(raw)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), filepath.Join(s.dir, name))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write mail file: %w", err), os.Remove(temp.Name()))
	}
	s.next++
	return nil
}

// names lists the files of the mails, newest first.
func (s *Sink) names() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("read mail folder: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if fileName.MatchString(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	slices.Reverse(names)
	return names, nil
}

// session is one dialogue with a sender.
type session struct{ sink *Sink }

func (*session) Reset()                               {}
func (*session) Logout() error                        { return nil }
func (*session) Mail(string, *smtp.MailOptions) error { return nil }
func (*session) Rcpt(string, *smtp.RcptOptions) error { return nil }

// Data stores the mail before it is acknowledged, and refuses what the page
// could not show.
func (d *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err // as it is: the server answers by its type
	}
	if _, err := parse(raw); err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "message cannot be read"}
	}
	if err := d.sink.store(raw); err != nil {
		d.sink.logger.Error("mail not stored", zap.Error(err))
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "message cannot be stored"}
	}
	return nil
}
