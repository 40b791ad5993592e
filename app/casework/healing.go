package casework

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/billing/heal"
	"klarbeleg/store"
)

// Healing is what heals a correction: new values for one or several fields.
type Healing struct {
	Step
	Correction uuid.UUID
	Changes    []heal.Change
}

// maxChanges bounds what one healing changes: more instances of a field no case has.
const maxChanges = 200

// Heal heals a correction by new values for fields that its rule names (COR-4). They
// are checked at once: by the format of the field, and by the rules, with all changes
// of the case; if the rule of the correction still finds fault, nothing is saved
// (*StillWrongError). It returns the next version of the case, and what the
// checks still find.
func (d *Desk) Heal(ctx context.Context, a Actor, h Healing) (version int, v *heal.Verdict, err error) {
	if len(h.Changes) == 0 || len(h.Changes) > maxChanges {
		return 0, nil, ErrNotHealable
	}
	bill, billed, err := d.bill(ctx, a, h.Case)
	if err != nil {
		return 0, nil, err
	}
	version, err = d.work(ctx, a, h.Step, billing.CaseHeal, func(ctx context.Context, tx store.Tx, c *store.WorkCase) error {
		k, err := d.correction(ctx, tx, c, h.Correction)
		if err != nil {
			return err
		}
		changes := make([]store.CaseChange, len(h.Changes))
		for i, change := range h.Changes {
			if !healable(k, bill, change) {
				return ErrNotHealable
			}
			changes[i] = store.CaseChange{
				Change: change, Correction: k.ID, CaseNo: billed.CaseNo, Position: k.Position, Rule: k.Rule, Version: k.Version, Text: k.Text, Heal: k.Heal,
			}
		}
		if v, err = d.try(ctx, tx, trial{bill, billed, c}, changes); err != nil {
			return err
		}
		if err := stillWrong(k, v); err != nil {
			return err
		}
		return d.settle(ctx, tx, a, k, settled{c.ID, changes})
	})
	return version, v, err
}

// bill reads the invoice of a case before any lock is held: a delivery may be large.
func (d *Desk) bill(ctx context.Context, a Actor, id uuid.UUID) (bill *heal.Bill, billed *store.BilledCase, err error) {
	err = d.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		c, err := store.ReadCase(ctx, tx, a.scope(), id)
		if err != nil {
			return err
		}
		// Nothing is read for a case that cannot be edited anyway; this is decided again
		// under the lock.
		switch access := d.limits.Access(c.Standing(a.Registered), d.clock.Now()); access {
		case billing.AccessEdit:
		case billing.AccessHidden:
			return store.ErrNotFound
		default:
			return &ReadOnlyError{access}
		}
		b, err := store.ReadBilledCase(ctx, tx, c.CaseID)
		billed = &b
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	bill, err = d.checker.ReadBill(ctx, billed)
	return bill, billed, err
}

// correction returns a correction of the case that is in force.
func (d *Desk) correction(ctx context.Context, tx store.Tx, c *store.WorkCase, id uuid.UUID) (*store.CaseCorrection, error) {
	list, err := store.CaseCorrections(ctx, tx, c.ID)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(k store.CaseCorrection) bool { return k.ID == id && k.InForce })
	if i < 0 {
		return nil, ErrNoCorrection
	}
	return &list[i], nil
}

// healable reports whether the correction is healed by that instance of the field.
func healable(k *store.CaseCorrection, bill *heal.Bill, change heal.Change) bool {
	for _, path := range heal.Paths(k.Heal) {
		for _, f := range path.Fields {
			if f.Name == change.Field && slices.Contains(f.At(bill.Invoice, &bill.Invoice.Cases[bill.CaseNo], k.Position), change.Index) {
				return true
			}
		}
	}
	return false
}

// trial is a case as it was billed and as it is worked on.
type trial struct {
	bill   *heal.Bill
	billed *store.BilledCase
	kase   *store.WorkCase
}

// try checks the case with all changes that count and the new ones, of which it notes
// the old values and writes the new ones as the fields have them.
func (d *Desk) try(ctx context.Context, tx store.Tx, t trial, fresh []store.CaseChange) (*heal.Verdict, error) {
	changes, err := store.InvoiceChanges(ctx, tx, t.kase)
	if err != nil {
		return nil, err
	}
	inv := t.bill.Copy()
	for i := range changes {
		if _, err := set(inv, &changes[i]); err != nil {
			return nil, err
		}
	}
	for i := range fresh {
		c := &fresh[i]
		if c.Old, err = set(inv, c); err != nil {
			return nil, err
		}
		changes = slices.DeleteFunc(changes, func(o store.CaseChange) bool {
			return o.Own && o.Field == c.Field && o.Index == c.Index
		})
		changes = append(changes, *c)
	}
	return d.checker.Try(ctx, tx, t.bill, t.billed, changes)
}

// set makes a change, writes its value as the field has it, and returns the old one.
func set(inv *billing.Invoice, c *store.CaseChange) (old string, err error) {
	f, ok := heal.Lookup(c.Field)
	if !ok {
		return "", heal.ErrUnknownField
	}
	place := heal.Place{Invoice: inv, Case: &inv.Cases[c.CaseNo], Index: c.Index}
	if c.Index >= 0 && c.Index < f.Count(inv, place.Case) {
		old = f.Value(place)
	}
	if err := f.Set(place, c.Value); err != nil {
		return "", err
	}
	c.Value = f.Value(place)
	return old, nil
}

