package submit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"klarbeleg/internal/blob"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
	"klarbeleg/store"
)

// Errors of uploads.
var (
	// ErrSender says that the Auftragsdatei names a sender for which the
	// institution may not send.
	ErrSender = errors.New("institution may not send for this sender")
	// ErrReused says that the idempotency key came before with other content.
	ErrReused = errors.New("idempotency key used again with other content")
	// ErrUnavailable says that the delivery could not be handed on in time: it is
	// not acknowledged, and the same request may be repeated.
	ErrUnavailable = errors.New("delivery cannot be handed on at the moment")
	// ErrNotFound says that there is no such upload, or none of the institution.
	ErrNotFound = errors.New("upload not found")
)

// Settings of uploads.
type Settings struct {
	// Wait is how long an upload waits until Kafka has its message; 0 is 15
	// seconds. The relay needs some milliseconds.
	Wait time.Duration
}

const (
	defaultWait = 15 * time.Second
	// publishPoll is how often an upload looks whether Kafka has its message.
	publishPoll = 50 * time.Millisecond
)

// Uploads takes deliveries over HTTP. It is safe for concurrent use.
type Uploads struct {
	db      *store.DB
	blobs   blob.Store
	clock   clock.Clock
	metrics *Metrics
	wait    time.Duration
}

// NewUploads returns the use case.
func NewUploads(db *store.DB, blobs blob.Store, c clock.Clock, m *Metrics, s Settings) *Uploads {
	return &Uploads{db: db, blobs: blobs, clock: c, metrics: m, wait: cmp.Or(s.Wait, defaultWait)}
}

// Upload is one request, its payload kept already.
type Upload struct {
	// IK is the institution that uploads, Senders are all for which it may send.
	IK      string
	Senders []string
	// IdempotencyKey makes a repeated request the same upload.
	IdempotencyKey string
	Payload        blob.Ref
	Auftrag        []byte
}

// source tells errors of the sender from those of the store.
type source struct {
	io.Reader
	err error
}

// Read remembers the error.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// Keep puts the payload into the blob store while it arrives; memory use does not
// grow with its size. An error of r is returned as it is; anything else is
// ErrUnavailable. What no upload refers to is swept later.
func (u *Uploads) Keep(ctx context.Context, r io.Reader) (blob.Ref, error) {
	from := &source{Reader: r}
	ref, err := u.blobs.Put(ctx, from)
	switch {
	case err == nil:
		u.metrics.bytes.Add(float64(ref.Size))
		return ref, nil
	case from.err != nil:
		return ref, from.err
	case ctx.Err() != nil:
		return ref, ctx.Err()
	default:
		return ref, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
}

// CheckSender refuses an upload for a sender for which the institution may not
// send (ErrSender), as Submit does; a door that has the Auftragsdatei before the
// payload need not wait for it.
func (u *Uploads) CheckSender(in *Upload) error {
	_, err := in.sender()
	if err != nil {
		u.metrics.count(err)
	}
	return err
}

// sender returns the sender of the delivery: whom the Auftragsdatei names, else
// the institution itself.
func (u *Upload) sender() (ik string, err error) {
	ik, ok := SenderOf(u.Auftrag)
	switch {
	case !ok:
		return u.IK, nil
	case !slices.Contains(u.Senders, ik):
		return "", ErrSender
	default:
		return ik, nil
	}
}

// Submit publishes the delivery and returns its id when Kafka has acknowledged
// the message. A request repeated with the same key and content is the same
// upload and gets the same id. Errors: ErrSender, ErrReused, ErrUnavailable.
func (u *Uploads) Submit(ctx context.Context, in Upload) (id uuid.UUID, err error) {
	defer func() { u.metrics.count(err) }()
	sender, err := in.sender()
	if err != nil {
		return uuid.Nil, err
	}
	now := u.clock.Now()
	row := store.Upload{
		ID: uuid.Must(uuid.NewV7()), IK: in.IK, SenderIK: sender, IdempotencyKey: in.IdempotencyKey,
		ContentSHA256: sha256.Sum256(append([]byte(in.Payload.Key), in.Auftrag...)), CreatedAt: now,
	}
	fresh := false
	err = u.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if fresh, err = store.AddUpload(ctx, tx, &row); err != nil || !fresh {
			return err
		}
		return Publish(ctx, tx, Delivery{ID: row.ID, Payload: in.Payload, Auftrag: in.Auftrag, Sender: sender}, now)
	})
	switch {
	case errors.Is(err, store.ErrIDReused):
		return uuid.Nil, ErrReused
	case err != nil:
		return uuid.Nil, unavailable(err)
	}
	if err := u.awaitPublished(ctx, row.ID); err != nil {
		return uuid.Nil, err
	}
	logging.From(ctx).Info("delivery uploaded", zap.Stringer("event", row.ID), zap.Int64("bytes", in.Payload.Size), zap.Bool("repeated", !fresh))
	return row.ID, nil
}

// awaitPublished waits until Kafka has acknowledged the message, at most for the
// time set: nothing is acknowledged before (G-1).
func (u *Uploads) awaitPublished(ctx context.Context, id uuid.UUID) error {
	deadline := time.NewTimer(u.wait)
	defer deadline.Stop()
	poll := time.NewTicker(publishPoll)
	defer poll.Stop()
	for {
		published, err := u.db.Published(ctx, id)
		if err != nil {
			return unavailable(err)
		}
		if published {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline.C:
			return fmt.Errorf("%w: not on Kafka in time", ErrUnavailable)
		case <-poll.C:
		}
	}
}

// unavailable marks passing conditions of the database.
func unavailable(err error) error {
	if store.Transient(err) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// Progress is how far an upload has come.
type Progress string

const (
	// Waiting is not yet on Kafka, and so not acknowledged.
	Waiting Progress = "waiting"
	// InProgress is on Kafka and not yet checked.
	InProgress Progress = "in_progress"
	// Answered has a receipt.
	Answered Progress = "answered"
	// SetAside could not be handled; an operator looks at it (DTA-10).
	SetAside Progress = "set_aside"
	// Erased was answered so long ago that the receipt is gone.
	Erased Progress = "erased"
)

// State is what became of an upload.
type State struct {
	ID         uuid.UUID
	SenderIK   string
	ReceivedAt time.Time
	Progress   Progress
	// Receipt is the receipt message as it was sent, nil unless answered.
	Receipt []byte
}

// State returns what became of an upload of one of the senders, ErrNotFound for
// any other.
func (u *Uploads) State(ctx context.Context, id uuid.UUID, senders []string) (State, error) {
	row, err := u.db.UploadState(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && !slices.Contains(senders, row.SenderIK) {
		return State{}, ErrNotFound
	}
	if err != nil {
		return State{}, unavailable(err)
	}
	s := State{ID: row.ID, SenderIK: row.SenderIK, ReceivedAt: row.CreatedAt, Receipt: row.Receipt}
	switch {
	case row.Receipt != nil:
		s.Progress = Answered
	case row.DeliveryID != uuid.Nil:
		s.Progress = Erased
	case row.SetAside:
		s.Progress = SetAside
	case row.Published:
		s.Progress = InProgress
	default:
		s.Progress = Waiting
	}
	return s, nil
}
