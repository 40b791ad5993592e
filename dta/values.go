package dta

import "unicode/utf8"

// Cent is an amount in euro cents (decimal with two places on the wire).
type Cent int64

// Hundertstel is a quantity, a distance or a percentage with two decimal
// places: 1,50 is 150.
type Hundertstel int64

// Datum is a calendar date as the number yyyymmdd; 0 says absent. It exists in
// the calendar; what a procedure allows besides (a birth date with day 00) stands
// at its package's Datum.
type Datum int32

// Uhrzeit is a time of day as the number hhmm, 0000 to 2359.
type Uhrzeit int16

// Ort is the place of a segment in its file. The zero value stands in segments
// that were made for writing.
type Ort struct {
	Segment int32 // number over the whole file from 1, UNA and UNB included
	Offset  int64 // bytes from the start of the file
}

// Opt is a value that may be absent: an absent amount is not 0,00.
type Opt[T any] struct {
	Wert      T
	Vorhanden bool
}

// Some returns a present value.
func Some[T any](v T) Opt[T] { return Opt[T]{Wert: v, Vorhanden: true} }

// Oder returns the value, or other where it is absent.
func (o Opt[T]) Oder(other T) T {
	if o.Vorhanden {
		return o.Wert
	}
	return other
}

// InCalendar tells whether the number yyyymmdd is a day of the Gregorian calendar.
func InCalendar(v int64) bool {
	y, m, d := v/10000, v/100%100, v%100
	if y <= 0 || m == 0 || m > 12 || d == 0 || d > 31 {
		return false
	}
	switch m {
	case 4, 6, 9, 11:
		return d <= 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return d <= 29
		}
		return d <= 28
	}
	return true
}

// Length returns how many characters a text has, or its bytes where these say as well
// that it has at least and at most so many: letters beyond ASCII have several.
func Length(text string, least, most int) int {
	n := len(text)
	if n > most || least > 1 && n < utf8.UTFMax*least {
		return utf8.RuneCountInString(text)
	}
	return n
}

// Digits reads a number of exactly n digits, at most 18.
func Digits(text string, n int) (v int64, ok bool) {
	if len(text) != n {
		return 0, false
	}
	for i := range len(text) {
		c := text[i] - '0'
		if c > 9 {
			return 0, false
		}
		v = v*10 + int64(c)
	}
	return v, true
}
