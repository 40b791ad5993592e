package jobs_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"klarbeleg/domain/calendar"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/testdb"
	"klarbeleg/jobs"
	"klarbeleg/store"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("klarbeleg/internal/child.(*Process).run"))
}

// patience bounds waiting for something that must happen.
const patience = 30 * time.Second

type bundle struct {
	*testing.T
	ctx   context.Context
	db    *store.DB
	clock *clock.Fake
	dir   string // of transfer files

	mu   sync.Mutex
	runs []string
}

func setup(t *testing.T, now string) *bundle {
	t.Helper()
	return &bundle{
		T: t, ctx: logging.Into(t.Context(), zap.NewNop()), db: store.New(testdb.New(t)),
		clock: clock.NewFake(berlin(now)), dir: t.TempDir(),
	}
}

// berlin reads a wall-clock time in Berlin.
func berlin(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", s, calendar.Berlin())
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// runner returns a replica that judges by the bundle's clock.
func (b *bundle) runner(cfg jobs.Config, list ...jobs.Job) *jobs.Runner {
	b.Helper()
	if cfg.Lease == 0 {
		cfg.Lease = time.Hour // no heartbeat in between unless a test wants it
	}
	cfg.Now = func(context.Context) (time.Time, error) { return b.clock.Now(), nil }
	r, err := jobs.NewRunner(b.db, b.clock, jobs.NewMetrics(), list, cfg)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// job returns a job that notes when it ran.
func (b *bundle) job(name, schedule string, policy jobs.CatchUp) jobs.Job {
	return jobs.Job{
		Name: name, Schedule: schedule, Timeout: time.Minute, CatchUp: policy,
		Run: func(ctx context.Context, run jobs.Run) error {
			b.note(name + " " + wall(run.Due))
			return b.progress(ctx, 1)
		},
	}
}

func wall(t time.Time) string { return t.In(calendar.Berlin()).Format("2006-01-02 15:04 MST") }

func (b *bundle) note(s string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runs = append(b.runs, s)
}

func (b *bundle) noted() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.runs)
}

func (b *bundle) progress(ctx context.Context, items int) error {
	return b.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error { return store.JobProgress(ctx, tx, items, 0) })
}

func (b *bundle) look(r *jobs.Runner) {
	b.Helper()
	if err := r.Look(b.ctx); err != nil {
		b.Fatal(err)
	}
}

func (b *bundle) wantRuns(want ...string) {
	b.Helper()
	if diff := cmp.Diff(want, b.noted()); diff != "" {
		b.Fatalf("runs (-want +got):\n%s", diff)
	}
}

// invariants checks INV-11 and INV-12 as of the bundle's clock.
func (b *bundle) invariants() {
	b.Helper()
	var bad []string
	if err := b.db.Pool().QueryRow(b.ctx, `select coalesce(array_agg(what), '{}') from (
			select 'INV-11 ' || job || ' ' || due_at as what from job_run where state = 'done' group by job, due_at having count(*) > 1
			union all
			select 'INV-12 ' || j.job || ' ' || j.due from job_calendar j where j.due < $1::timestamptz - interval '5 minutes'
				and not exists (select from job_run r where r.job = j.job and r.due_at = j.due and r.state = 'done')) v`,
		b.clock.Now()).Scan(&bad); err != nil {
		b.Fatal(err)
	}
	if len(bad) > 0 {
		b.Errorf("violated: %s", strings.Join(bad, "; "))
	}
}

func (b *bundle) row(job, due string) store.JobRunInfo {
	b.Helper()
	info, err := b.db.JobRun(b.ctx, job, berlin(due))
	if err != nil {
		b.Fatal(err)
	}
	info.FinishedAt = nil
	return info
}

