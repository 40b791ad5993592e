package secon

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"
)

// onceKey asks the real key once for every content key, and about altered ones
// now and then: tests with thousands of messages would spend their time there.
type onceKey struct {
	PrivateKey
	known map[string][]byte
	asked *atomic.Int64
}

func (k onceKey) Decrypt(random io.Reader, wrapped []byte, opts crypto.DecrypterOpts) ([]byte, error) {
	if key, ok := k.known[string(wrapped)]; ok {
		return key, nil
	}
	if k.asked.Add(1)%32 != 1 {
		return nil, rsa.ErrDecryption
	}
	return k.PrivateKey.Decrypt(random, wrapped, opts)
}

// newOnceKey knows the content keys of the messages.
func newOnceKey(tb testing.TB, id Identity, messages ...[]byte) Identity {
	tb.Helper()
	k := onceKey{id.Key, map[string][]byte{}, new(atomic.Int64)}
	o := Options{Identities: []Identity{id}}
	for _, m := range messages {
		e := &envelope{}
		b := newReader(bytes.NewReader(m), false)
		if enterEnveloped(b) != nil || e.readRecipients(b, &o) != nil {
			continue
		}
		legacy, err := checkKeyTransport(e.wrapped.Algorithm)
		if err != nil {
			continue
		}
		if key, err := unwrap(id.Key, e.wrapped.EncryptedKey, legacy); err == nil {
			k.known[string(e.wrapped.EncryptedKey)] = key
		}
	}
	id.Key = k
	return id
}

// DTA-5, F-46: a message cut off anywhere is refused.
func TestTruncated(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"der", "bc-ber"} {
		message := readFile(t, "golden", name+".p7m")
		o := options(t)
		o.Identities = []Identity{newOnceKey(t, o.Identities[0], message)}
		for n := range message {
			var spool memory
			opened, err := Open(&spool, bytes.NewReader(message[:n]), o)
			if opened != nil || !errors.Is(err, ErrTruncated) || !errors.Is(spool.err, ErrTruncated) {
				t.Fatalf("%s cut at %d: %v", name, n, err)
			}
		}
	}
}

// DTA-5, F-46: a message with one wrong bit is refused or says the same.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	payload := readFile(t, "golden", "payload.edi")
	for _, name := range []string{"der", "bc-ber"} {
		message := readFile(t, "golden", name+".p7m")
		o := options(t)
		o.Identities = []Identity{newOnceKey(t, o.Identities[0], message)}
		same := 0
		for n := range message {
			flipped := bytes.Clone(message)
			flipped[n] ^= 1 << (n % 8)
			var spool memory
			_, err := Open(&spool, bytes.NewReader(flipped), o)
			switch {
			case err == nil && spool.err == nil && bytes.Equal(spool.Bytes(), payload):
				same++
			case err == nil || spool.err == nil:
				t.Fatalf("%s, byte %d: opened as something else", name, n)
			}
		}
		if same > 50 { // versions and the like
			t.Errorf("%s: %d wrong bits went unnoticed", name, same)
		}
	}
}

// encryptFor encrypts any content as Seal does its own.
func encryptFor(tb testing.TB, content []byte) []byte {
	tb.Helper()
	l := letter(tb, received)
	recipients, key, err := l.recipientInfos()
	if err != nil {
		tb.Fatal(err)
	}
	return encryptWith(tb, recipients, key, content)
}

func encryptWith(tb testing.TB, recipients, key, content []byte) []byte {
	tb.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		tb.Fatal(err)
	}
	iv := make([]byte, blockSize)
	out := bytes.NewBuffer(envelopeHead(recipients, iv, int64(len(content))))
	w := newCBCWriter(out, cipher.NewCBCEncrypter(block, iv))
	if _, err := w.Write(content); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// signed returns a SignedData of the payload.
