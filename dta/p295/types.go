package p295

// Cent is an amount in euro cents (two decimal places on the wire).
type Cent int64

// Zehntel is a number of points with one decimal place: 12,5 is 125.
type Zehntel int64

// Datum is a calendar date as the number yyyymmdd; 0 says absent. It exists in
// the calendar, except that a birth date may have the day 00 or the month and
// day 0000, as cards of insured persons have them.
type Datum int32

// Uhrzeit is a time of day as the number hhmm, 0000 to 2359.
type Uhrzeit int16

// Ort is the place of a segment in its file. The zero value stands in segments
// that were made for writing.
type Ort struct {
	Segment int   // number over the whole file from 1, UNA and UNB included
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

// Segment is what all segments have.
type Segment struct {
	Ort Ort
	// Zusatz holds elements that the catalogue does not know, in order: newer
	// versions append some. They are kept and written as they came.
	Zusatz []Zusatz
}

// Zusatz is an element or component behind those that the catalogue knows.
type Zusatz struct {
	Element   int // as the Technische Anlage counts: the tag is 1
	Component int // from 1
	Wert      string
}

// Rohsegment is a segment whose layout is not established: IBL, and that of the
// dentist, whose very tag is not known (dta-295.md section 2.3).
type Rohsegment struct {
	Ort Ort
	Tag string
	// Inhalt is the text between tag and terminator, separators and release
	// characters included.
	Inhalt string
}
