// Package apachekafka runs a real Apache Kafka on loopback, for tests and for
// development (make kafka): fetched by coordinates with Maven's client, one broker
// or several, each also a KRaft controller. It needs Java 17 and Maven. It is no
// part of the product.
package apachekafka

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/segmentio/kafka-go"

	"klarbeleg/internal/child"
)

// Version is the Apache Kafka that is fetched.
const Version = "4.4.0"

const (
	startTimeout = 3 * time.Minute
	pollInterval = 100 * time.Millisecond
	// killGrace is what a broker gets to leave the cluster in order.
	killGrace = 20 * time.Second
)

// ErrUnavailable says that Java or Maven is missing.
var ErrUnavailable = errors.New("Apache Kafka needs the programs java (17 or newer) and mvn") //nolint:staticcheck // a name

// Config says what to start.
type Config struct {
	// CacheDir keeps the fetched program, 43 MB.
	CacheDir string
	// DataDir keeps topics and messages; created when missing. Keep the number of
	// nodes of a folder.
	DataDir string
	// Nodes is the number of brokers, 1 or 3.
	Nodes int
	// Port of the first broker; the others and the controllers follow. 0 takes
	// free ones.
	Port int
}

// Cluster is a running Apache Kafka.
type Cluster struct {
	brokers   []*child.Process
	addresses []string
	done      chan struct{}
}

// Available returns nil where java and mvn are on the PATH, else ErrUnavailable.
func Available() error {
	for _, program := range []string{"java", "mvn"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
	return nil
}

// Start fetches Apache Kafka when the cache has none, formats the data folder
// when it is new, starts the brokers and returns when all are in the cluster and
// groups can be joined. ctx bounds the start only.
func Start(ctx context.Context, cfg Config) (_ *Cluster, err error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := Available(); err != nil {
		return nil, err
	}
	if strings.Contains(cfg.DataDir, ",") {
		return nil, errors.New("the data folder's name holds a comma: Apache Kafka would take it for two")
	}
	libs, err := fetch(ctx, cfg.CacheDir)
	if err != nil {
		return nil, fmt.Errorf("fetch Apache Kafka: %w", err)
	}
	ports, err := choosePorts(ctx, cfg)
	if err != nil {
		return nil, err
	}
	cluster := &Cluster{done: make(chan struct{})}
	defer func() {
		if err != nil {
			cluster.kill()
		}
	}()
	for _, node := range nodes(ports, cfg.DataDir) {
		if err := node.format(ctx, libs, len(ports)); err != nil {
			return nil, fmt.Errorf("format data folder: %w", err)
		}
		proc, err := node.start(ctx, libs)
		if err != nil {
			return nil, fmt.Errorf("start broker: %w", err)
		}
		cluster.brokers = append(cluster.brokers, proc)
		cluster.addresses = append(cluster.addresses, node.broker)
	}
	if err := cluster.waitReady(ctx); err != nil {
		return nil, fmt.Errorf("start Apache Kafka: %w; its logs are in %s", err, cfg.DataDir)
	}
	go cluster.watch()
	return cluster, nil
}

func (c *Cluster) watch() {
	for _, broker := range c.brokers {
		<-broker.Done()
	}
	close(c.done)
}

// Addrs returns the addresses of the brokers, host:port.
func (c *Cluster) Addrs() []string { return slices.Clone(c.addresses) }

// Done is closed when all brokers have ended. One of several may die: that is
// what several are for.
func (c *Cluster) Done() <-chan struct{} { return c.done }

// Stop ends the brokers in order; those that have not ended when ctx ends are
// killed.
func (c *Cluster) Stop(ctx context.Context) error {
	for _, broker := range c.brokers {
		broker.Signal(syscall.SIGTERM)
	}
	var errs []error
	for _, broker := range c.brokers {
		err := broker.Wait(ctx)
		var exit *exec.ExitError
		const terminated = 128 + int(syscall.SIGTERM) // how a JVM reports the signal
		if errors.As(err, &exit) && exit.ExitCode() == terminated {
			err = nil
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		c.kill()
		return fmt.Errorf("stop Apache Kafka: %w", err)
	}
	return nil
}

func (c *Cluster) kill() {
	for _, broker := range c.brokers {
		broker.Kill(syscall.SIGTERM, killGrace)
	}
}

// waitReady waits until every broker is in the cluster and the group coordinator
// answers: its topic is made at the first question.
func (c *Cluster) waitReady(ctx context.Context) error {
	transport := &kafka.Transport{MetadataTTL: pollInterval}
	defer transport.CloseIdleConnections()
	api := &kafka.Client{Addr: kafka.TCP(c.addresses...), Transport: transport, Timeout: 5 * time.Second}
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		err := c.ready(ctx, api)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (last: %w)", ctx.Err(), err)
		case <-ticker.C:
		}
		for _, broker := range c.brokers {
			select {
			case <-broker.Done():
				return fmt.Errorf("a broker ended: %w", broker.Err())
			default:
			}
		}
	}
}

