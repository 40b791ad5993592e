package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"klarbeleg/domain/calendar"
	"klarbeleg/jobs"
	"klarbeleg/store"
)

func TestRunNow(t *testing.T) {
	t.Parallel()
	today := calendar.MustDate("2026-11-25")
	t.Run("JOB-7 today before its time it runs as of now, and not again at its time", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-25 05:00:00")
		r := b.runner(jobs.Config{}, b.job("digest", "30 6 * * *", jobs.CatchUpLatest))
		b.look(r)
		b.wantOutcome(r, "digest", today, jobs.Outcome{Ran: true, State: "done", Items: 1})
		b.wantOutcome(r, "digest", today, jobs.Outcome{Ran: false, State: "done", Items: 1})
		b.clock.Set(berlin("2026-11-25 07:00:00"))
		b.look(r)
		b.wantRuns("digest 2026-11-25 05:00 CET")
		b.invariants()
	})
	t.Run("JOB-7 F-59 a past date, twice, changes nothing of what is caught up", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-25 05:00:00")
		r := b.runner(jobs.Config{}, b.job("expire", "10 0 * * *", jobs.CatchUpAll))
		b.wantOutcome(r, "expire", calendar.MustDate("2026-11-03"), jobs.Outcome{Ran: true, State: "done", Items: 1})
		b.wantOutcome(r, "expire", calendar.MustDate("2026-11-03"), jobs.Outcome{Ran: false, State: "done", Items: 1})
		b.look(r)
		b.wantRuns("expire 2026-11-03 00:10 CET")
	})
	t.Run("JOB-7 F-59 while the scheduled run is at work it does nothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-25 00:00:00")
		started, finish := make(chan struct{}), make(chan struct{})
		job := b.job("expire", "10 0 * * *", jobs.CatchUpAll)
		job.Run = func(context.Context, jobs.Run) error { close(started); <-finish; return nil }
		r := b.runner(jobs.Config{}, job)
		b.look(r)
		b.clock.Set(berlin("2026-11-25 00:10:00"))
		ended := make(chan error, 1)
		go func() { ended <- r.Look(b.ctx) }()
		<-started
		b.wantOutcome(r, "expire", today, jobs.Outcome{Ran: false, State: "running"})
		close(finish)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		b.wantOutcome(r, "expire", today, jobs.Outcome{Ran: false, State: "done"})
	})
	t.Run("JOB-7 a failed run is repeated at once", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-25 05:00:00")
		ill := true
		job := b.job("expire", "10 0 * * *", jobs.CatchUpAll)
		job.Run = func(context.Context, jobs.Run) error {
			if ill {
				return errors.New("boom")
			}
			return nil
		}
		r := b.runner(jobs.Config{}, job)
		b.wantOutcome(r, "expire", today, jobs.Outcome{Ran: true, State: "failed", ErrorCode: "error"})
		ill = false
		b.wantOutcome(r, "expire", today, jobs.Outcome{Ran: true, State: "done"})
	})
	t.Run("JOB-7 refuses what cannot be run", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-25 23:30:00") // a Wednesday
		r := b.runner(jobs.Config{}, b.job("weekly", "0 18 * * wed", jobs.CatchUpAll))
		for _, c := range []struct {
			job, date string
			want      error
		}{
			{"nightly", "2026-11-25", jobs.ErrUnknownJob},
			{"weekly", "2026-11-26", jobs.ErrFuture},
			{"weekly", "2026-11-24", jobs.ErrNotDue},
		} {
			if _, err := r.RunNow(b.ctx, c.job, calendar.MustDate(c.date)); !errors.Is(err, c.want) {
				t.Errorf("%s %s: got %v, want %v", c.job, c.date, err, c.want)
			}
		}
		b.wantRuns()
	})
}

func (b *bundle) wantOutcome(r *jobs.Runner, job string, date calendar.Date, want jobs.Outcome) {
	b.Helper()
	got, err := r.RunNow(b.ctx, job, date)
	if err != nil || got != want {
		b.Fatalf("run %s for %s: got %+v, %v, want %+v", job, date, got, err, want)
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	t.Run("JOB-7 catches up at start; a stop lets the running job end and starts no other", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-22 00:00:00")
		started, finish := make(chan struct{}), make(chan struct{})
		job := b.job("expire", "10 0 * * *", jobs.CatchUpAll)
		well := job.Run
		job.Run = func(ctx context.Context, run jobs.Run) error {
			close(started)
			<-finish
			return well(ctx, run)
		}
		r := b.runner(jobs.Config{}, job)
		b.look(r)
		b.clock.Set(berlin("2026-11-25 00:20:00"))
		stop, ended := b.start(r)
		<-started
		stop()
		close(finish)
		b.wait(ended)
		b.wantRuns("expire 2026-11-22 00:10 CET")
	})
	t.Run("JOB-7 a job that does not end in time is cancelled and taken up again by the next process", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-25 00:00:00")
		started := make(chan struct{})
		job := b.job("expire", "10 0 * * *", jobs.CatchUpAll)
		well := job.Run
		job.Run = func(ctx context.Context, _ jobs.Run) error {
			if err := b.progress(ctx, 2); err != nil {
				return err
			}
			close(started)
			<-ctx.Done()
			return ctx.Err()
		}
		r := b.runner(jobs.Config{Grace: time.Millisecond}, job)
		b.look(r)
		b.clock.Set(berlin("2026-11-25 00:10:00"))
		stop, ended := b.start(r)
		<-started
		stop()
		b.wait(ended)
		if got := b.row("expire", "2026-11-25 00:10:00").State; got != "running" {
			t.Fatalf("after the stop the run is %q, want it left open", got)
		}
		job.Run = well
		b.look(b.runner(jobs.Config{}, job))
		if got := b.row("expire", "2026-11-25 00:10:00"); got != (store.JobRunInfo{State: "done", Items: 3}) {
			t.Fatalf("after the next start: %+v", got)
		}
		b.invariants()
	})
	t.Run("JOB-7 ticks go on by themselves, also after a panic", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-25 00:00:00")
		job := b.job("expire", "10 0 * * *", jobs.CatchUpAll)
		job.Run = func(context.Context, jobs.Run) error {
			b.note("run")
			if len(b.noted()) == 1 {
				panic("fault")
			}
			return nil
		}
		r := b.runner(jobs.Config{Poll: time.Second, Lease: time.Minute}, job)
		b.look(r)
		b.clock.Set(berlin("2026-11-25 00:10:00"))
		stop, ended := b.start(r)
		if err := b.until(b.ctx, func() bool {
			b.clock.Add(time.Second)
			return b.row("expire", "2026-11-25 00:10:00").State == "done"
		}); err != nil {
			t.Error("the job was not tried again")
		}
		stop()
		b.wait(ended)
	})
	t.Run("start and stop many times", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-25 12:00:00")
		r := b.runner(jobs.Config{}, b.job("expire", "10 0 * * *", jobs.CatchUpAll), b.job("digest", "30 6 * * *", jobs.CatchUpLatest))
		for range 30 {
			stop, ended := b.start(r)
			stop()
			b.wait(ended)
		}
	})
}

func (b *bundle) start(r *jobs.Runner) (stop context.CancelFunc, ended <-chan error) {
	ctx, cancel := context.WithCancel(b.ctx)
	b.Cleanup(cancel)
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	return cancel, done
}

func (b *bundle) wait(ended <-chan error) {
	b.Helper()
	select {
	case err := <-ended:
		if err != nil {
			b.Fatal(err)
		}
	case <-time.After(patience):
		b.Fatal("the runner did not stop")
	}
}
