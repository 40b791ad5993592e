package calendar

import "testing"

// PAY-1: Easter by the tables of the years.
func TestEaster(t *testing.T) {
	t.Parallel()
	for y, want := range map[int]string{
		2024: "2024-03-31", 2025: "2025-04-20", 2026: "2026-04-05", 2027: "2027-03-28", 2028: "2028-04-16",
		2029: "2029-04-01", 2030: "2030-04-21", 2035: "2035-03-25", 2038: "2038-04-25",
	} {
		if got := easterSunday(y).String(); got != want {
			t.Errorf("Easter of %d is %s, want %s", y, got, want)
		}
	}
}

// PAY-1: the first day on which banks settle euro payments.
func TestBankDay(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"2026-11-25": "2026-11-25", // Wednesday
		"2026-11-28": "2026-11-30", // Saturday at the end of a month
		"2026-10-31": "2026-11-02", // Saturday, the month ends first
		"2026-04-03": "2026-04-07", // Good Friday to Easter Monday
		"2027-12-25": "2027-12-27", // Christmas on a weekend
		"2026-12-25": "2026-12-28", // Christmas before a weekend
		"2026-05-01": "2026-05-04",
		"2027-01-01": "2027-01-04",
		"2026-10-03": "2026-10-05", // a Saturday; the national holiday itself is none for banks' systems
		"2028-10-03": "2028-10-03", // Tuesday, Tag der Deutschen Einheit: payments are settled
		"2026-12-24": "2026-12-24",
	} {
		if got := MustDate(from).BankDay().String(); got != want {
			t.Errorf("first bank day from %s is %s, want %s", from, got, want)
		}
	}
}