// JOB-8, JOB-7: both nights of the clock change, minute by minute, with two
// replicas that look in turn. Expected times are written down by hand.
func TestClockChangeNights(t *testing.T) {
	t.Parallel()
	for _, night := range []struct {
		name, from, to string
		want           []string
	}{
		{"F-52 autumn 2026", "2026-10-24 22:00:00", "2026-10-25 08:00:00", []string{
			"expire 2026-10-25 00:10 CEST", "early 2026-10-25 01:30 CEST", "late 2026-10-25 03:00 CET",
			"digest 2026-10-25 06:30 CET",
		}},
		{"F-53 spring 2027", "2027-03-27 22:00:00", "2027-03-28 08:00:00", []string{
			"expire 2027-03-28 00:10 CET", "early 2027-03-28 01:30 CET", "late 2027-03-28 03:00 CEST",
			"digest 2027-03-28 06:30 CEST",
		}},
		{"F-52 autumn 2027", "2027-10-30 22:00:00", "2027-10-31 08:00:00", []string{
			"expire 2027-10-31 00:10 CEST", "early 2027-10-31 01:30 CEST", "late 2027-10-31 03:00 CET",
			"digest 2027-10-31 06:30 CET",
		}},
		{"a night without change", "2026-11-24 22:00:00", "2026-11-25 08:00:00", []string{
			"expire 2026-11-25 00:10 CET", "early 2026-11-25 01:30 CET", "late 2026-11-25 03:00 CET",
			"digest 2026-11-25 06:30 CET",
		}},
	} {
		t.Run("JOB-8 "+night.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, night.from)
			schedules := jobs.DefaultSchedules()
			list := []jobs.Job{
				b.job("expire", schedules.Expire, jobs.CatchUpAll),
				b.job("early", "30 1 * * *", jobs.CatchUpAll),
				b.job("late", "0 3 * * *", jobs.CatchUpAll),
				b.job("digest", schedules.Digest, jobs.CatchUpLatest),
			}
			replicas := []*jobs.Runner{b.runner(jobs.Config{}, list...), b.runner(jobs.Config{}, list...)}
			end, minutes := berlin(night.to), 0
			for ; b.clock.Now().Before(end); b.clock.Add(time.Minute) {
				b.look(replicas[minutes%2])
				minutes++
			}
			if want := int(end.Sub(berlin(night.from)).Minutes()); minutes != want {
				t.Fatalf("walked %d minutes, want %d", minutes, want)
			}
			b.wantRuns(night.want...)
			b.invariants()
		})
	}
}

// JOB-7, F-50: replicas that look in the same moment.
func TestReplicas(t *testing.T) {
	t.Parallel()
	b := setup(t, "2026-11-25 05:59:00")
	list := []jobs.Job{b.job("hourly", "0 0-1,3-23 * * *", jobs.CatchUpAll)}
	var replicas []*jobs.Runner
	for range 3 {
		replicas = append(replicas, b.runner(jobs.Config{}, list...))
	}
	var want []string
	for hour := range 5 {
		var together sync.WaitGroup
		for _, r := range replicas {
			together.Go(func() {
				if err := r.Look(b.ctx); err != nil {
					t.Error(err)
				}
			})
		}
		together.Wait()
		if hour > 0 {
			want = append(want, "hourly "+wall(b.clock.Now()))
		}
		b.clock.Set(berlin("2026-11-25 06:00:00").Add(time.Duration(hour) * time.Hour))
	}
	b.wantRuns(want...)
	b.invariants()
}

