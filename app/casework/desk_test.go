package casework_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"klarbeleg/app/casework"
	"klarbeleg/app/intake"
	"klarbeleg/app/lists"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/billing/heal"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
	"klarbeleg/internal/blob"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/testdb"
	"klarbeleg/store"
)

// provider is who bills in the example of aids.
const provider = "338804010"

var received = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// centre is the intake and the desk on one database.
type centre struct {
	*testing.T
	ctx    context.Context
	db     *store.DB
	clock  *clock.Fake
	intake *intake.Service
	desk   *casework.Desk
	cases  *casework.Service
	us     casework.Actor
}

func newCentre(t *testing.T) *centre {
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
	b := &centre{T: t, ctx: logging.Into(t.Context(), zap.NewNop()), db: db, clock: clk}
	for _, kind := range []string{"prices", "payers", "providers"} {
		b.list(kind)
	}
	b.intake = intake.New(db, blobs, clk, catalogue.All(), intake.Settings{
		Deadlines: billing.DefaultDeadlines(), Security: intake.Security{PlainAllowed: true},
	})
	b.desk = casework.NewDesk(db, clk, billing.DefaultLimits(), b.intake)
	b.cases = casework.New(db, billing.DefaultDeadlines())
	b.us = casework.Actor{Kind: casework.User, ID: "0b6d4f0e-0000-4000-8000-000000000001", IKs: []string{provider}, Registered: calendar.MustDate("2026-01-01")}
	return b
}

func (b *centre) read(path string) []byte {
	b.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	return raw
}

// list imports a list with replacements, pairs of old and new.
func (b *centre) list(kind string, replace ...string) {
	b.Helper()
	text := strings.NewReplacer(replace...).Replace(string(b.read("../intake/testdata/" + kind + ".csv")))
	if _, err := lists.Import(b.ctx, b.db, b.clock, kind, bytes.NewReader([]byte(text))); err != nil {
		b.Fatal(err)
	}
}

// deliver takes the example of aids with replacements.
func (b *centre) deliver(id string, replace ...string) {
	b.Helper()
	b.deliverExample(id, "302-a-hilfsmittel-ra2-vk01", "598800016", replace...)
}

// deliverExample takes an example of the sender with replacements.
func (b *centre) deliverExample(id, example, sender string, replace ...string) {
	b.Helper()
	base := "../../dta/p302/testdata/" + example
	payload, order := b.read(base+".edi"), b.read(base+".auf")
	for i := 0; i < len(replace); i += 2 {
		if !bytes.Contains(payload, []byte(replace[i])) {
			b.Fatalf("%q is not in the example", replace[i])
		}
	}
	payload = []byte(strings.NewReplacer(replace...).Replace(string(payload)))
	result, err := b.intake.Handle(b.ctx, intake.Message{ID: id, Sender: sender, Auftrag: order, Payload: payload})
	if err != nil || result.State != billing.DeliveryAccepted {
		b.Fatal(result.State, err, b.text("select coalesce(string_agg(code, ','), '') from delivery_error"))
	}
}

// only returns the only case, which must have so many corrections.
func (b *centre) only(corrections int) *casework.Details {
	b.Helper()
	list, err := b.desk.List(b.ctx, b.us, casework.Query{PerPage: 10})
	if err != nil || list.Total != 1 || len(list.Cases) != 1 {
		b.Fatalf("%+v, %v", list, err)
	}
	d := b.get(list.Cases[0].ID)
	if len(d.Corrections) != corrections || list.Cases[0].Corrections != corrections {
		b.Fatalf("%d corrections, want %d: %+v", len(d.Corrections), corrections, d.Corrections)
	}
	return d
}

func (b *centre) get(id uuid.UUID) *casework.Details {
	b.Helper()
	d, err := b.desk.Get(b.ctx, b.us, id)
	if err != nil {
		b.Fatal(err)
	}
	return d
}

// start takes the case into work and returns the next step.
func (b *centre) start(d *casework.Details) casework.Step {
	b.Helper()
	return b.ok(d.ID)(b.desk.Start(b.ctx, b.us, casework.Step{Case: d.ID, Version: d.Version}))
}

func (b *centre) ok(id uuid.UUID) func(int, error) casework.Step {
	return func(version int, err error) casework.Step {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
		return casework.Step{Case: id, Version: version}
	}
}

