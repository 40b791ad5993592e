package intake

import (
	"fmt"

	"klarbeleg/dta/p300"
	"klarbeleg/dta/p300/ta7"
)

var procedureTA7 = procedure{missingAuftrag: p300.MissingAuftrag, read: (*run).readTA7}

// readTA7 reads a TA7 file prescription by prescription (DTA-3). Its prescriptions
// are billed by the ABRP file; here they are checked and kept for the comparison.
func (r *run) readTA7(in Input) error {
	reader := ta7.NewReader(in.Payload, p300.Options{})
	header := func() error { return r.headerTA7(reader, in) }
	if err := r.each(reader.Next, header, func() error { return r.itemTA7(reader.Rezept(), reader.Rechnung().Rechnungsnummer) }); err != nil {
		return err
	}
	if err := reader.Err(); err != nil {
		return fmt.Errorf("read delivery: %w", err)
	}
	r.report.Bytes = reader.Bytes()
	if r.report.Header == nil && reader.Rechnung().AbsenderIK != "" {
		if err := header(); err != nil {
			return err
		}
	}
	if err := r.end(p300.CodeUnlesbar, reader.Errors()); err != nil {
		return err
	}
	return r.pharmacyFile(&pharmacyFile{kind: "TA7", invoices: []string{reader.Rechnung().Rechnungsnummer}})
}

func (r *run) headerTA7(reader *ta7.Reader, in Input) error {
	k := reader.Rechnung().Kopfdaten()
	return r.header(mapHeaderTA7(reader.Rechnung()), r.check300(&k, in.Size))
}

func (r *run) itemTA7(z *ta7.Rezept, invoice string) error {
	r.report.Cases++
	if err := r.findings(z.Errors, invoice); err != nil {
		return err
	}
	e, ok := mapERezept(z, invoice)
	if z.Rejected || !ok {
		r.report.CasesRefused++
		return nil
	}
	return r.sink.ERezept(r.ctx, &e)
}
