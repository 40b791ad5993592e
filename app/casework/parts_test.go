package casework_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"klarbeleg/app/casework"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/billing/heal"
)

func TestParts(t *testing.T) {
	t.Parallel()
	t.Run("INV-7 CHK-7 one rule finds fault with two parts of a case", func(t *testing.T) {
		t.Parallel()
		b := newCentre(t)
		b.us.IKs = []string{"608803019"}
		b.deliverExample("m-1", "302-e-krankentransport-ra1-vk01", "608803019", "+02+5,00", "+02+4,00", "+01+9,90", "+01+8,90",
			"BES+135,04+14,90", "BES+135,04+12,90", "+120,14+135,04+14,90", "+122,14+135,04+12,90", "+155,08+169,98+14,90", "+157,08+169,98+12,90")
		b.holds()
		list, err := b.desk.List(b.ctx, b.us, casework.Query{PerPage: 5})
		if err != nil || list.Total != 1 {
			t.Fatal(list, err)
		}
		d := b.get(list.Cases[0].ID)
		s := b.start(d)
		k := d.Corrections[0]
		if len(d.Corrections) != 1 || k.Rule != "P4401" || k.Amount != 200 || len(k.Paths[0].Fields) != 2 {
			t.Fatalf("%+v", d.Corrections)
		}
		h := casework.Healing{Step: s, Correction: k.ID, Changes: []heal.Change{{Field: "ZUK.zuzahlung", Index: 0, Value: "5,00"}}}
		var wrong *casework.StillWrongError
		if _, _, err := b.desk.Heal(b.ctx, b.us, h); !errors.As(err, &wrong) {
			t.Errorf("one of two parts is healed: %v", err)
		}
		h.Changes = append(h.Changes, heal.Change{Field: "ZUK.zuzahlung", Index: 1, Value: "9,90"})
		version, _, err := b.desk.Heal(b.ctx, b.us, h)
		done := b.complete(b.ok(d.ID)(version, err))
		if done.Outcome != billing.InvoiceCorrected || done.Approved != 12014 || done.Successor != uuid.Nil {
			t.Errorf("%+v", done)
		}
		if got := b.text("select rule_code || ' ' || amount_cents || ' ' || settled_by from correction where in_force"); got != "P4401 200 heal" {
			t.Errorf("in force: %s", got)
		}
	})
}
