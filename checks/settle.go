package checks

import (
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// Settlement (CHK-3): what each finding takes of a case. In this order: single
// positions, each corrected once by its largest finding; co-payments of aid groups
// and trips; amounts of the whole case; refusals of the whole case, which take what
// is left. Nothing takes more than is left, so approved is never below 0, and the
// findings of a case add up to what is corrected. The order of the rules makes no
// difference to the sum, and one more finding never raises what is approved.
//
// A case that demands less than its lines bear out is not cut below what is right:
// that slack absorbs cuts first, unless the whole case is refused.

// hit is a position that a finding corrects: the line as it leaves it.
type hit struct {
	position int
	fault    int
	size     money.Cents
	line     Line
}

// part is an aid group or trip while its case is settled.
type part struct {
	cut        money.Cents // of its gross amount
	short      money.Cents // co-payment missing
	shortFault int
	zeroFault  int
}

// settlement is what is still to be had of a case.
type settlement struct {
	left, slack money.Cents
}

// take lets a finding have what it wants, as far as it is there. gross and copay
// are what the gross amount and the co-payment fall by.
func (s *settlement) take(f *Fault, gross, copay money.Cents) {
	wanted := max(0, gross-copay)
	absorbed := min(s.slack, wanted)
	s.slack -= absorbed
	taken := min(wanted-absorbed, s.left)
	s.left -= taken
	f.Corrected += taken
	switch {
	case taken == 0:
	case gross == 0:
		f.CopayCut -= taken
	default:
		f.GrossCut += taken + copay
		f.CopayCut += copay
	}
}

// settleCase settles the findings of the case at hand and returns what they take.
func (c *Checker) settleCase(billed money.Cents) (corrected money.Cents) {
	if len(c.faults) == c.firstFault {
		return 0
	}
	x := &c.x
	c.refreshHits()
	s := settlement{left: max(0, billed), slack: max(0, c.demandOfLines()-billed)}
	c.readParts()
	c.settlePositions(&s)
	c.settleParts(&s)
	faults := c.faults[c.firstFault:]
	for i := range faults {
		f := &faults[i]
		if f.Severity != CorrectPartially || f.Position >= 0 || f.part >= 0 {
			continue
		}
		switch {
		case f.effect.kind == effectGross, x.Claim() && f.effect.kind == effectCopay:
			s.take(f, f.effect.amount, 0)
		case f.effect.kind == effectCopay:
			s.take(f, 0, -f.effect.amount)
		}
	}
	for i := range faults {
		f := &faults[i]
		f.Billed = c.demand(f, billed)
		if f.Severity == CorrectToZero && f.Position < 0 && f.part < 0 {
			s.slack = 0
			s.take(f, s.left, 0)
		}
	}
	return max(0, billed) - s.left
}

// demandOfLines returns what the case would demand if its totals were the sums of
// its lines, groups and trips.
func (c *Checker) demandOfLines() money.Cents {
	x, t := &c.x, &c.x.Case.Totals
	copay := x.Sums.Copay + t.Flat.Cents
	if x.Claim() || t.Claim {
		return copay
	}
	net := x.Sums.Gross - copay - partCopay(x.Case) - totalOwnShare(x.Case)
	if x.Invoice.Processing == billing.CorrectionBill {
		net -= t.Deduction.Cents
	}
	return net
}

// settlePositions takes the cuts of single positions, in the order of the case.
func (c *Checker) settlePositions(s *settlement) {
	x := &c.x
	for _, h := range c.hits {
		p := &x.Case.Positions[h.position]
		was := LineOf(p)
		f := &c.faults[h.fault]
		switch g := c.partOf(p); {
		case x.Claim():
			s.take(f, was.Copay-h.line.Copay, 0)
		case g >= 0:
			gross, cut := was.Gross-h.line.Gross, &c.parts[g].cut
			net := c.partNet(g, *cut, 0) - c.partNet(g, *cut+gross, 0)
			*cut += gross
			s.take(f, gross, gross-max(0, net))
		default:
			s.take(f, was.Gross-h.line.Gross, was.Copay-h.line.Copay)
		}
	}
	if x.Claim() && len(c.hits) > 0 {
		s.take(&c.faults[c.hits[len(c.hits)-1].fault], c.flatExcess(), 0)
	}
}

// flatExcess returns the flat amount of a claim whose positions are all refused: it
// falls with them.
func (c *Checker) flatExcess() money.Cents {
	if len(c.hits) < len(c.x.Case.Positions) {
		return 0
	}
	for _, h := range c.hits {
		if h.line.Gross > 0 {
			return 0
		}
	}
	return c.x.Case.Totals.Flat.Cents
}

// settleParts takes what is missing of the co-payments of aid groups and trips,
// and refuses whole ones.
func (c *Checker) settleParts(s *settlement) {
	for g, p := range c.parts {
		if p.shortFault >= 0 {
			short := c.partNet(g, p.cut, 0) - c.partNet(g, p.cut, p.short)
			s.take(&c.faults[p.shortFault], 0, -max(0, short))
		}
		if p.zeroFault >= 0 {
			rest := c.partGross[g] - p.cut
			s.take(&c.faults[p.zeroFault], rest, rest-c.partNet(g, p.cut, p.short))
		}
	}
}

// readParts collects the findings on aid groups and trips: the largest shortage,
// the first refusal.
func (c *Checker) readParts() {
	c.parts = c.parts[:0]
	for range c.partGross {
		c.parts = append(c.parts, part{shortFault: -1, zeroFault: -1})
	}
	for i := c.firstFault; i < len(c.faults); i++ {
		f := &c.faults[i]
		if f.part < 0 {
			continue
		}
		p := &c.parts[f.part]
		switch {
		case f.Severity == CorrectToZero && p.zeroFault < 0:
			p.zeroFault = i
		case f.Severity == CorrectPartially && f.effect.kind == effectCopay && f.effect.amount > p.short:
			p.short, p.shortFault = f.effect.amount, i
		}
	}
}

// partNet returns what an aid group or trip comes to with a cut of its gross amount
// and more co-payment: the gross amount less own share and co-payment, which is
// computed anew. It is never more than what was billed.
func (c *Checker) partNet(g int, cut, short money.Cents) money.Cents {
	gross := c.partGross[g]
	rates := c.x.Copay(c.x.Sums.First)
	var own, copay, due money.Cents
	if len(c.x.Case.Aids) > 0 {
		a := &c.x.Case.Aids[g]
		own, copay = a.OwnShare.Cents, a.Copay.Cents
		due = rates.Aid(a.CopayKind, gross-cut-own, a.SupplyMonths)
	} else {
		copay = c.x.Case.Trips[g].Copay.Cents
		due = rates.Bounded(gross - cut)
	}
	billed := max(0, gross-own-copay)
	if cut == 0 && short == 0 {
		return billed
	}
	return max(0, min(billed, gross-cut-own-min(copay+short, due)))
}

// partOf returns the number of the aid group or trip of a position, -1 for none.
func (c *Checker) partOf(p *billing.Position) int {
	if p.Part >= 0 && int(p.Part) < len(c.partGross) {
		return int(p.Part)
	}
	return -1
}

// demand returns the net amount that a finding concerns.
func (c *Checker) demand(f *Fault, billed money.Cents) money.Cents {
	switch {
	case f.Position >= 0:
		return c.net(&c.x.Case.Positions[f.Position])
	case f.part >= 0:
		return c.partNet(f.part, 0, 0)
	default:
		return billed
	}
}

// net returns what a position adds to the demand of its case as billed.
func (c *Checker) net(p *billing.Position) money.Cents {
	line := LineOf(p)
	if c.x.Claim() {
		return line.Copay
	}
	g := c.partOf(p)
	if g < 0 {
		return line.Gross - line.Copay
	}
	return c.partNet(g, 0, 0) - c.partNet(g, line.Gross, 0)
}

// settleInvoice lets the first refusal of the whole invoice take what its cases
// have left, in all no more than the invoice demands.
func (c *Checker) settleInvoice() {
	refused := false
	for i := range c.faults {
		f := &c.faults[i]
		if f.Case >= 0 {
			continue
		}
		f.Billed = c.x.Invoice.Billed()
		if f.Severity != CorrectToZero || refused {
			continue
		}
		refused = true
		left := c.approved()
		for n := range c.result.Cases {
			k := &c.result.Cases[n]
			k.FromInvoice = max(0, min(k.Approved, left))
			left -= k.FromInvoice
			k.Approved -= k.FromInvoice
			k.Corrected += k.FromInvoice
			f.Corrected += k.FromInvoice
			f.GrossCut += k.FromInvoice
		}
	}
	c.giveBack(-c.approved())
}

// approved returns what is approved of the invoice so far. A single case may
// demand less than nothing (§ 300: discount and co-payment above the price).
func (c *Checker) approved() (sum money.Cents) {
	for i := range c.result.Cases {
		sum += c.result.Cases[i].Approved
	}
	return sum
}

// giveBack lessens the last corrections by what would leave the invoice below 0:
// cases that demand less than nothing had reduced it already.
func (c *Checker) giveBack(deficit money.Cents) {
	for i := len(c.faults) - 1; i >= 0 && deficit > 0; i-- {
		f := &c.faults[i]
		if f.Case < 0 || f.Corrected == 0 {
			continue
		}
		back := min(deficit, f.Corrected)
		deficit -= back
		f.Corrected -= back
		f.GrossCut -= back
		k := &c.result.Cases[f.Case]
		k.Approved += back
		k.Corrected -= back
	}
}

// refreshHits takes the findings on single positions made since the last call into
// account: of several on one position the largest counts, of equal ones that which
// leaves less, then the first.
func (c *Checker) refreshHits() {
	for ; c.seenFaults < len(c.faults); c.seenFaults++ {
		f := &c.faults[c.seenFaults]
		if f.Position < 0 || (f.Severity != CorrectPartially && f.Severity != CorrectToZero) {
			continue
		}
		p := &c.x.Case.Positions[f.Position]
		h := hit{position: f.Position, fault: c.seenFaults, line: f.correct(p, c.x.Copay(p.Date))}
		h.size = c.size(p, h.line)
		c.insertHit(h)
	}
}

func (c *Checker) insertHit(h hit) {
	i := len(c.hits)
	for i > 0 && c.hits[i-1].position >= h.position {
		i--
	}
	if i < len(c.hits) && c.hits[i].position == h.position {
		old := &c.hits[i]
		if h.size > old.size || h.size == old.size && h.line.Gross < old.line.Gross {
			*old = h
		}
		return
	}
	c.hits = append(c.hits, hit{})
	copy(c.hits[i+1:], c.hits[i:])
	c.hits[i] = h
}

// size is what findings on one position are compared by.
func (c *Checker) size(p *billing.Position, line Line) money.Cents {
	was := LineOf(p)
	switch {
	case c.x.Claim():
		return was.Copay - line.Copay
	case c.partOf(p) >= 0:
		return was.Gross - line.Gross
	default:
		return was.Gross - line.Gross - (was.Copay - line.Copay)
	}
}

// grossCut returns by how much partial corrections lower the gross amount of the
// lines of the case.
func (c *Checker) grossCut() money.Cents { return c.cutOf(-1) }

// partCut returns the same for an aid group or trip.
func (c *Checker) partCut(g int) money.Cents { return c.cutOf(g) }

func (c *Checker) cutOf(g int) (cut money.Cents) {
	c.refreshHits()
	for _, h := range c.hits {
		p := &c.x.Case.Positions[h.position]
		if c.faults[h.fault].Severity == CorrectPartially && (g < 0 || c.partOf(p) == g) {
			cut += p.Gross() - h.line.Gross
		}
	}
	return cut
}

func (c *Checker) correctedLine(position int) (Line, bool) {
	c.refreshHits()
	for _, h := range c.hits {
		if h.position == position {
			return h.line, true
		}
	}
	return Line{}, false
}
