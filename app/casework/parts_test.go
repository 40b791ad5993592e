package casework_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"klarbeleg/app/casework"
	"klarbeleg/checks/checkstest"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/billing/heal"
	"klarbeleg/domain/calendar"
	"klarbeleg/store"
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

func TestInvoiceNumber(t *testing.T) {
	t.Parallel()
	t.Run("COR-4 CHK-5 a wrong invoice number is healed by a free one, the invoice bears it from then on", func(t *testing.T) {
		t.Parallel()
		b := newCentre(t)
		b.deliver("m-1")
		b.clock.Add(time.Hour)
		b.deliver("m-2", "K880013575", checkstest.KVNR(1), "00045", "00046") // another person under the same number
		d := b.only(1)
		if d.Corrections[0].Rule != "P4022" || d.Corrections[0].Amount != 57342 {
			t.Fatalf("%+v", d.Corrections)
		}
		b.clock.Add(time.Hour)
		b.deliver("m-3", "K880013575", checkstest.KVNR(2), "00045", "00047", "SH20261031:0", "SH20261032:0")
		s := b.start(d)
		var wrong *casework.StillWrongError
		for _, taken := range []string{"SH20261031", "SH20261032"} { // the second was billed later, and is paid
			if _, _, err := b.desk.Heal(b.ctx, b.us, healing(s, d.Corrections[0], taken)); !errors.As(err, &wrong) || wrong.Rule != "P4022" {
				t.Errorf("%s: %v", taken, err)
			}
		}
		done := b.complete(b.heal(s, d.Corrections[0], "SH20261033"))
		if done.Outcome != billing.InvoiceApproved || done.Approved != 57342 || done.Successor != uuid.Nil {
			t.Errorf("%+v", done)
		}
		if n := b.number("select count(*) from invoice where collective_number = 'SH20261033' and state = 'approved'"); n != 1 {
			t.Error("the invoice does not bear the number")
		}
		if got := b.get(d.ID).Data.Invoice.Number.String(); got != "SH20261033:0" {
			t.Errorf("shown: %s", got)
		}
	})
	t.Run("CHK-7 what a healed fault had hidden is found anew, in a case with a time of its own", func(t *testing.T) {
		t.Parallel()
		b := newCentre(t)
		b.deliver("m-1", "K880013575", "K880013576")
		b.list("prices", ",3875,", ",3575,")
		d := b.only(1)
		b.clock.Set(received.AddDate(0, 1, 0))
		done := b.complete(b.heal(b.start(d), d.Corrections[0], "K880013575"))
		if done.Outcome != billing.InvoiceCorrected || done.Successor == uuid.Nil {
			t.Fatalf("%+v", done)
		}
		next := b.get(done.Successor)
		want := billing.DefaultDeadlines().EditableUntil(calendar.InBerlin(b.clock.Now())).EndInBerlin()
		if next.Corrections[0].Rule != "P4010" || !next.EditableUntil.Equal(want) || next.Corrected != next.Corrections[0].Amount {
			t.Errorf("%+v: %+v", next.WorkCase, next.Corrections)
		}
		// The second round starts from the data of the first.
		last := b.complete(b.heal(b.start(next), next.Corrections[0], "35,75"))
		if last.Outcome != billing.InvoiceCorrected || last.Successor != uuid.Nil || last.Approved != done.Approved {
			t.Errorf("%+v", last)
		}
		if got := b.get(next.ID); got.CheckRun != 2 || got.Data.Invoice.Cases[0].KVNR != "K880013575" || got.Data.Invoice.Cases[0].Positions[1].Price != 3575 {
			t.Errorf("%+v", got.WorkCase)
		}
		if n := b.number("select count(*) from outbox where kind = 'correction'"); n != 3 {
			t.Errorf("%d corrections were announced, want 3: found, found anew, settled", n)
		}
	})
}

// F-22, F-66, INV-5: two cases of one invoice are completed at the same moment; both
// decisions count, to the cent.
func TestTwoCasesOfOneInvoice(t *testing.T) {
	t.Parallel()
	b := newCentre(t)
	b.us.IKs = []string{"608803019"}
	b.list("prices", "Grundpauschale Rückfahrt,850,", "Grundpauschale Rückfahrt,800,")
	b.deliverExample("m-1", "302-e-krankentransport-ra1-vk01", "608803019", "T880024680", "T880024681")
	list, err := b.desk.List(b.ctx, b.us, casework.Query{PerPage: 5, Order: store.ByVoucher})
	if err != nil || list.Total != 2 {
		t.Fatal(list, err)
	}
	first, second := b.get(list.Cases[0].ID), b.get(list.Cases[1].ID)
	values := map[string]string{"P3005": "T880024680", "P4010": "8,00"}
	var wg sync.WaitGroup
	for _, d := range []*casework.Details{first, second} {
		s := b.start(d)
		for _, k := range d.Corrections {
			s = b.heal(s, k, values[k.Rule])
		}
		wg.Go(func() {
			if _, err := b.desk.Complete(b.ctx, b.us, s); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	b.holds()
	if a, c := b.get(first.ID), b.get(second.ID); a.Outcome != billing.InvoiceApproved || c.Outcome != billing.InvoiceCorrected {
		t.Errorf("%s, %s", a.Outcome, c.Outcome)
	}
	lowered := b.number("select sum(amount_cents) from correction where in_force")
	if got := b.number("select approved_cents from invoice"); got != 15508-lowered || lowered == 0 {
		t.Errorf("approved %d, lowered %d", got, lowered)
	}
}
