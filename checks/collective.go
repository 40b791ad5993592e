package checks

import (
	"klarbeleg/domain/billing"
)

// collective is a collective invoice while its invoices arrive.
type collective struct {
	statement *billing.Statement
	sums      [5]billing.Total // 00, 11, 31, 51, 99
	failed    ruleSet          // anywhere in its invoices
	findings  []Finding
}

// CollectiveSums are what the statements of the invoices of a collective invoice
// add up to.
type CollectiveSums struct {
	Statement *billing.Statement
	sums      *[5]billing.Total
}

// Of returns the sums of a status: 00 for all, else 11, 31, 51 or 99.
func (s CollectiveSums) Of(status string) billing.Total { return s.sums[statusIndex(status)+1] }

// add adds an invoice and what failed in it.
func (c *collective) add(s *billing.Statement, failed *ruleSet) {
	if c.statement == nil {
		return
	}
	for i := range failed {
		c.failed[i] |= failed[i]
	}
	for _, t := range s.Totals {
		i := statusIndex(t.Status) + 1
		if i == 0 && t.Status != "00" {
			continue
		}
		c.sums[i].Amount += t.Amount
		c.sums[i].Gross += t.Gross
		c.sums[i].Copay += t.Copay
	}
}

// BeginCollective opens a collective invoice: the statements of the invoices
// checked until EndCollective are summed up. They are added even if the invoice is
// rejected, because the collective statement counts them too.
func (c *Checker) BeginCollective(stmt *billing.Statement) {
	c.collective = collective{statement: stmt, findings: c.collective.findings[:0]}
}

// EndCollective closes the collective invoice and returns the findings on its
// statement (P3113). They live until the next Check or BeginCollective.
func (c *Checker) EndCollective() []Finding {
	col := &c.collective
	if col.statement == nil {
		return nil
	}
	c.faults, c.params = c.faults[:0], c.params[:0]
	clear(c.rejects)
	x := &c.x
	x.Invoice, x.Case, x.Position, x.CaseNo, x.PositionNo = nil, nil, nil, -1, -1
	for _, r := range c.rules {
		if r.Turn == TurnCollectiveEnd && !r.unless.meets(&col.failed) {
			c.ask(r)
		}
	}
	for i := range c.faults {
		f := &c.faults[i].Finding
		c.harden(f)
		col.findings = append(col.findings, *f)
	}
	col.statement = nil
	return col.findings
}

// Collective returns the sums of the collective invoice at TurnCollectiveEnd.
func (x *Context) Collective() CollectiveSums {
	col := &x.checker.collective
	return CollectiveSums{col.statement, &col.sums}
}
