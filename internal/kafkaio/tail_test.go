package kafkaio_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"klarbeleg/internal/kafkaio"
	"klarbeleg/internal/testkafka"
)

// withIDs returns n messages in one partition, with the ids "0", "1", ...
func withIDs(topic string, n int) (messages []kafka.Message) {
	messages = numbered(topic, n)
	for i := range messages {
		messages[i].Headers = []kafka.Header{{Key: kafkaio.HeaderID, Value: fmt.Append(nil, i)}}
	}
	return messages
}

func idsUpTo(from, to int) (ids []string) {
	for i := from; i < to; i++ {
		ids = append(ids, fmt.Sprint(i))
	}
	return ids
}

// CHK-4: the ends of the partitions tell a new relay what the one before it sent.
func TestTail(t *testing.T) {
	t.Parallel()

	testkafka.Run(t, "CHK-4 the last n of each partition, in order", func(t *testing.T, b testkafka.Backend) {
		ctx, client := within(t), b.Client(t)
		topic := b.Topic(t, 1)
		w := newWriter(t, client)
		wantTail(t, client, topic, 10, nil) // an empty partition
		write(ctx, t, w, withIDs(topic, 5)...)
		wantTail(t, client, topic, 10, idsUpTo(0, 5)) // fewer than n
		wantTail(t, client, topic, 5, idsUpTo(0, 5))
		wantTail(t, client, topic, 3, idsUpTo(2, 5)) // more than n, from within a batch
		wantTail(t, client, topic, 0, nil)
	})

	testkafka.Run(t, "CHK-4 several partitions, some without messages, some without ids", func(t *testing.T, b testkafka.Backend) {
		ctx, client := within(t), b.Client(t)
		topic := b.Topic(t, 8)
		messages := withIDs(topic, 6)
		for i := range messages {
			messages[i].Key = fmt.Append(nil, i%2)
		}
		messages[4].Headers = []kafka.Header{{Key: "other", Value: []byte("x")}}
		write(ctx, t, newWriter(t, client), messages...)
		got, err := client.Tail(ctx, topic, 2)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if want := []string{"2", "3", "5"}; !slices.Equal(got, want) {
			t.Errorf("tail %q, want %q", got, want)
		}
	})

	testkafka.Run(t, "CHK-4 more than one answer of the broker holds", func(t *testing.T, b testkafka.Backend) {
		ctx, client := within(t), b.Client(t)
		topic := b.Topic(t, 1)
		w := newWriter(t, client)
		const n = 9
		for _, m := range withIDs(topic, n) { // one batch each
			m.Value = make([]byte, 300<<10)
			write(ctx, t, w, m)
		}
		large := withIDs(topic, n+1)[n]
		large.Value = make([]byte, 4<<20)
		write(ctx, t, w, large)
		wantTail(t, client, topic, 100, idsUpTo(0, n+1))
	})

	testkafka.Run(t, "CHK-4 a compressed batch of another sender", func(t *testing.T, b testkafka.Backend) {
		ctx, client := within(t), b.Client(t)
		topic := b.Topic(t, 1)
		w := newWriter(t, client)
		w.Compression = kafka.Zstd
		write(ctx, t, w, withIDs(topic, 50)...)
		wantTail(t, client, topic, 20, idsUpTo(30, 50))
	})

	testkafka.Run(t, "OPS-7 the last messages come whole", func(t *testing.T, b testkafka.Backend) {
		ctx, client := within(t), b.Client(t)
		topic := b.Topic(t, 1)
		sent := withIDs(topic, 3)
		sent[2].Value = nil
		write(ctx, t, newWriter(t, client), sent...)
		got, err := client.Last(ctx, topic, 2)
		if err != nil || len(got) != 2 {
			t.Fatalf("%d messages, %v", len(got), err)
		}
		for i, m := range got {
			want := sent[i+1]
			if m.Offset != int64(i+1) || m.Time.IsZero() || !bytes.Equal(m.Value, want.Value) || !bytes.Equal(m.Headers[0].Value, want.Headers[0].Value) {
				t.Errorf("message %d: offset %d, body %q, headers %v", i, m.Offset, m.Value, m.Headers)
			}
		}
	})

	testkafka.Run(t, "OPS-3 a missing topic is an error", func(t *testing.T, b testkafka.Backend) {
		_, err := b.Client(t).Tail(within(t), testkafka.Name(t), 1)
		if !errors.Is(err, kafka.UnknownTopicOrPartition) {
			t.Errorf("error %v, want UnknownTopicOrPartition", err)
		}
	})

	t.Run("OPS-3 a broker that is away is an error, not a wait", func(t *testing.T) {
		t.Parallel()
		b := testkafka.Start(t)
		backend := testkafka.Backend{Brokers: b.Addrs()}
		client, topic := backend.Client(t), backend.Topic(t, 1)
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := client.Tail(ctx, topic, 1); err == nil || ctx.Err() != nil {
			t.Errorf("error %v, want one before the deadline", err)
		}
	})
}

func wantTail(t *testing.T, client *kafkaio.Client, topic string, n int64, want []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	got, err := client.Tail(ctx, topic, n)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the last %d: %q, want %q", n, got, want)
	}
}
