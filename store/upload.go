package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Upload is a delivery taken over HTTP (DTA-8).
type Upload struct {
	// ID of the upload and of the message on Kafka.
	ID uuid.UUID
	// IK is the institution that uploaded, SenderIK the sender of the delivery.
	IK, SenderIK   string
	IdempotencyKey string
	// ContentSHA256 is over both files.
	ContentSHA256 [32]byte
	CreatedAt     time.Time
}

// AddUpload records the upload; fresh is false when the institution used the
// idempotency key before: then u has the id of that upload. ErrIDReused if that
// one had other content.
func AddUpload(ctx context.Context, tx Tx, u *Upload) (fresh bool, err error) {
	tag, err := tx.Exec(ctx, `insert into upload (id, ik, sender_ik, idempotency_key, content_sha256, created_at)
		values ($1, $2, $3, $4, $5, $6) on conflict (ik, idempotency_key) do nothing`,
		u.ID, u.IK, u.SenderIK, u.IdempotencyKey, u.ContentSHA256[:], u.CreatedAt)
	if err != nil {
		return false, fmt.Errorf("add upload: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return true, nil
	}
	var sum []byte
	err = tx.QueryRow(ctx, `select id, content_sha256 from upload where ik = $1 and idempotency_key = $2`,
		u.IK, u.IdempotencyKey).Scan(&u.ID, &sum)
	if err != nil {
		return false, fmt.Errorf("read upload: %w", err)
	}
	if !bytes.Equal(sum, u.ContentSHA256[:]) {
		return false, ErrIDReused
	}
	return false, nil
}

// Published reports whether the message is on Kafka, acknowledged by it.
func (db *DB) Published(ctx context.Context, event uuid.UUID) (published bool, err error) {
	err = db.pool.QueryRow(ctx, `select published_at is not null from outbox where event_id = $1`, event).Scan(&published)
	if err != nil {
		return false, fmt.Errorf("read outbox: %w", clean(err))
	}
	return published, nil
}

// UploadState is what became of an upload.
type UploadState struct {
	ID        uuid.UUID
	SenderIK  string
	CreatedAt time.Time
	Published bool // on Kafka
	SetAside  bool // waits in quarantine without a receipt
	Receipt   []byte
	// DeliveryID is uuid.Nil until the delivery was handled.
	DeliveryID uuid.UUID
}

// UploadState returns the state of an upload, ErrNotFound if there is none.
func (db *DB) UploadState(ctx context.Context, id uuid.UUID) (s UploadState, err error) {
	var delivery *uuid.UUID
	err = db.pool.QueryRow(ctx, `select u.id, u.sender_ik, u.created_at, o.published_at is not null, d.id, r.body,
			d.id is null and exists (select from quarantine where message_id = u.id::text and state = 'waiting')
		from upload u join outbox o on o.event_id = u.id
		left join delivery d on d.message_id = u.id::text
		left join outbox r on r.kind = 'receipt' and r.subject_id = d.id
		where u.id = $1`, id).Scan(&s.ID, &s.SenderIK, &s.CreatedAt, &s.Published, &delivery, &s.Receipt, &s.SetAside)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, fmt.Errorf("upload: %w", ErrNotFound)
	}
	if err != nil {
		return s, fmt.Errorf("read upload: %w", clean(err))
	}
	if delivery != nil {
		s.DeliveryID = *delivery
	}
	return s, nil
}

// Receipt returns the receipt message of a delivery by its id or the id of its
// message; ErrNotFound if there is none, or none any more.
func (db *DB) Receipt(ctx context.Context, id string) (body []byte, err error) {
	err = db.pool.QueryRow(ctx, `select o.body from delivery d join outbox o on o.kind = 'receipt' and o.subject_id = d.id
		where o.body is not null and (d.message_id = $1 or d.id::text = $1)`, id).Scan(&body)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("receipt: %w", ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("read receipt: %w", clean(err))
	}
	return body, nil
}
