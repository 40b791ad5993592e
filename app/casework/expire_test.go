package casework_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"klarbeleg/app/casework"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/testdb"
	"klarbeleg/store"
	"klarbeleg/store/storetest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("klarbeleg/internal/child.(*Process).run"))
}

type bundle struct {
	*testing.T
	ctx   context.Context
	db    *store.DB
	cases *casework.Service
}

func setup(t *testing.T) *bundle {
	t.Helper()
	db := store.New(testdb.New(t))
	return &bundle{
		T: t, ctx: logging.Into(t.Context(), zap.NewNop()), db: db,
		cases: casework.New(db, billing.DefaultDeadlines()),
	}
}

func (b *bundle) add(provided time.Time, state billing.CaseState) uuid.UUID {
	b.Helper()
	return storetest.AddCase(b, b.db, storetest.Case{Provided: provided, State: state, CompletedAt: provided})
}

type row struct {
	state, completedBy        string
	completedAt, visibleUntil time.Time
}

func (b *bundle) row(id uuid.UUID) row {
	b.Helper()
	var r row
	var at, visible *time.Time
	var by *string
	if err := b.db.Pool().QueryRow(b.ctx, `select state, completed_by, completed_at, visible_until from correction_case where id = $1`, id).
		Scan(&r.state, &by, &at, &visible); err != nil {
		b.Fatal(err)
	}
	if by != nil {
		r.completedBy = *by
	}
	if at != nil {
		r.completedAt = at.UTC()
	}
	if visible != nil {
		r.visibleUntil = visible.UTC()
	}
	return r
}

func (b *bundle) expire(now time.Time) casework.Expired {
	b.Helper()
	got, err := b.cases.Expire(b.ctx, now)
	if err != nil {
		b.Fatal(err)
	}
	return got
}

func berlin(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", s, calendar.Berlin())
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// COR-8, COR-10, JOB-2, JOB-8: computed by hand. A case can be worked on up to
// and including the last day, is completed with the end of that day, and stays
// visible up to and including the day of the same number three months after its
// completion.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct{ provided, lastDay, completed, visibleLast string }{
		{"2026-11-25 10:00:00", "2027-02-25", "2027-02-25T23:00:00Z", "2027-05-26"},
		{"2026-11-30 23:59:59", "2027-02-28", "2027-02-28T23:00:00Z", "2027-06-01"},
		{"2027-11-30 00:00:00", "2028-02-29", "2028-02-29T23:00:00Z", "2028-06-01"},
		{"2026-12-28 12:00:00", "2027-03-28", "2027-03-28T22:00:00Z", "2027-06-29"}, // spring night
		{"2026-07-25 12:00:00", "2026-10-25", "2026-10-25T23:00:00Z", "2027-01-26"}, // autumn night
		{"2026-08-31 12:00:00", "2026-11-30", "2026-11-30T23:00:00Z", "2027-03-01"},
		{"2026-10-30 12:00:00", "2027-01-30", "2027-01-30T23:00:00Z", "2027-04-30"}, // no 31 April
	} {
		t.Run("COR-8 COR-10 provided "+c.provided, func(t *testing.T) {
			id := b.add(berlin(c.provided), billing.CaseNew)
			before, after := berlin(c.lastDay+" 23:59:59"), berlin(c.lastDay+" 23:59:59").Add(time.Second)
			if got := b.expire(before); got.Completed != 0 || b.row(id).state != "new" {
				t.Fatalf("a second before the end of %s it is %q", c.lastDay, b.row(id).state)
			}
			if got := b.expire(after); got.Completed != 1 {
				t.Fatalf("at the end of %s: %+v", c.lastDay, got)
			}
			got := b.row(id)
			visible := calendar.MustDate(c.visibleLast).EndInBerlin()
			if got.state != "completed" || got.completedBy != "deadline" ||
				got.completedAt.Format(time.RFC3339) != c.completed || !got.visibleUntil.Equal(visible) {
				t.Errorf("got %+v, want completion %s and visible until %s", got, c.completed, visible)
			}
		})
	}
}

