package apikey

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"strings"
)

// The text of a key is klb_<id>_<secret><check>: a prefix by which leaked keys
// are found, the public id, 256 random bits, and a checksum that tells a typing
// error from a wrong key without asking the database. All parts are in the
// alphabet of Crockford's base 32, in lower case.
const (
	tokenPrefix  = "klb_"
	idLength     = 10 // 50 bits: unique, not secret
	secretLength = 52 // 256 bits
	checkLength  = 7  // CRC-32
)

var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// token is the text of a key in its parts.
type token struct {
	id     string
	secret []byte
}

func newToken() token {
	t := token{secret: make([]byte, 32)}
	id := make([]byte, 7)
	_, _ = rand.Read(id) // cannot fail: the program would end
	_, _ = rand.Read(t.secret)
	t.id = encoding.EncodeToString(id)[:idLength]
	return t
}

// String returns the text, check part included.
func (t token) String() string {
	text := tokenPrefix + t.id + "_" + encoding.EncodeToString(t.secret)
	return text + checksum(text)
}

func checksum(text string) string {
	return encoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(text))))
}

// parseToken reads the text of a key; ok is false if it is none.
func parseToken(text string) (t token, ok bool) {
	const length = len(tokenPrefix) + idLength + 1 + secretLength + checkLength
	rest, prefixed := strings.CutPrefix(text, tokenPrefix)
	if !prefixed || len(text) != length || rest[idLength] != '_' || checksum(text[:length-checkLength]) != text[length-checkLength:] {
		return token{}, false
	}
	secret, err := encoding.DecodeString(rest[idLength+1 : idLength+1+secretLength])
	t = token{id: rest[:idLength], secret: secret}
	return t, err == nil
}
