// Package testca makes throw-away trust centres and certificates in the form of
// the real ones (spec secon section 2), for tests and for the demonstration. What
// it makes proves nothing: its names say so, and no real centre may trust it.
package testca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // RFC 5280 4.2.1.2 names keys by it; nothing depends on its strength
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"

	"klarbeleg/dta/secon"
)

// KeyBits is the length of the keys that the profile asks for.
const KeyBits = 4096

// firstSerial is near the serial numbers of the real trust centres.
const firstSerial = 200_000

// centre is the name under which certificates are issued.
const centre = "TEST TrustCenter ohne Vertrauen"

// CA is a trust centre whose key lives in memory only.
type CA struct {
	// Certificate is its own, self-signed.
	Certificate *x509.Certificate
	key         crypto.Signer
	next        int64
}

// New returns a trust centre that holds for ten years around now.
func New(now time.Time) (*CA, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("test trust centre: %w", err)
	}
	subject, err := name(centre)
	if err != nil {
		return nil, err
	}
	id, err := keyID(key.Public())
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), RawSubject: subject, NotBefore: now.AddDate(-5, 0, 0), NotAfter: now.AddDate(5, 0, 0),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: id,
	}
	c, err := create(template, template, key.Public(), key)
	return &CA{Certificate: c, key: key, next: firstSerial}, err
}

// Subject says for whom and for how long a certificate is.
type Subject struct {
	IK                  string // nine digits
	NotBefore, NotAfter time.Time
	// Key is used again instead of a new one of KeyBits, which takes seconds.
	Key *rsa.PrivateKey
}

// Issue returns a new certificate with its key, in the form of the trust centres:
// without key usage, basic constraints and key identifier of its own.
func (ca *CA) Issue(s Subject) (secon.Identity, error) {
	if s.Key == nil {
		var err error
		if s.Key, err = rsa.GenerateKey(rand.Reader, KeyBits); err != nil {
			return secon.Identity{}, fmt.Errorf("test key: %w", err)
		}
	}
	subject, err := name(centre, "Testinstitution", "IK"+s.IK)
	if err != nil {
		return secon.Identity{}, err
	}
	ca.next++
	c, err := create(&x509.Certificate{
		SerialNumber: big.NewInt(ca.next), RawSubject: subject, NotBefore: s.NotBefore, NotAfter: s.NotAfter,
	}, ca.Certificate, s.Key.Public(), ca.key)
	return secon.Identity{Certificate: c, Key: s.Key}, err
}

// RevocationList returns a list made at the time that revokes the certificates, in
// DER. It is to be renewed after a week.
func (ca *CA) RevocationList(at time.Time, revoked ...*x509.Certificate) ([]byte, error) {
	const week = 7 * 24 * time.Hour
	list := &x509.RevocationList{Number: big.NewInt(at.Unix()), ThisUpdate: at, NextUpdate: at.Add(week)}
	for _, c := range revoked {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: c.SerialNumber, RevocationTime: at})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, ca.Certificate, ca.key)
	if err != nil {
		return nil, fmt.Errorf("test revocation list: %w", err)
	}
	return der, nil
}

// CertificatePEM returns the certificate in PEM.
func CertificatePEM(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// IdentityPEM returns certificate and key as secon.ParseIdentity reads them.
func IdentityPEM(id secon.Identity) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(id.Key)
	if err != nil {
		return nil, errors.New("test identity: key cannot be written") // the cause might quote the key
	}
	return append(CertificatePEM(id.Certificate), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...), nil
}

func create(template, parent *x509.Certificate, key crypto.PublicKey, signer crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key, signer)
	if err != nil {
		return nil, fmt.Errorf("test certificate: %w", err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("test certificate: %w", err)
	}
	return c, nil
}

// name returns a name of country, organization and units, one set each.
func name(organization string, units ...string) ([]byte, error) {
	attribute := func(last int, value string) pkix.RelativeDistinguishedNameSET {
		return pkix.RelativeDistinguishedNameSET{{Type: asn1.ObjectIdentifier{2, 5, 4, last}, Value: value}}
	}
	const country, org, unit = 6, 10, 11
	rdns := pkix.RDNSequence{attribute(country, "DE"), attribute(org, organization)}
	for _, u := range units {
		rdns = append(rdns, attribute(unit, u))
	}
	der, err := asn1.Marshal(rdns)
	if err != nil {
		return nil, fmt.Errorf("test name: %w", err)
	}
	return der, nil
}

func keyID(key crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("test key: %w", err)
	}
	sum := sha1.Sum(der) //nolint:gosec // a name, see above
	return sum[:], nil
}
