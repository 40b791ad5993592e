package jobs_test

import (
	"strings"
	"testing"

	"klarbeleg/app/casework"
	"klarbeleg/app/notify"
	"klarbeleg/app/payment"
	"klarbeleg/app/report"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/jobs"
	"klarbeleg/store"
	"klarbeleg/store/storetest"
)

// all returns a replica with the jobs of the product.
func (b *bundle) all() *jobs.Runner {
	b.Helper()
	digests, err := notify.NewDigests(b.db, b.clock, notify.DigestConfig{PortalURL: "https://portal.klarbeleg.example/"})
	if err != nil {
		b.Fatal(err)
	}
	payments, err := payment.New(b.db, payment.Settings{
		Term: billing.DefaultPaymentTerm, Dir: b.dir,
		Debtor: store.Debtor{Name: "Abrechnungszentrum", BankDetails: billing.BankDetails{IBAN: "DE09000000000000000001"}},
	})
	if err != nil {
		b.Fatal(err)
	}
	reports, err := report.New(b.db)
	if err != nil {
		b.Fatal(err)
	}
	return b.runner(jobs.Config{}, jobs.All(jobs.UseCases{
		Reports: reports, ExportDir: b.dir,
		Cases: casework.New(b.db, billing.DefaultDeadlines()), Digests: digests, Payments: payments,
		MailPlanned: func() { b.note("mail planned") },
	}, jobs.DefaultSchedules())...)
}

func (b *bundle) one(sql string) (value string) {
	b.Helper()
	if err := b.db.Pool().QueryRow(b.ctx, sql).Scan(&value); err != nil {
		b.Fatal(err)
	}
	return value
}

// JOB-1, JOB-2, JOB-7, F-56: down for three days over a deadline.
func TestDownForDays(t *testing.T) {
	t.Parallel()
	b := setup(t, "2026-11-22 12:00:00")
	storetest.AddUser(t, b.db, storetest.AddInstitution(t, b.db, "261234563"), "a@praxis.example", "active")
	storetest.AddCase(t, b.db, storetest.Case{Provided: berlin("2026-08-23 09:00:00")}) // ends on 23 November
	storetest.AddCase(t, b.db, storetest.Case{Provided: berlin("2026-09-01 09:00:00")})
	b.look(b.all())

	b.clock.Set(berlin("2026-11-25 12:00:00"))
	b.look(b.all())
	b.look(b.all())
	b.wantRuns("mail planned")
	if got := b.one(`select count(*) || ' ' || min(local_day) from mail`); got != "1 2026-11-25" {
		t.Errorf("digests: %s", got)
	}
	if text := b.one(`select body_text from mail`); !strings.Contains(text, "Offene Berichtigungen:            1 ") || !strings.Contains(text, "01.12.2026") {
		t.Errorf("the digest counts the case that has ended:\n%s", text)
	}
	if got := b.one(`select string_agg(to_char(due_at at time zone 'Europe/Berlin', 'DD') || ':' || items, ' ' order by due_at)
		from job_run where job = 'expire' and state = 'done'`); got != "23:0 24:1 25:0" {
		t.Errorf("expire runs by due day: %s", got)
	}
	b.invariants()
}

// JOB-1, JOB-7: a digest made by hand, also for a day gone by, is the one mail of
// the day on which it leaves.
func TestDigestByHand(t *testing.T) {
	t.Parallel()
	b := setup(t, "2026-11-25 05:00:00")
	storetest.AddUser(t, b.db, storetest.AddInstitution(t, b.db, "261234563"), "a@praxis.example", "active")
	storetest.AddCase(t, b.db, storetest.Case{Provided: berlin("2026-11-20 09:00:00")})
	r := b.all()
	b.look(r)
	b.wantOutcome(r, "digest", calendar.MustDate("2026-11-24"), jobs.Outcome{Ran: true, State: "done", Items: 1})
	b.wantOutcome(r, "digest", calendar.MustDate("2026-11-24"), jobs.Outcome{Ran: false, State: "done", Items: 1})
	b.wantOutcome(r, "digest", calendar.MustDate("2026-11-25"), jobs.Outcome{Ran: true, State: "done"})
	b.clock.Set(berlin("2026-11-25 06:30:00"))
	b.look(r)
	if got := b.one(`select count(*) || ' ' || min(local_day) from mail`); got != "1 2026-11-25" {
		t.Errorf("digests: %s", got)
	}
	b.invariants()
}

// JOB-2, COR-8: started by hand before its time, the job ends no case early.
func TestExpireByHandIsNotEarly(t *testing.T) {
	t.Parallel()
	b := setup(t, "2026-11-25 00:05:00")
	storetest.AddCase(t, b.db, storetest.Case{Provided: berlin("2026-11-20 09:00:00"), EditableUntil: berlin("2026-11-25 00:08:00")})
	r := b.all()
	b.wantOutcome(r, "expire", calendar.MustDate("2026-11-25"), jobs.Outcome{Ran: true, State: "done"})
	if got := b.one(`select state from correction_case`); got != "new" {
		t.Errorf("case is %q three minutes before its deadline", got)
	}
}
