package letter

import (
	"testing"

	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// CRD-17: 0,55 EUR a letter, 0,28 for the sender and 0,27 for the recipient, only with
// a qualified signature and within its time.
func TestPay(t *testing.T) {
	t.Parallel()
	tariff, err := NewTariff()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name              string
		letter            Letter
		sender, recipient money.Cents
	}{
		{"the first day", Letter{calendar.MustDate("2017-01-01"), true, false}, 28, 27},
		{"the day before", Letter{calendar.MustDate("2016-12-31"), true, false}, 0, 0},
		{"without signature", Letter{calendar.MustDate("2018-05-01"), false, true}, 0, 0},
		{"the last day of the transition", Letter{calendar.MustDate("2019-12-31"), true, false}, 28, 27},
		{"afterwards without the service", Letter{calendar.MustDate("2020-01-01"), true, false}, 0, 0},
		{"afterwards with it", Letter{calendar.MustDate("2026-11-25"), true, true}, 28, 27},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sender, recipient, reason := tariff.Pay(c.letter)
			if sender != c.sender || recipient != c.recipient || (reason == "") != (c.sender > 0) {
				t.Errorf("%d, %d, %q", sender, recipient, reason)
			}
		})
	}
}

func TestFaultyTable(t *testing.T) {
	t.Parallel()
	for _, row := range []string{"2017,,28,27,any", "2017-01-01,x,28,27,any", "2017-01-01,,a,27,any", "2017-01-01,,28,b,any", "2017-01-01,,28,27"} {
		if _, err := parse("valid_from,valid_to,sender_cents,recipient_cents,service\n" + row); err == nil {
			t.Errorf("%q is accepted", row)
		}
	}
}
