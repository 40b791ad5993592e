// Package kafkaio is what this system knows about Kafka without business words:
// connections, topics, readers and writers with every option spelled out, the lag
// of a group, and messages as CloudEvents. It works with Apache Kafka 4.x and the
// embedded broker alike; docs/decisions/0003-kafka-brokers.md lists what differs.
package kafkaio

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
	"go.uber.org/zap"
)

const (
	clientID = "klarbeleg"

	// requestTimeout bounds one request, so that a hung broker cannot hold us.
	requestTimeout = 10 * time.Second
	dialTimeout    = 5 * time.Second
	idleTimeout    = 30 * time.Second

	// metadataTTL is how long a writer may not know of a new topic or leader; the
	// client's default of 6 s gives errors for as long.
	metadataTTL = time.Second

	// batchOverhead is what a record batch may need around the messages: its
	// header, and per message attributes, lengths and deltas.
	batchOverhead = 64 << 10

	// maxBatchBytes is the largest batch the topics take, 16 MiB: a delivery of
	// 15 MiB still travels in one message, larger ones by reference (DTA-7).
	maxBatchBytes = 16 << 20

	// MaxMessageBytes is the limit for key, headers and body of one message
	// together. Check before writing: one message too large fails its whole batch.
	MaxMessageBytes = maxBatchBytes - batchOverhead
)

// Config says how to reach the brokers.
type Config struct {
	// Brokers are some addresses of the cluster, host:port.
	Brokers []string
	// TLS is nil for plain text, as with the embedded broker.
	TLS *tls.Config
	// SASL is nil for no authentication; see NewSASL.
	SASL sasl.Mechanism
	// Logger gets what the client would otherwise hide: failed fetches, lost
	// connections. It sees topics, partitions and offsets, never a message.
	Logger *zap.Logger
}

// NewSASL returns the authentication named PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512,
// nil for the empty name.
func NewSASL(mechanism, user, password string) (sasl.Mechanism, error) {
	switch mechanism {
	case "":
		return nil, nil
	case "PLAIN":
		return plain.Mechanism{Username: user, Password: password}, nil
	case "SCRAM-SHA-256":
		return scram.Mechanism(scram.SHA256, user, password)
	case "SCRAM-SHA-512":
		return scram.Mechanism(scram.SHA512, user, password)
	default:
		return nil, fmt.Errorf("unknown SASL mechanism %q: use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", mechanism)
	}
}

// Client makes readers and writers and asks the cluster. It is safe for
// concurrent use.
type Client struct {
	cfg       Config
	transport *kafka.Transport
	api       *kafka.Client
}

// Open prepares a client; it does not connect yet.
func Open(cfg Config) (*Client, error) {
	if len(cfg.Brokers) == 0 {
		return nil, errors.New("no Kafka broker configured")
	}
	for _, addr := range cfg.Brokers {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return nil, fmt.Errorf("address of a Kafka broker: %w", err)
		}
	}
	if cfg.Logger == nil {
		return nil, errors.New("kafkaio: no logger")
	}
	transport := &kafka.Transport{
		ClientID:    clientID,
		DialTimeout: dialTimeout,
		IdleTimeout: idleTimeout,
		MetadataTTL: metadataTTL,
		TLS:         cfg.TLS,
		SASL:        cfg.SASL,
	}
	return &Client{
		cfg:       cfg,
		transport: transport,
		api:       &kafka.Client{Addr: kafka.TCP(cfg.Brokers...), Timeout: requestTimeout, Transport: transport},
	}, nil
}

// Close ends the client's connections. Close its writers first.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// errorLog passes the client library's errors to the log. What belongs to normal
// life is only debugged: a rebalance, and an idle fetch that the broker answered
// late, after which the library asks again.
func (c *Client) errorLog(fields ...zap.Field) kafka.Logger {
	log := c.cfg.Logger.With(fields...)
	return kafka.LoggerFunc(func(format string, args ...any) {
		level := zap.WarnLevel
		for _, arg := range args {
			err, ok := arg.(error)
			if ok && (errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, kafka.RebalanceInProgress)) {
				level = zap.DebugLevel
			}
		}
		log.Log(level, "kafka client", zap.String("detail", fmt.Sprintf(format, args...)))
	})
}

// Close closes a reader or writer, but waits no longer than ctx: the client's
// Close can hang on a broker that does not answer, and a writer's while
// WriteMessages runs. End the calls on it first. When ctx ends first, its error
// is returned and the closing goes on behind.
func Close(ctx context.Context, c io.Closer) error {
	done := make(chan error, 1)
	go func() { done <- c.Close() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("close Kafka connection: %w", ctx.Err())
	}
}
