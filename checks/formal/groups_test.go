package formal_test

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

// item gives a position of the first case another item that the contract has.
func item(n int, item string) func(bill) {
	return func(b bill) {
		p := line(b, n)
		p.Item = item
		b.Facts.Prices.Add(billing.ContractKey{BillingCode: p.BillingCode, Tariff: p.Tariff}, item,
			billing.Price{Period: billing.Period{From: day("2020-01-01")}, Cents: p.Price})
	}
}

// terms replaces all terms by those of one item.
func terms(code, item string, t billing.Terms) func(bill) {
	return func(b bill) {
		b.Facts.Terms = billing.TermsOf([]billing.TermsRow{{
			ContractKey: billing.ContractKey{BillingCode: code}, Item: item, Terms: t,
			Period: billing.Period{From: day("2020-01-01")},
		}})
	}
}

// prescription changes the prescription of the first case.
func prescription(change func(*billing.Prescription)) func(bill) {
	return func(b bill) { change(&first(b).Prescription) }
}

// all makes several changes.
func all(changes ...func(bill)) func(bill) {
	return func(b bill) {
		for _, change := range changes {
			change(b)
		}
	}
}

func sum(b bill) { checkstest.Sum(b.Invoice) }

// CHK-1, CHK-2: the numbers of items of nursing, home help, palliative care, care
// planning and short-term care.
func TestCareItems(t *testing.T) {
	t.Parallel()
	try(t, []variant{
		{"P3020 letter in place 3", care('C'), item(0, "03A101"), ""},
		{"P3020 no legal basis", care('C'), item(0, "991101"), "P3020"},
		{"P3020 basis of home help", care('C'), item(0, "051101"), "P3020"},
		{"P3020 five places", care('C'), item(0, "03110"), "P3020"},
		{"P3020 home help after birth", care('D'), all(item(0, "081101"), item(1, "081101"), func(b bill) { first(b).Prescription.Special = '2' }), ""},
		{"P3020 basis of nursing", care('D'), item(0, "031101"), "P3020"},
		{"P3022 nine places", care('O'), item(0, "010101010"), "P3022"},
		{"P3022 small letter", care('O'), item(0, "010101010a"), "P3022"},
		{"P3023 six places", care('P'), item(0, "010100"), "P3023"},
		{"P3024 ten places", care('Q'), item(0, "0101101000"), "P3024"},
	})
}

// CHK-1, CHK-2: what is prescribed in group B agrees with itself and with the items.
func TestTherapyPrescriptions(t *testing.T) {
	t.Parallel()
	area := func(b byte) func(bill) { return prescription(func(p *billing.Prescription) { p.TherapyArea = b }) }
	group := func(s string) func(bill) { return prescription(func(p *billing.Prescription) { p.DiagnosisGroup = s }) }
	kind := func(s string) func(bill) { return prescription(func(p *billing.Prescription) { p.Kind = s }) }
	frequency := func(b byte) func(bill) { return prescription(func(p *billing.Prescription) { p.Frequency = b }) }
	noTables := func(b bill) { b.Facts.Tables, b.Facts.Terms = nil, nil }
	try(t, []variant{
		{"P3019 item of another area", checkstest.Exempt, all(noTables, item(0, "53001")), "P3019"},
		{"P3019 last of the range", checkstest.Exempt, all(noTables, item(0, "54502")), ""},
		{"P3019 outside all ranges", checkstest.Exempt, all(noTables, item(0, "54503")), ""},
		{"P3019 the contract knows better", checkstest.Exempt, all(noTables, item(0, "53001"), terms("26", "53001", billing.Terms{Area: '4'})), ""},
		{"P3019 the contract says another area", checkstest.Exempt, all(noTables, terms("26", "54103", billing.Terms{Area: '3'})), "P3019"},
		{"P3051 unknown", checkstest.Therapy, all(noTables, group("XX")), "P3051"},
		{"P3051 of the old catalogue", checkstest.Therapy, all(noTables, group("EX1")), "P3051"},
		{"P3051 by a dentist", checkstest.Therapy, all(noTables, group("CSZ"), prescription(func(p *billing.Prescription) { p.Special = '1' })), ""},
		{"P3052 of another area", checkstest.Therapy, all(noTables, group("SB1")), "P3052"},
		{"P3052 by another area", checkstest.Exempt, all(noTables, area('3')), "P3050"},
		{"P3054 none", checkstest.Therapy, frequency(0), "P3054"},
		{"P3054 zero", checkstest.Therapy, frequency('0'), "P3054"},
		{"P3054 most", checkstest.Therapy, frequency('9'), ""},
		{"P3054 zero outside the guideline", checkstest.Therapy, all(noTables, kind("99"), frequency('0')), ""},
	})
}

