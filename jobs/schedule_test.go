package jobs_test

import (
	"errors"
	"testing"
	"time"

	"klarbeleg/domain/calendar"
	"klarbeleg/jobs"
)

func TestSchedule(t *testing.T) {
	t.Parallel()
	other := errors.New("any other fault")
	kindOf := func(err error) error {
		for _, known := range []error{nil, jobs.ErrClockChange, jobs.ErrNever} {
			if errors.Is(err, known) {
				return known
			}
		}
		return other
	}
	for _, c := range []struct {
		spec string
		want error
	}{
		{"10 0 * * *", nil},
		{"59 1 * * *", nil},
		{"0 3 * * *", nil},
		{"0 0-1,3-23 * * *", nil},
		{"30 6 29 2 *", nil},
		{"0 18 * * wed", nil},
		{"0 2 * * *", jobs.ErrClockChange},
		{"30 2 * * *", jobs.ErrClockChange},
		{"59 1-3 * * *", jobs.ErrClockChange},
		{"0 * * * *", jobs.ErrClockChange},
		{"*/15 */2 * * *", jobs.ErrClockChange},
		{"30 6 31 2 *", jobs.ErrNever},
		{"30 6 31 4,6 *", jobs.ErrNever},
		{"", other},
		{"30 6 * *", other},
		{"0 30 6 * * *", other},
		{"60 6 * * *", other},
		{"30 6 L * *", other},
		{"@daily", other},
		{"@every 1h", other},
		{"TZ=UTC 30 6 * * *", other},
		{"CRON_TZ=Europe/Berlin 30 6 * * *", other},
	} {
		t.Run("JOB-8 "+c.spec, func(t *testing.T) {
			t.Parallel()
			if err := jobs.CheckSchedule(c.spec); !errors.Is(kindOf(err), c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// JOB-7: the run that belongs to a date.
func TestDueOn(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 11, 0, 0, 0, time.UTC) // 12:00 in Berlin
	for _, c := range []struct{ name, spec, date, want string }{
		{"before its time", "30 18 * * *", "2026-11-25", "2026-11-25T17:30:00Z"},
		{"after its time", "30 6 * * *", "2026-11-25", "2026-11-25T05:30:00Z"},
		{"at midnight", "0 0 * * *", "2026-11-25", "2026-11-24T23:00:00Z"},
		{"last minute of the day", "59 23 * * *", "2026-11-25", "2026-11-25T22:59:00Z"},
		{"several times a day: the last that has come", "0 6,12,18 * * *", "2026-11-25", "2026-11-25T11:00:00Z"},
		{"several times a day, past date: the last", "0 6,12,18 * * *", "2026-11-24", "2026-11-24T17:00:00Z"},
		{"several times a day, none has come: the first", "0 13,18 * * *", "2026-11-25", "2026-11-25T12:00:00Z"},
		{"day of the autumn change", "30 6 * * *", "2026-10-25", "2026-10-25T05:30:00Z"},
		{"day of the spring change", "10 0 * * *", "2026-03-29", "2026-03-28T23:10:00Z"},
		{"no run on this weekday", "0 18 * * thu", "2026-11-25", ""},
	} {
		t.Run("JOB-7 "+c.name, func(t *testing.T) {
			t.Parallel()
			due, ok := jobs.DueOn(c.spec, calendar.MustDate(c.date), now)
			got := ""
			if ok {
				got = due.Format(time.RFC3339)
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
