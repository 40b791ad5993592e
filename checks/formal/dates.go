package formal

import (
	"klarbeleg/checks"
	"klarbeleg/domain/billing"
)

func dateRules() []checks.Binding {
	const (
		invoice  = checks.ScopeInvoice
		ofCase   = checks.ScopeCase
		position = checks.ScopePosition
	)
	return []checks.Binding{
		{ID: "P3037", Turn: checks.TurnInvoice, Scope: invoice, Check: invoiceInFuture},
		{
			ID: "P3038", Turn: checks.TurnPosition, Scope: position, Unless: []string{"P3037", "P3039"},
			Check: serviceAfterInvoice,
		},
		{ID: "P3039", Turn: checks.TurnPosition, Scope: position, Check: serviceInFuture},
		{ID: "P3041", Turn: checks.TurnCase, Scope: ofCase, Check: prescribedAfterService},
		{ID: "P3056", Turn: checks.TurnCase, Scope: ofCase, Check: approvalDate},
		{ID: "P3071", Turn: checks.TurnCase, Scope: ofCase, Unless: []string{"P3055"}, Check: provisionalApproval},
	}
}

// P3037: not later than the day the file was made, if it says so, or received.
func invoiceInFuture(x *checks.Context) checks.Outcome {
	d, created := x.Invoice.Date, x.Invoice.Header.CreatedOn
	if d <= x.Facts.ReceivedOn && (d <= created || created == 0) {
		return checks.Pass
	}
	x.Fail(x.Invoice.NumberPlace, "REC").With("datum", d.German())
	return checks.Fail
}

// P3038: no service after the invoice date.
func serviceAfterInvoice(x *checks.Context) checks.Outcome {
	if x.Position.Date <= x.Invoice.Date {
		return checks.Pass
	}
	x.Fail(x.Position.Place, x.SegmentTag())
	return checks.Fail
}

// P3039: no service after the day of receipt.
func serviceInFuture(x *checks.Context) checks.Outcome {
	if x.Position.Date <= x.Facts.ReceivedOn {
		return checks.Pass
	}
	x.Fail(x.Position.Place, x.SegmentTag()).With("datum", x.Position.Date.German())
	return checks.Fail
}

// P3041: prescribed on the first day of service at the latest. An emergency, which
// names no postcode of the pick-up, is prescribed afterwards.
func prescribedAfterService(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	switch {
	case !p.Present || p.Date == 0 || x.Sums.First == 0:
		return checks.NotApplicable
	case p.Date <= x.Sums.First:
		return checks.Pass
	case x.Group() == billing.GroupTransport && emergency(x.Case):
		return checks.Bypassed
	}
	x.Fail(p.Place, x.PrescriptionTag()).
		With("datum", x.Sums.First.German()).With("vo_datum", p.Date.German())
	return checks.Fail
}

func emergency(c *billing.Case) bool {
	for i := range c.Trips {
		if c.Trips[i].FromPostcode == "" {
			return true
		}
	}
	return false
}

// P3056: approved before the invoice and not long before the prescription.
func approvalDate(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	for i := range x.Case.Approvals {
		a := &x.Case.Approvals[i]
		months := x.Limits.ApprovalMonths.On(x.Invoice.Date)
		old := p.Date != 0 && a.Date.AddMonths(months) < p.Date
		if a.Date <= x.Invoice.Date && !old {
			continue
		}
		x.Fail(a.Place, "SKZ").With("datum", a.Date.German())
		return checks.Fail
	}
	return checks.Pass
}

// P3071: provisional promises carry "Pseudo" and the date of the prescription.
func provisionalApproval(x *checks.Context) checks.Outcome {
	outcome := checks.NotApplicable
	for i := range x.Case.Approvals {
		a := &x.Case.Approvals[i]
		if a.Kind != "C2" && a.Kind != "R2" {
			continue
		}
		outcome = checks.Pass
		if a.Mark != "Pseudo" || a.Date != x.Case.Prescription.Date {
			x.Fail(a.Place, "SKZ")
			return checks.Fail
		}
	}
	return outcome
}
