package contract_test

import (
	"strings"
	"testing"

	"klarbeleg/checks"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// CHK-2: the rules about the substance of a prescription of § 300.
func TestPharmacyRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*billing.Case)
		want   string
	}{
		{"clean", func(*billing.Case) {}, ""},
		{"P4501 day 31 is tolerated", func(c *billing.Case) { c.Prescription.Date = day("2026-10-06").AddDays(-31) }, ""},
		{"P4501 day 32 is not", func(c *billing.Case) { c.Prescription.Date = day("2026-10-06").AddDays(-32) }, "P4501"},
		{"P4501 of a T prescription day 28 is the last", func(c *billing.Case) {
			c.Prescription.Date = day("2026-10-06").AddDays(-28)
			fee(c, "06460688")
		}, ""},
		{"P4501 and day 29 too late", func(c *billing.Case) {
			c.Prescription.Date = day("2026-10-06").AddDays(-29)
			fee(c, "06460688")
		}, "P4501"},
		{"P4501 an illegible date decides nothing", func(c *billing.Case) { c.Prescription.Date = 0 }, ""},
		{"P4502 narcotics on day 7", func(c *billing.Case) {
			c.Prescription.Date = day("2026-10-06").AddDays(-7)
			fee(c, "02567001")
		}, ""},
		{"P4502 narcotics on day 8", func(c *billing.Case) {
			c.Prescription.Date = day("2026-10-06").AddDays(-8)
			fee(c, "02567001")
		}, "P4502"},
		{"APO-R05 five percent", func(c *billing.Case) { c.Positions[0].Discount = 1_38 }, ""},
		{"APO-R05 neither", func(c *billing.Case) { c.Positions[0].Discount = 1_76 }, "APO-R05"},
		{"APO-R05 the discount of 2024", func(c *billing.Case) {
			c.Prescription.Date, c.Positions[0].Date, c.Positions[0].Discount = day("2024-10-05"), day("2024-10-06"), 2_00
		}, ""},
		{"APO-R06 not deducted", func(c *billing.Case) { c.Positions[0].CopayPerUnit = billing.Some(0) }, "APO-R06"},
		{"APO-R06 two packs", func(c *billing.Case) {
			p := &c.Positions[0]
			p.Price, p.Count, p.Discount, p.CopayPerUnit = 82_20, 2, 3_54, billing.Some(10_00)
		}, ""},
		{"APO-R06 two packs, deducted once", func(c *billing.Case) {
			p := &c.Positions[0]
			p.Price, p.Count, p.Discount, p.CopayPerUnit = 82_20, 2, 3_54, billing.Some(5_00)
		}, "APO-R06"},
		{"APO-R06 never above the price", func(c *billing.Case) {
			p := &c.Positions[0]
			p.Price, p.CopayPerUnit = 4_10, billing.Some(4_10)
		}, ""},
		{"APO-R06 the exempt pay nothing", func(c *billing.Case) {
			c.Prescription.CopayMarker, c.Positions[0].CopayPerUnit = '1', billing.Some(0)
		}, ""},
		{"APO-R06 minors pay nothing", func(c *billing.Case) {
			c.Person.Birth.Year, c.Positions[0].CopayPerUnit = 2010, billing.Some(0)
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bill := billing.Case{
				VoucherNo: "610000000018990210", Person: billing.Person{Birth: billing.Birth{Year: 1958, Month: 4, Day: 12}},
				Prescription: billing.Prescription{Present: true, Date: day("2026-10-05"), CopayMarker: '0'},
				Positions: []billing.Position{{
					Item: "12345626", ItemKind: "2", Quantity: money.One, Count: 1, Price: 27_69, Discount: 1_77, CopayPerUnit: billing.Some(5_00),
					Date: day("2026-10-06"), Part: -1,
				}},
			}
			c.change(&bill)
			bill.Totals = billing.CaseTotals{Present: true, Gross: 100_00}
			inv := &billing.Invoice{Header: &billing.Header{Group: billing.GroupPharmacy}, Cases: []billing.Case{bill}, Head: billing.Head{Date: day("2026-11-03")}}
			res := checks.NewChecker(catalogue.All(), checks.Options{}).Check(inv, &billing.Facts{History: billing.NewHistory()})
			var got []string
			for i := range res.Findings {
				got = append(got, res.Findings[i].Rule.ID)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %v, want %q", got, c.want)
			}
			if c.want == "P4501" && (res.Corrected != 100_00 || res.Approved != 0) {
				t.Errorf("corrected %d", res.Corrected)
			}
		})
	}
}

// fee adds the fee that marks the prescription.
func fee(c *billing.Case, item string) {
	c.Positions = append(c.Positions, billing.Position{Item: item, ItemKind: "3", Quantity: money.One, Date: c.Positions[0].Date, Part: -1})
}
