package secon

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"klarbeleg/dta"
)

// received is the time of receipt of every golden message: while the certificates
// hold, and behind every time at which the messages are made.
var received = time.Date(2028, 6, 1, 12, 0, 0, 0, time.UTC)

// The Institutionskennzeichen of the golden certificates.
const (
	partnerIK = "590000001"
	oursIK    = "590000002"
	canary    = "KANARIENVOGEL"
)

func readFile(tb testing.TB, parts ...string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{"testdata"}, parts...)...))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func certificate(tb testing.TB, name string) *x509.Certificate {
	tb.Helper()
	block, _ := pem.Decode(readFile(tb, "pki", name+".pem"))
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func identity(tb testing.TB, name, key string) Identity {
	tb.Helper()
	id, err := ParseIdentity(append(readFile(tb, "pki", name+".pem"), readFile(tb, "pki", key+".key")...))
	if err != nil {
		tb.Fatal(err)
	}
	return id
}

func revocationList(tb testing.TB) *x509.RevocationList {
	tb.Helper()
	block, _ := pem.Decode(readFile(tb, "pki", "ca.crl"))
	list, err := x509.ParseRevocationList(block.Bytes)
	if err != nil {
		tb.Fatal(err)
	}
	return list
}

func anchors(tb testing.TB) Anchors {
	tb.Helper()
	return Anchors{
		Roots: []*x509.Certificate{certificate(tb, "root")},
		CAs:   []*x509.Certificate{certificate(tb, "ca")},
		CRLs:  []*x509.RevocationList{revocationList(tb)},
	}
}

func trust(tb testing.TB, a Anchors) *Trust {
	tb.Helper()
	t, err := NewTrust(a)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// options are those of the receiving centre for messages of the partner.
func options(tb testing.TB) Options {
	tb.Helper()
	return Options{
		Identities: []Identity{identity(tb, "ours", "ours"), identity(tb, "ours-id", "ours")},
		Trust:      trust(tb, anchors(tb)),
		SignerIKs:  []string{partnerIK},
		ReceivedAt: received,
	}
}

// memory is a Spool for tests that keeps whether it was released.
type memory struct {
	bytes.Buffer
	closed int
	err    error
}

func (m *memory) CloseWithError(err error) error {
	m.closed++
	m.err = err
	return nil
}

// checkRefused wants the refusal, and a spool that was told of it.
func checkRefused(t *testing.T, spool *memory, opened *Opened, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || opened != nil {
		t.Fatalf("got %v, %v; want %v", opened, err, want)
	}
	var refusal *Error
	if !errors.As(err, &refusal) {
		t.Fatalf("no refusal: %v", err)
	}
	if f := refusal.Finding(); f.Text() == "" || f.Stage != 1 { // every refusal has a rule
		t.Errorf("finding %v", f)
	}
	if spool.closed != 1 || !errors.Is(spool.err, want) {
		t.Errorf("spool closed %d times with %v", spool.closed, spool.err)
	}
}

// DTA-5: messages made by OpenSSL (DER, BER) and by Bouncy Castle (BER at every
// level, octet strings in pieces) are opened.
func TestGoldenMessagesOpen(t *testing.T) {
	t.Parallel()
	payload := readFile(t, "golden", "payload.edi")
	for _, name := range []string{
		"der", "ber", "two-recipients", "recipient-keyid", "no-attributes", "signer-keyid", "chain",
		"bc-ber", "bc-ours-second", "bc-pieces", "no-certificates",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, want := options(t), payload
			a := anchors(t)
			a.Partners = []*x509.Certificate{certificate(t, "partner")}
			if name == "no-certificates" {
				o.Trust = trust(t, a)
			}
			if name == "bc-pieces" {
				want = bytes.Repeat(payload, 40)
			}
			for _, slow := range []bool{false, true} {
				var spool memory
				var src io.Reader = bytes.NewReader(readFile(t, "golden", name+".p7m"))
				if slow {
					src = oneByte{src}
				}
				opened, err := Open(&spool, src, o)
				if err != nil {
					t.Fatal(err)
				}
				if spool.closed != 1 || spool.err != nil || !bytes.Equal(spool.Bytes(), want) || opened.Bytes != int64(len(want)) {
					t.Errorf("closed %d times with %v, %d bytes", spool.closed, spool.err, spool.Len())
				}
				if opened.SignerIK != partnerIK || opened.Legacy || opened.RevocationAsOf.IsZero() || opened.SigningTime.IsZero() != (name == "no-attributes") {
					t.Errorf("opened %+v", opened)
				}
			}
		})
	}
}

