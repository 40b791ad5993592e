package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
	"go.uber.org/zap"

	"klarbeleg/domain/calendar"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
	"klarbeleg/store"
)

// Config are the settings of a Runner; zero fields take the default.
type Config struct {
	// Lease is how long a run belongs to its process without a sign of life;
	// default 15 s. A killed process' run is taken over within Lease + Poll.
	Lease time.Duration
	// Poll is the pause between two looks at the calendar, at least a second;
	// default 10 s.
	Poll time.Duration
	// Grace is the time that running jobs get to end by themselves when the process
	// stops; default 15 s.
	Grace time.Duration
	// Now is the time by which due times and leases are judged, for all replicas
	// alike (F-57); nil means the database's.
	Now func(ctx context.Context) (time.Time, error)
}

// maxPlanned bounds the due times entered into the calendar in one step.
const maxPlanned = 1000

// maxPause bounds the pause before a failed run is tried again; it starts at
// Lease and doubles.
const maxPause = time.Hour

// endTimeout bounds writing down the end of a run, also after a shutdown.
const endTimeout = 10 * time.Second

// Runner runs jobs. One process needs one; any number of processes may run the
// same jobs.
type Runner struct {
	db      *store.DB
	clock   clock.Clock
	metrics *Metrics
	jobs    []*scheduled
	cfg     Config
}

// NewRunner checks the jobs and returns a Runner for them. clk is this machine's
// clock; it decides nothing, but how far it is off is measured (F-57).
func NewRunner(db *store.DB, clk clock.Clock, metrics *Metrics, list []Job, cfg Config) (*Runner, error) {
	checked, err := prepare(list)
	if err != nil {
		return nil, err
	}
	if cfg.Lease == 0 {
		cfg.Lease = 15 * time.Second
	}
	if cfg.Poll == 0 {
		cfg.Poll = 10 * time.Second
	}
	if cfg.Grace == 0 {
		cfg.Grace = 15 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = db.Now
	}
	return &Runner{db: db, clock: clk, metrics: metrics, jobs: checked, cfg: cfg}, nil
}

// Run looks for due runs and runs them until ctx ends; missed ones are caught up
// at once. Then it starts nothing more, gives running jobs Config.Grace, cancels
// them, and returns when they have ended. What was cancelled is taken up again by
// the next process and counts as no failure.
func (r *Runner) Run(ctx context.Context) error { //nolint:contextcheck // running work outlives ctx by the grace time
	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	logger := cronLogger{logging.From(ctx)}
	// Skip before Recover: the other way round a panic would block its job forever.
	scheduler := cron.New(cron.WithLocation(calendar.Berlin()), cron.WithLogger(logger),
		cron.WithChain(cron.SkipIfStillRunning(logger), cron.Recover(logger)))
	var first sync.WaitGroup
	for _, j := range r.jobs {
		id := scheduler.Schedule(cron.Every(r.cfg.Poll), cron.FuncJob(func() { r.propose(ctx, work, j) }))
		first.Go(scheduler.Entry(id).WrappedJob.Run)
	}
	scheduler.Start()
	<-ctx.Done()
	ticks := scheduler.Stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		<-ticks.Done()
		first.Wait()
	}()
	grace := time.NewTimer(r.cfg.Grace)
	defer grace.Stop()
	select {
	case <-ended:
	case <-grace.C:
		cancel(errStopping)
		<-ended
	}
	return nil
}

// errStopping is the cause with which work is cancelled at the end of the grace
// time.
var errStopping = errors.New("process is stopping")

// propose is one tick of a job: it looks, and logs what went wrong.
func (r *Runner) propose(stop, work context.Context, j *scheduled) {
	if err := r.look(stop, work, j); err != nil && stop.Err() == nil {
		logging.From(work).Warn("job calendar not worked off", zap.String("job", j.Name), zap.Error(err))
	}
}

