package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// claimLockTimeout bounds how long a claim waits for the row of a run: its
// holder locks it only while it commits, unless it was stopped in that moment.
const claimLockTimeout = "2s"

// ErrLeaseLost is returned to a job whose run another process has taken over,
// or whose lease can no longer be extended: it must stop writing (F-51).
var ErrLeaseLost = errors.New("lease of the job run is lost")

// JobRun is a claimed run. Fence grows with each claim; writes under an older
// number are refused.
type JobRun struct {
	Job   string
	Due   time.Time
	Fence int64
}

type jobRunKey struct{}

// WithJobRun returns a context whose transactions count for the run; see
// JobProgress.
func WithJobRun(ctx context.Context, run JobRun) context.Context {
	return context.WithValue(ctx, jobRunKey{}, run)
}

// JobProgress counts items done and items failed for the job run of ctx, in the
// transaction of that work. It is the fence too: if another process has taken
// the run over it returns ErrLeaseLost, and the caller rolls back. Outside a job
// run it does nothing.
func JobProgress(ctx context.Context, tx Tx, items, failed int) error {
	run, ok := ctx.Value(jobRunKey{}).(JobRun)
	if !ok {
		return nil
	}
	tag, err := tx.Exec(ctx, `update job_run set items = items + $4, failed = failed + $5
		where job = $1 and due_at = $2 and fence = $3 and state = 'running'`,
		run.Job, run.Due, run.Fence, items, failed)
	if err != nil {
		return fmt.Errorf("count job progress: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return ErrLeaseLost
	}
	return nil
}

// Now returns the time of the database, by which due times and leases are
// judged: the clocks of the machines may differ (F-57).
func (db *DB) Now(ctx context.Context) (time.Time, error) {
	var now time.Time
	if err := db.pool.QueryRow(ctx, `select clock_timestamp()`).Scan(&now); err != nil {
		return time.Time{}, fmt.Errorf("ask database for the time: %w", clean(err))
	}
	return now.UTC(), nil
}

// JobPlan is what the calendar knows of a job at an instant.
type JobPlan struct {
	// Last is the newest due time that has come; zero if there is none.
	Last time.Time
	// Ahead are the due times still to come.
	Ahead []time.Time
	// LastDone is the due time of the newest run that is done; zero if none is.
	LastDone time.Time
}

// JobPlan reads the calendar of the job.
func (db *DB) JobPlan(ctx context.Context, job string, now time.Time) (JobPlan, error) {
	var last, done *time.Time
	var plan JobPlan
	err := db.pool.QueryRow(ctx, `select max(due) filter (where due <= $2), array_agg(due) filter (where due > $2),
			(select max(due_at) from job_run where job = $1 and state = 'done')
		from job_calendar where job = $1`, job, now).Scan(&last, &plan.Ahead, &done)
	if err != nil {
		return JobPlan{}, fmt.Errorf("read job calendar: %w", clean(err))
	}
	if last != nil {
		plan.Last = *last
	}
	if done != nil {
		plan.LastDone = *done
	}
	return plan, nil
}

// PlanJobRuns enters due times into the calendar and removes those after now
// that are not among them: what a former schedule left.
func (db *DB) PlanJobRuns(ctx context.Context, job string, now time.Time, due []time.Time) error {
	return db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.Exec(ctx, `insert into job_calendar (job, due) select $1, unnest($2::timestamptz[])
			on conflict do nothing`, job, due); err != nil {
			return fmt.Errorf("fill job calendar: %w", err)
		}
		if _, err := tx.Exec(ctx, `delete from job_calendar where job = $1 and due > $2 and due <> all($3)`,
			job, now, due); err != nil {
			return fmt.Errorf("clear job calendar: %w", err)
		}
		return nil
	})
}

// PendingJobRuns returns the due times that have come and are not done, oldest
// first.
func (db *DB) PendingJobRuns(ctx context.Context, job string, now time.Time) ([]time.Time, error) {
	rows, err := db.pool.Query(ctx, `select c.due from job_calendar c
		where c.job = $1 and c.due <= $2
			and not exists (select from job_run r where r.job = c.job and r.due_at = c.due and r.state = 'done')
		order by c.due`, job, now)
	if err != nil {
		return nil, fmt.Errorf("read pending job runs: %w", clean(err))
	}
	due, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil {
		return nil, fmt.Errorf("read pending job runs: %w", clean(err))
	}
	return due, nil
}

// JobRunInfo is the row of a run.
type JobRunInfo struct {
	// State is "running", "done" or "failed"; "" if the run never began.
	State string
	// Items and Failed count over all attempts.
	Items, Failed int
	ErrorCode     string
	FinishedAt    *time.Time
}

