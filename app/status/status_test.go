package status_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"klarbeleg/app/status"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/testdb"
	"klarbeleg/store"
)

type bundle struct {
	service *status.Service
	clock   *clock.Fake
	pool    *pgxpool.Pool
}

func setup(t *testing.T) bundle {
	t.Helper()
	pool := testdb.New(t)
	seed, err := os.ReadFile("testdata/seed.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), string(seed)); err != nil {
		t.Fatalf("seed: %v", err)
	}
	c := clock.NewFake(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC))
	return bundle{status.New(store.New(pool), c), c, pool}
}

func query(ik, number, date string) status.Query {
	return status.Query{Area: status.Other, IK: ik, Number: number, Date: calendar.MustDate(date)}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	b := setup(t)

	t.Run("RP-2 sums, states and single invoices of the whole", func(t *testing.T) {
		t.Parallel()
		r, err := b.service.Lookup(t.Context(), query("260326822", "2026-0811", "2026-09-01"), 1)
		if err != nil {
			t.Fatal(err)
		}
		want := store.InvoiceSums{
			Invoices: 4, Refused: 1, Corrected: 1, Paid: 1,
			ReceivedOn: calendar.MustDate("2026-09-03"), CheckedAt: r.Sums.CheckedAt, PaidOn: calendar.MustDate("2026-09-25"),
			BilledCents: 219160, ApprovedCents: 199090, CorrectedCents: 20070, PaidCents: 124050,
		}
		if diff := cmp.Diff(want, r.Sums); diff != "" {
			t.Errorf("sums (-want +got):\n%s", diff)
		}
		if r.Summary() != status.PartlyPaid {
			t.Errorf("summary %s", r.Summary())
		}
		var singles []string
		for _, i := range r.Invoices {
			singles = append(singles, i.Number.Single)
		}
		if diff := cmp.Diff([]string{"1", "2", "10", "11"}, singles); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
		second := r.Invoices[1]
		if second.Corrections != 2 || second.State != billing.InvoiceCorrected || second.PayerName != "Musterkasse Nord" {
			t.Errorf("second invoice: %d corrections, %s, payer %q", second.Corrections, second.State, second.PayerName)
		}
		if len(r.Invoices[2].Payments) != 0 || r.Invoices[2].PayerName != "" {
			t.Error("third invoice has a payment or a payer name")
		}
	})

	t.Run("PAY-2 an invoice paid by two vouchers shows both", func(t *testing.T) {
		t.Parallel()
		r, err := b.service.Lookup(t.Context(), query("260326822", "2026-0829", "2026-09-14"), 1)
		if err != nil {
			t.Fatal(err)
		}
		want := []status.Payment{
			{Voucher: "0000012345", PaidOn: calendar.MustDate("2026-09-25"), Amount: 200000},
			{Voucher: "0000012346", PaidOn: calendar.MustDate("2026-10-02"), Amount: 119415},
		}
		if diff := cmp.Diff(want, r.Invoices[0].Payments); diff != "" {
			t.Errorf("payments (-want +got):\n%s", diff)
		}
		if r.Sums.PaidCents != 319415 || r.Sums.PaidOn != calendar.MustDate("2026-10-02") {
			t.Errorf("paid %d on %s", r.Sums.PaidCents, r.Sums.PaidOn)
		}
	})

	t.Run("RP-2 every page adds up to the sums", func(t *testing.T) {
		t.Parallel()
		q := query("590999223", "S4711", "2026-09-21")
		var rows int
		var billed money.Cents
		for page := 1; page <= 3; page++ {
			r, err := b.service.Lookup(t.Context(), q, page)
			if err != nil {
				t.Fatal(err)
			}
			if r.Pages != 3 || r.Sums.Invoices != 120 {
				t.Fatalf("%d pages, %d invoices", r.Pages, r.Sums.Invoices)
			}
			for _, i := range r.Invoices {
				rows++
				billed += i.Billed
			}
			if page == 1 && r.Sums.BilledCents != 127260 {
				t.Errorf("sum of all %d", r.Sums.BilledCents)
			}
		}
		if rows != 120 || billed != 127260 {
			t.Errorf("%d rows, %d cents", rows, billed)
		}
		if _, err := b.service.Lookup(t.Context(), q, 4); !errors.Is(err, status.ErrNotFound) {
			t.Errorf("page beyond the end: %v", err)
		}
	})
}

// RP-1, RP-4, RP-5: all three values and the area must match.
func TestLookupMisses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hit := query("260326822", "2026-0811", "2026-09-01")
	for name, change := range map[string]func(*status.Query){
		"RP-1 other IK":                                   func(q *status.Query) { q.IK = "108999446" },
		"RP-1 other number":                               func(q *status.Query) { q.Number = "2026-081" },
		"RP-1 other date":                                 func(q *status.Query) { q.Date += 2 },
		"RP-4 other area, Arzneimittel":                   func(q *status.Query) { q.Area = status.Pharmacy },
		"RP-4 other area, integrierte Versorgung":         func(q *status.Query) { q.Area = status.Integrated },
		"RP-5 provider's own IK where a service collects": func(q *status.Query) { *q = query("460999336", "S4711", "2026-09-21") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := hit
			change(&q)
			if _, err := b.service.Lookup(t.Context(), q, 1); !errors.Is(err, status.ErrNotFound) {
				t.Errorf("got %v, want ErrNotFound", err)
			}
		})
	}
}

