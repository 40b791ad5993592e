package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"klarbeleg/internal/logging"
	"klarbeleg/store"
)

// errPanic is the error of a job that panicked.
var errPanic = errors.New("job panicked")

// attempted is what became of an attempt.
type attempted int

const (
	// notMine: the run is done or held by another process.
	notMine attempted = iota
	// notDone: the run failed, was interrupted or taken over.
	notDone
	// done: the run is done.
	done
)

// attempt claims the run and works it off. An error means that the database did
// not answer.
func (r *Runner) attempt(ctx context.Context, j *scheduled, due time.Time, byHand bool) (attempted, error) {
	now, err := r.cfg.Now(ctx)
	if err != nil {
		return notMine, err
	}
	run, ok, err := r.db.ClaimJobRun(ctx, j.Name, due, now, store.ClaimOptions{Lease: r.cfg.Lease, ByHand: byHand})
	if err != nil || !ok {
		return notMine, err
	}
	ctx = logging.With(ctx, zap.String("job", j.Name), zap.Time("due", due), zap.Int64("fence", run.Fence))
	asOf := due
	if asOf.After(now) {
		asOf = now
	}
	jobErr := r.work(ctx, j, run, Run{Due: asOf, Now: now})
	return r.end(ctx, run, jobErr)
}

// work runs the job within its time limit while the lease is kept alive, and
// turns a panic into an error.
func (r *Runner) work(ctx context.Context, j *scheduled, run store.JobRun, times Run) (err error) {
	held, cancel := context.WithCancelCause(store.WithJobRun(ctx, run))
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		r.heartbeat(held, run, cancel)
	}()
	defer func() { cancel(nil); <-beating }()
	limited, release := context.WithTimeout(held, j.Timeout)
	defer release()
	defer func() {
		if value := recover(); value != nil {
			// The value may hold anything; type and place are enough.
			logging.From(ctx).Error("job panicked", zap.String("type", fmt.Sprintf("%T", value)), zap.Stack("stack"))
			err = errPanic
		}
	}()
	err = j.Run(limited, times)
	if err != nil && limited.Err() != nil {
		return errors.Join(context.Cause(limited), err)
	}
	return err
}

// heartbeat extends the lease until ctx ends. When the run has been taken over,
// or the database has not answered for as long as the lease lasts, it cancels the
// work.
func (r *Runner) heartbeat(ctx context.Context, run store.JobRun, cancel context.CancelCauseFunc) {
	const beats = 3
	ticker := time.NewTicker(r.cfg.Lease / beats)
	defer ticker.Stop()
	for missed := 0; missed < beats; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := r.extend(ctx, run)
		switch {
		case err == nil:
			missed = 0
		case errors.Is(err, store.ErrLeaseLost):
			missed = beats
		default:
			missed++
		}
	}
	cancel(store.ErrLeaseLost)
}

func (r *Runner) extend(ctx context.Context, run store.JobRun) error {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Lease)
	defer cancel()
	now, err := r.cfg.Now(ctx)
	if err != nil {
		return err
	}
	return r.db.ExtendJobRun(ctx, run, now.Add(r.cfg.Lease))
}

// end writes down how the run ended, even while the process stops.
func (r *Runner) end(ctx context.Context, run store.JobRun, jobErr error) (attempted, error) {
	stopping := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	now, err := r.cfg.Now(ctx)
	if err != nil {
		return notDone, err
	}
	logger := logging.From(ctx)
	switch {
	case jobErr == nil:
		err = r.db.FinishJobRun(ctx, run, now)
	case errors.Is(jobErr, store.ErrLeaseLost):
		err = store.ErrLeaseLost
	case stopping:
		r.metrics.ran(run.Job, outcomeInterrupted)
		logger.Info("job interrupted")
		return notDone, r.db.ReleaseJobRun(ctx, run, now)
	default:
		code := errorCode(jobErr)
		r.metrics.ran(run.Job, outcomeFailed)
		logger.Error("job failed", zap.String("code", code), zap.Error(jobErr))
		return notDone, r.db.FailJobRun(ctx, run, code, now.Add(r.pause(run.Fence)))
	}
	if errors.Is(err, store.ErrLeaseLost) {
		r.metrics.ran(run.Job, outcomeLost)
		logger.Warn("job run was taken over")
		return notDone, nil
	}
	if err != nil {
		return notDone, err
	}
	r.metrics.ran(run.Job, outcomeDone)
	r.metrics.lastDone(run.Job, run.Due)
	logger.Info("job done")
	return done, nil
}

// pause returns how long a run waits after its n-th attempt failed.
func (r *Runner) pause(n int64) time.Duration {
	p := r.cfg.Lease
	for ; n > 1 && p < maxPause; n-- {
		p *= 2
	}
	return min(p, maxPause)
}

// errorCode names the kind of failure for the run's row.
func errorCode(err error) string {
	switch {
	case errors.Is(err, errPanic):
		return "panic"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case store.Transient(err):
		return "database"
	default:
		return "error"
	}
}