// JobRun returns the row of the run of job that was due at due.
func (db *DB) JobRun(ctx context.Context, job string, due time.Time) (JobRunInfo, error) {
	rows, err := db.pool.Query(ctx, `select state, items, failed, error_code, finished_at
		from job_run where job = $1 and due_at = $2`, job, due)
	if err != nil {
		return JobRunInfo{}, fmt.Errorf("read job run: %w", clean(err))
	}
	info, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[JobRunInfo])
	if errors.Is(err, pgx.ErrNoRows) {
		return JobRunInfo{}, nil
	}
	if err != nil {
		return JobRunInfo{}, fmt.Errorf("read job run: %w", clean(err))
	}
	return info, nil
}

// ClaimJobRun takes the run for the process that calls, until the lease ends:
// the first claim inserts the row, a later one takes over an expired lease or
// repeats a failed run whose pause is over (byHand: at once). ok is false if
// the run is done or held by another process.
func (db *DB) ClaimJobRun(ctx context.Context, job string, due, now time.Time, o ClaimOptions) (run JobRun, ok bool, err error) {
	run = JobRun{Job: job, Due: due}
	err = db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.Exec(ctx, `set local lock_timeout = '`+claimLockTimeout+`'`); err != nil {
			return fmt.Errorf("limit waiting: %w", err)
		}
		err := tx.QueryRow(ctx, `insert into job_run (job, due_at, state, lease_until, started_at)
			values ($1, $2, 'running', $4, $3)
			on conflict (job, due_at) do update
				set state = 'running', fence = job_run.fence + 1, lease_until = excluded.lease_until, error_code = ''
				where job_run.state <> 'done' and (job_run.lease_until <= $3 or $5 and job_run.state = 'failed')
			returning fence`, job, due, now, now.Add(o.Lease), o.ByHand).Scan(&run.Fence)
		ok = err == nil
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("claim job run: %w", err)
		}
		return nil
	})
	return run, ok && err == nil, err
}

// ClaimOptions say how a run is claimed.
type ClaimOptions struct {
	Lease time.Duration
	// ByHand repeats a failed run without waiting for the end of its pause.
	ByHand bool
}

// ExtendJobRun moves the end of the lease, or returns ErrLeaseLost.
func (db *DB) ExtendJobRun(ctx context.Context, run JobRun, until time.Time) error {
	return db.updateJobRun(ctx, run, `lease_until = $4`, until)
}

// FinishJobRun marks the run as done.
func (db *DB) FinishJobRun(ctx context.Context, run JobRun, now time.Time) error {
	return db.updateJobRun(ctx, run, `state = 'done', finished_at = $4`, now)
}

// FailJobRun marks the run as failed, to be tried again at the instant given;
// code says why.
func (db *DB) FailJobRun(ctx context.Context, run JobRun, code string, again time.Time) error {
	return db.updateJobRun(ctx, run, `state = 'failed', lease_until = $4, error_code = $5`, again, code)
}

// ReleaseJobRun ends the lease of a run that was interrupted by a shutdown; the
// next process takes it over at once.
func (db *DB) ReleaseJobRun(ctx context.Context, run JobRun, now time.Time) error {
	return db.updateJobRun(ctx, run, `lease_until = $4`, now)
}

// updateJobRun sets columns of a run that this process still holds.
func (db *DB) updateJobRun(ctx context.Context, run JobRun, set string, args ...any) error {
	tag, err := db.pool.Exec(ctx, `update job_run set `+set+`
		where job = $1 and due_at = $2 and fence = $3 and state = 'running'`,
		append([]any{run.Job, run.Due, run.Fence}, args...)...)
	if err != nil {
		return fmt.Errorf("update job run: %w", clean(err))
	}
	if tag.RowsAffected() == 0 {
		return ErrLeaseLost
	}
	return nil
}

// SupersedeJobRuns marks runs as done without having run, because a newer one
// does their work; runs held by a process are left alone.
func (db *DB) SupersedeJobRuns(ctx context.Context, job string, due []time.Time, now time.Time) error {
	if _, err := db.pool.Exec(ctx, `insert into job_run (job, due_at, state, lease_until, started_at, finished_at, error_code)
		select $1, d, 'done', $3, $3, $3, 'superseded' from unnest($2::timestamptz[]) d
		on conflict (job, due_at) do update set state = 'done', finished_at = $3, error_code = 'superseded'
			where job_run.state = 'failed' or job_run.state = 'running' and job_run.lease_until <= $3`, job, due, now); err != nil {
		return fmt.Errorf("supersede job runs: %w", clean(err))
	}
	return nil
}