// healing is the change of the first instance that the first path of a correction
// leads to.
func healing(s casework.Step, k casework.Correction, value string) casework.Healing {
	for _, p := range k.Paths {
		if p.Kind == heal.FieldChange {
			f := p.Fields[0]
			return casework.Healing{Step: s, Correction: k.ID, Changes: []heal.Change{{Field: f.Name, Index: f.Index, Value: value}}}
		}
	}
	return casework.Healing{Step: s, Correction: k.ID}
}

func (b *centre) heal(s casework.Step, k casework.Correction, value string) casework.Step {
	b.Helper()
	version, _, err := b.desk.Heal(b.ctx, b.us, healing(s, k, value))
	return b.ok(s.Case)(version, err)
}

func (b *centre) complete(s casework.Step) *casework.Completed {
	b.Helper()
	done, err := b.desk.Complete(b.ctx, b.us, s)
	if err != nil {
		b.Fatal(err)
	}
	b.holds()
	return done
}

// holds fails the test if an invariant is broken; no relay and no jobs run here.
func (b *centre) holds() {
	b.Helper()
	broken, err := b.db.CheckInvariants(b.ctx)
	if err != nil {
		b.Fatal(err)
	}
	for _, v := range broken {
		if v.ID != "INV-9" && v.ID != "INV-12" && v.ID != "INV-15" {
			b.Errorf("%s broken (%s): %v", v.ID, v.What, v.IDs)
		}
	}
}

