package p302

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"klarbeleg/dta"
)

// examples returns the complete deliveries of the specification (section 11).
func examples(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/302-*.edi")
	if err != nil || len(paths) != 5 {
		t.Fatalf("examples: %v, %d files", err, len(paths))
	}
	out := map[string][]byte{}
	for _, p := range paths {
		raw, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(p), ".edi")] = raw
	}
	return out
}

// rewrite reads a file and writes what it read. A file without a rejecting
// finding must be writable.
func rewrite(t testing.TB, raw []byte, o Options, w WriterOptions) (out []byte, errs []dta.Error) {
	t.Helper()
	r := NewReader(bytes.NewReader(raw), o)
	var buf bytes.Buffer
	var wr *Writer
	var failed error
	rejected := false
	for r.Next() {
		m := r.Message()
		errs = append(errs, m.Errors...)
		rejected = rejected || m.Rejected
		if wr == nil {
			wr = NewWriter(&buf, *r.UNB(), w)
		}
		if m.SLGA != nil {
			failed = errors.Join(failed, wr.WriteSLGA(m.SLGA))
		} else if m.SLLA != nil {
			failed = errors.Join(failed, wr.WriteSLLA(m.SLLA))
		}
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	errs = append(errs, r.Errors()...)
	if wr != nil {
		failed = errors.Join(failed, wr.Close())
	}
	if failed != nil && !rejected && !r.Rejected() {
		t.Fatalf("accepted, but not written: %v\n%q", failed, raw)
	}
	return buf.Bytes(), errs
}

func lineEndOf(raw []byte) string {
	switch {
	case bytes.Contains(raw, []byte(dta.CRLF)):
		return dta.CRLF
	case bytes.Contains(raw, []byte(dta.LF)):
		return dta.LF
	}
	return dta.NoLineEnd
}

// DTA-2: what is read is written again byte for byte.
func TestExamplesRoundTrip(t *testing.T) {
	t.Parallel()
	for name, raw := range examples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, errs := rewrite(t, raw, Options{}, WriterOptions{LineEnd: lineEndOf(raw)})
			for _, e := range errs {
				t.Errorf("finding: %v: %s", e, e.Text())
			}
			if !bytes.Equal(out, raw) {
				t.Errorf("written file differs:\n%s\nread:\n%s", out, raw)
			}
		})
	}
}
