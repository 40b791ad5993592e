package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// InboxKey identifies a message for one consumer.
type InboxKey struct {
	Consumer  string
	MessageID string
}

// ErrIDReused is returned when a message id comes again with other bytes
// (reliability rule 2): the first one stands, the second is quarantined.
var ErrIDReused = errors.New("message id used again with other content")

// EnterInbox records the message as done in this transaction. fresh is false
// when it was recorded before: then its effect has happened and the caller does
// nothing. sum is the SHA-256 of the body.
func EnterInbox(ctx context.Context, tx Tx, key InboxKey, sum [32]byte, now time.Time) (fresh bool, err error) {
	tag, err := tx.Exec(ctx, `insert into inbox (consumer, message_id, body_sha256, state, received_at)
		values ($1, $2, $3, 'done', $4) on conflict do nothing`, key.Consumer, key.MessageID, sum[:], now)
	if err != nil {
		return false, fmt.Errorf("enter inbox: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return true, nil
	}
	var stored []byte
	err = tx.QueryRow(ctx, `select body_sha256 from inbox where consumer = $1 and message_id = $2`,
		key.Consumer, key.MessageID).Scan(&stored)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, fmt.Errorf("inbox row vanished: %w", ErrNotFound)
	}
	if err != nil {
		return false, fmt.Errorf("read inbox: %w", err)
	}
	if !bytes.Equal(stored, sum[:]) {
		return false, ErrIDReused
	}
	return false, nil
}
