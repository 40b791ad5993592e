package p300

import (
	"crypto/md5" //nolint:gosec // the official procedure names MD5 (TA1 4.14.1)
	"encoding/binary"
	"math/bits"
)

// HashZusatzdaten returns the hash of the Zusatzdaten of a paper prescription as
// it has to stand in ZDR-02: 40 digits (section 6, TA1 4.14.1).
func HashZusatzdaten(z *ZDR, herstellungen []Herstellung) string {
	b := make([]byte, 0, 1024)
	b = append(append(b, z.IK...), z.Transaktionsnummer...)
	b = append(appendDigits(b, int64(z.Datum), 8), ':')
	b = append(append(b, z.Uhrzeit...), ':')
	b = append(b, z.Millisekunden...)
	for i := range herstellungen {
		c := &herstellungen[i].ZDC
		b = append(append(b, c.SchluesselHerstellung...), c.KennzeichenHerstellender...)
		b = append(appendDigits(b, int64(c.Herstellungsdatum), 8), ':')
		b = appendDigits(b, int64(c.Herstellungszeit), 4)
		b = appendDigits(appendDigits(b, int64(c.Zaehler), 2), int64(c.AnzahlEinheiten), 2)
		for j := range herstellungen[i].ZDP {
			p := &herstellungen[i].ZDP[j]
			b = append(append(b, p.PZN...), p.Faktorkennzeichen...)
			b = append(appendDigits(b, int64(p.Faktor/1_000_000), 6), ',')
			b = append(appendDigits(b, int64(p.Faktor%1_000_000), 6), p.Preiskennzeichen...)
			b = append(appendDigits(b, int64(p.Preis/100), 9), ',')
			b = appendDigits(b, int64(p.Preis%100), 2)
		}
	}
	sum := md5.Sum(b) //nolint:gosec // see above
	return decimal128(sum)
}

// appendDigits appends v with n digits. A price below zero has no place in the
// procedure; its sign is lost, and the hash will not fit.
func appendDigits(b []byte, v int64, n int) []byte {
	from := len(b)
	for range n {
		b = append(b, '0')
	}
	for i := len(b) - 1; i >= from; i-- {
		b[i] = byte('0' + max(v%10, -(v%10)))
		v /= 10
	}
	return b
}

// decimal128 prints 128 bits, read as an unsigned number, with 40 digits.
func decimal128(sum [16]byte) string {
	hi, lo := binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])
	var out [40]byte
	for i := len(out) - 1; i >= 0; i-- {
		var rest uint64
		hi, rest = hi/10, hi%10
		lo, rest = bits.Div64(rest, lo, 10)
		out[i] = byte('0' + rest)
	}
	return string(out[:])
}
