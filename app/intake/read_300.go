package intake

import (
	"encoding/json"
	"fmt"
	"slices"

	"klarbeleg/checks/formal"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
	"klarbeleg/dta"
	"klarbeleg/dta/p300"
)

var procedure300 = procedure{missingAuftrag: p300.MissingAuftrag, read: (*run).read300}

// read300 reads a § 300 file of prescriptions (ABRP) or invoices (RECP), message by
// message (DTA-3). Any fault of stages 1 to 3 rejects the file (TA3 section 6).
func (r *run) read300(in Input) error {
	reader := p300.NewReader(in.Payload, p300.Options{})
	file := pharmacyFile{abgleich: p300.NewAbgleich()}
	header := func() error { return r.header300(reader, in) }
	if err := r.each(reader.Next, header, func() error { return r.item300(reader.Message(), &file) }); err != nil {
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
	if err := r.end(p300.CodeUnlesbar, reader.Errors()); err != nil {
		return err
	}
	return r.pharmacyFile(&file)
}

func (r *run) header300(reader *p300.Reader, in Input) error {
	u := reader.UNB()
	k := u.Kopfdaten()
	return r.header(mapHeader300(u), r.check300(&k, in.Size))
}

// check300 compares a file of § 300 with its Auftragsdatei.
func (r *run) check300(k *p300.Kopfdaten, size int64) []dta.Error {
	if r.report.Auftrag == nil {
		return nil
	}
	return p300.CheckDelivery(r.report.Auftrag, r.transfer, k, size)
}

// pharmacyFile collects what a file leaves to be reconciled.
type pharmacyFile struct {
	kind     string
	invoices []string
	abgleich *p300.Abgleich // nil for TA7
}

func (f *pharmacyFile) add(invoice string) {
	if !slices.Contains(f.invoices, invoice) {
		f.invoices = append(f.invoices, invoice)
	}
}

// pharmacyFile hands the file over, unless it is rejected.
func (r *run) pharmacyFile(f *pharmacyFile) error {
	if r.rejected != "" || len(f.invoices) == 0 {
		return nil
	}
	out := &billing.PharmacyFile{Kind: f.kind, Name: r.report.Header.Reference, Invoices: f.invoices}
	if f.abgleich != nil {
		var err error
		if out.Sums, err = json.Marshal(f.abgleich); err != nil {
			return fmt.Errorf("keep sums: %w", err)
		}
	}
	return r.sink.PharmacyFile(r.ctx, out)
}

func (r *run) item300(m *p300.Message, file *pharmacyFile) error {
	number := number300(m).String()
	report := slices.DeleteFunc(slices.Clone(m.Errors), func(e dta.Error) bool {
		return m.ABRP != nil && !m.Rejected && formal.IsWireRule(e.Code) // those are findings of the case
	})
	if err := r.findings(report, number); err != nil {
		return err
	}
	switch {
	case m.Rejected || m.ABRP == nil && m.RECP == nil:
		return r.refuse300(m)
	case m.RECP != nil:
		r.report.Statements++
		file.kind = "RECP"
		file.add(m.RECP.REC.Rechnungsnummer)
		file.abgleich.Add(m)
		return nil
	}
	r.report.Invoices++
	slot := r.batch.next()
	mapInvoice300(m, r.report.Header, slot)
	if slot.Billed() < 0 {
		return r.negative300(m, slot)
	}
	file.kind = "ABRP"
	file.add(m.ABRP.REC.Rechnungsnummer)
	file.abgleich.Add(m)
	return r.add(slot)
}

func (r *run) refuse300(m *p300.Message) error {
	if err := r.flush(); err != nil { // keep the order of the file
		return err
	}
	r.report.Invoices++
	refused := billing.RefusedInvoice{Number: number300(m), Provider: m.IK(), Rule: firstFault(m.Errors), Place: place(m.UNH.Ort)}
	if m.ABRP != nil {
		for i := range m.ABRP.Verordnungen {
			b := &m.ABRP.Verordnungen[i].BES
			refused.Billed += max(0, money.Cents(b.GesamtSVBrutto-b.GesamtZuzahlung))
		}
	}
	r.refuse(refused)
	return nil
}

// negative300 refuses an invoice that demands less than nothing: single
// prescriptions may, where discount and co-payment are above the price.
func (r *run) negative300(m *p300.Message, slot *billing.Invoice) error {
	e := p300.NewError(p300.CodeRechnung, "Die Summe der Verordnungen ist negativ.")
	e.Segment, e.Offset, e.Tag = int(m.UNH.Ort.Segment), m.UNH.Ort.Offset, "UNH"
	number := slot.Number
	r.batch.used-- // the slot is free again
	if err := r.findings([]dta.Error{e}, number.String()); err != nil {
		return err
	}
	r.refuse(billing.RefusedInvoice{Number: number, Provider: m.IK(), Rule: e.Code, Place: place(m.UNH.Ort)})
	return nil
}
