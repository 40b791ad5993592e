package formal_test

import (
	"testing"

	"klarbeleg/checks/catalogue"
	"klarbeleg/checks/checkstest"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// sumVariant is a change of sums: the rules that object, and what is corrected.
type sumVariant struct {
	name   string
	from   func() *billing.Invoice
	change func(bill)
	want   string
	cut    string
}

func trySums(t *testing.T, variants []sumVariant) {
	t.Helper()
	list := make([]checkstest.Variant, 0, len(variants))
	for _, v := range variants {
		list = append(list, checkstest.Variant{Name: v.name, From: v.from, Change: v.change, Want: v.want, Cut: v.cut})
	}
	checkstest.Try(t, catalogue.All(), list)
}

// totals changes the totals of the first case; the statement follows.
func totals(change func(*billing.CaseTotals)) func(bill) {
	return func(b bill) {
		change(&first(b).Totals)
		checkstest.SumStatement(b.Invoice)
		for i := range b.Statement.Totals {
			b.Statement.Totals[i].Place.Segment = 700 + int32(i)
		}
	}
}

// CHK-3: sums of a case. What was demanded too much is cut, what was demanded too
// little is told.
func TestSumsOfCases(t *testing.T) {
	t.Parallel()
	therapy, claim, aids, transport := checkstest.Therapy, checkstest.Claim, checkstest.Aids, checkstest.Transport
	trySums(t, []sumVariant{
		{"P3103 too much", therapy, totals(func(s *billing.CaseTotals) { s.Gross += 1_00 }), "P3103", "1,00"},
		{"P3103 too little", therapy, totals(func(s *billing.CaseTotals) { s.Gross -= 1_00 }), "P3103", "0,00"},
		{"P3103 with a statement that is right", therapy, func(b bill) { first(b).Totals.Gross += 1_00 }, "P3103", "1,00"},
		{"P3118 a cent a line", therapy, totals(func(s *billing.CaseTotals) { s.Gross += 5 }), "P3118", "0,00"},
		{"P3103 more than a cent a line", therapy, totals(func(s *billing.CaseTotals) { s.Gross += 6 }), "P3103", "0,06"},
		{"P3103 aids", aids, totals(func(s *billing.CaseTotals) { s.Gross += 1_00 }), "P3103", "1,00"},
		{"P3104 too little on the lines", therapy, totals(func(s *billing.CaseTotals) {
			s.Percent.Cents, s.Copay.Cents = 15_30, 25_30
		}), "P3104", "1,00"},
		{"P3104 too much", therapy, totals(func(s *billing.CaseTotals) {
			s.Percent.Cents, s.Copay.Cents = 17_30, 27_30
		}), "P3104", "0,00"},
		{"P3104 with a total that is right", therapy, totals(func(s *billing.CaseTotals) { s.Percent.Cents = 15_30 }), "P3104", "0,00"},
		{"P3118 a cent a line of co-payment", therapy, totals(func(s *billing.CaseTotals) {
			s.Percent.Cents, s.Copay.Cents = 16_29, 26_29
		}), "P3118", "0,00"},
		{"P3104 claimed too much", claim, totals(func(s *billing.CaseTotals) {
			s.Percent.Cents, s.Copay.Cents = 17_30, 27_30
		}), "P3104", "1,00"},
		{"P3105 too little", therapy, totals(func(s *billing.CaseTotals) { s.Copay.Cents = 26_00 }), "P3105", "0,30"},
		{"P3105 too much", therapy, totals(func(s *billing.CaseTotals) { s.Copay.Cents = 27_00 }), "P3105", "0,00"},
		{"P3105 claimed too much", claim, totals(func(s *billing.CaseTotals) { s.Copay.Cents = 27_00 }), "P3105", "0,70"},
		{"P3105 flat part missing, total right", therapy, totals(func(s *billing.CaseTotals) { s.Flat.Cents = 0 }), "P3105", "0,00"},
		{"P3105 flat part too much, total right", therapy, totals(func(s *billing.CaseTotals) { s.Flat.Cents = 11_00 }), "P3105", "0,00"},
		{"P3105 flat part of a correction, total right", checkstest.Correction, totals(func(s *billing.CaseTotals) { s.Flat.Cents = 1_00 }), "P3105 P4224", "0,00"},
		{"P3105 flat part of a claim missing, total right", claim, totals(func(s *billing.CaseTotals) { s.Flat.Cents = 0 }), "P3105", "0,00"},
		{"P3106 co-payment", aids, totals(func(s *billing.CaseTotals) { s.Copay.Cents = 10_00 }), "P3106", "5,16"},
		{"P3106 own share", aids, totals(func(s *billing.CaseTotals) { s.OwnShare.Cents = 70_00 }), "P3106", "6,00"},
		{"P3106 extra costs enter no sum", aids, totals(func(s *billing.CaseTotals) { s.Extra.Cents = 0 }), "", "0,00"},
		{"P3107 one trip left out", transport, totals(func(s *billing.CaseTotals) { s.Copay.Cents = 5_00 }), "P3107", "9,90"},
		{"R-ZUH-01 gross of a group", aids, func(b bill) { first(b).Aids[0].Gross += 1_00 }, "R-ZUH-01", "0,00"},
		{"R-ZUH-01 rounding", aids, func(b bill) { first(b).Aids[0].Gross += 4 }, "", "0,00"},
		{"R-ZUK-01 gross of a trip", transport, func(b bill) { first(b).Trips[0].Gross += 1_00 }, "R-ZUK-01", "0,00"},
	})
}

// CHK-3: co-payment marker and amounts.
func TestCopayMarkers(t *testing.T) {
	t.Parallel()
	therapy, aids := checkstest.Therapy, checkstest.Aids
	marker := func(m byte) func(bill) {
		return func(b bill) { first(b).Prescription.CopayMarker = m }
	}
	without := func(b bill) {
		for i := range first(b).Positions {
			line(b, i).CopayPerUnit = billing.OptCents{}
		}
		for i := range first(b).Aids {
			first(b).Aids[i].Copay, first(b).Aids[i].CopayKind, first(b).Aids[i].SupplyMonths = billing.OptCents{}, "", 0
		}
		checkstest.Sum(b.Invoice)
	}
	trySums(t, []sumVariant{
		{"P3043 exempt with co-payment", therapy, marker('1'), "P3043", "0,00"},
		{"P3043 none by law with co-payment", aids, marker('0'), "P3043", "0,00"},
		{"P3043 due and none", therapy, without, "P3043", "26,30"},
		{"P3043 due and none, aids", aids, without, "P3043", "10,00"},
		{"P3043 exempt and none", therapy, func(b bill) { marker('1')(b); without(b) }, "", "0,00"},
		{"P3043 change with co-payment on all lines", therapy, marker('4'), "P3043", "0,00"},
		{"P3043 change with co-payment on a part", therapy, func(b bill) {
			marker('4')(b)
			line(b, 4).CopayPerUnit = billing.OptCents{}
			checkstest.Sum(b.Invoice)
		}, "", "0,00"},
		{"P3043 change with none", therapy, func(b bill) { marker('5')(b); without(b) }, "P3043", "0,00"},
		{"P3116 extra costs not stated", aids, func(b bill) { first(b).Aids[2].Extra = billing.OptCents{} }, "P3116", "0,00"},
		{"P3117 consumables without months", aids, func(b bill) { first(b).Aids[1].SupplyMonths = 0 }, "P3117", "0,00"},
		{"P3117 at the ceiling, without months", aids, func(b bill) {
			line(b, 2).Price, first(b).Aids[1].Copay.Cents = 1_00, 10_00
			b.Facts.Prices = nil
			first(b).Aids[1].SupplyMonths = 0
			checkstest.Sum(b.Invoice)
		}, "P3117", "2,00"},
		{"P3117 other aids with months", aids, func(b bill) { first(b).Aids[0].SupplyMonths = 1 }, "P3117", "0,00"},
	})
}

// CHK-1, CHK-3: the statement.
func TestStatements(t *testing.T) {
	t.Parallel()
	therapy, claim, transport := checkstest.Therapy, checkstest.Claim, checkstest.Transport
	// lines changes lines of the statement; the collective statement follows.
	lines := func(change func([]billing.Total)) func(bill) {
		return func(b bill) {
			change(b.Statement.Totals)
			if b.Collective != nil {
				for i := range b.Statement.Totals {
					place := b.Collective.Totals[i].Place
					b.Collective.Totals[i] = b.Statement.Totals[i]
					b.Collective.Totals[i].Place = place
				}
			}
		}
	}
	move := func(from, to int, gross, copay money.Cents) func(bill) {
		return lines(func(s []billing.Total) {
			for i, sign := range map[int]money.Cents{from: -1, to: 1} {
				s[i].Gross += sign * gross
				s[i].Copay += sign * copay
				s[i].Amount += sign * (gross - copay)
			}
		})
	}
	try(t, []variant{
		{"P3108 amount", therapy, lines(func(s []billing.Total) { s[0].Amount += 1_00 }), "P3108"},
		{"P3108 amount of a status", therapy, lines(func(s []billing.Total) { s[1].Amount += 1_00 }), "P3108"},
		{"P3108 gross", therapy, lines(func(s []billing.Total) { s[0].Gross += 1_00 }), "P3108"},
		{"P3109 gross in a claim", claim, lines(func(s []billing.Total) { s[0].Gross = 1_00 }), "P3109"},
		{"P3109 amount", claim, lines(func(s []billing.Total) { s[1].Amount = 1_00 }), "P3109"},
		{"P3110 statuses do not add up", therapy, lines(func(s []billing.Total) { s[1].Gross++; s[1].Amount++ }), "P3110"},
		{"P3110 sum for all only", therapy, func(b bill) {
			b.Statement.Totals, b.Collective.Totals = b.Statement.Totals[:1], b.Collective.Totals[:1]
		}, "P3110"},
		{"P3110 sum for all not first", therapy, lines(func(s []billing.Total) { s[0], s[1] = s[1], s[0] }), "P3110"},
		{"P3110 unknown status", therapy, lines(func(s []billing.Total) { s[2].Status = "32" }), "P3110"},
		{"P3111 one status for another", therapy, move(1, 2, 59_70, 0), "P3111"},
		{"P3111 moved within the sum", therapy, move(1, 2, 1_00, 0), "P3111"},
		{"P3112 gross", therapy, lines(func(s []billing.Total) {
			for i := range 2 {
				s[i].Gross += 20_00
				s[i].Amount += 20_00
			}
		}), "P3112"},
		{"P3112 co-payment", therapy, lines(func(s []billing.Total) {
			for i := range 2 {
				s[i].Copay += 1_00
				s[i].Amount -= 1_00
			}
		}), "P3112"},
		{"P3113 one invoice missing", therapy, func(b bill) {
			b.Collective.Totals[0].Gross += 100_00
			b.Collective.Totals[0].Amount += 100_00
		}, "P3113"},
		{"P3113 a status missing", therapy, func(b bill) { b.Collective.Totals = b.Collective.Totals[:2] }, "P3113"},
		{"P3108 alone, the collective statement is right", therapy, func(b bill) { b.Statement.Totals[0].Amount += 1_00 }, "P3108"},
		{"P3114 two discounts", transport, func(b bill) {
			b.Statement.Discounts = []billing.Discount{
				{Place: billing.Place{Segment: 9}, Rate: 2_00, Days: 14}, {Place: billing.Place{Segment: 10}, Rate: 1_00, Days: 30},
			}
		}, ""},
		{"P3114 higher for a longer term", transport, func(b bill) {
			b.Statement.Discounts = []billing.Discount{
				{Place: billing.Place{Segment: 9}, Rate: 2_00, Days: 14}, {Place: billing.Place{Segment: 10}, Rate: 3_00, Days: 30},
			}
		}, "P3114"},
		{"P3119 nothing demanded", therapy, lines(func(s []billing.Total) { s[0].Amount = 0 }), "P3119"},
		{"P3119 less than nothing demanded", checkstest.Exempt, func(b bill) {
			for i := range b.Cases[0].Positions {
				b.Cases[0].Positions[i].Price = -57_20
			}
			b.Facts.Prices = nil
			checkstest.Sum(b.Invoice)
		}, "P3119"},
		{"P3119 covered by the co-payment", checkstest.Therapy, func(b bill) {
			b.Cases = b.Cases[:1]
			first(b).Positions = first(b).Positions[:1]
			line(b, 0).Price, line(b, 0).CopayPerUnit = 9_00, billing.Some(90)
			b.Facts.Prices = nil
			checkstest.Sum(b.Invoice)
		}, ""},
	})
}
