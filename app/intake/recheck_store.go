package intake

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/billing/heal"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

// Recheck checks a case again that its provider has completed, and takes the decision
// over in the same transaction (CHK-7): other corrections are in force, announced and
// booked, the invoice has other sums. What stays open goes into a case of its own. A
// verdict that refuses the changes leaves everything as it was. The caller has locked
// the case.
func (s *Service) Recheck(ctx context.Context, tx store.Tx, bill *heal.Bill, c store.WorkCase, billed *store.BilledCase) (*heal.Verdict, error) {
	if err := store.LockProvider(ctx, tx, c.ProviderIK); err != nil {
		return nil, err
	}
	account, err := store.LockInvoice(ctx, tx, c.InvoiceID)
	if err != nil {
		return nil, err
	}
	changes, err := store.InvoiceChanges(ctx, tx, &c)
	if err != nil {
		return nil, err
	}
	t := &trial{Service: s, bill: bill, billed: billed, changes: changes}
	if err := t.run(ctx, tx); err != nil {
		return nil, err
	}
	old, err := store.CorrectionsInForce(ctx, tx, c.CaseID)
	if err != nil {
		return nil, err
	}
	d := &decision{trial: t, kase: c, account: account, old: old, now: s.clock.Now()}
	v := &t.verdict
	was := v.Billed - sumOf(old)
	v.Paid = !v.Refused() && was-v.Approved > account.Open
	if v.Refused() {
		v.Approved = was
		return v, nil
	}
	return v, d.take(ctx, tx)
}

func sumOf(list []store.CaseCorrection) (sum money.Cents) {
	for i := range list {
		sum += list[i].Amount
	}
	return sum
}

// decision is a re-check whose verdict is taken over.
type decision struct {
	*trial
	kase    store.WorkCase
	account store.LedgerInvoice
	old     []store.CaseCorrection
	now     time.Time
	list    []store.RecheckCorrection
}

// take stores, books and announces the decision.
func (d *decision) take(ctx context.Context, tx store.Tx) error {
	d.collect()
	r := &store.Rechecked{
		Case: d.kase, Billed: *d.billed, Invoice: d.invoice, Run: d.kase.CheckRun + 1, At: d.now, Corrections: d.list,
		Successor: d.verdict.Successor, EditableUntil: d.settings.Deadlines.EditableUntil(calendar.InBerlin(d.now)).EndInBerlin(),
		Findings: d.found(), Bookings: d.bookings(), State: d.account.State,
	}
	more := d.verdict.Approved - (d.verdict.Billed - sumOf(d.old))
	r.Approved, r.Corrected = d.account.Approved+more, d.account.Corrected-more
	if more != 0 {
		var ok bool
		if r.State, ok = d.account.State.Rechecked(int64(d.account.Billed), int64(r.Corrected)); !ok {
			return fmt.Errorf("invoice in state %q cannot be checked again", d.account.State)
		}
	}
	if err := store.StoreRecheck(ctx, tx, r); err != nil {
		return err
	}
	return store.AddOutbox(ctx, tx, d.messages(r)...)
}

// collect lists the corrections in force from now on: what the rules take, and what the
// provider's own changes lower. It panics if the sum is not what is not approved.
func (d *decision) collect() {
	for i := range d.result.Findings {
		f := &d.result.Findings[i]
		amount := f.Corrected
		if f.Case < 0 {
			if f.Corrected == 0 {
				continue
			}
			amount = d.result.Cases[d.bill.CaseNo].FromInvoice
		} else if f.Case != d.bill.CaseNo {
			continue
		}
		if amount > 0 {
			d.add(ruleCorrection(f, d.bill.CaseNo, amount))
		}
	}
	left := d.verdict.Billed - d.invoice.Cases[d.bill.CaseNo].Billed(d.invoice.Processing)
	for i := range d.changes {
		if amount := min(d.lowered[i], left); amount > 0 {
			left -= amount
			d.add(changeCorrection(&d.changes[i], d.bill.CaseNo, amount))
		}
	}
	var sum money.Cents
	for i := range d.list {
		sum += d.list[i].Amount
	}
	if left != 0 || sum != d.verdict.Billed-d.verdict.Approved {
		panic(fmt.Sprintf("intake: re-check corrects %d, approves %d of %d cents", sum, d.verdict.Approved, d.verdict.Billed))
	}
}

// ruleCorrection is what a finding takes of the case.
func ruleCorrection(f *checks.Finding, caseNo int, amount money.Cents) store.RecheckCorrection {
	k := store.RecheckCorrection{Correction: billing.Correction{
		ID: newID(), Case: caseNo, Position: f.Position, Place: f.Place, Rule: f.Rule.ID, Version: f.Rule.Version, Title: f.Rule.Title,
		Text: f.Text(), Public: publicText(f), Heal: f.Rule.Heal, Amount: amount, GrossCut: f.GrossCut, CopayCut: f.CopayCut,
	}}
	if f.Case < 0 {
		k.Position, k.GrossCut, k.CopayCut = -1, amount, 0
	}
	return k
}