func TestExpire(t *testing.T) {
	t.Parallel()
	provided := berlin("2026-08-01 09:00:00")
	now := berlin("2026-11-02 00:10:00")
	t.Run("COR-8 new and begun cases end, completed ones stay as they are, a second run does nothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		fresh, begun := b.add(provided, billing.CaseNew), b.add(provided, billing.CaseInProgress)
		finished := b.add(provided, billing.CaseCompleted)
		if got := b.expire(now); got != (casework.Expired{Completed: 2}) {
			t.Fatalf("first run: %+v", got)
		}
		before := b.row(begun)
		if got := b.expire(now.AddDate(0, 0, 1)); got != (casework.Expired{}) {
			t.Fatalf("second run: %+v", got)
		}
		if b.row(fresh).completedBy != "deadline" || b.row(begun) != before || b.row(finished).completedBy != "provider" {
			t.Errorf("new: %+v, begun: %+v, completed: %+v", b.row(fresh), b.row(begun), b.row(finished))
		}
	})
	t.Run("F-56 a late run ends a case at its deadline", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		id := b.add(provided, billing.CaseNew)
		b.expire(now.AddDate(0, 0, 3))
		if got, want := b.row(id).completedAt, berlin("2026-11-02 00:00:00"); !got.Equal(want) {
			t.Errorf("completed at %s, want %s", got, want)
		}
	})
	t.Run("F-58 one case that cannot be ended stops none of the others, in several batches", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		const others = 1100
		poison := b.add(provided, billing.CaseNew)
		b.copies(poison, others)
		b.exec(fmt.Sprintf(`create function poison() returns trigger language plpgsql as $$ begin
			if new.id = '%s' then raise exception 'poisoned'; end if; return new; end $$`, poison))
		b.exec(`create trigger poison before update on correction_case for each row execute function poison()`)
		if got := b.expire(now); got != (casework.Expired{Completed: others, Failed: 1}) {
			t.Fatalf("got %+v", got)
		}
		b.exec(`drop trigger poison on correction_case`)
		if got := b.expire(now); got != (casework.Expired{Completed: 1}) {
			t.Fatalf("next run: %+v", got)
		}
	})
	t.Run("JOB-2 a case that somebody works on is waited for, then reported", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		held := b.add(provided, billing.CaseInProgress)
		b.copies(held, 3)
		release := b.lock(held)
		got, err := b.cases.Expire(b.ctx, now)
		if !errors.Is(err, casework.ErrCasesBusy) || got != (casework.Expired{Completed: 3, Busy: 1}) {
			t.Fatalf("while it is locked: %+v, %v", got, err)
		}
		release()
		if got := b.expire(now); got != (casework.Expired{Completed: 1}) {
			t.Fatalf("afterwards: %+v", got)
		}
	})
	t.Run("COR-8 a case that the provider completes meanwhile keeps that end", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		held := b.add(provided, billing.CaseInProgress)
		release := b.lock(held, `update correction_case set state = 'completed', completed_at = editable_until - interval '1 second',
			completed_by = 'provider' where id = '`+held.String()+`'`)
		done := make(chan error, 1)
		go func() {
			_, err := b.cases.Expire(b.ctx, now)
			done <- err
		}()
		b.waitForWaiter()
		release()
		if err := <-done; err != nil || b.row(held).completedBy != "provider" {
			t.Fatalf("%v, %+v", err, b.row(held))
		}
	})
	t.Run("F-51 a process that lost the job run writes nothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		id := b.add(provided, billing.CaseNew)
		run, ok, err := b.db.ClaimJobRun(b.ctx, "expire", now, now, store.ClaimOptions{Lease: time.Minute})
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if _, ok, err := b.db.ClaimJobRun(b.ctx, "expire", now, now.Add(time.Hour), store.ClaimOptions{Lease: time.Minute}); err != nil || !ok {
			t.Fatal(ok, err)
		}
		if _, err := b.cases.Expire(store.WithJobRun(b.ctx, run), now); !errors.Is(err, store.ErrLeaseLost) || b.row(id).state != "new" {
			t.Fatalf("%v, %+v", err, b.row(id))
		}
	})
}

func (b *bundle) exec(sql string, args ...any) {
	b.Helper()
	if _, err := b.db.Pool().Exec(b.ctx, sql, args...); err != nil {
		b.Fatal(err)
	}
}

// copies adds n cases like the one given.
func (b *bundle) copies(of uuid.UUID, n int) {
	b.Helper()
	b.exec(`insert into correction_case (id, case_id, invoice_id, provider_ik, payee_ik, provider_group, voucher_no, corrected_cents,
			state, provided_at, editable_until)
		select gen_random_uuid(), case_id + 1000000 * i, invoice_id, provider_ik, payee_ik, provider_group, voucher_no, corrected_cents,
			state, provided_at, editable_until from correction_case, generate_series(1, $2::int) i where id = $1`, of, n)
}

// lock locks the case, as a request of the portal does, runs the statements, and
// commits when the function returned is called.
func (b *bundle) lock(id uuid.UUID, then ...string) (commit func()) {
	b.Helper()
	tx, err := b.db.Pool().Begin(b.ctx)
	if err != nil {
		b.Fatal(err)
	}
	for _, sql := range append([]string{`select from correction_case where id = '` + id.String() + `' for update`}, then...) {
		if _, err := tx.Exec(b.ctx, sql); err != nil {
			b.Fatal(err)
		}
	}
	return func() {
		b.Helper()
		if err := tx.Commit(b.ctx); err != nil {
			b.Fatal(err)
		}
	}
}

// waitForWaiter returns when a session waits for a lock.
func (b *bundle) waitForWaiter() {
	b.Helper()
	deadline := time.After(20 * time.Second)
	for {
		var waiting bool
		if err := b.db.Pool().QueryRow(b.ctx, `select exists (select from pg_stat_activity
			where datname = current_database() and wait_event_type = 'Lock')`).Scan(&waiting); err != nil {
			b.Fatal(err)
		}
		if waiting {
			return
		}
		select {
		case <-deadline:
			b.Fatal("nobody waits for the lock")
		case <-time.After(5 * time.Millisecond):
		}
	}
}
