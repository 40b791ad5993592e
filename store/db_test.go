package store_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"klarbeleg/internal/testdb"
	"klarbeleg/store"
)

func newDB(t *testing.T) *store.DB {
	t.Helper()
	return store.New(testdb.New(t))
}

var noon = time.Date(2026, 11, 25, 11, 0, 0, 0, time.UTC)

func TestInbox(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	key := store.InboxKey{Consumer: "deliveries", MessageID: "m-1"}
	enter := func(body string) (fresh bool, err error) {
		err = db.InTx(t.Context(), func(ctx context.Context, tx store.Tx) error {
			fresh, err = store.EnterInbox(ctx, tx, key, sha256.Sum256([]byte(body)), noon)
			return err
		})
		return fresh, err
	}
	t.Run("DTA-1 a message is new once", func(t *testing.T) {
		for n, want := range []bool{true, false, false} {
			if fresh, err := enter("a"); err != nil || fresh != want {
				t.Fatalf("delivery %d of the message: fresh = %v, %v", n+1, fresh, err)
			}
		}
	})
	t.Run("same id with other bytes is refused (F-27)", func(t *testing.T) {
		if _, err := enter("b"); !errors.Is(err, store.ErrIDReused) {
			t.Fatalf("got %v", err)
		}
	})
}

func TestInTx(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	add := func(ctx context.Context, tx store.Tx, id string) error {
		_, err := store.EnterInbox(ctx, tx, store.InboxKey{Consumer: "c", MessageID: id}, [32]byte{}, noon)
		return err
	}
	count := func() (n int) {
		if err := db.Pool().QueryRow(t.Context(), "select count(*) from inbox").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	t.Run("an error rolls back", func(t *testing.T) {
		boom := errors.New("boom")
		err := db.InTx(t.Context(), func(ctx context.Context, tx store.Tx) error {
			return errors.Join(add(ctx, tx, "x"), boom)
		})
		if !errors.Is(err, boom) || count() != 0 {
			t.Fatalf("err %v, rows %d", err, count())
		}
	})
	t.Run("a panic rolls back and goes on", func(t *testing.T) {
		defer func() {
			if recover() == nil || count() != 0 {
				t.Fatalf("rows %d", count())
			}
		}()
		_ = db.InTx(t.Context(), func(ctx context.Context, tx store.Tx) error {
			_ = add(ctx, tx, "y")
			panic("fault")
		})
	})
	t.Run("nesting is refused", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Fatal("a nested transaction was opened")
			}
		}()
		_ = db.InTx(t.Context(), func(ctx context.Context, _ store.Tx) error {
			return db.InTx(ctx, func(context.Context, store.Tx) error { return nil })
		})
	})
}

// G-10: the locks of a machine that vanished fall while there is time to take over.
func TestOpenKeepalive(t *testing.T) {
	t.Parallel()
	t.Run("OPS-3 the server notices a client that is gone", func(t *testing.T) {
		t.Parallel()
		db, err := store.Open(t.Context(), testdb.URL(t), 1)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for setting, want := range map[string]string{"idle": "10", "interval": "5", "count": "3"} {
			var got string
			if err := db.Pool().QueryRow(t.Context(), "show tcp_keepalives_"+setting).Scan(&got); err != nil || got != want {
				t.Errorf("%s is %q (%v), want %s", setting, got, err, want)
			}
		}
	})
}
