package intake_test

import (
	"strings"
	"testing"

	"klarbeleg/app/lists"
	"klarbeleg/domain/billing"
	"klarbeleg/internal/clock"
)

const (
	claim      = "302-b-heilmittel-ra3-vk03"
	correction = "302-b-heilmittel-ra3-vk04"
)

// CHK-8: later bills of therapists are checked against the first bill that they name.
func TestCorrectionProcedure(t *testing.T) {
	t.Parallel()
	t.Run("CHK-8 a claim without the first bill is refused", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		if r := b.handle("m-1", readDelivery(t, claim)); r.State != billing.DeliveryRejected {
			t.Fatalf("state %s", r.State)
		}
		if got := b.receipts()[0]; len(got.Errors) != 1 || got.Errors[0].Code != "P4240" {
			t.Errorf("receipt %+v", got)
		}
		b.holds()
	})
	t.Run("CHK-8 a claim of what the first bill deducted is paid", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.handle("m-1", readDelivery(t, heilmittel))
		if r := b.handle("m-02", readDelivery(t, claim)); r.State != billing.DeliveryAccepted {
			t.Fatalf("state %s: %+v", r.State, b.receipts())
		}
		if n := b.count("select sum(approved_cents) from invoice where processing_code = 3"); n != 2630 {
			t.Errorf("approved %d, want 2630", n)
		}
		b.holds()
	})
	t.Run("CHK-8 what was paid is not corrected", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.handle("m-1", readDelivery(t, heilmittel))
		if r := b.handle("m-02", readDelivery(t, correction)); r.State != billing.DeliveryAccepted {
			t.Fatalf("state %s: %+v", r.State, b.receipts())
		}
		if n := b.count("select count(*) from correction where rule_code = 'P4239' and amount_cents = 5222"); n != 1 {
			t.Errorf("%d corrections by P4239, want 1", n)
		}
		b.holds()
	})
	t.Run("CHK-8 what was cut is corrected once", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.prices("22,00501,20501,Krankengymnastik,2985,2026-01-01,2026-10-18\n") // the double treatment came later
		b.handle("m-1", readDelivery(t, heilmittel))
		b.prices("22,00501,20501,Krankengymnastik,2985,2026-01-01,\n")
		if r := b.handle("m-02", readDelivery(t, correction)); r.State != billing.DeliveryAccepted {
			t.Fatalf("state %s: %+v", r.State, b.receipts())
		}
		if n := b.count("select sum(approved_cents) from invoice where processing_code = 4"); n != 5222 {
			t.Errorf("approved %d, want 5222", n)
		}
		again := readDelivery(t, correction)
		again.payload = []byte(strings.NewReplacer("2026-H-000899", "2026-H-000901", "+00043", "+00053").Replace(string(again.payload)))
		b.handle("m-003", again)
		if n := b.count("select count(*) from correction where rule_code = 'P4241' and amount_cents = 5222"); n != 1 {
			t.Errorf("%d corrections by P4241, want 1", n)
		}
	})
}

// prices imports rows of a price list.
func (b *bundle) prices(rows string) {
	b.t.Helper()
	csv := strings.Join(lists.PriceColumns, ",") + "\n" + rows
	if _, err := lists.Import(b.t.Context(), b.db, clock.NewFake(received), "prices", strings.NewReader(csv)); err != nil {
		b.t.Fatal(err)
	}
}
