package jobs

import (
	"context"
	"time"
)

// expireSchedule: deadlines end at 24:00, so the cases end soon after and long
// before the digest counts what is left.
const expireSchedule = "10 0 * * *"

// expire ends the correction cases whose time is over (COR-8, JOB-2).
func expire(u UseCases, schedule string) Job {
	return Job{
		Name: "expire", Schedule: schedule, Timeout: 30 * time.Minute, CatchUp: CatchUpAll,
		Run: func(ctx context.Context, run Run) error {
			_, err := u.Cases.Expire(ctx, run.Due)
			return err
		},
	}
}
