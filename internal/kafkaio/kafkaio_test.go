package kafkaio_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"klarbeleg/internal/kafkaio"
	"klarbeleg/internal/testkafka"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// deadline is generous: a rebalance on a busy machine takes seconds.
const deadline = 90 * time.Second

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	t.Cleanup(cancel)
	return ctx
}

func newWriter(t *testing.T, client *kafkaio.Client) *kafka.Writer {
	t.Helper()
	w := client.NewWriter()
	t.Cleanup(func() { closeNow(t, w) })
	return w
}

func newReader(t *testing.T, client *kafkaio.Client, group, topic string) *kafka.Reader {
	t.Helper()
	r := client.NewReader(group, topic)
	t.Cleanup(func() { closeNow(t, r) })
	return r
}

func closeNow(t *testing.T, c io.Closer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	if err := kafkaio.Close(ctx, c); err != nil {
		t.Error(err)
	}
}

func write(ctx context.Context, t *testing.T, w *kafka.Writer, messages ...kafka.Message) {
	t.Helper()
	if err := w.WriteMessages(ctx, messages...); err != nil {
		t.Fatal(err)
	}
}

// numbered returns n messages for topic with bodies "0", "1", ... all of one key.
func numbered(topic string, n int) (messages []kafka.Message) {
	for i := range n {
		messages = append(messages, kafka.Message{Topic: topic, Key: []byte("key"), Value: fmt.Append(nil, i)})
	}
	return messages
}

func fetch(ctx context.Context, t *testing.T, r *kafka.Reader, n int) (messages []kafka.Message) {
	t.Helper()
	for range n {
		m, err := r.FetchMessage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, m)
	}
	return messages
}

func bodies(messages []kafka.Message) (values []string) {
	for _, m := range messages {
		values = append(values, string(m.Value))
	}
	return values
}

func TestGroup(t *testing.T) {
	t.Parallel()

	testkafka.Run(t, "DTA-1 messages of a key arrive in order, in the partition of Java clients", func(t *testing.T, b testkafka.Backend) {
		ctx, client := within(t), b.Client(t)
		topic := b.Topic(t, 8)
		w := newWriter(t, client)
		messages := numbered(topic, 20)
		for i := range messages {
			messages[i].Key = []byte("foobar")
			write(ctx, t, w, messages[i])
		}
		got := fetch(ctx, t, newReader(t, client, testkafka.Name(t), topic), 20)
		if !slices.Equal(bodies(got), bodies(messages)) {
			t.Errorf("order %v", bodies(got))
		}
		// murmur2("foobar") = -790332482, from Apache Kafka's own test of its hash.
		if want := (-790332482 & 0x7fffffff) % 8; got[0].Partition != want {
			t.Errorf("partition %d, want %d", got[0].Partition, want)
		}
	})

	testkafka.Run(t, "DTA-1 what was not committed comes again, what was does not", func(t *testing.T, b testkafka.Backend) {
		ctx, client := within(t), b.Client(t)
		topic, group := b.Topic(t, 1), testkafka.Name(t)
		write(ctx, t, newWriter(t, client), numbered(topic, 5)...)
		first := client.NewReader(group, topic)
		got := fetch(ctx, t, first, 4)
		if err := first.CommitMessages(ctx, got[1]); err != nil {
			t.Fatal(err)
		}
		closeNow(t, first)
		again := bodies(fetch(ctx, t, newReader(t, client, group, topic), 3))
		if want := []string{"2", "3", "4"}; !slices.Equal(again, want) {
			t.Errorf("after restart %v, want %v", again, want)
		}
	})

	testkafka.Run(t, "OPS-2 a second reader takes its share, and all when the first leaves", func(t *testing.T, b testkafka.Backend) {
		ctx, client := within(t), b.Client(t)
		topic, group := b.Topic(t, 4), testkafka.Name(t)
		w := newWriter(t, client)
		first, second := client.NewReader(group, topic), newReader(t, client, group, topic)
		fromFirst, fromSecond := consume(ctx, first), consume(ctx, second)
		// Writes to all partitions until both readers got some: they share.
		var seenFirst, seenSecond bool
		for !seenFirst || !seenSecond {
			writeAll(ctx, t, w, topic)
			for !seenFirst || !seenSecond {
				var again bool
				select {
				case <-fromFirst:
					seenFirst = true
				case <-fromSecond:
					seenSecond = true
				case <-time.After(100 * time.Millisecond):
					again = true
				case <-ctx.Done():
					t.Fatalf("first reader got messages: %t, second: %t", seenFirst, seenSecond)
				}
				if again {
					break
				}
			}
		}
		closeNow(t, first)
		// Now the second alone must get messages of every partition.
		missing := map[int]bool{0: true, 1: true, 2: true, 3: true}
		writeAll(ctx, t, w, topic)
		for len(missing) > 0 {
			select {
			case m := <-fromSecond:
				delete(missing, m.Partition)
			case <-time.After(time.Second):
				writeAll(ctx, t, w, topic)
			case <-ctx.Done():
				t.Fatalf("the second reader does not get partitions %v", missing)
			}
		}
	})
}

