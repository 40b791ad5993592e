// Package card is the life of a card order, eHBA or SMC-B, as a fold over its
// events (CRD-1): products, order kinds, states, flags, one transition table as
// data and the pure function Apply. It knows no clock, no database and no wire;
// the use case passes events in and stores what comes out. The state diagram in
// docs/states/card-order.md is generated from the table.
package card

//go:generate go test -run ^TestStateDiagram$ . -update

import (
	"fmt"
	"slices"
	"time"

	"klarbeleg/domain/calendar"
)

// Product is what is ordered (CRD-2).
type Product string

// The products of the card provider.
const (
	Physician       Product = "eha.physician"
	Dentist         Product = "eha.dentist"
	Psychotherapist Product = "eha.psychotherapist"
	SMCB            Product = "smcb"
)

// Kind is why a card is ordered.
type Kind string

// The order kinds. Additional cards exist for SMC-B only.
const (
	First       Kind = "first"
	FollowUp    Kind = "follow_up"
	Additional  Kind = "additional"
	Exchange    Kind = "exchange"
	Replacement Kind = "replacement"
)

// State is where an order stands. Its strings are stored and sent.
type State string

// The states. StateNone is an order of which no application is known yet;
// StateExpired is never stored: time enters it, see Order.StateOn.
const (
	StateNone           State = "none"
	StateDrafted        State = "drafted"
	StateSubmitted      State = "submitted"
	StateAbandoned      State = "abandoned"
	StateOrdered        State = "ordered"
	StateInRelease      State = "in_release"
	StateReleased       State = "released"
	StateReleaseRefused State = "release_refused"
	StateInProduction   State = "in_production"
	StateShipped        State = "shipped"
	StateActive         State = "active"
	StateSpent          State = "spent"
	StateRevoked        State = "revoked"
	StateExpired        State = "expired"
	StateCancelled      State = "cancelled"
)

// States returns all states, in the order of an order's life.
func States() []State {
	return []State{
		StateNone, StateDrafted, StateSubmitted, StateAbandoned, StateOrdered, StateInRelease, StateReleased, StateReleaseRefused,
		StateInProduction, StateShipped, StateActive, StateSpent, StateRevoked, StateExpired, StateCancelled,
	}
}

// Flags is what is known of an order beside its state: a set of bits.
type Flags uint16

// The flags; their names are in flagNames, in the same order.
const (
	FlagIdentified Flags = 1 << iota
	FlagIdentificationWaived
	FlagDocumentsReceived
	FlagDocumentsComplete
	FlagPINLetterSent
	FlagCardPINLocked
	FlagSignaturePINLocked
	FlagContractCancelled
)

// flagNames are stored and sent; never written.
var flagNames = [...]string{
	"identified", "identification_waived", "documents_received", "documents_complete",
	"pin_letter_sent", "card_pin_locked", "signature_pin_locked", "contract_cancelled",
}

// Has reports whether every flag of other is set.
func (f Flags) Has(other Flags) bool { return f&other == other }

// Names returns the names of the flags that are set; never nil.
func (f Flags) Names() []string {
	names := []string{}
	for i, name := range flagNames {
		if f.Has(1 << i) {
			names = append(names, name)
		}
	}
	return names
}

// ParseFlags reads what Names wrote. An unknown name is an error.
func ParseFlags(names []string) (Flags, error) {
	var f Flags
	for _, name := range names {
		i := slices.Index(flagNames[:], name)
		if i < 0 {
			return 0, fmt.Errorf("unknown card-order flag %q", name)
		}
		f |= 1 << i
	}
	return f, nil
}

// Order is the fold of the accepted events of one order.
type Order struct {
	ID           string
	Product      Product
	Kind         Kind
	IssuingBody  string // code of the chamber or association
	Email        string // where notices go; personal, never logged
	PreviousCard string // serial of the card followed, exchanged or replaced
	State        State
	Flags        Flags
	// Failures counts wrong PINs since the last use of the PUK.
	Failures  PINCounters
	Serial    string
	ValidFrom calendar.Date
	ValidTo   calendar.Date // last day on which the card is valid
	// Since is when the event happened that led to State.
	Since time.Time
	// Seq is the sender's number of the last event decided, accepted or not.
	Seq int64
	// Accepted counts the accepted events.
	Accepted int64
}

// PINCounters counts wrong entries per PIN: each has its own PUK (CRD-11).
type PINCounters struct{ Card, Signature int }

// New returns an order of which nothing is known but its id.
func New(id string) Order { return Order{ID: id, State: StateNone} }

// StateOn returns the state on a day: an issued card expires after its last
// day without any event.
func (o Order) StateOn(day calendar.Date) State {
	switch o.State {
	case StateShipped, StateActive, StateSpent:
		if day > o.ValidTo {
			return StateExpired
		}
	default:
	}
	return o.State
}