func signed(tb testing.TB, payload string) []byte {
	tb.Helper()
	l := letter(tb, received)
	s, err := newSignedWriter(&l, int64(len(payload)), 512)
	if err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	if err := s.write(&out, strings.NewReader(payload)); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// toBER writes DER with indefinite lengths at every level and octet strings in
// pieces of at most n bytes.
func toBER(tb testing.TB, der []byte, n int) []byte {
	tb.Helper()
	var out []byte
	b := newReader(bytes.NewReader(der), false)
	for b.off < int64(len(der)) {
		h, _, err := b.next()
		if err != nil {
			tb.Fatal(err)
		}
		content, err := b.appendContent(nil, h.length)
		if err != nil {
			tb.Fatal(err)
		}
		switch {
		case h.id&constructed != 0:
			out = append(append(append(out, h.id, 0x80), toBER(tb, content, n)...), 0, 0)
		case h.id == idOctets || h.id == idContext0:
			out = append(out, h.id|constructed, 0x80)
			for len(content) > 0 {
				piece := content[:min(n, len(content))]
				out = append(appendHead(out, idOctets, int64(len(piece))), piece...)
				content = content[len(piece):]
			}
			out = append(out, 0, 0)
		default:
			out = append(appendHead(out, h.id, h.length), content...)
		}
	}
	return out
}

// DTA-5: BER may break every element and every octet string, signed attributes
// and certificates included.
func TestIndefiniteEverywhere(t *testing.T) {
	t.Parallel()
	payload := strings.Repeat(canary+"'", 100)
	for _, n := range []int{1, 7, 1000} {
		message := toBER(t, encryptFor(t, toBER(t, signed(t, payload), n)), n)
		var spool memory
		if _, err := Open(&spool, bytes.NewReader(message), options(t)); err != nil || spool.String() != payload {
			t.Errorf("pieces of %d: %v", n, err)
		}
	}
}

// DTA-5: what is wrong inside the encrypted content.
func TestInnerFaults(t *testing.T) {
	t.Parallel()
	good := signed(t, "UNA:+,? '")
	l := letter(t, received)
	s, err := newSignedWriter(&l, 3, 512)
	if err != nil {
		t.Fatal(err)
	}
	tail := func(digest, signature []byte) []byte {
		out, err := s.tail(digest, signature)
		if err != nil {
			t.Fatal(err)
		}
		return append(append(s.head(), "UNA"...), out...)
	}
	tests := []struct {
		name    string
		content []byte
		want    error
	}{
		{"good", good, nil},
		{"empty", nil, ErrDecryption},
		{"EDIFACT", []byte("UNA:+,? '"), ErrNotSigned},
		{"gzip", []byte("\x1f\x8b\x08"), ErrNotSigned},
		{"XML", []byte("<Bundle/>"), ErrNotSigned},
		{"noise", []byte("\x01\x02\x03"), ErrDecryption},
		{"encrypted again", encryptFor(t, good), ErrNotSigned},
		{"trailing byte", append(bytes.Clone(good), 0), ErrTrailing},
		{"cut", good[:len(good)-1], ErrDecryption},
		{"digest of another content", tail(make([]byte, 32), make([]byte, 512)), ErrSignature},
		{"not a sequence", element(idSequence, integer(1)), ErrDecryption},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var spool memory
			opened, err := Open(&spool, bytes.NewReader(encryptFor(t, tt.content)), options(t))
			if tt.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			checkRefused(t, &spool, opened, err, tt.want)
		})
	}
}

// DTA-5: a wrong padding and a wrong signature read the same, and say no place:
// nobody learns what an altered file decrypts to.
func TestNoPaddingOracle(t *testing.T) {
	t.Parallel()
	message := readFile(t, "golden", "der.p7m")
	o := options(t)
	o.Identities = []Identity{newOnceKey(t, o.Identities[0], message)}
	findings, kinds := map[string]bool{}, map[error]bool{}
	// The block before the last sets the last one's padding; both hold nothing
	// but the end of the signature.
	for flip := 1; flip < 256; flip++ {
		altered := bytes.Clone(message)
		altered[len(altered)-blockSize-1] ^= byte(flip)
		_, err := Open(&memory{}, bytes.NewReader(altered), o)
		var refusal *Error
		if !errors.As(err, &refusal) {
			t.Fatal(err)
		}
		f := refusal.Finding()
		findings[f.Error()+f.Text()] = true
		kinds[refusal.Kind] = true
	}
	altered := bytes.Clone(message)
	altered[len(altered)-2*blockSize-1] ^= 1 // the signature, not the padding
	_, err := Open(&memory{}, bytes.NewReader(altered), o)
	var refusal *Error
	if !errors.As(err, &refusal) || !errors.Is(err, ErrSignature) && !errors.Is(err, ErrDecryption) {
		t.Fatal(err)
	}
	f := refusal.Finding()
	findings[f.Error()+f.Text()] = true
	if len(findings) != 1 {
		t.Errorf("%d different findings: %v, %v", len(findings), findings, kinds)
	}
}

