package intake

import (
	"fmt"
	"strings"

	"klarbeleg/checks/formal"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
	"klarbeleg/dta"
	"klarbeleg/dta/p295"
)

var procedure295 = procedure{
	missingAuftrag: func() dta.Error {
		return p295.NewError(p295.CodeDatei, "Zur Nutzdatendatei wurde keine Auftragsdatei übermittelt.")
	},
	read: (*run).read295,
}

// read295 reads a § 295 payload, Rechnungsbeleg by Rechnungsbeleg (DTA-4).
func (r *run) read295(in Input) error {
	reader := p295.NewReader(in.Payload, p295.Options{Zeichensatz: r.zeichensatz(), Eingang: dta.Datum(r.facts.ReceivedOn.Compact())})
	header := func() error { return r.header295(reader, in) }
	if err := r.each(reader.Next, header, func() error { return r.item295(reader.Nachricht()) }); err != nil {
		return err
	}
	if err := reader.Err(); err != nil {
		return fmt.Errorf("read delivery: %w", err)
	}
	stats := reader.Stats()
	r.report.Bytes, r.report.Segments = stats.Bytes, int64(stats.Segments)
	if r.report.Header == nil && reader.UNB() != nil {
		if err := header(); err != nil {
			return err
		}
	}
	return r.end(p295.CodeDatei, reader.Errors())
}

func (r *run) header295(reader *p295.Reader, in Input) error {
	u := reader.UNB()
	var errs []dta.Error
	if r.report.Auftrag != nil {
		errs = p295.CheckDelivery(r.report.Auftrag, r.transfer, u, in.Size)
	}
	return r.header(mapHeader295(u), errs)
}

// item295 takes one Rechnungsbeleg. A Storno counts as an invoice only if it is
// refused.
func (r *run) item295(n *p295.Nachricht) error {
	number := number295(n)
	report := n.Errors
	if !n.Rejected {
		report = nil
		for i := range n.Errors {
			if !formal.IsWireRule(n.Errors[i].Code) { // those are findings of the case
				report = append(report, n.Errors[i])
			}
		}
	} else if err := r.flush(); err != nil { // keep the order of the file
		return err
	}
	if err := r.findings(report, number.String()); err != nil {
		return err
	}
	if n.Rejected {
		r.report.Invoices++
		r.refuse(billing.RefusedInvoice{
			Number: number, Provider: strings.Clone(n.RGI.RechnungsstellerIK), Billed: max(0, money.Cents(n.Betrag())), Rule: firstFault(n.Errors), Place: place(n.Von),
		})
		return nil
	}
	slot := r.batch.next()
	mapInvoice295(n, r.report.Header, slot)
	if slot.Processing != billing.Cancellation {
		r.report.Invoices++
	}
	return r.add(slot)
}
