package contract_test

import (
	"testing"

	"klarbeleg/checks/checkstest"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// CHK-2, CHK-3: nursing and home help.
func TestNursing(t *testing.T) {
	t.Parallel()
	nursing, help := care('C'), care('D')
	// avoids makes the case one of nursing instead of a stay in hospital.
	avoids := func(last string) func(bill) {
		return func(b bill) {
			for i := range first(b).Positions {
				p := line(b, i)
				p.Item, p.Price = "011101", 20_00
			}
			first(b).Details = nil
			first(b).Prescription.Date = day("2026-09-01")
			for i, d := range []string{"2026-09-07", "2026-09-08", last} {
				first(b).Visits[i].Date = day(d)
				line(b, 2*i).Date, line(b, 2*i+1).Date = day(d), day(d)
				line(b, 2*i+1).Item, line(b, 2*i+1).Price = "031201", 4_32
			}
		}
	}
	approval := func(kind, mark string) func(bill) {
		return func(b bill) {
			first(b).Approvals = []billing.Approval{{Place: billing.Place{Segment: 90}, Kind: kind, Mark: mark, Date: first(b).Prescription.Date}}
		}
	}
	staff := func(numbers ...string) func(bill) { return func(b bill) { first(b).Visits[0].Staff = numbers } }
	try(t, []variant{
		{"P4306 a minute in both", nursing, at(499, 520), "P4306", "15,56"},
		{"P4306 one after the other", nursing, at(500, 520), "", ""},
		{"P4306 two nurses stay open", nursing, all(at(480, 500), func(b bill) { first(b).Visits[1].Staff = []string{"880111401"} }), "P4027", ""},
		{"P4306 in another case", nursing, all(again(func(c *billing.Case) {
			c.Details, c.Visits, c.Positions = nil, c.Visits[:1], c.Positions[1:2]
			c.Visits[0].From, c.Visits[0].To = 490, 510
			c.Positions[0].From, c.Positions[0].To, c.Visits[0].Position = 490, 510, 0
		})), "P4306", "4,32"},
		{"P4307 a service of the flat rate", nursing, all(func(b bill) { first(b).Details[0].Item = "031201" }), "P4307", "4,32"},
		{"P4307 of the flat rate of another visit", nursing, all(func(b bill) { first(b).Details[2].Item = "039999" }), "", ""},
		{"P4308 two ways", nursing, all(func(b bill) { line(b, 1).Quantity = 2_00 }), "P4308", "4,32"},
		{"P4311 fourth week", nursing, all(avoids("2026-10-04"), approval("C2", "Pseudo")), "", ""},
		{"P4311 fifth week", nursing, all(avoids("2026-10-05"), approval("C2", "Pseudo")), "P4311", "20,00"},
		{"P4311 approved for longer", nursing, all(avoids("2026-10-05"), approval("C1", "X")), "", ""},
		{"P4313 nobody named", nursing, staff(), "P4313", "0,00"},
		{"P4313 number deleted with V21", nursing, staff("999999999"), "P4313", "0,00"},
		{"P4313 physicians only in palliative care", nursing, staff("999999995"), "P4313", "0,00"},
		{"P4313 no number yet", nursing, staff("999999998"), "", ""},
		{"P4351 granted", help, func(bill) {}, "", ""},
		{"P4351 not granted", help, func(b bill) { first(b).Approvals = nil }, "P4351", "49,00"},
		{"P4354 after birth, other basis", help, prescription(func(p *billing.Prescription) { p.Special = '2' }), "P4354", "0,00"},
	})
}

// CHK-2, CHK-3: the rules of single groups from E to R.
func TestGroups(t *testing.T) {
	t.Parallel()
	transport := checkstest.Transport
	noApproval := func(b bill) { first(b).Approvals = nil }
	taxi := func(item string) func(bill) { return agree(0, item, billing.Terms{}) }
	born := func(s string, order string) func(bill) {
		return func(b bill) {
			first(b).Childbirth.Date = day(s)
			if order != "" {
				first(b).Prescription.Date = day(order)
			}
		}
	}
	talk := func(c *billing.Case) {
		c.Positions[0].Date = c.Positions[0].Date.AddDays(-1)
	}
	stay := func(days int) func(bill) {
		return func(b bill) {
			p := line(b, 0)
			p.Date = day("2026-07-01")
			p.SupplyFrom, p.SupplyTo, p.Quantity = p.Date, p.Date.AddDays(days-1), money.Hundredths(days)*100
		}
	}
	try(t, []variant{
		{"P4404 approved", transport, func(bill) {}, "", ""},
		{"P4404 stays open without", transport, noApproval, "", "0,00"},
		{"P4416 taxi", transport, taxi("517001"), "", ""},
		{"P4416 rescue by taxi", transport, taxi("117001"), "P4416", ""},
		{"P4451 twelve weeks", care('F'), born("2026-07-15", ""), "", ""},
		{"P4451 a day more", care('F'), born("2026-07-14", ""), "P4451", "0,00"},
		{"P4451 ordered", care('F'), born("2026-04-14", "2026-10-01"), "", ""},
		{"P4453 approved", care('H'), func(bill) {}, "", ""},
		{"P4453 not approved", care('H'), noApproval, "P4453", "93,00"},
		{"P4454 a second unit", care('H'), all(move(1, "2026-10-05"), func(b bill) { line(b, 1).Text = "zweite Einheit" }), "P4454", "31,00"},
		{"P4455 not approved", care('I'), noApproval, "P4455", "93,00"},
		{"P4457 not approved", care('O'), noApproval, "P4457", "330,60"},
		{"P4458 first day", care('O'), func(b bill) { first(b).FirstContact = day("2026-10-05") }, "", ""},
		{"P4458 day before", care('O'), func(b bill) { first(b).FirstContact = day("2026-10-06") }, "P4458", "165,30"},
		{"P4459 twice", care('P'), all(again(talk)), "P4459", "42,07"},
		{"P4459 then again", care('P'), all(again(func(c *billing.Case) {
			talk(c)
			c.Consultations = []billing.Consultation{{Kind: '2', From: 1, To: 1, Talks: 1, Consultant: "B"}}
		})), "", ""},
		{"P4460 as many days as a year has", care('Q'), all(stay(56)), "", ""},
		{"P4460 one day more", care('Q'), all(stay(57)), "P4460", "88,44"},
		{"P4461 not approved", care('L'), noApproval, "P4461", "93,00"},
		{"P4463 single treatment in the week", care('G'), all(func(b bill) {
			p := line(b, 2)
			p.Item, p.Price, p.Date = "550002", 150_00, day("2026-10-18")
		}), "P4463", "150,00"},
		{"P4463 in the week after", care('G'), all(func(b bill) {
			p := line(b, 2)
			p.Item, p.Price, p.Date = "550002", 150_00, day("2026-10-19")
		}), "", ""},
		{"P4464 not approved", care('R'), noApproval, "P4464", "2.071,58"},
	})
}

// CHK-3: an own share that only the totals state does not shield a price above the
// contract (G to N).
func TestOwnShareOfOthers(t *testing.T) {
	t.Parallel()
	try(t, []variant{
		{"P4010 in full", care('G'), all(func(b bill) {
			first(b).Totals.OwnShare = billing.Some(20_00)
			line(b, 0).Price += 10_00
		}), "P4010", "10,00"},
	})
}
