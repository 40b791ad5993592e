package contract

import (
	"strconv"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
)

// Keys of the prescription (TA3 8.1.11, 8.1.12).
const (
	pregnancy       = '2'
	discharge       = '4'
	blankKind       = "05"
	urgent          = '1'
	outsideTheRules = "99"
)

func dateRules() []checks.Binding {
	const ofCase, turn = checks.ScopeCase, checks.TurnCase
	return []checks.Binding{
		{ID: "P4028", Turn: turn, Scope: ofCase, Check: lateInvoice},
		{ID: "P4105", Turn: turn, Scope: ofCase, Unless: []string{"P3041"}, Check: aidSuppliedLate},
		{ID: "P4201", Turn: turn, Scope: ofCase, Unless: []string{"P3041"}, Check: therapyStartsLate},
		{ID: "P4202", Turn: turn, Scope: ofCase, Unless: []string{"P3041"}, Check: urgentTherapyStartsLate},
	}
}

// P4028: received within so many months after the month of service; therapy counts
// from the last treatment (P4243). Where the contract has no limit, it is a warning.
func lateInvoice(x *checks.Context) checks.Outcome {
	service := x.Sums.First
	if x.Group() == billing.GroupTherapy {
		service = x.Sums.Last
	}
	if service == 0 || repeats(x) || len(x.Case.Positions) == 0 {
		return checks.NotApplicable
	}
	if terms := x.ContractTerms(0); terms != nil && terms.LateMonths > 0 {
		if x.Group() == billing.GroupTherapy {
			return checks.NotApplicable
		}
		return lateByContract(x, terms.LateMonths)
	}
	months := x.Limits.LateMonths.On(service)
	if x.Facts.ReceivedOn <= service.AddDays(28*months) { // sooner than any such month ends
		return checks.Pass
	}
	if x.Facts.ReceivedOn <= endOfMonth(service).AddMonths(months) {
		return checks.Pass
	}
	x.Fail(x.Case.Place, "INV").With("monate", strconv.Itoa(months)).Milder(checks.Warn)
	return checks.Fail
}

func endOfMonth(d calendar.Date) calendar.Date {
	y, m, _ := d.Civil()
	first, _ := calendar.NewDate(y, m, 1)
	return first.AddMonths(1).AddDays(-1)
}

// P4105: an aid is supplied within the days after the prescription, unless it was
// applied for in time. Later deliveries of a running supply do not count.
func aidSuppliedLate(x *checks.Context) checks.Outcome {
	p := &x.Case.Prescription
	first := firstSupply(x.Case)
	if !p.Present || p.Date == 0 || first == 0 {
		return checks.NotApplicable
	}
	last := p.Date.AddDays(x.Limits.AidStartDays.On(p.Date))
	if first <= last {
		return checks.Pass
	}
	for i := range x.Case.Approvals {
		if x.Case.Approvals[i].Date <= last {
			return checks.Bypassed
		}
	}
	x.Fail(p.Place, x.PrescriptionTag())
	return checks.Fail
}

// firstSupply returns the first date on which something was newly handed out: new
// (00), used (02), rented (03), higher quality (06) or by flat rate (08).
func firstSupply(c *billing.Case) (first calendar.Date) {
	for i := range c.Positions {
		p := &c.Positions[i]
		switch p.AidMark {
		case "00", "02", "03", "06", "08":
			if first == 0 || p.Date < first {
				first = p.Date
			}
		}
	}
	return first
}

// P4201: the first treatment within 28 days. Urgent, discharge and blank
// prescriptions have rules of their own.
func therapyStartsLate(x *checks.Context) checks.Outcome {
	if x.Case.Prescription.Urgent == urgent {
		return checks.NotApplicable
	}
	return startsWithin(x, x.Limits.TherapyStartDays)
}

// P4202: the first treatment within 14 days where it is urgent.
func urgentTherapyStartsLate(x *checks.Context) checks.Outcome {
	if x.Case.Prescription.Urgent != urgent {
		return checks.NotApplicable
	}
	return startsWithin(x, x.Limits.TherapyUrgentDays)
}

// startsWithin is not asked of bills that carry a part of the dates only
// (Verarbeitungskennzeichen 02, 03, 04) or resume a treatment (10).
func startsWithin(x *checks.Context, days checks.Dated[int]) checks.Outcome {
	p := &x.Case.Prescription
	switch {
	case x.Invoice.Processing != billing.FirstBill || !p.Present || x.Sums.First == 0,
		p.Special == discharge, p.Kind == blankKind, p.Kind == outsideTheRules:
		return checks.NotApplicable
	}
	last := p.Date.AddDays(days.On(p.Date))
	if x.Sums.First <= last {
		return checks.Pass
	}
	x.Fail(p.Place, x.PrescriptionTag()).
		With("datum", x.Sums.First.German()).With("soll", last.German())
	return checks.Fail
}
