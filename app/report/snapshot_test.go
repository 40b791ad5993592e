package report_test

import (
	"context"
	"testing"
	"time"

	"klarbeleg/store"
	"klarbeleg/store/storetest"
)

// REP-3: figures read one after the other are of one instant.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	db := setup(t).db
	noon := berlin("2026-11-25 12:00:00")
	period := store.Period{From: noon.Add(-time.Hour), To: noon.Add(time.Hour)}
	storetest.AddCase(t, db, storetest.Case{Provided: noon})
	read := func(ctx context.Context, tx store.Tx) (rows int64) {
		if err := store.EachCorrection(ctx, tx, period, func(*store.CorrectionRow) error { rows++; return nil }); err != nil {
			t.Error(err)
		}
		return rows
	}
	err := db.Snapshot(t.Context(), func(ctx context.Context, tx store.Tx, asOf time.Time) error {
		if rows := read(ctx, tx); rows != 1 {
			t.Errorf("%d rows at first", rows)
		}
		storetest.AddCase(t, db, storetest.Case{Provided: noon})
		sums, err := store.SumCorrections(ctx, tx, period)
		if err != nil || sums.Rows != 1 || read(ctx, tx) != 1 || asOf.IsZero() {
			t.Errorf("after another one was written: %+v, %v", sums, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
