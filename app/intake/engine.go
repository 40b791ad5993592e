package intake

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
	"klarbeleg/dta"
	"klarbeleg/dta/auftrag"
)

// Batch sizes: how many positions are read before the history is asked for all of
// them at once. The intake needs many, to make the query set-based; a check
// without a database needs few, so that they stay in the processor's cache.
const (
	storeBatch   = 8192
	offlineBatch = 256
)

// Input is one delivery as it arrived.
type Input struct {
	// Auftrag is the Auftragsdatei (348 bytes), nil if none came.
	Auftrag []byte
	// TransferName is the physical file name; "" if it is not known: then it
	// follows from the Auftragsdatei.
	TransferName string
	Payload      io.Reader
	// Size is the number of bytes of the payload, -1 if unknown.
	Size int64
	// AuftragOptional accepts a payload without Auftragsdatei: a check before
	// sending (DTA-9) looks at the payload alone.
	AuftragOptional bool
}

// Sink takes what the engine decides, in the order of the file. The offline
// check prints, the intake stores.
type Sink interface {
	// Header is called once, when the file's header is known. A finding that
	// rejects the file ends the run: the rest is not read.
	Header(ctx context.Context, h *billing.Header) ([]Finding, error)
	// History loads what was billed before for the invoices; nil if unknown.
	History(ctx context.Context, invoices []*billing.Invoice) (*billing.History, error)
	// Finding takes a finding; those with money effect have taken it already.
	Finding(ctx context.Context, f *Finding) error
	// Accept takes an invoice that passed stages 1-3.
	Accept(ctx context.Context, c *billing.Checked) error
	// Refuse takes an invoice that did not.
	Refuse(r billing.RefusedInvoice)
	// Cancel takes a Storno whose original was accepted before, or earlier in this
	// file (§ 295).
	Cancel(ctx context.Context, storno *billing.Invoice) error
	// ERezept takes a prescription of a TA7 file, PharmacyFile what a § 300 file
	// leaves to be reconciled, at its end.
	ERezept(ctx context.Context, e *billing.ERezept) error
	PharmacyFile(ctx context.Context, f *billing.PharmacyFile) error
	// BeginCollective and EndCollective enclose the invoices of a collective
	// invoice. With keep = false all of them are refused after the fact, and the
	// sink takes back what it accepted since the begin.
	BeginCollective(ctx context.Context) error
	EndCollective(ctx context.Context, keep bool) error
}

// BatchSink is a Sink that wants its invoices in batches of another size than the
// offline check.
type BatchSink interface {
	Sink
	BatchPositions() int
}

// SelectSink is a Sink that looks at the invoices before they are checked; the
// history is that of the file so far. Its error ends the run.
type SelectSink interface {
	Sink
	Select(inv *billing.Invoice, h *billing.History) error
}

// Engine reads and checks deliveries. It reuses its buffers: one goroutine each.
type Engine struct {
	checker *checks.Checker
	slots   []*billing.Invoice // for invoices read and not yet checked
}

// NewEngine returns an engine for the rules.
func NewEngine(rules []checks.Rule, opts checks.Options) *Engine {
	return &Engine{checker: checks.NewChecker(rules, opts)}
}

// Report is what the engine found out about a delivery.
type Report struct {
	Summary
	Auftrag *auftrag.Auftrag
	Header  *billing.Header // nil if the file's header is unreadable
	// Unreadable is set where no header could be read: nothing is known about
	// the file but its bytes (DTA-10).
	Unreadable bool
	// RejectedBy is the rule that rejects the whole file; then nothing of it is
	// processed, sound invoices included.
	RejectedBy string
}

// Run reads the delivery to its end, checks every invoice and hands everything
// to the sink. The error is one of reading or of the sink; faults of the
// delivery are findings.
func (e *Engine) Run(ctx context.Context, in Input, facts *billing.Facts, sink Sink) (*Report, error) {
	r := &run{Engine: e, ctx: ctx, facts: *facts, sink: sink, report: &Report{Summary: Summary{Kind: "summary"}}, batchSize: offlineBatch}
	r.batch.slots = e.slots
	defer func() { e.slots = r.batch.slots }()
	if b, ok := sink.(BatchSink); ok {
		r.batchSize = b.BatchPositions()
	}
	r.selects, _ = sink.(SelectSink)
	payload := bufio.NewReaderSize(in.Payload, routeBytes)
	in.Payload = payload
	head, err := payload.Peek(routeBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read delivery: %w", err)
	}
	if err := r.readAuftrag(in, procedureOf(head)); err != nil {
		return nil, err
	}
	if r.rejected == "" {
		if err := r.procedure.read(r, in); err != nil {
			return nil, err
		}
	}
	r.close()
	return r.report, nil
}

