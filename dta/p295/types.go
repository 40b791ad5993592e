package p295

import "klarbeleg/dta"

// Values that are alike in all procedures.
type (
	// Cent is an amount in euro cents.
	Cent = dta.Cent
	// Datum is a date as the number yyyymmdd. A birth date may have the day 00 or the
	// month and day 0000, as cards of insured persons have them.
	Datum = dta.Datum
	// Uhrzeit is a time of day as the number hhmm.
	Uhrzeit = dta.Uhrzeit
	// Ort is the place of a segment in its file.
	Ort = dta.Ort
	// Opt is a value that may be absent.
	Opt[T any] = dta.Opt[T]
)

// Zehntel is a number of points with one decimal place: 12,5 is 125.
type Zehntel int64

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