// RP-2: the status of the whole follows from its invoices.
func TestSummary(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sums store.InvoiceSums
		want status.Summary
	}{
		{store.InvoiceSums{Invoices: 2, Paid: 2}, status.AllPaid},
		{store.InvoiceSums{Invoices: 2, Paid: 2, Corrected: 1}, status.AllPaid},
		{store.InvoiceSums{Invoices: 2, Paid: 1, Refused: 1}, status.AllPaid},
		{store.InvoiceSums{Invoices: 2, Paid: 1}, status.PartlyPaid},
		{store.InvoiceSums{Invoices: 2, Refused: 2}, status.AllRefused},
		{store.InvoiceSums{Invoices: 2, Cancelled: 2}, status.AllCancelled},
		{store.InvoiceSums{Invoices: 2, Cancelled: 1, Refused: 1}, status.AllCancelled},
		{store.InvoiceSums{Invoices: 2, Cancelled: 1, Paid: 1}, status.AllPaid},
		{store.InvoiceSums{Invoices: 2, Cancelled: 1}, status.Approved},
		{store.InvoiceSums{Invoices: 2, Refused: 1}, status.Corrected},
		{store.InvoiceSums{Invoices: 2, Corrected: 1}, status.Corrected},
		{store.InvoiceSums{Invoices: 2}, status.Approved},
	} {
		if got := (status.Result{Sums: c.sums}).Summary(); got != c.want {
			t.Errorf("%+v is %s, want %s", c.sums, got, c.want)
		}
	}
}

// RP-3: a voucher lists every invoice it pays, and nothing but number and date.
func TestVoucher(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v, err := b.service.Voucher(t.Context(), "0000012345", 1)
	if err != nil {
		t.Fatal(err)
	}
	want := []status.VoucherLine{
		{store.VoucherLine{Number: billing.InvoiceNumber{Collective: "2026-0811", Single: "1"}, Date: calendar.MustDate("2026-09-01"), Group: "A"}},
		{store.VoucherLine{Number: billing.InvoiceNumber{Collective: "2026-0829", Single: "0"}, Date: calendar.MustDate("2026-09-14"), Group: "A"}},
	}
	if diff := cmp.Diff(want, v.Lines); diff != "" || v.Total != 2 || v.Pages != 1 {
		t.Errorf("%d in all, %d pages (-want +got):\n%s", v.Total, v.Pages, diff)
	}
	if _, err := b.service.Voucher(t.Context(), "0000012347", 1); !errors.Is(err, status.ErrNotFound) {
		t.Errorf("unknown voucher: %v", err)
	}
	mixed, err := b.service.Voucher(t.Context(), "0000012302", 1)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range mixed.Lines {
		got = append(got, fmt.Sprint(l.Area(), " ", l.LookupNumber(), " ", l.SingleNumber(), " ", l.SetOff))
	}
	if diff := cmp.Diff([]string{"integrierte-versorgung IV-77  true", "arzneimittel ARZ-0815 ARZ-0815-670999331 false"}, got); diff != "" {
		t.Errorf("RP-4 areas of the lines (-want +got):\n%s", diff)
	}
	last, err := b.service.VoucherLine(t.Context(), "0000099999", 120)
	if err != nil || last.Number.Single != "120" {
		t.Errorf("line 120 is %v, %v", last, err)
	}
	for _, n := range []int{-1, 0, 121} {
		if _, err := b.service.VoucherLine(t.Context(), "0000099999", n); !errors.Is(err, status.ErrNotFound) {
			t.Errorf("line %d: %v", n, err)
		}
	}
}

// RP-7: a look-up is kept for 15 minutes under an id that cannot be guessed.
func TestKeep(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := query("260326822", "2026-0811", "2026-09-01")
	id, err := b.service.Keep(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.service.Keep(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if id == again || len(id) < 26 {
		t.Errorf("ids %q and %q", id, again)
	}
	r, err := b.service.Kept(t.Context(), id, 1)
	if err != nil || r.Query != q {
		t.Fatalf("kept: %+v, %v", r.Query, err)
	}
	if _, err := b.service.KeptVoucher(t.Context(), id, 1); !errors.Is(err, status.ErrExpired) {
		t.Errorf("opened as a voucher: %v", err)
	}

	b.clock.Add(status.KeepFor - time.Second)
	if _, err := b.service.Kept(t.Context(), id, 1); err != nil {
		t.Errorf("one second before the end: %v", err)
	}
	b.clock.Add(time.Second)
	if _, err := b.service.Kept(t.Context(), id, 1); !errors.Is(err, status.ErrExpired) {
		t.Errorf("after 15 minutes: %v", err)
	}
	if got := count(t, b.pool); got != 2 {
		t.Errorf("%d look-ups before the next one, want 2", got)
	}
	if _, err := b.service.KeepVoucher(t.Context(), "0000012345"); err != nil {
		t.Fatal(err)
	}
	if got := count(t, b.pool); got != 1 {
		t.Errorf("%d look-ups, want the newest only", got)
	}
}

func TestKeepNothingFound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.service.Keep(t.Context(), query("260326822", "0", "2026-09-01")); !errors.Is(err, status.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if _, err := b.service.KeepVoucher(t.Context(), "0999999999"); !errors.Is(err, status.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if got := count(t, b.pool); got != 0 {
		t.Errorf("%d look-ups kept", got)
	}
}

func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.service.Lookup(ctx, query("260326822", "2026-0811", "2026-09-01"), 1)
	if err == nil || errors.Is(err, status.ErrNotFound) {
		t.Errorf("a fault looks like nothing found: %v", err)
	}
}

func count(t *testing.T, pool *pgxpool.Pool) (n int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), "select count(*) from lookup_result").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
