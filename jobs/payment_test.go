package jobs_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"klarbeleg/app/lists"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
	"klarbeleg/jobs"
	"klarbeleg/store/storetest"
)

// payable adds payees 1 to n with an invoice of their number in cents each.
func (b *bundle) payable(n int, received string) {
	b.Helper()
	list := "ik,name,street,city,iban,bic,valid_from,valid_to\n"
	for i := 1; i <= n; i++ {
		ik := fmt.Sprintf("2611%05d", i)
		list += ik + ",Praxis,,,DE09000000000000000001,,2020-01-01,\n"
		storetest.AddInvoice(b, b.db, storetest.Invoice{PayeeIK: ik, Billed: money.Cents(i), Received: berlin(received)})
	}
	if _, err := lists.Import(b.Context(), b.db, b.clock, "payees", strings.NewReader(list)); err != nil {
		b.Fatal(err)
	}
}

// files returns the names of the transfer files.
func (b *bundle) files() []string {
	b.Helper()
	paths, err := filepath.Glob(filepath.Join(b.dir, "*.xml"))
	if err != nil {
		b.Fatal(err)
	}
	for i := range paths {
		paths[i] = filepath.Base(paths[i])
	}
	slices.Sort(paths)
	return paths
}

func (b *bundle) wantOne(sql, want string) {
	b.Helper()
	if got := b.one(sql); got != want {
		b.Errorf("%s: %q, want %q", sql, got, want)
	}
}

// JOB-5, JOB-7, PAY-1: the payment run of a night with two replicas, once; the
// days on which nobody ran are made up for by the newest run.
func TestPaymentRun(t *testing.T) {
	t.Parallel()
	const sums = `select count(*) || ' ' || coalesce(sum(total_cents), 0) || ' ' || coalesce(max(number), '') from voucher`
	t.Run("JOB-5 JOB-7 two replicas pay once, by hand nothing more", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-24 00:30:00")
		b.payable(3, "2026-11-09 10:00:00")
		one, two := b.all(), b.all()
		b.look(one)
		b.wantOne(sums, "0 0 ")
		b.clock.Set(berlin("2026-11-24 04:00:00"))
		b.look(one)
		b.look(two)
		b.wantOne(sums, "3 6 0000000003")
		b.wantOutcome(two, "pay", calendar.MustDate("2026-11-24"), jobs.Outcome{Ran: false, State: "done", Items: 3})
		if got := b.files(); !slices.Equal(got, []string{"zahlungen-2026-11-24.xml"}) {
			t.Errorf("files %v", got)
		}
		b.invariants()
		storetest.MoneyHolds(t, b.db)
	})
	t.Run("JOB-7 F-56 down for three days: the newest run pays everything", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-20 12:00:00")
		b.payable(3, "2026-11-09 10:00:00")
		b.look(b.all())
		b.clock.Set(berlin("2026-11-24 12:00:00"))
		b.look(b.all())
		b.wantOne(sums, "3 6 0000000003")
		b.wantOne(`select string_agg(run_on || ' ' || execute_on, ',') from payment_run`, "2026-11-24 2026-11-24")
		b.invariants()
	})
	t.Run("F-51 a process that lost the run writes no voucher; the next one goes on", func(t *testing.T) {
		t.Parallel()
		b := setup(t, "2026-11-24 00:30:00")
		b.payable(2, "2026-11-09 10:00:00")
		r := b.all()
		b.look(r)
		// Another process takes the run over while the first one is about to pay.
		b.exec(`create function lose() returns trigger language plpgsql as $$ begin
			update job_run set fence = fence + 1, lease_until = '2026-11-24 05:00+01' where job = 'pay'; return null; end $$`)
		b.exec(`create trigger lose after insert on payment_run for each row execute function lose()`)
		b.clock.Set(berlin("2026-11-24 04:00:00"))
		b.look(r)
		b.wantOne(sums, "0 0 ")
		b.wantOne(`select last::text from voucher_counter`, "0")
		b.clock.Set(berlin("2026-11-24 05:00:00").Add(time.Second))
		b.look(b.all())
		b.wantOne(sums, "2 3 0000000002")
		b.invariants()
		storetest.MoneyHolds(t, b.db)
	})
	t.Run("JOB-5 JOB-8 one run each night, also when the clocks change", func(t *testing.T) {
		t.Parallel()
		for _, night := range []string{"2026-10-25", "2027-03-28"} {
			b := setup(t, night+" 00:00:00")
			r := b.all()
			for b.look(r); b.clock.Now().Before(calendar.MustDate(night).EndInBerlin()); b.clock.Add(30 * time.Minute) {
				b.look(r)
			}
			b.wantOne(`select string_agg(to_char(due_at at time zone 'Europe/Berlin', 'YYYY-MM-DD HH24:MI'), ',') from job_run where job = 'pay'`, night+" 04:00")
		}
	})
}

func (b *bundle) exec(sql string) {
	b.Helper()
	if _, err := b.db.Pool().Exec(b.ctx, sql); err != nil {
		b.Fatal(err)
	}
}
