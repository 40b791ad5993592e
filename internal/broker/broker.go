// Package broker is the Kafka broker of embedded mode and of the tests: kfake in
// our own process, speaking the real protocol over TCP and keeping its data in a
// folder (OPS-1). It has no authentication, so it listens on loopback only. No
// other package may import kfake; the production image is built without it.
package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/twmb/franz-go/pkg/kfake"
	"go.uber.org/zap"

	"klarbeleg/internal/filelock"
)

// MaxMessageBytes is the largest record batch the broker takes, 16 MiB as in
// production: a delivery of 15 MiB still travels in one message.
const MaxMessageBytes = 16 << 20

// ErrInUse says that another process works in the data folder. kfake itself
// would open it twice and mix the logs.
var ErrInUse = errors.New("the broker folder is in use by another process")

// Config says where the broker runs.
type Config struct {
	// DataDir keeps topics, messages and group offsets; created when missing.
	DataDir string
	// Addr is host:port on loopback, port 0 for a free one.
	Addr string
	// Logger gets the broker's warnings and errors.
	Logger *zap.Logger
}

// Broker is a running broker.
type Broker struct {
	cluster *kfake.Cluster
	lock    *filelock.Lock
}

// Start starts the broker on what DataDir holds; it accepts connections when
// Start returns. It returns ErrInUse when the folder has a broker already.
// Writes are not synced: they survive the end of the process, not of the machine.
func Start(ctx context.Context, cfg Config) (*Broker, error) {
	host, _, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("broker address: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("broker address: %s is not a loopback address", host)
	}
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("broker folder: %w", err)
	}
	lock, err := filelock.Take(filepath.Clean(cfg.DataDir) + ".lock")
	if errors.Is(err, filelock.ErrHeld) {
		return nil, fmt.Errorf("%w: %s", ErrInUse, cfg.DataDir)
	}
	if err != nil {
		return nil, err
	}
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.ClusterID("klarbeleg-embedded"),
		kfake.DataDir(cfg.DataDir),
		kfake.ListenFn(func(network, _ string) (net.Listener, error) {
			return (&net.ListenConfig{}).Listen(ctx, network, cfg.Addr)
		}),
		kfake.BrokerConfigs(map[string]string{"message.max.bytes": strconv.Itoa(MaxMessageBytes)}),
		kfake.WithLogger(logger{cfg.Logger}),
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start broker: %w", err), lock.Release())
	}
	return &Broker{cluster: cluster, lock: lock}, nil
}

// Addrs returns the addresses to connect to, host:port.
func (b *Broker) Addrs() []string { return b.cluster.ListenAddrs() }

// Close ends the broker and frees its folder.
func (b *Broker) Close() error {
	b.cluster.Close()
	return b.lock.Release()
}

// logger passes on what concerns an operator; kfake's lines hold requests,
// topics and groups, never a message's value (OPS-4).
type logger struct{ zap *zap.Logger }

func (l logger) Logf(level kfake.LogLevel, format string, args ...any) {
	switch level {
	case kfake.LogLevelError:
		l.zap.Error("broker", zap.String("detail", fmt.Sprintf(format, args...)))
	case kfake.LogLevelWarn:
		l.zap.Warn("broker", zap.String("detail", fmt.Sprintf(format, args...)))
	case kfake.LogLevelNone, kfake.LogLevelInfo, kfake.LogLevelDebug:
	}
}
