package heal

import (
	"slices"

	"github.com/google/uuid"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// Bill is an invoice read again from its delivery, with the case that is healed.
type Bill struct {
	Invoice *billing.Invoice
	CaseNo  int
	// History is what the delivery billed before the invoice.
	History *billing.History
}

// Copy returns the invoice of the bill in a form that may be changed: what changes
// touch is copied.
func (b *Bill) Copy() *billing.Invoice {
	inv := *b.Invoice
	inv.Statement.Totals = slices.Clone(inv.Statement.Totals)
	inv.Cases = slices.Clone(inv.Cases)
	for i := range inv.Cases {
		c := &inv.Cases[i]
		c.Positions, c.Aids, c.Trips = slices.Clone(c.Positions), slices.Clone(c.Aids), slices.Clone(c.Trips)
		c.Visits, c.Details, c.Consultations = slices.Clone(c.Visits), slices.Clone(c.Details), slices.Clone(c.Consultations)
		c.Diagnoses, c.Approvals, c.Further = slices.Clone(c.Diagnoses), slices.Clone(c.Approvals), slices.Clone(c.Further)
	}
	return &inv
}

// Verdict is what the checks say about a case with its changes (CHK-7).
type Verdict struct {
	// Billed is what the case demanded when it was accepted, Approved what is paid of
	// it now; the rest is corrected.
	Billed, Approved money.Cents
	// Findings are those about the case or its invoice that take something.
	Findings []Finding
	// RejectedBy is the rule that refuses the changed data as a whole, "" for none.
	RejectedBy string
	// Raised says that the changes demand more than was billed; that takes an
	// additional claim.
	Raised bool
	// Paid says that less is approved than was paid already.
	Paid bool
	// Successor is the case that holds what is open or new, uuid.Nil for none.
	Successor uuid.UUID
}

// Refused reports whether the changed data cannot be taken over.
func (v *Verdict) Refused() bool { return v.RejectedBy != "" || v.Raised || v.Paid }

// Finding is a finding of a re-check. Position counts those of the case from 0, -1
// for the whole case. Text may hold values of the insured person.
type Finding struct {
	Rule      string
	Position  int
	Corrected money.Cents
	Text      string
}
