package contract_test

import (
	"testing"

	"klarbeleg/checks/checkstest"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// care returns the example of a group.
func care(g billing.Group) func() *billing.Invoice {
	return func() *billing.Invoice { return checkstest.Care(g) }
}

// all makes several changes, the sums last.
func all(changes ...func(bill)) func(bill) {
	return func(b bill) {
		for _, change := range changes {
			change(b)
		}
		checkstest.Sum(b.Invoice)
	}
}

// agree makes a position of the first case one under terms of its own: it takes the
// item, at the price it has.
func agree(n int, item string, t billing.Terms) func(bill) {
	return func(b bill) {
		p := line(b, n)
		p.Item = item
		b.Facts.Prices.Add(key(p), item, billing.Price{Period: since("2020-01-01"), Cents: p.Price})
		b.Facts.Terms.Add(billing.TermsRow{ContractKey: key(p), Item: item, Terms: t, Period: since("2020-01-01")})
	}
}

// listed adds a row to a table.
func listed(table billing.Table, key string, value int) func(bill) {
	return func(b bill) {
		b.Facts.Tables.Add(billing.TableRow{Table: table, Key: key, Value: value, Period: since("2020-01-01")})
	}
}

// move gives a position another date.
func move(n int, date string) func(bill) { return func(b bill) { line(b, n).Date = day(date) } }

func prescription(change func(*billing.Prescription)) func(bill) {
	return func(b bill) { change(&first(b).Prescription) }
}

// again adds a copy of the first case, as of another prescription of the person.
func again(change func(*billing.Case)) func(bill) {
	return func(b bill) {
		c := b.Cases[0]
		c.VoucherNo = "99"
		c.Positions = append([]billing.Position(nil), c.Positions...)
		c.Aids = append([]billing.AidGroup(nil), c.Aids...)
		c.Visits = append([]billing.Visit(nil), c.Visits...)
		change(&c)
		b.Cases = append(b.Cases, c)
	}
}

func earlier(days int) func(*billing.Case) {
	return func(c *billing.Case) {
		for i := range c.Positions {
			c.Positions[i].Date = c.Positions[i].Date.AddDays(-days)
		}
		for i := range c.Visits {
			c.Visits[i].Date = c.Visits[i].Date.AddDays(-days)
		}
	}
}

// CHK-2, CHK-3: what contracts agree about items beside the price.
func TestTerms(t *testing.T) {
	t.Parallel()
	approvalFrom := func(c money.Cents) billing.Terms { return billing.Terms{ApprovalFrom: billing.Some(c)} }
	noApproval := func(b bill) { first(b).Approvals = nil }
	born := func(y int16, m, d int8) func(bill) {
		return func(b bill) { first(b).Person.Birth = billing.Birth{Year: y, Month: m, Day: d} }
	}
	late := func(months int, received string) func(bill) {
		return func(b bill) {
			p := line(b, 0)
			b.Facts.Terms.Add(billing.TermsRow{
				ContractKey: key(p), Terms: billing.Terms{LateMonths: months}, Period: since("2020-01-01"),
			})
			b.Facts.ReceivedOn = day(received)
		}
	}
	exempt, transport, nursing := checkstest.Exempt, checkstest.Transport, care('C')
	try(t, []variant{
		{"P4013 always, without", exempt, all(agree(0, "54104", approvalFrom(0)), noApproval, listed(billing.TableTherapies, "EN2|54104", 0)), "P4013", "57,20"},
		{"P4013 with approval", exempt, agree(0, "54104", approvalFrom(0)), "", ""},
		{"P4013 at the limit", exempt, all(agree(0, "54104", approvalFrom(57_20)), noApproval), "", ""},
		{"P4013 above the limit", exempt, all(agree(0, "54104", approvalFrom(57_19)), noApproval), "P4013", "57,20"},
		{"P4034 beside what includes it", nursing, agree(0, "031109", billing.Terms{Excludes: []string{"031201"}}), "P4034", "8,64"},
		{"P4034 on another day", nursing, agree(4, "031109", billing.Terms{Excludes: []string{"031999"}}), "", ""},
		{"P4035 as many as allowed", exempt, agree(0, "54104", billing.Terms{MaxPerDay: 1_00}), "", ""},
		{"P4035 one more", exempt, all(agree(0, "54104", billing.Terms{MaxPerDay: 1_00}), func(b bill) { line(b, 0).Quantity = 2_00 }), "P4035", "57,20"},
		{"P4035 in another case of the person", nursing, all(agree(0, "031109", billing.Terms{MaxPerDay: 1_00}), again(func(c *billing.Case) {
			c.Visits, c.Details, c.Positions = nil, nil, c.Positions[:1]
			c.Positions[0].From, c.Positions[0].Quantity = 700, 1_00
			c.Positions[0].To = 720
			c.Visits = []billing.Visit{{Date: c.Positions[0].Date, From: 700, To: 720, Minutes: 20, Staff: []string{"880567401"}}}
		})), "P4035", "11,24"},
		{"P4036 oldest", exempt, all(agree(0, "54104", billing.Terms{AgeFrom: 6, AgeTo: 78}), born(1947, 10, 8)), "", ""},
		{"P4036 too old", exempt, all(agree(0, "54104", billing.Terms{AgeFrom: 6, AgeTo: 78}), born(1947, 10, 7)), "P4036", "57,20"},
		{"P4036 too young", exempt, all(agree(0, "54104", billing.Terms{AgeFrom: 79}), born(1947, 10, 8)), "P4036", "57,20"},
		{"P4037 Sunday", exempt, all(move(0, "2026-10-11"), func(b bill) { first(b).Prescription.Frequency = '3' }), "P4037", "0,00"},
		{"P4037 holiday", exempt, move(0, "2026-10-03"), "P4037", "0,00"},
		{"P4037 at home", exempt, all(move(0, "2026-10-11"), prescription(func(p *billing.Prescription) { p.HomeVisit = '1' })), "", ""},
		{"P4243 last day", exempt, late(1, "2026-11-21"), "", ""},
		{"P4243 day after", exempt, late(1, "2026-11-22"), "P4243", "171,60"},
		{"P4028 by contract, last day", transport, late(1, "2026-11-30"), "", ""},
		{"P4028 by contract, later", transport, late(1, "2026-12-01"), "P4028", "155,08"},
		{"P4309 night", nursing, all(agree(0, "031305", billing.Terms{Surcharge: billing.NightSurcharge})), "P4309", "11,24"},
		{"P4309 in the evening", nursing, all(agree(2, "031305", billing.Terms{Surcharge: billing.NightSurcharge}), at(1199, 1201)), "", ""},
		{"P4309 Sunday", nursing, agree(0, "031305", billing.Terms{Surcharge: billing.SundaySurcharge}), "P4309", "11,24"},
		{"P4309 holiday", nursing, all(agree(0, "031305", billing.Terms{Surcharge: billing.HolidaySurcharge}), listed(billing.TableHolidays, "2026-10-05", 0)), "", ""},
		{"P4309 no holiday", nursing, agree(0, "031305", billing.Terms{Surcharge: billing.HolidaySurcharge}), "P4309", "11,24"},
		{"P4309 child", nursing, all(agree(0, "031305", billing.Terms{Surcharge: billing.ChildSurcharge}), born(2019, 10, 6)), "", ""},
		{"P4309 on the 7th birthday", nursing, all(agree(0, "031305", billing.Terms{Surcharge: billing.ChildSurcharge}), born(2019, 10, 5)), "P4309", "11,24"},
		{"P4412 night", transport, agree(0, "517001", billing.Terms{Surcharge: billing.NightSurcharge}), "P4412", ""},
	})
}

// at gives the second visit of the first case and its positions other times.
func at(from, to int16) func(bill) {
	return func(b bill) {
		visits := first(b).Visits
		visits[1].From, visits[1].To, visits[1].Minutes = from, to, to-from
		for i := visits[1].Position; i < visits[2].Position; i++ {
			p := line(b, i)
			p.From, p.To, p.Minutes = from, to, to-from
		}
	}
}

// CHK-2, CHK-3: supplies of aids.
func TestSupplies(t *testing.T) {
	t.Parallel()
	aids := checkstest.Aids
	flat := func(from, to string) func(bill) {
		return again(func(c *billing.Case) {
			c.Positions, c.Aids = c.Positions[2:3], c.Aids[1:2]
			p := &c.Positions[0]
			p.Part, p.SupplyFrom, p.SupplyTo, p.Date = 0, day(from), day(to), day("2026-10-02")
		})
	}
	mark := func(n int, s string) func(bill) { return func(b bill) { line(b, n).AidMark = s } }
	noApproval := func(b bill) { first(b).Approvals = nil }
	try(t, []variant{
		{"P4103 two groups of one need", aids, all(func(b bill) {
			c := first(b)
			p := c.Positions[2]
			p.Part, p.Quantity = 3, 130_00
			c.Positions = append(c.Positions, p)
			c.Aids = append(c.Aids, billing.AidGroup{ID: 4, Present: true, CopayKind: "03", Copay: billing.Some(5_59), SupplyMonths: 1, Extra: billing.Some(0)})
			c.Positions[4].SupplyTo = c.Positions[4].SupplyTo.AddDays(1)
			c.Positions[4].Item = "1525307013"
			b.Facts.Prices.Add(key(&p), "1525307013", billing.Price{Period: since("2020-01-01"), Cents: 43})
		}, listed(billing.TableAids, "1525307013", 0)), "P4103", "0,00"},
		{"P4106 next month", aids, all(flat("2026-09-15", "2026-10-15")), "", ""},
		{"P4106 one day in both", aids, all(flat("2026-09-16", "2026-10-16")), "P4106", "46,44"},
		{"P4107 at the fixed amount", aids, agree(0, "3103030002", billing.Terms{FixedAmount: billing.Some(512_40)}), "P3017", ""},
		{"P4107 above it", aids, all(agree(0, "3103030002", billing.Terms{FixedAmount: billing.Some(500_00)}), listed(billing.TableAids, "3103030002", 0)), "P4107", "13,27"},
		{"P4111 rent and purchase in a month", aids, all(mark(3, "03")), "P4111", ""},
		{"P4111 rent ended", aids, all(mark(3, "03"), func(b bill) {
			line(b, 3).SupplyFrom, line(b, 3).SupplyTo = day("2026-09-01"), day("2026-10-15")
		}), "", ""},
		{"P4112 not prequalified", aids, all(func(b bill) {
			b.Facts.Tables = billing.TablesOf([]billing.TableRow{{Table: billing.TablePrequalified, Key: checkstest.AidProvider + "|31"}})
		}), "P4112", "46,44"},
		{"P4112 ended the day before", aids, all(func(b bill) {
			b.Facts.Tables = billing.TablesOf([]billing.TableRow{
				{Table: billing.TablePrequalified, Key: checkstest.AidProvider + "|31"},
				{Table: billing.TablePrequalified, Key: checkstest.AidProvider + "|15", Period: until("2026-10-15")},
			})
		}), "P4112", "46,44"},
		{"P4113 split", aids, all(noApproval, agree(0, "3103030001", billing.Terms{ApprovalFrom: billing.Some(550_00)}), func(b bill) {
			b.Facts.Terms.Add(billing.TermsRow{ContractKey: key(line(b, 1)), Item: line(b, 1).Item, Terms: billing.Terms{ApprovalFrom: billing.Some(550_00)}, Period: since("2020-01-01")})
		}), "P4113", ""},
		{"P4113 together below", aids, all(noApproval, agree(0, "3103030001", billing.Terms{ApprovalFrom: billing.Some(1000_00)}), func(b bill) {
			b.Facts.Terms.Add(billing.TermsRow{ContractKey: key(line(b, 1)), Item: line(b, 1).Item, Terms: billing.Terms{ApprovalFrom: billing.Some(1000_00)}, Period: since("2020-01-01")})
		}), "", ""},
		{"P4116 a side twice", aids, all(func(b bill) { line(b, 0).Site = "0" }, again(earlier(2))), "P4106 P4116", ""},
		{"P4116 the other side", aids, all(func(b bill) { line(b, 0).Site = "0" }, again(func(c *billing.Case) {
			earlier(2)(c)
			c.Positions[0].Site = "1"
			c.Positions[2].SupplyFrom, c.Positions[2].SupplyTo = day("2026-09-01"), day("2026-09-30")
		})), "", ""},
		{"P4117 another rate", aids, all(agree(1, "3103030900", billing.Terms{VATRate: 7_00, HasVAT: true})), "P4117", "4,65"},
		{"P4117 the rate", aids, all(agree(1, "3103030900", billing.Terms{VATRate: 19_00, HasVAT: true})), "", ""},
		{"P4118 at the price of new", aids, all(agree(3, "3103030001", billing.Terms{Reuse: billing.Some(10_00)}), mark(3, "02")), "P4118", "8,60"},
		{"P4118 at its own price", aids, all(agree(3, "3103030001", billing.Terms{Reuse: billing.Some(18_60)}), mark(3, "02")), "", ""},
		{"P4119 above the agreed price", aids, all(mark(1, "06"), func(b bill) {
			line(b, 1).Price = 40_75
			line(b, 1).VAT.Amount = 7_74
		}), "P4119", "2,38"},
		{"P4119 the rest paid by the insured person", aids, all(mark(1, "06")), "", ""},
	})
}
