package jobs

import (
	"errors"
	"fmt"
	"time"

	"github.com/robfig/cron/v3"

	"klarbeleg/domain/calendar"
)

// Faults of a schedule, found at start.
var (
	// ErrClockChange refuses schedules in the hour that clock changes skip or
	// repeat (JOB-8).
	ErrClockChange = errors.New("schedule lies between 02:00 and 03:00, which clock changes skip or repeat")
	// ErrNever refuses dates that no year has.
	ErrNever = errors.New("schedule has no due time")
)

// schedule yields the due times of a job, in Europe/Berlin.
type schedule struct{ spec *cron.SpecSchedule }

// parseSchedule reads five cron fields. Descriptors and zones are refused: a due
// time is a wall-clock time in Berlin, or it could not be found again after a
// restart.
func parseSchedule(spec string) (schedule, error) {
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	parsed, err := parser.Parse(spec)
	if err != nil {
		return schedule{}, fmt.Errorf("schedule %q: %w", spec, err)
	}
	s, ok := parsed.(*cron.SpecSchedule)
	if !ok || s.Location != time.Local {
		return schedule{}, fmt.Errorf("schedule %q: want five fields without a zone", spec)
	}
	if s.Hour&(1<<2) != 0 {
		return schedule{}, fmt.Errorf("schedule %q: %w", spec, ErrClockChange)
	}
	s.Location = calendar.Berlin()
	out := schedule{spec: s}
	// The library looks five years ahead; every leap day but that of 2100 is
	// nearer.
	if out.next(calendar.MustDate("2026-01-01").UTC()).IsZero() {
		return schedule{}, fmt.Errorf("schedule %q: %w", spec, ErrNever)
	}
	return out, nil
}

// next returns the first due time after t, zero if there is none.
func (s schedule) next(t time.Time) time.Time {
	next := s.spec.Next(t.In(calendar.Berlin()))
	if next.IsZero() {
		return next
	}
	return next.UTC()
}

// on returns the due time of the Berlin date: of several the last one that has
// come at now, or the first if none has. ok is false if the date has none.
func (s schedule) on(date calendar.Date, now time.Time) (due time.Time, ok bool) {
	end := date.EndInBerlin()
	for t := s.next(date.AddDays(-1).EndInBerlin().Add(-time.Second)); !t.IsZero() && t.Before(end); t = s.next(t) {
		if ok && t.After(now) {
			break
		}
		due, ok = t, true
	}
	return due, ok
}
