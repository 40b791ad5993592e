// Package casework is what happens to correction cases: providers see, heal and
// complete them (COR-1 to COR-11), deadlines end them (COR-8, COR-10). The portal, the
// HTTP API and the jobs call it; it knows none of them. Who may see a case is decided
// here.
package casework

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/billing/heal"
	"klarbeleg/domain/calendar"
	"klarbeleg/internal/clock"
	"klarbeleg/store"
)

// Checker checks cases again (app/intake).
type Checker interface {
	// ReadBill reads the invoice of a case from its delivery.
	ReadBill(ctx context.Context, b *store.BilledCase) (*heal.Bill, error)
	// Try checks a case with changes and stores nothing.
	Try(ctx context.Context, tx store.Tx, bill *heal.Bill, b *store.BilledCase, changes []store.CaseChange) (*heal.Verdict, error)
	// Recheck checks a locked case with its changes and takes the decision over (CHK-7).
	Recheck(ctx context.Context, tx store.Tx, bill *heal.Bill, c store.WorkCase, b *store.BilledCase) (*heal.Verdict, error)
}

// Desk is where people work on correction cases. It is safe for concurrent use.
type Desk struct {
	db      *store.DB
	clock   clock.Clock
	limits  billing.CaseLimits
	checker Checker
}

// NewDesk returns a Desk with the limits given.
func NewDesk(db *store.DB, clk clock.Clock, limits billing.CaseLimits, checker Checker) *Desk {
	return &Desk{db: db, clock: clk, limits: limits, checker: checker}
}

// ActorKind is the kind of an actor.
type ActorKind string

// Kinds of actors.
const (
	User     ActorKind = "user"
	APIKey   ActorKind = "api_key"
	Operator ActorKind = "operator"
)

// Actor is who works on cases: a user or program of an institution, which sees the
// cases of its IKs, or an operator of the centre, who sees all and heals none.
type Actor struct {
	Kind ActorKind
	// ID is the id of the user or key, or the name of the operator.
	ID  string
	IKs []string
	// Registered is the Berlin day of the institution's registration (COR-7), 0 for a
	// key of an institution without one.
	Registered calendar.Date
}

// ActorOf returns the actor for a user of the portal; store.ErrNotFound if there is no
// such active user.
func (d *Desk) ActorOf(ctx context.Context, user uuid.UUID) (Actor, error) {
	iks, registered, err := d.db.CaseActor(ctx, user)
	if err != nil {
		return Actor{}, err
	}
	return Actor{Kind: User, ID: user.String(), IKs: iks, Registered: registered}, nil
}

func (a *Actor) scope() store.CaseScope {
	return store.CaseScope{IKs: a.IKs, All: a.Kind == Operator}
}

// Errors of work on a case, beside store.ErrNotFound for a case that the actor may not
// see, store.ErrLocked, and those of heal.
var (
	// ErrStale says that somebody else has changed the case meanwhile (F-66).
	ErrStale = errors.New("case was changed meanwhile")
	// ErrForbidden says that the actor may not do this at all.
	ErrForbidden = errors.New("actor may not do this")
	// ErrOpen says that a case cannot be completed: corrections are open (COR-2).
	ErrOpen = errors.New("corrections of the case are open")
	// ErrNoCorrection says that the case has no such correction.
	ErrNoCorrection = errors.New("case has no such correction")
	// ErrNotHealable says that the correction is not healed by that field.
	ErrNotHealable = errors.New("correction is not healed by the field")
	// ErrFollowUpDay says that a follow-up is not between tomorrow and the last day.
	ErrFollowUpDay = errors.New("day of follow-up is not within the time for work")
	// ErrText says that a text is missing or too long.
	ErrText = errors.New("text is missing or too long")
	// ErrRaised says that a change demands more than was billed: that takes an
	// additional claim.
	ErrRaised = errors.New("change demands more than was billed")
	// ErrObjectionDay says that an objection cannot have come on the day.
	ErrObjectionDay = errors.New("objection cannot have come on that day")
	// ErrRecorded says that the objection was recorded before.
	ErrRecorded = errors.New("objection was recorded before")
)

// ReadOnlyError says that a case cannot be changed, and why.
type ReadOnlyError struct{ Reason billing.Access }

func (e *ReadOnlyError) Error() string { return "case is read-only: " + string(e.Reason) }

// StateError says that a case in its state takes no such step.
type StateError struct {
	State billing.CaseState
	Event billing.CaseEvent
}

func (e *StateError) Error() string {
	return fmt.Sprintf("case in state %s cannot %s", e.State, e.Event)
}

// StillWrongError says that the rule of a correction finds fault with the new value
// too, or another rule refuses the changed data. Text is its German text, which may
// hold values of the insured person: for the provider alone.
type StillWrongError struct{ Rule, Text string }

func (e *StillWrongError) Error() string { return "rule " + e.Rule + " finds fault with the new value" }

// Step names the case and the version that the actor has seen.
type Step struct {
	Case    uuid.UUID
	Version int
}

// Limits of texts, in characters, so that a page can show them.
const (
	maxNote   = 2000
	maxReason = 200
)

// work does one step on a case that the actor may edit: it locks the case, compares the
// version, asks the table of states, and lets do change and save it. It returns the
// next version.
func (d *Desk) work(ctx context.Context, a Actor, s Step, event billing.CaseEvent, do func(ctx context.Context, tx store.Tx, c *store.WorkCase) error) (version int, err error) {
	err = d.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		c, err := d.lock(ctx, tx, a, s, event)
		if err != nil {
			return err
		}
		if err := do(ctx, tx, &c); err != nil {
			return err
		}
		version, err = store.SaveCase(ctx, tx, &c)
		return err
	})
	return version, err
}

// lock returns the case locked and in its next state. An event "" moves nothing and is
// possible in every state that can be edited.
func (d *Desk) lock(ctx context.Context, tx store.Tx, a Actor, s Step, event billing.CaseEvent) (store.WorkCase, error) {
	if a.Kind == Operator {
		return store.WorkCase{}, ErrForbidden
	}
	c, err := store.LockCase(ctx, tx, a.scope(), s.Case)
	if err != nil {
		return c, err
	}
	switch access := d.limits.Access(c.Standing(a.Registered), d.clock.Now()); access {
	case billing.AccessEdit:
	case billing.AccessHidden:
		return c, store.ErrNotFound
	default:
		return c, &ReadOnlyError{access}
	}
	if c.Version != s.Version {
		return c, ErrStale
	}
	if event == "" {
		return c, nil
	}
	next, ok := c.State.Next(event)
	if !ok {
		return c, &StateError{c.State, event}
	}
	c.State = next
	return c, nil
}

// note appends to the history of the case.
func (d *Desk) note(ctx context.Context, tx store.Tx, a Actor, e store.CaseEvent) error {
	e.At, e.ActorKind, e.ActorID = d.clock.Now(), string(a.Kind), a.ID
	return store.AddCaseEvent(ctx, tx, e)
}
