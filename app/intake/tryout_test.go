package intake_test

import (
	"bytes"
	"testing"
	"time"

	"klarbeleg/app/intake"
	"klarbeleg/app/lists"
	"klarbeleg/internal/clock"
)

// try runs a try-out over everything stored.
func (b *bundle) try(rule string) (*intake.TryResult, []intake.TryChange) {
	b.t.Helper()
	var changes []intake.TryChange
	result, err := b.service.TryOut(b.t.Context(), intake.Try{Rule: rule, Since: received.Add(-time.Hour)}, func(c *intake.TryChange) error {
		changes = append(changes, *c)
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return result, changes
}

func TestTryOut(t *testing.T) {
	t.Parallel()
	t.Run("CHK-10 nothing changed, nothing differs", func(t *testing.T) {
		t.Parallel()
		b := integrated(t)
		b.handle("m-1", dearer(t))
		b.handle("m-02", example295(t, "normal"))
		b.handle("m-003", abrp(t))
		result, changes := b.try("")
		if result.Deliveries != 3 || result.Invoices != 5 || len(changes) != 0 || result.Changed != 0 || result.Refused != 0 {
			t.Errorf("%+v: %+v", result, changes)
		}
	})
	t.Run("CHK-10 a price list tells which cases it would change, and in euros, without touching them", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.handle("m-1", dearer(t))
		agreed := bytes.ReplaceAll(readFile(t, "testdata/prices.csv"), []byte(",2985,"), []byte(",3285,"))
		if _, err := lists.Import(t.Context(), b.db, clock.NewFake(received), "prices", bytes.NewReader(agreed)); err != nil {
			t.Fatal(err)
		}
		before := b.count("select count(*) from finding") + b.count("select sum(corrected_cents) from invoice")
		result, changes := b.try("P4010")
		if len(changes) != 1 || changes[0].Rule != "P4010" || !changes[0].WasHit || changes[0].IsHit || changes[0].Before != 270 || changes[0].VoucherNo == "" {
			t.Errorf("changes %+v", changes)
		}
		if result.Changed != 1 || result.Spared != 1 || result.Hit != 0 || result.Before != 270 || result.After != 0 {
			t.Errorf("result %+v", result)
		}
		if after := b.count("select count(*) from finding") + b.count("select sum(corrected_cents) from invoice"); after != before {
			t.Error("the try-out changed what is stored")
		}
		if other, _ := b.try("P4024"); other.Changed != 0 {
			t.Errorf("another rule: %+v", other)
		}
		b.holds()
	})
	t.Run("CHK-10 an invoice that would be refused", func(t *testing.T) {
		t.Parallel()
		b := integrated(t)
		b.handle("m-1", example295(t, "normal"))
		if _, err := b.db.Pool().Exec(t.Context(), "update payer set superseded_by = import_id where ik = '109990018'"); err != nil {
			t.Fatal(err)
		}
		if _, err := lists.Import(t.Context(), b.db, clock.NewFake(received), "payers", bytes.NewReader(readFile(t, "testdata/payers.csv"))); err != nil {
			t.Fatal(err)
		}
		if result, _ := b.try("P4001"); result.Refused != 2 {
			t.Errorf("%+v", result)
		}
	})
}
