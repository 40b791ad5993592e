package checks_test

import (
	"testing"

	"klarbeleg/checks"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// CHK-3: the co-payments of spec/checks section 5.
func TestCopayRates(t *testing.T) {
	t.Parallel()
	r := checks.DefaultParameters().Copay.On(calendar.MustDate("2026-11-25"))
	for _, tc := range []struct {
		name      string
		got, want money.Cents
	}{
		{"aid, minimum", r.Aid("02", 38_00, 0), 5_00},
		{"aid, percentage", r.Aid("01", 72_40, 0), 7_24},
		{"aid, maximum", r.Aid("02", 250_00, 0), 10_00},
		{"aid, price", r.Aid("02", 4_20, 0), 4_20},
		{"aid, nothing left", r.Aid("02", -1_00, 0), 0},
		{"consumables, no minimum", r.Aid("03", 31_00, 1), 3_10},
		{"consumables, a month", r.Aid("04", 150_00, 1), 10_00},
		{"consumables, three months", r.Aid("04", 450_00, 3), 30_00},
		{"consumables, months not proven", r.Aid("03", 150_00, 0), 15_00},
		{"trip, minimum", r.Bounded(42_30), 5_00},
		{"trip, percentage", r.Bounded(68_00), 6_80},
		{"trip, maximum", r.Bounded(480_00), 10_00},
		{"trip, price", r.Bounded(3_90), 3_90},
		{"therapy, rounded per unit", r.PerUnit(28_73), 2_87},
		{"therapy, half a cent", r.PerUnit(29_85), 2_99},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, tc.got, tc.want)
		}
	}
}

// A limit has a value at every time, the oldest before its own.
func TestDated(t *testing.T) {
	t.Parallel()
	d := checks.Dated[int]{
		{Day: calendar.MustDate("2020-01-01"), Value: 1}, {Day: calendar.MustDate("2026-07-01"), Value: 2},
	}
	for day, want := range map[string]int{"2019-12-31": 1, "2026-06-30": 1, "2026-07-01": 2, "2030-01-01": 2} {
		if got := d.On(calendar.MustDate(day)); got != want {
			t.Errorf("%s: %d, want %d", day, got, want)
		}
	}
}

// JOB-8: the 18th birthday, of a leap day too.
func TestMajority(t *testing.T) {
	t.Parallel()
	for born, want := range map[string]string{
		"2008-09-15": "2026-09-15", "2008-02-29": "2026-03-01", "2010-02-28": "2028-02-28", "2012-02-29": "2030-03-01",
	} {
		if got := checks.Majority(calendar.MustDate(born)).String(); got != want {
			t.Errorf("born %s: %s, want %s", born, got, want)
		}
	}
}