// run is the state of one Run.
type run struct {
	*Engine
	ctx       context.Context
	facts     billing.Facts
	sink      Sink
	selects   SelectSink // nil for most sinks
	report    *Report
	procedure *procedure
	transfer  string
	rejected  string // the rule that rejects the whole file, "" for none
	batch     batch
	// batchSize is the number of positions at which the batch is checked.
	batchSize int
	// collective is the open collective invoice; its invoices since begin are
	// refused together if its sums do not agree.
	collective *collective
	// accepted holds what the invoices accepted so far would be if they had to be
	// refused after the fact.
	accepted []billing.RefusedInvoice
	noData   map[string]bool
}

// readAuftrag reads the Auftragsdatei and its findings. What the payload is, its
// own content says first (seen), then the Auftragsdatei.
func (r *run) readAuftrag(in Input, seen *procedure) error {
	r.transfer, r.procedure = in.TransferName, cmp.Or(seen, &procedure302)
	if in.Auftrag == nil {
		if in.AuftragOptional {
			return nil
		}
		return r.fileErrors([]dta.Error{r.procedure.missingAuftrag()})
	}
	a, errs := auftrag.Read(in.Auftrag)
	r.report.Auftrag = a
	if a != nil {
		r.transfer = cmp.Or(r.transfer, a.TransferName())
		r.procedure = cmp.Or(seen, claimedProcedure(a), &procedure302)
	}
	return r.fileErrors(errs)
}

// zeichensatz returns the character set that the Auftragsdatei names, "" without
// one.
func (r *run) zeichensatz() string {
	if r.report.Auftrag == nil {
		return ""
	}
	return r.report.Auftrag.Zeichensatz
}

// header takes the file's header at the first message, with the findings of the
// checks that need both files.
func (r *run) header(h *billing.Header, errs []dta.Error) error {
	r.report.Header = h
	if err := r.fileErrors(errs); err != nil || r.rejected != "" {
		return err
	}
	stop, err := r.sink.Header(r.ctx, h)
	if err != nil {
		return err
	}
	for i := range stop {
		if stop[i].Severity == checks.RejectFile.String() {
			r.reject(stop[i].Rule)
		}
		if err := r.finding(&stop[i]); err != nil {
			return err
		}
	}
	return nil
}

// each reads messages to the end, so that a sender learns of many faults at once;
// header is called at the first, and may end the reading.
func (r *run) each(next func() bool, header, item func() error) error {
	for next() {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if r.report.Header == nil {
			if err := header(); err != nil {
				return err
			}
			if r.rejected != "" {
				return nil
			}
		}
		if err := item(); err != nil {
			return err
		}
	}
	return nil
}

// findings reports the errors of one message or prescription.
func (r *run) findings(errs []dta.Error, invoice string) error {
	for i := range errs {
		f := fromDTA(&errs[i], invoice)
		if err := r.finding(&f); err != nil {
			return err
		}
	}
	return nil
}

// add takes the invoice in the batch's newest slot.
func (r *run) add(inv *billing.Invoice) error {
	for i := range inv.Cases {
		r.report.Cases++
		r.report.Positions += len(inv.Cases[i].Positions)
		r.batch.positions += len(inv.Cases[i].Positions)
	}
	if r.batch.positions >= r.batchSize {
		return r.flush()
	}
	return nil
}

