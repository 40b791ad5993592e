package card

import (
	"testing"
	"time"

	"klarbeleg/domain/calendar"
)

// CRD-8: release has six weeks, all other steps together two.
func TestDue(t *testing.T) {
	t.Parallel()
	at := func(day string) time.Time {
		if day == "" {
			return time.Time{}
		}
		return calendar.MustDate(day).EndInBerlin().Add(-time.Minute) // late in the evening in Berlin
	}
	for _, c := range []struct{ name, ordered, requested, granted, want string }{
		{"ordered", "2026-10-01", "", "", "2026-10-15"},
		{"in release", "2026-10-01", "2026-10-05", "", "2026-11-16"},
		{"over the clock change", "2026-10-20", "2026-10-21", "2026-10-28", "2026-11-10"},
		{"released after four days of work", "2026-10-01", "2026-10-05", "2026-11-10", "2026-11-20"},
		{"no time left", "2026-10-01", "2026-10-20", "2026-11-10", "2026-11-05"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := DefaultLimits().Due(Times{at(c.ordered), at(c.requested), at(c.granted)})
			if got.String() != c.want {
				t.Errorf("due %s, want %s", got, c.want)
			}
		})
	}
}
