package secon

import (
	"bytes"
	"io"
	"testing"
)

// Sizes of the benchmarks.
const benchSize = 100 << 20

// discard is a Spool that keeps nothing.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func (discard) CloseWithError(error) error { return nil }

func BenchmarkSeal100MB(b *testing.B) {
	l := letter(b, received)
	b.SetBytes(benchSize)
	b.ReportAllocs()
	for b.Loop() {
		if err := Seal(io.Discard, io.LimitReader(zeros{}, benchSize), benchSize, l); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkOpen(b *testing.B, change func(message []byte) []byte, spool func() Spool) {
	b.Helper()
	var sealed bytes.Buffer
	if err := Seal(&sealed, io.LimitReader(zeros{}, benchSize), benchSize, letter(b, received)); err != nil {
		b.Fatal(err)
	}
	message, o := change(sealed.Bytes()), options(b)
	b.SetBytes(benchSize)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(spool(), bytes.NewReader(message), o); err != nil {
			b.Fatal(err)
		}
	}
}

func noSpool() Spool { return discard{} }

func same(message []byte) []byte { return message }

func BenchmarkOpen100MB(b *testing.B) { benchmarkOpen(b, same, noSpool) }

// As the Java implementation writes: octet strings in pieces of 1000 bytes.
func BenchmarkOpenPieces100MB(b *testing.B) {
	benchmarkOpen(b, func(message []byte) []byte { return largePieces(b, message) }, noSpool)
}

// With the payload written encrypted to a file, as deliveries are.
func BenchmarkOpenTempSpool100MB(b *testing.B) {
	benchmarkOpen(b, same, func() Spool {
		s, err := NewTempSpool(b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		return s
	})
}

// largePieces cuts the encrypted content, the only large thing of a message;
// toBER would hold it several times.
func largePieces(b *testing.B, message []byte) []byte {
	b.Helper()
	start := bytes.Index(message, oid(oidAES256CBC)) + len(oid(oidAES256CBC)) + 2 + blockSize // behind the initialisation vector
	r := newReader(bytes.NewReader(message[start:]), false)
	h, _, err := r.next()
	if err != nil || h.id != idContext0 {
		b.Fatal(h, err)
	}
	content := message[start+int(r.off):]
	e := newReader(bytes.NewReader(message), false)
	if err := enterEnveloped(e); err != nil {
		b.Fatal(err)
	}
	recipients, err := e.wantElement(idSet)
	if err != nil {
		b.Fatal(err)
	}
	out := make([]byte, 0, len(message)+len(message)/100)
	out = append(append(append(out, 0x30, 0x80), oid(oidEnvelopedData)...), 0xA0, 0x80, 0x30, 0x80)
	out = append(append(append(out, integer(0)...), recipients...), 0x30, 0x80)
	out = append(append(append(out, oid(oidData)...), cipherAlgorithm(message[start-blockSize:start])...), 0xA0, 0x80)
	const piece = 1000
	for len(content) > 0 {
		n := min(piece, len(content))
		out = append(appendHead(out, idOctets, int64(n)), content[:n]...)
		content = content[n:]
	}
	return append(out, make([]byte, 10)...) // five ends
}
