package gen

import (
	"bytes"
	"fmt"
	"math/rand/v2"

	"klarbeleg/dta"
	"klarbeleg/dta/p295"
)

func pick[T any](rnd *rand.Rand, list []T) T { return list[rnd.IntN(len(list))] }

func surnames() []string {
	return []string{"Muster", "Beispiel", "Müßig", "Probe", "O'Test", "Sonder-Zeichen", "Fiktiv"}
}

func names() []string {
	return []string{"Anna", "Bernd", "Änne", "Emil", "Jörg", "Klara"}
}

func contract(kind string) string { return kind[3:] + "MUSTER" }

// prices is the price list of the invented contract.
func prices() []Position {
	return []Position{
		{"IV0815", "Eingangsuntersuchung", 12000},
		{"IV0816", "Verlaufskontrolle", 3050},
		{"IV0817", "Schulung je Einheit", 1875},
		{"IV0818", "Fallkonferenz", 4599},
		{"IV0819", "Abschlussuntersuchung", 9901},
	}
}

// institution returns an Institutionskennzeichen of a kind (two digits) in the
// unassigned region 88 with its check digit (dta-300.md section 7).
func institution(kind string, serial int) string {
	body := fmt.Sprintf("%s88%04d", kind, serial)
	return body + string(rune('0'+weighted(body[2:], 2, 1, true)))
}

// insured returns a Krankenversichertennummer: letter, eight digits and check
// digit.
func insured(n uint64) string {
	letter := int(n / 100_000_000 % 26)
	body := fmt.Sprintf("%08d", n%100_000_000)
	return string(rune('A'+letter)) + body + string(rune('0'+weighted(fmt.Sprintf("%02d%s", letter+1, body), 1, 2, true)))
}

// doctor returns a lebenslange Arztnummer of the speciality 01.
func doctor(n int) string {
	body := fmt.Sprintf("88%04d", n%10000)
	return body + string(rune('0'+(10-weighted(body, 4, 9, false))%10)) + "01"
}

// practice returns a Betriebsstättennummer of the district key 88.
func practice(n int) string { return fmt.Sprintf("88%05d00", n%100_000) }

// weighted returns the sum, modulo 10, of the digits times alternating weights,
// or of the digit sums of these products.
func weighted(digits string, first, second int, digitSums bool) int {
	sum := 0
	for i := range len(digits) {
		p := int(digits[i]-'0') * first
		first, second = second, first
		if digitSums {
			p = p/10 + p%10
		}
		sum += p
	}
	return sum % 10
}

// otherDigit changes the digit at a place.
func otherDigit(s string, at int) string {
	b := []byte(s)
	b[at] = '0' + (b[at]-'0'+1)%10
	return string(b)
}

// segmentsOf returns the segments of a message between UNH and UNT, without
// terminators.
func segmentsOf(n *p295.Nachricht, set dta.Charset) ([][]byte, error) {
	var buf bytes.Buffer
	header := p295.UNB{AbsenderIK: recipient, EmpfaengerIK: recipient, Datum: 20260101, Dateinummer: "00001", Dateiname: "TDRI0012601"}
	w := p295.NewWriter(&buf, header, p295.WriterOptions{Zeichensatz: set, OhneUNA: true})
	if err := w.Write(n); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	var tok dta.Tokenizer
	var out [][]byte
	for tok.Reset(buf.String()); tok.Next(); {
		out = append(out, []byte(buf.String()[tok.Start():tok.End()-1]))
	}
	return out[2 : len(out)-2], nil
}
