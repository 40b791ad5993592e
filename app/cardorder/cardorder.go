// Package cardorder is the use case "an event of a card order arrives" (CRD-1):
// it applies each event once and in order, tells the new status (CRD-18), plans
// the notices to the applicant and keeps what is refused. The Kafka consumer
// calls it; so does a replay from quarantine.
package cardorder

import (
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"text/template"
	"time"

	"go.uber.org/zap"

	"klarbeleg/domain/card"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
	"klarbeleg/store"
)

// Consumer is the name under which events enter the inbox.
const Consumer = "cardorders"

// maxParked bounds the events of one order that wait for a missing one. An order
// has some twenty events in its life; more means that the sender is broken.
const maxParked = 100

// maxStalled bounds the orders that Stalled lists.
const maxStalled = 1000

// Settings of the use case.
type Settings struct {
	// ParkLimit is how long an event may wait for a missing one before its order
	// is reported (F-29).
	ParkLimit time.Duration
}

// Service applies events to card orders. It is safe for concurrent use, also
// over several processes: the order's row is locked.
type Service struct {
	db           *store.DB
	clock        clock.Clock
	settings     Settings
	decoder      decoder
	confirmation *template.Template
}

//go:embed mails/confirmation.txt
var confirmationText string

// New returns the service.
func New(db *store.DB, c clock.Clock, settings Settings) (*Service, error) {
	d, err := newDecoder()
	if err != nil {
		return nil, err
	}
	confirmation, err := template.New("confirmation").Option("missingkey=error").Parse(confirmationText)
	if err != nil {
		return nil, fmt.Errorf("parse confirmation mail: %w", err)
	}
	return &Service{db: db, clock: c, settings: settings, decoder: d, confirmation: confirmation}, nil
}

// Message is an event as a door hands it over.
type Message struct {
	// ID identifies the message if its body does not tell the id of the event.
	ID   string
	Body []byte
}

// Result is what became of a message.
type Result string

// The results.
const (
	Applied   Result = "applied"
	Parked    Result = "parked"
	Refused   Result = "refused"
	Duplicate Result = "duplicate"
)

// Outcome tells what became of a message and of the events that waited for it.
type Outcome struct {
	Result Result
	// Reason is set if the message was refused.
	Reason card.Code
	// Applied and Refused count events, released ones included.
	Applied, Refused int
}

// Handle takes one event; the same event again, known by its id, does nothing,
// whatever message brings it. Everything happens in one transaction: inbox, order,
// accepted events, status message, mail, refusals. Errors are ErrUnreadable,
// store.ErrIDReused and those of the database.
func (s *Service) Handle(ctx context.Context, m Message) (Outcome, error) {
	e, err := s.decoder.decode(m.Body)
	m.ID = cmp.Or(e.ID, m.ID)
	var refusal *card.RefusedError
	if err != nil && !errors.As(err, &refusal) {
		return Outcome{}, err
	}
	var out Outcome
	err = s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		h := &handling{Service: s, tx: tx, now: s.clock.Now()}
		key := store.InboxKey{Consumer: Consumer, MessageID: m.ID}
		fresh, err := store.EnterInbox(ctx, tx, key, sha256.Sum256(m.Body), h.now)
		switch {
		case err != nil:
			return err
		case !fresh:
			h.out.Result = Duplicate
		case refusal != nil:
			err = h.refuse(ctx, e, store.CardMessage(m), refusal)
		default:
			err = h.receive(ctx, e, store.CardMessage(m))
		}
		out = h.out
		return err
	})
	if err != nil {
		return Outcome{}, err
	}
	level := zap.DebugLevel
	if out.Result != Applied || out.Refused > 0 {
		level = zap.InfoLevel
	}
	logging.From(ctx).Log(level, "card event handled", zap.String("order", e.OrderID), zap.Int64("seq", e.Seq),
		zap.String("result", string(out.Result)), zap.String("reason", string(out.Reason)),
		zap.Int("applied", out.Applied), zap.Int("refused", out.Refused))
	return out, nil
}

