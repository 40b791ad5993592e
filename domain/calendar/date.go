// Package calendar holds calendar dates and the legal calendar: months counted
// as in §§ 187-188 BGB, days in Europe/Berlin (JOB-8). It knows no clock; the
// caller passes the instant.
package calendar

import (
	"fmt"
	"time"
	_ "time/tzdata" // Europe/Berlin must exist on every machine
)

// Date is a calendar date: days since 0000-12-31, so that the zero value means
// "no date" and dates compare and subtract as integers.
type Date int32

// unixZero is the Date of 1970-01-01.
const unixZero = 719163

// NewDate returns the date y-m-d; ok is false if the calendar has no such day.
func NewDate(y, m, d int) (date Date, ok bool) {
	if y < 1 || y > 9999 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return 0, false
	}
	return fromCivil(y, m, d), true
}

// Compact returns the date as the number yyyymmdd.
func (d Date) Compact() int32 {
	y, m, day := d.Civil()
	return int32(y*10000 + m*100 + day)
}

// FromCompact reads yyyymmdd as an integer, as the wire formats carry dates.
func FromCompact(yyyymmdd int32) (Date, bool) {
	v := int(yyyymmdd)
	return NewDate(v/10000, v/100%100, v%100)
}

// MustDate returns the date written as 2006-01-02 and panics if it is none. For
// tables and tests.
func MustDate(s string) Date {
	d, err := ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// ParseDate reads 2006-01-02.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("date is not of the form JJJJ-MM-TT")
	}
	return OfTime(t), nil
}

// OfTime returns the date that t shows in its own location.
func OfTime(t time.Time) Date {
	y, m, d := t.Date()
	return fromCivil(y, int(m), d)
}

// InBerlin returns the date that the instant t has in Europe/Berlin.
func InBerlin(t time.Time) Date { return OfTime(t.In(Berlin())) }

// Civil returns year, month and day.
func (d Date) Civil() (y, m, day int) {
	t := d.UTC()
	yy, mm, dd := t.Date()
	return yy, int(mm), dd
}

// UTC returns midnight UTC of the date, the form in which PostgreSQL dates are
// passed.
func (d Date) UTC() time.Time {
	return time.Unix(int64(d-unixZero)*86400, 0).UTC()
}

// String returns 2006-01-02, or "" for no date.
func (d Date) String() string {
	if d == 0 {
		return ""
	}
	return d.UTC().Format(time.DateOnly)
}

// MarshalText writes the form of String; JSON messages carry dates in it.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Date) UnmarshalText(text []byte) error {
	*d = 0
	if len(text) == 0 {
		return nil
	}
	date, err := ParseDate(string(text))
	*d = date
	return err
}

// German returns 02.01.2006, or "" for no date.
func (d Date) German() string {
	if d == 0 {
		return ""
	}
	return d.UTC().Format("02.01.2006")
}

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d == 0 }

// AddDays returns the date n days later.
func (d Date) AddDays(n int) Date { return d + Date(n) }

// AddMonths returns the date n months later: the same number in the month, or
// the month's last day if it has no such number (§ 188 Abs. 2, 3 BGB).
func (d Date) AddMonths(n int) Date {
	y, m, day := d.Civil()
	total := y*12 + (m - 1) + n
	y, m = total/12, total%12+1
	return fromCivil(y, m, min(day, daysIn(y, m)))
}

// EndInBerlin returns the first instant after the date in Europe/Berlin: a
// deadline that falls on d is kept by everything before it.
func (d Date) EndInBerlin() time.Time {
	y, m, day := d.Civil()
	return time.Date(y, time.Month(m), day+1, 0, 0, 0, 0, Berlin()).UTC()
}

func daysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// fromCivil counts days in the proleptic Gregorian calendar (algorithm of
// Howard Hinnant, "chrono-compatible low-level date algorithms").
func fromCivil(y, m, d int) Date {
	if m <= 2 {
		y--
		m += 12
	}
	era := y / 400
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return Date(era*146097 + doe - 305)
}

// Week numbers the calendar weeks, Monday to Sunday.
func (d Date) Week() int { return int(d-1) / 7 }
