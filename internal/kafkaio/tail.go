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

// Tail returns the event ids of the last messages of the topic, as Last does, but
// without keeping the messages. Those without an id are left out.
func (c *Client) Tail(ctx context.Context, topic string, n int64) (ids []string, err error) {
	err = c.last(ctx, topic, n, func(r *kafka.Record) error {
		for _, h := range r.Headers {
			if h.Key == HeaderID {
				ids = append(ids, string(h.Value))
			}
		}
		return nil
	})
	return ids, err
}

// Last returns the last messages of the topic, up to n per partition, in order
// within a partition: time, offset, headers and body. It does not wait for
// messages. A request that a broker refuses for now, such as during a change of
// leader, is repeated for a short while; then it is an error.
func (c *Client) Last(ctx context.Context, topic string, n int64) (out []kafka.Message, err error) {
	err = c.last(ctx, topic, n, func(r *kafka.Record) (err error) {
		m := kafka.Message{Offset: r.Offset, Time: r.Time, Headers: r.Headers}
		if r.Value != nil {
			m.Value, err = kafka.ReadAll(r.Value)
		}
		out = append(out, m)
		return err
	})
	return out, err
}

// last hands the last records of each partition to take.
func (c *Client) last(ctx context.Context, topic string, n int64, take func(*kafka.Record) error) error {
	meta, err := c.metadata(ctx, []string{topic})
	if err != nil {
		return err
	}
	if err := meta[topic].Error; err != nil {
		return fmt.Errorf("tail of %s: %w", topic, err)
	}
	for _, p := range meta[topic].Partitions {
		if err := c.lastOf(ctx, topic, p.ID, n, take); err != nil {
			return fmt.Errorf("tail of %s/%d: %w", topic, p.ID, err)
		}
	}
	return nil
}

func (c *Client) lastOf(ctx context.Context, topic string, partition int, n int64, take func(*kafka.Record) error) error {
	var from, to int64
	err := retryRequest(ctx, func(ctx context.Context) error {
		ends, err := c.api.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{
			topic: {kafka.FirstOffsetOf(partition), kafka.LastOffsetOf(partition)},
		}})
		if err != nil {
			return err
		}
		for _, end := range ends.Topics[topic] {
			if end.Error != nil {
				return end.Error
			}
			from, to = max(end.FirstOffset, end.LastOffset-n), end.LastOffset
		}
		return nil
	})
	for err == nil && from < to {
		var records kafka.RecordReader
		err = retryRequest(ctx, func(ctx context.Context) error {
			resp, err := c.api.Fetch(ctx, &kafka.FetchRequest{
				Topic: topic, Partition: partition, Offset: from, MinBytes: 1, MaxBytes: tailFetchBytes, MaxWait: fetchMaxWait,
			})
			if err != nil {
				return err
			}
			records = resp.Records
			return resp.Error
		})
		if err == nil {
			from, err = takeRecords(records, from, to, take)
		}
	}
	return err
}

// retryRequest repeats one request for as long as one may take.
func retryRequest(ctx context.Context, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return retry(ctx, func() error { return do(ctx) })
}

// takeRecords hands on the records with offsets from (included) to (not included)
// and returns the offset to go on with. A batch may begin before the offset asked
// for, and an offset may hold no record, such as the mark of a transaction.
func takeRecords(records kafka.RecordReader, from, to int64, take func(*kafka.Record) error) (next int64, err error) {
	next = from
	for {
		r, err := records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return max(next, from+1), nil
		}
		if err != nil {
			return next, err
		}
		if r.Offset >= from && r.Offset < to {
			if err := take(r); err != nil {
				return next, err
			}
		}
		next = max(next, r.Offset+1)
	}
}
