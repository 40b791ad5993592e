package gen

import "fmt"

// institution returns an Institutionskennzeichen of a kind (two digits) in the
// unassigned region 88 with its check digit (spec section 7: digits 3 to 8
// times 2,1,2,1,2,1, digit sums, modulo 10).
func institution(kind string, serial int) string {
	body := fmt.Sprintf("%s88%04d", kind, serial)
	return body + string(rune('0'+weighted(body[2:], 2, 1)))
}

// insured returns a Krankenversichertennummer: letter, eight digits and check
// digit (letter as two digits, weights 1,2,1,2, digit sums, modulo 10).
func insured(n uint64) string {
	letter := int(n / 100_000_000 % 26)
	body := fmt.Sprintf("%08d", n%100_000_000)
	sum := weighted(fmt.Sprintf("%02d%s", letter+1, body), 1, 2)
	return string(rune('A'+letter)) + body + string(rune('0'+sum))
}

// weighted returns the sum of the digit sums of the digits times alternating
// weights, modulo 10.
func weighted(digits string, first, second int) int {
	sum := 0
	for i := range len(digits) {
		p := int(digits[i]-'0') * first
		if i%2 == 1 {
			p = int(digits[i]-'0') * second
		}
		sum += p/10 + p%10
	}
	return sum % 10
}

// doctor returns a lebenslange Arztnummer of the speciality 01 (digits 1 to 6
// times 4,9,4,9,4,9; check digit 10 minus the remainder).
func doctor(n int) string {
	body := fmt.Sprintf("88%04d", n%10000)
	sum := 0
	for i := range len(body) {
		weight := 4
		if i%2 == 1 {
			weight = 9
		}
		sum += int(body[i]-'0') * weight
	}
	return body + string(rune('0'+(10-sum%10)%10)) + "01"
}

// practice returns a Betriebsstättennummer of the district key 88.
func practice(n int) string { return fmt.Sprintf("88%05d00", n%100_000) }

// otherDigit returns the number with its last digit changed, so that the check
// digit is wrong.
func otherDigit(s string, at int) string {
	b := []byte(s)
	b[at] = '0' + (b[at]-'0'+1)%10
	return string(b)
}