// oneByte reads byte by byte.
type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }

// DTA-5, F-46: every message outside of the profile or of the wrong signer is
// refused under its own name, and the spool is told to destroy what it has.
func TestGoldenMessagesAreRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		want  error
		found string // part of what the refusal names
	}{
		{"foreign", ErrNotForUs, "Zertifikat Nr. 200007 von \"ITSG"},
		{"signed-only", ErrProfile, "SignedData"},
		{"unsigned", ErrNotSigned, "EDIFACT"},
		{"detached", ErrDetached, ""},
		{"two-signers", ErrSigners, ""},
		{"no-certificates", ErrSignerUnknown, "Zertifikat Nr. 200001"},
		{"signer-expired", ErrExpired, "2025-12-31"},
		{"signer-revoked", ErrRevoked, ""},
		{"signer-untrusted", ErrUntrusted, ""},
		{"signer-other-ik", ErrNotEntitled, ""},
		{"signer-2048", ErrProfile, "2048 Bit"},
		{"signature-v15", ErrProfile, "PKCS#1 v1.5"},
		{"signature-sha1", ErrProfile, "SHA-1"},
		{"digest-sha512", ErrProfile, "SHA-512"},
		{"salt-20", ErrProfile, "Salz 20"},
		{"transport-v15", ErrProfile, "PKCS#1 v1.5"},
		{"legacy", ErrNotForUs, "Zertifikat Nr. 200008"},
		{"oaep-sha1", ErrProfile, "SHA-1"},
		{"oaep-mgf1-sha1", ErrProfile, "MGF1 mit SHA-1"},
		{"oaep-label", ErrProfile, "Label"},
		{"cipher-3des", ErrProfile, "3DES"},
		{"cipher-aes128", ErrProfile, "AES-128"},
		{"cipher-gcm", ErrProfile, "GCM"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var spool memory
			opened, err := Open(&spool, bytes.NewReader(readFile(t, "golden", tt.name+".p7m")), options(t))
			checkRefused(t, &spool, opened, err, tt.want)
			var refusal *Error
			if errors.As(err, &refusal); !strings.Contains(refusal.Found, tt.found) {
				t.Errorf("found %q, want %q", refusal.Found, tt.found)
			}
			for _, text := range []string{err.Error(), refusal.Finding().Text()} {
				if strings.Contains(text, canary) || strings.Contains(text, "Datenaustausch\"") {
					t.Errorf("text %q", text)
				}
			}
		})
	}
}

// DTA-5: archives from before the profile open under LegacyUntil alone, marked.
func TestLegacy(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Identities = append(o.Identities, identity(t, "old", "old"))
	for _, name := range []string{"legacy", "signature-v15", "transport-v15", "signer-2048"} {
		o.LegacyUntil = received
		var refused memory
		opened, err := Open(&refused, bytes.NewReader(readFile(t, "golden", name+".p7m")), o)
		checkRefused(t, &refused, opened, err, ErrProfile)
		o.LegacyUntil = received.Add(1)
		var spool memory
		opened, err = Open(&spool, bytes.NewReader(readFile(t, "golden", name+".p7m")), o)
		if err != nil || !opened.Legacy || spool.err != nil || !bytes.Equal(spool.Bytes(), readFile(t, "golden", "payload.edi")) {
			t.Errorf("%s: %v, %+v", name, err, opened)
		}
	}
	// SHA-1 stays refused.
	var spool memory
	opened, err := Open(&spool, bytes.NewReader(readFile(t, "golden", "signature-sha1.p7m")), o)
	checkRefused(t, &spool, opened, err, ErrProfile)
}