// consume commits and passes on what r fetches until r is closed or ctx ends.
func consume(ctx context.Context, r *kafka.Reader) <-chan kafka.Message {
	out := make(chan kafka.Message, 1000)
	go func() {
		for {
			m, err := r.FetchMessage(ctx)
			if err != nil {
				return
			}
			out <- m
			_ = r.CommitMessages(ctx, m) // fails during a rebalance: then it comes again
		}
	}()
	return out
}

// writeAll writes a message to each of the four partitions.
func writeAll(ctx context.Context, t *testing.T, w *kafka.Writer, topic string) {
	t.Helper()
	// Keys found by trial: murmur2 puts them into partitions 0 to 3 of 4.
	for i := range 16 {
		write(ctx, t, w, kafka.Message{Topic: topic, Key: fmt.Append(nil, "key", i), Value: []byte("x")})
	}
}

func TestSize(t *testing.T) {
	t.Parallel()

	testkafka.Run(t, "DTA-7 a message of 15 MiB passes unchanged", func(t *testing.T, b testkafka.Backend) {
		ctx, client := within(t), b.Client(t)
		topic := b.Topic(t, 1)
		body := bytes.Repeat([]byte("0123456789abcdef"), 15<<16)
		write(ctx, t, newWriter(t, client), kafka.Message{Topic: topic, Value: body})
		if got := fetch(ctx, t, newReader(t, client, testkafka.Name(t), topic), 1)[0]; !bytes.Equal(got.Value, body) {
			t.Errorf("%d bytes arrived, not the %d that were sent", len(got.Value), len(body))
		}
	})

	testkafka.Run(t, "DTA-7 the broker takes the largest message that the writer lets pass", func(t *testing.T, b testkafka.Backend) {
		ctx, client := within(t), b.Client(t)
		topic := b.Topic(t, 1)
		w := newWriter(t, client)
		const frame = 64 // what the writer counts for a message without key and headers, rounded up
		write(ctx, t, w, kafka.Message{Topic: topic, Value: make([]byte, kafkaio.MaxMessageBytes-frame)})
		err := w.WriteMessages(ctx, kafka.Message{Topic: topic, Value: make([]byte, kafkaio.MaxMessageBytes)})
		var tooLarge kafka.MessageTooLargeError
		if !errors.As(err, &tooLarge) {
			t.Errorf("error %v, want MessageTooLargeError", err)
		}
	})
}

