package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// flushBytes is the size of buffered positions at which the writer sends its
// rows: large enough for COPY to run at full speed, small enough that the next
// invoices are checked while these are written.
const flushBytes = 256 << 10

// InvoiceWriter stores the checked invoices of one delivery by COPY, inside one
// transaction. It writes one set of buffers while the other is filled, so between
// an Add and the next Wait, Flush or Close the transaction is the writer's alone.
type InvoiceWriter struct {
	tx         Tx
	delivery   uuid.UUID
	now        time.Time
	receivedOn calendar.Date
	deadlines  billing.CaseDeadlines
	invoiceIDs idSource
	caseIDs    idSource
	corrected  []money.Cents // scratch: by position of the invoice
	firstNo    []int         // scratch: number of positions before each case

	cancelled []int64 // ids of the invoices that Stornos of the delivery took back

	rowBuffers            // being filled
	spare      rowBuffers // being written, or empty
	writing    chan error // nil while nothing is being written
}

// rowBuffers are the rows of the tables that a delivery fills.
type rowBuffers struct {
	invoices, cases, positions, findings, correctionCases, corrections, prescriptions *copyTable
}

// NewInvoiceWriter returns a writer for the delivery received at now.
func NewInvoiceWriter(tx Tx, delivery uuid.UUID, now time.Time, deadlines billing.CaseDeadlines) *InvoiceWriter {
	return &InvoiceWriter{
		tx: tx, delivery: delivery, now: now, receivedOn: calendar.InBerlin(now), deadlines: deadlines,
		invoiceIDs: idSource{sequence: "invoice_id_block"},
		caseIDs:    idSource{sequence: "case_id_block"},
		rowBuffers: newRowBuffers(), spare: newRowBuffers(),
	}
}

func newRowBuffers() rowBuffers {
	return rowBuffers{
		invoices: newCopyTable("invoice", "id, delivery_id, received_on, provider_group, collective_number, single_number, "+
			"invoice_date, kind, processing_code, provider_ik, payer_ik, fund_ik, biller_ik, payee_ik, segment, byte_offset, "+
			"cases, positions, billed_cents, approved_cents, corrected_cents, state, created_at"),
		cases: newCopyTable("billing_case", "id, invoice_id, received_on, no, voucher_no, kvnr, segment, byte_offset, positions, "+
			"billed_cents, corrected_cents, document"),
		positions: newCopyTable("position", "received_on, invoice_id, no, case_id, segment, byte_offset, billing_code, tariff, item, "+
			"quantity, price_cents, vat_cents, copay_cents, service_date, corrected_cents, line_key, extra"),
		findings: newCopyTable("finding", "received_on, invoice_id, case_id, position_no, rule, rule_version, severity, segment, "+
			"byte_offset, billed_cents, corrected_cents, params"),
		correctionCases: newCopyTable("correction_case", "id, case_id, invoice_id, provider_ik, payee_ik, provider_group, voucher_no, "+
			"corrected_cents, state, provided_at, editable_until"),
		corrections: newCopyTable("correction", "id, invoice_id, case_id, position_no, correction_case_id, rule_code, rule_version, "+
			"amount_cents, gross_cut_cents, copay_cut_cents, text, heal, created_at"),
		prescriptions: newCopyTable("prescription", "case_id, invoice_id, received_on, voucher_no, prescription_id, gross_cents, copay_cents"),
	}
}

// Add stores one checked invoice. It panics if the sums do not agree: that would
// be a fault of the program, not of the data (CHK-3).
func (w *InvoiceWriter) Add(ctx context.Context, c *billing.Checked) error {
	assertSums(c)
	id, err := w.take(ctx, &w.invoiceIDs)
	if err != nil {
		return err
	}
	positions := w.spreadCorrections(c)
	w.addInvoice(id, c, positions)
	caseIDs, err := w.addCases(ctx, id, c)
	if err != nil {
		return err
	}
	w.addFindings(id, c, caseIDs)
	w.addCorrections(id, c, caseIDs)
	w.addPrescriptions(id, c, caseIDs)
	if w.positions.buf.Len() >= flushBytes {
		return w.start(ctx)
	}
	return nil
}

// take hands out an id; a new block needs the connection to itself.
func (w *InvoiceWriter) take(ctx context.Context, ids *idSource) (int64, error) {
	if ids.next == ids.end {
		if err := w.Wait(); err != nil {
			return 0, err
		}
	}
	return ids.take(ctx, w.tx)
}

// start writes what is buffered beside the caller.
func (w *InvoiceWriter) start(ctx context.Context) error {
	if err := w.Wait(); err != nil {
		return err
	}
	w.rowBuffers, w.spare = w.spare, w.rowBuffers
	w.writing = make(chan error, 1)
	go func(rows rowBuffers, done chan<- error) {
		done <- rows.flush(ctx, w.tx)
	}(w.spare, w.writing)
	return nil
}

