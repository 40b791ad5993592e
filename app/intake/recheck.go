package intake

import (
	"context"
	"errors"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/billing/heal"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
	"klarbeleg/store"
)

// ErrDeliveryGone says that an invoice cannot be read again: the bytes of its
// delivery, or the key for them, are gone.
var ErrDeliveryGone = errors.New("delivery cannot be read again")

// errDiffers guards the re-check: the delivery read again is another than was stored.
var errDiffers = errors.New("case read again differs from the stored one")

// ReadBill reads the invoice of a billing case from its delivery (CHK-7), up to that
// invoice: ErrDeliveryGone. It holds no transaction, for a delivery may be large.
func (s *Service) ReadBill(ctx context.Context, b *store.BilledCase) (*heal.Bill, error) {
	facts, err := s.loadFacts(ctx, b.Delivery.ReceivedAt)
	if err != nil {
		return nil, err
	}
	sink := &selectSink{at: billing.Place{Segment: b.Segment, Offset: b.Offset}}
	readable, err := s.reread(ctx, NewEngine(s.rules, s.settings.Checks), facts, &b.Delivery, sink)
	if err != nil && !errors.Is(err, errSelected) {
		return nil, err
	}
	if !readable {
		return nil, ErrDeliveryGone
	}
	if sink.invoice == nil || b.CaseNo >= len(sink.invoice.Cases) ||
		sink.invoice.Cases[b.CaseNo].Billed(sink.invoice.Processing) != b.Billed {
		return nil, errDiffers
	}
	return &heal.Bill{Invoice: sink.invoice, CaseNo: b.CaseNo, History: sink.history}, nil
}

// errSelected ends the reading of a delivery at the invoice looked for.
var errSelected = errors.New("invoice found")

// selectSink looks for the invoice that stood at a place.
type selectSink struct {
	Offline
	at      billing.Place
	invoice *billing.Invoice
	history *billing.History
}

var _ SelectSink = (*selectSink)(nil)

// Select keeps the invoice and what the file billed before it.
func (s *selectSink) Select(inv *billing.Invoice, h *billing.History) error {
	if inv.Place != s.at {
		return nil
	}
	s.invoice, s.history = inv, h
	return errSelected
}

// Finding is not needed: the invoice is checked again with its changes.
func (*selectSink) Finding(context.Context, *Finding) error { return nil }

// trial is a check of one case of a bill with changes.
type trial struct {
	*Service
	bill    *heal.Bill
	billed  *store.BilledCase
	changes []store.CaseChange

	invoice *billing.Invoice
	result  *checks.Result
	// lowered is by how much each change lowers what the case demands.
	lowered []money.Cents
	verdict heal.Verdict
}

// Try checks a case with changes against what had been billed when it was received,
// and what was paid since. It stores nothing. Errors are heal.ErrUnknownField,
// heal.ErrNoInstance and *heal.FormatError, or those of the database.
func (s *Service) Try(ctx context.Context, tx store.Tx, bill *heal.Bill, billed *store.BilledCase, changes []store.CaseChange) (*heal.Verdict, error) {
	t := &trial{Service: s, bill: bill, billed: billed, changes: changes}
	if err := t.run(ctx, tx); err != nil {
		return nil, err
	}
	return &t.verdict, nil
}

func (t *trial) run(ctx context.Context, tx store.Tx) error {
	if err := t.apply(); err != nil {
		return err
	}
	facts, err := t.loadFacts(ctx, t.billed.Delivery.ReceivedAt)
	if err != nil {
		return err
	}
	scope := store.HistoryScope{
		Today: calendar.InBerlin(t.clock.Now()), Before: t.billed.Delivery.ReceivedAt, Recheck: t.billed.InvoiceID,
	}
	facts.History = t.bill.History
	facts.History.Partial = false
	if err := store.ExtendHistory(ctx, tx, []*billing.Invoice{t.invoice}, scope, facts.History); err != nil {
		return err
	}
	t.result = checks.NewChecker(t.rules, t.settings.Checks).Check(t.invoice, facts)
	t.decide()
	return nil
}

// apply makes the changes in the order in which they were made.
func (t *trial) apply() error {
	t.invoice = t.bill.Copy()
	limits := t.settings.Checks.Parameters
	if limits == nil {
		limits = checks.DefaultParameters()
	}
	own := &t.invoice.Cases[t.bill.CaseNo]
	for i := range t.changes {
		before := own.Billed(t.invoice.Processing)
		if err := apply(t.invoice, t.changes[i].CaseNo, t.changes[i].Change, limits); err != nil {
			return err
		}
		t.lowered = append(t.lowered, before-own.Billed(t.invoice.Processing))
	}
	return nil
}

// decide draws the verdict from the result.
func (t *trial) decide() {
	v := &t.verdict
	v.Billed = t.billed.Billed
	demand := t.invoice.Cases[t.bill.CaseNo].Billed(t.invoice.Processing)
	if t.result.Rejected {
		v.RejectedBy = rejecting(t.result)
		return
	}
	v.Raised = demand > v.Billed
	v.Approved = t.result.Cases[t.bill.CaseNo].Approved
	for i := range t.result.Findings {
		f := &t.result.Findings[i]
		if f.Severity == checks.Warn || f.Case >= 0 && f.Case != t.bill.CaseNo {
			continue
		}
		out := heal.Finding{Rule: f.Rule.ID, Position: f.Position, Corrected: f.Corrected, Text: f.Text()}
		if f.Case < 0 {
			out.Corrected = t.result.Cases[t.bill.CaseNo].FromInvoice
		}
		v.Findings = append(v.Findings, out)
	}
}