func TestEnsureTopics(t *testing.T) {
	t.Parallel()

	testkafka.Run(t, "OPS-1 creating topics twice is no fault, other partitions are logged and kept", func(t *testing.T, b testkafka.Backend) {
		ctx := within(t)
		core, logs := observer.New(zap.WarnLevel)
		client, err := kafkaio.Open(kafkaio.Config{Brokers: b.Brokers, Logger: zap.New(core)})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		topics := []kafkaio.Topic{
			{Name: testkafka.Name(t), Partitions: 3, Replicas: 1, Config: map[string]string{"retention.ms": "3600000"}},
			{Name: testkafka.Name(t), Partitions: 1, Replicas: 1},
		}
		for range 2 {
			if err := client.EnsureTopics(ctx, topics...); err != nil {
				t.Fatal(err)
			}
		}
		if n := logs.FilterMessageSnippet("partitions").Len(); n != 0 {
			t.Errorf("%d warnings about partitions, want none", n)
		}
		topics[0].Partitions = 4
		if err := client.EnsureTopics(ctx, topics...); err != nil {
			t.Fatal(err)
		}
		if n := logs.FilterMessageSnippet("partitions").Len(); n != 1 {
			t.Errorf("%d warnings about partitions, want one", n)
		}
		wantConfig(ctx, t, b, topics[0].Name, map[string]string{"retention.ms": "3600000", "max.message.bytes": "16777216"})
		lag, err := client.Lag(ctx, testkafka.Name(t), topics[0].Name)
		if err != nil || len(lag) != 3 {
			t.Errorf("%d partitions (%v), want the 3 of the first call", len(lag), err)
		}
	})

	testkafka.Run(t, "OPS-1 a refusal for good ends the waiting", func(t *testing.T, b testkafka.Backend) {
		ctx := within(t)
		client, name := b.Client(t), testkafka.Name(t)
		if err := client.EnsureTopics(ctx, kafkaio.Topic{Name: name + ".x", Partitions: 1, Replicas: 1}); err != nil {
			t.Fatal(err)
		}
		// Names that differ in "." and "_" alone collide, in Kafka's metrics.
		err := client.EnsureTopics(ctx, kafkaio.Topic{Name: name + "_x", Partitions: 1, Replicas: 1})
		if !errors.Is(err, kafka.InvalidTopic) || ctx.Err() != nil {
			t.Errorf("error %v, want InvalidTopic at once", err)
		}
	})

	testkafka.Run(t, "OPS-1 what Apache Kafka refuses, the embedded broker is not asked", func(t *testing.T, b testkafka.Backend) {
		ctx, client := within(t), b.Client(t)
		for name, topic := range map[string]kafkaio.Topic{
			"no name":       {Partitions: 1, Replicas: 1},
			"a slash":       {Name: "dta/deliveries", Partitions: 1, Replicas: 1},
			"a long name":   {Name: strings.Repeat("x", 250), Partitions: 1, Replicas: 1},
			"no partitions": {Name: testkafka.Name(t), Replicas: 1},
			"no replicas":   {Name: testkafka.Name(t), Partitions: 1},
		} {
			if err := client.EnsureTopics(ctx, topic); err == nil || ctx.Err() != nil {
				t.Errorf("%s: error %v, want a refusal at once", name, err)
			}
		}
	})

	t.Run("OPS-3 an unreachable broker is an error that keeps its cause", func(t *testing.T) {
		t.Parallel()
		b := testkafka.Start(t)
		addrs := b.Addrs()
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		client := testkafka.Backend{Brokers: addrs}.Client(t)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		err := client.EnsureTopics(ctx, kafkaio.Topic{Name: "topic", Partitions: 1, Replicas: 1})
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, kafka.BrokerNotAvailable) {
			t.Errorf("error %v, want the deadline and what was wrong", err)
		}
		if err := client.Check(t.Context(), "topic"); err == nil {
			t.Error("the check succeeds without a broker")
		}
	})

	testkafka.Run(t, "OPS-3 the readiness check names a missing topic", func(t *testing.T, b testkafka.Backend) {
		ctx, client := within(t), b.Client(t)
		if err := client.Check(ctx, b.Topic(t, 1)); err != nil {
			t.Error(err)
		}
		if err := client.Check(ctx, testkafka.Name(t)); !errors.Is(err, kafka.UnknownTopicOrPartition) {
			t.Errorf("error %v, want UnknownTopicOrPartition", err)
		}
	})
}

