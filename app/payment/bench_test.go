package payment_test

import (
	"testing"

	"go.uber.org/zap"

	"klarbeleg/app/payment"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/testdb"
	"klarbeleg/store"
)

// BenchmarkRun1000x20 is a night in which a thousand payees get 20 invoices paid
// each, among 100,000 invoices that were paid before (PAY-1).
func BenchmarkRun1000x20(b *testing.B) {
	const payees = 1000
	db := store.New(testdb.New(b))
	ctx := logging.Into(b.Context(), zap.NewNop())
	for _, sql := range []string{
		`insert into delivery (id, message_id, sender_ik, payload_sha256, size_bytes, state, received_at, received_on, test_indicator)
			values ('00000000-0000-7000-8000-000000000001', 'seed', '123456789', '\x01', 1, 'accepted', '2026-01-01', '2026-01-01', '2')`,
		`insert into reference_import (kind, sha256, row_count, imported_at) values ('payees', '\x02', 1, now())`,
		`insert into payee (import_id, ik, name, street, city, iban, bic, valid_from)
			select 1, (261100000 + n)::text, 'Praxis', '', '', 'DE09000000000000000001', '', '2020-01-01' from generate_series(1, 1000) n`,
		`insert into invoice (id, delivery_id, received_on, provider_group, collective_number, single_number, invoice_date, kind, processing_code,
				provider_ik, payer_ik, fund_ik, payee_ik, segment, byte_offset, cases, positions, billed_cents, approved_cents, corrected_cents, state, created_at)
			select p * 1000 + i, '00000000-0000-7000-8000-000000000001', '2026-11-01', 'A', 'R' || i, '0', '2026-10-30', 1, 1, (261100000 + p)::text,
				'109519005', '109519005', (261100000 + p)::text, 1, 0, 1, 1, 1000 + i, 1000 + i, 0, case when i <= 20 then 'approved' else 'paid' end, now()
			from generate_series(1, 1000) p, generate_series(1, 120) i`,
		`insert into ledger_entry (txn_id, invoice_id, account, amount_cents, booked_at)
			select id, id, account, amount, now() from invoice cross join lateral (values
				('billed', -billed_cents), (case state when 'paid' then 'paid' else 'open' end, billed_cents)) v (account, amount)`,
		`analyze`,
	} {
		if _, err := db.Pool().Exec(ctx, sql); err != nil {
			b.Fatal(err)
		}
	}
	s, err := payment.New(db, payment.Settings{
		Term: billing.DefaultPaymentTerm, Dir: b.TempDir(), Debtor: store.Debtor{Name: "Zentrum", BankDetails: billing.BankDetails{IBAN: "DE09000000000000000001"}},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	report, err := s.Run(ctx, calendar.MustDate("2026-11-24"), at("2026-11-24 04:00"))
	b.StopTimer()
	if err != nil || report.Vouchers != payees || b.N != 1 {
		b.Fatalf("%+v, %v, N = %d: run with -benchtime 1x", report, err, b.N)
	}
	b.ReportMetric(float64(payees)/b.Elapsed().Seconds(), "vouchers/s")
	b.ReportMetric(20*payees/b.Elapsed().Seconds(), "invoices/s")
}
