package contract_test

import (
	"testing"

	"klarbeleg/checks/checkstest"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// kind gives a position of the first case an item of a kind, allowed for its group.
func kind(n int, item string, k billing.ItemKind) func(bill) {
	return func(b bill) {
		agree(n, item, billing.Terms{Kind: k})(b)
		listed(billing.TableTherapies, first(b).Prescription.DiagnosisGroup+"|"+item, 0)(b)
	}
}

// units gives a position a quantity.
func units(n int, q money.Hundredths) func(bill) { return func(b bill) { line(b, n).Quantity = q } }

// dates gives the positions dates, as many as there are.
func dates(list ...string) func(bill) {
	return func(b bill) {
		positions := first(b).Positions
		for len(first(b).Positions) < len(list) {
			first(b).Positions = append(first(b).Positions, positions[len(positions)-1])
		}
		for i, d := range list {
			line(b, i).Date = day(d)
		}
	}
}

// CHK-2, CHK-3, CHK-8: how much and what of a prescription of Heilmittel is payable.
func TestTherapyQuantities(t *testing.T) {
	t.Parallel()
	exempt := checkstest.Exempt // three units of one therapy, no co-payment, kind 04 with B2
	ordinary := prescription(func(p *billing.Prescription) { p.Kind = "03" })
	group := func(s string) func(bill) { return prescription(func(p *billing.Prescription) { p.DiagnosisGroup = s }) }
	noApproval := func(b bill) { first(b).Approvals = nil }
	frequency := func(f byte) func(bill) { return prescription(func(p *billing.Prescription) { p.Frequency = f }) }
	try(t, []variant{
		{"P4205 as many as allowed", exempt, all(ordinary, listed(billing.TableMaximum, "EN3", 3), listed(billing.TableTherapies, "EN3|54103", 0), group("EN3")), "", ""},
		{"P4205 one more", exempt, all(ordinary, listed(billing.TableMaximum, "EN3", 2), listed(billing.TableTherapies, "EN3|54103", 0), group("EN3")), "P4205", "57,20"},
		{"P4205 special need", exempt, all(listed(billing.TableMaximum, "EN3", 2), listed(billing.TableTherapies, "EN3|54103", 0), group("EN3")), "", ""},
		{"P4206 as many as primary ones", exempt, all(ordinary, kind(2, "54104", billing.ItemSupplementary), units(2, 2_00)), "", ""},
		{"P4206 one more", exempt, all(ordinary, kind(1, "54104", billing.ItemSupplementary), units(1, 2_00), kind(2, "54105", billing.ItemReport), prescription(func(p *billing.Prescription) { p.Report = '1' })), "P4206", "57,20"},
		{"P4207 three", exempt, all(ordinary, kind(1, "54104", billing.ItemPrimary), kind(2, "54105", billing.ItemPrimary)), "", ""},
		{"P4207 a fourth", exempt, all(ordinary, dates("2026-10-07", "2026-10-14", "2026-10-21", "2026-10-28"),
			kind(1, "54104", billing.ItemPrimary), kind(2, "54105", billing.ItemPrimary), kind(3, "54106", billing.ItemPrimary)), "P4207", "57,20"},
		{"P4208 a second", exempt, all(ordinary, dates("2026-10-07", "2026-10-14", "2026-10-21", "2026-10-28"),
			kind(2, "54105", billing.ItemSupplementary), kind(3, "54106", billing.ItemSupplementary)), "P4208", "57,20"},
		{"P4209 two a day stay open", exempt, all(units(0, 2_00)), "", "0,00"},
		{"P4209 three", exempt, all(units(0, 3_00)), "P4209", "57,20"},
		{"P4210 as often as prescribed", exempt, all(dates("2026-10-05", "2026-10-11", "2026-10-12"), frequency('2'), listed(billing.TableHolidays, "2026-12-25", 0), prescription(func(p *billing.Prescription) { p.HomeVisit = '1' })), "", ""},
		{"P4210 more often", exempt, all(dates("2026-10-05", "2026-10-06", "2026-10-09"), frequency('2')), "P4210", "0,00"},
		{"P4213 twelve weeks", exempt, all(dates("2026-07-06", "2026-07-13", "2026-09-28"), prescription(func(p *billing.Prescription) { p.Date = day("2026-07-01") }), approvedOn("2026-06-01")), "", ""},
		{"P4213 a day more", exempt, all(dates("2026-07-06", "2026-07-13", "2026-09-29"), prescription(func(p *billing.Prescription) { p.Date = day("2026-07-01") }), approvedOn("2026-06-01")), "P4213", "57,20"},
		{"P4214 on the list", exempt, noApproval, "", ""},
		{"P4214 not on the list", exempt, all(noApproval, listed(billing.TableTherapies, "EN3|54103", 0), listed(billing.TableMaximum, "EN3", 1), group("EN3")), "P4214", "114,40"},
		{"P4215 not for this group", exempt, all(ordinary, agree(0, "54104", billing.Terms{Kind: billing.ItemPrimary})), "P4215", "57,20"},
		{"P4216 not prescribed", exempt, all(agree(0, "59933", billing.Terms{Kind: billing.ItemHomeVisit})), "P4216", "57,20"},
		{"P4217 twice a day", checkstest.Therapy, all(units(4, 2_00)), "P4217", "12,10"},
		{"P4218 not asked for", exempt, all(agree(0, "59701", billing.Terms{Kind: billing.ItemReport})), "P4218", "57,20"},
		{"P4218 asked for", exempt, all(agree(0, "59701", billing.Terms{Kind: billing.ItemReport}), prescription(func(p *billing.Prescription) { p.Report = '1' })), "", ""},
		{"P4226 in the same time", exempt, all(ordinary, again(func(c *billing.Case) {
			earlier(-1)(c)
			c.Prescription.Date++
		})), "P4226", "171,60"},
		{"P4226 for another diagnosis", exempt, all(ordinary, again(func(c *billing.Case) {
			earlier(-1)(c)
			c.Prescription.Date++
			c.Diagnoses = []billing.Diagnosis{{Code: "M75.1"}}
		})), "", ""},
		{"P4226 one after the other", exempt, all(ordinary, again(func(c *billing.Case) {
			earlier(15)(c)
			c.Prescription.Date = c.Prescription.Date.AddDays(-15)
			c.Approvals = nil
		}), func(b bill) { b.Cases[0], b.Cases[1] = b.Cases[1], b.Cases[0] }), "", ""},
	})
}

func approvedOn(s string) func(bill) {
	return func(b bill) { first(b).Approvals[0].Date = day(s) }
}

// CHK-2, CHK-3, CHK-8: blank prescriptions.
func TestBlankPrescriptions(t *testing.T) {
	t.Parallel()
	// blank makes the example one of ergotherapy by intervals of 20,00.
	blank := func(group string, quantities ...money.Hundredths) func() *billing.Invoice {
		return func() *billing.Invoice {
			inv := checkstest.Exempt()
			c := &inv.Cases[0]
			c.Approvals = nil
			c.Prescription.Kind, c.Prescription.DiagnosisGroup = "05", group
			for i := range c.Positions {
				p := &c.Positions[i]
				p.Item, p.Price, p.Quantity = "54601", 20_00, 1_00
				if i < len(quantities) {
					p.Quantity = quantities[i]
				}
			}
			return checkstest.Sum(inv)
		}
	}
	priced := func(b bill) {
		b.Facts.Prices.Add(key(line(b, 0)), "54601", billing.Price{Period: since("2020-01-01"), Cents: 20_00})
	}
	issued := func(s string) func(bill) {
		return prescription(func(p *billing.Prescription) { p.Date = day(s) })
	}
	ergo := blank("SB1")
	physio := func() *billing.Invoice {
		inv := checkstest.Therapy()
		inv.Cases = inv.Cases[:1]
		c := &inv.Cases[0]
		c.Prescription.Kind, c.Prescription.DiagnosisGroup, c.Diagnoses = "05", "EX", []billing.Diagnosis{{Code: "M75.1"}}
		return checkstest.Sum(inv)
	}
	fill := agree(4, "29950", billing.Terms{Kind: billing.ItemBlank})
	try(t, []variant{
		{"P4227 ergotherapy", ergo, priced, "", ""},
		{"P4227 another group", blank("PS1"), priced, "P4227", "60,00"},
		{"P4227 before its time", ergo, all(priced, issued("2024-03-31"), dates("2024-04-10", "2024-04-17", "2024-04-24")), "P4028 P4227", "60,00"},
		{"P4227 physiotherapy", physio, all(fill), "", ""},
		{"P4227 physiotherapy, another diagnosis", physio, all(fill, func(b bill) { first(b).Diagnoses[0].Code = "M54.5" }), "P4227", ""},
		{"P4228 interval without blank prescription", ergo, all(priced, prescription(func(p *billing.Prescription) { p.Kind = "99" })), "P4228", "60,00"},
		{"P4228 blank prescription without items of its own", physio, func(bill) {}, "P4228", ""},
		{"P4229 last day", ergo, all(priced, issued("2026-06-01"), dates("2026-06-08", "2026-06-15", "2026-09-21")), "", ""},
		{"P4229 day after", ergo, all(priced, issued("2026-06-01"), dates("2026-06-08", "2026-06-15", "2026-09-22")), "P4229", "20,00"},
		{"P4230 176 intervals", blank("SB1", 100_00, 70_00, 6_00), priced, "", "0,00"},
		{"P4230 190 intervals", blank("SB1", 100_00, 70_00, 20_00), priced, "P4230", "25,20"},
		{"P4230 by date, not by line", blank("SB1", 20_00, 100_00, 70_00), all(priced, dates("2026-10-21", "2026-10-07", "2026-10-14")), "P4230", "25,20"},
		{"P4230 reduced already", blank("SB1", 100_00, 76_00, 14_00), all(priced, func(b bill) { line(b, 2).Price = 18_20 }), "P4011", "0,00"},
		{"P4230 with co-payment", blank("SB1", 100_00, 70_00, 20_00), all(priced, func(b bill) {
			first(b).Prescription.CopayMarker = '3'
			for i := range first(b).Positions {
				line(b, i).CopayPerUnit = billing.Some(2_00)
			}
		}), "P4230", "22,68"},
		{"P4231 hospital", ergo, func(b bill) {
			for i := range first(b).Positions {
				line(b, i).BillingCode = "27"
			}
			b.Facts.Providers.Add(checkstest.ErgoProvider, billing.Admission{Group: 'B', ContractKey: key(line(b, 0)), Period: since("2020-01-01")})
			priced(b)
			b.Facts.Terms.Add(billing.TermsRow{ContractKey: key(line(b, 0)), Item: "54601", Terms: billing.Terms{Kind: billing.ItemInterval}, Period: since("2020-01-01")})
		}, "P4231", "60,00"},
		{"P4232 at discharge", ergo, all(priced, prescription(func(p *billing.Prescription) { p.Special = '4' })), "P4232", "60,00"},
		{"P4233 more than a day's most", ergo, all(priced, units(0, 5_00), agree(0, "54602", billing.Terms{Kind: billing.ItemInterval, MaxPerDay: 4_00})), "P4233", "20,00"},
		{"P4234 the same prescription again", ergo, all(priced, again(earlier(1)), func(b bill) { b.Cases[1].Positions[0].Date += 2 }), "P4234", ""},
		{"P4235 needs twice", physio, all(fill, agree(3, "29951", billing.Terms{Kind: billing.ItemNeeds})), "P4235", "26,86"},
		{"P4236 above the limit", physio, all(fill, listed(billing.TableTrafficLight, "EX", 4)), "P4236", "2,42"},
		{"P4236 at the limit", physio, all(fill, listed(billing.TableTrafficLight, "EX", 5)), "", "0,00"},
	})
}
