package gen

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"
)

// signer signs documents as CMS SignedData (RFC 5652) with a key that everybody
// can compute: nobody may trust its certificate, and the same document has the
// same container each time.
type signer struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newSigner() (*signer, error) {
	secret := sha256.Sum256([]byte("TEST ONLY: key of the synthetic deliveries"))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret[:])
	if err != nil {
		return nil, fmt.Errorf("key of the containers: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "TEST ONLY"},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC),
	}
	raw, err := x509.CreateCertificate(nil, template, template, key.Public(), key) // no random source: RFC 6979
	if err != nil {
		return nil, fmt.Errorf("certificate of the containers: %w", err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, fmt.Errorf("certificate of the containers: %w", err)
	}
	return &signer{key, cert}, nil
}

// Object identifiers of RFC 5652 and RFC 5754.
func oidData() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1} }

func oidSignedData() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2} }

func oidType() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3} }

func oidDigest() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4} }

func oidSHA256() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1} }

func oidECDSA() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2} }

type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content asn1.RawValue
}

type attribute struct {
	Type   asn1.ObjectIdentifier
	Values []asn1.RawValue `asn1:"set"`
}

type issuerAndSerial struct {
	Issuer asn1.RawValue
	Serial *big.Int
}

type signerInfo struct {
	Version         int
	SID             issuerAndSerial
	DigestAlgorithm pkix.AlgorithmIdentifier
	Attributes      asn1.RawValue
	Algorithm       pkix.AlgorithmIdentifier
	Signature       []byte
}

type signedData struct {
	Version      int
	Digests      []pkix.AlgorithmIdentifier `asn1:"set"`
	Content      contentInfo
	Certificates asn1.RawValue
	Signers      []signerInfo `asn1:"set"`
}

// sign returns the container of a document. damaged gives one whose signature does
// not fit.
func (s *signer) sign(document []byte, damaged bool) ([]byte, error) {
	digest := sha256.Sum256(document)
	if damaged {
		digest[0] ^= 1
	}
	set, err := attributes(digest[:])
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(set) // as SET OF
	signature, err := s.key.Sign(nil, hash[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("sign container: %w", err)
	}
	implicit := append([]byte{0xA0}, set[1:]...)
	content, err := tagged(0, document)
	if err != nil {
		return nil, err
	}
	inner := signedData{
		Version: 1, Digests: []pkix.AlgorithmIdentifier{{Algorithm: oidSHA256()}},
		Content:      contentInfo{oidData(), content},
		Certificates: asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: s.cert.Raw},
		Signers: []signerInfo{{
			Version: 1, SID: issuerAndSerial{asn1.RawValue{FullBytes: s.cert.RawIssuer}, s.cert.SerialNumber},
			DigestAlgorithm: pkix.AlgorithmIdentifier{Algorithm: oidSHA256()}, Attributes: asn1.RawValue{FullBytes: implicit},
			Algorithm: pkix.AlgorithmIdentifier{Algorithm: oidECDSA()}, Signature: signature,
		}},
	}
	explicit, err := tagged(0, inner)
	if err != nil {
		return nil, err
	}
	return marshal(contentInfo{oidSignedData(), explicit})
}

// attributes returns the signed attributes as a SET OF in DER.
func attributes(digest []byte) ([]byte, error) {
	kind, err := marshal(oidData())
	if err != nil {
		return nil, err
	}
	value, err := marshal(digest)
	if err != nil {
		return nil, err
	}
	list := []attribute{
		{oidType(), []asn1.RawValue{{FullBytes: kind}}},
		{oidDigest(), []asn1.RawValue{{FullBytes: value}}},
	}
	raw, err := asn1.MarshalWithParams(list, "set")
	if err != nil {
		return nil, fmt.Errorf("encode container: %w", err)
	}
	return raw, nil
}

// tagged returns a value inside of an explicit context tag.
func tagged(tag int, v any) (asn1.RawValue, error) {
	raw, err := marshal(v)
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: true, Bytes: raw}, err
}

func marshal(v any) ([]byte, error) {
	raw, err := asn1.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode container: %w", err)
	}
	return raw, nil
}
