package secon

import (
	"crypto/x509"
	"encoding/asn1"
	"fmt"
)

// appendHead appends identifier and definite length as DER.
func appendHead(dst []byte, id byte, length int64) []byte {
	dst = append(dst, id)
	if length < 0x80 {
		return append(dst, byte(length))
	}
	n := 1
	for l := length >> 8; l > 0; l >>= 8 {
		n++
	}
	dst = append(dst, 0x80|byte(n))
	for n--; n >= 0; n-- {
		dst = append(dst, byte(length>>(8*n)))
	}
	return dst
}

// element returns an element of the given parts as DER.
func element(id byte, parts ...[]byte) []byte {
	length := 0
	for _, p := range parts {
		length += len(p)
	}
	dst := appendHead(make([]byte, 0, length+maxLengthBytes), id, int64(length))
	for _, p := range parts {
		dst = append(dst, p...)
	}
	return dst
}

// integer returns a small INTEGER.
func integer(n byte) []byte { return []byte{idInteger, 1, n} }

// oid returns an object identifier given in dotted form. It panics on what is
// none: the forms are constants of this package.
func oid(dotted string) []byte {
	id, err := x509.ParseOID(dotted)
	if err != nil {
		panic("secon: no object identifier: " + dotted)
	}
	content, err := id.MarshalBinary()
	if err != nil {
		panic("secon: no object identifier: " + dotted)
	}
	return element(idOID, content)
}

// sha256Algorithm returns the AlgorithmIdentifier without parameters (RFC 5754 2).
func sha256Algorithm() []byte { return element(idSequence, oid(oidSHA256)) }

// hashAndMGF returns the parameters that RSASSA-PSS and RSAES-OAEP share. All are
// written out: what is left out would be SHA-1.
func hashAndMGF() []byte {
	mgf := element(idSequence, oid(oidMGF1), sha256Algorithm())
	return append(element(idContext0C, sha256Algorithm()), element(idContext1C, mgf)...)
}

func pssAlgorithm() []byte {
	salt := element(idContext2C, integer(saltLength))
	trailer := element(idContext3C, integer(trailerField))
	return element(idSequence, oid(oidPSS), element(idSequence, hashAndMGF(), salt, trailer))
}

func oaepAlgorithm() []byte {
	label := element(idContext2C, element(idSequence, oid(oidPSpecified), element(idOctets)))
	return element(idSequence, oid(oidOAEP), element(idSequence, hashAndMGF(), label))
}

func cipherAlgorithm(iv []byte) []byte {
	return element(idSequence, oid(oidAES256CBC), element(idOctets, iv))
}

// marshalID names a certificate by issuer and serial number: the trust centres'
// have no key identifier (spec secon section 1, trap 3).
func marshalID(c *x509.Certificate) ([]byte, error) {
	der, err := asn1.Marshal(issuerAndSerial{asn1.RawValue{FullBytes: c.RawIssuer}, c.SerialNumber})
	if err != nil {
		return nil, fmt.Errorf("seal: name certificate: %w", err)
	}
	return der, nil
}
