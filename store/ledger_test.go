package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"klarbeleg/domain/billing"
	"klarbeleg/store"
	"klarbeleg/store/storetest"
)

// balances returns the accounts of an invoice that are not zero.
func balances(t *testing.T, db *store.DB, invoice int64) map[string]int64 {
	t.Helper()
	rows, err := db.Pool().Query(t.Context(), `select account, sum(amount_cents)::bigint from ledger_entry
		where invoice_id = $1 group by account having sum(amount_cents) <> 0`, invoice)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	var account string
	var cents int64
	if _, err := pgx.ForEachRow(rows, []any{&account, &cents}, func() error { out[account] = cents; return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

func book(t *testing.T, db *store.DB, bookings ...billing.Booking) error {
	t.Helper()
	return db.InTx(t.Context(), func(ctx context.Context, tx store.Tx) error { return store.Book(ctx, tx, noon, bookings) })
}

// sqlState returns the code of a database error.
func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

func TestLedger(t *testing.T) {
	t.Parallel()
	const overdrawn = "23514"
	t.Run("INV-4 INV-5 an invoice goes from billed to open, corrected, healed and paid", func(t *testing.T) {
		t.Parallel()
		db := newDB(t)
		id := storetest.AddInvoice(t, db, storetest.Invoice{Received: noon, Billed: 10000, Corrected: 2500})
		steps := []struct {
			booking billing.Booking
			want    map[string]int64
		}{
			{billing.BookPayment(id, 7500), map[string]int64{"billed": -10000, "corrected": 2500, "paid": 7500}},
			{billing.BookHealing(id, 500), map[string]int64{"billed": -10000, "corrected": 2000, "open": 500, "paid": 7500}},
			{billing.BookPayment(id, 500), map[string]int64{"billed": -10000, "corrected": 2000, "paid": 8000}},
			{billing.BookSetOff(id, 8000), map[string]int64{"billed": -2000, "corrected": 2000}},
		}
		for _, s := range steps {
			if err := book(t, db, s.booking); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(s.want, balances(t, db, id)); diff != "" {
				t.Errorf("after %+v (-want +got):\n%s", s.booking, diff)
			}
		}
	})
	t.Run("INV-5 no account can be overdrawn", func(t *testing.T) {
		t.Parallel()
		db := newDB(t)
		id := storetest.AddInvoice(t, db, storetest.Invoice{Received: noon, Billed: 10000, Corrected: 2500})
		before := balances(t, db, id)
		for _, b := range []billing.Booking{
			billing.BookPayment(id, 7501), billing.BookHealing(id, 2501), billing.BookSetOff(id, 1), billing.BookCancellation(id, 7501),
			{Invoice: id, From: billing.AccountCorrected, To: billing.AccountBilled, Amount: 10001},
		} {
			if err := book(t, db, b); sqlState(err) != overdrawn {
				t.Errorf("%+v: %v", b, err)
			}
		}
		if diff := cmp.Diff(before, balances(t, db, id)); diff != "" {
			t.Errorf("balances changed (-want +got):\n%s", diff)
		}
	})
	t.Run("INV-4 a booking that does not sum to zero is refused, nothing is changed or removed", func(t *testing.T) {
		t.Parallel()
		db := newDB(t)
		id := storetest.AddInvoice(t, db, storetest.Invoice{Received: noon, Billed: 10000})
		for sql, want := range map[string]string{
			`insert into ledger_entry (txn_id, invoice_id, account, amount_cents, booked_at) values (0, $1, 'open', -1, now())`: overdrawn,
			`update ledger_entry set amount_cents = 0 where invoice_id = $1`:                                                    "23001",
			`delete from ledger_entry where invoice_id = $1`:                                                                    "23001",
		} {
			if _, err := db.Pool().Exec(t.Context(), sql, id); sqlState(err) != want {
				t.Errorf("%s: %v", sql, err)
			}
		}
	})
	t.Run("INV-4 bookings that move nothing are faults of the program", func(t *testing.T) {
		t.Parallel()
		db := newDB(t)
		for _, b := range []billing.Booking{billing.BookPayment(1, 0), billing.BookPayment(1, -1), {Invoice: 1, From: "open", To: "open", Amount: 1}} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%+v was booked", b)
					}
				}()
				_ = book(t, db, b)
			}()
		}
	})
}

// PAY-1, CHK-9: a Storno takes back what is open; what was paid stays paid.
func TestCancelled(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	open := storetest.AddInvoice(t, db, storetest.Invoice{Received: noon, Billed: 10000, Corrected: 2500})
	refused := storetest.AddInvoice(t, db, storetest.Invoice{Received: noon, Billed: 300, Corrected: 300})
	for id, want := range map[int64]map[string]int64{
		open:    {"billed": -2500, "corrected": 2500},
		refused: {"billed": -300, "corrected": 300},
	} {
		storetest.CancelInvoice(t, db, id, noon)
		if diff := cmp.Diff(want, balances(t, db, id)); diff != "" {
			t.Errorf("balances (-want +got):\n%s", diff)
		}
	}
	storetest.MoneyHolds(t, db)
}
