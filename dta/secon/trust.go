package secon

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrRevocationList is returned for a revocation list that none of the given
// trust centre certificates has signed.
var ErrRevocationList = errors.New("revocation list is not signed by a known trust centre")

// The key usages of which a certificate needs one; without any it is for all.
const (
	mayUseToSign    = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	mayUseToEncrypt = x509.KeyUsageKeyEncipherment
)

// Anchors are the certificates that the operator trusts, and what is known about
// others.
type Anchors struct {
	Roots    []*x509.Certificate    // the trust centres' root
	CAs      []*x509.Certificate    // the trust centres' certificates below it
	Partners []*x509.Certificate    // candidates for signers whose message brings no certificate
	CRLs     []*x509.RevocationList // revocation lists of Roots and CAs
}

// Trust decides about certificates. It is safe for concurrent use.
type Trust struct {
	roots    *x509.CertPool
	cas      []*x509.Certificate
	partners []*x509.Certificate
	crls     []revocations
}

// revocations is a list with the certificate of the one who signed it: several
// generations of a trust centre share one name (spec secon section 1, trap 5).
type revocations struct {
	issuer *x509.Certificate
	list   *x509.RevocationList
}

// NewTrust returns the decider for the anchors, or ErrRevocationList.
func NewTrust(a Anchors) (*Trust, error) {
	t := &Trust{roots: x509.NewCertPool(), partners: a.Partners}
	var roots []*x509.Certificate
	for _, c := range a.Roots {
		c = asCA(c)
		t.roots.AddCert(c)
		roots = append(roots, c)
	}
	for _, c := range a.CAs {
		t.cas = append(t.cas, asCA(c))
	}
	for i, list := range a.CRLs {
		issuer := issuerOf(list, slices.Concat(roots, t.cas))
		if issuer == nil {
			return nil, fmt.Errorf("%w: list %d", ErrRevocationList, i+1)
		}
		t.crls = append(t.crls, revocations{issuer, list})
	}
	return t, nil
}

// asCA lets an operator's trust centre certificate without BasicConstraints
// issue others: x509 refuses those of version 3 (spec secon section 1, trap 4).
// Certificates out of messages never come here.
func asCA(c *x509.Certificate) *x509.Certificate {
	if c.BasicConstraintsValid {
		return c
	}
	ca := *c
	ca.BasicConstraintsValid, ca.IsCA, ca.MaxPathLen = true, true, -1
	return &ca
}

func issuerOf(list *x509.RevocationList, cas []*x509.Certificate) *x509.Certificate {
	for _, c := range cas {
		if bytes.Equal(c.RawSubject, list.RawIssuer) && list.CheckSignatureFrom(c) == nil {
			return c
		}
	}
	return nil
}

// Check tells whether the certificate may be used for one of the purposes: it
// holds at the time, a trust centre has issued it, and no list has revoked it.
// A certificate without key usage is for all; those of the trust centres are.
//
// revocationAsOf is when the list was made that was asked about the certificate;
// zero if there is none. The error is an *Error.
func (t *Trust) Check(c *x509.Certificate, purposes x509.KeyUsage, at time.Time) (revocationAsOf time.Time, err error) {
	return t.check(c, nil, purposes, at)
}

// check is Check with certificates out of a message, which may stand between
// the certificate and a root but are not trusted.
func (t *Trust) check(c *x509.Certificate, between []*x509.Certificate, purposes x509.KeyUsage, at time.Time) (time.Time, error) {
	if at.Before(c.NotBefore) || at.After(c.NotAfter) {
		return time.Time{}, refuse(ErrExpired, validity(c), "")
	}
	if c.KeyUsage != 0 && c.KeyUsage&purposes == 0 {
		return time.Time{}, &Error{Kind: ErrKeyUsage}
	}
	opts := x509.VerifyOptions{
		Roots: t.roots, Intermediates: x509.NewCertPool(), CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}
	for _, ca := range slices.Concat(t.cas, between) {
		opts.Intermediates.AddCert(ca)
	}
	chains, err := c.Verify(opts)
	if err != nil {
		return time.Time{}, refuse(ErrUntrusted, untrusted(err), "")
	}
	return t.unrevoked(chains, at)
}

// untrusted says in words why no chain was found; nothing of the certificate.
func untrusted(err error) string {
	var invalid x509.CertificateInvalidError
	if !errors.As(err, &invalid) {
		return ""
	}
	if invalid.Reason == x509.Expired {
		return "abgelaufenes Zertifikat des Trustcenters"
	}
	return "Zertifikatskette mit unzulässigem Zertifikat"
}

// validity names the span of the certificate.
func validity(c *x509.Certificate) string {
	return fmt.Sprintf("gültig vom %s bis %s", c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly))
}

// unrevoked wants one chain that no list breaks.
func (t *Trust) unrevoked(chains [][]*x509.Certificate, at time.Time) (time.Time, error) {
	for _, chain := range chains {
		asOf, broken := time.Time{}, false
		for i := range len(chain) - 1 {
			revoked, known := t.ask(chain[i], chain[i+1], at)
			broken = broken || revoked
			if i == 0 {
				asOf = known
			}
		}
		if !broken {
			return asOf, nil
		}
	}
	return time.Time{}, &Error{Kind: ErrRevoked}
}

// ask looks the certificate up in the lists of its issuer and returns when the
// newest of them was made.
func (t *Trust) ask(c, issuer *x509.Certificate, at time.Time) (revoked bool, asOf time.Time) {
	const removeFromCRL = 8 // RFC 5280 5.3.1: no longer on hold
	for _, r := range t.crls {
		if !bytes.Equal(r.issuer.RawSubjectPublicKeyInfo, issuer.RawSubjectPublicKeyInfo) || !bytes.Equal(r.issuer.RawSubject, issuer.RawSubject) {
			continue
		}
		if r.list.ThisUpdate.After(asOf) {
			asOf = r.list.ThisUpdate
		}
		for i := range r.list.RevokedCertificateEntries {
			e := &r.list.RevokedCertificateEntries[i]
			if e.SerialNumber.Cmp(c.SerialNumber) == 0 && e.ReasonCode != removeFromCRL && !e.RevocationTime.After(at) {
				revoked = true
			}
		}
	}
	return revoked, asOf
}
