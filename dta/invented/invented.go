// Package invented makes the numbers of persons, providers and products that do
// not exist, with valid check digits, for the generators of synthetic deliveries
// and for tests: institutions in the unassigned region 88, products in the
// unassigned range 99. Nothing in it is random: the same serial gives the same
// number.
package invented

import "fmt"

// MaxSerial is the largest serial number of an institution.
const MaxSerial = 9999

// Institution returns an Institutionskennzeichen of a kind (two digits) in the
// region 88 with its check digit (dta-302.md section 7: digits 3 to 8 times
// 2,1,2,1,2,1, digit sums, modulo 10). serial is 0 to MaxSerial.
func Institution(kind string, serial int) string {
	body := fmt.Sprintf("%s88%04d", kind, serial)
	return body + digit(weighted(body[2:], 2, 1))
}

// Insured returns a Krankenversichertennummer: letter, eight digits and check
// digit (letter as two digits, weights 1,2,1,2, digit sums, modulo 10).
func Insured(n uint64) string {
	letter := int(n / 100_000_000 % 26)
	body := fmt.Sprintf("%08d", n%100_000_000)
	return string(rune('A'+letter)) + body + digit(weighted(fmt.Sprintf("%02d%s", letter+1, body), 1, 2))
}

// Doctor returns a lebenslange Arztnummer of the speciality 01 (digits 1 to 6
// times 4,9,4,9,4,9; check digit 10 minus the remainder).
func Doctor(n int) string {
	body := fmt.Sprintf("88%04d", n%10_000)
	sum := 0
	for i := range len(body) {
		sum += int(body[i]-'0') * (4 + 5*(i%2))
	}
	return body + digit((10-sum%10)%10) + "01"
}

// Practice returns a Betriebsstättennummer of the district key 88.
func Practice(n int) string { return fmt.Sprintf("88%05d00", n%100_000) }

// Product returns a Pharmazentralnummer of eight digits beginning with 99
// (dta-300.md section 7: digits times 1 to 7, modulo 11). Serials whose remainder
// is 10 are not assigned: the next one is taken, so that neighbours may be the same.
func Product(n int) string {
	for ; ; n++ {
		body := fmt.Sprintf("99%05d", n%100_000)
		sum := 0
		for i := range len(body) {
			sum += (i + 1) * int(body[i]-'0')
		}
		if check := sum % 11; check < 10 {
			return body + digit(check)
		}
	}
}

// Prescription returns a Rezept-ID of a workflow type (three digits), 22
// characters: its 17 digits are 1 modulo 97.
func Prescription(workflow string, n uint64) string {
	body := fmt.Sprintf("%s%012d", workflow, n%1_000_000_000_000)
	rest := 0
	for i := range len(body) {
		rest = (rest*10 + int(body[i]-'0')) % 97
	}
	body += fmt.Sprintf("%02d", 98-rest*100%97)
	return fmt.Sprintf("%s.%s.%s.%s.%s.%s", body[:3], body[3:6], body[6:9], body[9:12], body[12:15], body[15:])
}

// Transaction returns a Transaktionsnummer of the Zusatzdaten: eight digits times
// 1,3,1,3, modulo 10.
func Transaction(n int) string {
	body := fmt.Sprintf("%08d", n%100_000_000)
	sum := 0
	for i := range len(body) {
		sum += int(body[i]-'0') * (1 + 2*(i%2))
	}
	return body + digit(sum%10)
}

// OtherDigit returns the number with the digit at a place changed, so that its
// check digit is wrong.
func OtherDigit(s string, at int) string {
	b := []byte(s)
	b[at] = '0' + (b[at]-'0'+1)%10
	return string(b)
}

func digit(n int) string { return string(rune('0' + n)) }

// weighted returns the sum of the digit sums of the digits times alternating
// weights, modulo 10.
func weighted(digits string, first, second int) int {
	sum := 0
	for i := range len(digits) {
		p := int(digits[i]-'0') * first
		first, second = second, first
		sum += p/10 + p%10
	}
	return sum % 10
}
