package kafkaio

import (
	"time"

	"github.com/segmentio/kafka-go"
	"go.uber.org/zap"
)

const (
	// fetchMaxWait is how long the broker may hold an empty fetch. It is also how
	// long closing a reader takes, so not the default of 10 s; and the library
	// gives the answer only a quarter of it to arrive, so not much less.
	fetchMaxWait = time.Second
	// queueCapacity bounds fetched messages in memory: at most 8 x 16 MiB.
	queueCapacity = 8
	// sessionTimeout is when a dead member's partitions move; measured takeover
	// equals it. Not below 6 s, the brokers' minimum.
	sessionTimeout    = 10 * time.Second
	heartbeatInterval = time.Second
	// rebalanceTimeout is how long a rebalance waits for a member to join again;
	// ours join at the next heartbeat, whatever they are working on.
	rebalanceTimeout = 10 * time.Second
	// partitionWatch is how often a group looks for added partitions.
	partitionWatch = 30 * time.Second
)

// NewReader returns a reader of topic in group. Use FetchMessage, then
// CommitMessages when the work is stored; ReadMessage commits before the work.
// A new group begins at the oldest message. The topic must exist (EnsureTopics).
//
// After a rebalance the former owner of a partition may still commit and so move
// the group's offset back: only the inbox makes a message happen once (DTA-1).
//
// FetchMessage returns errors of the connection while brokers are away: wait, call
// it again, the reader joins anew. Only after kafka.OffsetOutOfRange it reads that
// partition no more: see Astray. A reader that stops in silence shows in Lag.
// Close it with Close of this package.
func (c *Client) NewReader(group, topic string) *kafka.Reader {
	return kafka.NewReader(kafka.ReaderConfig{
		Brokers:          c.cfg.Brokers,
		GroupID:          group,
		Topic:            topic,
		Dialer:           c.dialer(),
		QueueCapacity:    queueCapacity,
		MinBytes:         1,
		MaxBytes:         maxBatchBytes,
		MaxWait:          fetchMaxWait,
		ReadBatchTimeout: requestTimeout,
		ReadLagInterval:  -1, // not for groups: see Lag
		GroupBalancers:   []kafka.GroupBalancer{kafka.RangeGroupBalancer{}},

		HeartbeatInterval: heartbeatInterval,
		SessionTimeout:    sessionTimeout,
		RebalanceTimeout:  rebalanceTimeout,
		JoinGroupBackoff:  retryMax,
		RetentionTime:     0, // the broker's setting; -1, as documented, panics

		CommitInterval:         0, // CommitMessages returns when the broker has it
		PartitionWatchInterval: partitionWatch,
		WatchPartitionChanges:  true,
		StartOffset:            kafka.FirstOffset,
		ReadBackoffMin:         retryFirst,
		ReadBackoffMax:         retryMax,
		IsolationLevel:         kafka.ReadUncommitted, // our topics have no transactions
		MaxAttempts:            3,
		OffsetOutOfRangeError:  true,
		ErrorLogger:            c.errorLog(zap.String("topic", topic), zap.String("group", group)),
	})
}

func (c *Client) dialer() *kafka.Dialer {
	return &kafka.Dialer{
		ClientID:      clientID,
		Timeout:       dialTimeout,
		DualStack:     true,
		TLS:           c.cfg.TLS,
		SASLMechanism: c.cfg.SASL,
	}
}
