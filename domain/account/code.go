package account

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6238 as authenticator apps have it; HMAC does not need collision resistance
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Parameters of one-time codes: those of RFC 6238 that every authenticator app
// knows; many ignore others (ASVS 6.5.5).
const (
	codeDigits = 6
	codeStep   = 30 * time.Second
	secretSize = 20 // bytes, the size of the hash
	// codeSkew is how many steps a clock may be off (REG-10); codeNear is how far
	// we look for a code that a wrong clock explains.
	codeSkew = 1
	codeNear = 20
)

// CodeResult is what became of a code.
type CodeResult int

// The results of MatchCode.
const (
	CodeWrong CodeResult = iota
	CodeFits
	CodeUsed  // right, but this code or a later one was used before (ASVS 6.5.1)
	CodeClock // right for another time: the clocks differ (REG-10)
)

// CodeMatch is a result with what belongs to it.
type CodeMatch struct {
	Result CodeResult
	// Step is the time step of a code that fits; it must be stored as the last one
	// used.
	Step int64
	// Ahead is how far the user's clock is ahead of ours, negative if behind, for
	// CodeClock; to the step.
	Ahead time.Duration
}

// MatchCode compares a code with those of the secret around now. last is the step
// of the last code used.
func MatchCode(secret []byte, code string, now time.Time, last int64) CodeMatch {
	here := now.Unix() / int64(codeStep/time.Second)
	found := CodeMatch{}
	for _, d := range nearest(codeNear) {
		if subtle.ConstantTimeCompare([]byte(CodeAt(secret, here+d)), []byte(code)) != 1 || found.Result != CodeWrong {
			continue
		}
		found = CodeMatch{Step: here + d}
		switch {
		case d < -codeSkew || d > codeSkew:
			found.Result, found.Ahead = CodeClock, time.Duration(d)*codeStep
		case found.Step <= last:
			found.Result = CodeUsed
		default:
			found.Result = CodeFits
		}
	}
	return found
}

// nearest returns 0, -1, 1, -2, 2 ... to n: what is allowed comes first.
func nearest(n int64) []int64 {
	steps := []int64{0}
	for d := range n {
		steps = append(steps, -d-1, d+1)
	}
	return steps
}

// CodeAt returns the code of a time step (RFC 4226, RFC 6238).
func CodeAt(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	_ = binary.Write(mac, binary.BigEndian, step) // a hash takes everything
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", codeDigits, n%1_000_000)
}

// CurrentCode returns the code of the secret at now.
func CurrentCode(secret []byte, now time.Time) string {
	return CodeAt(secret, now.Unix()/int64(codeStep/time.Second))
}

// NewCodeSecret returns a random secret for one-time codes.
func NewCodeSecret() []byte {
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // cannot fail: the program would end
	return secret
}

// CodeSecretText returns the secret as people type it into an app: base 32, in
// groups of four.
func CodeSecretText(secret []byte) string {
	text := encodeSecret(secret)
	var groups []string
	for len(text) > 4 {
		groups = append(groups, text[:4])
		text = text[4:]
	}
	return strings.Join(append(groups, text), " ")
}

// ParseCodeSecret reads the text of a secret, blanks or not.
func ParseCodeSecret(text string) ([]byte, error) {
	secret, err := secretEncoding.DecodeString(strings.ToUpper(strings.ReplaceAll(text, " ", "")))
	if err != nil || len(secret) != secretSize {
		return nil, errors.New("secret is no base 32 text of 20 bytes")
	}
	return secret, nil
}

// CodeAddress returns the otpauth address that the QR code holds.
func CodeAddress(secret []byte, portal, user string) string {
	label := url.PathEscape(portal + ":" + user)
	return "otpauth://totp/" + label + "?secret=" + encodeSecret(secret) + "&issuer=" + strings.ReplaceAll(url.QueryEscape(portal), "+", "%20")
}

var secretEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

func encodeSecret(secret []byte) string { return secretEncoding.EncodeToString(secret) }