// changeCorrection is what a provider's change lowers: for the reason of the
// correction that it heals, and settled with it.
func changeCorrection(c *store.CaseChange, caseNo int, amount money.Cents) store.RecheckCorrection {
	return store.RecheckCorrection{
		SettledBy: billing.CorrectionHeal,
		Correction: billing.Correction{
			ID: newID(), Case: caseNo, Position: c.Position, Rule: c.Rule, Version: c.Version, Text: c.Text, Heal: c.Heal,
			Amount: amount, GrossCut: amount,
		},
	}
}

// add adds a correction. One for the same reason on the same line is one correction
// (INV-7), and is open if either is. What the provider has accepted stays settled.
func (d *decision) add(k store.RecheckCorrection) {
	same := func(rule string, position int) bool { return rule == k.Rule && position == k.Position }
	if i := slices.IndexFunc(d.list, func(o store.RecheckCorrection) bool { return same(o.Rule, o.Position) }); i >= 0 {
		join(&d.list[i].Correction, &k.Correction)
		return
	}
	accepted := slices.ContainsFunc(d.old, func(o store.CaseCorrection) bool {
		return same(o.Rule, o.Position) && o.SettledBy == billing.CorrectionAccept && k.Amount <= o.Amount
	})
	if accepted {
		k.SettledBy = billing.CorrectionAccept
	}
	if k.SettledBy == "" && d.verdict.Successor == uuid.Nil {
		d.verdict.Successor = newID()
	}
	d.list = append(d.list, k)
}

// bookings moves between open and corrected what is healed and what is new.
func (d *decision) bookings() (list []billing.Booking) {
	var healed, fresh money.Cents
	type reason struct {
		rule     string
		position int
	}
	amounts := map[reason]money.Cents{}
	for i := range d.old {
		amounts[reason{d.old[i].Rule, d.old[i].Position}] -= d.old[i].Amount
	}
	for i := range d.list {
		amounts[reason{d.list[i].Rule, d.list[i].Position}] += d.list[i].Amount
	}
	for _, change := range amounts {
		healed += max(0, -change)
		fresh += max(0, change)
	}
	if healed > 0 {
		list = append(list, billing.BookHealing(d.kase.InvoiceID, healed))
	}
	if fresh > 0 {
		list = append(list, billing.BookCorrection(d.kase.InvoiceID, fresh))
	}
	return list
}

// found is the log of the re-check: the findings about the case and its invoice.
func (d *decision) found() (list []billing.Found) {
	for i := range d.result.Findings {
		f := &d.result.Findings[i]
		if f.Case >= 0 && f.Case != d.bill.CaseNo {
			continue
		}
		list = append(list, billing.Found{
			Rule: f.Rule.ID, Version: f.Rule.Version, Severity: f.Severity.String(), Case: f.Case, Position: f.Position,
			Place: f.Place, Tag: f.Tag, Billed: f.Billed, Corrected: f.Corrected, Params: params(f),
		})
	}
	return list
}

// messages announces the corrections and the new sums of the invoice.
func (d *decision) messages(r *store.Rechecked) (out []store.OutboxMessage) {
	t := &intakeTx{Service: d.Service, now: d.now}
	t.delivery.ID = d.billed.Delivery.ID
	for i := range d.list {
		k := &d.list[i]
		owner, until := d.kase.ID, d.kase.EditableUntil
		if k.SettledBy == "" {
			owner, until = d.verdict.Successor, r.EditableUntil
		} else if k.Public == "" {
			d.describe(k)
		}
		record := t.record(d.invoice, &k.Correction, owner)
		record.Billed, record.CheckRun, record.Settled = int64(d.verdict.Billed), r.Run, string(k.SettledBy)
		record.HealUntil = calendar.InBerlin(until.Add(-time.Nanosecond)).String()
		out = append(out, t.announce(&k.Correction, record))
	}
	inv := d.invoice
	return append(out, t.event("invoice", messages.TopicInvoices, inv.Provider, messages.TypeInvoiceStatus, messages.InvoiceStatus{
		Invoice: inv.Number.String(), InvoiceDate: inv.Date.String(), ProviderIK: inv.Provider, PayeeIK: inv.Payee(), PayerIK: inv.Payer,
		Group: inv.Header.Group.String(), State: string(r.State), Billed: int64(d.account.Billed), Approved: int64(r.Approved),
		Corrected: int64(r.Corrected), DeliveryID: d.billed.Delivery.ID.String(), At: d.now,
	}))
}

// describe completes a correction that no finding of this check describes, without any
// value: its text was written by an earlier one.
func (d *decision) describe(k *store.RecheckCorrection) {
	i := slices.IndexFunc(d.rules, func(r checks.Rule) bool { return r.ID == k.Rule })
	if i < 0 {
		panic("intake: no rule " + k.Rule)
	}
	rule := &d.rules[i]
	k.Title, k.Public = rule.Title, checks.Finding{Rule: rule}.Text()
	k.Place = d.invoice.Cases[k.Case].Place
	if k.Position >= 0 {
		k.Place = d.invoice.Cases[k.Case].Positions[k.Position].Place
	}
}
