package jobs

import (
	"context"
	"time"

	"klarbeleg/domain/calendar"
)

// digestSchedule is portal setting DIGEST_AT.
const digestSchedule = "30 6 * * *"

// digest tells users what waits for them (JOB-1, JOB-4). The mail belongs to the
// day on which it leaves, so a missed run caught up on the next day takes the
// place of that day's own: never two a day.
func digest(u UseCases, schedule string) Job {
	return Job{
		Name: "digest", Schedule: schedule, Timeout: 30 * time.Minute, CatchUp: CatchUpLatest,
		Run: func(ctx context.Context, run Run) error {
			planned, err := u.Digests.Digest(ctx, calendar.InBerlin(run.Now))
			if planned > 0 {
				u.MailPlanned()
			}
			return err
		},
	}
}
