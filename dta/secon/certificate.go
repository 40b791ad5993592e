package secon

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// ErrIdentity is returned for a file that is no certificate with its RSA key.
var ErrIdentity = errors.New("no certificate with its RSA key")

// PrivateKey is a key in memory or in a hardware module.
type PrivateKey interface {
	crypto.Signer
	crypto.Decrypter
}

// Identity is a certificate of ours with its key. Old ones are kept for reading:
// a message names the certificate it was encrypted for.
type Identity struct {
	Certificate *x509.Certificate
	Key         PrivateKey
}

// ParseIdentity reads a PEM file with a certificate and its key in PKCS#8, in
// any order. The error holds nothing of the file.
func ParseIdentity(file []byte) (Identity, error) {
	var id Identity
	for block, rest := pem.Decode(file); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			if id.Certificate != nil {
				return Identity{}, fmt.Errorf("%w: several certificates", ErrIdentity)
			}
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return Identity{}, fmt.Errorf("%w: certificate unreadable", ErrIdentity)
			}
			id.Certificate = c
		case "PRIVATE KEY":
			key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			k, ok := key.(PrivateKey)
			if err != nil || !ok || id.Key != nil {
				return Identity{}, fmt.Errorf("%w: key unreadable, not RSA or twice", ErrIdentity)
			}
			id.Key = k
		}
	}
	if id.Certificate == nil || id.Key == nil {
		return Identity{}, ErrIdentity
	}
	key, err := rsaKey(id.Certificate, minLegacyKeyBits)
	if err != nil || !key.Equal(id.Key.Public()) {
		return Identity{}, fmt.Errorf("%w: key is not the certificate's", ErrIdentity)
	}
	return id, nil
}

// ikPrefix marks the organizational unit with the Institutionskennzeichen.
const ikPrefix = "IK"

// IKs returns the Institutionskennzeichen of the certificate, nine digits each:
// those of its organizational units (spec secon section 2). A certificate of the
// trust centres has one.
func IKs(c *x509.Certificate) []string {
	var iks []string
	for _, ou := range c.Subject.OrganizationalUnit {
		if ik, ok := strings.CutPrefix(ou, ikPrefix); ok && isIK(ik) {
			iks = append(iks, ik)
		}
	}
	return iks
}

func isIK(s string) bool {
	const digits = 9
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(s) == digits
}

// certificateID names a certificate: by issuer and serial number, or by the
// identifier of its key.
type certificateID struct {
	issuer []byte // DER of the name
	serial *big.Int
	keyID  []byte
}

// issuerAndSerial is IssuerAndSerialNumber (RFC 5652 10.2.4).
type issuerAndSerial struct {
	Issuer asn1.RawValue
	Serial *big.Int
}

// parseCertificateID reads a RecipientIdentifier or SignerIdentifier.
func parseCertificateID(v asn1.RawValue) (certificateID, bool) {
	if v.Class == asn1.ClassContextSpecific && v.Tag == 0 && !v.IsCompound {
		return certificateID{keyID: v.Bytes}, len(v.Bytes) > 0
	}
	var is issuerAndSerial
	if !unmarshal(v.FullBytes, &is) {
		return certificateID{}, false
	}
	return certificateID{issuer: is.Issuer.FullBytes, serial: is.Serial}, true
}

// names tells whether the identifier is the certificate's.
func (id certificateID) names(c *x509.Certificate) bool {
	if id.keyID != nil {
		return bytes.Equal(id.keyID, c.SubjectKeyId)
	}
	return id.serial.Cmp(c.SerialNumber) == 0 && sameName(id.issuer, c.RawIssuer)
}

// String returns the serial number and the issuing trust centre's name, which
// are no person's. What else a name has is left out.
func (id certificateID) String() string {
	if id.keyID != nil {
		return "Zertifikat nach Schlüsselkennung"
	}
	const longest = 64 // of OrganizationName, and more than a serial number's digits
	cut := func(s string) string {
		if r := []rune(s); len(r) > longest {
			return string(r[:longest]) + "…"
		}
		return s
	}
	var rdns pkix.RDNSequence
	var name pkix.Name
	if unmarshal(id.issuer, &rdns) {
		name.FillFromRDNSequence(&rdns)
	}
	return fmt.Sprintf("Zertifikat Nr. %s von %q", cut(id.serial.String()), cut(strings.Join(name.Organization, ", ")))
}

// sameName compares names by their decoded values: some write PrintableString
// where others write UTF8String (spec secon section 1, trap 2).
func sameName(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y pkix.RDNSequence
	if !unmarshal(a, &x) || !unmarshal(b, &y) || len(x) != len(y) {
		return false
	}
	for i := range x {
		if !sameRDN(x[i], y[i]) {
			return false
		}
	}
	return true
}

func sameRDN(x, y pkix.RelativeDistinguishedNameSET) bool {
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		v, ok1 := x[i].Value.(string)
		w, ok2 := y[i].Value.(string)
		if !ok1 || !ok2 || !x[i].Type.Equal(y[i].Type) || v != w {
			return false
		}
	}
	return true
}
