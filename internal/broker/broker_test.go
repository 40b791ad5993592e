package broker_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"go.uber.org/zap"

	"klarbeleg/internal/broker"
	"klarbeleg/internal/kafkaio"
)

func start(t *testing.T, dir, addr string) *broker.Broker {
	t.Helper()
	b, err := broker.Start(t.Context(), broker.Config{DataDir: dir, Addr: addr, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func closeBroker(t *testing.T, b *broker.Broker) {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func TestStart(t *testing.T) {
	t.Parallel()

	t.Run("OPS-1 a second instance on the folder is told so", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "broker")
		first := start(t, dir, "127.0.0.1:0")
		defer closeBroker(t, first)
		_, err := broker.Start(t.Context(), broker.Config{DataDir: dir, Addr: "127.0.0.1:0", Logger: zap.NewNop()})
		if !errors.Is(err, broker.ErrInUse) {
			t.Errorf("error %v, want ErrInUse", err)
		}
	})

	t.Run("OPS-1 a taken port is an error and frees the folder", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		first := start(t, filepath.Join(dir, "first"), "127.0.0.1:0")
		defer closeBroker(t, first)
		second := filepath.Join(dir, "second")
		if _, err := broker.Start(t.Context(), broker.Config{DataDir: second, Addr: first.Addrs()[0], Logger: zap.NewNop()}); err == nil {
			t.Fatal("two brokers on one port")
		}
		closeBroker(t, start(t, second, "127.0.0.1:0"))
	})

	t.Run("OPS-1 only loopback is served, there is no authentication", func(t *testing.T) {
		t.Parallel()
		for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.org:0"} {
			_, err := broker.Start(t.Context(), broker.Config{DataDir: t.TempDir(), Addr: addr, Logger: zap.NewNop()})
			if err == nil || !strings.Contains(err.Error(), "loopback") {
				t.Errorf("%s: error %v, want a refusal", addr, err)
			}
		}
	})
}

func TestRestart(t *testing.T) {
	t.Parallel()
	t.Run("OPS-1 topics, messages and group offsets survive a restart", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		dir := filepath.Join(t.TempDir(), "broker")
		b := start(t, dir, "127.0.0.1:0")
		client, err := kafkaio.Open(kafkaio.Config{Brokers: b.Addrs(), Logger: zap.NewNop()})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		topic := kafkaio.Topic{Name: "kept", Partitions: 1, Replicas: 1}
		if err := client.EnsureTopics(ctx, topic); err != nil {
			t.Fatal(err)
		}
		writer := client.NewWriter()
		defer writer.Close()
		for _, body := range []string{"one", "two"} {
			if err := writer.WriteMessages(ctx, kafka.Message{Topic: topic.Name, Value: []byte(body)}); err != nil {
				t.Fatal(err)
			}
		}
		fetchOne(ctx, t, client, "one")

		addr := b.Addrs()[0]
		closeBroker(t, b)
		b = start(t, dir, addr)
		defer closeBroker(t, b)
		fetchOne(ctx, t, client, "two")
		if err := writer.WriteMessages(ctx, kafka.Message{Topic: topic.Name, Value: []byte("three")}); err != nil {
			t.Fatal(err)
		}
		fetchOne(ctx, t, client, "three")
	})
}

// fetchOne reads and commits the group's next message with a reader of its own.
func fetchOne(ctx context.Context, t *testing.T, client *kafkaio.Client, want string) {
	t.Helper()
	reader := client.NewReader("group", "kept")
	defer func() {
		if err := kafkaio.Close(ctx, reader); err != nil {
			t.Error(err)
		}
	}()
	m, err := reader.FetchMessage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(m.Value); got != want {
		t.Fatalf("next message is %q, want %q", got, want)
	}
	if err := reader.CommitMessages(ctx, m); err != nil {
		t.Fatal(err)
	}
}
