package jobs

import (
	"context"
	"errors"
	"time"

	"klarbeleg/domain/calendar"
)

// Look is one tick of all jobs of the runner, one after the other.
func (r *Runner) Look(ctx context.Context) error {
	var faults []error
	for _, j := range r.jobs {
		faults = append(faults, r.look(ctx, ctx, j))
	}
	return errors.Join(faults...)
}

// CheckSchedule reads a schedule.
func CheckSchedule(spec string) error {
	_, err := parseSchedule(spec)
	return err
}

// DueOn returns the due time of a schedule on a date.
func DueOn(spec string, date calendar.Date, now time.Time) (time.Time, bool) {
	s, err := parseSchedule(spec)
	if err != nil {
		panic(err)
	}
	return s.on(date, now)
}