// Status returns the order as it stands (CRD-18); store.ErrNotFound if no
// application is known under this id.
func (s *Service) Status(ctx context.Context, orderID string) (card.Order, error) {
	return s.db.CardOrder(ctx, orderID)
}

// Stalled returns the orders whose events wait for a missing one longer than
// allowed, longest first (F-29): the sender has to be asked.
func (s *Service) Stalled(ctx context.Context) ([]store.StalledCardOrder, error) {
	return s.db.StalledCardOrders(ctx, s.clock.Now().Add(-s.settings.ParkLimit), maxStalled)
}

// handling is one message in its transaction.
type handling struct {
	*Service
	tx  store.Tx
	now time.Time
	out Outcome
}

// receive applies the event if it is its turn, then those that waited for it.
func (h *handling) receive(ctx context.Context, e card.Event, m store.CardMessage) error {
	lock, err := store.LockCardOrder(ctx, h.tx, e.OrderID, h.now)
	if err != nil {
		return err
	}
	order, err := card.Apply(lock.Order, e)
	if errors.Is(err, card.ErrEarly) {
		return h.park(ctx, e, m, lock)
	}
	if err := h.settle(ctx, step{lock.Order, order, e, m}, err); err != nil {
		return err
	}
	for lock.NextParked == order.Seq+1 {
		if m, lock.NextParked, err = store.TakeParkedCardEvent(ctx, h.tx, order.ID, order.Seq+1); err != nil {
			return err
		}
		before := order
		if e, err = h.decoder.decode(m.Body); err == nil {
			order, err = card.Apply(order, e)
		}
		if err := h.settle(ctx, step{before, order, e, m}, err); err != nil {
			return err
		}
	}
	if order == lock.Order {
		return nil
	}
	return store.SaveCardOrder(ctx, h.tx, order, h.now)
}

// step is one event that was decided.
type step struct {
	before, after card.Order
	event         card.Event
	message       store.CardMessage
}

// settle writes down what was decided: err is nil or a refusal, else it is
// returned.
func (h *handling) settle(ctx context.Context, s step, err error) error {
	var refusal *card.RefusedError
	switch {
	case err == nil:
		return h.accept(ctx, s)
	case errors.As(err, &refusal):
		return h.refuse(ctx, s.event, s.message, refusal)
	default:
		return err
	}
}

func (h *handling) accept(ctx context.Context, s step) error {
	h.out.Applied++
	if h.out.Result == "" {
		h.out.Result = Applied
	}
	data, err := json.Marshal(s.event.Data)
	if err != nil {
		return fmt.Errorf("encode card event data: %w", err)
	}
	accepted := store.AcceptedCardEvent{Number: s.after.Accepted, Event: s.event, Data: data}
	if err := store.AddCardEvent(ctx, h.tx, accepted, h.now); err != nil {
		return err
	}
	if err := store.AddOutbox(ctx, h.tx, statusMessage(s.after, s.event, h.now)); err != nil {
		return err
	}
	if s.after.State == card.StateOrdered && s.before.State != card.StateOrdered {
		return h.confirm(ctx, s.after, s.event)
	}
	return nil
}

func (h *handling) refuse(ctx context.Context, e card.Event, m store.CardMessage, r *card.RefusedError) error {
	h.out.Refused++
	if h.out.Result == "" {
		h.out.Result, h.out.Reason = Refused, r.Code
	}
	return store.RefuseCardEvent(ctx, h.tx, store.CardRefusal{OrderID: e.OrderID, Seq: e.Seq, Message: m, Refusal: *r}, h.now)
}

func (h *handling) park(ctx context.Context, e card.Event, m store.CardMessage, lock store.CardLock) error {
	if lock.Parked >= maxParked {
		return h.refuse(ctx, e, m, &card.RefusedError{Code: card.CodeTooManyParked, State: lock.Order.State})
	}
	parked, err := store.ParkCardEvent(ctx, h.tx, e, m, h.now)
	if err != nil {
		return err
	}
	if !parked {
		return h.refuse(ctx, e, m, &card.RefusedError{Code: card.CodeSequenceTaken, State: lock.Order.State})
	}
	h.out.Result = Parked
	return nil
}
