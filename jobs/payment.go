package jobs

import (
	"context"
	"time"

	"klarbeleg/domain/calendar"
)

// paySchedule: after the deadlines of the day before have ended, and long before
// the banks' cut-off times.
const paySchedule = "0 4 * * *"

// pay is the payment run (PAY-1, JOB-5). A missed run needs no run of its own: the
// next one pays everything that is due by then.
func pay(u UseCases, schedule string) Job {
	return Job{
		Name: "pay", Schedule: schedule, Timeout: 3 * time.Hour, CatchUp: CatchUpLatest,
		Run: func(ctx context.Context, run Run) error {
			_, err := u.Payments.Run(ctx, calendar.InBerlin(run.Due), run.Now)
			return err
		},
	}
}
