package calendar

import (
	"testing"
	"time"
)

// JOB-8: months as in §§ 187-188 BGB, both clock changes, leap days.
func TestAddMonths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from   string
		months int
		want   string
	}{
		{"2026-11-30", 3, "2027-02-28"},
		{"2027-11-30", 3, "2028-02-29"},
		{"2026-01-31", 1, "2026-02-28"},
		{"2026-08-31", 6, "2027-02-28"},
		{"2028-02-29", 12, "2029-02-28"},
		{"2026-12-15", 1, "2027-01-15"},
		{"2026-03-31", -1, "2026-02-28"},
	} {
		if got := MustDate(c.from).AddMonths(c.months).String(); got != c.want {
			t.Errorf("%s + %d months = %s, want %s", c.from, c.months, got, c.want)
		}
	}
}

func TestDateAgreesWithTime(t *testing.T) {
	t.Parallel()
	for day := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2400; day = day.AddDate(0, 0, 1) {
		d := OfTime(day)
		if !d.UTC().Equal(day) {
			t.Fatalf("%s came back as %s", day, d.UTC())
		}
	}
	if OfTime(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)) != 1 {
		t.Error("0001-01-01 is not day 1")
	}
}

func TestNoSuchDay(t *testing.T) {
	t.Parallel()
	for _, v := range []int32{0, 20260230, 20251301, 20270229, 20260100, 20260001, 99999999} {
		if _, ok := FromCompact(v); ok {
			t.Errorf("%d was taken for a date", v)
		}
	}
	if d, ok := FromCompact(20280229); !ok || d.String() != "2028-02-29" {
		t.Errorf("leap day read as %v, %v", d, ok)
	}
}

// JOB-8: the deadline ends at 24:00 Berlin, on clock-change days too.
func TestEndInBerlin(t *testing.T) {
	t.Parallel()
	for date, want := range map[string]string{
		"2026-10-25": "2026-10-25T23:00:00Z",
		"2027-03-28": "2027-03-28T22:00:00Z",
		"2026-12-31": "2026-12-31T23:00:00Z",
	} {
		if got := MustDate(date).EndInBerlin().Format(time.RFC3339); got != want {
			t.Errorf("end of %s = %s, want %s", date, got, want)
		}
	}
}

func TestDateAsText(t *testing.T) {
	t.Parallel()
	for _, want := range []string{"2026-11-25", "2028-02-29", ""} {
		var d Date
		if err := d.UnmarshalText([]byte(want)); err != nil {
			t.Fatalf("%q: %v", want, err)
		}
		if got, err := d.MarshalText(); err != nil || string(got) != want {
			t.Errorf("%q came back as %q, %v", want, got, err)
		}
	}
	d := MustDate("2026-11-25")
	if err := d.UnmarshalText([]byte("2026-02-30")); err == nil || !d.IsZero() {
		t.Errorf("no such day was read as %s", d)
	}
}
