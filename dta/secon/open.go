package secon

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"klarbeleg/dta"
)

// DefaultMaxBytes bounds a payload where Options name no bound: far above the
// largest delivery seen, and small enough for a temporary file.
const DefaultMaxBytes = 8 << 30

// maxAhead is how far the signer's clock may be ahead of ours without a remark.
const maxAhead = 24 * time.Hour

// Options say for whom, from whom and when a message is opened.
type Options struct {
	// Identities are all of ours, old ones too.
	Identities []Identity
	// Trust decides about the signer's certificate.
	Trust *Trust
	// SignerIKs are the Institutionskennzeichen that may sign for the sender: its
	// own and those of its service providers. Without one every signer is refused.
	SignerIKs []string
	// ReceivedAt is the time of receipt. Certificates must hold then, not at the
	// time that the signer claims.
	ReceivedAt time.Time
	// MaxBytes bounds the payload; 0 stands for DefaultMaxBytes.
	MaxBytes int64
	// MaxSigningAge is how long before ReceivedAt a message may be signed without
	// a remark; 0 stands for any time.
	MaxSigningAge time.Duration
	// LegacyUntil accepts 2048-bit keys and PKCS#1 v1.5 for messages received
	// before it: for reading archives, per sender (spec secon section 4).
	LegacyUntil time.Time
}

func (o *Options) legacy() bool { return o.ReceivedAt.Before(o.LegacyUntil) }

func (o *Options) minKeyBits() int {
	if o.legacy() {
		return minLegacyKeyBits
	}
	return minKeyBits
}

func (o *Options) maxBytes() int64 {
	if o.MaxBytes > 0 {
		return o.MaxBytes
	}
	return DefaultMaxBytes
}

// identity returns ours that the identifier names, nil if none.
func (o *Options) identity(id certificateID) *Identity {
	for i := range o.Identities {
		if id.names(o.Identities[i].Certificate) {
			return &o.Identities[i]
		}
	}
	return nil
}

// Opened is what a message says besides its payload.
type Opened struct {
	Signer    *x509.Certificate // whose chain, validity and IK were checked
	SignerIK  string            // nine digits
	Recipient *x509.Certificate // ours, for which the message was encrypted
	Bytes     int64             // of the payload
	// SigningTime is what the signer claims, zero if nothing. SigningTimeOdd is
	// set where it is far from the receipt: a remark, no refusal.
	SigningTime    time.Time
	SigningTimeOdd bool
	// RevocationAsOf is when the revocation list was made that was asked about
	// the signer; zero: there is none.
	RevocationAsOf time.Time
	// Legacy is set where only LegacyUntil let the message pass. To be logged.
	Legacy bool
}

// Remarks returns what is odd about the message and no reason to refuse it, as
// warnings of stage 1 (DTA-6).
func (o *Opened) Remarks() []dta.Error {
	if !o.SigningTimeOdd {
		return nil
	}
	remark := dta.NewError(dta.CodeSecurity, "Hinweis: Der Zeitpunkt der Signatur liegt weit vor oder nach dem Eingang der Datei. Bitte prüfen Sie die Uhr des Systems, das signiert.")
	remark.Severity = dta.Warn
	return []dta.Error{remark}
}

// errAborted is what a spool sees when opening never came to its end.
var errAborted = errors.New("opening was aborted")

// Open decrypts the message in src, writes the payload to dst and verifies the
// signature (DTA-5). It returns when it has closed dst: with nil only where the
// signature holds, the signer's certificate is good and the signer is entitled.
// In one pass and with memory that does not depend on the size.
//
// A fault of the message is an *Error; other errors are of src, dst or a key in
// hardware, and opening may be tried again.
func Open(dst Spool, src io.Reader, o Options) (opened *Opened, err error) {
	verdict := errAborted // stays on a panic
	defer func() {
		if closeErr := dst.CloseWithError(verdict); closeErr != nil {
			opened, err = nil, errors.Join(err, fmt.Errorf("close spool: %w", closeErr))
		}
	}()
	outer := newReader(src, false)
	opened, verdict = open(dst, outer, &o)
	if verdict == nil {
		return opened, nil
	}
	var refusal *Error
	if !errors.As(verdict, &refusal) {
		verdict = fmt.Errorf("open message: %w", verdict)
	} else if refusal.Offset = outer.off; errors.Is(refusal, ErrDecryption) || errors.Is(refusal, ErrSignature) {
		refusal.Offset = 0 // the place would tell the one from the other
	}
	return nil, verdict
}

func open(dst io.Writer, outer *berReader, o *Options) (*Opened, error) {
	e, err := readEnvelope(outer, o)
	if err != nil {
		return nil, err
	}
	// The order matters. Until the padding is known to be right, refusals depend
	// on what stands in the message before it; from then on on the signature,
	// whose refusal reads the same as that of the padding.
	inner := newReader(e.content, true)
	m, err := readSigned(inner, dst, o)
	if err != nil {
		return nil, err
	}
	rest, err := io.Copy(io.Discard, inner.r) // to the end: this checks the padding
	if err != nil {
		return nil, err
	}
	if err := finishEnvelope(outer); err != nil {
		return nil, err
	}
	signed, err := m.verify()
	if err != nil {
		return nil, err
	}
	if rest > 0 {
		return nil, &Error{Kind: ErrTrailing}
	}
	asOf, err := o.Trust.check(m.signer, m.certificates, mayUseToSign, o.ReceivedAt)
	if err != nil {
		return nil, err
	}
	iks := IKs(m.signer)
	if len(iks) != 1 || !slices.Contains(o.SignerIKs, iks[0]) {
		return nil, &Error{Kind: ErrNotEntitled}
	}
	return &Opened{
		Signer: m.signer, SignerIK: iks[0], Recipient: e.recipient.Certificate, Bytes: m.size,
		SigningTime: signed, SigningTimeOdd: o.odd(signed), RevocationAsOf: asOf, Legacy: e.legacy || m.legacy,
	}, nil
}

// odd tells whether a signing time deserves a remark.
func (o *Options) odd(signed time.Time) bool {
	if signed.IsZero() {
		return false
	}
	age := o.ReceivedAt.Sub(signed)
	return age < -maxAhead || o.MaxSigningAge > 0 && age > o.MaxSigningAge
}

// ignoreEOF returns nil for the end of the file.
func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
