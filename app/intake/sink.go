package intake

import (
	"context"
	"strconv"
	"strings"

	"klarbeleg/checks"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/dta/secon"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

// flushOutboxBytes is the size of buffered messages at which they are written.
const flushOutboxBytes = 1 << 20

// intakeTx takes what the engine decides and stores it.
var _ BatchSink = (*intakeTx)(nil)

// BatchPositions makes the history query set-based.
func (*intakeTx) BatchPositions() int { return storeBatch }

// Header refuses a signed payload of another sender than its Auftragsdatei names,
// which nobody signs (DTA-5), and an interchange reference that was accepted before
// with other content: P1009 in § 302, IV-D02 in § 295, where a gap is a warning too,
// APO-D07 in § 300, whose reference is the logical file name.
func (t *intakeTx) Header(ctx context.Context, h *billing.Header) ([]Finding, error) {
	if t.sealedFor != "" && !strings.HasPrefix(h.Sender, t.sealedFor) {
		refusal := secon.Error{Kind: secon.ErrNotEntitled}
		finding := refusal.Finding()
		return []Finding{fromDTA(&finding, "")}, nil
	}
	t.sender = h.Sender
	earlier, found, err := store.FindSameReference(ctx, t.tx, h)
	if err != nil {
		return nil, err
	}
	on := calendar.InBerlin(earlier.ReceivedAt).German()
	var f Finding
	switch {
	case found && h.Group == billing.GroupIntegrated:
		f = t.rule("IV-D02", map[string]string{"grund": "Die Dateinummer " + h.Reference + " wurde bereits am " + on + " angenommen."})
	case found && h.Group == billing.GroupPharmacy:
		f = t.rule("APO-D07", map[string]string{"grund": "Eine Datei " + h.Reference + " wurde bereits am " + on + " angenommen."})
	case found:
		f = t.rule("P1009", map[string]string{"ref": h.Reference, "datum": on})
	case h.Group == billing.GroupIntegrated:
		return t.gap(ctx, h)
	case h.Group == billing.GroupPharmacy:
		return t.correctionOrder(ctx, h)
	default:
		return nil, nil
	}
	t.delivery.DuplicateOf = earlier.ID
	f.Segment, f.Offset, f.Tag = int(h.Segment), h.Offset, "UNB"
	return []Finding{f}, nil
}

// gap warns if the Dateinummer does not follow the last one of the same partners.
func (t *intakeTx) gap(ctx context.Context, h *billing.Header) ([]Finding, error) {
	last, found, err := store.LastReference(ctx, t.tx, h)
	if err != nil || !found || follows(last, h.Reference) {
		return nil, err
	}
	f := t.rule("IV-D02", map[string]string{"grund": "Die Dateinummer " + h.Reference + " folgt nicht auf die zuletzt angenommene " + last + "."})
	f.Segment, f.Offset, f.Tag, f.Severity = int(h.Segment), h.Offset, "UNB", checks.Warn.String()
	return []Finding{f}, nil
}

// follows reports whether the five-digit number at the start of next is that
// behind last; after 99999 comes 00001.
func follows(last, next string) bool {
	a, errA := strconv.Atoi(last[:min(5, len(last))])
	b, errB := strconv.Atoi(next[:min(5, len(next))])
	return errA == nil && errB == nil && b == a%99999+1
}

// rule returns a finding of a rule that the intake itself decides.
func (t *intakeTx) rule(id string, values map[string]string) Finding {
	r, ok := catalogue.ByID(id)
	if !ok {
		panic("intake: the catalogue has no rule " + id)
	}
	f := checks.Finding{Rule: r, Severity: r.Severity, Scope: r.Scope, Case: -1, Position: -1}
	for name, value := range values {
		f.Params = append(f.Params, checks.Param{Name: name, Value: value})
	}
	return fromCheck(&f, "", "")
}

// History loads what was billed before.
func (t *intakeTx) History(ctx context.Context, invoices []*billing.Invoice) (*billing.History, error) {
	if err := t.writer.Flush(ctx); err != nil { // the delivery itself is part of the history
		return nil, err
	}
	return store.LoadHistory(ctx, t.tx, invoices, t.facts.ReceivedOn)
}

// stornoDiffers is the one warning about a Storno, which no stored invoice keeps.
const stornoDiffers = "IV-K04"

// Finding keeps what belongs into the receipt: faults that refuse something,
// warnings of stages 1 and 2 and about Stornos. Corrections travel as correction
// records, other warnings stay with the invoice.
func (t *intakeTx) Finding(_ context.Context, f *Finding) error {
	refuses := strings.HasPrefix(f.Severity, "reject_")
	if !refuses && f.Stage > 2 && f.Rule != stornoDiffers {
		return nil
	}
	if len(t.errs) == maxReceiptErrors {
		t.leftOff++
		return nil
	}
	t.errs = append(t.errs, messages.ReceiptError{
		Stage: f.Stage, Code: f.Rule, Severity: f.Severity, Scope: f.Scope, Invoice: f.Invoice, Segment: f.Segment, Offset: f.Offset,
		Tag: f.Tag, Element: f.Element, Component: f.Component, Text: f.Public(),
	})
	return nil
}

// Accept stores the invoice and announces it and its corrections.
func (t *intakeTx) Accept(ctx context.Context, c *billing.Checked) error {
	if err := t.writer.Add(ctx, c); err != nil {
		return err
	}
	t.outbox.Add(t.invoiceStatus(c))
	for i := range c.Corrections {
		t.outbox.Add(t.correction(c, &c.Corrections[i]))
	}
	if t.outbox.Bytes() >= flushOutboxBytes {
		return t.flush(ctx)
	}
	return nil
}

// Refuse remembers an invoice that is not processed.
func (t *intakeTx) Refuse(r billing.RefusedInvoice) { t.refused = append(t.refused, r) }

// Cancel takes an invoice back and announces it.
func (t *intakeTx) Cancel(ctx context.Context, storno *billing.Invoice) error {
	sums, err := t.writer.Cancel(ctx, storno.SingleKey())
	if err != nil {
		return err
	}
	t.outbox.Add(t.cancelled(storno, sums))
	return nil
}

// BeginCollective writes what came before, so that a savepoint separates it from
// what follows.
func (t *intakeTx) BeginCollective(ctx context.Context) error {
	if err := t.flush(ctx); err != nil {
		return err
	}
	return t.tx.Savepoint(ctx)
}

// EndCollective keeps the invoices of the collective invoice or takes them back.
func (t *intakeTx) EndCollective(ctx context.Context, keep bool) error {
	if !keep {
		return t.takeBack(ctx)
	}
	if err := t.writer.Wait(); err != nil {
		return err
	}
	return t.tx.ReleaseSavepoint(ctx)
}

// takeBack undoes everything since the newest savepoint.
func (t *intakeTx) takeBack(ctx context.Context) error {
	t.outbox.Discard()
	if err := t.writer.Discard(); err != nil {
		return err
	}
	return t.tx.RollbackToSavepoint(ctx)
}

func (t *intakeTx) flush(ctx context.Context) error {
	if err := t.writer.Flush(ctx); err != nil {
		return err
	}
	return t.outbox.Flush(ctx, t.tx)
}
