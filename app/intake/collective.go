package intake

import (
	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/dta/p302"
)

// collective is the open collective invoice while its invoices arrive.
type collective struct {
	statement billing.Statement
	broken    bool // an invoice below it is unreadable: its sums cannot be checked
	// refusedBy is the fault of the collective statement itself; then nothing
	// below it is processed.
	refusedBy string
	begin     Summary
	accepted  int // index into run.accepted: what stands there would be refused with it
}

// beginCollective opens a collective invoice.
func (r *run) beginCollective(in *p302.Invoice) error {
	c := &collective{begin: r.report.Summary, accepted: len(r.accepted)}
	number := billing.InvoiceNumber{}
	if in.Sammel != nil {
		mapStatement(in.Sammel, &c.statement)
		number = c.statement.Number
	}
	for i := range in.Errors {
		f := fromDTA(&in.Errors[i], number.String())
		if err := r.finding(&f); err != nil {
			return err
		}
	}
	if in.Rejected {
		c.broken, c.refusedBy = true, firstFault(in.Errors)
	}
	r.collective = c
	r.checker.BeginCollective(&c.statement)
	return r.sink.BeginCollective(r.ctx)
}

// endCollective checks the sums of the collective invoice (P3113). If they do
// not agree, nothing below it is processed: that is the smallest unit that keeps
// all sums true.
func (r *run) endCollective() error {
	if err := r.flush(); err != nil {
		return err
	}
	c := r.collective
	if c == nil {
		return nil
	}
	r.collective = nil
	keep := true
	findings := r.checker.EndCollective()
	if !c.broken {
		for i := range findings {
			f := fromCheck(&findings[i], c.statement.Number.String(), "")
			if err := r.finding(&f); err != nil {
				return err
			}
			switch findings[i].Severity {
			case checks.RejectFile:
				r.reject(findings[i].Rule.ID)
			case checks.RejectMessage:
				keep = false
			default: // a warning
			}
		}
	}
	if err := r.sink.EndCollective(r.ctx, keep); err != nil {
		return err
	}
	if !keep {
		r.report.Billed, r.report.Approved, r.report.Corrected = c.begin.Billed, c.begin.Approved, c.begin.Corrected
		r.refuseAccepted(c.accepted, "P3113")
	}
	return nil
}

// refuseAccepted refuses, after the fact, the invoices accepted since from.
func (r *run) refuseAccepted(from int, rule string) {
	for _, a := range r.accepted[from:] {
		a.Rule = rule
		r.refuse(a)
	}
	r.accepted = r.accepted[:from]
}
