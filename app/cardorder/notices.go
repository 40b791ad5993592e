package cardorder

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"klarbeleg/domain/calendar"
	"klarbeleg/domain/card"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

// outboxKind names status messages in the outbox.
const outboxKind = "card_status"

// mailConfirmation is the kind of the order confirmation (CRD-7).
const mailConfirmation = "card_confirmation"

// namespace makes ids that follow from what they name: the same status message
// has the same id whoever computes it.
var namespace = uuid.MustParse("6ab0a3a4-5f2b-4f7e-9d5c-0c2f5f1f7a11")

// statusMessage tells the status of the order after e (CRD-18).
func statusMessage(o card.Order, e card.Event, now time.Time) store.OutboxMessage {
	return store.OutboxMessage{
		EventID: derivedID(messages.TypeCardStatus, o.ID, strconv.FormatInt(o.Accepted, 10)),
		Kind:    outboxKind,
		Topic:   messages.TopicCardStatus,
		Key:     o.ID,
		Type:    messages.TypeCardStatus,
		Body: messages.Encode(messages.CardStatus{
			OrderID: o.ID, Number: o.Accepted, State: string(o.State), Since: o.Since, Flags: o.Flags.Names(),
			Product: string(o.Product), Kind: string(o.Kind), IssuingBody: o.IssuingBody, ValidTo: o.ValidTo.String(),
			Cause: messages.CardStatusCause{ID: e.ID, Type: string(card.TypeOf(e.Data)), Time: e.At},
		}),
		At: now,
	}
}

// confirm plans the order confirmation: once per order and event, with nothing
// of the person in it but the address (OPS-4).
func (h *handling) confirm(ctx context.Context, o card.Order, e card.Event) error {
	var text strings.Builder
	if err := h.confirmation.Execute(&text, struct{ Order string }{o.ID}); err != nil {
		return fmt.Errorf("write confirmation mail: %w", err)
	}
	subject, body, _ := strings.Cut(text.String(), "\n\n")
	key := strings.Join([]string{mailConfirmation, o.ID, e.ID}, "/")
	_, err := store.PlanMail(ctx, h.tx, store.Mail{
		ID: derivedID(key), Kind: mailConfirmation, DedupKey: key, LocalDay: calendar.InBerlin(h.now),
		Recipient: o.Email, Subject: subject, Text: body, At: h.now,
	})
	return err
}

func derivedID(parts ...string) uuid.UUID {
	return uuid.NewSHA1(namespace, []byte(strings.Join(parts, "/")))
}
