package ta7

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha256" // digest of the containers
	_ "crypto/sha512" // digest of the containers
	"crypto/x509"
)

// maxSigners bounds the signatures of one container; an E-Rezept has one.
const maxSigners = 8

// signature checks all signatures against the content and the certificates in
// the container (RFC 5652 sections 5.4 and 5.6). Whom to trust is not asked.
func (d *signedData) signature() Signatur {
	if len(d.signers) == 0 {
		return SignaturFehlt
	}
	if len(d.signers) > maxSigners {
		return SignaturNichtPruefbar
	}
	var certs []*x509.Certificate
	for _, c := range d.certificates {
		if cert, err := x509.ParseCertificate(c.raw); err == nil {
			certs = append(certs, cert)
		}
	}
	result := SignaturRichtig
	for _, s := range d.signers {
		result = min(result, d.signer(s, certs))
	}
	return result
}

// signerInfo is the part of a SignerInfo that is needed.
type signerInfo struct {
	sid, attributes, signature ber
	hash                       crypto.Hash
	algorithm                  ber
}

// signer checks one SignerInfo.
func (d *signedData) signer(v ber, certs []*x509.Certificate) Signatur {
	s, ok := parseSigner(v)
	if !ok {
		return SignaturNichtPruefbar
	}
	h := s.hash.New()
	h.Write(d.content)
	signed := h.Sum(nil)
	if s.attributes.raw != nil {
		if !bytes.Equal(messageDigest(s.attributes), signed) {
			return SignaturFalsch
		}
		// The signature covers the attributes as a SET OF in DER.
		h.Reset()
		h.Write([]byte{tagSet})
		h.Write(s.attributes.raw[1:])
		signed = h.Sum(nil)
	}
	cert := s.certificate(certs)
	if cert == nil {
		return SignaturNichtPruefbar
	}
	return s.verify(cert.PublicKey, signed)
}

func parseSigner(v ber) (s signerInfo, ok bool) {
	parts, err := v.children()
	if err != nil || len(parts) < 5 {
		return s, false
	}
	s.sid = parts[1]
	digest, err := parts[2].children()
	if err != nil || len(digest) == 0 {
		return s, false
	}
	s.hash = hashOf(digest[0].content)
	next := 3
	if parts[3].tag == tagContext0 {
		s.attributes, next = parts[3], 4
		if s.attributes.indefinite {
			return s, false // not the DER that was signed
		}
	}
	if len(parts) < next+2 || parts[next+1].tag != tagOctetString {
		return s, false
	}
	algorithm, err := parts[next].children()
	if err != nil || len(algorithm) == 0 {
		return s, false
	}
	s.algorithm, s.signature = algorithm[0], parts[next+1]
	return s, s.hash != 0
}

// hashOf returns the hash function of an object identifier, 0 if it is unknown.
func hashOf(oid []byte) crypto.Hash {
	sha2 := []byte{0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02}
	if len(oid) != 9 || !bytes.Equal(oid[:8], sha2) {
		return 0
	}
	switch oid[8] {
	case 1:
		return crypto.SHA256
	case 2:
		return crypto.SHA384
	case 3:
		return crypto.SHA512
	}
	return 0
}

// messageDigest returns the value of the attribute of that name.
func messageDigest(attributes ber) []byte {
	list, err := attributes.children()
	if err != nil {
		return nil
	}
	for _, a := range list {
		parts, err := a.children()
		if err != nil || len(parts) != 2 || !bytes.Equal(parts[0].content, oidDigest) {
			continue
		}
		values, err := parts[1].children()
		if err != nil || len(values) != 1 {
			return nil
		}
		return values[0].content
	}
	return nil
}

// certificate returns the signer's: named by issuer and serial number, or by the
// key identifier.
func (s *signerInfo) certificate(certs []*x509.Certificate) *x509.Certificate {
	if s.sid.tag == 0x80 {
		for _, c := range certs {
			if bytes.Equal(c.SubjectKeyId, s.sid.content) {
				return c
			}
		}
		return nil
	}
	parts, err := s.sid.children()
	if err != nil || len(parts) != 2 {
		return nil
	}
	for _, c := range certs {
		if bytes.Equal(c.RawIssuer, parts[0].raw) && bytes.Equal(c.SerialNumber.Bytes(), bytes.TrimLeft(parts[1].content, "\x00")) {
			return c
		}
	}
	return nil
}

// oidPSS is RSASSA-PSS.
var oidPSS = []byte{0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A}

func (s *signerInfo) verify(key crypto.PublicKey, digest []byte) Signatur {
	ok := false
	switch key := key.(type) {
	case *rsa.PublicKey:
		if bytes.Equal(s.algorithm.content, oidPSS) {
			ok = rsa.VerifyPSS(key, s.hash, digest, s.signature.content, nil) == nil
		} else {
			ok = rsa.VerifyPKCS1v15(key, s.hash, digest, s.signature.content) == nil
		}
	case *ecdsa.PublicKey:
		ok = ecdsa.VerifyASN1(key, digest, s.signature.content)
	default:
		return SignaturNichtPruefbar
	}
	if ok {
		return SignaturRichtig
	}
	return SignaturFalsch
}
