package secon

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// openssl runs the command in the folder with the test's keys. A missing one
// fails the test: two implementations that agree are the only proof (measured:
// one library reads its own messages, and nobody else does).
func openssl(t *testing.T, args ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("short: no other programs")
	}
	out, err := exec.CommandContext(context.Background(), "openssl", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("openssl %s: %v\n%s", args[0], err, out)
	}
}

func pki(name string) string { return filepath.Join("testdata", "pki", name) }

// trusted writes a file with root and trust centre for OpenSSL.
func trusted(t *testing.T, dir string) string {
	t.Helper()
	name := filepath.Join(dir, "trusted.pem")
	if err := os.WriteFile(name, append(readFile(t, "pki", "root.pem"), readFile(t, "pki", "ca.pem")...), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// DTA-5: OpenSSL opens what we seal, as addressee and as sender.
func TestOpenSSLReadsOurs(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 5, 16, 100_000} {
		dir := t.TempDir()
		payload := bytes.Repeat([]byte("x"), size)
		var sealed bytes.Buffer
		if err := Seal(&sealed, bytes.NewReader(payload), int64(size), letter(t, received)); err != nil {
			t.Fatal(err)
		}
		file, signedFile, plain := filepath.Join(dir, "sealed"), filepath.Join(dir, "signed"), filepath.Join(dir, "plain")
		if err := os.WriteFile(file, sealed.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, reader := range []string{"ours", "partner"} {
			openssl(t, "cms", "-decrypt", "-inform", "DER", "-in", file, "-binary", "-recip", pki(reader+".pem"), "-inkey", pki(reader+".key"), "-out", signedFile)
			openssl(t, "cms", "-verify", "-inform", "DER", "-in", signedFile, "-binary", "-CAfile", trusted(t, dir), "-purpose", "any",
				"-attime", strconv.FormatInt(received.Unix(), 10), "-out", plain)
			got, err := os.ReadFile(plain)
			if err != nil || !bytes.Equal(got, payload) {
				t.Errorf("%d bytes, %s: %d bytes, %v", size, reader, len(got), err)
			}
		}
		// Definite lengths and DER throughout: OpenSSL writes it again as it is.
		again := filepath.Join(dir, "again")
		openssl(t, "cms", "-cmsout", "-inform", "DER", "-in", file, "-outform", "DER", "-out", again)
		if got, err := os.ReadFile(again); err != nil || !bytes.Equal(got, sealed.Bytes()) {
			t.Errorf("%d bytes: OpenSSL encodes the message in another way", size)
		}
	}
}

// DTA-5: we open what OpenSSL makes now, in DER and in BER.
func TestWeReadOpenSSL(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	signedFile, file := filepath.Join(dir, "signed"), filepath.Join(dir, "sealed")
	in := filepath.Join("testdata", "golden", "payload.edi")
	openssl(t, "cms", "-sign", "-binary", "-nodetach", "-md", "sha256", "-outform", "DER", "-in", in, "-out", signedFile,
		"-signer", pki("partner.pem"), "-inkey", pki("partner.key"), "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32")
	for _, stream := range [][]string{nil, {"-stream"}} {
		openssl(t, append([]string{
			"cms", "-encrypt", "-binary", "-aes-256-cbc", "-outform", "DER", "-in", signedFile, "-out", file,
			"-recip", pki("ours.pem"), "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256", "-keyopt", "rsa_mgf1_md:sha256",
		}, stream...)...)
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var spool memory
		if _, err := Open(&spool, f, options(t)); err != nil || !bytes.Equal(spool.Bytes(), readFile(t, "golden", "payload.edi")) {
			t.Errorf("%v: %v", stream, err)
		}
	}
}

// DTA-5: what must not be sealed, and what becomes of a payload of another size.
func TestSealRefuses(t *testing.T) {
	t.Parallel()
	good := letter(t, received)
	with := func(change func(l *Letter)) Letter {
		l := good
		change(&l)
		return l
	}
	broken := errors.New("disk broken")
	tests := []struct {
		name string
		l    Letter
		src  io.Reader
		want error
	}{
		{"as announced", good, strings.NewReader("UNA"), nil},
		{"shorter", good, strings.NewReader("UN"), ErrSourceSize},
		{"longer", good, strings.NewReader("UNAB"), ErrSourceSize},
		{"unreadable", good, iotest.ErrReader(broken), broken},
		{"no recipient", with(func(l *Letter) { l.Recipients = nil }), strings.NewReader("UNA"), ErrNotForUs},
		{"forged recipient", with(func(l *Letter) { l.Recipients = []*x509.Certificate{certificate(t, "stranger")} }), strings.NewReader("UNA"), ErrUntrusted},
		{"expired recipient", with(func(l *Letter) { l.Recipients = []*x509.Certificate{certificate(t, "expired")} }), strings.NewReader("UNA"), ErrExpired},
		{"revoked recipient", with(func(l *Letter) { l.Recipients = []*x509.Certificate{certificate(t, "revoked")} }), strings.NewReader("UNA"), ErrRevoked},
		{"short key", with(func(l *Letter) { l.Recipients = []*x509.Certificate{certificate(t, "old")} }), strings.NewReader("UNA"), ErrProfile},
		{"own key short", with(func(l *Letter) { l.Signer = identity(t, "old", "old") }), strings.NewReader("UNA"), ErrProfile},
		{"own certificate expired", with(func(l *Letter) { l.Signer = identity(t, "expired", "partner") }), strings.NewReader("UNA"), ErrExpired},
		{"own certificate revoked", with(func(l *Letter) { l.Signer = identity(t, "revoked", "partner") }), strings.NewReader("UNA"), ErrRevoked},
	}
	for _, tt := range tests {
		if err := Seal(io.Discard, tt.src, 3, tt.l); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	for n := range 3 { // three writes reach dst: the head, the content, its end
		if err := Seal(&failingWriter{left: n, err: broken}, io.LimitReader(zeros{}, 100_000), 100_000, good); !errors.Is(err, broken) {
			t.Errorf("write %d: %v", n, err)
		}
	}
}

type failingWriter struct {
	left int
	err  error
}

func (f *failingWriter) Write(p []byte) (int, error) {
	if f.left--; f.left < 0 {
		return 0, f.err
	}
	return len(p), nil
}

// DTA-5: every message has its own keys, and the sender can read it too.
func TestSealedTwice(t *testing.T) {
	t.Parallel()
	var a, b bytes.Buffer
	for _, out := range []*bytes.Buffer{&a, &b} {
		if err := Seal(out, strings.NewReader(canary), int64(len(canary)), letter(t, received)); err != nil {
			t.Fatal(err)
		}
	}
	if a.Len() != b.Len() || bytes.Equal(a.Bytes()[a.Len()-512:], b.Bytes()[b.Len()-512:]) || bytes.Contains(a.Bytes(), []byte(canary)) {
		t.Error("messages are alike or open")
	}
	o := options(t)
	o.Identities = []Identity{identity(t, "partner", "partner")}
	var spool memory
	if opened, err := Open(&spool, &a, o); err != nil || spool.String() != canary || !opened.Recipient.Equal(certificate(t, "partner")) {
		t.Errorf("sender: %v", err)
	}
}

// DTA-5: certificate and key in one file, in any order, and nothing else.
func TestParseIdentity(t *testing.T) {
	t.Parallel()
	cert, key := readFile(t, "pki", "ours.pem"), readFile(t, "pki", "ours.key")
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, file := range map[string][]byte{"certificate first": join(cert, key), "key first": join(key, cert)} {
		if id, err := ParseIdentity(file); err != nil || !id.Certificate.Equal(certificate(t, "ours")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}})
	badCert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}})
	for name, file := range map[string][]byte{
		"empty": nil, "no key": cert, "no certificate": key, "two certificates": join(cert, cert, key), "two keys": join(cert, key, key),
		"key of another": join(cert, readFile(t, "pki", "other.key")), "broken key": join(cert, bad), "broken certificate": join(badCert, key),
	} {
		if _, err := ParseIdentity(file); !errors.Is(err, ErrIdentity) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// DTA-5: the trust centre's key file, and which of several certificates counts.
func TestKeyFile(t *testing.T) {
	t.Parallel()
	file := readFile(t, "golden", "annahme.key")
	found, err := ReadKeyFile(bytes.NewReader(file))
	if err != nil || len(found) != 4 {
		t.Fatalf("%d certificates, %v", len(found), err)
	}
	for _, tt := range []struct {
		ik   string
		at   time.Time
		want string
	}{
		{oursIK, received, "ours"},
		{partnerIK, received, "partner"},
		{partnerIK, time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC), "expired"},
		{partnerIK, time.Date(2029, 6, 1, 0, 0, 0, 0, time.UTC), ""},
		{"590000009", received, ""},
	} {
		got, ok := Choose(found, tt.ik, tt.at)
		if ok != (tt.want != "") || ok && !got.Equal(certificate(t, tt.want)) {
			t.Errorf("%s at %s: %v", tt.ik, tt.at, ok)
		}
	}
	// LF, no empty line at the end, one block broken: the others come all the same.
	unix := strings.TrimSpace(strings.ReplaceAll(string(file), "\r", ""))
	found, err = ReadKeyFile(strings.NewReader(unix + "\n\nAAAA\n\n?\n"))
	if !errors.Is(err, ErrKeyFile) || len(found) != 4 {
		t.Errorf("%d certificates, %v", len(found), err)
	}
	if _, err := ReadKeyFile(io.LimitReader(zeros{}, 1<<20)); err == nil {
		t.Error("line without end accepted")
	}
}

// DTA-5: names are compared by their values, whatever string type they have.
func TestSameName(t *testing.T) {
	t.Parallel()
	name := func(tag byte, country, organization string) []byte {
		rdn := func(id string, tag byte, value string) []byte {
			return element(idSet, element(idSequence, oid(id), element(tag, []byte(value))))
		}
		return element(idSequence, rdn("2.5.4.6", 0x13, country), rdn("2.5.4.10", tag, organization))
	}
	base := name(0x13, "DE", "ITSG TrustCenter")
	for _, tt := range []struct {
		other []byte
		want  bool
	}{
		{base, true},
		{name(0x0C, "DE", "ITSG TrustCenter"), true},
		{name(0x0C, "DE", "ITSG Trustcentre"), false},
		{name(0x0C, "AT", "ITSG TrustCenter"), false},
		{element(idSequence), false},
		{nil, false},
	} {
		if got := sameName(base, tt.other); got != tt.want {
			t.Errorf("%x: %v", tt.other, got)
		}
	}
}
