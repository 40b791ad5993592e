package intake

import (
	"fmt"

	"klarbeleg/domain/billing"
	"klarbeleg/dta"
	"klarbeleg/dta/p302"
)

// read302 reads a § 302 payload, collective invoice by collective invoice.
func (r *run) read302(in Input) error {
	reader := p302.NewInvoiceReader(in.Payload, p302.Options{Zeichensatz: r.zeichensatz()})
	header := func() error { return r.header302(reader, in) }
	if err := r.each(reader.Next, header, func() error { return r.item(reader.Invoice()) }); err != nil {
		return err
	}
	if err := reader.Err(); err != nil {
		return fmt.Errorf("read delivery: %w", err)
	}
	return r.end302(reader, in)
}

// header302 takes the header at the first invoice.
func (r *run) header302(reader *p302.InvoiceReader, in Input) error {
	u := reader.UNB()
	var errs []dta.Error
	if r.report.Auftrag != nil {
		errs = p302.CheckDelivery(r.report.Auftrag, r.transfer, u, in.Size)
	}
	return r.header(mapHeader(u, reader.Version()), errs)
}

// item takes one item of the file: the head of a collective invoice, or an
// invoice.
func (r *run) item(in *p302.Invoice) error {
	if in.IsSammel {
		if err := r.endCollective(); err != nil {
			return err
		}
		return r.beginCollective(in)
	}
	r.report.Invoices++
	if in.Rejected || in.Gesamt == nil || in.SLLA == nil || (r.collective != nil && r.collective.refusedBy != "") {
		return r.unreadable(in)
	}
	if err := r.findings(in.Errors, numberOf(in).String()); err != nil {
		return err
	}
	var coll *billing.Statement
	if r.collective != nil {
		coll = &r.collective.statement
	}
	slot := r.batch.next()
	mapInvoice(in, r.report.Header, coll, slot)
	return r.add(slot)
}

// unreadable refuses an invoice whose messages, or whose collective statement,
// fail stage 1 or 2.
func (r *run) unreadable(in *p302.Invoice) error {
	if err := r.flush(); err != nil { // keep the order of the file
		return err
	}
	if err := r.findings(in.Errors, numberOf(in).String()); err != nil {
		return err
	}
	refused := billing.RefusedInvoice{Number: numberOf(in), Place: place(in.Von)}
	refused.Rule = firstFault(in.Errors)
	if refused.Rule == "" && r.collective != nil {
		refused.Rule = r.collective.refusedBy
	}
	if in.Gesamt != nil {
		var s billing.Statement
		mapStatement(in.Gesamt, &s)
		total, _ := s.Total()
		refused.Provider, refused.Billed = s.Provider, total.Amount
	}
	if r.collective != nil {
		r.collective.broken = true
	}
	r.refuse(refused)
	return nil
}

// firstFault returns the code of the first error above a warning.
func firstFault(errs []dta.Error) string {
	for i := range errs {
		if errs[i].Severity != dta.Warn {
			return errs[i].Code
		}
	}
	return ""
}

func (r *run) refuse(refused billing.RefusedInvoice) {
	r.report.Refused++
	r.report.RefusedCents += int64(refused.Billed)
	r.sink.Refuse(refused)
}

func numberOf(in *p302.Invoice) billing.InvoiceNumber {
	switch {
	case in.Gesamt != nil && in.Gesamt.REC.SammelRechnungsnummer != "":
		return number302(&in.Gesamt.REC)
	case in.SLLA != nil && in.SLLA.REC.SammelRechnungsnummer != "":
		return number302(&in.SLLA.REC)
	}
	return billing.InvoiceNumber{}
}

// end302 takes what is known only at the end of the file.
func (r *run) end302(reader *p302.InvoiceReader, in Input) error {
	stats := reader.Stats()
	r.report.Bytes, r.report.Segments = stats.Bytes, int64(stats.Segments)
	if r.report.Header == nil && reader.UNB() != nil {
		if err := r.header302(reader, in); err != nil {
			return err
		}
	}
	if err := r.endCollective(); err != nil {
		return err
	}
	return r.end(dta.CodeHeader, reader.Errors())
}
