package checks

import (
	"slices"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// Options are the settings of a payer for the check.
type Options struct {
	// StrictStage3 turns every stage 3 finding above a warning into a rejected
	// file, as the official procedure has it (architecture section 5).
	StrictStage3 bool
	// Parameters are the limits of the rules; nil means DefaultParameters.
	Parameters *Parameters
}

// groups is the number of groups of providers, A to S, § 300 and § 295.
const groups = 'S' - 'A' + 3

// maxRejects bounds the findings of one rejecting rule on one invoice: a code that
// is wrong on every line of a large invoice needs no finding per line.
const maxRejects = 20

// Checker checks invoices with a list of rules. It reuses its buffers: one
// goroutine per Checker, and a Result lives until the next Check.
type Checker struct {
	opts   Options
	rules  []*compiled
	plans  [groups + 1][1 << needCount]*plan
	x      Context
	result Result
	plan   *plan

	faults  []Fault
	params  []Param
	scratch Fault
	rejects []uint8
	noData  ruleSet
	marked  bool
	// What has failed: of the invoice itself, of the case itself, of the position,
	// anywhere in the case, anywhere in the invoice.
	ofInvoice, ofCase, ofPosition, inCase, inInvoice ruleSet

	vouchers map[string]struct{}
	// prescriptions are the electronic prescriptions of the invoice, of the case at
	// hand sameEVO says whether an earlier one had its id.
	prescriptions map[string]struct{}
	sameEVO       bool
	persons       map[string]int
	sameVoucher   bool
	twins         []int // by case: the case before it with the same insurance number

	firstFault int // of the case
	seenFaults int // up to which hits are up to date
	hits       []hit
	partGross  []money.Cents
	parts      []part

	collective collective
}

// NewChecker returns a Checker for the rules. Rules without a predicate are
// ignored. It panics on a list that contradicts itself, which is a programming
// fault.
func NewChecker(rules []Rule, opts Options) *Checker {
	c := &Checker{
		opts:          opts,
		rules:         compile(rules),
		vouchers:      map[string]struct{}{},
		prescriptions: map[string]struct{}{},
		persons:       map[string]int{},
	}
	c.rejects = make([]uint8, len(c.rules))
	c.x = Context{Codes: loadCodes(), Limits: opts.Parameters, checker: c}
	if c.x.Limits == nil {
		c.x.Limits = DefaultParameters()
	}
	return c
}

// Check checks one invoice against the facts. If a collective invoice is open, the
// statement of the invoice is added to it.
func (c *Checker) Check(inv *billing.Invoice, facts *billing.Facts) *Result {
	c.begin(inv, facts)
	c.run(TurnInvoice)
	for i := range inv.Cases {
		c.checkCase(i)
	}
	c.x.Case, c.x.CaseNo = nil, -1
	c.run(TurnInvoiceEnd)
	c.collective.add(&inv.Statement, &c.inInvoice)
	return c.finish()
}

func (c *Checker) begin(inv *billing.Invoice, facts *billing.Facts) {
	r := &c.result
	*r = Result{Findings: r.Findings[:0], Cases: r.Cases[:0], NoData: r.NoData[:0]}
	c.plan = c.planFor(inv.Header.Group, needsOf(facts))
	r.NoData = append(r.NoData, c.plan.noData...)
	c.faults, c.params, c.twins = c.faults[:0], c.params[:0], c.twins[:0]
	clear(c.rejects)
	clear(c.vouchers)
	clear(c.prescriptions)
	clear(c.persons)
	c.noData, c.marked = ruleSet{}, false
	c.ofInvoice, c.inInvoice = ruleSet{}, ruleSet{}
	x := &c.x
	x.Invoice, x.Facts, x.Totals = inv, facts, Totals{}
	x.Case, x.Position, x.CaseNo, x.PositionNo = nil, nil, -1, -1
	x.price = priceMemo{positionNo: -1}
	x.items = [itemMemos]itemMemo{}
}

func (c *Checker) checkCase(i int) {
	x := &c.x
	x.Case, x.CaseNo = &x.Invoice.Cases[i], i
	c.beginCase(i)
	c.run(TurnCase)
	for j := range x.Case.Positions {
		x.Position, x.PositionNo = &x.Case.Positions[j], j
		if c.marked {
			c.ofPosition = ruleSet{}
		}
		c.run(TurnPosition)
	}
	x.Position, x.PositionNo = nil, -1
	c.run(TurnCaseEnd)
	x.Totals.addCase(x.Case, x.Invoice.Processing, x.Sums)
	billed := x.Case.Billed(x.Invoice.Processing)
	corrected := c.settleCase(billed)
	c.result.Cases = append(c.result.Cases, CaseResult{
		Billed: billed, Approved: billed - corrected, Corrected: corrected,
	})
}

func (c *Checker) beginCase(i int) {
	bill := c.x.Case
	c.partGross = append(c.partGross[:0], make([]money.Cents, max(len(bill.Aids), len(bill.Trips)))...)
	c.x.Sums = sumLines(bill, c.partGross)
	c.x.majority = 0
	c.x.terms = c.x.terms[:0]
	if birth, ok := bill.Person.Birth.Date(); ok {
		c.x.majority = Majority(birth)
	}
	c.firstFault, c.seenFaults, c.hits = len(c.faults), len(c.faults), c.hits[:0]
	if c.marked {
		c.ofCase, c.inCase = ruleSet{}, ruleSet{}
	}
	_, c.sameVoucher = c.vouchers[bill.VoucherNo]
	c.vouchers[bill.VoucherNo] = struct{}{}
	if c.sameEVO = false; bill.EVO != "" {
		_, c.sameEVO = c.prescriptions[bill.EVO]
		c.prescriptions[bill.EVO] = struct{}{}
	}
	twin := -1
	if bill.KVNR != "" {
		if earlier, ok := c.persons[bill.KVNR]; ok {
			twin = earlier
		}
		c.persons[bill.KVNR] = i
	}
	c.twins = append(c.twins, twin)
}

// run asks the rules of a turn.
func (c *Checker) run(turn Turn) {
	for _, r := range c.plan.turns[turn] {
		if c.marked && r.masked && c.isConsequence(r, turn) {
			continue
		}
		if r.dated && !r.validOn(c.x.serviceDate()) {
			continue
		}
		c.ask(r)
	}
}

// ask asks one rule and notes its answer.
func (c *Checker) ask(r *compiled) {
	c.x.rule = r
	switch r.check(&c.x) {
	case Pass, Bypassed, NotApplicable:
	case NoData:
		if !c.noData.has(r.index) {
			c.noData.add(r.index)
			if !slices.Contains(c.result.NoData, r.ID) {
				c.result.NoData = append(c.result.NoData, r.ID)
			}
		}
	case Fail:
		c.mark(r)
	default:
		panic("checks: rule " + r.ID + " gave no outcome")
	}
}

func (c *Checker) mark(r *compiled) {
	c.marked = true
	c.inInvoice.add(r.index)
	switch r.Turn {
	case TurnInvoice, TurnInvoiceEnd, TurnCollectiveEnd:
		c.ofInvoice.add(r.index)
	case TurnCase, TurnCaseEnd:
		c.ofCase.add(r.index)
		c.inCase.add(r.index)
	case TurnPosition:
		c.ofPosition.add(r.index)
		c.inCase.add(r.index)
	}
}

// isConsequence reports whether a cause of the rule was found on what it is asked
// about: on the position, its case or its invoice; for the sums of a case or an
// invoice, anywhere below as well.
func (c *Checker) isConsequence(r *compiled, turn Turn) bool {
	switch turn {
	case TurnPosition:
		return r.unless.meets(&c.ofPosition) || r.unless.meets(&c.ofCase) || r.unless.meets(&c.ofInvoice)
	case TurnCase, TurnCaseEnd:
		return r.unless.meets(&c.inCase) || r.unless.meets(&c.ofInvoice)
	default:
		return r.unless.meets(&c.inInvoice)
	}
}

// fault opens a finding. Its description is kept unless the rule has rejected the
// invoice often enough.
func (c *Checker) fault(r *compiled, caseNo, positionNo int, place billing.Place, tag string) *Fault {
	f := Fault{checker: c, rule: r, part: -1, Finding: Finding{
		Rule: r.Rule, Severity: r.Severity, Scope: r.Scope, Case: caseNo, Position: positionNo,
		Place: place, Tag: tag,
	}}
	if r.Severity >= RejectMessage {
		if c.rejects[r.index] == maxRejects {
			c.scratch = f
			return &c.scratch
		}
		c.rejects[r.index]++
	}
	c.faults = append(c.faults, f)
	return &c.faults[len(c.faults)-1]
}

// finish turns the faults into findings and sums up.
func (c *Checker) finish() *Result {
	r := &c.result
	for i := range c.faults {
		c.harden(&c.faults[i].Finding)
		r.Rejected = r.Rejected || c.faults[i].Severity >= RejectMessage
		r.RejectedFile = r.RejectedFile || c.faults[i].Severity == RejectFile
	}
	if !r.Rejected {
		c.settleInvoice()
	}
	for i := range r.Cases {
		if r.Rejected {
			r.Cases[i] = CaseResult{Billed: r.Cases[i].Billed}
		}
		r.Billed += r.Cases[i].Billed
		r.Approved += r.Cases[i].Approved
		r.Corrected += r.Cases[i].Corrected
	}
	for i := range c.faults {
		f := &c.faults[i].Finding
		if r.Rejected {
			// What was never accepted is not examined for its substance.
			if f.Rule.Level == LevelContract && f.Severity < RejectMessage {
				continue
			}
			f.Corrected, f.GrossCut, f.CopayCut = 0, 0, 0
		}
		r.Findings = append(r.Findings, *f)
	}
	return r
}

// harden applies StrictStage3.
func (c *Checker) harden(f *Finding) {
	if c.opts.StrictStage3 && f.Rule.Level == LevelFormal && f.Severity > Warn {
		f.Severity, f.Scope = RejectFile, ScopeFile
	}
}
