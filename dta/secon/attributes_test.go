package secon

import (
	"errors"
	"testing"
)

// DTA-5: content type and digest must be among the signed attributes, once each
// and with one value; unknown ones are ignored.
func TestSignedAttributes(t *testing.T) {
	t.Parallel()
	digest := []byte("0123456789abcdef0123456789abcdef")
	attr := func(id string, values ...[]byte) []byte {
		return element(idSequence, oid(id), element(idSet, values...))
	}
	kind, sum := attr(oidContentType, oid(oidData)), attr(oidMessageDigest, element(idOctets, digest))
	other := attr("1.2.3.4", integer(1))
	tests := []struct {
		name string
		set  []byte
		ok   bool
	}{
		{"both", element(idSet, kind, sum), true},
		{"an unknown one", element(idSet, other, kind, sum), true},
		{"no content type", element(idSet, sum), false},
		{"no digest", element(idSet, kind), false},
		{"none", element(idSet), false},
		{"digest twice", element(idSet, kind, sum, sum), false},
		{"unknown twice", element(idSet, other, other, kind, sum), false},
		{"another digest", element(idSet, kind, attr(oidMessageDigest, element(idOctets, digest[1:]))), false},
		{"two digests in one", element(idSet, kind, attr(oidMessageDigest, element(idOctets, digest), element(idOctets, digest))), false},
		{"digest without value", element(idSet, kind, attr(oidMessageDigest)), false},
		{"another content type", element(idSet, attr(oidContentType, oid(oidSignedData)), sum), false},
		{"no time", element(idSet, kind, sum, attr(oidSigningTime, integer(1))), false},
		{"digest in a sequence", element(idSet, kind, element(idSequence, oid(oidMessageDigest), element(idSequence, element(idOctets, digest)))), false},
		{"behind the set", append(element(idSet, kind, sum), 0), false},
		{"no set", element(idSequence, kind, sum), false},
	}
	for _, tt := range tests {
		if _, err := checkAttributes(tt.set, digest); (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
