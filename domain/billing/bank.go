package billing

import (
	"errors"
	"strings"
)

// BankDetails say where a payee's money goes. They are personal data of the payee
// and stay out of logs and errors.
type BankDetails struct {
	IBAN string
	// BIC may be "": inside the SEPA the IBAN suffices.
	BIC string
}

// PayeeRow is one row of the list of payees: to whom an IK's money goes. Street
// and City stand in the address of letters and may be "".
type PayeeRow struct {
	IK, Name, Street, City string
	BankDetails
	Period
}

// Faults of bank details; they do not quote the value.
var (
	ErrIBAN = errors.New("IBAN is not valid")
	ErrBIC  = errors.New("BIC is not valid")
)

// ParseIBAN returns the IBAN without blanks if form, length and check digits are
// right (ISO 13616), else ErrIBAN. The length is known for Germany, elsewhere it
// may be 15 to 34.
func ParseIBAN(s string) (string, error) {
	s = strings.ReplaceAll(s, " ", "")
	if len(s) < 15 || len(s) > 34 || strings.HasPrefix(s, "DE") && len(s) != 22 || !isUpper(s[:2]) || !isDigits(s[2:4]) {
		return "", ErrIBAN
	}
	if s[2:4] < "02" || s[2:4] > "98" || ibanRemainder(s) != 1 {
		return "", ErrIBAN
	}
	return s, nil
}

// ibanRemainder returns the rest of the division by 97 after country and check
// digits moved to the end and letters became 10 to 35 (ISO 7064); 0 if a
// character is neither letter nor digit.
func ibanRemainder(s string) int {
	rest := 0
	for _, c := range []byte(s[4:] + s[:4]) {
		switch {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return 0
		}
	}
	return rest
}

// GermanIBAN returns the IBAN of an account: 8 digits of the Bankleitzahl, 10 of
// the account; ErrIBAN for anything else.
func GermanIBAN(bankCode, account string) (string, error) {
	if len(bankCode) != 8 || len(account) != 10 || !isDigits(bankCode+account) {
		return "", ErrIBAN
	}
	check := 98 - ibanRemainder("DE00"+bankCode+account)
	return "DE" + string([]byte{'0' + byte(check/10), '0' + byte(check%10)}) + bankCode + account, nil
}

// CheckBIC refuses what is not a BIC of 8 or 11 characters (ISO 9362).
func CheckBIC(s string) error {
	if len(s) != 8 && len(s) != 11 || !isUpper(s[4:6]) {
		return ErrBIC
	}
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return ErrBIC
		}
	}
	return nil
}

func isDigits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

func isUpper(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < 'A' || r > 'Z' }) < 0
}
