package gen

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"klarbeleg/dta"
	"klarbeleg/dta/p302"
)

// benchFile returns a file of benchBytes and its number of segments.
func benchFile(b *testing.B, group byte) ([]byte, int) {
	b.Helper()
	var buf bytes.Buffer
	if _, err := Write(&buf, Options{Gruppe: group, Bytes: benchBytes, Erstellt: created}); err != nil {
		b.Fatal(err)
	}
	raw := buf.Bytes()
	return raw, bytes.Count(raw, []byte("'")) - bytes.Count(raw, []byte("?'"))
}

const benchBytes = 20 << 20

// pieces reads like a file does: in pieces, from memory.
type pieces struct{ *bytes.Reader }

func reportSegments(b *testing.B, segments int) {
	b.ReportMetric(float64(segments)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mseg/s")
}

// BenchmarkPlainRead_20MB is the yardstick: reading the same bytes in pieces
// and finding the terminators.
func BenchmarkPlainRead_20MB(b *testing.B) {
	raw, segments := benchFile(b, 'B')
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	buf := make([]byte, dta.ReadSize)
	for b.Loop() {
		r, n := pieces{bytes.NewReader(raw)}, 0
		for {
			k, err := r.Read(buf)
			n += bytes.Count(buf[:k], []byte("'"))
			if errors.Is(err, io.EOF) {
				break
			}
		}
		if n < segments {
			b.Fatal(n)
		}
	}
	reportSegments(b, segments)
}

// BenchmarkMinimalScan_20MB is the yardstick of the tokenizer: one pass that looks
// at every byte and does no more than count fields and segments.
func BenchmarkMinimalScan_20MB(b *testing.B) {
	raw, segments := benchFile(b, 'B')
	text := string(raw)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		fields, n := 0, 0
		for i := 0; i < len(text); i++ {
			switch text[i] {
			case dta.SepElement, dta.SepComponent:
				fields++
			case dta.Terminator:
				n++
			case dta.Release:
				i++
			}
		}
		if n != segments || fields < n {
			b.Fatal(n, fields)
		}
	}
	reportSegments(b, segments)
}

// BenchmarkTokenizer_20MB splits a text in memory into segments and fields.
func BenchmarkTokenizer_20MB(b *testing.B) {
	raw, segments := benchFile(b, 'B')
	text := string(raw)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	var t dta.Tokenizer
	for b.Loop() {
		n := 0
		for t.Reset(text); t.Next(); {
			n++
		}
		if n != segments {
			b.Fatal(n)
		}
	}
	reportSegments(b, segments)
}

// BenchmarkScanner_20MB cuts a stream into messages.
func BenchmarkScanner_20MB(b *testing.B) {
	raw, segments := benchFile(b, 'B')
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		s := dta.NewScanner(pieces{bytes.NewReader(raw)})
		for s.Next() {
		}
		if s.Segments() != segments {
			b.Fatal(s.Segments())
		}
	}
	reportSegments(b, segments)
}

func benchTyped(b *testing.B, group byte) {
	raw, segments := benchFile(b, group)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		r := p302.NewInvoiceReader(pieces{bytes.NewReader(raw)}, p302.Options{})
		for r.Next() {
			if r.Invoice().Rejected {
				b.Fatal(r.Invoice().Errors)
			}
		}
		if r.Stats().Segments != segments || len(r.Errors()) > 0 {
			b.Fatal(r.Stats(), r.Errors())
		}
	}
	reportSegments(b, segments)
}

// BenchmarkTyped*_20MB read and check a file into typed segments.
func BenchmarkTypedA_20MB(b *testing.B) { benchTyped(b, 'A') }
func BenchmarkTypedB_20MB(b *testing.B) { benchTyped(b, 'B') }
func BenchmarkTypedE_20MB(b *testing.B) { benchTyped(b, 'E') }

// BenchmarkGenerate_20MB writes a file.
func BenchmarkGenerate_20MB(b *testing.B) {
	b.SetBytes(benchBytes)
	for b.Loop() {
		if _, err := Write(io.Discard, Options{Bytes: benchBytes, Erstellt: created}); err != nil {
			b.Fatal(err)
		}
	}
}
