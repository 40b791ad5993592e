package kafkaio

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// Lag returns, per partition of topic, how many messages group has not committed
// yet. It is asked of the broker and so tells the truth even when a reader has
// stopped in silence. It retries until ctx ends: give ctx a deadline.
func (c *Client) Lag(ctx context.Context, group, topic string) (map[int]int64, error) {
	var lag map[int]int64
	err := retry(ctx, func() (err error) {
		lag, err = c.lag(ctx, group, topic)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lag of group %s on topic %s: %w", group, topic, err)
	}
	return lag, nil
}

func (c *Client) lag(ctx context.Context, group, topic string) (map[int]int64, error) {
	meta, err := c.metadata(ctx, []string{topic})
	if err != nil {
		return nil, err
	}
	if err := meta[topic].Error; err != nil {
		return nil, err
	}
	var partitions []int
	var requests []kafka.OffsetRequest
	for _, partition := range meta[topic].Partitions {
		partitions = append(partitions, partition.ID)
		requests = append(requests, kafka.FirstOffsetOf(partition.ID), kafka.LastOffsetOf(partition.ID))
	}
	if len(partitions) == 0 {
		return nil, kafka.UnknownTopicOrPartition
	}
	ends, err := c.api.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: requests}})
	if err != nil {
		return nil, err
	}
	committed, err := c.committed(ctx, group, topic, partitions)
	if err != nil {
		return nil, err
	}
	lag := make(map[int]int64, len(partitions))
	for _, end := range ends.Topics[topic] {
		if end.Error != nil {
			return nil, end.Error
		}
		// Nothing committed is -1; what retention removed is not waited for.
		lag[end.Partition] = end.LastOffset - max(committed[end.Partition], end.FirstOffset)
	}
	if len(lag) != len(partitions) {
		return nil, errors.New("the broker did not answer for every partition")
	}
	return lag, nil
}

func (c *Client) committed(ctx context.Context, group, topic string, partitions []int) (map[int]int64, error) {
	resp, err := c.api.OffsetFetch(ctx, &kafka.OffsetFetchRequest{
		GroupID: group, Topics: map[string][]int{topic: partitions},
	})
	if err != nil {
		return nil, err
	}
	if errors.Is(resp.Error, kafka.GroupIdNotFound) {
		return nothingCommitted(partitions), nil // the embedded broker's answer for a new group
	}
	if resp.Error != nil {
		return nil, resp.Error
	}
	offsets := make(map[int]int64, len(partitions))
	for _, partition := range resp.Topics[topic] {
		if partition.Error != nil {
			return nil, partition.Error
		}
		offsets[partition.Partition] = partition.CommittedOffset
	}
	if len(offsets) != len(partitions) {
		return nil, errors.New("the broker did not answer for every partition")
	}
	return offsets, nil
}

// nothingCommitted is what Apache Kafka answers for a group it does not know.
func nothingCommitted(partitions []int) map[int]int64 {
	offsets := make(map[int]int64, len(partitions))
	for _, partition := range partitions {
		offsets[partition] = -1
	}
	return offsets
}
