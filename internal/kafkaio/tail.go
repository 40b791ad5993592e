package kafkaio

import (
	"context"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// Tail returns the event ids of the last messages of the topic, up to n per
// partition, in no particular order. Messages without an id are left out.
func (c *Client) Tail(ctx context.Context, topic string, n int64) ([]string, error) {
	last, err := c.Last(ctx, topic, n)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, m := range last {
		for _, h := range m.Headers {
			if h.Key == HeaderID {
				ids = append(ids, string(h.Value))
			}
		}
	}
	return ids, nil
}

// Last returns the last messages of the topic, up to n per partition, partition
// by partition.
func (c *Client) Last(ctx context.Context, topic string, n int64) ([]kafka.Message, error) {
	meta, err := c.metadata(ctx, []string{topic})
	if err != nil {
		return nil, err
	}
	var out []kafka.Message
	for _, p := range meta[topic].Partitions {
		found, err := c.lastOf(ctx, topic, p.ID, n)
		if err != nil {
			return nil, fmt.Errorf("tail of %s/%d: %w", topic, p.ID, err)
		}
		out = append(out, found...)
	}
	return out, nil
}

func (c *Client) lastOf(ctx context.Context, topic string, partition int, n int64) ([]kafka.Message, error) {
	ends, err := c.api.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{
		topic: {kafka.FirstOffsetOf(partition), kafka.LastOffsetOf(partition)},
	}})
	if err != nil {
		return nil, err
	}
	var out []kafka.Message
	for _, end := range ends.Topics[topic] {
		if end.Error != nil {
			return nil, end.Error
		}
		from := max(end.FirstOffset, end.LastOffset-n)
		found, err := c.between(ctx, topic, partition, from, end.LastOffset)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

func (c *Client) between(ctx context.Context, topic string, partition int, from, to int64) (out []kafka.Message, err error) {
	if from >= to {
		return nil, nil
	}
	reader := kafka.NewReader(kafka.ReaderConfig{
		Brokers: c.cfg.Brokers, Topic: topic, Partition: partition, MinBytes: 1, MaxBytes: maxBatchBytes, MaxWait: fetchMaxWait,
		QueueCapacity: queueCapacity, Dialer: c.dialer(), ErrorLogger: c.errorLog(),
	})
	defer func() {
		if cerr := reader.Close(); err == nil {
			err = cerr
		}
	}()
	if err := reader.SetOffset(from); err != nil {
		return nil, err
	}
	for {
		m, err := reader.FetchMessage(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
		if m.Offset >= to-1 {
			return out, nil
		}
	}
}
