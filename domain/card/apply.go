package card

import (
	"errors"
	"slices"

	"klarbeleg/domain/calendar"
)

// Code says why an event was refused. Its strings are stored and counted.
type Code string

// The refusal codes. CodeSchema, CodeSequenceTaken and CodeTooManyParked leave
// the order as it is; the others use up the event's number.
const (
	// CodeSchema: the event is no valid message; Detail is the field's path.
	CodeSchema Code = "schema"
	// CodeSequenceTaken: another event with this number was decided or waits.
	CodeSequenceTaken Code = "sequence_taken"
	// CodeTooManyParked: too many events of the order wait for a missing one.
	CodeTooManyParked Code = "too_many_parked"
	// CodeUnknownOrder: no application is known under this order id.
	CodeUnknownOrder Code = "unknown_order"
	// CodeImpossible: the event is not possible in the state of the order.
	CodeImpossible Code = "impossible_transition"
	// CodeCondition: possible in this state, but Detail is missing or in the way.
	CodeCondition Code = "condition_not_met"
	// CodeKindNotForProduct: the product is not sold in this order kind.
	CodeKindNotForProduct Code = "kind_not_for_product"
)

// RefusedError is the answer to an event that changes nothing.
type RefusedError struct {
	Code Code
	// State of the order when it was refused.
	State State
	// Detail is the name of a flag or the path of a field, never a value.
	Detail string
}

// Error names code, state and detail.
func (r *RefusedError) Error() string {
	return "card event refused: " + string(r.Code) + " in state " + string(r.State) + " (" + r.Detail + ")"
}

// ErrEarly says that an event before this one is missing: it has to wait.
var ErrEarly = errors.New("card event comes before its predecessor")

// Apply returns the order after e. If e is out of turn it returns o unchanged
// with ErrEarly or a RefusedError with CodeSequenceTaken. If e is in turn and not
// possible it returns a *RefusedError and the order with nothing changed but Seq: an
// event that was refused is not missing, so what follows need not wait for it.
func Apply(o Order, e Event) (Order, error) {
	switch {
	case e.Seq <= o.Seq:
		return o, &RefusedError{Code: CodeSequenceTaken, State: o.State}
	case e.Seq > o.Seq+1:
		return o, ErrEarly
	}
	o.Seq = e.Seq
	state := o.StateOn(calendar.InBerlin(e.At))
	row, refusal := find(o, state, e.Data)
	if refusal != nil {
		return o, refusal
	}
	o.Accepted++
	o = absorb(o, e.Data)
	o = enter(o, row, e)
	for i := range transitions {
		if t := &transitions[i]; t.on == automatic && slices.Contains(t.from, o.State) && o.Flags.Has(t.needs) {
			o = enter(o, t, e)
		}
	}
	return o, nil
}

func find(o Order, state State, d Data) (*transition, *RefusedError) {
	if a, ok := d.(ApplicationDrafted); ok && state == StateNone && a.Kind == Additional && a.Product != SMCB {
		return nil, &RefusedError{Code: CodeKindNotForProduct, State: state}
	}
	refusal := &RefusedError{Code: CodeImpossible, State: state}
	if state == StateNone {
		refusal.Code = CodeUnknownOrder
	}
	v := variantOf(o, d)
	for i := range transitions {
		t := &transitions[i]
		if t.on != TypeOf(d) || t.variant != v || !slices.Contains(t.from, state) {
			continue
		}
		missing, excess := t.needs&^o.Flags, t.lacks&o.Flags
		if missing|excess == 0 {
			return t, nil
		}
		refusal = &RefusedError{Code: CodeCondition, State: state, Detail: (missing | excess).Names()[0]}
	}
	return nil, refusal
}

func enter(o Order, t *transition, e Event) Order {
	o.Flags = o.Flags&^t.unsets | t.sets
	if t.to != "" {
		o.State, o.Since = t.to, e.At
	}
	return o
}

// absorb takes over what the order remembers of an event's data.
func absorb(o Order, d Data) Order {
	switch d := d.(type) {
	case ApplicationDrafted:
		o.Product, o.Kind, o.IssuingBody = d.Product, d.Kind, d.IssuingBody
		o.Email, o.PreviousCard = d.Email, d.PreviousCard
	case CardShipped:
		o.Serial, o.ValidFrom, o.ValidTo = d.Serial, d.ValidFrom, d.ValidTo
	case PINFailed:
		o.Failures = o.Failures.with(d.PIN, o.Failures.of(d.PIN)+1)
	case PUKUsed:
		o.Failures = o.Failures.with(d.PIN, 0)
	}
	return o
}

func (c PINCounters) of(p PIN) int {
	if p == CardPIN {
		return c.Card
	}
	return c.Signature
}

func (c PINCounters) with(p PIN, n int) PINCounters {
	if p == CardPIN {
		c.Card = n
	} else {
		c.Signature = n
	}
	return c
}
