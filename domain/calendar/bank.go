package calendar

import "time"

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.UTC().Weekday() }

// IsBankDay reports whether euro payments between banks are settled on d: every
// day but Saturdays, Sundays, 1 January, Good Friday, Easter Monday, 1 May, 25
// and 26 December (T2 calendar of the Eurosystem; SEPA credit transfers follow
// it).
func (d Date) IsBankDay() bool {
	if w := d.Weekday(); w == time.Saturday || w == time.Sunday {
		return false
	}
	y, m, day := d.Civil()
	switch {
	case m == 1 && day == 1, m == 5 && day == 1, m == 12 && (day == 25 || day == 26):
		return false
	}
	easter := easterSunday(y)
	return d != easter.AddDays(-2) && d != easter.AddDays(1)
}

// BankDay returns the first bank day on or after d.
func (d Date) BankDay() Date {
	for !d.IsBankDay() {
		d++
	}
	return d
}

// easterSunday returns the Sunday by the Gregorian reckoning (algorithm of
// Meeus, Jones and Butcher).
func easterSunday(y int) Date {
	a, b, c := y%19, y/100, y%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return fromCivil(y, n/31, n%31+1)
}
