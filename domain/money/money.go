// Package money is integer arithmetic in euro cents. There is no way from or to
// floating point; every rounding is named where it happens (CHK-3).
package money

import "strconv"

// Cents is an amount in euro cents. Negative amounts exist (R: negative
// Einzelbetrag), so the zero value is 0,00 EUR, not "missing".
type Cents int64

// Hundredths is a quantity with two decimals: 1,50 is 150. Rates in percent
// (7,00 is 700) use it too.
type Hundredths int64

// One is the quantity 1,00.
const One Hundredths = 100

// Times returns the amount times the quantity, rounded half away from zero to
// cents (spec/checks section 4: round once, at the step the rule names).
func (c Cents) Times(q Hundredths) Cents { return Cents(divRound(int64(c)*int64(q), 100)) }

// Percent returns rate percent of the amount, rounded half away from zero.
func (c Cents) Percent(rate Hundredths) Cents { return Cents(divRound(int64(c)*int64(rate), 10000)) }

// VAT returns price x quantity x rate / 100 with a single rounding (R-MWS-01).
func VAT(price Cents, quantity, rate Hundredths) Cents {
	return Cents(divRound(int64(price)*int64(quantity)*int64(rate), 1_000_000))
}

// German returns the amount as 1.234,56.
func (c Cents) German() string { return german(int64(c), true) }

// German returns the quantity as 1.234,56.
func (h Hundredths) German() string { return german(int64(h), true) }

// Wire returns the amount as 1234,56, the form of the DTA files.
func (c Cents) Wire() string { return german(int64(c), false) }

// DivRound divides and rounds half away from zero.
func DivRound(a, b int64) int64 { return divRound(a, b) }

func divRound(a, b int64) int64 {
	if a < 0 {
		return -divRound(-a, b)
	}
	return (a + b/2) / b
}

func german(v int64, group bool) string {
	neg := v < 0
	u := uint64(v)
	if neg {
		u = -u
	}
	whole := strconv.FormatUint(u/100, 10)
	out := make([]byte, 0, len(whole)+8)
	if neg {
		out = append(out, '-')
	}
	for i := range len(whole) {
		if group && i > 0 && (len(whole)-i)%3 == 0 {
			out = append(out, '.')
		}
		out = append(out, whole[i])
	}
	return string(append(out, ',', byte('0'+u/10%10), byte('0'+u%10)))
}
