package billing

import (
	"slices"
	"time"

	"klarbeleg/domain/calendar"
)

// CaseDeadlines are the limits of a correction case (COR-8, COR-10).
type CaseDeadlines struct {
	// OpenMonths is how long a case can be worked on after its provision.
	OpenMonths int
	// ClosedMonths is how long a completed case stays visible.
	ClosedMonths int
}

// DefaultDeadlines are the periods that the service promises.
func DefaultDeadlines() CaseDeadlines { return CaseDeadlines{OpenMonths: 3, ClosedMonths: 3} }

// EditableUntil returns the last day on which a case provided on the Berlin date
// can be worked on.
func (d CaseDeadlines) EditableUntil(provided calendar.Date) calendar.Date {
	return provided.AddMonths(d.OpenMonths)
}

// CaseLimits are the fixed rules of the service about who may do what with a
// correction case.
type CaseLimits struct {
	CaseDeadlines
	// ViewMonths is how far back from the registration of an institution its cases
	// are visible, HealMonths how far back they can be healed (COR-7).
	ViewMonths, HealMonths int
	// ReadOnlyGroups are healed outside the portal: group B by correction bills
	// (CHK-8), § 300 and § 295 by files and letters.
	ReadOnlyGroups []string
}

// DefaultLimits are the rules that the service promises.
func DefaultLimits() CaseLimits {
	return CaseLimits{
		CaseDeadlines: DefaultDeadlines(), ViewMonths: 6, HealMonths: 3,
		ReadOnlyGroups: []string{GroupTherapy.String(), GroupPharmacy.String(), GroupIntegrated.String()},
	}
}

// Access is what an institution may do with a correction case, and why not more.
type Access string

// Kinds of access. AccessEdit allows everything, AccessHidden nothing; all others
// show the case read-only and name the reason.
const (
	AccessEdit Access = ""
	// AccessHidden: provided too long before the registration (COR-7), or completed
	// too long ago (COR-10).
	AccessHidden Access = "hidden"
	// AccessCorrectionBill: group B is paid later by correction bills only (CHK-8).
	AccessCorrectionBill Access = "correction_bill"
	// AccessProcedure: § 300 and § 295 heal by their own procedure.
	AccessProcedure Access = "procedure"
	// AccessCancelled: a Storno took the invoice back.
	AccessCancelled Access = "cancelled"
	// AccessCompleted: the provider has completed the case.
	AccessCompleted Access = "completed"
	// AccessDeadline: the time for healing is over; a written objection is left
	// (COR-8, COR-11).
	AccessDeadline Access = "deadline"
	// AccessLookback: provided too long before the registration to be healed (COR-7).
	AccessLookback Access = "lookback"
)

// CaseStanding is what decides on the access to a case.
type CaseStanding struct {
	Group     string
	State     CaseState
	Cancelled bool // its invoice
	// ProvidedOn and RegisteredOn are Berlin dates: of the case and of the
	// institution that asks; 0 where it uses the API without being registered.
	ProvidedOn, RegisteredOn calendar.Date
	// EditableUntil and VisibleUntil are the first instants after; VisibleUntil is
	// zero for a case that is not completed.
	EditableUntil, VisibleUntil time.Time
}

// Access decides at an instant. It decides as the job does that ends cases: at the
// first instant after the last day nothing can be changed any more, whether the job
// has run or not (F-55).
func (l CaseLimits) Access(c CaseStanding, now time.Time) Access {
	switch {
	case c.before(l.ViewMonths), !c.VisibleUntil.IsZero() && !now.Before(c.VisibleUntil):
		return AccessHidden
	case c.Cancelled:
		return AccessCancelled
	case slices.Contains(l.ReadOnlyGroups, c.Group):
		if c.Group == GroupTherapy.String() {
			return AccessCorrectionBill
		}
		return AccessProcedure
	case !now.Before(c.EditableUntil):
		return AccessDeadline
	case c.State == CaseCompleted:
		return AccessCompleted
	case c.before(l.HealMonths):
		return AccessLookback
	default:
		return AccessEdit
	}
}

// before reports whether the case was provided more than so many months before the
// registration.
func (c CaseStanding) before(months int) bool {
	return !c.RegisteredOn.IsZero() && c.ProvidedOn < c.RegisteredOn.AddMonths(-months)
}
