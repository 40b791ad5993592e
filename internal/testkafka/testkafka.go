// Package testkafka gives tests brokers that speak the real Kafka protocol. Each
// test gets a broker of its own in the test's process; where the environment
// variable KLARBELEG_TEST_KAFKA names an Apache Kafka (host:port, ...), Run
// repeats the test against it. Only tests import it.
package testkafka

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"klarbeleg/internal/broker"
	"klarbeleg/internal/kafkaio"
)

// Env names the addresses of an Apache Kafka for tests, separated by commas.
const Env = "KLARBELEG_TEST_KAFKA"

// Backend is a broker to test against.
type Backend struct {
	// Name is "embedded" or "apache".
	Name string
	// Brokers are its addresses, host:port.
	Brokers []string
}

// Run runs test as a parallel sub-test against an embedded broker of its own and
// against Apache Kafka where Env names one.
func Run(t *testing.T, name string, test func(t *testing.T, b Backend)) {
	t.Helper()
	t.Run(name+"/embedded", func(t *testing.T) {
		t.Parallel()
		t.Log("broker: embedded (kfake)")
		test(t, Backend{Name: "embedded", Brokers: Start(t).Addrs()})
	})
	addrs := os.Getenv(Env)
	if addrs == "" {
		return
	}
	t.Run(name+"/apache", func(t *testing.T) {
		t.Parallel()
		t.Logf("broker: Apache Kafka at %s", addrs)
		test(t, Backend{Name: "apache", Brokers: strings.Split(addrs, ",")})
	})
}

// Start returns an embedded broker that ends with the test.
func Start(t testing.TB) *broker.Broker {
	t.Helper()
	b, err := broker.Start(t.Context(), broker.Config{
		DataDir: filepath.Join(t.TempDir(), "broker"), Addr: "127.0.0.1:0", Logger: zap.NewNop(),
	})
	if err != nil {
		t.Fatalf("embedded broker: %v", err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close embedded broker: %v", err)
		}
	})
	return b
}

// Client returns a client of the backend that ends with the test.
func (b Backend) Client(t testing.TB) *kafkaio.Client {
	t.Helper()
	client, err := kafkaio.Open(kafkaio.Config{
		Brokers: b.Brokers, Logger: zaptest.NewLogger(t, zaptest.Level(zap.ErrorLevel)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// Topic creates a topic whose name no other test or run has, and returns it.
func (b Backend) Topic(t testing.TB, partitions int) string {
	t.Helper()
	name := Name(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := b.Client(t).EnsureTopics(ctx, kafkaio.Topic{Name: name, Partitions: partitions, Replicas: 1}); err != nil {
		t.Fatal(err)
	}
	return name
}

// Name returns a name for a topic or group that no other test or run has.
func Name(t testing.TB) string {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return "test-" + id.String()
}
