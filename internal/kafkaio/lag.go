package kafkaio

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/segmentio/kafka-go"
)

// Lag returns, per partition of topic, how many messages group has not committed
// yet. It is asked of the broker and so tells the truth even when a reader has
// stopped in silence. It retries until ctx ends: give ctx a deadline.
func (c *Client) Lag(ctx context.Context, group, topic string) (map[int]int64, error) {
	standings, err := c.standings(ctx, group, topic)
	if err != nil {
		return nil, fmt.Errorf("lag of group %s on topic %s: %w", group, topic, err)
	}
	lag := make(map[int]int64, len(standings))
	for _, s := range standings {
		// Nothing committed is -1; what retention removed is not waited for.
		lag[s.Partition] = s.Last - max(s.Committed, s.First)
	}
	return lag, nil
}

// Standing is where a group stands in a partition. Kept are the messages from
// First up to and without Last; Committed is the next one of the group, -1 if it
// has none.
type Standing struct {
	Partition              int
	Committed, First, Last int64
}

// Astray returns the partitions in which group stands outside of what is kept:
// retention removed messages before they were read, or the topic was made anew.
// It retries until ctx ends: give ctx a deadline.
func (c *Client) Astray(ctx context.Context, group, topic string) ([]Standing, error) {
	standings, err := c.standings(ctx, group, topic)
	if err != nil {
		return nil, fmt.Errorf("standing of group %s on topic %s: %w", group, topic, err)
	}
	return slices.DeleteFunc(standings, func(s Standing) bool {
		return s.Committed < 0 || s.First <= s.Committed && s.Committed <= s.Last
	}), nil
}

func (c *Client) standings(ctx context.Context, group, topic string) (out []Standing, err error) {
	err = retry(ctx, func() error {
		out, err = c.standingsOnce(ctx, group, topic)
		return err
	})
	return out, err
}

func (c *Client) standingsOnce(ctx context.Context, group, topic string) ([]Standing, error) {
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
	out := make([]Standing, 0, len(partitions))
	for _, end := range ends.Topics[topic] {
		if end.Error != nil {
			return nil, end.Error
		}
		out = append(out, Standing{end.Partition, committed[end.Partition], end.FirstOffset, end.LastOffset})
	}
	if len(out) != len(partitions) {
		return nil, errors.New("the broker did not answer for every partition")
	}
	return out, nil
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
