package p300

import (
	"bytes"
	"testing"
)

// manyMessages writes the example's message n times, each with its prescriptions
// times over.
func manyMessages(t testing.TB, n, times int) []byte {
	t.Helper()
	r := NewReader(bytes.NewReader(example(t, "apo_abrp_v21.edi")), Options{})
	if !r.Next() {
		t.Fatal(r.Errors())
	}
	m := r.Message()
	all := m.ABRP.Verordnungen
	for range times - 1 {
		m.ABRP.Verordnungen = append(m.ABRP.Verordnungen, all...)
	}
	var buf bytes.Buffer
	w := NewWriter(&buf, *r.UNB(), WriterOptions{})
	for range n {
		if err := w.WriteABRP(m.IK(), m.UNH.KostentraegerIK, m.ABRP); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// DTA-3: a file of many messages is read without allocations per segment.
func TestAllocations(t *testing.T) { //nolint:paralleltest // it counts allocations
	raw := manyMessages(t, 20, 50)
	segments := 0
	allocations := testing.AllocsPerRun(5, func() {
		r := NewReader(bytes.NewReader(raw), Options{})
		for r.Next() {
		}
		if segments = r.Stats().Segments; len(r.Errors()) > 0 || r.Stats().Messages != 20 {
			t.Fatal(r.Errors())
		}
	})
	if limit := float64(segments) / 5; allocations > limit {
		t.Errorf("%.0f allocations for %d segments", allocations, segments)
	}
	t.Logf("%.3f allocations a segment", allocations/float64(segments))
}

func BenchmarkReader(b *testing.B) {
	raw := manyMessages(b, 20, 250)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(bytes.NewReader(raw), Options{})
		for r.Next() {
		}
	}
}
