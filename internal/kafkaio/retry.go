package kafkaio

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

const (
	retryFirst = 50 * time.Millisecond
	retryMax   = time.Second
)

// retry calls do until it succeeds, fails for good or ctx ends. The library's
// admin calls do not retry by themselves: after a broker's restart the first one
// fails on the old connection.
func retry(ctx context.Context, do func() error) error {
	wait := retryFirst
	for {
		err := do()
		if err == nil || permanent(err) {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w (last error: %w)", ctx.Err(), err)
		case <-timer.C:
		}
		wait = min(2*wait, retryMax)
	}
}

// permanent reports whether the broker's answer will not change by waiting.
// Errors of the connection do.
func permanent(err error) bool {
	var answer kafka.Error
	if !errors.As(err, &answer) {
		return false
	}
	switch answer {
	case kafka.InvalidReplicationFactor, // a starting cluster knows too few brokers yet
		kafka.BrokerNotAvailable, kafka.ReplicaNotAvailable:
		return false
	default:
		return !answer.Temporary()
	}
}
