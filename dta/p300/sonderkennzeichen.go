package p300

// sonderkennzeichenAt returns the row of a Sonderkennzeichen that is valid on
// the day of dispensing; known tells whether the number exists at all. A number
// may have several rows, one per period. An illegible day (JJJJMM00) counts as
// valid if any day of its month is.
func sonderkennzeichenAt(nummer string, abgabe Datum) (row *sonderkennzeichenRow, known bool) {
	until := abgabe
	if abgabe%100 == 0 {
		until += 31
	}
	lo, hi := 0, len(sonderkennzeichen)
	for lo < hi {
		if mid := (lo + hi) / 2; sonderkennzeichen[mid].nummer < nummer {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	for ; lo < len(sonderkennzeichen) && sonderkennzeichen[lo].nummer == nummer; lo++ {
		known = true
		s := &sonderkennzeichen[lo]
		if s.von <= until && (s.bis == 0 || abgabe <= s.bis) {
			return s, true
		}
	}
	return nil, known
}

// brauchtZusatzdaten tells whether a position has a Sonderkennzeichen that calls
// for Zusatzdaten (TA1 4.14, legend of Anhang 1).
func (v *Verordnung) brauchtZusatzdaten() bool {
	for i := range v.Positionen {
		e := &v.Positionen[i].EFP
		if e.Kennzeichentyp != typSonderkennzeichen {
			continue
		}
		if s, _ := sonderkennzeichenAt(e.Kennzeichen, v.ZUP.Abgabedatum); s != nil && s.zusatzdaten == "1" {
			return true
		}
	}
	return false
}

// typSonderkennzeichen is EFP-05 of a Sonderkennzeichen.
const typSonderkennzeichen = "3"
