package secon

import (
	"bytes"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func seeds(f *testing.F) [][]byte {
	f.Helper()
	names, err := filepath.Glob("testdata/golden/*.p7m")
	if err != nil || len(names) == 0 {
		f.Fatal(err)
	}
	var all [][]byte
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// DTA-5: whatever comes, opening ends, and no payload but the golden ones is
// released.
func FuzzOpen(f *testing.F) {
	all := seeds(f)
	for _, m := range all {
		f.Add(m)
	}
	o := options(f)
	o.Identities = []Identity{newOnceKey(f, o.Identities[0], all...)}
	payload := readFile(f, "golden", "payload.edi")
	f.Fuzz(func(t *testing.T, message []byte) {
		var spool memory
		_, err := Open(&spool, bytes.NewReader(message), o)
		if (err == nil) != (spool.err == nil) || spool.closed != 1 {
			t.Fatalf("%v, spool %v", err, spool.err)
		}
		if err == nil && !bytes.Equal(spool.Bytes(), payload) && !bytes.Equal(spool.Bytes(), bytes.Repeat(payload, 40)) {
			t.Fatal("forged payload")
		}
	})
}

// DTA-5: the part behind the encryption, which FuzzOpen hardly reaches.
func FuzzSigned(f *testing.F) {
	f.Add(readFile(f, "golden", "signed-only.p7m"))
	o := options(f)
	b := newOnceKey(f, o.Identities[0], seeds(f)...)
	o.Identities = []Identity{b}
	for _, m := range seeds(f) {
		e, err := readEnvelope(newReader(bytes.NewReader(m), false), &o)
		if err != nil {
			continue
		}
		if inner, err := io.ReadAll(e.content); err == nil {
			f.Add(inner)
		}
	}
	payload := readFile(f, "golden", "payload.edi")
	f.Fuzz(func(t *testing.T, message []byte) {
		var out bytes.Buffer
		m, err := readSigned(newReader(bytes.NewReader(message), true), &out, &o)
		if err != nil {
			return
		}
		if _, err := m.verify(); err == nil && len(m.info.SignedAttributes.FullBytes) > 0 &&
			!bytes.Equal(out.Bytes(), payload) && !bytes.Equal(out.Bytes(), bytes.Repeat(payload, 40)) {
			t.Fatal("forged payload")
		}
	})
}

// DTA-5: BER made DER is DER, once and for all.
func FuzzElement(f *testing.F) {
	for _, m := range seeds(f) {
		f.Add(m)
	}
	f.Add(toBER(f, element(idSequence, element(idOctets, []byte("abc")), integer(1)), 2))
	f.Fuzz(func(t *testing.T, ber []byte) {
		read := func(in []byte) ([]byte, error) {
			b := newReader(bytes.NewReader(in), false)
			h, ok, err := b.next()
			if err != nil || !ok {
				return nil, io.EOF
			}
			return b.element(nil, h)
		}
		der, err := read(ber)
		if err != nil {
			return
		}
		again, err := read(der)
		if err != nil || !bytes.Equal(der, again) {
			t.Fatalf("%x, %x: %v", der, again, err)
		}
	})
}

// DTA-5: what is sealed opens as it was.
func FuzzRoundTrip(f *testing.F) {
	for _, n := range []int{0, 1, 15, 16, 17, 127, 128, 255, 256, 65535, 65536} {
		b := make([]byte, n)
		rand.Read(b)
		f.Add(b)
	}
	l, o := letter(f, received), options(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		var sealed bytes.Buffer
		if err := Seal(&sealed, bytes.NewReader(payload), int64(len(payload)), l); err != nil {
			t.Fatal(err)
		}
		var spool memory
		if _, err := Open(&spool, &sealed, o); err != nil || !bytes.Equal(spool.Bytes(), payload) {
			t.Fatal(err)
		}
	})
}