func (c *Cluster) ready(ctx context.Context, api *kafka.Client) error {
	meta, err := api.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return err
	}
	if len(meta.Brokers) != len(c.brokers) {
		return fmt.Errorf("%d of %d brokers are there", len(meta.Brokers), len(c.brokers))
	}
	found, err := api.FindCoordinator(ctx, &kafka.FindCoordinatorRequest{Key: "ready", KeyType: kafka.CoordinatorKeyTypeConsumer})
	if err != nil {
		return err
	}
	return found.Error
}

// choosePorts returns a broker's and a controller's port for each node.
func choosePorts(ctx context.Context, cfg Config) ([][2]int, error) {
	if cfg.Nodes < 1 {
		return nil, errors.New("an Apache Kafka cluster needs a node")
	}
	ports := make([][2]int, cfg.Nodes)
	for i := range ports {
		if cfg.Port != 0 {
			ports[i] = [2]int{cfg.Port + i, cfg.Port + cfg.Nodes + i}
			continue
		}
		for j := range ports[i] {
			// All stay open until all are chosen, so that none is chosen twice.
			l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
			if err != nil {
				return nil, fmt.Errorf("find a free port: %w", err)
			}
			defer func() { _ = l.Close() }()
			ports[i][j] = l.Addr().(*net.TCPAddr).Port
		}
	}
	return ports, nil
}

// node is one broker and controller.
type node struct {
	id                 int
	dir                string
	broker, controller string // host:port
	voters             string
}

func nodes(ports [][2]int, dataDir string) (all []node) {
	var voters []string
	for i, port := range ports {
		n := node{
			id:         i + 1,
			dir:        filepath.Join(dataDir, "node-"+strconv.Itoa(i+1)),
			broker:     net.JoinHostPort("127.0.0.1", strconv.Itoa(port[0])),
			controller: net.JoinHostPort("127.0.0.1", strconv.Itoa(port[1])),
		}
		voters = append(voters, fmt.Sprintf("%d@%s", n.id, n.controller))
		all = append(all, n)
	}
	for i := range all {
		all[i].voters = strings.Join(voters, ",")
	}
	return all
}

// properties is the broker's configuration: as in production where it concerns
// behaviour, small and quick where it does not.
func (n node) properties(nodes int) string {
	replicas := strconv.Itoa(min(nodes, 3))
	insync := strconv.Itoa(min(nodes, 2))
	return strings.Join([]string{
		"process.roles=broker,controller",
		"node.id=" + strconv.Itoa(n.id),
		"controller.quorum.voters=" + n.voters,
		"listeners=PLAINTEXT://" + n.broker + ",CONTROLLER://" + n.controller,
		"advertised.listeners=PLAINTEXT://" + n.broker,
		"controller.listener.names=CONTROLLER",
		"log.dirs=" + filepath.Join(n.dir, "data"),
		"auto.create.topics.enable=false",
		"message.max.bytes=16777216",
		"replica.fetch.max.bytes=16777216",
		"default.replication.factor=" + replicas,
		"min.insync.replicas=" + insync,
		"offsets.topic.replication.factor=" + replicas,
		"offsets.topic.num.partitions=5",
		"transaction.state.log.replication.factor=" + replicas,
		"transaction.state.log.min.isr=" + insync,
		"share.coordinator.state.topic.replication.factor=" + replicas,
		"share.coordinator.state.topic.min.isr=" + insync,
		"group.initial.rebalance.delay.ms=0", // 3 s by default, for each first member
		"",
	}, "\n")
}

func (n node) config() string { return filepath.Join(n.dir, "server.properties") }

// format writes the configuration and makes a new data folder a member of the
// cluster, whose id is the same for all nodes.
func (n node) format(ctx context.Context, libs string, nodes int) error {
	if err := os.MkdirAll(n.dir, 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(n.config(), []byte(n.properties(nodes)), 0o600); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(n.dir, "data", "meta.properties")); err == nil {
		return nil
	}
	return child.Run(ctx, "java", "-Xmx256m", "-cp", filepath.Join(libs, "*"),
		"kafka.tools.StorageTool", "format", "-t", clusterID(), "-c", n.config())
}

// clusterID is a name-based UUID in Kafka's spelling.
func clusterID() string {
	id := uuid.NewSHA1(uuid.NameSpaceDNS, []byte("klarbeleg"))
	return base64.RawURLEncoding.EncodeToString(id[:])
}

func (n node) start(ctx context.Context, libs string) (*child.Process, error) {
	logFile, err := os.OpenFile(filepath.Join(n.dir, "kafka.log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = logFile.Close() }() // the broker has its own descriptor
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "java",
		"-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", // small, and quick to start
		"-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true",
		"-cp", filepath.Join(libs, "*"), "kafka.Kafka", n.config())
	cmd.Stdout, cmd.Stderr = logFile, logFile
	return child.Start(cmd, syscall.SIGTERM)
}
