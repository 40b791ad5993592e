package contract_test

import (
	"testing"

	"klarbeleg/checks/catalogue"
	"klarbeleg/checks/checkstest"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

type bill = checkstest.Bill

// variant is an example with one change, the rules that object, and what is
// corrected. Bills stay consistent, as a sound program of a provider makes them;
// all rules are asked, so that each case also shows which ones stay silent.
type variant struct {
	name   string
	from   func() *billing.Invoice
	change func(bill)
	want   string
	cut    string
}

func try(t *testing.T, variants []variant) {
	t.Helper()
	list := make([]checkstest.Variant, 0, len(variants))
	for _, v := range variants {
		list = append(list, checkstest.Variant{Name: v.name, From: v.from, Change: v.change, Want: v.want, Cut: v.cut})
	}
	checkstest.Try(t, catalogue.All(), list)
}

func day(s string) calendar.Date { return calendar.MustDate(s) }

func first(b bill) *billing.Case { return &b.Cases[0] }

func line(b bill, n int) *billing.Position { return &b.Cases[0].Positions[n] }

// since returns a period from a day on.
func since(s string) billing.Period { return billing.Period{From: day(s)} }

// until returns a period that ends on a day.
func until(s string) billing.Period { return billing.Period{From: day("2020-01-01"), To: day(s)} }

func key(p *billing.Position) billing.ContractKey {
	return billing.ContractKey{BillingCode: p.BillingCode, Tariff: p.Tariff}
}

// CHK-6: a deduction is billed at a price below 0, and may not be smaller than agreed.
func TestDeduction(t *testing.T) {
	t.Parallel()
	deduct := func(price, agreed money.Cents) func(bill) {
		return func(b bill) {
			p := line(b, 2)
			p.Item, p.Price = "99901", price
			b.Facts.Prices.Add(key(p), p.Item, billing.Price{Period: since("2020-01-01"), Cents: agreed})
			checkstest.Sum(b.Invoice)
		}
	}
	try(t, []variant{
		{"P4010 as agreed", checkstest.Exempt, deduct(-2_50, -2_50), "", ""},
		{"P4010 smaller", checkstest.Exempt, deduct(-2_00, -2_50), "P4010", "0,50"},
		{"P4011 larger", checkstest.Exempt, deduct(-3_00, -2_50), "P4011", "0,00"},
	})
}

// CHK-1, CHK-2: payer and card.
func TestPayers(t *testing.T) {
	t.Parallel()
	therapy := checkstest.Therapy
	// payers replaces the directory.
	payers := func(add func(*billing.PayerDirectory)) func(bill) {
		return func(b bill) {
			b.Facts.Payers = billing.NewPayerDirectory()
			add(b.Facts.Payers)
		}
	}
	try(t, []variant{
		{"P4001 served", therapy, func(bill) {}, "", ""},
		{"P4001 not served", therapy, payers(func(*billing.PayerDirectory) {}), "P4001", "0,00"},
		{"P4002 ended on the invoice date", therapy, payers(func(d *billing.PayerDirectory) {
			d.Add(checkstest.Payer, "Kasse", checkstest.Fund, until("2026-11-02"))
		}), "", ""},
		{"P4002 ended before", therapy, payers(func(d *billing.PayerDirectory) {
			d.Add(checkstest.Payer, "Kasse", checkstest.Fund, until("2026-11-01"))
		}), "P4002", "0,00"},
		{"P4002 card unknown", therapy, payers(func(d *billing.PayerDirectory) {
			d.Add(checkstest.Payer, "Kasse", checkstest.OtherFund, since("2020-01-01"))
		}), "P4002", "0,00"},
		{"P4003 card of another payer", therapy, payers(func(d *billing.PayerDirectory) {
			d.Add(checkstest.Payer, "Kasse", checkstest.OtherFund, since("2020-01-01"))
			d.Add(checkstest.TransportPayer, "Kasse", checkstest.Fund, since("2020-01-01"))
		}), "P4003", "196,10"},
		{"P4031 work accident", checkstest.Aids, func(b bill) { first(b).Prescription.Accident = '1' }, "P4031", "573,42"},
		{"P4031 other accident", checkstest.Aids, func(b bill) { first(b).Prescription.Accident = '2' }, "", ""},
		{"P4031 insured person from abroad", checkstest.Transport, func(bill) {}, "", ""},
	})
}

// CHK-1, CHK-2: provider and contract.
func TestProviders(t *testing.T) {
	t.Parallel()
	therapy := checkstest.Therapy
	admissions := func(list ...billing.Admission) func(bill) {
		return func(b bill) {
			b.Facts.Providers = billing.NewProviderDirectory()
			for _, a := range list {
				b.Facts.Providers.Add(checkstest.TherapyProvider, a)
			}
		}
	}
	own := billing.ContractKey{BillingCode: "22", Tariff: "00501"}
	try(t, []variant{
		{"P4007 unknown provider", therapy, admissions(), "P4007", "196,10"},
		{"P4007 admitted on the first day", therapy, admissions(
			billing.Admission{Period: since("2026-10-05"), Group: 'B', ContractKey: own}), "", ""},
		{"P4007 admitted a day later", therapy, admissions(
			billing.Admission{Period: since("2026-10-06"), Group: 'B', ContractKey: own}), "P4007", "26,86"},
		{"P4007 admission ended", therapy, admissions(
			billing.Admission{Period: until("2026-10-18"), Group: 'B', ContractKey: own}), "P4007", "65,82"},
		{"P4007 for another group", therapy, admissions(
			billing.Admission{Period: since("2020-01-01"), Group: 'A', ContractKey: own}), "P4007", "196,10"},
		{"P4008 for another tariff", therapy, admissions(
			billing.Admission{Period: since("2020-01-01"), Group: 'B', ContractKey: billing.ContractKey{BillingCode: "22", Tariff: "00502"}},
		), "P4008", "196,10"},
		{"P4008 contract ended, admission not", therapy, admissions(
			billing.Admission{Period: since("2020-01-01"), Group: 'B', ContractKey: billing.ContractKey{BillingCode: "22", Tariff: "00502"}},
			billing.Admission{Period: until("2026-10-18"), Group: 'B', ContractKey: own}), "P4008", "65,82"},
	})
}

// CHK-5: what was billed before.
func TestHistory(t *testing.T) {
	t.Parallel()
	therapy, aids, transport := checkstest.Therapy, checkstest.Aids, checkstest.Transport
	known := func(position int) func(bill) {
		return func(b bill) {
			f, ok := billing.LineFingerprint(b.Provider, first(b), line(b, position))
			if !ok {
				panic("line without fingerprint")
			}
			b.Facts.History.Lines.Add(f, billing.InvoiceNumber{Collective: "2026-H-000700", Single: "1"})
		}
	}
	twice := func(position int) func(bill) {
		return func(b bill) {
			first(b).Positions = append(first(b).Positions, *line(b, position))
			checkstest.Sum(b.Invoice)
		}
	}
	try(t, []variant{
		{"P4022 known", therapy, func(b bill) { b.Facts.History.Invoices[b.Key()] = day("2026-11-03") }, "P4022", "196,10"},
		{"P4022 another date", therapy, func(b bill) {
			k := b.Key()
			k.Date--
			b.Facts.History.Invoices[k] = day("2026-11-03")
		}, "", ""},
		{"P4022 another provider", therapy, func(b bill) {
			k := b.Key()
			k.Provider = checkstest.ErgoProvider
			b.Facts.History.Invoices[k] = day("2026-11-03")
		}, "", ""},
		{"P4022 the lines are known too", therapy, func(b bill) {
			b.Facts.History.Invoices[b.Key()] = day("2026-11-03")
			known(0)(b)
		}, "P4022", "196,10"},
		{"P4023 number of the fund used", therapy, func(b bill) {
			b.Facts.History.Numbers[billing.FundNumber{Fund: b.Fund, Number: b.Number}] = billing.InvoiceKey{}
		}, "P4023", "0,00"},
		{"P4023 of another fund", therapy, func(b bill) {
			b.Facts.History.Numbers[billing.FundNumber{Fund: checkstest.OtherFund, Number: b.Number}] = billing.InvoiceKey{}
		}, "", ""},
		{"P4024 known", therapy, known(3), "P4024", "53,72"},
		{"P4024 another day", therapy, func(b bill) { known(3)(b); line(b, 3).Date++ }, "", ""},
		{"P4024 another side", aids, func(b bill) { known(0)(b); line(b, 0).Site = "0" }, "", ""},
		{"P4024 corrections bill again", checkstest.Correction, known(0), "", ""},
		{"P4024 claims name lines again", checkstest.Claim, known(0), "", ""},
		{"P4024 in another case of the invoice", therapy, func(b bill) {
			b.Cases[1].KVNR = first(b).KVNR
			b.Cases[1].Positions[0].Date = line(b, 0).Date
		}, "P4024", "29,85"},
		{"P4024 the day after", therapy, func(b bill) {
			b.Cases[1].KVNR = first(b).KVNR
			b.Cases[1].Positions[0].Date = line(b, 0).Date + 1
		}, "", ""},
		{"P4027 identical line", transport, func(b bill) {
			twice(1)(b)
			first(b).Trips[0].Copay.Cents = 6_30
			checkstest.Sum(b.Invoice)
		}, "P4027", "25,66"},
		{"P4027 in another trip", transport, func(b bill) {
			line(b, 2).Date, line(b, 3).Date = line(b, 0).Date, line(b, 0).Date
		}, "", ""},
		{"P4027 the other side", aids, func(b bill) {
			twice(1)(b)
			line(b, 4).Site = "0"
			checkstest.Sum(b.Invoice)
		}, "", ""},
		{"P4027 in therapy a warning", therapy, twice(0), "P4027", "0,00"},
	})
}

// CHK-1, CHK-2: dates of the contract.
func TestDates(t *testing.T) {
	t.Parallel()
	therapy, aids, transport := checkstest.Therapy, checkstest.Aids, checkstest.Transport
	prescribed := func(s string) func(bill) {
		return func(b bill) { first(b).Prescription.Date = day(s) }
	}
	supplied := func(s string) func(bill) {
		return func(b bill) {
			for i := range first(b).Positions {
				line(b, i).Date = day(s)
			}
		}
	}
	received := func(s string) func(bill) { return func(b bill) { b.Facts.ReceivedOn = day(s) } }
	try(t, []variant{
		{"P4028 in the twelfth month", transport, received("2027-10-31"), "", ""},
		{"P4028 a day later, both persons", transport, received("2027-11-01"), "P4028", "0,00"},
		{"P4028 therapy counts from the last treatment", therapy, func(b bill) {
			line(b, 0).Date = day("2026-09-30")
			received("2027-10-31")(b)
		}, "", ""},
		{"P4028 aids count from the first", aids, func(b bill) {
			line(b, 2).Date = day("2026-09-30")
			first(b).Prescription.Date = day("2026-09-30")
			received("2027-10-31")(b)
		}, "P4028", "0,00"},
		{"P4028 not for corrections", checkstest.Correction, received("2028-01-01"), "", ""},
		{"P4105 28th day", aids, func(b bill) {
			first(b).Approvals = nil
			supplied("2026-10-29")(b)
		}, "", ""},
		{"P4105 29th day", aids, func(b bill) {
			first(b).Approvals = nil
			supplied("2026-10-30")(b)
		}, "P4105", "573,42"},
		{"P4105 applied for in time", aids, supplied("2026-10-30"), "", ""},
		{"P4105 approved too late", aids, func(b bill) {
			supplied("2026-10-31")(b)
			first(b).Approvals[0].Date = day("2026-10-30")
		}, "P4105", "573,42"},
		{"P4105 a later delivery", aids, func(b bill) {
			first(b).Approvals = nil
			supplied("2026-10-30")(b)
			for i, mark := range []string{"04", "05", "09", "01"} {
				line(b, i).AidMark = mark
			}
		}, "", ""},
		{"P4201 28th day", therapy, prescribed("2026-09-07"), "", ""},
		{"P4201 29th day", therapy, prescribed("2026-09-06"), "P4201", "136,40"},
		{"P4201 discharge has its own dates", therapy, func(b bill) {
			prescribed("2026-09-06")(b)
			first(b).Prescription.Special = '4'
		}, "", ""},
		{"P4201 blank prescription", therapy, func(b bill) {
			prescribed("2026-09-06")(b)
			first(b).Prescription.Kind = "05"
		}, "P4227 P4228", "136,40"},
		{"P4201 not for corrections", checkstest.Correction, prescribed("2026-09-06"), "", ""},
		{"P4202 14th day", therapy, func(b bill) {
			prescribed("2026-09-21")(b)
			first(b).Prescription.Urgent = '1'
		}, "", ""},
		{"P4202 15th day", therapy, func(b bill) {
			prescribed("2026-09-20")(b)
			first(b).Prescription.Urgent = '1'
		}, "P4202", "136,40"},
	})
}

// repriced changes the price of the fourth line and all that follows from it.
func repriced(cents money.Cents) func(bill) {
	return func(b bill) {
		p := line(b, 3)
		p.Price = cents
		if p.VAT.Present {
			p.VAT.Amount = money.VAT(p.Price, p.Quantity, p.VAT.Rate)
		}
		if p.CopayPerUnit.Set {
			p.CopayPerUnit.Cents = cents.Percent(10_00)
		}
		checkstest.Sum(b.Invoice)
	}
}

// CHK-6: prices by contract and date of service.
func TestPrices(t *testing.T) {
	t.Parallel()
	therapy, transport := checkstest.Therapy, checkstest.Transport
	// dated replaces the price of a line by one until and one from a day.
	dated := func(n int, last string, before, after money.Cents) func(bill) {
		return func(b bill) {
			p := line(b, n)
			prices := billing.NewPriceList()
			prices.Add(key(p), p.Item, billing.Price{Period: until(last), Cents: before})
			prices.Add(key(p), p.Item, billing.Price{Period: billing.Period{From: day(last) + 1}, Cents: after})
			prices.Add(key(p), "29933", billing.Price{Period: since("2020-01-01"), Cents: 13_45})
			b.Facts.Prices = prices
		}
	}
	try(t, []variant{
		{"P4009 not in the contract", therapy, func(b bill) { line(b, 0).Item = "20502" }, "P4009", "26,86"},
		{"P4009 ended", therapy, func(b bill) {
			b.Facts.Prices = billing.NewPriceList()
			b.Facts.Prices.Add(key(line(b, 0)), "20501", billing.Price{Period: until("2026-10-18"), Cents: 29_85})
			b.Facts.Prices.Add(key(line(b, 0)), "29933", billing.Price{Period: since("2020-01-01"), Cents: 13_45})
		}, "P4009", "53,72"},
		{"P4009 priced by estimate", checkstest.Aids, func(b bill) {
			line(b, 3).Tariff = "00099"
			b.Facts.Providers.Add(b.Provider, billing.Admission{Period: since("2020-01-01"), Group: 'A', ContractKey: key(line(b, 3))})
		}, "", ""},
		{"P4010 above", therapy, repriced(31_35), "P4010", "2,70"},
		{"P4010 a cent above", therapy, repriced(29_86), "P4010", "0,02"},
		{"P4010 with VAT", transport, func(b bill) {
			repriced(2_20)(b)
			first(b).Trips[1].Copay.Cents = 10_00
			checkstest.Sum(b.Invoice)
		}, "P4010", "4,18"}, // 94,16 - 89,88 = 4,28; co-payment 10,00 - 9,90
		{"P4010 the price alone", therapy, func(b bill) { line(b, 3).Price = 31_35 }, "P4010", "0,00"},
		{"P4010 in a claim", checkstest.Claim, repriced(31_35), "P4010", "0,30"},
		{"P4011 below", therapy, repriced(28_00), "P4011", "0,00"},
		{"P4011 the price alone", therapy, func(b bill) { line(b, 3).Price = 28_00; checkstest.Sum(b.Invoice) }, "P4011", "0,00"},
		{"P4012 the old price", therapy, dated(3, "2026-10-13", 29_85, 29_00), "P4012", "1,52"},
		{"P4012 on the last day of the old price", therapy, dated(3, "2026-10-19", 29_85, 29_00), "", ""},
		{"P4011 not yet the new price", therapy, dated(3, "2026-10-18", 29_85, 30_50), "P4011", "0,00"},
	})
}

// CHK-3, CHK-8: co-payment of therapy.
func TestTherapyCopay(t *testing.T) {
	t.Parallel()
	therapy, claim := checkstest.Therapy, checkstest.Claim
	totals := func(flat money.Cents) func(bill) {
		return func(b bill) {
			s := &first(b).Totals
			s.Flat, s.Copay = billing.Some(flat), billing.Some(s.Percent.Cents+flat)
			checkstest.SumStatement(b.Invoice)
		}
	}
	copay := func(n int, unit money.Cents) func(bill) {
		return func(b bill) {
			line(b, n).CopayPerUnit = billing.OptCents{Cents: unit, Set: unit != 0}
			checkstest.Sum(b.Invoice)
		}
	}
	born := func(y, m, d int) func(bill) {
		return func(b bill) { first(b).Person.Birth = billing.Birth{Year: int16(y), Month: int8(m), Day: int8(d)} }
	}
	free := func(b bill) {
		for i := range first(b).Positions {
			line(b, i).CopayPerUnit = billing.OptCents{}
		}
		first(b).Prescription.CopayMarker = '0'
		checkstest.Sum(b.Invoice)
	}
	small := func(b bill) {
		first(b).Positions = first(b).Positions[:1]
		line(b, 0).Price, line(b, 0).CopayPerUnit = 9_00, billing.Some(90)
		b.Facts.Prices = nil
		checkstest.Sum(b.Invoice)
	}
	try(t, []variant{
		{"P4222 no flat amount", therapy, totals(0), "P4222", "10,00"},
		{"P4222 no co-payment on a line", therapy, copay(3, 0), "P4222", "5,98"},
		{"P4222 too little on a line", therapy, copay(3, 2_50), "P4222", "0,98"},
		{"P4222 too much on a line", therapy, copay(3, 3_50), "P4222", "0,00"},
		{"P4222 a cent on a line", therapy, copay(0, 2_98), "", ""},
		{"P4222 a cent a unit", therapy, copay(3, 2_98), "P4222", "0,02"},
		{"P4222 too much on a line, total right", therapy, func(b bill) { line(b, 3).CopayPerUnit.Cents = 3_99 }, "P4222", "0,00"},
		{"P4222 none on a line, total right", therapy, func(b bill) { line(b, 3).CopayPerUnit = billing.OptCents{} }, "P4222", "0,00"},
		{"P4222 claim too much on a line, total right", claim, func(b bill) { line(b, 3).CopayPerUnit.Cents = 3_99 }, "P4222", "0,00"},
		{"P4222 adult without reason", therapy, free, "P4222", "26,30"},
		{"P4222 pregnancy", therapy, func(b bill) { free(b); first(b).Prescription.Special = '2' }, "", ""},
		{"P4222 war pension", therapy, func(b bill) { free(b); first(b).Prescription.WarPension = '6' }, "", ""},
		{"P4222 unpaid after demand", therapy, func(b bill) { free(b); first(b).Prescription.CopayMarker = '2' }, "", ""},
		{"P4222 child that paid", therapy, born(2015, 1, 1), "P4222", "0,00"},
		{"P4222 flat amount not asked again", checkstest.Correction, func(bill) {}, "", ""},
		{"P4222 flat amount of small costs", therapy, small, "", ""},
		{"P4222 claim above 10 %", claim, copay(3, 3_50), "P4222", "1,02"},
		{"P4222 claim of two flat amounts", claim, totals(20_00), "P4222", "10,00"},
		{"P4223 flat amount above the rest", therapy, func(b bill) { small(b); totals(10_00)(b) }, "P4223", "0,00"},
		{"P4225 pregnancy with co-payment", therapy, func(b bill) { first(b).Prescription.Special = '2' }, "P4225", "0,00"},
		{"P4041 of age on the last day", therapy, func(b bill) { free(b); born(2008, 10, 19)(b) }, "P4041", "7,33"},
		{"P4041 the day after", therapy, func(b bill) { free(b); born(2008, 10, 20)(b) }, "", ""},
		{"P4041 paid from the birthday on", therapy, func(b bill) {
			born(2008, 10, 12)(b)
			line(b, 0).CopayPerUnit, line(b, 1).CopayPerUnit = billing.OptCents{}, billing.OptCents{}
			first(b).Prescription.CopayMarker = '5'
			checkstest.Sum(b.Invoice)
		}, "", ""},
		{"P4041 exempt", therapy, func(b bill) {
			free(b)
			born(2008, 10, 12)(b)
			first(b).Prescription.CopayMarker = '1'
		}, "", ""},
		{"P4041 born on a leap day", therapy, func(b bill) {
			free(b)
			born(2008, 2, 29)(b)
			for i := range first(b).Positions {
				line(b, i).Date = day("2026-02-28").AddDays(i)
			}
			first(b).Prescription.Date, first(b).Prescription.Frequency = day("2026-02-20"), '5'
		}, "P4041", "13,31"},
	})
}

// CHK-3: co-payment of aids.
func TestAidCopay(t *testing.T) {
	t.Parallel()
	aids := checkstest.Aids
	// one leaves a single new aid of a price with its co-payment.
	one := func(kind string, months int, price, copay money.Cents) func(bill) {
		return func(b bill) {
			c := first(b)
			c.Positions = c.Positions[3:4]
			line(b, 0).Part, line(b, 0).AidMark, line(b, 0).Price = 0, "00", price
			c.Aids = c.Aids[2:3]
			c.Aids[0].Present, c.Aids[0].CopayKind, c.Aids[0].SupplyMonths = true, kind, months
			c.Aids[0].Copay = billing.Some(copay)
			b.Facts.Prices = nil
			checkstest.Sum(b.Invoice)
		}
	}
	try(t, []variant{
		{"P4101 minimum", aids, one("02", 0, 38_00, 5_00), "", ""},
		{"P4101 percentage", aids, one("01", 0, 72_40, 7_24), "", ""},
		{"P4101 maximum", aids, one("02", 0, 250_00, 10_00), "", ""},
		{"P4101 price", aids, one("02", 0, 4_20, 4_20), "", ""},
		{"P4101 below the minimum", aids, one("01", 0, 38_00, 3_80), "P4101", "1,20"},
		{"P4101 too much", aids, one("02", 0, 72_40, 10_00), "P4101", "0,00"},
		{"P4101 own share not taken off first", aids, func(b bill) {
			one("01", 0, 90_00, 9_00)(b)
			first(b).Aids[0].OwnShare = billing.Some(10_00)
			checkstest.Sum(b.Invoice)
		}, "P4101", "0,00"},
		{"P4101 none in the group, total right", aids, func(b bill) { first(b).Aids[0].Copay = billing.OptCents{} }, "P4101", "0,00"},
		{"P4102 a month", aids, one("03", 1, 31_00, 3_10), "", ""},
		{"P4102 ceiling of a month", aids, one("04", 1, 150_00, 10_00), "", ""},
		{"P4102 ceiling of three months", aids, one("04", 3, 450_00, 30_00), "", ""},
		{"P4102 too little", aids, one("03", 3, 450_00, 10_00), "P4102", "20,00"},
		{"P4102 no minimum", aids, one("03", 1, 31_00, 5_00), "P4102", "0,00"},
		{"P4104 child that paid", aids, func(b bill) {
			first(b).Person.Birth = billing.Birth{Year: 2014, Month: 5, Day: 1}
		}, "P4104", "0,00"},
		{"P4104 18 on the day", aids, func(b bill) {
			first(b).Person.Birth = billing.Birth{Year: 2008, Month: 10, Day: 16}
		}, "", ""},
	})
}

// CHK-3: transport.
func TestTrips(t *testing.T) {
	t.Parallel()
	transport := checkstest.Transport
	// one leaves a single trip of a price without VAT with its co-payment.
	one := func(price, copay money.Cents) func(bill) {
		return func(b bill) {
			b.Cases = b.Cases[:1]
			c := first(b)
			c.Positions, c.Trips = c.Positions[:1], c.Trips[:1]
			line(b, 0).Price, line(b, 0).VAT = price, billing.VAT{}
			c.Trips[0].Copay = billing.Some(copay)
			b.Facts.Prices = nil
			checkstest.Sum(b.Invoice)
		}
	}
	unpaid := func(n int) func(bill) {
		return func(b bill) {
			t := &first(b).Trips[n]
			t.Present, t.Copay, t.CopayKind, t.Gross = false, billing.OptCents{}, "", 0
			checkstest.Sum(b.Invoice)
		}
	}
	clock := func(n int, from, to int16) func(bill) {
		return func(b bill) {
			for _, i := range []int{2 * n, 2*n + 1} {
				p := line(b, i)
				p.Date, p.From, p.To, p.Minutes = day("2026-10-13"), from, to, to-from
			}
		}
	}
	born := func(y int16) func(bill) {
		return func(b bill) { first(b).Person.Birth = billing.Birth{Year: y, Month: 1, Day: 1} }
	}
	try(t, []variant{
		{"P4401 minimum", transport, one(42_30, 5_00), "", ""},
		{"P4401 percentage", transport, one(68_00, 6_80), "", ""},
		{"P4401 maximum", transport, one(480_00, 10_00), "", ""},
		{"P4401 price", transport, one(3_90, 3_90), "", ""},
		{"P4401 below the minimum", transport, one(42_30, 4_23), "P4401", "0,77"},
		{"P4401 too much", transport, one(42_30, 6_00), "P4401", "0,00"},
		{"P4401 none stated", transport, one(42_30, 0), "P4401", "5,00"},
		{"P4401 too much, total right", transport, func(b bill) { first(b).Trips[0].Copay.Cents = 6_00 }, "P4401", "0,00"},
		{"P4402 child pays", transport, born(2017), "", ""},
		{"P4402 child without exemption", transport, func(b bill) {
			born(2017)(b)
			unpaid(0)(b)
			unpaid(1)(b)
			first(b).Prescription.CopayMarker = '0'
		}, "P4402", "14,90"},
		{"P4402 exempt child", transport, func(b bill) {
			born(2017)(b)
			unpaid(0)(b)
			unpaid(1)(b)
			first(b).Prescription.CopayMarker = '1'
		}, "", ""},
		{"P4403 one of two trips", transport, unpaid(1), "P4403", "9,90"},
		{"P4403 none", transport, func(b bill) { unpaid(0)(b); unpaid(1)(b) }, "P4403", "14,90"},
		{"P4410 one after the other", transport, clock(1, 505, 520), "", ""},
		{"P4410 overlap", transport, clock(1, 504, 520), "P4410", "89,08"},
		{"P4410 overlap in another case", transport, func(b bill) {
			b.Cases[1].KVNR = first(b).KVNR
			b.Cases[1].Status = "10001"
			for i := range b.Cases[1].Positions {
				p := &b.Cases[1].Positions[i]
				p.Date, p.From, p.To, p.Minutes = day("2026-10-13"), 500, 512, 12
			}
			b.Cases[1].Prescription.Date = day("2026-10-13")
			b.Cases[1].Prescription.Accident = 0
			checkstest.Sum(b.Invoice)
		}, "P4410", "34,94"},
	})
}
