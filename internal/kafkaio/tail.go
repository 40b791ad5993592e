package kafkaio

import (
	"context"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// Tail returns the event ids of the last messages of the topic, up to n per
// partition, in no particular order. Messages without an id are left out.
func (c *Client) Tail(ctx context.Context, topic string, n int64) ([]string, error) {
	meta, err := c.metadata(ctx, []string{topic})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, p := range meta[topic].Partitions {
		found, err := c.tailOf(ctx, topic, p.ID, n)
		if err != nil {
			return nil, fmt.Errorf("tail of %s/%d: %w", topic, p.ID, err)
		}
		ids = append(ids, found...)
	}
	return ids, nil
}

func (c *Client) tailOf(ctx context.Context, topic string, partition int, n int64) ([]string, error) {
	ends, err := c.api.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{
		topic: {kafka.FirstOffsetOf(partition), kafka.LastOffsetOf(partition)},
	}})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, end := range ends.Topics[topic] {
		if end.Error != nil {
			return nil, end.Error
		}
		from := max(end.FirstOffset, end.LastOffset-n)
		found, err := c.idsBetween(ctx, topic, partition, from, end.LastOffset)
		if err != nil {
			return nil, err
		}
		ids = append(ids, found...)
	}
	return ids, nil
}

func (c *Client) idsBetween(ctx context.Context, topic string, partition int, from, to int64) (ids []string, err error) {
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
		for _, h := range m.Headers {
			if h.Key == HeaderID {
				ids = append(ids, string(h.Value))
			}
		}
		if m.Offset >= to-1 {
			return ids, nil
		}
	}
}