// look brings the calendar of the job up to date and runs what is due, oldest
// first, until stop ends or a run does not end well: a later one must not
// overtake it.
func (r *Runner) look(stop, work context.Context, j *scheduled) error {
	now, err := r.cfg.Now(work)
	if err != nil {
		return err
	}
	if err := r.plan(work, j, now); err != nil {
		return err
	}
	pending, err := r.db.PendingJobRuns(work, j.Name, now)
	if err != nil {
		return err
	}
	r.metrics.pending(j.Name, pending, now)
	r.metrics.skew.Set(r.clock.Now().Sub(now).Seconds())
	if j.CatchUp == CatchUpLatest && len(pending) > 1 {
		last := len(pending) - 1
		if err := r.db.SupersedeJobRuns(work, j.Name, pending[:last], now); err != nil {
			return err
		}
		pending = pending[last:]
	}
	for _, due := range pending {
		if stop.Err() != nil {
			return nil
		}
		if result, err := r.attempt(work, j, due, false); err != nil || result != done {
			return err
		}
	}
	return nil
}

// plan enters into the calendar all due times since the last one and the next to
// come. A job that is new starts with the next one: it has missed nothing.
func (r *Runner) plan(ctx context.Context, j *scheduled, now time.Time) error {
	known, err := r.db.JobPlan(ctx, j.Name, now)
	if err != nil {
		return err
	}
	r.metrics.lastDone(j.Name, known.LastDone)
	next := j.schedule.next(now)
	var due []time.Time
	if !known.Last.IsZero() {
		for t := j.schedule.next(known.Last); t.Before(next) && len(due) < maxPlanned; t = j.schedule.next(t) {
			due = append(due, t)
		}
	}
	if len(due) == 0 && len(known.Ahead) == 1 && known.Ahead[0].Equal(next) {
		return nil
	}
	return r.db.PlanJobRuns(ctx, j.Name, now, append(due, next))
}

// Faults of a start by hand.
var (
	ErrUnknownJob = errors.New("no job of this name")
	ErrNotDue     = errors.New("job has no due time on this date")
	ErrFuture     = errors.New("date is in the future")
)

// Outcome says what became of a run started by hand.
type Outcome struct {
	// Ran is false if the run had been done before (State "done") or another process
	// holds it ("running").
	Ran bool
	// State is that of the run: "done", "failed" or "running".
	State string
	// Items and Failed count over all attempts.
	Items, Failed int
	ErrorCode     string
}

// RunNow runs the job for the Berlin date, today included before its due time.
// It is the same run as the scheduled one: a second run for the same date does
// nothing and says so (JOB-7). A run that failed is tried again at once.
func (r *Runner) RunNow(ctx context.Context, name string, date calendar.Date) (Outcome, error) {
	var job *scheduled
	for _, j := range r.jobs {
		if j.Name == name {
			job = j
		}
	}
	if job == nil {
		return Outcome{}, ErrUnknownJob
	}
	now, err := r.cfg.Now(ctx)
	if err != nil {
		return Outcome{}, err
	}
	if date > calendar.InBerlin(now) {
		return Outcome{}, ErrFuture
	}
	due, ok := job.schedule.on(date, now)
	if !ok {
		return Outcome{}, ErrNotDue
	}
	result, err := r.attempt(ctx, job, due, true)
	if err != nil {
		return Outcome{}, err
	}
	row, err := r.db.JobRun(context.WithoutCancel(ctx), name, due)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{
		Ran: result != notMine, State: row.State, Items: row.Items, Failed: row.Failed, ErrorCode: row.ErrorCode,
	}, nil
}

// Names returns the names of the jobs.
func (r *Runner) Names() []string {
	names := make([]string, len(r.jobs))
	for i, j := range r.jobs {
		names[i] = j.Name
	}
	return names
}

// cronLogger is where robfig/cron reports: skipped ticks are normal, panics are
// not.
type cronLogger struct{ logger *zap.Logger }

func (l cronLogger) Info(string, ...any) {}

// Error leaves out the values: a panic's text may hold anything.
func (l cronLogger) Error(err error, _ string, _ ...any) {
	l.logger.Error("job runner panicked", zap.String("type", fmt.Sprintf("%T", err)), zap.Stack("stack"))
}
