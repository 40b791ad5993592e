package billing

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// PAY-1, JOB-8: computed by hand. Each case names the run and the last day of
// receipt that it pays with a term of 14 days.
func TestReceivedThrough(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ run, term, why string }{
		{"2026-11-24", "2026-11-25", "Tuesday: arrives on Wednesday; tomorrow's would arrive on Thursday"},
		{"2026-11-26", "2026-11-29", "Thursday: tomorrow's would arrive on Monday, so terms of the weekend are paid today"},
		{"2026-11-27", "2026-11-30", "Friday: tomorrow is no bank day, its transfers arrive on Tuesday"},
		{"2026-11-28", "2026-11-30", "Saturday: the same as Friday"},
		{"2026-11-29", "2026-11-30", "Sunday: tomorrow's arrive on Tuesday"},
		{"2026-04-01", "2026-04-06", "Wednesday before Easter: tomorrow's would arrive on Tuesday after it"},
		{"2026-04-02", "2026-04-07", "Maundy Thursday: the next one is executed on Tuesday and arrives on Wednesday"},
		{"2026-12-23", "2026-12-27", "the day before Christmas Eve: tomorrow's arrive on Monday the 28th"},
		{"2026-12-31", "2027-01-04", "New Year's Eve, a Thursday: the next ones are executed on Monday"},
		{"2026-10-30", "2026-11-02", "month's end on a weekend"},
	} {
		got := DefaultPaymentTerm.ReceivedThrough(calendar.MustDate(c.run)).AddDays(int(DefaultPaymentTerm))
		if got.String() != c.term {
			t.Errorf("run of %s pays terms up to %s, want %s (%s)", c.run, got, c.term, c.why)
		}
	}
}

// PAY-1: whatever the day of receipt, the first run that pays it is in time, and
// the run before was not needed.
func TestPaidInTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		term := PaymentTerm(rapid.IntRange(3, 40).Draw(t, "term"))
		received := calendar.MustDate("2024-01-01").AddDays(rapid.IntRange(0, 5000).Draw(t, "received"))
		due := received.AddDays(int(term))
		run := received
		for term.ReceivedThrough(run) < received {
			run++
		}
		arrival := func(run calendar.Date) calendar.Date { return run.BankDay().AddDays(1).BankDay() }
		if run > received && arrival(run) > due && due.IsBankDay() {
			t.Errorf("received %s, due %s: paid by the run of %s, arrives on %s", received, due, run, arrival(run))
		}
		if arrival(run.AddDays(1)) <= due {
			t.Errorf("received %s, due %s: the run of %s was not the last in time", received, due, run)
		}
	})
}

// PAY-1, PAY-2: open amounts less claims, never below zero, nothing lost.
func TestSetOff(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string, claim bool) (out []Payable, sum money.Cents) {
			for i, v := range rapid.SliceOfN(rapid.Int64Range(1, 1000), 0, 6).Draw(t, name) {
				out = append(out, Payable{int64(i), money.Cents(v), claim})
				sum += money.Cents(v)
			}
			return out, sum
		}
		open, due := draw("open", false)
		claims, claimed := draw("claims", true)
		lines, total, err := SetOff(open, claims)
		if err != nil {
			t.Fatal(err)
		}
		var sum, taken money.Cents
		for _, l := range lines {
			sum += l.Amount
			if l.Claim {
				taken -= l.Amount
				if l.Amount >= 0 || -l.Amount > claims[l.Invoice].Amount {
					t.Errorf("claim of %d is set off with %d", claims[l.Invoice].Amount, l.Amount)
				}
			}
		}
		if sum != total || total != max(0, due-claimed) || taken != min(due, claimed) {
			t.Errorf("open %d, claims %d: total %d, lines %d, set off %d", due, claimed, total, sum, taken)
		}
		if len(open) == 0 && len(lines) > 0 {
			t.Error("a voucher without anything open")
		}
	})
	for name, c := range map[string][2][]Payable{
		"open amount of zero":     {{{1, 0, false}}, nil},
		"negative claim":          {nil, {{1, -1, true}}},
		"claim among what is due": {{{1, 5, true}}, nil},
		"due amount among claims": {nil, {{1, 5, false}}},
	} {
		if _, _, err := SetOff(c[0], c[1]); !errors.Is(err, ErrNoAmount) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
