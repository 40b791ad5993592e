package kafkaio

import (
	"context"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// Rewind lets a group without members begin at the oldest kept message of the
// topic at its next start: after a restored backup the inbox decides what is new.
// It retries until ctx ends: give ctx a deadline.
func (c *Client) Rewind(ctx context.Context, group, topic string) error {
	err := retry(ctx, func() error { return c.rewind(ctx, group, topic) })
	if err != nil {
		return fmt.Errorf("rewind group %s on topic %s: %w", group, topic, err)
	}
	return nil
}

func (c *Client) rewind(ctx context.Context, group, topic string) error {
	meta, err := c.metadata(ctx, []string{topic})
	if err != nil {
		return err
	}
	if err := meta[topic].Error; err != nil {
		return err
	}
	var requests []kafka.OffsetRequest
	for _, p := range meta[topic].Partitions {
		requests = append(requests, kafka.FirstOffsetOf(p.ID))
	}
	ends, err := c.api.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: requests}})
	if err != nil {
		return err
	}
	commit := make([]kafka.OffsetCommit, 0, len(requests))
	for _, end := range ends.Topics[topic] {
		if end.Error != nil {
			return end.Error
		}
		commit = append(commit, kafka.OffsetCommit{Partition: end.Partition, Offset: end.FirstOffset})
	}
	resp, err := c.api.OffsetCommit(ctx, &kafka.OffsetCommitRequest{
		GroupID: group, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{topic: commit},
	})
	if err != nil {
		return err
	}
	for _, p := range resp.Topics[topic] {
		if p.Error != nil {
			return p.Error
		}
	}
	return nil
}
