package card

import (
	"time"

	"klarbeleg/domain/calendar"
)

// Limits are how long the steps from the order to the dispatch may take, in days
// (CRD-8, spec/cards "States and events").
type Limits struct {
	// Release is the time of the releasing body, Work that of all other steps
	// together.
	Release, Work int
}

// DefaultLimits are the times that the service names: release at most six weeks, all
// others together two.
func DefaultLimits() Limits { return Limits{Release: 42, Work: 14} }

// Times are when the steps of an order began; zero where one has not.
type Times struct {
	Ordered, ReleaseRequested, ReleaseGranted time.Time
}

// Due returns the last Berlin day of the step at hand of an order that is not yet
// shipped. The time of the releasing body does not count as work.
func (l Limits) Due(t Times) calendar.Date {
	ordered := calendar.InBerlin(t.Ordered)
	switch {
	case t.ReleaseRequested.IsZero():
		return ordered.AddDays(l.Work)
	case t.ReleaseGranted.IsZero():
		return calendar.InBerlin(t.ReleaseRequested).AddDays(l.Release)
	}
	worked := int(calendar.InBerlin(t.ReleaseRequested) - ordered)
	return calendar.InBerlin(t.ReleaseGranted).AddDays(l.Work - worked)
}
