package catalogue_test

import (
	"testing"

	"klarbeleg/checks"
	"klarbeleg/checks/catalogue"
	"klarbeleg/checks/checkstest"
	"klarbeleg/domain/billing"
)

// BenchmarkCheck checks clean invoices of 1000 cases with all rules and lists.
func BenchmarkCheck(b *testing.B) {
	for _, example := range []struct {
		name string
		make func() *billing.Invoice
	}{{"therapy", checkstest.Therapy}, {"aids", checkstest.Aids}, {"transport", checkstest.Transport}} {
		b.Run(example.name+"-1000-cases", func(b *testing.B) {
			inv := checkstest.Many(example.make(), 1000)
			facts := checkstest.Facts()
			c := checks.NewChecker(catalogue.All(), checks.Options{})
			positions := 0
			for i := range inv.Cases {
				positions += len(inv.Cases[i].Positions)
			}
			b.ReportAllocs()
			for b.Loop() {
				if res := c.Check(inv, facts); len(res.Findings) != 0 {
					b.Fatal(res.Findings[0].Text())
				}
			}
			b.ReportMetric(float64(positions*b.N)/b.Elapsed().Seconds()/1e6, "Mpositions/s")
		})
	}
}

// DTA-7: clean positions cost no memory with all rules.
//
//nolint:paralleltest // the count is of the whole program
func TestCleanInvoicesCostNoMemory(t *testing.T) {
	for _, example := range []func() *billing.Invoice{checkstest.Therapy, checkstest.Aids, checkstest.Transport} {
		inv, facts := example(), checkstest.Facts()
		c := checks.NewChecker(catalogue.All(), checks.Options{})
		if n := testing.AllocsPerRun(100, func() { c.Check(inv, facts) }); n != 0 {
			t.Errorf("group %s: %v allocations", inv.Header.Group, n)
		}
	}
}
