package p302

// Cent is an amount in euro cents (decimal with two places on the wire).
type Cent int64

// Hundertstel is a quantity, a distance or a percentage with two decimal
// places: 1,50 is 150.
type Hundertstel int64

// Datum is a calendar date as the number yyyymmdd; 0 says absent. It exists in
// the calendar, except that NAD.3 may have the day 00 or the month and day 0000
// (dta-302.md section 7).
type Datum int32

// Uhrzeit is a time of day as the number hhmm, 0000 to 2359.
type Uhrzeit int16

// Ort is the place of a segment in its file. The zero value stands in segments
// that were made for writing.
type Ort struct {
	Segment int32 // number over the whole file from 1, UNB included
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
