package kafkaio

import (
	"time"

	"github.com/segmentio/kafka-go"
)

// batchTimeout is how long the writer waits to fill a batch. Each synchronous
// write waits for it; the default is a second.
const batchTimeout = 2 * time.Millisecond

// NewWriter returns a writer for messages that name their topic and key. It
// returns from WriteMessages when all in-sync replicas have the messages. An
// error means unknown, not unwritten: write again, receivers drop duplicates by
// the event's id. Order within a key holds only when the next WriteMessages
// begins after the one before returned. Partitions are chosen as Java clients
// choose them, so that a key written by both stays in one partition.
// Close it with Close of this package.
func (c *Client) NewWriter() *kafka.Writer {
	return &kafka.Writer{
		Addr:                   kafka.TCP(c.cfg.Brokers...),
		Balancer:               kafka.Murmur2Balancer{},
		MaxAttempts:            10,
		WriteBackoffMin:        retryFirst,
		WriteBackoffMax:        retryMax,
		BatchSize:              1000,
		BatchBytes:             MaxMessageBytes,
		BatchTimeout:           batchTimeout,
		ReadTimeout:            requestTimeout,
		WriteTimeout:           requestTimeout,
		RequiredAcks:           kafka.RequireAll,
		Async:                  false,
		Transport:              c.transport,
		AllowAutoTopicCreation: false,
		ErrorLogger:            c.errorLog(),
	}
}