func TestCatchUp(t *testing.T) {
	t.Parallel()
	t.Run("JOB-7 F-56 all missed runs in order, as of their due time", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-21 12:00:00")
		list := []jobs.Job{b.job("expire", "10 0 * * *", jobs.CatchUpAll)}
		b.look(b.runner(jobs.Config{}, list...))
		b.clock.Set(berlin("2026-11-25 09:00:00"))
		b.look(b.runner(jobs.Config{}, list...))
		b.wantRuns("expire 2026-11-22 00:10 CET", "expire 2026-11-23 00:10 CET", "expire 2026-11-24 00:10 CET",
			"expire 2026-11-25 00:10 CET")
		b.invariants()
	})
	t.Run("JOB-1 F-56 the newest missed digest, the others recorded without a run", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-21 12:00:00")
		list := []jobs.Job{b.job("digest", "30 6 * * *", jobs.CatchUpLatest)}
		b.look(b.runner(jobs.Config{}, list...))
		b.clock.Set(berlin("2026-11-25 09:00:00"))
		b.look(b.runner(jobs.Config{}, list...))
		b.wantRuns("digest 2026-11-25 06:30 CET")
		if got := b.row("digest", "2026-11-23 06:30:00"); got != (store.JobRunInfo{State: "done", ErrorCode: "superseded"}) {
			t.Errorf("missed run: %+v", got)
		}
		if got := b.row("digest", "2026-11-25 06:30:00"); got != (store.JobRunInfo{State: "done", Items: 1}) {
			t.Errorf("newest run: %+v", got)
		}
		b.invariants()
	})
	t.Run("JOB-1 a digest that failed is overtaken by the next one", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-24 00:00:00")
		job := b.job("digest", "30 6 * * *", jobs.CatchUpLatest)
		well := job.Run
		job.Run = func(ctx context.Context, run jobs.Run) error {
			if run.Due.Before(berlin("2026-11-25 00:00:00")) {
				return errors.New("boom")
			}
			return well(ctx, run)
		}
		r := b.runner(jobs.Config{}, job)
		b.look(r)
		b.clock.Set(berlin("2026-11-24 06:30:00"))
		b.look(r)
		b.clock.Set(berlin("2026-11-25 06:30:00"))
		b.look(r)
		b.wantRuns("digest 2026-11-25 06:30 CET")
		b.invariants()
	})
	t.Run("JOB-7 a new job has missed nothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-25 12:00:00")
		r := b.runner(jobs.Config{}, b.job("expire", "10 0 * * *", jobs.CatchUpAll))
		b.look(r)
		b.look(r)
		b.wantRuns()
	})
	t.Run("JOB-7 a changed schedule replaces what lies ahead", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-25 05:00:00")
		b.look(b.runner(jobs.Config{}, b.job("expire", "30 6 * * *", jobs.CatchUpAll)))
		r := b.runner(jobs.Config{}, b.job("expire", "0 7 * * *", jobs.CatchUpAll))
		b.look(r)
		b.clock.Set(berlin("2026-11-25 08:00:00"))
		b.look(r)
		b.wantRuns("expire 2026-11-25 07:00 CET")
		b.invariants()
	})
	t.Run("JOB-7 more missed runs than one look enters", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-09-01 12:00:00")
		r := b.runner(jobs.Config{}, b.job("hourly", "30 0-1,3-23 * * *", jobs.CatchUpLatest))
		b.look(r)
		b.clock.Set(berlin("2026-11-25 12:00:00"))
		for range 3 {
			b.look(r)
		}
		got := b.noted()
		if len(got) == 0 || got[len(got)-1] != "hourly 2026-11-25 11:30 CET" {
			t.Errorf("runs: %v", got)
		}
		b.invariants()
	})
}

