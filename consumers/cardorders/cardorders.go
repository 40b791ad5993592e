// Package cardorders is the door of card-order events: it turns a message of
// cards.orders into one call of the use case and tells the loop what its errors
// mean. It decides nothing; the loop calls it, and so does a replay from
// quarantine.
package cardorders

import (
	"context"
	"errors"

	"klarbeleg/app/cardorder"
	"klarbeleg/consumers"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

// The reasons of a quarantine.
const (
	CodeType       = "type"
	CodeUnreadable = "unreadable"
	CodeIDReused   = "id_reused"
)

// errType says that the message is of a type or version not known here.
var errType = errors.New("not of type " + messages.TypeCardOrder)

// Handler returns the handler of the topic cards.orders (CRD-1). Refused and
// waiting events are done: the use case has kept them.
func Handler(service *cardorder.Service) consumers.Handler {
	return func(ctx context.Context, m consumers.Message) error {
		// A sender without CloudEvents names no type: the loop puts the topic.
		if m.Type != messages.TypeCardOrder && m.Type != m.Topic {
			return &consumers.PoisonError{Code: CodeType, Err: errType}
		}
		_, err := service.Handle(ctx, cardorder.Message{ID: m.ID, Body: m.Body})
		switch {
		case errors.Is(err, cardorder.ErrUnreadable):
			return &consumers.PoisonError{Code: CodeUnreadable, Err: err}
		case errors.Is(err, store.ErrIDReused):
			return &consumers.PoisonError{Code: CodeIDReused, Err: err}
		}
		return err
	}
}