// DTA-5: errors of reading and of the spool are ours, not the sender's.
func TestOwnFaults(t *testing.T) {
	t.Parallel()
	message := readFile(t, "golden", "der.p7m")
	broken := errors.New("disk broken")
	var refusal *Error
	var spool memory
	src := io.MultiReader(bytes.NewReader(message[:3000]), iotest.ErrReader(broken))
	if _, err := Open(&spool, src, options(t)); !errors.Is(err, broken) || errors.As(err, &refusal) || !errors.Is(spool.err, broken) {
		t.Errorf("reading: %v", err)
	}
	full := &fullSpool{err: broken}
	if _, err := Open(full, bytes.NewReader(message), options(t)); !errors.Is(err, broken) || errors.As(err, &refusal) || full.verdict == nil {
		t.Errorf("writing: %v", err)
	}
	closing := &fullSpool{closeErr: broken}
	if opened, err := Open(closing, bytes.NewReader(message), options(t)); !errors.Is(err, broken) || opened != nil {
		t.Errorf("closing: %v", err)
	}
	panicking := &fullSpool{panics: true}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		Open(panicking, bytes.NewReader(message), options(t)) //nolint:errcheck // it does not return
	}()
	if panicking.verdict == nil {
		t.Error("after a panic the spool was released")
	}
}

type fullSpool struct {
	err, closeErr, verdict error
	panics                 bool
}

func (f *fullSpool) Write(p []byte) (int, error) {
	if f.panics {
		panic("spool")
	}
	return len(p), f.err
}

func (f *fullSpool) CloseWithError(err error) error {
	f.verdict = err
	return f.closeErr
}

// DTA-5: bounds of what a message may make us hold or do.
func TestBounds(t *testing.T) {
	t.Parallel()
	open := func(body []byte) error {
		message := element(idSequence, oid(oidEnvelopedData), element(idContext0C, element(idSequence, integer(0), body)))
		_, err := Open(&memory{}, bytes.NewReader(message), options(t))
		return err
	}
	recipient := element(0xA2, integer(1))
	set := func(n int) []byte { return element(idSet, bytes.Repeat(recipient, n)) }
	if err := open(set(maxRecipients)); !errors.Is(err, ErrNotForUs) {
		t.Errorf("%d recipients: %v", maxRecipients, err)
	}
	if err := open(set(maxRecipients + 1)); !errors.Is(err, ErrMalformed) {
		t.Errorf("%d recipients: %v", maxRecipients+1, err)
	}
	if err := open(element(idSet, element(0xA2, make([]byte, maxElement)))); !errors.Is(err, ErrMalformed) {
		t.Errorf("large recipient: %v", err)
	}
	nested := integer(1)
	for range maxDepth {
		nested = element(0xA2, nested)
	}
	if err := open(element(idSet, nested)); !errors.Is(err, ErrMalformed) {
		t.Errorf("deep recipient: %v", err)
	}
	for _, raw := range []string{
		"",                                     // nothing
		"\x30\x87\x01\x01\x01\x01\x01\x01\x01", // length of seven bytes
		"\x3f\x81\x01\x00",                     // high tag
		"\x30\x05\x02\x04\x00\x00\x00",         // part longer than the whole
		"\x00\x00",                             // end without beginning
		"\x06\x80",                             // indefinite and primitive
	} {
		_, err := Open(&memory{}, strings.NewReader(raw), options(t))
		if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTruncated) {
			t.Errorf("%x: %v", raw, err)
		}
	}
	trailing := append(readFile(t, "golden", "der.p7m"), 0)
	if _, err := Open(&memory{}, bytes.NewReader(trailing), options(t)); !errors.Is(err, ErrTrailing) {
		t.Errorf("trailing: %v", err)
	}
}

