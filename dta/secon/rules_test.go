package secon

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/big"
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

// DTA-5: keys of other lengths and kinds are refused before anything is computed
// with them.
func TestKeyBounds(t *testing.T) {
	t.Parallel()
	key := func(bits uint) any {
		n := new(big.Int).Lsh(big.NewInt(1), bits-1)
		return &rsa.PublicKey{N: n, E: 65537}
	}
	for _, tt := range []struct {
		key any
		ok  bool
	}{
		{key(minKeyBits - 1), false},
		{key(minKeyBits), true},
		{key(maxKeyBits), true},
		{key(maxKeyBits + 1), false},
		{&ecdsa.PublicKey{}, false},
		{nil, false}, // a key of a kind that x509 does not know
	} {
		if _, err := rsaKey(&x509.Certificate{PublicKey: tt.key}, minKeyBits); (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrProfile) {
			t.Errorf("%T: %v", tt.key, err)
		}
	}
}
