package checks

import (
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// Context is what a predicate sees: the invoice, the facts, and in the turns of a
// case or position that case or position. It belongs to the Checker and is valid
// during the call only.
type Context struct {
	Invoice *billing.Invoice
	Facts   *billing.Facts
	Codes   *Codes
	Limits  *Parameters
	// Case and Position are nil, their numbers -1, outside their turns.
	Case       *billing.Case
	Position   *billing.Position
	CaseNo     int
	PositionNo int
	// Sums belong to Case, Totals to the invoice; Totals are complete at
	// TurnInvoiceEnd.
	Sums   Sums
	Totals Totals

	checker  *Checker
	rule     *compiled
	price    priceMemo
	terms    []*billing.Terms // by position of the case, once asked for
	items    [itemMemos]itemMemo
	majority calendar.Date // of the person of the case, 0 if not known
}

// Group returns the group of providers of the invoice.
func (x *Context) Group() billing.Group { return x.Invoice.Header.Group }

// Claim reports whether the invoice claims co-payments (Verarbeitungskennzeichen
// 03): its amounts are then the co-payments, not the prices.
func (x *Context) Claim() bool { return x.Invoice.Processing == billing.CopaymentClaim }

// Copay returns the co-payment amounts valid on the day.
func (x *Context) Copay(on calendar.Date) CopayRates { return x.Limits.Copay.On(on) }

// Agreement says what the price list knows about a position.
type Agreement uint8

// Agreements: the contract is unknown (no_data); the tariff is priced by estimate,
// outside any list; the contract has no price for the item on the day; it has one.
const (
	NoContract Agreement = iota
	ByEstimate
	NotListed
	Listed
)

// priceMemo keeps the answer for the position at hand, because several rules ask.
type priceMemo struct {
	caseNo, positionNo int
	agreement          Agreement
	cents              money.Cents
}

// AgreedPrice looks the position up in the price list by its date of service
// (CHK-6).
func (x *Context) AgreedPrice() (Agreement, money.Cents) {
	m := &x.price
	if m.caseNo == x.CaseNo && m.positionNo == x.PositionNo {
		return m.agreement, m.cents
	}
	p := x.Position
	*m = priceMemo{caseNo: x.CaseNo, positionNo: x.PositionNo}
	if x.Codes.SpecialTariff(p.Tariff) == TariffEstimate {
		m.agreement = ByEstimate
		return m.agreement, 0
	}
	item := x.item(p)
	if cents, ok := billing.PriceOn(item.prices, p.Date, p.Price); ok {
		m.agreement, m.cents = Listed, cents
	} else if item.priced {
		m.agreement = NotListed
	}
	return m.agreement, m.cents
}

// Terms returns what the contract agrees about a position of the case beside its
// price; nil where the lists say nothing.
func (x *Context) Terms(position int) *billing.Terms {
	if x.Facts.Terms == nil {
		return nil
	}
	if len(x.terms) == 0 {
		x.readTerms()
	}
	return x.terms[position]
}

func (x *Context) readTerms() {
	for i := range x.Case.Positions {
		p := &x.Case.Positions[i]
		x.terms = append(x.terms, billing.On(x.item(p).terms, p.Date))
	}
}

// ContractTerms returns what the contract of a position says about itself; nil where
// the lists say nothing.
func (x *Context) ContractTerms(position int) *billing.Terms {
	p := &x.Case.Positions[position]
	return billing.On(x.item(p).contract, p.Date)
}

// itemMemos is the number of items whose prices and terms are kept at hand during an
// invoice; most invoices repeat a few.
const itemMemos = 16

// itemMemo is what the lists know about an item of a contract.
type itemMemo struct {
	known              bool
	code, tariff, item string
	priced             bool // the price list has the contract
	prices             []billing.Price
	terms, contract    []billing.DatedTerms
}

// item looks the item of a position up in the lists.
func (x *Context) item(p *billing.Position) *itemMemo {
	slot := 0
	for i := max(0, len(p.Item)-4); i < len(p.Item); i++ {
		slot = slot*7 + int(p.Item[i])
	}
	m := &x.items[slot%itemMemos]
	if m.known && m.item == p.Item && m.tariff == p.Tariff && m.code == p.BillingCode {
		return m
	}
	*m = itemMemo{known: true, code: p.BillingCode, tariff: p.Tariff, item: p.Item}
	key := billing.ContractKey{BillingCode: p.BillingCode, Tariff: p.Tariff}
	if prices := x.Facts.Prices; prices != nil {
		m.priced, m.prices = prices.Contract(key), prices.Item(key, p.Item)
	}
	if terms := x.Facts.Terms; terms != nil {
		m.terms, m.contract = terms.Item(key, p.Item), terms.Item(key, "")
	}
	return m
}

// maxTwins bounds the cases of one person that are compared: more prescriptions
// of one person in one invoice do not occur, and the work grows with the square.
const maxTwins = 50

// Twins yields the earlier cases of the invoice with the insurance number of the
// case, the latest first.
func (x *Context) Twins(yield func(*billing.Case) bool) {
	n := x.checker.twins[x.CaseNo]
	for range maxTwins {
		if n < 0 || !yield(&x.Invoice.Cases[n]) {
			return
		}
		n = x.checker.twins[n]
	}
}

// SameVoucher reports whether an earlier case of the invoice has the voucher
// number of the case.
func (x *Context) SameVoucher() bool { return x.checker.sameVoucher }

// SamePrescription reports whether an earlier case of the invoice has the
// electronic prescription of the case.
func (x *Context) SamePrescription() bool { return x.checker.sameEVO }

// PartSum returns the gross amount of the lines of an aid group or trip as billed,
// and as it is with the corrections found so far.
func (x *Context) PartSum(part int) (billed, corrected money.Cents) {
	billed = x.checker.partGross[part]
	return billed, billed - x.checker.partCut(part)
}

// GrossSum returns the gross amount of the lines of the case as billed, and as it
// is with the corrections of single lines found so far. A total that fits either
// is not a fault of its own: values are corrected in memory for the later steps
// (spec/checks section 11, no. 2).
func (x *Context) GrossSum() (billed, corrected money.Cents) {
	return x.Sums.Gross, x.Sums.Gross - x.checker.grossCut()
}

// Corrected returns price, VAT and quantity of a line of the case as corrected so
// far; ok is false if no finding concerns the line.
func (x *Context) Corrected(position int) (line Line, ok bool) {
	return x.checker.correctedLine(position)
}

// DueCopay returns the percentage co-payment due on a line of the case, with the
// corrections found so far, and whether the line carries it: what is billed agrees
// with the price as billed, as corrected or as agreed (spec/dta-302 section 9).
func (x *Context) DueCopay(position int) (due money.Cents, carried bool) {
	p := &x.Case.Positions[position]
	rates := x.Copay(p.Date)
	line := LineOf(p)
	tolerance := x.Tolerance(1)
	if tolerable(line, rates.PerUnit(line.UnitGross()), tolerance) {
		return line.Copay, true
	}
	corrected, ok := x.Corrected(position)
	if ok {
		line.Price, line.VAT, line.Units = corrected.Price, corrected.VAT, corrected.Units
	} else if x.Facts.Prices != nil {
		corrected = line
		corrected.Price, ok = billing.PriceOn(x.item(p).prices, p.Date, p.Price)
	}
	if ok && tolerable(line, rates.PerUnit(corrected.UnitGross()), tolerance) {
		return line.Copay, true
	}
	return rates.PerUnit(line.UnitGross()).Times(line.Units), false
}

func tolerable(l Line, unit, tolerance money.Cents) bool {
	difference := l.UnitCopay.Times(l.Units) - unit.Times(l.Units)
	return difference >= -tolerance && difference <= tolerance
}

// Tolerance returns the rounding difference accepted in silence on so many lines
// (P3118).
func (x *Context) Tolerance(lines int) money.Cents {
	return x.Limits.RoundingPerLine.On(x.Invoice.Date) * money.Cents(lines)
}

// Within reports whether two amounts differ by rounding at most.
func (x *Context) Within(a, b money.Cents) bool {
	d, t := a-b, x.Tolerance(len(x.Case.Positions))
	return d >= -t && d <= t
}

// Minor reports whether the insured person of the case was under 18 on the day;
// known is false if the birth date is not complete.
func (x *Context) Minor(on calendar.Date) (minor, known bool) {
	return on < x.majority, x.majority != 0
}

// Majority returns the 18th birthday. Who is born on 29 February comes of age on 1
// March (§§ 187 Abs. 2, 188 Abs. 2 BGB).
func Majority(birth calendar.Date) calendar.Date {
	y, m, d := birth.Civil()
	if day, ok := calendar.NewDate(y+18, m, d); ok {
		return day
	}
	return birth.AddMonths(18 * 12).AddDays(1)
}

// SegmentTag returns the tag of the line segment of the group.
func (x *Context) SegmentTag() string { return lineTags[x.Group()] }

// PrescriptionTag returns the tag of the prescription segment of the group.
func (x *Context) PrescriptionTag() string { return prescriptionTags[x.Group()] }

// TotalsTag returns the tag of the sums of a case.
func (x *Context) TotalsTag() string {
	if x.Case != nil && x.Case.Totals.Claim {
		return "GZF"
	}
	return "BES"
}

// lineTags and prescriptionTags name the segments by group (TA3 8.1.14).
var (
	lineTags = [256]string{
		'A': "EHI", 'B': "EHE", 'C': "EHK", 'D': "EHH", 'E': "EKT", 'F': "EHB", 'G': "ENF",
		'H': "ENF", 'I': "ENF", 'J': "ENF", 'K': "ENF", 'L': "ENF", 'M': "ENF", 'N': "ENF",
		'O': "ESP", 'P': "EGV", 'Q': "EHP", 'R': "AHK", 'S': "EMP",
	}
	prescriptionTags = [256]string{
		'A': "ZHI", 'B': "ZHE", 'C': "ZHK", 'D': "ZHH", 'E': "ZKT", 'F': "ZHB", 'G': "ZUV",
		'H': "ZUV", 'I': "ZUV", 'J': "ZUV", 'K': "ZUV", 'L': "ZUV", 'M': "ZUV", 'N': "ZUV",
		'O': "ZSP", 'R': "ZHK",
	}
)

// serviceDate returns the date by which the version of a rule is chosen: the date
// of service of the position, the last one of the case, the invoice date.
func (x *Context) serviceDate() calendar.Date {
	switch {
	case x.Position != nil:
		return x.Position.Date
	case x.Case != nil:
		return x.Sums.Last
	default:
		return x.Invoice.Date
	}
}
