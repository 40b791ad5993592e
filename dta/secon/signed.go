package secon

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"
)

const (
	// maxCertificates of a message: a chain has three.
	maxCertificates = 16
	// maxCertificate bounds one certificate; those of the trust centres have 2 KB.
	maxCertificate = 64 << 10
)

// signerInfo is SignerInfo (RFC 5652 5.3).
type signerInfo struct {
	Version            int
	ID                 asn1.RawValue
	DigestAlgorithm    pkix.AlgorithmIdentifier
	SignedAttributes   asn1.RawValue `asn1:"optional,tag:0"`
	SignatureAlgorithm pkix.AlgorithmIdentifier
	Signature          []byte
	UnsignedAttributes asn1.RawValue `asn1:"optional,tag:1"`
}

// attribute is Attribute (RFC 5652 5.3) with its values as one SET.
type attribute struct {
	Type   asn1.ObjectIdentifier
	Values asn1.RawValue
}

// signedMessage is a SignedData (RFC 5652 5.1) whose content has been read.
type signedMessage struct {
	certificates []*x509.Certificate // from the message: candidates, not trusted
	info         signerInfo
	hash         hash.Hash // of the content
	size         int64     // of the content

	signer *x509.Certificate
	legacy bool // signature or key are those before the profile
}

// readSigned reads a SignedData and writes its content to dst. Everything is
// checked here that does not need the signature's arithmetic.
func readSigned(b *berReader, dst io.Writer, o *Options) (*signedMessage, error) {
	if err := enterSigned(b); err != nil {
		return nil, err
	}
	m := &signedMessage{hash: sha256.New()}
	if err := m.readContent(b, dst, o.maxBytes()); err != nil {
		return nil, err
	}
	h, err := m.readCertificates(b)
	if err != nil {
		return nil, err
	}
	if err := m.readSigner(b, h); err != nil {
		return nil, err
	}
	if err := b.leave(3); err != nil { // SignedData, the explicit tag, ContentInfo
		return nil, err
	}
	return m, m.findSigner(o)
}

// enterSigned opens the message up to the content.
func enterSigned(b *berReader) error {
	head, err := b.r.Peek(HeadSize)
	if err := ignoreEOF(err); err != nil {
		return err
	}
	if kind := KindOf(head); kind != KindCMS {
		if kind == KindUnknown {
			return b.fail(ErrDecryption)
		}
		return refuse(ErrNotSigned, kind.String(), "SignedData")
	}
	if err := b.into(idSequence); err != nil {
		return err
	}
	oid, err := readOID(b)
	if err != nil {
		return err
	}
	if oid.String() != oidSignedData {
		return refuse(ErrNotSigned, algorithmName(oid), "SignedData")
	}
	if err := b.into(idContext0C, idSequence); err != nil {
		return err
	}
	if _, err := b.wantElement(idInteger); err != nil { // the version follows from the rest
		return err
	}
	_, err = b.wantElement(idSet) // the signer's digest algorithm counts, not this list
	return err
}

func (m *signedMessage) readContent(b *berReader, dst io.Writer, limit int64) error {
	if err := b.into(idSequence); err != nil {
		return err
	}
	oid, err := readOID(b)
	if err != nil {
		return err
	}
	if oid.String() != oidData {
		return refuse(ErrProfile, algorithmName(oid), wantContentTypeData)
	}
	h, ok, err := b.next()
	if err != nil {
		return err
	}
	if !ok {
		return &Error{Kind: ErrDetached}
	}
	if h.id != idContext0C {
		return b.fail(ErrMalformed)
	}
	if err := b.enter(h); err != nil {
		return err
	}
	if h, ok, err = b.next(); err != nil {
		return err
	}
	if !ok || h.id&^constructed != idOctets {
		return b.fail(ErrMalformed)
	}
	content, err := b.octets(h)
	if err != nil {
		return err
	}
	if err := m.copyContent(dst, content, limit); err != nil {
		return err
	}
	return b.leave(2)
}