// CHK-1, CHK-2: visits, periods and talks of the groups of care.
func TestCare(t *testing.T) {
	t.Parallel()
	visits := func(change func([]billing.Visit)) func(bill) {
		return func(b bill) { change(first(b).Visits) }
	}
	talks := func(change func(*billing.Consultation)) func(bill) {
		return func(b bill) { change(&first(b).Consultations[0]) }
	}
	period := func(from, to string) func(bill) {
		return prescription(func(p *billing.Prescription) { p.From, p.To = day(from), day(to) })
	}
	stay := func(units money.Hundredths) func(bill) {
		return func(b bill) {
			line(b, 0).Quantity = units
			sum(b)
		}
	}
	shift := func(change func(*billing.Position, *billing.Visit)) func(bill) {
		return func(b bill) { change(line(b, 0), &first(b).Visits[0]) }
	}
	try(t, []variant{
		{"P3057 duration", care('C'), visits(func(v []billing.Visit) { v[0].Minutes = 45 }), "P3057"},
		{"P3057 past midnight", care('C'), visits(func(v []billing.Visit) { v[1].From, v[1].To, v[1].Minutes = 1430, 10, 20 }), ""},
		{"P3057 no time at all", care('C'), visits(func(v []billing.Visit) { v[0].To, v[0].Minutes = v[0].From, 0 }), "P3057"},
		{"P3058 flat rate without services", care('C'), func(b bill) { first(b).Details = first(b).Details[1:] }, "P3058"},
		{"P3058 no list", care('C'), func(b bill) { first(b).Details, b.Facts.Terms = nil, nil }, ""},
		{"P3066 no talks", care('P'), talks(func(c *billing.Consultation) { c.Talks = 0 }), "P3066"},
		{"P3066 ends on its first day", care('P'), talks(func(c *billing.Consultation) { c.To = c.From }), ""},
		{"P3066 ends before", care('P'), talks(func(c *billing.Consultation) { c.To = c.From - 1 }), "P3066"},
		{"P3066 nobody named", care('P'), talks(func(c *billing.Consultation) { c.Consultant = "" }), "P3066"},
		{"P3066 unknown kind", care('P'), talks(func(c *billing.Consultation) { c.Kind = '3' }), "P3066"},
		{"P3067 last day", care('O'), period("2026-10-05", "2026-10-06"), ""},
		{"P3067 day after", care('O'), period("2026-10-05", "2026-10-05"), "P3067"},
		{"P3067 by the second prescription", care('O'), all(period("2026-10-05", "2026-10-05"), func(b bill) {
			first(b).Further = []billing.Prescription{{From: day("2026-10-06"), To: day("2026-10-06")}}
		}), ""},
		{"P3068 more days than the stay", care('Q'), stay(14_00), "P3068"},
		{"P3068 fewer days", care('Q'), stay(9_00), ""},
		{"P3068 ends before", care('Q'), func(b bill) { line(b, 0).SupplyTo = line(b, 0).SupplyFrom - 1 }, "P3068"},
		{"R-C-01 by time", care('C'), visits(func(v []billing.Visit) { v[0].From, v[0].To = 1200, 1220 }), "R-C-01"},
		{"R-C-01 by date", care('D'), visits(func(v []billing.Visit) { v[0].Date += 9 }), "R-C-01"},
		{"R-O-01 too few visits", care('O'), stay(2_00), "R-O-01"},
		{"R-O-01 kilometres", care('O'), all(func(b bill) { line(b, 0).Kilometres = 12_00 }, stay(12_00)), ""},
		{"R-O-01 out of order", care('O'), visits(func(v []billing.Visit) { v[1].Position, v[0].Date = 0, v[1].Date+1 }), "R-O-01"},
		{"R-R-01 another day", care('R'), shift(func(_ *billing.Position, v *billing.Visit) { v.Date++ }), "R-R-01"},
		{"R-R-01 per month without end", care('R'), shift(func(p *billing.Position, _ *billing.Visit) { p.Unit = "4" }), "R-R-01"},
		{"R-R-01 per month", care('R'), shift(func(p *billing.Position, v *billing.Visit) {
			p.Unit, p.SupplyTo = "4", p.Date+20
			v.Date += 3
		}), ""},
	})
}

