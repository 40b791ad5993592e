package report_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"klarbeleg/app/report"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/card"
	"klarbeleg/domain/money"
	"klarbeleg/store"
	"klarbeleg/store/storetest"
)

// seedAll adds something for every kind of report.
func (b *bundle) seedAll() {
	b.Helper()
	b.seed()
	if err := b.db.EnsurePartitions(b.ctx, berlin("2026-10-01 00:00:00")); err != nil {
		b.Fatal(err)
	}
	for _, sql := range []string{
		`insert into finding (received_on, invoice_id, case_id, rule, rule_version, severity, segment, byte_offset, billed_cents, corrected_cents)
			select i.received_on, i.id, c.case_id, c.rule_code, 1, 'correct_partially', 1, 0, 0, c.amount_cents from correction c join invoice i on i.id = c.invoice_id`,
		`insert into finding (received_on, invoice_id, rule, rule_version, severity, segment, byte_offset, billed_cents, corrected_cents)
			select received_on, id, 'P4023', 1, 'warn', 1, 0, 0, 0 from invoice`,
		`insert into card_order (order_id, state, flags, seq, accepted, created_at, updated_at) values ('B-1', 'none', '{}', 0, 0, '2026-11-05T10:00:00Z', '2026-11-05T10:00:00Z')`,
		`insert into card_order (order_id, product, kind, issuing_body, state, flags, since, seq, accepted, created_at, updated_at)
			values ('B-2', 'smcb', 'first', 'KV Musterland', 'drafted', '{}', '2026-11-06T10:00:00Z', 1, 1, '2026-11-05T10:00:00Z', '2026-11-05T10:00:00Z')`,
		`insert into card_order (order_id, product, kind, issuing_body, state, flags, since, seq, accepted, created_at, updated_at)
			select id, 'smcb', 'first', 'KV Musterland', state, '{identified,documents_complete}', since, 9, 9, '2026-11-01T10:00:00Z', since
			from (values ('B-3', 'ordered', '2026-11-10T10:00:00Z'::timestamptz), ('B-4', 'in_release', '2026-11-12T10:00:00Z')) v (id, state, since)`,
		`insert into card_event (order_id, seq, sender_seq, event_id, type, at, data, applied_at)
			select id, seq, seq, id || seq, type, at, '{}', at from (values
				('B-3', 1, 'documents.checked', '2026-11-10T10:00:00Z'::timestamptz),
				('B-4', 1, 'documents.checked', '2026-11-10T10:00:00Z'), ('B-4', 2, 'release.requested', '2026-11-12T10:00:00Z')) v (id, seq, type, at)`,
	} {
		if _, err := b.db.Pool().Exec(b.ctx, sql); err != nil {
			b.Fatal(err)
		}
	}
}

// pay adds an invoice for each amount, paid by one voucher.
func (b *bundle) pay(amounts ...money.Cents) {
	b.Helper()
	at := berlin("2026-11-20 09:00:00")
	if err := b.db.InTx(b.ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, `insert into payment_run (run_on, execute_on, received_through, debtor_name, debtor_iban, debtor_bic, opened_at)
			values ('2026-11-20', '2026-11-20', '2026-11-10', 'Kasse', '', '', $1);
			insert into voucher (number, payee_ik, paid_on, total_cents, created_at, run_on, payer_ik, payer_name, name, street, city, iban, bic)
			values ('0000000001', '261234563', '2026-11-20', $2, $1, '2026-11-20', '109519005', '', '', '', '', '', '')`, pgx.QueryExecModeSimpleProtocol, at, sumOf(amounts))
		return err
	}); err != nil {
		b.Fatal(err)
	}
	for _, cents := range amounts {
		id := storetest.AddInvoice(b, b.db, storetest.Invoice{Received: berlin("2026-11-10 08:00:00"), Billed: cents})
		if err := b.db.InTx(b.ctx, func(ctx context.Context, tx store.Tx) error {
			if _, err := tx.Exec(ctx, `insert into voucher_line (voucher_number, invoice_id, amount_cents, corrected_cents) values ('0000000001', $1, $2, 0)`, id, cents); err != nil {
				return err
			}
			return store.Book(ctx, tx, at, []billing.Booking{{Invoice: id, From: billing.AccountOpen, To: billing.AccountPaid, Amount: cents}})
		}); err != nil {
			b.Fatal(err)
		}
	}
}

func sumOf(amounts []money.Cents) (sum money.Cents) {
	for _, a := range amounts {
		sum += a
	}
	return sum
}

// REP-1, REP-3, REP-6: every kind of report adds up to the database's sums, sheet by
// sheet.
func TestKinds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.seedAll()
	b.pay(12_34, 5_00)
	rows := map[string]int64{"corrections": 4, "invoices": 5, "payments": 2, "cards": 4, "rules": 4, "open-cards": 2}
	if diff := cmp.Diff(len(rows), len(b.reports.Kinds())); diff != "" {
		t.Error(diff)
	}
	for kind, want := range rows {
		path := filepath.Join(b.dir, kind+".xlsx")
		sum, err := b.reports.Write(b.ctx, kind, november(), path)
		if err != nil {
			t.Fatal(kind, err)
		}
		book := b.open(path)
		data, sums := b.cells(book, "Daten"), b.cells(book, "Summen")
		if sum.Sums.Rows != want || int64(len(data)-1) != want {
			t.Errorf("%s: %d rows, %d in the sheet, want %d", kind, sum.Sums.Rows, len(data)-1, want)
		}
		for i, amount := range sum.Sums.Amounts {
			if got := centsOf(t, sums[1][3+i]); got != int64(amount) {
				t.Errorf("%s: %s is %d, want %d", kind, sums[0][3+i], got, amount)
			}
		}
	}
}

// REP-6: a rule's corrections are upheld or healed, and its warnings count.
func TestRules(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.seedAll()
	path := filepath.Join(b.dir, "regeln.xlsx")
	if _, err := b.reports.Write(b.ctx, "rules", november(), path); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, row := range b.cells(b.open(path), "Daten")[1:] {
		got[row[0]] = row[3:]
	}
	want := map[string][]string{
		"P3102": {"1", "1", "1", "1234567.89", "1234567.89", "0"},
		"P4010": {"2", "2", "2", "10.11", "10.11", "0"},
		"P4201": {"1", "1", "1", "9.99", "0", "9.99"},
		"P4023": {"3", "0", "0", "0", "0", "0"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// CRD-8: what is behind its time is told, with how far.
func TestOpenCards(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.seedAll()
	path := filepath.Join(b.dir, "karten-offen.xlsx")
	if _, err := b.reports.Write(b.ctx, "open-cards", november(), path); err != nil {
		t.Fatal(err)
	}
	book := b.open(path)
	got := map[string][]string{}
	for i := range b.cells(book, "Daten")[1:] {
		row, err := book.GetRows("Daten")
		if err != nil {
			t.Fatal(err)
		}
		got[row[i+1][1]] = row[i+1][7:]
	}
	if diff := cmp.Diff(map[string][]string{"B-3": {"24.11.2026", "ja", "6"}, "B-4": {"24.12.2026", "nein", "0"}}, got); diff != "" {
		t.Error(diff)
	}
}

// REP-1: every state has its German word.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, s := range card.States() {
		report.Text("card_state." + string(s))
	}
	for _, s := range []billing.InvoiceState{
		billing.InvoiceApproved, billing.InvoiceCorrected, billing.InvoiceRefused, billing.InvoicePaid, billing.InvoiceCancelled,
	} {
		report.Text("invoice_state." + string(s))
	}
}
