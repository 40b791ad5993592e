package jobs

import (
	"klarbeleg/app/casework"
	"klarbeleg/app/notify"
	"klarbeleg/app/payment"
	"klarbeleg/app/report"
)

// UseCases are what the jobs call.
type UseCases struct {
	Cases    *casework.Service
	Digests  *notify.Digests
	Payments *payment.Service
	Reports  *report.Service
	// ExportDir takes the nightly reports.
	ExportDir string
	// MailPlanned is called when mails wait to be sent (notify.Mailer.Wake).
	MailPlanned func()
}

// Schedules say when the jobs are due: five cron fields in Europe/Berlin.
type Schedules struct {
	Expire string
	Digest string
	Pay    string
	Export string
}

// DefaultSchedules are the times the service promises (portal settings).
func DefaultSchedules() Schedules {
	return Schedules{Expire: expireSchedule, Digest: digestSchedule, Pay: paySchedule, Export: exportSchedule}
}

// All lists the jobs.
func All(u UseCases, s Schedules) []Job {
	return []Job{
		expire(u, s.Expire),
		pay(u, s.Pay),
		export(u, s.Export),
		digest(u, s.Digest),
	}
}
