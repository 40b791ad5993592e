package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/billing/heal"
	"klarbeleg/domain/calendar"
	"klarbeleg/store"
)

// maxPage bounds a page of a list, so that it can be shown and sent at once.
const maxPage = 200

// ErrQuery says that a page or an order is asked for that does not exist.
var ErrQuery = errors.New("no such page or order")

// Query asks for a page of the list of cases (COR-16). Page counts from 0.
type Query struct {
	store.CaseFilter
	Order         store.CaseOrder
	Page, PerPage int
}

// List returns the cases that the actor may see (COR-1, COR-7, COR-10).
func (d *Desk) List(ctx context.Context, a Actor, q Query) (*store.CaseList, error) {
	if !q.Order.Known() || q.Page < 0 || q.PerPage < 1 || q.PerPage > maxPage {
		return nil, ErrQuery
	}
	var from calendar.Date = 1
	if !a.Registered.IsZero() {
		from = a.Registered.AddMonths(-d.limits.ViewMonths)
	}
	var list *store.CaseList
	err := d.db.Snapshot(ctx, func(ctx context.Context, tx store.Tx, _ time.Time) (err error) {
		list, err = store.ListCases(ctx, tx, store.CaseQuery{
			Scope: a.scope(), Now: d.clock.Now(), ProvidedFrom: from, Filter: q.CaseFilter, Order: q.Order, Offset: q.Page * q.PerPage, Limit: q.PerPage,
		})
		return err
	})
	return list, err
}

// Details are all that a provider sees of a case: with the invoice and its positions,
// the prescription (COR-13), the corrections with the ways to heal them (COR-3), and
// the history (COR-15). Social data.
type Details struct {
	store.WorkCase
	// Access says whether the actor may edit the case, and why not.
	Access      billing.Access
	Data        *store.StoredInvoice
	Corrections []Correction
	History     []store.CaseEvent
	Objections  []store.Objection
}

// Correction is a correction with the ways to heal it.
type Correction struct {
	store.CaseCorrection
	Paths []Path
}

// Path is one way to heal a correction: by the fields, or by a document.
type Path struct {
	heal.Path
	Fields []FieldValue
}

// FieldValue is one instance of a field that heals a correction. Value is what is
// billed with the changes made so far.
type FieldValue struct {
	*heal.Field
	Index int
	Value string
}

// Get returns a case; store.ErrNotFound if the actor may not see it.
func (d *Desk) Get(ctx context.Context, a Actor, id uuid.UUID) (*Details, error) {
	out := &Details{}
	err := d.db.Snapshot(ctx, func(ctx context.Context, tx store.Tx, _ time.Time) (err error) {
		if out.WorkCase, err = store.ReadCase(ctx, tx, a.scope(), id); err != nil {
			return err
		}
		out.Access = d.limits.Access(out.Standing(a.Registered), d.clock.Now())
		if out.Access == billing.AccessHidden {
			return store.ErrNotFound
		}
		if out.Data, err = store.ReadCaseData(ctx, tx, out.CaseID); err != nil {
			return err
		}
		if out.History, err = store.CaseEvents(ctx, tx, id); err != nil {
			return err
		}
		if out.Objections, err = store.Objections(ctx, tx, id); err != nil {
			return err
		}
		return out.corrections(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// corrections reads the corrections and shows the changes made so far in their fields.
func (d *Details) corrections(ctx context.Context, tx store.Tx) error {
	list, err := store.CaseCorrections(ctx, tx, d.ID)
	if err != nil {
		return err
	}
	changes, err := store.InvoiceChanges(ctx, tx, &d.WorkCase)
	if err != nil {
		return err
	}
	bill := heal.Bill{Invoice: &d.Data.Invoice}
	inv := bill.Copy()
	c := &inv.Cases[0]
	for i := range changes {
		f, ok := heal.Lookup(changes[i].Field)
		if !ok {
			return fmt.Errorf("case %s: %w", d.ID, heal.ErrUnknownField)
		}
		if !changes[i].Own { // taken over: the stored data have it
			continue
		}
		if err := f.Set(heal.Place{Invoice: inv, Case: c, Index: changes[i].Index}, changes[i].Value); err != nil {
			return fmt.Errorf("case %s: %w", d.ID, err)
		}
	}
	for i := range list {
		k := Correction{CaseCorrection: list[i]}
		for _, p := range heal.Paths(list[i].Heal) {
			path := Path{Path: p}
			for _, f := range p.Fields {
				for _, index := range f.At(inv, c, list[i].Position) {
					path.Fields = append(path.Fields, FieldValue{f, index, f.Value(heal.Place{Invoice: inv, Case: c, Index: index})})
				}
			}
			k.Paths = append(k.Paths, path)
		}
		k.Paths = slices.Clip(k.Paths)
		d.Corrections = append(d.Corrections, k)
	}
	return nil
}
