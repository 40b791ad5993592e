package checks

import (
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// Fault is a finding while its predicate describes it. Its methods return it, so
// that a description is one expression.
type Fault struct {
	Finding
	effect  effect
	checker *Checker
	rule    *compiled
	part    int
}

// effect is what a correction changes. Values are upper limits: a correction never
// raises an amount.
type effect struct {
	kind   effectKind
	amount money.Cents
	units  money.Hundredths
}

type effectKind uint8

const (
	effectNone effectKind = iota
	effectPrice
	effectUnits
	effectVAT
	effectReduce
	effectGross
	effectCopay
)

// Fail starts the description of a fault of the position, case or invoice whose
// turn it is, at a place in the delivery. The predicate then answers Fail.
func (x *Context) Fail(place billing.Place, tag string) *Fault {
	return x.checker.fault(x.rule, x.CaseNo, x.PositionNo, place, tag)
}

// FailPosition starts the description of a fault of one position of the case, for
// predicates that look at the whole case.
func (x *Context) FailPosition(position int, tag string) *Fault {
	f := x.checker.fault(x.rule, x.CaseNo, position, x.Case.Positions[position].Place, tag)
	f.Scope = ScopePosition
	return f
}

// FailPart starts the description of a fault of one aid group or trip of the case.
func (x *Context) FailPart(part int, place billing.Place, tag string) *Fault {
	f := x.checker.fault(x.rule, x.CaseNo, -1, place, tag)
	f.Scope = ScopeCase
	f.part = part
	return f
}

// With adds a parameter of the text.
func (f *Fault) With(name, value string) *Fault {
	c := f.checker
	start := len(c.params) - len(f.Params)
	c.params = append(c.params, Param{name, value})
	f.Params = c.params[start:]
	return f
}

// Milder lowers the severity, where the rule says that an error of its kind is a
// warning under circumstances.
func (f *Fault) Milder(s Severity) *Fault {
	f.Severity = min(f.Severity, s)
	return f
}

// Price corrects the unit price of the position to at most c, which is below 0 for a
// deduction.
func (f *Fault) Price(c money.Cents) *Fault {
	f.effect = effect{kind: effectPrice, amount: c}
	return f
}

// Units corrects the quantity of the position to at most q.
func (f *Fault) Units(q money.Hundredths) *Fault { return f.limit(effect{kind: effectUnits, units: q}) }

// VAT corrects the VAT of the position to at most c.
func (f *Fault) VAT(c money.Cents) *Fault { return f.limit(effect{kind: effectVAT, amount: c}) }

// Reduce takes an amount off the gross amount of the position; its co-payment falls by
// the percentage of it.
func (f *Fault) Reduce(c money.Cents) *Fault { return f.limit(effect{kind: effectReduce, amount: c}) }

// Gross takes an amount of the case that its lines do not bear out.
func (f *Fault) Gross(c money.Cents) *Fault { return f.limit(effect{kind: effectGross, amount: c}) }

// Copay takes co-payment that should have been deducted from the part or the case,
// or in a co-payment claim what is claimed too much.
func (f *Fault) Copay(c money.Cents) *Fault { return f.limit(effect{kind: effectCopay, amount: c}) }

func (f *Fault) limit(e effect) *Fault {
	e.amount, e.units = max(0, e.amount), max(0, e.units)
	f.effect = e
	return f
}

// Line is what a position amounts to: per unit price and co-payment, quantity and
// VAT, and from them the gross amount and the co-payment.
type Line struct {
	Price, UnitCopay, VAT money.Cents
	Units                 money.Hundredths
	Gross, Copay          money.Cents
}

// UnitGross returns the price of one unit with its VAT (spec/dta-302 section 9).
func (l Line) UnitGross() money.Cents {
	if l.Units == 0 {
		return l.Price
	}
	return l.Price + money.Cents(money.DivRound(int64(l.VAT)*100, int64(l.Units)))
}

// LineOf returns the position as billed.
func LineOf(p *billing.Position) Line {
	l := Line{Price: p.Price, UnitCopay: p.CopayPerUnit.Cents, Units: p.Quantity}
	if p.VAT.Present {
		l.VAT = p.VAT.Amount
	}
	l.sum()
	return l
}

func (l *Line) sum() {
	l.Gross = l.Price.Times(l.Units) + l.VAT
	l.Copay = l.UnitCopay.Times(l.Units)
}

// correct returns the line as a fault of the position leaves it. The co-payment is
// computed anew on a corrected price (spec/checks section 10.4).
func (f *Fault) correct(p *billing.Position, rates CopayRates) Line {
	if f.Severity == CorrectToZero {
		return Line{}
	}
	l := LineOf(p)
	switch f.effect.kind {
	case effectPrice:
		l.Price = min(l.Price, f.effect.amount)
	case effectUnits:
		l.Units = min(l.Units, f.effect.units)
	case effectVAT:
		l.VAT = min(l.VAT, f.effect.amount)
	case effectReduce:
		cut := max(0, min(l.Gross, f.effect.amount))
		l.Gross -= cut
		l.Copay -= min(l.Copay, cut.Percent(rates.Percent))
		return l
	default:
		return l
	}
	if p.VAT.Present && f.effect.kind != effectVAT {
		l.VAT = min(l.VAT, money.VAT(l.Price, l.Units, p.VAT.Rate))
	}
	if f.effect.kind != effectUnits {
		l.UnitCopay = min(l.UnitCopay, rates.PerUnit(l.UnitGross()))
	}
	l.sum()
	return l
}
