package formal

// digitsOf reads exactly n digits; ok is false for any other text.
func digitsOf(s string, n int) (d [16]int, ok bool) {
	if len(s) != n {
		return d, false
	}
	for i := range n {
		if s[i] < '0' || s[i] > '9' {
			return d, false
		}
		d[i] = int(s[i] - '0')
	}
	return d, true
}

func digitSum(n int) int { return n/10 + n%10 }

// ValidIK reports whether the Institutionskennzeichen has nine digits and the right
// check digit (spec/checks section 3.1).
func ValidIK(ik string) bool {
	d, ok := digitsOf(ik, 9)
	if !ok {
		return false
	}
	sum := 0
	for i := 2; i < 8; i++ {
		weight := 2 - i%2
		sum += digitSum(d[i] * weight)
	}
	return sum%10 == d[8]
}

// kvnrShape reports whether the number has the form of a KVNR: a capital letter
// and nine digits.
func kvnrShape(s string) bool {
	if len(s) != 10 || s[0] < 'A' || s[0] > 'Z' {
		return false
	}
	_, ok := digitsOf(s[1:], 9)
	return ok
}

// ValidKVNR reports whether the number is a KVNR with the right check digit
// (spec/checks section 3.2).
func ValidKVNR(s string) bool {
	if !kvnrShape(s) {
		return false
	}
	letter := int(s[0]-'A') + 1
	sum := letter/10 + digitSum(letter%10*2)
	for i := 1; i <= 8; i++ {
		weight := 2 - i%2
		sum += digitSum(int(s[i]-'0') * weight)
	}
	return sum%10 == int(s[9]-'0')
}

// ValidLANR reports whether the Arztnummer has nine digits and the right check digit
// at place 7 (spec/checks section 3.3).
func ValidLANR(s string) bool {
	d, ok := digitsOf(s, 9)
	if !ok {
		return false
	}
	sum := 0
	for i := range 6 {
		sum += d[i] * (4 + i%2*5)
	}
	return (10-sum%10)%10 == d[6]
}
