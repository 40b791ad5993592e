package kafkaio

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go"
	"go.uber.org/zap"
)

// Topic is a topic as this system needs it.
type Topic struct {
	Name       string
	Partitions int
	// Replicas is the replication factor: 1 on a single broker, 3 in production.
	Replicas int
	// Config are settings of the topic, such as retention.ms. The limit
	// max.message.bytes is set to 16 MiB unless named here.
	Config map[string]string
}

// EnsureTopics creates the topics that are missing and returns when all are
// usable, so that writers started afterwards know them. Existing topics are left
// as they are; one with other partitions than asked is logged, because adding
// partitions moves keys and is an operator's decision. It retries until ctx ends,
// except when the broker refuses for good.
func (c *Client) EnsureTopics(ctx context.Context, topics ...Topic) error {
	for _, topic := range topics {
		if err := topic.check(); err != nil {
			return err
		}
	}
	err := retry(ctx, func() error { return c.createTopics(ctx, topics) })
	if err != nil {
		return fmt.Errorf("create topics: %w", err)
	}
	names := make([]string, len(topics))
	for i, topic := range topics {
		names[i] = topic.Name
	}
	if err := retry(ctx, func() error { return c.Check(ctx, names...) }); err != nil {
		return err
	}
	return c.compare(ctx, topics)
}

// check refuses what Apache Kafka refuses and the embedded broker would take.
func (t Topic) check() error {
	const maxName = 249 // bytes; a log's folder is named after the topic
	allowed := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-'
	}
	switch {
	case t.Name == "" || t.Name == "." || t.Name == ".." || len(t.Name) > maxName,
		strings.ContainsFunc(t.Name, func(r rune) bool { return !allowed(r) }):
		return fmt.Errorf("topic %q: %w", t.Name, kafka.InvalidTopic)
	case t.Partitions < 1:
		return fmt.Errorf("topic %s: %w", t.Name, kafka.InvalidPartitionNumber)
	case t.Replicas < 1:
		return fmt.Errorf("topic %s: %w", t.Name, kafka.InvalidReplicationFactor)
	default:
		return nil
	}
}

func (c *Client) createTopics(ctx context.Context, topics []Topic) error {
	req := &kafka.CreateTopicsRequest{}
	for _, topic := range topics {
		settings := map[string]string{"max.message.bytes": strconv.Itoa(maxBatchBytes)}
		maps.Copy(settings, topic.Config)
		cfg := kafka.TopicConfig{
			Topic:             topic.Name,
			NumPartitions:     topic.Partitions,
			ReplicationFactor: topic.Replicas,
		}
		for _, name := range slices.Sorted(maps.Keys(settings)) {
			cfg.ConfigEntries = append(cfg.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: settings[name]})
		}
		req.Topics = append(req.Topics, cfg)
	}
	resp, err := c.api.CreateTopics(ctx, req)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(resp.Errors)) {
		if err := resp.Errors[name]; err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			errs = append(errs, fmt.Errorf("topic %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// Check reports whether the cluster answers and each topic has partitions with a
// leader. It is cheap enough for a readiness probe: answers are at most
// metadataTTL old.
func (c *Client) Check(ctx context.Context, topics ...string) error {
	meta, err := c.metadata(ctx, topics)
	if err != nil {
		return err
	}
	for _, name := range topics {
		if err := meta[name].Error; err != nil {
			return fmt.Errorf("topic %s: %w", name, err)
		}
		if len(meta[name].Partitions) == 0 {
			return fmt.Errorf("topic %s: %w", name, kafka.UnknownTopicOrPartition)
		}
		for _, partition := range meta[name].Partitions {
			if partition.Error != nil {
				return fmt.Errorf("topic %s partition %d: %w", name, partition.ID, partition.Error)
			}
		}
	}
	return nil
}

func (c *Client) metadata(ctx context.Context, topics []string) (map[string]kafka.Topic, error) {
	resp, err := c.api.Metadata(ctx, &kafka.MetadataRequest{Topics: topics})
	if err != nil {
		return nil, fmt.Errorf("ask for topics: %w", err)
	}
	found := make(map[string]kafka.Topic, len(resp.Topics))
	for _, topic := range resp.Topics {
		found[topic.Name] = topic
	}
	return found, nil
}

func (c *Client) compare(ctx context.Context, topics []Topic) error {
	names := make([]string, len(topics))
	for i, topic := range topics {
		names[i] = topic.Name
	}
	meta, err := c.metadata(ctx, names)
	if err != nil {
		return err
	}
	for _, topic := range topics {
		if got := len(meta[topic.Name].Partitions); got != topic.Partitions {
			c.cfg.Logger.Warn("topic has other partitions than configured",
				zap.String("topic", topic.Name), zap.Int("partitions", got), zap.Int("configured", topic.Partitions))
		}
	}
	return nil
}
