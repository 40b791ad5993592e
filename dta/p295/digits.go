package p295

// valid tells whether an identifier has its check digit (dta-300.md section 7;
// pseudo values are exempt).
func (d checkDigit) valid(s string) bool {
	switch d {
	case digitIK:
		return validIK(s)
	case digitLANR:
		return validLANR(s)
	case digitKVNR:
		return validKVNR(s)
	default:
		return true
	}
}

// String returns the name of the identifier for the sender.
func (d checkDigit) String() string {
	switch d {
	case digitIK:
		return "des Institutionskennzeichens"
	case digitLANR:
		return "der lebenslangen Arztnummer"
	case digitKVNR:
		return "der Krankenversichertennummer"
	default:
		return ""
	}
}

// validIK: digits 3 to 8 times 2,1,2,1,2,1, digit sums, modulo 10.
func validIK(s string) bool {
	if s == "999900009" || s == "999999999" {
		return true
	}
	return isDigits(s) && len(s) == 9 && luhn(s[2:8], 2) == s[8]
}

// validKVNR: letter as two digits and eight digits times 1,2,1,2, digit sums,
// modulo 10.
func validKVNR(s string) bool {
	if len(s) != 10 || s[0] < 'A' || s[0] > 'Z' || !isDigits(s[1:]) {
		return false
	}
	n := s[0] - 'A' + 1
	return luhn(string([]byte{'0' + n/10, '0' + n%10})+s[1:9], 1) == s[9]
}

// luhn returns the check digit of digits whose weights alternate between first
// and 3 - first.
func luhn(digits string, first int) byte {
	sum := 0
	for i := range len(digits) {
		p := int(digits[i]-'0') * first
		first = 3 - first
		sum += p/10 + p%10
	}
	return byte('0' + sum%10)
}

// validLANR: digits 1 to 6 times 4,9,4,9,4,9, 10 less the remainder of 10.
func validLANR(s string) bool {
	if len(s) != 9 || !isDigits(s) {
		return false
	}
	if s == "000000000" || s[:7] == "4444444" || s[:6] == "555555" {
		return true
	}
	sum := 0
	for i, weight := range [6]int{4, 9, 4, 9, 4, 9} {
		sum += int(s[i]-'0') * weight
	}
	return s[6] == byte('0'+(10-sum%10)%10)
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