// DTA-5: everything that is in the way of the signer's certificate but does not
// stand in the message.
func TestSignerAndTime(t *testing.T) {
	t.Parallel()
	message := readFile(t, "golden", "der.p7m")
	tests := []struct {
		name   string
		change func(o *Options)
		want   error
	}{
		{"before the certificate", func(o *Options) { o.ReceivedAt = time.Date(2025, 12, 31, 23, 59, 59, 0, time.UTC) }, ErrExpired},
		{"first second", func(o *Options) { o.ReceivedAt = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }, nil},
		{"last second", func(o *Options) { o.ReceivedAt = time.Date(2028, 12, 31, 23, 59, 59, 0, time.UTC) }, nil},
		{"after the certificate", func(o *Options) { o.ReceivedAt = time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC) }, ErrExpired},
		{"nobody entitled", func(o *Options) { o.SignerIKs = nil }, ErrNotEntitled},
		{"others entitled", func(o *Options) { o.SignerIKs = []string{oursIK, "IK" + partnerIK} }, ErrNotEntitled},
		{"service provider entitled", func(o *Options) { o.SignerIKs = []string{oursIK, partnerIK} }, nil},
		{"no root", func(o *Options) {
			a := anchors(t)
			a.Roots = nil
			o.Trust = trust(t, a)
		}, ErrUntrusted},
		{"no trust centre", func(o *Options) {
			a := anchors(t)
			a.CAs, a.CRLs = nil, nil
			o.Trust = trust(t, a)
		}, ErrUntrusted},
		{"no identity", func(o *Options) { o.Identities = nil }, ErrNotForUs},
		{"key of another", func(o *Options) {
			o.Identities = []Identity{{certificate(t, "ours"), identity(t, "other", "other").Key}}
		}, ErrDecryption},
		{"bound one too small", func(o *Options) { o.MaxBytes = int64(len(readFile(t, "golden", "payload.edi"))) - 1 }, ErrTooLarge},
		{"bound just right", func(o *Options) { o.MaxBytes = int64(len(readFile(t, "golden", "payload.edi"))) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			tt.change(&o)
			var spool memory
			opened, err := Open(&spool, bytes.NewReader(message), o)
			if tt.want != nil {
				checkRefused(t, &spool, opened, err, tt.want)
			} else if err != nil || spool.err != nil {
				t.Errorf("%v, %v", err, spool.err)
			}
		})
	}
}

// DTA-5: an odd signing time is a remark, no refusal.
func TestSigningTime(t *testing.T) {
	t.Parallel()
	o := options(t)
	signed := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	o.MaxSigningAge = 48 * time.Hour
	for _, tt := range []struct {
		received time.Time
		odd      bool
	}{
		{signed.Add(-24 * time.Hour), false},
		{signed.Add(-24*time.Hour - time.Second), true},
		{signed.Add(48 * time.Hour), false},
		{signed.Add(48*time.Hour + time.Second), true},
	} {
		var sealed bytes.Buffer
		if err := Seal(&sealed, strings.NewReader("UNA"), 3, letter(t, signed)); err != nil {
			t.Fatal(err)
		}
		o.ReceivedAt = tt.received
		opened, err := Open(&memory{}, &sealed, o)
		if remarks := opened.Remarks(); (len(remarks) == 1) != tt.odd || tt.odd && (remarks[0].Severity != dta.Warn || remarks[0].Text() == "") {
			t.Errorf("%s: remarks %v", tt.received, remarks)
		}
		if err != nil || opened.SigningTimeOdd != tt.odd || !opened.SigningTime.Equal(signed) {
			t.Errorf("%s: %v, %+v", tt.received, err, opened)
		}
	}
}

// letter is one of the partner to us.
func letter(tb testing.TB, at time.Time) Letter {
	tb.Helper()
	return Letter{
		Signer: identity(tb, "partner", "partner"), Recipients: []*x509.Certificate{certificate(tb, "ours")},
		Trust: trust(tb, anchors(tb)), SigningTime: at,
	}
}
