// Package jobs is the clock's door into the system: named jobs with a schedule
// in Europe/Berlin, each calling one use case. robfig/cron only proposes to look;
// the calendar in the database knows what is due, and the row (job, due time)
// decides that it happens once, whatever the number of replicas (JOB-7). What was
// missed is caught up in order. There is no registration: All lists the jobs.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// CatchUp says what becomes of due times that were missed.
type CatchUp int

const (
	// CatchUpAll runs each missed due time, in order.
	CatchUpAll CatchUp = iota
	// CatchUpLatest runs the newest missed due time; it does the work of the ones
	// before, which are recorded as done without a run (F-56).
	CatchUpLatest
)

// Job is something that runs by the clock. Each job must be able to run twice
// for the same due time, and to stop anywhere: it may be killed and taken over.
type Job struct {
	// Name is unique and never changes; the database keeps it.
	Name string
	// Schedule are five cron fields in Europe/Berlin, outside 02:00-03:00.
	Schedule string
	// Timeout ends a run that hangs; it fails and is tried again.
	Timeout time.Duration
	CatchUp CatchUp
	// Run does the work. Its transactions call store.JobProgress, which counts the
	// items and refuses writes of a process that has lost the run.
	Run func(ctx context.Context, run Run) error
}

// Run are the times of one run.
type Run struct {
	// Due is the instant as of which the job works: the due time, or the present if
	// the run was started by hand before it.
	Due time.Time
	// Now is the database's time when the run was taken: later than Due if the run
	// was missed.
	Now time.Time
}

// scheduled is a Job with its schedule read.
type scheduled struct {
	Job
	schedule schedule
}

// prepare checks the jobs.
func prepare(list []Job) ([]*scheduled, error) {
	names := map[string]bool{}
	out := make([]*scheduled, 0, len(list))
	var faults []error
	for _, j := range list {
		s, err := parseSchedule(j.Schedule)
		switch {
		case j.Name == "" || names[j.Name]:
			err = errors.New("name is missing or used twice")
		case j.Run == nil:
			err = errors.New("nothing to run")
		case j.Timeout <= 0:
			err = errors.New("time limit is missing")
		}
		names[j.Name] = true
		if err != nil {
			faults = append(faults, fmt.Errorf("job %q: %w", j.Name, err))
			continue
		}
		out = append(out, &scheduled{Job: j, schedule: s})
	}
	return out, errors.Join(faults...)
}
