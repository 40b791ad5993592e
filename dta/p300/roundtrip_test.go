package p300

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"klarbeleg/dta"
)

func example(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// rewrite reads a file and writes what it read. A file that is not rejected must
// be writable.
func rewrite(t testing.TB, raw []byte, w WriterOptions) (out []byte, errs []dta.Error) {
	t.Helper()
	r := NewReader(bytes.NewReader(raw), Options{})
	var buf bytes.Buffer
	var wr *Writer
	var failed error
	for r.Next() {
		m := r.Message()
		errs = append(errs, m.Errors...)
		if wr == nil {
			wr = NewWriter(&buf, *r.UNB(), w)
		}
		if m.ABRP != nil {
			failed = errors.Join(failed, wr.WriteABRP(m.IK(), m.UNH.KostentraegerIK, m.ABRP))
		} else if m.RECP != nil {
			failed = errors.Join(failed, wr.WriteRECP(m.IK(), m.UNH.KostentraegerIK, m.RECP))
		}
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	errs = append(errs, r.Errors()...)
	if wr != nil {
		failed = errors.Join(failed, wr.Close())
	}
	if failed != nil && !r.Rejected() {
		t.Fatalf("accepted, but not written: %v\n%q", failed, raw)
	}
	return buf.Bytes(), errs
}

// DTA-3: what is read is written again byte for byte.
func TestExamplesRoundTrip(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"apo_abrp_v21.edi", "apo_recp_v08.edi"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := example(t, name)
			out, errs := rewrite(t, raw, WriterOptions{LineEnd: dta.CRLF, UNA: true})
			for _, e := range errs {
				t.Errorf("finding: %v: %s", e, e.Text())
			}
			if !bytes.Equal(out, raw) {
				t.Errorf("written file differs:\n%s\nread:\n%s", out, raw)
			}
		})
	}
}