func (b *centre) number(sql string) (n int) {
	b.Helper()
	if err := b.db.Pool().QueryRow(b.ctx, sql).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

func (b *centre) text(sql string) (s string) {
	b.Helper()
	if err := b.db.Pool().QueryRow(b.ctx, sql).Scan(&s); err != nil {
		b.Fatal(err)
	}
	return s
}

func TestRecheck(t *testing.T) {
	t.Parallel()
	t.Run("CHK-7 COR-4 COR-6 a wrong insurance number is healed, all is approved", func(t *testing.T) {
		t.Parallel()
		b := newCentre(t)
		b.deliver("m-1", "K880013575", "K880013576")
		if n := b.number("select approved_cents from invoice"); n != 0 {
			t.Fatalf("approved %d before", n)
		}
		d := b.only(1)
		if d.Corrections[0].Rule != "P3005" {
			t.Fatalf("%+v", d.Corrections[0])
		}
		s := b.start(d)
		var wrong *casework.StillWrongError
		if _, _, err := b.desk.Heal(b.ctx, b.us, healing(s, d.Corrections[0], "K880013577")); !errors.As(err, &wrong) || wrong.Rule != "P3005" {
			t.Fatalf("COR-4 another wrong number: %v", err)
		}
		done := b.complete(b.heal(s, d.Corrections[0], "K880013575"))
		if done.Outcome != billing.InvoiceApproved || done.Successor != uuid.Nil || done.Approved != 57342 {
			t.Errorf("%+v", done)
		}
		if got := b.text("select state || ' ' || approved_cents || ' ' || corrected_cents from invoice"); got != "approved 57342 0" {
			t.Errorf("invoice: %s", got)
		}
		if n := b.number("select sum(amount_cents) from ledger_entry where account = 'open'"); n != 57342 {
			t.Errorf("open %d", n)
		}
		if got := b.text("select kvnr from billing_case"); got != "K880013575" {
			t.Error("the data were not changed")
		}
		if got := b.get(d.ID); got.State != billing.CaseCompleted || got.Access != billing.AccessCompleted || got.Outcome != billing.InvoiceApproved || got.Corrections[0].InForce {
			t.Errorf("%+v", got.WorkCase)
		}
	})
	t.Run("CHK-7 a price lowered to the agreed one is what was cut, and stays corrected", func(t *testing.T) {
		t.Parallel()
		b := newCentre(t)
		b.list("prices", ",3875,", ",3575,")
		b.deliver("m-1")
		before := b.number("select approved_cents from invoice")
		d := b.only(1)
		if d.Corrections[0].Rule != "P4010" || before >= 57342 {
			t.Fatalf("approved %d, %+v", before, d.Corrections[0])
		}
		done := b.complete(b.heal(b.start(d), d.Corrections[0], "35,75"))
		if done.Outcome != billing.InvoiceCorrected || done.Successor != uuid.Nil || int(done.Approved) != before {
			t.Errorf("approved %d before: %+v", before, done)
		}
		if got := b.text("select rule_code || ' ' || state || ' ' || settled_by || ' ' || check_run from correction where in_force"); got != "P4010 corrected heal 2" {
			t.Errorf("in force: %s", got)
		}
	})
	t.Run("CHK-7 what is accepted stays corrected, the rest is healed", func(t *testing.T) {
		t.Parallel()
		b := newCentre(t)
		b.list("prices", ",3875,", ",3575,", ",43,", ",40,")
		b.deliver("m-1")
		d := b.only(2)
		b.list("prices", ",43,", ",40,") // the price of the first was a fault of the list
		s := b.start(d)
		first, second := d.Corrections[0], d.Corrections[1]
		s = b.ok(d.ID)(b.desk.Accept(b.ctx, b.us, s, second.ID))
		done := b.complete(b.heal(s, first, "38,75"))
		if done.Outcome != billing.InvoiceCorrected || done.Successor != uuid.Nil || done.Billed-done.Approved != second.Amount {
			t.Errorf("%+v; accepted %d", done, second.Amount)
		}
		if got := b.text("select rule_code || ' ' || state || ' ' || settled_by from correction where in_force"); got != "P4010 corrected accept" {
			t.Errorf("in force: %s", got)
		}
	})
	t.Run("CHK-7 CHK-5 a healed number that bills what was paid already is corrected anew, in a case of its own", func(t *testing.T) {
		t.Parallel()
		b := newCentre(t)
		b.deliver("m-1")
		b.clock.Add(time.Hour)
		b.deliver("m-2", "K880013575", "K880013576", "SH20261031:0", "SH20261099:0", "00045", "00046")
		d := b.only(1)
		done := b.complete(b.heal(b.start(d), d.Corrections[0], "K880013575"))
		if done.Outcome != billing.InvoiceRefused && done.Outcome != billing.InvoiceCorrected || done.Successor == uuid.Nil {
			t.Fatalf("%+v", done)
		}
		next := b.get(done.Successor)
		if next.State != billing.CaseNew || next.CheckRun != 2 || next.Corrections[0].Rule != "P4024" || next.Access != billing.AccessEdit {
			t.Errorf("%+v: %+v", next.WorkCase, next.Corrections)
		}
		old := b.get(d.ID)
		if old.Successor != next.ID || old.State != billing.CaseCompleted {
			t.Errorf("%+v", old.WorkCase)
		}
	})
	t.Run("CHK-7 an invoice that was paid in part is paid its rest", func(t *testing.T) {
		t.Parallel()
		b := newCentre(t)
		b.list("prices", ",3875,", ",3575,")
		b.deliver("m-1")
		d := b.only(1)
		b.pay()
		b.list("prices")
		done := b.complete(b.heal(b.start(d), d.Corrections[0], "38,75"))
		if done.Outcome != billing.InvoiceApproved {
			t.Errorf("%+v", done)
		}
		if got := b.text("select state from invoice"); got != "approved" {
			t.Errorf("state %s", got)
		}
		if n := b.number("select sum(amount_cents) from ledger_entry where account = 'open'"); n != int(d.Corrections[0].Amount) {
			t.Errorf("open %d, want %d", n, d.Corrections[0].Amount)
		}
	})
}

// pay books what is open as paid, as a voucher does.
func (b *centre) pay() {
	b.Helper()
	if err := b.db.InTx(b.ctx, func(ctx context.Context, tx store.Tx) error {
		invoice := int64(b.number("select id from invoice"))
		open := b.number("select approved_cents from invoice")
		for _, sql := range []string{
			`insert into payment_run (run_on, execute_on, received_through, debtor_name, debtor_iban, debtor_bic, opened_at)
				values ('2026-11-25', '2026-11-26', '2026-11-25', 'Kasse', 'DE', 'X', now())`,
			`insert into voucher (number, payee_ik, paid_on, total_cents, created_at, run_on, payer_ik, payer_name, name, street, city, iban, bic)
				select '0000000001', payee_ik, '2026-11-26', approved_cents, now(), '2026-11-25', payer_ik, 'Kasse', '-', '-', '-', 'DE', 'X' from invoice`,
			`insert into voucher_line (voucher_number, invoice_id, amount_cents, corrected_cents) select '0000000001', id, approved_cents, corrected_cents from invoice`,
			`update voucher_counter set last = 1`,
			`update invoice set state = 'paid'`,
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return store.Book(ctx, tx, b.clock.Now(), []billing.Booking{billing.BookPayment(invoice, money.Cents(open))})
	}); err != nil {
		b.Fatal(err)
	}
}