// stillWrong returns the error of a healing that does not heal.
func stillWrong(k *store.CaseCorrection, v *heal.Verdict) error {
	if v.RejectedBy != "" {
		return &StillWrongError{Rule: v.RejectedBy}
	}
	if v.Raised {
		return ErrRaised
	}
	for i := range v.Findings {
		if f := &v.Findings[i]; f.Rule == k.Rule && f.Position == k.Position {
			return &StillWrongError{Rule: f.Rule, Text: f.Text}
		}
	}
	return nil
}

// settled are the changes of a case that heal a correction.
type settled struct {
	kase    uuid.UUID
	changes []store.CaseChange
}

// settle saves the changes and marks the correction as corrected.
func (d *Desk) settle(ctx context.Context, tx store.Tx, a Actor, k *store.CaseCorrection, changes settled) error {
	next, ok := k.State.Next(billing.CorrectionHeal)
	if !ok {
		return ErrNotHealable
	}
	for i := range changes.changes {
		change := &changes.changes[i]
		if err := store.SaveChange(ctx, tx, changes.kase, *change, d.clock.Now()); err != nil {
			return err
		}
		if err := d.note(ctx, tx, a, store.CaseEvent{
			Case: changes.kase, Kind: string(billing.CorrectionHeal), Correction: k.ID, Field: change.Field, Old: change.Old, New: change.Value,
		}); err != nil {
			return err
		}
	}
	return store.SettleCorrection(ctx, tx, k.ID, next, billing.CorrectionHeal)
}

// Accept settles a correction without healing it: the provider agrees to what is cut.
func (d *Desk) Accept(ctx context.Context, a Actor, s Step, correction uuid.UUID) (version int, err error) {
	return d.work(ctx, a, s, billing.CaseHeal, func(ctx context.Context, tx store.Tx, c *store.WorkCase) error {
		k, err := d.correction(ctx, tx, c, correction)
		if err != nil {
			return err
		}
		next, ok := k.State.Next(billing.CorrectionAccept)
		if !ok {
			return ErrNoCorrection
		}
		if err := store.DropChanges(ctx, tx, c.ID, k.ID); err != nil {
			return err
		}
		if err := store.SettleCorrection(ctx, tx, k.ID, next, billing.CorrectionAccept); err != nil {
			return err
		}
		return d.note(ctx, tx, a, store.CaseEvent{Case: c.ID, Kind: string(billing.CorrectionAccept), Correction: k.ID})
	})
}

// Completed is what became of a completed case.
type Completed struct {
	Version int
	// Outcome is approved if nothing of the case is corrected any more, corrected if a
	// part is, refused if all is.
	Outcome billing.InvoiceState
	heal.Verdict
}

// Complete sends a case back into checking (COR-6, CHK-7), if all its corrections are
// corrected (COR-2). What the checks leave open or find anew is provided as a case of
// its own.
func (d *Desk) Complete(ctx context.Context, a Actor, s Step) (*Completed, error) {
	bill, billed, err := d.bill(ctx, a, s.Case)
	if err != nil {
		return nil, err
	}
	var done *Completed
	err = d.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		c, err := d.lock(ctx, tx, a, s, billing.CaseComplete)
		if err != nil {
			return err
		}
		corrections, err := store.CaseCorrections(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(corrections, func(k store.CaseCorrection) bool { return k.InForce && k.State == billing.CorrectionOpen }) {
			return ErrOpen
		}
		if err := d.note(ctx, tx, a, store.CaseEvent{Case: c.ID, Kind: string(billing.CaseComplete)}); err != nil {
			return err
		}
		v, err := d.checker.Recheck(ctx, tx, bill, c, billed)
		if err != nil {
			return err
		}
		done, err = d.end(ctx, tx, &c, v)
		return err
	})
	return done, err
}

// end writes the end of the case with what was decided.
func (d *Desk) end(ctx context.Context, tx store.Tx, c *store.WorkCase, v *heal.Verdict) (done *Completed, err error) {
	done = &Completed{Outcome: billing.StateOf(int64(v.Billed), int64(v.Billed-v.Approved)), Verdict: *v}
	if v.Refused() {
		done.Outcome = billing.InvoiceRefused
	}
	now := d.clock.Now()
	done.Version, err = store.CompleteCase(ctx, tx, store.CompletedCase{
		ID: c.ID, State: c.State, At: now, VisibleUntil: visibleUntil(d.limits.CaseDeadlines, now), Outcome: done.Outcome,
		Refused: v.Refused(), RefusedBy: v.RejectedBy, Successor: v.Successor,
	})
	if err != nil {
		return nil, err
	}
	return done, store.AddCaseEvent(ctx, tx, store.CaseEvent{
		Case: c.ID, At: now, ActorKind: "job", ActorID: kindRecheck, Kind: kindRecheck,
		New: string(done.Outcome), Note: cmp.Or(v.RejectedBy, uuidText(v.Successor)),
	})
}

func uuidText(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}
