package secon

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
)

// maxRecipients bounds the recipients of a message (spec secon section 1).
const maxRecipients = 1000

// keyTransRecipient is KeyTransRecipientInfo (RFC 5652 6.2.1).
type keyTransRecipient struct {
	Version      int
	ID           asn1.RawValue
	Algorithm    pkix.AlgorithmIdentifier
	EncryptedKey []byte
}

// envelope is an EnvelopedData (RFC 5652 6.1) up to its content.
type envelope struct {
	recipient *Identity // ours
	wrapped   keyTransRecipient
	legacy    bool       // the key transport is the one before the profile
	content   *cbcReader // decrypts
}

// readEnvelope reads a message up to its content.
func readEnvelope(b *berReader, o *Options) (*envelope, error) {
	if err := enterEnveloped(b); err != nil {
		return nil, err
	}
	e := &envelope{}
	if err := e.readRecipients(b, o); err != nil {
		return nil, err
	}
	iv, content, err := readContentHead(b)
	if err != nil {
		return nil, err
	}
	key, err := e.unwrap(o)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, &Error{Kind: ErrDecryption}
	}
	e.content = newCBCReader(content, cipher.NewCBCDecrypter(block, iv))
	return e, nil
}

// enterEnveloped opens the message up to its recipients.
func enterEnveloped(b *berReader) error {
	if err := b.into(idSequence); err != nil {
		return err
	}
	oid, err := readOID(b)
	if err != nil {
		return err
	}
	if oid.String() != oidEnvelopedData {
		return refuse(ErrProfile, algorithmName(oid), wantEnveloped)
	}
	if err := b.into(idContext0C, idSequence); err != nil {
		return err
	}
	_, err = b.wantElement(idInteger) // the version follows from the rest
	return err
}

// readOID reads an object identifier.
func readOID(b *berReader) (asn1.ObjectIdentifier, error) {
	der, err := b.wantElement(idOID)
	if err != nil {
		return nil, err
	}
	var oid asn1.ObjectIdentifier
	if !unmarshal(der, &oid) {
		return nil, b.fail(ErrMalformed)
	}
	return oid, nil
}

// readRecipients finds the first recipient that is one of ours.
func (e *envelope) readRecipients(b *berReader, o *Options) error {
	h, ok, err := b.next()
	if err == nil && ok && h.id == idContext0C { // certificates of the originator: of no use
		if _, err = b.element(nil, h); err == nil {
			h, ok, err = b.next()
		}
	}
	if err != nil {
		return err
	}
	if !ok || h.id != idSet {
		return b.fail(ErrMalformed)
	}
	if err := b.enter(h); err != nil {
		return err
	}
	var others []string
	for n := 0; ; n++ {
		h, ok, err := b.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if n == maxRecipients {
			return b.fail(ErrMalformed)
		}
		other, err := e.readRecipient(b, h, o)
		if err != nil {
			return err
		}
		if other != "" && len(others) < maxNamed {
			others = append(others, other)
		}
	}
	if e.recipient == nil {
		return refuse(ErrNotForUs, strings.Join(others, "; "), "")
	}
	return nil
}

// readRecipient keeps the recipient if it is ours and the first of them, and
// returns the name of the certificate if it is not ours.
func (e *envelope) readRecipient(b *berReader, h header, o *Options) (other string, err error) {
	der, err := b.element(nil, h)
	if err != nil || e.recipient != nil || h.id != idSequence { // other heads are other kinds of key transport
		return "", err
	}
	var r keyTransRecipient
	if !unmarshal(der, &r) {
		return "", b.fail(ErrMalformed)
	}
	id, ok := parseCertificateID(r.ID)
	if !ok {
		return "", b.fail(ErrMalformed)
	}
	if e.recipient = o.identity(id); e.recipient == nil {
		return id.String(), nil
	}
	e.wrapped = r
	return "", nil
}

// maxNamed is how many foreign recipients a refusal names.
const maxNamed = 3

// readContentHead reads EncryptedContentInfo up to the content.
func readContentHead(b *berReader) (iv []byte, content *octetReader, err error) {
	if err := b.into(idSequence); err != nil {
		return nil, nil, err
	}
	oid, err := readOID(b)
	if err != nil {
		return nil, nil, err
	}
	if oid.String() != oidData {
		return nil, nil, refuse(ErrProfile, algorithmName(oid), wantContentTypeData)
	}
	der, err := b.wantElement(idSequence)
	if err != nil {
		return nil, nil, err
	}
	var algorithm pkix.AlgorithmIdentifier
	if !unmarshal(der, &algorithm) {
		return nil, nil, b.fail(ErrMalformed)
	}
	if iv, err = checkCipher(algorithm); err != nil {
		return nil, nil, err
	}
	h, ok, err := b.next()
	if err != nil {
		return nil, nil, err
	}
	if !ok || h.id&^constructed != idContext0 {
		return nil, nil, b.fail(ErrMalformed)
	}
	content, err = b.octets(h)
	return iv, content, err
}

// unwrap checks the algorithm of the key transport and only then uses our key.
func (e *envelope) unwrap(o *Options) ([]byte, error) {
	legacy, err := checkKeyTransport(e.wrapped.Algorithm)
	if err != nil {
		return nil, err
	}
	if legacy && !o.legacy() {
		return nil, refuse(ErrProfile, algorithmName(e.wrapped.Algorithm.Algorithm), wantTransport)
	}
	key, err := rsaKey(e.recipient.Certificate, o.minKeyBits())
	if err != nil {
		return nil, err
	}
	e.legacy = legacy || key.N.BitLen() < minKeyBits
	return unwrap(e.recipient.Key, e.wrapped.EncryptedKey, legacy)
}

// finishEnvelope reads what follows the content to the end of the file.
func finishEnvelope(b *berReader) error {
	h, ok, err := b.next()
	if err != nil {
		return err
	}
	if ok { // of EncryptedContentInfo nothing may follow
		return b.fail(ErrMalformed)
	}
	if h, ok, err = b.next(); err != nil {
		return err
	}
	if ok { // unprotected attributes: nobody answers for them
		if h.id != idContext1C {
			return b.fail(ErrMalformed)
		}
		if _, err := b.element(nil, h); err != nil {
			return err
		}
		if err := b.leave(1); err != nil {
			return err
		}
	}
	if err := b.leave(2); err != nil { // the explicit tag, ContentInfo
		return err
	}
	return atEnd(b)
}

// atEnd wants the end of the file.
func atEnd(b *berReader) error {
	_, err := b.r.ReadByte()
	if err == nil {
		return &Error{Kind: ErrTrailing, Offset: b.off}
	}
	return ignoreEOF(err)
}