// fileErrors reports errors of file scope.
func (r *run) fileErrors(errs []dta.Error) error {
	for i := range errs {
		if errs[i].Severity == dta.RejectFile {
			r.reject(errs[i].Code)
		}
		f := fromDTA(&errs[i], "")
		if err := r.finding(&f); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) finding(f *Finding) error {
	r.report.Findings++
	return r.sink.Finding(r.ctx, f)
}

// batch holds invoices read and not yet checked; its slots are reused.
type batch struct {
	slots     []*billing.Invoice
	used      int
	positions int
}

func (b *batch) next() *billing.Invoice {
	if b.used == len(b.slots) {
		b.slots = append(b.slots, &billing.Invoice{})
	}
	b.used++
	return b.slots[b.used-1]
}

// flush checks the batch against everything billed before.
func (r *run) flush() error {
	b := &r.batch
	if b.used == 0 {
		return nil
	}
	invoices := b.slots[:b.used]
	history, err := r.sink.History(r.ctx, invoices)
	if err != nil {
		return err
	}
	r.facts.History = history
	for _, inv := range invoices {
		if err := r.check(inv); err != nil {
			return err
		}
	}
	b.used, b.positions = 0, 0
	return nil
}

func (r *run) check(inv *billing.Invoice) error {
	if r.selects != nil {
		if err := r.selects.Select(inv, r.facts.History); err != nil {
			return err
		}
	}
	res := r.checker.Check(inv, &r.facts)
	for _, id := range res.NoData {
		if r.noData == nil {
			r.noData = map[string]bool{}
		}
		r.noData[id] = true
	}
	number := inv.Number.String()
	for i := range res.Findings {
		f := &res.Findings[i]
		voucher := ""
		if f.Case >= 0 {
			voucher = inv.Cases[f.Case].VoucherNo
		}
		out := fromCheck(f, number, voucher)
		if err := r.finding(&out); err != nil {
			return err
		}
	}
	if res.RejectedFile {
		r.reject(rejecting(res))
	}
	cancels := inv.Processing == billing.Cancellation
	if res.Rejected {
		refused := billing.RefusedInvoice{Number: inv.Number, Provider: inv.Provider, Billed: claimed(inv), Rule: rejecting(res), Place: inv.Statement.Place}
		if cancels {
			r.report.Invoices++
			refused.Billed = 0
		}
		r.refuse(refused)
		return nil
	}
	if cancels {
		return r.cancel(inv)
	}
	r.remember(inv)
	r.report.Billed += int64(res.Billed)
	r.report.Approved += int64(res.Approved)
	r.report.Corrected += int64(res.Corrected)
	r.accepted = append(r.accepted, billing.RefusedInvoice{
		Number: inv.Number, Provider: inv.Provider, Billed: res.Billed, Place: inv.Statement.Place,
	})
	return r.sink.Accept(r.ctx, checked(inv, res))
}

// claimed returns what the statement of the invoice demands.
func claimed(inv *billing.Invoice) money.Cents {
	total, _ := inv.Statement.Total()
	return total.Amount
}

func rejecting(res *checks.Result) string {
	for i := range res.Findings {
		if res.Findings[i].Severity >= checks.RejectMessage {
			return res.Findings[i].Rule.ID
		}
	}
	return ""
}

// remember adds an accepted invoice to the history, so that the rest of the
// delivery sees it.
func (r *run) remember(inv *billing.Invoice) {
	h := r.facts.History
	if h == nil {
		return
	}
	h.Invoices[inv.Key()] = r.facts.ReceivedOn
	switch inv.Header.Group {
	case billing.GroupIntegrated:
		h.Singles[inv.SingleKey()] = billing.Single{KVNR: strings.Clone(inv.Cases[0].KVNR), Billed: inv.Billed()}
	case billing.GroupPharmacy:
		for i := range inv.Cases {
			h.Vouchers[strings.Clone(inv.Cases[i].VoucherNo)] = inv.Number
			if id := inv.Cases[i].EVO; id != "" {
				h.Prescriptions[strings.Clone(id)] = inv.Number
			}
		}
		return
	default:
	}
	eachLine(inv, func(key uint64) {
		h.Lines.Add(key, inv.Number)
		if inv.Processing == billing.CorrectionBill && h.CorrectedLines != nil {
			h.CorrectedLines[key] = struct{}{}
		}
	})
}

// eachLine yields the fingerprints of the lines of an invoice.
func eachLine(inv *billing.Invoice, yield func(key uint64)) {
	for c := range inv.Cases {
		bc := &inv.Cases[c]
		for p := range bc.Positions {
			if key, ok := billing.LineFingerprint(inv.Provider, bc, &bc.Positions[p]); ok {
				yield(key)
			}
		}
	}
}

// cancel takes a Storno that found its original.
func (r *run) cancel(inv *billing.Invoice) error {
	r.report.Cancelled++
	if h := r.facts.History; h != nil {
		s := h.Singles[inv.SingleKey()]
		s.Cancelled = true
		h.Singles[inv.SingleKey()] = s
		eachLine(inv, h.Lines.Remove)
	}
	return r.sink.Cancel(r.ctx, inv)
}

// end takes the findings of file scope, which are complete at the end of the file.
// Without a header nothing is known of the file but its bytes.
func (r *run) end(unreadable string, errs []dta.Error) error {
	if r.report.Header == nil {
		r.report.Unreadable = true
		r.reject(unreadable)
	}
	if err := r.flush(); err != nil {
		return err
	}
	return r.fileErrors(errs)
}

// close decides the outcome. A rejected file has no sums: nothing of it is
// processed.
func (r *run) close() {
	s := &r.report.Summary
	for id := range r.noData {
		s.NoData = append(s.NoData, id)
	}
	slices.Sort(s.NoData)
	if r.rejected != "" {
		r.report.RejectedBy = r.rejected
		r.refuseAccepted(0, r.rejected)
		s.Billed, s.Approved, s.Corrected = 0, 0, 0
	}
	units := s.Invoices + s.Statements
	if units == 0 { // a TA7 file
		units = s.Cases
	}
	refused := s.Refused + s.CasesRefused
	switch {
	case r.rejected != "" || (units > 0 && refused == units):
		s.Outcome = string(billing.DeliveryRejected)
	case refused > 0:
		s.Outcome = string(billing.DeliveryPartlyRejected)
	default:
		s.Outcome = string(billing.DeliveryAccepted)
	}
}

// reject notes that the whole file is rejected; the first rule stands.
func (r *run) reject(rule string) {
	if r.rejected == "" {
		r.rejected = rule
	}
}