// CHK-1, CHK-3: co-payments of G to N, claims and bills, aids and trips.
func TestOtherSums(t *testing.T) {
	t.Parallel()
	liable := func(b bill) {
		for i := range first(b).Positions {
			line(b, i).CopayPerUnit = billing.Some(3_10)
		}
		first(b).Prescription.CopayMarker = '3'
		sum(b)
	}
	totals := func(change func(*billing.CaseTotals)) func(bill) {
		return func(b bill) {
			liable(b)
			change(&first(b).Totals)
			checkstest.SumStatement(b.Invoice)
			b.Statement.Totals[0].Segment, b.Statement.Totals[1].Segment = 98, 99
		}
	}
	try(t, []variant{
		{"R-BES-06 10 % and 10,00", care('L'), liable, ""},
		{"R-BES-06 flat part above 10,00", care('L'), totals(func(t *billing.CaseTotals) { t.Flat.Cents++; t.Copay.Cents++ }), "R-BES-06"},
		{"R-BES-06 total without the flat part", care('L'), totals(func(t *billing.CaseTotals) { t.Copay = t.Percent }), "R-BES-06"},
		{"R-BES-06 percentage part", care('L'), totals(func(t *billing.CaseTotals) { t.Percent.Cents -= 4; t.Copay.Cents -= 4 }), "R-BES-06"},
		{"own share of G to N", care('G'), func(b bill) { first(b).Totals.OwnShare = billing.Some(20_00); sum(b) }, ""},
		{"R-BES-07 claim with BES", checkstest.Claim, func(b bill) { first(b).Totals.Claim = false }, "R-BES-07"},
		{"R-POS-05 two flat rates in one line", checkstest.Transport, func(b bill) {
			line(b, 0).Quantity, line(b, 0).VAT.Amount = 2_00, 1_19
			first(b).Trips[0].Copay.Cents = 5_00
			sum(b)
		}, "R-POS-05"},
		{"R-ZUH-03 of no group", checkstest.Aids, func(b bill) {
			first(b).Aids = append(first(b).Aids, billing.AidGroup{ID: 9, Present: true, CopayPlace: billing.Place{Segment: 98}, Extra: billing.Some(0)})
		}, "R-ZUH-03"},
	})
}

// CHK-1, CHK-2: identifiers and keys against lists.
func TestReferences(t *testing.T) {
	t.Parallel()
	icd := func(code string) func(bill) { return func(b bill) { first(b).Diagnoses[0].Code = code } }
	noTables := func(b bill) { b.Facts.Tables = nil }
	try(t, []variant{
		{"P3004 of an insurer", checkstest.Therapy, func(b bill) {
			provider(b, checkstest.Fund)
		}, "P3004"},
		{"P3013 not in the year's edition", checkstest.Therapy, icd("M54.6"), "P3013"},
		{"P3013 without dot and marks", checkstest.Therapy, icd("M545"), ""},
		{"P3013 no list", checkstest.Therapy, all(noTables, icd("M54.6")), ""},
		{"P3017 not in the directory", checkstest.Aids, item(1, "9999999999"), "P3017"},
		{"P3017 kind known, product not listed", checkstest.Aids, item(1, "1320010900"), ""},
		{"P3017 kind known, product unknown", checkstest.Aids, item(1, "1525307099"), "P3017"},
		{"P3017 group and contract number", checkstest.Aids, item(1, "1500000123"), ""},
		{"P3017 no list", checkstest.Aids, all(noTables, item(1, "9999999999")), ""},
	})
}
