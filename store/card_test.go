package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"klarbeleg/domain/calendar"
	"klarbeleg/domain/card"
	"klarbeleg/store"
)

// CRD-1, CRD-5: the table takes every state the domain knows, and no order that
// was triggered without identification and checked documents.
func TestCardOrderStates(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	save := func(o card.Order) error {
		return db.InTx(t.Context(), func(ctx context.Context, tx store.Tx) error {
			if _, err := store.LockCardOrder(ctx, tx, o.ID, noon); err != nil {
				return err
			}
			return store.SaveCardOrder(ctx, tx, o, noon)
		})
	}
	full := card.Order{
		ID: "KA-1", Product: card.Physician, Kind: card.First, IssuingBody: "laek", Email: "a@b.example", PreviousCard: "4711",
		Flags:    card.FlagIdentified | card.FlagDocumentsReceived | card.FlagDocumentsComplete | card.FlagContractCancelled,
		Failures: card.PINCounters{Card: 1, Signature: 3}, Serial: "4712", ValidFrom: calendar.MustDate("2026-11-20"),
		ValidTo: calendar.MustDate("2031-11-19"), Since: noon, Seq: 12, Accepted: 11,
	}
	for _, state := range card.States() {
		if state == card.StateNone || state == card.StateExpired {
			continue // the one has no events, the other is never stored
		}
		full.State = state
		if err := save(full); err != nil {
			t.Errorf("%s: %v", state, err)
			continue
		}
		got, err := db.CardOrder(t.Context(), full.ID)
		if diff := cmp.Diff(full, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n-saved +read:\n%s", state, err, diff)
		}
	}
	for name, c := range map[string]struct {
		change     func(o *card.Order)
		constraint string
	}{
		"not identified":      {func(o *card.Order) { o.Flags = card.FlagDocumentsComplete }, "card_order_triggered"},
		"documents unchecked": {func(o *card.Order) { o.Flags = card.FlagIdentified | card.FlagDocumentsReceived }, "card_order_triggered"},
		"no card": {func(o *card.Order) {
			o.State, o.Serial, o.ValidFrom, o.ValidTo = card.StateActive, "", 0, 0
		}, "card_order_issued"},
	} {
		o := full
		o.State = card.StateOrdered
		c.change(&o)
		var pg *pgconn.PgError
		if err := save(o); !errors.As(err, &pg) || pg.ConstraintName != c.constraint {
			t.Errorf("%s: %v, want a violation of %s", name, err, c.constraint)
		}
	}
}