// Wait waits until nothing is being written; then the transaction is free.
func (w *InvoiceWriter) Wait() error {
	if w.writing == nil {
		return nil
	}
	err := <-w.writing
	w.writing = nil
	return err
}

// Flush writes what is buffered and waits for it.
func (w *InvoiceWriter) Flush(ctx context.Context) error {
	if err := w.Wait(); err != nil {
		return err
	}
	return w.flush(ctx, w.tx)
}

// Discard forgets what is buffered; the caller rolls back what was sent.
func (w *InvoiceWriter) Discard() error {
	err := w.Wait()
	w.cancelled = nil
	for _, t := range w.tables() {
		t.buf.Reset()
		t.rows, t.open = 0, false
	}
	return err
}

// tables lists the buffers in the order in which rows may refer to each other.
func (b *rowBuffers) tables() []*copyTable {
	return []*copyTable{b.invoices, b.cases, b.positions, b.findings, b.correctionCases, b.corrections, b.prescriptions}
}

func (b *rowBuffers) flush(ctx context.Context, tx Tx) error {
	for _, t := range b.tables() {
		if err := t.flush(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// Close sends the rest and books the delivery's invoices in the ledger:
// billed -x / open +x, and open -c / corrected +c (docs/decisions/0010-ledger.md).
func (w *InvoiceWriter) Close(ctx context.Context) error {
	if err := w.Flush(ctx); err != nil {
		return err
	}
	if err := bookAccepted(ctx, w.tx, w.delivery, w.now); err != nil {
		return err
	}
	return bookCancelled(ctx, w.tx, w.cancelled, w.now)
}

// Cancelled are the sums of an invoice that a Storno took back.
type Cancelled struct {
	Billed, Approved, Corrected money.Cents
}

// Cancel takes back the accepted § 295 invoice with the key. What is still open of
// it is booked back at Close; what was paid stays until it is set off
// (docs/decisions/0010-ledger.md). It panics if there is none: the rule IV-K03 has looked,
// and the provider is locked.
func (w *InvoiceWriter) Cancel(ctx context.Context, key billing.SingleKey) (c Cancelled, err error) {
	if err := w.Flush(ctx); err != nil {
		return c, err
	}
	var id int64
	err = w.tx.QueryRow(ctx, `update invoice set state = 'cancelled'
		where provider_ik = $1 and single_number = $2 and provider_group = '295' and state <> 'cancelled'
		returning id, billed_cents, approved_cents, corrected_cents`, key.Provider, key.Number).Scan(&id, &c.Billed, &c.Approved, &c.Corrected)
	if errors.Is(err, pgx.ErrNoRows) {
		panic("store: no invoice to cancel")
	}
	if err != nil {
		return c, fmt.Errorf("cancel invoice: %w", err)
	}
	w.cancelled = append(w.cancelled, id)
	return c, nil
}

func assertSums(c *billing.Checked) {
	var cases, corrections money.Cents
	for _, v := range c.CaseCorrected {
		cases += v
	}
	for i := range c.Corrections {
		corrections += c.Corrections[i].Amount
	}
	if c.Billed != c.Approved+c.Corrected || cases != c.Corrected || corrections != c.Corrected || c.Approved < 0 || c.Corrected < 0 {
		panic(fmt.Sprintf("store: sums disagree: billed %d, approved %d, corrected %d, cases %d, corrections %d",
			c.Billed, c.Approved, c.Corrected, cases, corrections))
	}
}

// spreadCorrections sums the corrections by position of the invoice and returns
// the number of positions.
func (w *InvoiceWriter) spreadCorrections(c *billing.Checked) int {
	n := 0
	w.firstNo = w.firstNo[:0]
	for i := range c.Invoice.Cases {
		w.firstNo = append(w.firstNo, n)
		n += len(c.Invoice.Cases[i].Positions)
	}
	if cap(w.corrected) < n {
		w.corrected = make([]money.Cents, n)
	}
	w.corrected = w.corrected[:n]
	clear(w.corrected)
	for i := range c.Corrections {
		if k := &c.Corrections[i]; k.Position >= 0 {
			w.corrected[w.firstNo[k.Case]+k.Position] += k.Amount
		}
	}
	return n
}

func (w *InvoiceWriter) addInvoice(id int64, c *billing.Checked, positions int) {
	inv, t := c.Invoice, w.invoices
	t.int(id)
	t.uuid(w.delivery)
	t.date(w.receivedOn)
	t.text(inv.Header.Group.String())
	t.text(inv.Number.Collective)
	t.text(inv.Number.Single)
	t.date(inv.Date)
	t.int(int64(inv.Kind - '0'))
	t.int(int64(inv.Processing))
	t.text(inv.Provider)
	t.text(inv.Payer)
	t.text(inv.Fund)
	t.text(inv.Biller)
	t.text(inv.Payee())
	t.int(int64(inv.Place.Segment))
	t.int(inv.Place.Offset)
	t.int(int64(len(inv.Cases)))
	t.int(int64(positions))
	t.int(int64(c.Billed))
	t.int(int64(c.Approved))
	t.int(int64(c.Corrected))
	t.text(string(billing.StateOf(int64(c.Billed), int64(c.Corrected))))
	t.time(w.now)
	t.end()
}

func (w *InvoiceWriter) addCases(ctx context.Context, invoiceID int64, c *billing.Checked) ([]int64, error) {
	ids := make([]int64, len(c.Invoice.Cases))
	no := 0
	for i := range c.Invoice.Cases {
		bc := &c.Invoice.Cases[i]
		id, err := w.take(ctx, &w.caseIDs)
		if err != nil {
			return nil, err
		}
		ids[i] = id
		t := w.cases
		t.int(id)
		t.int(invoiceID)
		t.date(w.receivedOn)
		t.int(int64(i + 1))
		t.text(bc.VoucherNo)
		t.text(bc.KVNR)
		t.int(int64(bc.Segment))
		t.int(bc.Offset)
		t.int(int64(len(bc.Positions)))
		t.int(int64(bc.Billed(c.Invoice.Processing)))
		t.int(int64(c.CaseCorrected[i]))
		t.text(string(encodeCase(bc)))
		t.end()
		for p := range bc.Positions {
			w.addPosition(positionRow{invoiceID, id, no}, c.Invoice, bc, &bc.Positions[p])
			no++
		}
	}
	return ids, nil
}

// positionRow says where a position belongs; no counts from 0 in the invoice.
type positionRow struct {
	invoiceID, caseID int64
	no                int
}

func (w *InvoiceWriter) addPosition(row positionRow, inv *billing.Invoice, bc *billing.Case, p *billing.Position) {
	t := w.positions
	t.date(w.receivedOn)
	t.int(row.invoiceID)
	t.int(int64(row.no + 1))
	t.int(row.caseID)
	t.int(int64(p.Segment))
	t.int(p.Offset)
	t.text(p.BillingCode)
	t.text(p.Tariff)
	t.text(p.Item)
	t.int(int64(p.Quantity))
	t.int(int64(p.Price))
	t.int(int64(p.VAT.Amount))
	if p.CopayPerUnit.Set {
		t.int(int64(p.CopayPerUnit.Cents))
	} else {
		t.null()
	}
	t.date(p.Date)
	t.int(int64(w.corrected[row.no]))
	if key, ok := billing.LineFingerprint(inv.Provider, bc, p); ok {
		t.int(int64(key))
	} else {
		t.null()
	}
	if extra := encodePositionExtra(p); extra != nil {
		t.text(string(extra))
	} else {
		t.null()
	}
	t.end()
}

func (w *InvoiceWriter) addFindings(invoiceID int64, c *billing.Checked, caseIDs []int64) {
	for i := range c.Findings {
		f, t := &c.Findings[i], w.findings
		t.date(w.receivedOn)
		t.int(invoiceID)
		w.casePosition(t, caseIDs, f.Case, f.Position)
		t.text(f.Rule)
		t.int(int64(f.Version))
		t.text(f.Severity)
		t.int(int64(f.Place.Segment))
		t.int(f.Place.Offset)
		t.int(int64(f.Billed))
		t.int(int64(f.Corrected))
		if len(f.Params) == 0 {
			t.null()
		} else {
			t.text(string(mustJSON(f.Params)))
		}
		t.end()
	}
}

func (w *InvoiceWriter) casePosition(t *copyTable, caseIDs []int64, caseIndex, position int) {
	if caseIndex < 0 {
		t.null()
		t.null()
		return
	}
	t.int(caseIDs[caseIndex])
	if position < 0 {
		t.null()
		return
	}
	t.int(int64(w.firstNo[caseIndex] + position + 1))
}

func (w *InvoiceWriter) addCorrections(invoiceID int64, c *billing.Checked, caseIDs []int64) {
	for i, id := range c.CaseIDs {
		if id == uuid.Nil {
			continue
		}
		t := w.correctionCases
		t.uuid(id)
		t.int(caseIDs[i])
		t.int(invoiceID)
		t.text(c.Invoice.Provider)
		t.text(c.Invoice.Payee())
		t.text(c.Invoice.Header.Group.String())
		t.text(c.Invoice.Cases[i].VoucherNo)
		t.int(int64(c.CaseCorrected[i]))
		t.text(string(billing.CaseNew))
		t.time(w.now)
		t.time(w.deadlines.EditableUntil(w.receivedOn).EndInBerlin())
		t.end()
	}
	for i := range c.Corrections {
		k, t := &c.Corrections[i], w.corrections
		t.uuid(k.ID)
		t.int(invoiceID)
		w.casePosition(t, caseIDs, k.Case, k.Position)
		t.uuid(c.CaseIDs[k.Case])
		t.text(k.Rule)
		t.int(int64(k.Version))
		t.int(int64(k.Amount))
		t.int(int64(k.GrossCut))
		t.int(int64(k.CopayCut))
		t.text(k.Text)
		t.text(k.Heal)
		t.time(w.now)
		t.end()
	}
}
