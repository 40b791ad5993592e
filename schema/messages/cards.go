package messages

import (
	"embed"
	"time"
)

// Type names of the card messages.
const (
	TypeCardOrder  = "klarbeleg.card-order.v1"
	TypeCardStatus = "klarbeleg.card-status.v1"
)

// CardSchemas holds the JSON Schemas of cards.orders and cards.status.
//
//go:embed cards.*.json
var CardSchemas embed.FS

// CardEvent is an event of a card order as it arrives on cards.orders; the schema
// of its type describes Data.
type CardEvent struct {
	ID      string    `json:"id"`
	OrderID string    `json:"order_id"`
	Seq     int64     `json:"seq"`
	Time    time.Time `json:"time"`
	Type    string    `json:"type"`
	Data    any       `json:"data"`
}

// CardStatus tells where a card order stands after an accepted event (CRD-18).
type CardStatus struct {
	OrderID     string          `json:"order_id"`
	Number      int64           `json:"number"` // counts the accepted events: 1, 2, 3 ...
	State       string          `json:"state"`
	Since       time.Time       `json:"since"`
	Flags       []string        `json:"flags"`
	Product     string          `json:"product,omitempty"` // "" if cancelled before its application arrived
	Kind        string          `json:"kind,omitempty"`
	IssuingBody string          `json:"issuing_body,omitempty"`
	ValidTo     string          `json:"valid_to,omitempty"` // last day of the card's validity
	Cause       CardStatusCause `json:"cause"`
}

// CardStatusCause is the event that was accepted.
type CardStatusCause struct {
	ID   string    `json:"id"`
	Type string    `json:"type"`
	Time time.Time `json:"time"`
}
