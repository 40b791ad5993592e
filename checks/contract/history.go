package contract

import (
	"klarbeleg/checks"
	"klarbeleg/domain/billing"
)

func historyRules() []checks.Binding {
	const needs = checks.NeedHistory
	return []checks.Binding{
		{ID: "P4022", Turn: checks.TurnInvoice, Scope: checks.ScopeInvoice, Needs: needs, Check: invoiceKnown},
		{
			ID: "P4023", Turn: checks.TurnInvoice, Scope: checks.ScopeInvoice, Needs: needs,
			Unless: []string{"P4022"}, Check: numberReused,
		},
		{
			ID: "P4024", Turn: checks.TurnPosition, Scope: checks.ScopePosition, Needs: needs,
			Unless: []string{"P4022"}, Check: lineKnown,
		},
		{ID: "P4027", Turn: checks.TurnCase, Scope: checks.ScopePosition, Check: lineTwice},
	}
}

// P4022: provider, number and date were not accepted before.
func invoiceKnown(x *checks.Context) checks.Outcome {
	inv := x.Invoice
	if _, known := x.Facts.History.Invoices[inv.Key()]; !known {
		return checks.Pass
	}
	x.Fail(inv.NumberPlace, "REC").
		With("rechnungsnummer", inv.Number.String()).With("datum", inv.Date.German())
	return checks.Fail
}

// P4023: the number is unique for the fund, whatever provider and date.
func numberReused(x *checks.Context) checks.Outcome {
	inv := x.Invoice
	if x.Facts.History.Numbers == nil {
		return checks.NoData
	}
	if _, used := x.Facts.History.Numbers[billing.FundNumber{Fund: inv.Fund, Number: inv.Number}]; !used {
		return checks.Pass
	}
	x.Fail(inv.NumberPlace, "REC").With("rechnungsnummer", inv.Number.String())
	return checks.Fail
}

// P4024: the line was not billed before, neither in another invoice nor in an earlier
// case of this one.
func lineKnown(x *checks.Context) checks.Outcome {
	if repeats(x) {
		return checks.NotApplicable
	}
	number, known := inHistory(x)
	if !known && inTwin(x) {
		number, known = x.Invoice.Number, true
	}
	if !known {
		return checks.Pass
	}
	p := x.Position
	x.Fail(p.Place, x.SegmentTag()).
		With("position", p.Item).With("datum", p.Date.German()).With("rechnung", number.String())
	return checks.Fail
}

func inHistory(x *checks.Context) (number billing.InvoiceNumber, known bool) {
	if x.Facts.History.Lines.Len() == 0 {
		return number, false
	}
	f, ok := billing.LineFingerprint(x.Invoice.Provider, x.Case, x.Position)
	if !ok {
		return number, false
	}
	return x.Facts.History.Lines.Find(f)
}

// inTwin looks into the earlier cases of the same person. A trip without times
// cannot be told from the way back, so it is not compared.
func inTwin(x *checks.Context) bool {
	p := x.Position
	if x.Group() == billing.GroupTransport && p.From < 0 {
		return false
	}
	for twin := range x.Twins {
		for i := range twin.Positions {
			q := &twin.Positions[i]
			if q.Date == p.Date && q.From == p.From && q.Item == p.Item && q.Site == p.Site {
				return true
			}
		}
	}
	return false
}

// P4027: no line stands twice in a case. In group B the same item on one day belongs
// in one line; a split is a warning only, because two treatments may be prescribed.
func lineTwice(x *checks.Context) checks.Outcome {
	outcome := checks.Pass
	positions := x.Case.Positions
	for i := range positions {
		for j := range i {
			if !sameLine(&positions[i], &positions[j], x.Group()) {
				continue
			}
			f := x.FailPosition(i, x.SegmentTag()).
				With("position", positions[i].Item).With("datum", positions[i].Date.German()).
				Units(0)
			if x.Group() == billing.GroupTherapy {
				f.Milder(checks.Warn)
			}
			outcome = checks.Fail
			break
		}
	}
	return outcome
}

func sameLine(a, b *billing.Position, g billing.Group) bool {
	if a.Date != b.Date || a.Item != b.Item || a.From != b.From || a.Part != b.Part {
		return false
	}
	if g == billing.GroupTherapy {
		return true
	}
	return a.Quantity == b.Quantity && a.Price == b.Price && a.Site == b.Site && a.To == b.To &&
		a.AidMark == b.AidMark && a.InventoryNo == b.InventoryNo && a.ProductItem == b.ProductItem &&
		a.Tariff == b.Tariff && a.Kilometres == b.Kilometres && a.Text == b.Text
}