func wantConfig(ctx context.Context, t *testing.T, b testkafka.Backend, topic string, want map[string]string) {
	t.Helper()
	api := &kafka.Client{Addr: kafka.TCP(b.Brokers...), Transport: &kafka.Transport{}}
	defer api.Transport.(*kafka.Transport).CloseIdleConnections()
	resp, err := api.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{
		{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic},
	}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, entry := range resp.Resources[0].ConfigEntries {
		got[entry.ConfigName] = entry.ConfigValue
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
}

func TestLag(t *testing.T) {
	t.Parallel()

	testkafka.Run(t, "OPS-3 the lag counts what the group has not committed", func(t *testing.T, b testkafka.Backend) {
		ctx, client := within(t), b.Client(t)
		topic, group := b.Topic(t, 1), testkafka.Name(t)
		wantLag(t, client, group, topic, 0)
		write(ctx, t, newWriter(t, client), numbered(topic, 5)...)
		wantLag(t, client, group, topic, 5)
		r := newReader(t, client, group, topic)
		if err := r.CommitMessages(ctx, fetch(ctx, t, r, 2)...); err != nil {
			t.Fatal(err)
		}
		wantLag(t, client, group, topic, 3)
	})
}

func wantLag(t *testing.T, client *kafkaio.Client, group, topic string, want int64) {
	t.Helper()
	lag, err := client.Lag(within(t), group, topic)
	if err != nil {
		t.Fatal(err)
	}
	if len(lag) != 1 || lag[0] != want {
		t.Errorf("lag %v, want %d in one partition", lag, want)
	}
}

func TestOffsetOutOfRange(t *testing.T) {
	t.Parallel()

	testkafka.Run(t, "OPS-3 a committed offset that does not exist is an error, not silence", func(t *testing.T, b testkafka.Backend) {
		ctx, client := within(t), b.Client(t)
		topic, group := b.Topic(t, 1), testkafka.Name(t)
		write(ctx, t, newWriter(t, client), numbered(topic, 1)...)
		commitAt(t, b, group, topic, 1000)
		_, err := newReader(t, client, group, topic).FetchMessage(ctx)
		if !errors.Is(err, kafka.OffsetOutOfRange) {
			t.Errorf("error %v, want OffsetOutOfRange", err)
		}
	})
}

func commitAt(t *testing.T, b testkafka.Backend, group, topic string, offset int64) {
	t.Helper()
	api := &kafka.Client{Addr: kafka.TCP(b.Brokers...), Transport: &kafka.Transport{}}
	defer api.Transport.(*kafka.Transport).CloseIdleConnections()
	resp, err := api.OffsetCommit(within(t), &kafka.OffsetCommitRequest{
		GroupID: group, GenerationID: -1,
		Topics: map[string][]kafka.OffsetCommit{topic: {{Partition: 0, Offset: offset}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Topics[topic][0].Error; err != nil {
		t.Fatal(err)
	}
}

type stuck struct{ release chan struct{} }

func (s stuck) Close() error {
	<-s.release
	return nil
}

func TestClose(t *testing.T) {
	t.Parallel()
	t.Run("OPS-3 a hanging close does not hang the shutdown", func(t *testing.T) {
		t.Parallel()
		s := stuck{make(chan struct{})}
		defer close(s.release)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := kafkaio.Close(ctx, s); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want the context's", err)
		}
	})
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for name, brokers := range map[string][]string{"no broker": nil, "a broker without port": {"localhost"}} {
		t.Run("OPS-1 refuses "+name, func(t *testing.T) {
			t.Parallel()
			if _, err := kafkaio.Open(kafkaio.Config{Brokers: brokers, Logger: zap.NewNop()}); err == nil {
				t.Error("opened")
			}
		})
	}
}

func TestNewSASL(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		t.Run("OPS-1 "+name, func(t *testing.T) {
			t.Parallel()
			mechanism, err := kafkaio.NewSASL(name, "user", "password")
			if err != nil {
				t.Fatal(err)
			}
			if mechanism.Name() != name {
				t.Errorf("mechanism %s", mechanism.Name())
			}
		})
	}
	t.Run("OPS-1 none and unknown", func(t *testing.T) {
		t.Parallel()
		if mechanism, err := kafkaio.NewSASL("", "", ""); mechanism != nil || err != nil {
			t.Errorf("%v, %v; want none", mechanism, err)
		}
		if _, err := kafkaio.NewSASL("GSSAPI", "user", "password"); err == nil {
			t.Error("an unknown mechanism is accepted")
		}
	})
}