func TestFailure(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for _, c := range []struct {
		name, code string
		timeout    time.Duration
		run        func(ctx context.Context) error
	}{
		{"an error", "error", time.Minute, func(context.Context) error { return boom }},
		{"a panic", "panic", time.Minute, func(context.Context) error { panic("fault") }},
		{"a run that hangs", "timeout", time.Millisecond, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
	} {
		t.Run("JOB-7 "+c.name+" is tried again after a pause, and later runs wait", func(t *testing.T) {
			t.Parallel()
			b := setup(t, "2026-11-25 00:00:00")
			ill := true
			job := b.job("expire", "10 0-1,3-23 * * *", jobs.CatchUpAll)
			well := job.Run
			job.Timeout = c.timeout
			job.Run = func(ctx context.Context, run jobs.Run) error {
				if ill {
					return c.run(ctx)
				}
				return well(context.WithoutCancel(ctx), run)
			}
			r := b.runner(jobs.Config{Lease: 30 * time.Minute}, job)
			b.look(r)
			b.clock.Set(berlin("2026-11-25 01:15:00")) // two are due
			b.look(r)
			if got := b.row("expire", "2026-11-25 00:10:00"); got != (store.JobRunInfo{State: "failed", ErrorCode: c.code}) {
				t.Fatalf("after the failure: %+v", got)
			}
			if got := b.row("expire", "2026-11-25 01:10:00"); got != (store.JobRunInfo{}) {
				t.Fatalf("the later run has overtaken it: %+v", got)
			}
			ill = false
			b.look(r)
			b.wantRuns()
			b.clock.Add(30 * time.Minute)
			b.look(r)
			b.wantRuns("expire 2026-11-25 00:10 CET", "expire 2026-11-25 01:10 CET")
			b.invariants()
		})
	}
}

// JOB-7, F-51: a process that sleeps longer than its lease has lost the run.
func TestTakeover(t *testing.T) {
	t.Parallel()
	b := setup(t, "2026-11-25 00:00:00")
	asleep, wake := make(chan struct{}), make(chan struct{})
	sleeper := b.job("expire", "10 0 * * *", jobs.CatchUpAll)
	sleeper.Run = func(ctx context.Context, _ jobs.Run) error {
		if err := b.progress(ctx, 3); err != nil {
			return err
		}
		close(asleep)
		<-wake
		err := b.progress(ctx, 100)
		b.note("sleeper: " + err.Error())
		return err
	}
	first := b.runner(jobs.Config{}, sleeper)
	b.look(first)
	b.clock.Set(berlin("2026-11-25 00:10:00"))
	ended := make(chan error, 1)
	go func() { ended <- first.Look(b.ctx) }()
	<-asleep

	second := b.runner(jobs.Config{}, b.job("expire", "10 0 * * *", jobs.CatchUpAll))
	b.look(second)
	b.wantRuns() // the lease holds
	b.clock.Add(2 * time.Hour)
	b.look(second)
	close(wake)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	b.wantRuns("expire 2026-11-25 00:10 CET", "sleeper: "+store.ErrLeaseLost.Error())
	if got := b.row("expire", "2026-11-25 00:10:00"); got != (store.JobRunInfo{State: "done", Items: 4}) {
		t.Errorf("got %+v, want 3 items of the first and 1 of the second", got)
	}
	b.invariants()
}

func TestHeartbeat(t *testing.T) {
	t.Parallel()
	t.Run("JOB-7 keeps the lease while the job runs", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-25 00:00:00")
		job := b.job("expire", "10 0 * * *", jobs.CatchUpAll)
		job.Run = func(ctx context.Context, _ jobs.Run) error {
			lease := b.lease()
			b.clock.Add(time.Minute)
			return b.until(ctx, func() bool { return b.lease().After(lease) })
		}
		r := b.runner(jobs.Config{Lease: 60 * time.Millisecond}, job)
		b.look(r)
		b.clock.Set(berlin("2026-11-25 00:10:00"))
		b.look(r)
		if got := b.row("expire", "2026-11-25 00:10:00").State; got != "done" {
			t.Errorf("run is %q", got)
		}
	})
	t.Run("F-51 ends the work of a process that lost its run", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-25 00:00:00")
		job := b.job("expire", "10 0 * * *", jobs.CatchUpAll)
		job.Run = func(ctx context.Context, _ jobs.Run) error {
			if _, err := b.db.Pool().Exec(ctx, `update job_run set fence = fence + 1`); err != nil {
				return err
			}
			<-ctx.Done()
			b.note(context.Cause(ctx).Error())
			return ctx.Err()
		}
		r := b.runner(jobs.Config{Lease: 60 * time.Millisecond}, job)
		b.look(r)
		b.clock.Set(berlin("2026-11-25 00:10:00"))
		b.look(r)
		b.wantRuns(store.ErrLeaseLost.Error())
	})
}

func (b *bundle) lease() (until time.Time) {
	if err := b.db.Pool().QueryRow(context.WithoutCancel(b.ctx), `select lease_until from job_run`).Scan(&until); err != nil {
		b.Error(err)
	}
	return until
}

// until waits for a condition.
func (b *bundle) until(ctx context.Context, holds func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !holds() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
	return nil
}

func TestNewRunnerRefuses(t *testing.T) {
	t.Parallel()
	run := func(context.Context, jobs.Run) error { return nil }
	good := jobs.Job{Name: "a", Schedule: "10 0 * * *", Timeout: time.Second, Run: run}
	night, nameless, hollow, endless := good, good, good, good
	night.Schedule, nameless.Name, hollow.Run, endless.Timeout = "30 2 * * *", "", nil, 0
	for name, list := range map[string][]jobs.Job{
		"JOB-8 a schedule in the night of the clock change": {night},
		"a job without name": {nameless}, "nothing to run": {hollow}, "no time limit": {endless}, "the same name twice": {good, good},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := jobs.NewRunner(nil, nil, nil, list, jobs.Config{}); err == nil {
				t.Error("accepted")
			}
		})
	}
}
