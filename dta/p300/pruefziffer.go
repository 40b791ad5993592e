package p300

// The check digits of section 7.

// ValidPZN tells whether s is a PZN or a Sonderkennzeichen of eight digits with
// its check digit: weights 1 to 7, sum modulo 11; a remainder of 10 is not
// assigned.
func ValidPZN(s string) bool {
	if len(s) != 8 {
		return false
	}
	sum := 0
	for i := range len(s) {
		c := int(s[i]) - '0'
		if c < 0 || c > 9 {
			return false
		}
		if i < 7 {
			sum += (i + 1) * c
		}
	}
	return sum%11 == int(s[7]-'0')
}

// ValidIK tells whether s is an Institutionskennzeichen with its check digit, or
// one of the pseudo values 999900009 and 999999999.
func ValidIK(s string) bool {
	if _, ok := number(s, 9, 9); !ok {
		return false
	}
	if s == IrrlaeuferIK || s == "999999999" {
		return true
	}
	sum := 0
	for i := 2; i < 8; i++ {
		p := int(s[i] - '0')
		if i%2 == 0 {
			p *= 2
		}
		sum += p/10 + p%10
	}
	return sum%10 == int(s[8]-'0')
}

// IrrlaeuferIK stands for the pharmacy of prescriptions that went to a wrong
// Rechenzentrum (UNH-02, RFP-04).
const IrrlaeuferIK = "999900009"

// ValidRezeptID tells whether s has the form nnn.nnn.nnn.nnn.nnn.nn and its
// digits are 1 modulo 97.
func ValidRezeptID(s string) bool {
	if len(s) != 22 {
		return false
	}
	rest := 0
	for i := range len(s) {
		if i%4 == 3 {
			if s[i] != '.' {
				return false
			}
			continue
		}
		c := int(s[i]) - '0'
		if c < 0 || c > 9 {
			return false
		}
		rest = (rest*10 + c) % 97
	}
	return rest == 1
}

// ValidTransaktionsnummer tells whether the ninth digit is the sum of the first
// eight, weighted 1, 3, 1, 3 and so on, modulo 10.
func ValidTransaktionsnummer(s string) bool {
	if _, ok := number(s, 9, 9); !ok {
		return false
	}
	sum := 0
	for i := range 8 {
		c := int(s[i] - '0')
		if i%2 == 1 {
			c *= 3
		}
		sum += c
	}
	return sum%10 == int(s[8]-'0')
}
