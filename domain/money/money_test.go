package money

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// CHK-3: the traps of spec/checks section 4.
func TestRounding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want Cents }{
		{Cents(1002).Times(25), 251},
		{Cents(1010).Times(105), 1061},
		{Cents(1337).Times(225), 3008},
		{Cents(2873).Percent(1000).Times(600), 1722},
		{VAT(9998, 100, 1900), 1900},
		{Cents(2985).Percent(1000), 299},
		{Cents(-1002).Times(25), -251},
	} {
		if c.got != c.want {
			t.Errorf("got %d, want %d", c.got, c.want)
		}
	}
}

// CHK-3: rounding is half away from zero for every amount and quantity.
func TestTimesIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.Int64Range(-1e10, 1e10).Draw(t, "cents")
		q := rapid.Int64Range(-999999, 999999).Draw(t, "quantity")
		exact := new(big.Rat).SetFrac64(c*q, 100)
		diff := new(big.Rat).Sub(exact, new(big.Rat).SetInt64(int64(Cents(c).Times(Hundredths(q)))))
		if diff.Abs(diff).Cmp(big.NewRat(1, 2)) > 0 {
			t.Fatalf("%d x %d is off by %s", c, q, diff)
		}
	})
}

func TestGerman(t *testing.T) {
	t.Parallel()
	for c, want := range map[Cents]string{0: "0,00", 5: "0,05", -5: "-0,05", 123456: "1.234,56", -100000000: "-1.000.000,00", 99999: "999,99"} {
		if got := c.German(); got != want {
			t.Errorf("%d = %q, want %q", int64(c), got, want)
		}
	}
	if got := Cents(123456).Wire(); got != "1234,56" {
		t.Errorf("wire form %q", got)
	}
}
