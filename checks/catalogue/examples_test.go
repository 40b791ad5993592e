package catalogue_test

import (
	"strings"
	"testing"

	"klarbeleg/checks"
	"klarbeleg/checks/catalogue"
	"klarbeleg/checks/checkstest"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// TestExamplesAreClean shows that the content of the specification's example files
// meets every rule, with sums as printed there (CHK-1, CHK-3).
func TestExamplesAreClean(t *testing.T) {
	t.Parallel()
	type example struct {
		name   string
		make   func() *billing.Invoice
		billed money.Cents
	}
	examples := []example{
		{"A first bill", checkstest.Aids, 573_42},
		{"B first bill", checkstest.Therapy, 196_10},
		{"B exempt", checkstest.Exempt, 171_60},
		{"B correction", checkstest.Correction, 52_22},
		{"B claim", checkstest.Claim, 26_30},
		{"E first bill", checkstest.Transport, 155_08},
	}
	for g := billing.Group('C'); g <= 'S'; g++ {
		if g != billing.GroupTransport {
			inv := checkstest.Care(g)
			examples = append(examples, example{g.String() + " first bill", func() *billing.Invoice { return inv }, inv.Billed()})
		}
	}
	// What only the payer or the paper knows stays open: double treatments, time limits
	// of the contract, what was approved.
	undecided := map[string]string{
		"B first bill": "P4209 P4243", "B exempt": "P4243", "B correction": "P4209", "B claim": "P4209",
		"E first bill": "P4404", "H first bill": "P4453", "I first bill": "P4455", "L first bill": "P4461",
		"R first bill": "P4464",
	}
	for _, tc := range examples {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := checks.NewChecker(catalogue.All(), checks.Options{})
			res := c.Check(tc.make(), checkstest.Facts())
			for _, f := range res.Findings {
				t.Errorf("%s: %s (%s)", f.Rule.ID, f.Text(), f.Severity)
			}
			if res.Billed != tc.billed || res.Approved != tc.billed || res.Corrected != 0 {
				t.Errorf("billed %d, approved %d, corrected %d, want %d", res.Billed, res.Approved, res.Corrected, tc.billed)
			}
			if got := strings.Join(res.NoData, " "); got != undecided[tc.name] {
				t.Errorf("no data for %q, want %q", got, undecided[tc.name])
			}
		})
	}
}
