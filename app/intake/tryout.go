package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
	"klarbeleg/internal/blob"
	"klarbeleg/store"
)

// tryBatch is how many deliveries are listed at once.
const tryBatch = 100

// Try says what to try out.
type Try struct {
	// Rule is the rule whose effect is asked for; "" for all.
	Rule string
	// Since is the instant of receipt from which deliveries are checked again.
	Since time.Time
}

// TryChange is one case that the rule would treat otherwise than when it was
// stored. Nothing of a person is in it.
type TryChange struct {
	Delivery uuid.UUID
	Invoice  billing.InvoiceKey
	// VoucherNo is the Belegnummer, "" where the finding is about the invoice.
	VoucherNo string
	Rule      string
	// WasHit and IsHit tell whether the rule found something then and would now,
	// Before and After what it took and would take.
	WasHit, IsHit bool
	Before, After money.Cents
}

// TryResult sums a try-out up. Before and After are what was and would be corrected
// of the changed cases by all rules: their difference is what the change costs.
type TryResult struct {
	Deliveries, Invoices, Cases int
	// Changed counts cases; Hit of them are hit now and were not, Spared the reverse.
	Changed, Hit, Spared int
	Before, After        money.Cents
	// Refused counts invoices that were accepted and would be refused, with what was
	// approved of them.
	Refused int
	// Unreadable counts deliveries that cannot be checked again: their bytes or keys
	// are gone.
	Unreadable int
}

// TryOut checks stored deliveries again with the rules and lists of now, against
// what had been billed at their time, and tells what a rule would change (CHK-10).
// It stores nothing.
func (s *Service) TryOut(ctx context.Context, t Try, on func(*TryChange) error) (*TryResult, error) {
	facts, err := s.loadFacts(ctx, s.clock.Now())
	if err != nil {
		return nil, err
	}
	result := &TryResult{}
	engine := NewEngine(s.rules, s.settings.Checks)
	var after store.StoredDelivery
	for {
		list, err := s.db.AcceptedDeliveries(ctx, t.Since, after, tryBatch)
		if err != nil || len(list) == 0 {
			return result, err
		}
		for i := range list {
			if err := s.tryDelivery(ctx, engine, facts, &trySink{try: t, on: on, result: result, delivery: list[i]}); err != nil {
				return result, fmt.Errorf("delivery %s: %w", list[i].ID, err)
			}
		}
		after = list[len(list)-1]
	}
}

func (s *Service) tryDelivery(ctx context.Context, engine *Engine, facts *billing.Facts, sink *trySink) error {
	d := &sink.delivery
	at := *facts
	at.ReceivedOn = calendar.InBerlin(d.ReceivedAt)
	return s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		sink.tx = tx
		var err error
		if sink.stored, err = store.StoredFindings(ctx, tx, d.ID); err != nil {
			return err
		}
		readable, err := s.reread(ctx, engine, &at, d, sink)
		if readable {
			sink.result.Deliveries++
		} else if err == nil {
			sink.result.Unreadable++
		}
		return err
	})
}

// reread lets the engine read a stored delivery again as it came; readable is false if
// its bytes, or the key for them, are gone.
func (s *Service) reread(ctx context.Context, engine *Engine, facts *billing.Facts, d *store.StoredDelivery, sink Sink) (readable bool, err error) {
	payload, err := s.blobs.Open(ctx, d.BlobKey)
	if errors.Is(err, blob.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("open payload: %w", err)
	}
	defer func() { err = errors.Join(err, payload.Close()) }()
	in := Input{Auftrag: d.OrderFile, AuftragOptional: d.OrderFile == nil, TransferName: d.TransferName, Payload: payload, Size: d.Bytes}
	security := s.settings.Security
	security.taken = true
	o, err := security.open(ctx, in, facts, d.ReceivedAt)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	if o.refused {
		return false, nil
	}
	_, err = o.run(ctx, engine, facts, sink)
	return true, err
}

// trySink compares what the engine decides with what is stored.
type trySink struct {
	Offline
	try      Try
	on       func(*TryChange) error
	result   *TryResult
	delivery store.StoredDelivery
	tx       store.Tx
	stored   map[billing.InvoiceKey]map[store.FoundKey]money.Cents
	history  *billing.History
}

var _ BatchSink = (*trySink)(nil)

// BatchPositions makes the history query set-based.
func (*trySink) BatchPositions() int { return storeBatch }

// History loads what had been billed when the delivery came.
func (t *trySink) History(ctx context.Context, invoices []*billing.Invoice) (*billing.History, error) {
	if t.history == nil {
		t.history = billing.NewHistory()
	}
	scope := store.HistoryScope{Today: calendar.InBerlin(t.delivery.ReceivedAt), Before: t.delivery.ReceivedAt}
	return t.history, store.ExtendHistory(ctx, t.tx, invoices, scope, t.history)
}

// Finding is not needed: what counts is with the invoice.
func (*trySink) Finding(context.Context, *Finding) error { return nil }

// Refuse notes an invoice that was accepted.
func (t *trySink) Refuse(r billing.RefusedInvoice) {
	if t.try.Rule == "" || t.try.Rule == r.Rule {
		t.result.Refused++
	}
}

// Accept compares the cases of an invoice.
func (t *trySink) Accept(_ context.Context, c *billing.Checked) error {
	t.result.Invoices++
	t.result.Cases += len(c.Invoice.Cases)
	now, stored := foundNow(c), t.stored[c.Invoice.Key()]
	changed := map[int]bool{}
	for _, key := range keysOf(now, stored) {
		if key.Rule == "" || (t.try.Rule != "" && key.Rule != t.try.Rule) {
			continue
		}
		after, is := now[key]
		before, was := stored[key]
		if is == was && after == before {
			continue
		}
		changed[key.Case] = true
		t.count(is, was)
		change := TryChange{Delivery: t.delivery.ID, Invoice: c.Invoice.Key(), Rule: key.Rule, WasHit: was, IsHit: is, Before: before, After: after}
		if key.Case > 0 {
			change.VoucherNo = c.Invoice.Cases[key.Case-1].VoucherNo
		}
		if err := t.on(&change); err != nil {
			return err
		}
	}
	t.sum(c, changed)
	return nil
}

func (t *trySink) count(is, was bool) {
	switch {
	case is && !was:
		t.result.Hit++
	case was && !is:
		t.result.Spared++
	}
}

// sum adds up what is corrected of the changed cases; a change of the invoice itself
// concerns them all.
func (t *trySink) sum(c *billing.Checked, changed map[int]bool) {
	t.result.Changed += len(changed)
	for i := range c.Invoice.Cases {
		if changed[0] || changed[i+1] {
			t.result.Before += t.stored[c.Invoice.Key()][store.FoundKey{Case: i + 1}]
			t.result.After += c.CaseCorrected[i]
		}
	}
}

// foundNow returns what each rule takes of each case of the invoice.
func foundNow(c *billing.Checked) map[store.FoundKey]money.Cents {
	now := map[store.FoundKey]money.Cents{}
	for i := range c.Findings {
		f := &c.Findings[i]
		now[store.FoundKey{Case: f.Case + 1, Rule: f.Rule}] += f.Corrected
	}
	return now
}

// keysOf returns the keys of then and now in the order of the file.
func keysOf(now, stored map[store.FoundKey]money.Cents) []store.FoundKey {
	all := slices.AppendSeq(slices.Collect(maps.Keys(now)), maps.Keys(stored))
	slices.SortFunc(all, func(a, b store.FoundKey) int { return cmp.Or(a.Case-b.Case, cmp.Compare(a.Rule, b.Rule)) })
	return slices.Compact(all)
}
