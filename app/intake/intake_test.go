package intake_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"klarbeleg/app/intake"
	"klarbeleg/app/lists"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/billing"
	"klarbeleg/internal/blob"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/testdb"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

// received is when the deliveries of the tests arrive.
var received = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

type bundle struct {
	t       *testing.T
	db      *store.DB
	service *intake.Service
}

// setup is a centre that takes plain deliveries from everybody.
func setup(t *testing.T) *bundle {
	t.Helper()
	return setupWith(t, intake.Security{PlainAllowed: true})
}

func setupWith(t *testing.T, security intake.Security) *bundle {
	t.Helper()
	db := store.New(testdb.New(t))
	if err := db.EnsurePartitions(t.Context(), received); err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	clk := clock.NewFake(received)
	for _, kind := range []string{"prices", "payers", "providers"} {
		if _, err := lists.Import(t.Context(), db, clk, kind, bytes.NewReader(readFile(t, "testdata/"+kind+".csv"))); err != nil {
			t.Fatal(err)
		}
	}
	return &bundle{t, db, intake.New(db, blobs, clk, catalogue.All(), intake.Settings{Deadlines: billing.DefaultDeadlines(), Security: security})}
}

func (b *bundle) handle(id string, d delivery) intake.Result {
	b.t.Helper()
	ctx := logging.Into(b.t.Context(), zaptest.NewLogger(b.t))
	result, err := b.service.Handle(ctx, message(id, d))
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// message is the delivery as the consumer hands it over.
func message(id string, d delivery) intake.Message {
	return intake.Message{
		ID: id, Sender: "598800016", Auftrag: d.auftrag, Payload: d.payload,
		Origin: intake.Origin{Topic: messages.TopicDeliveries, Offset: int64(len(id)), Body: d.payload},
	}
}

// holds fails the test if an invariant is broken. No relay runs here, so INV-9
// (everything published) is left out.
func (b *bundle) holds() {
	b.t.Helper()
	broken, err := b.db.CheckInvariants(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, v := range broken {
		if v.ID == "INV-9" {
			continue
		}
		b.t.Errorf("%s broken (%s): %v", v.ID, v.What, v.IDs)
	}
}

func (b *bundle) count(sql string) (n int) {
	b.t.Helper()
	if err := b.db.Pool().QueryRow(b.t.Context(), sql).Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

// receipts returns the receipts in the outbox, oldest first.
func (b *bundle) receipts() (out []messages.Receipt) {
	b.t.Helper()
	rows, err := b.db.UnpublishedOutbox(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, row := range rows {
		if row.Topic != messages.TopicReceipts {
			continue
		}
		var r messages.Receipt
		if err := json.Unmarshal(row.Body, &r); err != nil {
			b.t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

const heilmittel = "302-b-heilmittel-ra3-vk01"

func TestHandle(t *testing.T) {
	t.Parallel()
	t.Run("DTA-1 a delivery is stored once, whatever is redelivered", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		d := readDelivery(t, heilmittel)
		for n := range 3 {
			if r := b.handle("m-1", d); r.Known != (n > 0) {
				t.Fatalf("delivery %d of the message: known = %v", n+1, r.Known)
			}
		}
		if n := b.count("select count(*) from invoice"); n != 2 {
			t.Errorf("%d invoices, want 2", n)
		}
		if n := b.count("select count(*) from position"); n != 10 {
			t.Errorf("%d positions, want 10", n)
		}
		if n := b.count("select sum(billed_cents) from invoice"); n != 36770 {
			t.Errorf("billed %d", n)
		}
		b.holds()
	})
	t.Run("DTA-6 the same content under another id is answered as duplicate", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		d := readDelivery(t, heilmittel)
		first := b.handle("m-1", d)
		if r := b.handle("m-02", d); r.State != billing.DeliveryDuplicate {
			t.Fatalf("state %s", r.State)
		}
		got := b.receipts()
		if len(got) != 2 || got[1].Outcome != "duplicate" || got[1].DuplicateOf != first.Delivery.String() || got[1].Errors[0].Code != "P1010" {
			t.Errorf("receipts %+v", got)
		}
		b.holds()
	})
	t.Run("DTA-6 the same reference with other content is rejected (P1009)", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		d := readDelivery(t, heilmittel)
		b.handle("m-1", d)
		d.payload = bytes.Replace(d.payload, []byte("Physiotherapie am Markt"), []byte("Physiotherapie im Markt"), 1)
		if r := b.handle("m-02", d); r.State != billing.DeliveryRejected {
			t.Fatalf("state %s", r.State)
		}
		if got := b.receipts()[1]; got.Errors[0].Code != "P1009" || got.Counts.Invoices != 0 && got.Sums.Billed != 0 {
			t.Errorf("receipt %+v", got)
		}
		b.holds()
	})
	t.Run("CHK-3 CHK-4 a price above the contract is cut, announced once, and the sums agree", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.handle("m-1", dearer(t))
		if n := b.count("select count(*) from correction"); n != 1 {
			t.Fatalf("%d corrections, want 1", n)
		}
		if n := b.count("select amount_cents from correction where rule_code = 'P4010'"); n != 300-30 {
			t.Errorf("cut %d, want 3,00 gross less 0,30 co-payment", n)
		}
		if n := b.count("select count(*) from outbox where kind = 'correction'"); n != 1 {
			t.Errorf("%d announcements, want 1", n)
		}
		if n := b.count("select sum(corrected_cents) from position"); n != 270 {
			t.Errorf("positions carry %d", n)
		}
		b.holds()
	})
	t.Run("DTA-10 unreadable input is quarantined whole and answered", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		d := delivery{[]byte("%PDF-1.7 this is no interchange"), readDelivery(t, heilmittel).auftrag}
		if r := b.handle("m-1", d); r.State != billing.DeliveryQuarantined {
			t.Fatalf("state %s", r.State)
		}
		waiting, err := b.db.Quarantine(t.Context(), 10)
		if err != nil || len(waiting) != 1 {
			t.Fatalf("quarantine %v, %v", waiting, err)
		}
		q, err := b.db.QuarantinedMessage(t.Context(), waiting[0].ID)
		if err != nil || !bytes.Equal(q.Body, d.payload) {
			t.Errorf("body changed: %v", err)
		}
		if got := b.receipts(); len(got) != 1 || got[0].Outcome != "rejected" {
			t.Errorf("receipts %+v", got)
		}
		b.holds()
	})
	t.Run("CHK-1 a message error refuses its invoice, not the others", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		d := readDelivery(t, heilmittel)
		d.payload = bytes.Replace(d.payload, []byte("EHE+26:00501+54103+1,00+57,20+20261014'"), []byte("EHE+26:00501+54103+1,00+57.20+20261014'"), 1)
		if r := b.handle("m-1", d); r.State != billing.DeliveryPartlyRejected {
			t.Fatalf("state %s: %+v", r.State, b.receipts())
		}
		got := b.receipts()[0]
		if got.Counts.Invoices != 2 || got.Counts.InvoicesRefused != 1 || got.Sums.Billed != 19610 || got.Sums.Refused != 17160 {
			t.Errorf("receipt %+v", got)
		}
		b.holds()
	})
	t.Run("CHK-1 a faulty collective statement refuses everything below it, and nothing else is said", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		d := readDelivery(t, heilmittel)
		d.payload = bytes.Replace(d.payload, []byte("GES+31+59,70+59,70+0,00'\r\nGES+51"), []byte("GES+31+59.70+59,70+0,00'\r\nGES+51"), 1)
		if r := b.handle("m-1", d); r.State != billing.DeliveryRejected {
			t.Fatalf("state %s", r.State)
		}
		got := b.receipts()[0]
		if got.Counts.InvoicesRefused != 2 || len(got.Errors) != 1 || got.Errors[0].Code != "P2014" || got.Sums.Refused != 36770 {
			t.Errorf("receipt %+v", got)
		}
		b.holds()
	})
	t.Run("CHK-5 lines billed before are cut, also from another delivery", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		d := readDelivery(t, heilmittel)
		b.handle("m-1", d)
		again := strings.NewReplacer("2026-H-000815", "2026-H-000816", "+00042", "+00052").Replace(string(d.payload))
		d.payload = []byte(again)
		if r := b.handle("m-02", d); r.State != billing.DeliveryAccepted {
			t.Fatalf("state %s: %+v", r.State, b.receipts())
		}
		if n := b.count("select sum(approved_cents) from invoice where collective_number = '2026-H-000816'"); n != 0 {
			t.Errorf("approved %d of lines billed before", n)
		}
		b.holds()
	})
}

// dearer is the example with one price 3,00 above the contract and all sums
// consistent with it.
func dearer(t testing.TB) delivery {
	d := readDelivery(t, heilmittel)
	s := string(d.payload)
	for _, r := range [][2]string{
		{"EHE+22:00501+20501+1,00+29,85+20261005+2,99'", "EHE+22:00501+20501+1,00+32,85+20261005+3,29'"},
		{"BES+162,70+26,30+16,30+10,00'", "BES+165,70+26,60+16,60+10,00'"},
		{"GES+00+196,10+222,40+26,30'\r\nGES+11+136,40+162,70+26,30'", "GES+00+198,80+225,40+26,60'\r\nGES+11+139,10+165,70+26,60'"},
		{"GES+00+367,70+394,00+26,30'\r\nGES+11+136,40+162,70+26,30'", "GES+00+370,40+397,00+26,60'\r\nGES+11+139,10+165,70+26,60'"},
	} {
		if strings.Count(s, r[0]) != 1 {
			t.Fatalf("%q stands %d times in the example", r[0], strings.Count(s, r[0]))
		}
		s = strings.Replace(s, r[0], r[1], 1)
	}
	d.payload = []byte(s)
	return d
}
