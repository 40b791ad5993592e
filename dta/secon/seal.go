package secon

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// ErrSourceSize is returned by Seal when the payload has another size than
// announced: the file is unusable then.
var ErrSourceSize = errors.New("payload has another size than announced")

// Letter says from whom, to whom and when a message is sealed.
type Letter struct {
	// Signer is ours. It is a recipient too, so that what was sent can be read
	// again.
	Signer Identity
	// Recipients are the certificates of the addressees.
	Recipients []*x509.Certificate
	// Trust decides about all certificates: a forged one would give the payload
	// away.
	Trust *Trust
	// SigningTime is the present time.
	SigningTime time.Time
}

// Seal signs the payload of the given size in src, encrypts the signed message
// for the recipients and writes it to dst, as DER in one pass and with memory
// that does not depend on the size (DTA-5). After an error dst holds an unusable
// beginning. A certificate that must not be used is an *Error.
func Seal(dst io.Writer, src io.Reader, size int64, l Letter) error {
	key, err := l.checkSigner()
	if err != nil {
		return err
	}
	recipients, contentKey, err := l.recipientInfos()
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(contentKey)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	iv := make([]byte, blockSize)
	if _, err := rand.Read(iv); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	s, err := newSignedWriter(&l, size, key.Size())
	if err != nil {
		return err
	}
	if _, err := dst.Write(envelopeHead(recipients, iv, s.length())); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	encrypted := newCBCWriter(dst, cipher.NewCBCEncrypter(block, iv))
	if err := s.write(encrypted, src); err != nil {
		return err
	}
	if err := encrypted.Close(); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	return nil
}

func (l *Letter) checkSigner() (*rsa.PublicKey, error) {
	key, err := rsaKey(l.Signer.Certificate, minKeyBits)
	if err != nil {
		return nil, err
	}
	_, err = l.Trust.Check(l.Signer.Certificate, mayUseToSign, l.SigningTime)
	return key, err
}

// recipientInfos returns the SET of recipients and the content key that they
// hold.
func (l *Letter) recipientInfos() (set, contentKey []byte, err error) {
	if len(l.Recipients) == 0 {
		return nil, nil, refuse(ErrNotForUs, "kein Empfänger", "")
	}
	contentKey = make([]byte, keyLength)
	if _, err := rand.Read(contentKey); err != nil {
		return nil, nil, fmt.Errorf("seal: %w", err)
	}
	certificates := slices.Clone(l.Recipients)
	if !slices.ContainsFunc(certificates, l.Signer.Certificate.Equal) {
		certificates = append(certificates, l.Signer.Certificate)
	}
	infos := make([][]byte, 0, len(certificates))
	for _, c := range certificates {
		info, err := l.recipientInfo(c, contentKey)
		if err != nil {
			return nil, nil, err
		}
		infos = append(infos, info)
	}
	slices.SortFunc(infos, bytes.Compare) // DER order of a SET
	return element(idSet, infos...), contentKey, nil
}

func (l *Letter) recipientInfo(c *x509.Certificate, contentKey []byte) ([]byte, error) {
	key, err := rsaKey(c, minKeyBits)
	if err != nil {
		return nil, err
	}
	if _, err := l.Trust.Check(c, mayUseToEncrypt, l.SigningTime); err != nil {
		return nil, err
	}
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, key, contentKey, nil)
	if err != nil {
		return nil, fmt.Errorf("seal: wrap key: %w", err)
	}
	id, err := marshalID(c)
	if err != nil {
		return nil, err
	}
	return element(idSequence, integer(0), id, oaepAlgorithm(), element(idOctets, wrapped)), nil
}

// envelopeHead returns everything of the message before the encrypted content;
// nothing follows it. content is the length of what will be encrypted.
func envelopeHead(recipients, iv []byte, content int64) []byte {
	padded := (content/blockSize + 1) * blockSize
	wrap := func(id byte, inside []byte) []byte {
		return slices.Concat(appendHead(nil, id, int64(len(inside))+padded), inside)
	}
	encrypted := wrap(idContext0, nil)
	encrypted = wrap(idSequence, slices.Concat(oid(oidData), cipherAlgorithm(iv), encrypted))
	enveloped := wrap(idSequence, slices.Concat(integer(0), recipients, encrypted))
	return wrap(idSequence, slices.Concat(oid(oidEnvelopedData), wrap(idContext0C, enveloped)))
}

