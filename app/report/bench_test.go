package report_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"klarbeleg/store/storetest"
)

func BenchmarkCorrections(b *testing.B) {
	for _, rows := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			s := setup(b)
			storetest.AddCase(b, s.db, storetest.Case{Provided: berlin("2026-11-10 08:00:00")})
			if _, err := s.db.Pool().Exec(s.ctx, `insert into correction (id, invoice_id, case_id, position_no, correction_case_id,
					rule_code, rule_version, amount_cents, gross_cut_cents, copay_cut_cents, text, heal, created_at)
				select md5(n::text)::uuid, invoice_id, case_id, n, correction_case_id, rule_code, 1, n, n, 0, '', '', created_at + n * interval '1 second'
				from correction, generate_series(1, $1 - 1) n`, rows); err != nil {
				b.Fatal(err)
			}
			path := filepath.Join(s.dir, "berichtigungen.xlsx")
			for b.Loop() {
				if _, err := s.reports.Write(s.ctx, "corrections", november(), path); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
