package p302

import "klarbeleg/dta"

// Values that are alike in all procedures.
type (
	// Cent is an amount in euro cents.
	Cent = dta.Cent
	// Hundertstel is a number with two decimal places.
	Hundertstel = dta.Hundertstel
	// Datum is a date as the number yyyymmdd. NAD.3 may have the day 00 or the month
	// and day 0000 (dta-302.md section 7).
	Datum = dta.Datum
	// Uhrzeit is a time of day as the number hhmm.
	Uhrzeit = dta.Uhrzeit
	// Ort is the place of a segment in its file.
	Ort = dta.Ort
	// Opt is a value that may be absent.
	Opt[T any] = dta.Opt[T]
)
