package jobs

import (
	"context"
	"time"

	"klarbeleg/domain/calendar"
)

// exportSchedule: after the payment run, before finance analysts begin.
const exportSchedule = "0 5 * * *"

// export writes the reports of the month to date, up to the day before (REP-4,
// JOB-5). Of missed nights the newest has all.
func export(u UseCases, schedule string) Job {
	return Job{
		Name: "export", Schedule: schedule, Timeout: 3 * time.Hour, CatchUp: CatchUpLatest,
		Run: func(ctx context.Context, run Run) error {
			return u.Reports.Nightly(ctx, calendar.InBerlin(run.Due).AddDays(-1), u.ExportDir)
		},
	}
}