func (m *signedMessage) copyContent(dst io.Writer, content io.Reader, limit int64) error {
	buf := make([]byte, bufferSize)
	for {
		n, err := content.Read(buf)
		if m.size += int64(n); m.size > limit {
			return refuse(ErrTooLarge, "", fmt.Sprintf("höchstens %d Byte", limit))
		}
		m.hash.Write(buf[:n])
		if _, err := dst.Write(buf[:n]); err != nil {
			return fmt.Errorf("write payload: %w", err)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// readCertificates reads certificates and revocation lists of the message and
// returns the head of what follows them.
func (m *signedMessage) readCertificates(b *berReader) (header, error) {
	h, ok, err := b.next()
	if err == nil && ok && h.id == idContext0C {
		if err := b.enter(h); err != nil {
			return header{}, err
		}
		if err := m.readCertificateSet(b); err != nil {
			return header{}, err
		}
		h, ok, err = b.next()
	}
	if err == nil && ok && h.id == idContext1C { // revocation lists: ours come from the trust centre
		if _, err := b.element(nil, h); err != nil {
			return header{}, err
		}
		h, ok, err = b.next()
	}
	if err == nil && (!ok || h.id != idSet) {
		err = b.fail(ErrMalformed)
	}
	return h, err
}

func (m *signedMessage) readCertificateSet(b *berReader) error {
	for n := 0; ; n++ {
		h, ok, err := b.next()
		if err != nil || !ok {
			return err
		}
		der, err := b.element(nil, h)
		if err != nil {
			return err
		}
		if n == maxCertificates || len(der) > maxCertificate {
			return b.fail(ErrMalformed)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			continue // of another kind; a signer without certificate is refused later
		}
		if _, err := rsaKey(c, minLegacyKeyBits); err == nil {
			m.certificates = append(m.certificates, c)
		}
	}
}

// readSigner reads the one SignerInfo.
func (m *signedMessage) readSigner(b *berReader, set header) error {
	if err := b.enter(set); err != nil {
		return err
	}
	h, ok, err := b.next()
	if err != nil {
		return err
	}
	if !ok {
		return &Error{Kind: ErrNotSigned}
	}
	der, err := b.element(nil, h)
	if err != nil {
		return err
	}
	if !unmarshal(der, &m.info) {
		return b.fail(ErrMalformed)
	}
	if _, more, err := b.next(); err != nil {
		return err
	} else if more {
		return &Error{Kind: ErrSigners}
	}
	return nil
}

// findSigner checks the algorithms and finds the signer's certificate.
func (m *signedMessage) findSigner(o *Options) error {
	if found := checkSHA256(m.info.DigestAlgorithm); found != "" {
		return refuse(ErrProfile, found, wantDigest)
	}
	old, err := checkSignatureAlgorithm(m.info.SignatureAlgorithm)
	if err != nil {
		return err
	}
	if old && !o.legacy() {
		return refuse(ErrProfile, algorithmName(m.info.SignatureAlgorithm.Algorithm), wantSignature)
	}
	id, ok := parseCertificateID(m.info.ID)
	if !ok {
		return &Error{Kind: ErrDecryption}
	}
	for _, candidates := range [][]*x509.Certificate{m.certificates, o.Trust.partners} {
		for _, c := range candidates {
			if !id.names(c) {
				continue
			}
			key, err := rsaKey(c, o.minKeyBits())
			if err != nil {
				return err
			}
			m.signer, m.legacy = c, old || key.N.BitLen() < minKeyBits
			return nil
		}
	}
	return refuse(ErrSignerUnknown, id.String(), "")
}

// verify checks the signature over the content and returns the time that the
// signer claims, zero if he claims none.
func (m *signedMessage) verify() (signed time.Time, err error) {
	digest := m.hash.Sum(nil)
	if attributes := m.info.SignedAttributes.FullBytes; len(attributes) > 0 {
		// What is signed is the SET of them; in the message it has another tag.
		set := bytes.Clone(attributes)
		set[0] = idSet
		if signed, err = checkAttributes(set, digest); err != nil {
			return time.Time{}, err
		}
		sum := sha256.Sum256(set)
		digest = sum[:]
	}
	key, err := rsaKey(m.signer, minLegacyKeyBits)
	if err != nil {
		return time.Time{}, err
	}
	pkcs1 := m.info.SignatureAlgorithm.Algorithm.String() != oidPSS
	if !verify(key, digest, m.info.Signature, pkcs1) {
		return time.Time{}, &Error{Kind: ErrSignature}
	}
	return signed, nil
}

// checkAttributes wants content type and digest of the content among the signed
// attributes, once each.
func checkAttributes(set, digest []byte) (signed time.Time, err error) {
	var attributes []attribute
	if rest, err := asn1.UnmarshalWithParams(set, &attributes, "set"); err != nil || len(rest) > 0 {
		return time.Time{}, &Error{Kind: ErrSignature}
	}
	seen := make(map[string]bool, len(attributes))
	for _, a := range attributes {
		kind, ok := a.Type.String(), a.Values.Tag == asn1.TagSet && a.Values.IsCompound
		switch {
		case seen[kind]:
			ok = false
		case kind == oidContentType:
			var value asn1.ObjectIdentifier
			ok = ok && unmarshal(a.Values.Bytes, &value) && value.String() == oidData
		case kind == oidMessageDigest:
			var value []byte
			ok = ok && unmarshal(a.Values.Bytes, &value) && bytes.Equal(value, digest)
		case kind == oidSigningTime:
			ok = ok && unmarshal(a.Values.Bytes, &signed)
		}
		if !ok {
			return time.Time{}, &Error{Kind: ErrSignature}
		}
		seen[kind] = true
	}
	if !seen[oidContentType] || !seen[oidMessageDigest] {
		return time.Time{}, &Error{Kind: ErrSignature}
	}
	return signed, nil
}
