package intake

import (
	"strings"

	"github.com/google/uuid"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

func (t *intakeTx) event(kind, topic, key, typ string, body any) store.OutboxMessage {
	return store.OutboxMessage{EventID: newID(), Kind: kind, Topic: topic, Key: key, Type: typ, Body: messages.Encode(body), At: t.now}
}

func (t *intakeTx) invoiceStatus(c *billing.Checked) store.OutboxMessage {
	inv := c.Invoice
	return t.event("invoice", messages.TopicInvoices, inv.Provider, messages.TypeInvoiceStatus, messages.InvoiceStatus{
		Invoice: inv.Number.String(), InvoiceDate: inv.Date.String(), ProviderIK: inv.Provider, PayeeIK: inv.Payee(), PayerIK: inv.Payer,
		Group: inv.Header.Group.String(), State: string(billing.StateOf(int64(c.Billed), int64(c.Corrected))),
		Billed: int64(c.Billed), Approved: int64(c.Approved), Corrected: int64(c.Corrected), DeliveryID: t.delivery.ID.String(), At: t.now,
	})
}

// cancelled announces that a Storno took an invoice back.
func (t *intakeTx) cancelled(storno *billing.Invoice, sums store.Cancelled) store.OutboxMessage {
	return t.event("invoice", messages.TopicInvoices, storno.Provider, messages.TypeInvoiceStatus, messages.InvoiceStatus{
		Invoice: storno.Number.String(), InvoiceDate: storno.Date.String(), ProviderIK: storno.Provider, PayeeIK: storno.Payee(),
		PayerIK: storno.Payer, Group: storno.Header.Group.String(), State: string(billing.InvoiceCancelled),
		Billed: int64(sums.Billed), Approved: int64(sums.Approved), Corrected: int64(sums.Corrected), DeliveryID: t.delivery.ID.String(), At: t.now,
	})
}

func (t *intakeTx) correction(c *billing.Checked, k *billing.Correction) store.OutboxMessage {
	return t.announce(k, t.record(c.Invoice, k, c.CaseIDs[k.Case]))
}

// announce makes the message of a correction record.
func (t *intakeTx) announce(k *billing.Correction, record messages.Correction) store.OutboxMessage {
	m := t.event("correction", messages.TopicCorrections, record.CaseID, messages.TypeCorrection, record)
	m.Subject = k.ID
	return m
}

// record is the correction record of a correction found at receipt.
func (t *intakeTx) record(inv *billing.Invoice, k *billing.Correction, caseID uuid.UUID) messages.Correction {
	bc := &inv.Cases[k.Case]
	body := messages.Correction{
		CorrectionID: k.ID.String(), CaseID: caseID.String(), DeliveryID: t.delivery.ID.String(), ProviderIK: inv.Provider, PayeeIK: inv.Payee(),
		PayerIK: inv.Payer, Group: inv.Header.Group.String(), Processing: int(inv.Processing), Invoice: inv.Number.String(),
		InvoiceDate: inv.Date.String(), VoucherNo: bc.VoucherNo, Rule: k.Rule, RuleVersion: k.Version, Title: k.Title, Text: k.Public,
		Segment: int(k.Place.Segment), Offset: k.Place.Offset, Billed: int64(bc.Billed(inv.Processing)), Corrected: int64(k.Amount),
		GrossCut: int64(k.GrossCut), CopayCut: int64(k.CopayCut), Heal: strings.Split(k.Heal, ";"),
		HealUntil: t.settings.Deadlines.EditableUntil(calendar.InBerlin(t.now)).String(), At: t.now,
	}
	if k.Position >= 0 {
		p := &bc.Positions[k.Position]
		body.Position = &messages.CorrectionPosition{
			Segment: int(p.Segment), Item: p.Item, Date: p.Date.String(), Quantity: int64(p.Quantity), Price: int64(p.Price),
		}
	}
	return body
}

func (t *intakeTx) receipt(r *Report) store.OutboxMessage {
	d := &t.delivery
	body := messages.Receipt{
		DeliveryID: d.ID.String(), MessageID: d.MessageID, SenderIK: d.Sender, RecipientIK: d.Recipient, Transfer: d.TransferName,
		Reference: d.Reference, Outcome: r.Outcome, ReceivedAt: t.now, Errors: t.errs, ErrorsLeftOff: t.leftOff,
		Counts: messages.ReceiptCounts{
			Invoices: r.Invoices, InvoicesRefused: r.Refused, InvoicesCancelled: r.Cancelled, CasesRefused: r.CasesRefused, Cases: r.Cases, Positions: r.Positions, Segments: r.Segments, Bytes: d.Bytes,
		},
		Sums: messages.ReceiptSums{Billed: r.Billed, Approved: r.Approved, Corrected: r.Corrected, Refused: r.RefusedCents},
	}
	if body.Errors == nil {
		body.Errors = []messages.ReceiptError{}
	}
	if d.DuplicateOf != uuid.Nil {
		body.DuplicateOf = d.DuplicateOf.String()
	}
	m := t.event("receipt", messages.TopicReceipts, d.Sender, messages.TypeReceipt, body)
	m.Subject = d.ID
	return m
}
