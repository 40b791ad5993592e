package kafkaio

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/segmentio/kafka-go"
)

// tailFetchBytes bounds one answer of the broker; a larger message comes alone.
const tailFetchBytes = 1 << 20

// Tail returns the event ids of the last messages of the topic, as Last does.
// Messages without an id are left out.
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

// Last returns the last messages of the topic, up to n per partition, in order
// within a partition. It does not wait for messages and does not retry; each
// request to the broker has a time limit.
func (c *Client) Last(ctx context.Context, topic string, n int64) ([]kafka.Message, error) {
	meta, err := c.metadata(ctx, []string{topic})
	if err != nil {
		return nil, err
	}
	if err := meta[topic].Error; err != nil {
		return nil, fmt.Errorf("tail of %s: %w", topic, err)
	}
	var requests []kafka.OffsetRequest
	for _, p := range meta[topic].Partitions {
		requests = append(requests, kafka.FirstOffsetOf(p.ID), kafka.LastOffsetOf(p.ID))
	}
	ends, err := c.api.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: requests}})
	if err != nil {
		return nil, fmt.Errorf("tail of %s: %w", topic, err)
	}
	var out []kafka.Message
	for _, end := range ends.Topics[topic] {
		if end.Error != nil {
			return nil, fmt.Errorf("tail of %s/%d: %w", topic, end.Partition, end.Error)
		}
		found, err := c.between(ctx, topic, end.Partition, max(end.FirstOffset, end.LastOffset-n), end.LastOffset)
		if err != nil {
			return nil, fmt.Errorf("tail of %s/%d: %w", topic, end.Partition, err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// between reads the partition from one offset to before another.
func (c *Client) between(ctx context.Context, topic string, partition int, from, to int64) (out []kafka.Message, err error) {
	for from < to {
		resp, err := c.api.Fetch(ctx, &kafka.FetchRequest{
			Topic: topic, Partition: partition, Offset: from, MinBytes: 1, MaxBytes: tailFetchBytes, MaxWait: fetchMaxWait,
		})
		if err != nil {
			return nil, err
		}
		if resp.Error != nil {
			return nil, resp.Error
		}
		next, found, err := messagesOf(resp.Records, from, to)
		if err != nil {
			return nil, err
		}
		// An offset may hold no message, such as the mark of a transaction.
		from, out = max(next, from+1), append(out, found...)
	}
	return out, nil
}

// messagesOf reads the records with offsets from (included) to (not included);
// next is the offset to go on with. A batch may begin before the offset asked for.
func messagesOf(records kafka.RecordReader, from, to int64) (next int64, out []kafka.Message, err error) {
	next = from
	for {
		r, err := records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return next, out, nil
		}
		if err != nil {
			return next, nil, err
		}
		if r.Offset >= from && r.Offset < to {
			m := kafka.Message{Offset: r.Offset, Time: r.Time, Headers: r.Headers}
			if r.Value != nil {
				if m.Value, err = kafka.ReadAll(r.Value); err != nil {
					return next, nil, err
				}
			}
			out = append(out, m)
		}
		next = max(next, r.Offset+1)
	}
}
