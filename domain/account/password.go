package account

import (
	"crypto/rand"
	_ "embed" // the list of frequent passwords
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lengths of passwords in characters (ASVS 6.2.1, 6.2.9). Nothing else is asked
// of their composition, and nothing is changed or cut (ASVS 6.2.5, 6.2.8).
const (
	MinPassword = 12
	MaxPassword = 128
)

// PasswordFault says what is wrong with a new password.
type PasswordFault string

// The faults.
const (
	PasswordFine     PasswordFault = ""
	PasswordShort    PasswordFault = "short"
	PasswordLong     PasswordFault = "long"
	PasswordUnreal   PasswordFault = "unreadable" // no text
	PasswordSimple   PasswordFault = "simple"     // few different characters or a run
	PasswordFrequent PasswordFault = "frequent"   // in lists of leaked passwords
	PasswordKnown    PasswordFault = "known"      // mostly words everybody knows of the account
	PasswordUsed     PasswordFault = "used"       // one of the last ones of this user
)

//go:embed frequent.txt
var frequent string // from zxcvbn-ts language-common (MIT), those of 12 characters and more, sorted

// minDifferent is how many different characters a password must have.
const minDifferent = 5

// CheckPassword returns what is wrong with a new password. known are words that
// an attacker tries first: name of the institution, IKs, address of the user,
// name of the portal.
func CheckPassword(password string, known ...string) PasswordFault {
	if !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl) {
		return PasswordUnreal
	}
	switch n := utf8.RuneCountInString(password); {
	case n < MinPassword:
		return PasswordShort
	case n > MaxPassword:
		return PasswordLong
	}
	lower := strings.ToLower(password)
	switch {
	case mostlyKnown(lower, known):
		return PasswordKnown
	case simple(lower):
		return PasswordSimple
	case isFrequent(lower):
		return PasswordFrequent
	default:
		return PasswordFine
	}
}

func isFrequent(lower string) bool {
	for line := range strings.Lines(frequent) {
		if strings.TrimSuffix(line, "\n") == lower {
			return true
		}
	}
	return false
}

// runs are what fingers type without thinking.
var runs = []string{"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertzuiopü", "qwertyuiop", "asdfghjklöä", "yxcvbnm", "zxcvbnm"}

// simple reports whether the password has few different characters, or is a
// sequence of runs of at least four characters, forwards or backwards.
func simple(lower string) bool {
	different := map[rune]bool{}
	for _, c := range lower {
		different[c] = true
	}
	if len(different) < minDifferent {
		return true
	}
	rest := []rune(lower)
	for len(rest) > 0 {
		n := runLength(rest)
		if n < 4 {
			return false
		}
		rest = rest[n:]
	}
	return true
}

// runLength returns how many characters at the beginning belong to one run.
func runLength(text []rune) int {
	longest := 0
	for _, r := range runs {
		forwards := []rune(r)
		backwards := slices.Clone(forwards)
		slices.Reverse(backwards)
		for _, run := range [][]rune{forwards, backwards} {
			start := slices.Index(run, text[0])
			n := 0
			for start >= 0 && n < len(text) && start+n < len(run) && text[n] == run[start+n] {
				n++
			}
			longest = max(longest, n)
		}
	}
	return longest
}

// weak are words that passwords are built around.
var weak = []string{
	"passwort", "password", "kennwort", "geheim", "willkommen", "welcome", "sommer", "winter", "herbst",
	"fruehling", "frühling", "januar", "februar", "april", "september", "oktober", "november", "dezember", "hallo",
	"praxis", "physio", "abrechnung", "portal", "administrator", "admin",
}

// mostlyKnown reports whether fewer than minLeft characters are left without the
// known words and the digits that people add to them, such as a year.
func mostlyKnown(lower string, known []string) bool {
	const minWord, minLeft = 4, 6
	words := slices.Clone(weak)
	for _, k := range known {
		k = strings.ToLower(k)
		words = append(words, k)
		words = append(words, strings.FieldsFunc(k, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })...)
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) }) // the longest first
	rest, found := lower, false
	for _, w := range words {
		if utf8.RuneCountInString(w) >= minWord && strings.Contains(rest, w) {
			rest, found = strings.ReplaceAll(rest, w, ""), true
		}
	}
	left := strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) {
			return c
		}
		return -1
	}, rest)
	return found && utf8.RuneCountInString(left) < minLeft
}

// initialAlphabet has no look-alikes, since initial passwords are read from
// paper: 32 characters, 5 bits each.
const initialAlphabet = "23456789abcdefghjkmnpqrstuvwxyzE"

// initialLength makes 80 bits; an initial password works once, for days, behind
// a brake and a second factor (ASVS 6.4.1).
const initialLength = 16

// NewInitialPassword returns a random initial password.
func NewInitialPassword() string {
	random := make([]byte, initialLength)
	_, _ = rand.Read(random) // cannot fail: the program would end
	for i := range random {
		random[i] = initialAlphabet[random[i]%byte(len(initialAlphabet))]
	}
	return string(random)
}