// signedWriter writes a SignedData of a payload whose size is known.
type signedWriter struct {
	letter     *Letter
	size       int64 // of the payload
	tailLength int64 // of what stands behind it
}

func newSignedWriter(l *Letter, size int64, signatureSize int) (*signedWriter, error) {
	s := &signedWriter{letter: l, size: size}
	tail, err := s.tail(make([]byte, sha256.Size), make([]byte, signatureSize))
	s.tailLength = int64(len(tail))
	return s, err
}

// length returns the size of the whole SignedData.
func (s *signedWriter) length() int64 { return int64(len(s.head())) + s.size + s.tailLength }

// head returns what stands before the payload.
func (s *signedWriter) head() []byte {
	wrap := func(id byte, inside []byte, behind int64) []byte {
		return slices.Concat(appendHead(nil, id, int64(len(inside))+s.size+behind), inside)
	}
	content := wrap(idContext0C, wrap(idOctets, nil, 0), 0)
	content = wrap(idSequence, slices.Concat(oid(oidData), content), 0)
	signed := wrap(idSequence, slices.Concat(integer(1), element(idSet, sha256Algorithm()), content), s.tailLength)
	signed = wrap(idContext0C, signed, s.tailLength)
	return wrap(idSequence, slices.Concat(oid(oidSignedData), signed), s.tailLength)
}

// tail returns what stands behind the payload.
func (s *signedWriter) tail(digest, signature []byte) ([]byte, error) {
	id, err := marshalID(s.letter.Signer.Certificate)
	if err != nil {
		return nil, err
	}
	attributes, err := s.attributes(idContext0C, digest)
	if err != nil {
		return nil, err
	}
	signer := element(idSequence, integer(1), id, sha256Algorithm(), attributes, pssAlgorithm(), element(idOctets, signature))
	return slices.Concat(element(idContext0C, s.letter.Signer.Certificate.Raw), element(idSet, signer)), nil
}

// attributes returns the signed attributes in DER order, under the tag that they
// have in the message or as the SET that is signed.
func (s *signedWriter) attributes(id byte, digest []byte) ([]byte, error) {
	// UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5652 11.3).
	signed, err := asn1.Marshal(s.letter.SigningTime.UTC().Truncate(time.Second))
	if err != nil {
		return nil, fmt.Errorf("seal: signing time: %w", err)
	}
	all := [][]byte{
		element(idSequence, oid(oidContentType), element(idSet, oid(oidData))),
		element(idSequence, oid(oidSigningTime), element(idSet, signed)),
		element(idSequence, oid(oidMessageDigest), element(idSet, element(idOctets, digest))),
	}
	slices.SortFunc(all, bytes.Compare)
	return element(id, all...), nil
}

// write writes the SignedData.
func (s *signedWriter) write(dst io.Writer, src io.Reader) error {
	if _, err := dst.Write(s.head()); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	hash := sha256.New()
	// One byte more shows a payload that is longer.
	n, err := io.CopyBuffer(io.MultiWriter(dst, hash), io.LimitReader(src, s.size+1), make([]byte, bufferSize))
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	if n != s.size {
		return ErrSourceSize
	}
	digest := hash.Sum(nil)
	attributes, err := s.attributes(idSet, digest)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(attributes)
	signature, err := s.letter.Signer.Key.Sign(rand.Reader, sum[:], pssOptions())
	if err != nil {
		return fmt.Errorf("seal: sign: %w", err)
	}
	tail, err := s.tail(digest, signature)
	if err != nil {
		return err
	}
	if int64(len(tail)) != s.tailLength {
		return fmt.Errorf("seal: %w: signature of %d bytes", ErrIdentity, len(signature))
	}
	if _, err := dst.Write(tail); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	return nil
}