// peak remembers the largest heap while it is written to.
type peak struct {
	memory
	writes int
	heap   uint64
}

func (p *peak) Write(b []byte) (int, error) {
	if p.writes++; p.writes%64 == 0 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		p.heap = max(p.heap, m.HeapInuse)
	}
	return len(b), nil
}

// zeros is an endless payload.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// DTA-5, DTA-7: 100 MB are sealed and opened in less than 16 MiB.
//
//nolint:paralleltest // the heap is that of this test alone
func TestMemory(t *testing.T) {
	const size, bound = 100 << 20, 16 << 20
	l, o := letter(t, received), options(t)
	runtime.GC()
	r, w := io.Pipe()
	go func() { w.CloseWithError(Seal(w, io.LimitReader(zeros{}, size), size, l)) }()
	var spool peak
	opened, err := Open(&spool, r, o)
	if err != nil || opened.Bytes != size {
		t.Fatal(err)
	}
	if spool.heap == 0 || spool.heap > bound {
		t.Errorf("heap of %d bytes", spool.heap)
	}
}

// DTA-5: certificates of the trust centres that x509 alone would refuse, and
// those that nobody may accept.
func TestTrust(t *testing.T) {
	t.Parallel()
	ca, root := identity(t, "ca", "ca"), identity(t, "root", "root")
	partner := identity(t, "partner", "partner")
	issue := func(change func(c *x509.Certificate), parent *x509.Certificate, key crypto.PublicKey, signer PrivateKey) *x509.Certificate {
		t.Helper()
		c := &x509.Certificate{
			SerialNumber: partner.Certificate.SerialNumber, Subject: partner.Certificate.Subject,
			NotBefore: received.Add(-time.Hour), NotAfter: received.Add(time.Hour), SignatureAlgorithm: x509.SHA256WithRSAPSS,
		}
		change(c)
		der, err := x509.CreateCertificate(rand.Reader, c, parent, key, signer)
		if err != nil {
			t.Fatal(err)
		}
		made, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	bareCA := issue(func(c *x509.Certificate) { c.RawSubject = ca.Certificate.RawSubject }, root.Certificate, ca.Key.Public(), root.Key)
	leaf := issue(func(*x509.Certificate) {}, bareCA, partner.Key.Public(), ca.Key)
	forCRLs := issue(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }, bareCA, partner.Key.Public(), ca.Key)
	below := issue(func(*x509.Certificate) {}, leaf, identity(t, "other", "other").Key.Public(), partner.Key)
	roots := []*x509.Certificate{root.Certificate}
	withBare := trust(t, Anchors{Roots: roots, CAs: []*x509.Certificate{bareCA}})
	bothGenerations := trust(t, Anchors{Roots: roots, CAs: []*x509.Certificate{bareCA, ca.Certificate}})
	tests := []struct {
		name    string
		trust   *Trust
		c       *x509.Certificate
		between []*x509.Certificate
		want    error
	}{
		{"trust centre without BasicConstraints", withBare, leaf, nil, nil},
		{"two trust centre certificates of one name", bothGenerations, leaf, nil, nil},
		{"the same out of a message", trust(t, Anchors{Roots: roots}), leaf, []*x509.Certificate{bareCA}, ErrUntrusted},
		{"good trust centre out of a message", trust(t, Anchors{Roots: roots}), leaf, []*x509.Certificate{ca.Certificate}, nil},
		{"key usage", withBare, forCRLs, nil, ErrKeyUsage},
		{"issued by a participant", withBare, below, []*x509.Certificate{leaf}, ErrUntrusted},
	}
	for _, tt := range tests {
		if _, err := tt.trust.check(tt.c, tt.between, mayUseToSign, received); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, err := NewTrust(Anchors{Roots: roots, CRLs: []*x509.RevocationList{revocationList(t)}}); !errors.Is(err, ErrRevocationList) {
		t.Errorf("list of an unknown trust centre: %v", err)
	}
}
