package apachekafka_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"

	"klarbeleg/internal/apachekafka"
	"klarbeleg/internal/kafkaio"
)

// TestStart takes ten seconds: a JVM starts twice.
func TestStart(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts Apache Kafka: skipped by -short")
	}
	if err := apachekafka.Available(); err != nil {
		t.Skipf("no Apache Kafka on this machine: %v", err)
	}
	t.Run("OPS-1 a broker starts and stops clean and keeps its topics", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		cfg := apachekafka.Config{
			CacheDir: filepath.Join("..", "..", ".cache", "kafka"), DataDir: t.TempDir(), Nodes: 1,
		}
		use(ctx, t, cfg, func(client *kafkaio.Client) error {
			return client.EnsureTopics(ctx, kafkaio.Topic{Name: "kept", Partitions: 2, Replicas: 1})
		})
		use(ctx, t, cfg, func(client *kafkaio.Client) error { return client.Check(ctx, "kept") })
	})
}

// use starts a broker, uses it and stops it.
func use(ctx context.Context, t *testing.T, cfg apachekafka.Config, do func(*kafkaio.Client) error) {
	t.Helper()
	cluster, err := apachekafka.Start(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kafkaio.Open(kafkaio.Config{Brokers: cluster.Addrs(), Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := do(client); err != nil {
		t.Error(err)
	}
	if err := cluster.Stop(ctx); err != nil {
		t.Error(err)
	}
	if conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", cluster.Addrs()[0]); err == nil {
		t.Error("the broker still listens", conn.Close())
	}
}

func TestUnavailable(t *testing.T) {
	t.Run("OPS-1 without Java and Maven the error names them", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		_, err := apachekafka.Start(t.Context(), apachekafka.Config{DataDir: t.TempDir(), Nodes: 1})
		if !errors.Is(err, apachekafka.ErrUnavailable) {
			t.Errorf("error %v, want ErrUnavailable", err)
		}
	})
}
