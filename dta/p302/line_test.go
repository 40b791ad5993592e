package p302

import (
	"bytes"
	"reflect"
	"testing"
)

// bothWays reads a file in one pass and by the tables and compares all there is.
func bothWays(t testing.TB, raw []byte, o Options) {
	t.Helper()
	fast, exact := NewReader(bytes.NewReader(raw), o), NewReader(bytes.NewReader(raw), o)
	exact.exact = true
	for n := 1; ; n++ {
		next := fast.Next()
		if next != exact.Next() {
			t.Fatalf("message %d exists one way only", n)
		}
		if !next {
			break
		}
		if !reflect.DeepEqual(fast.Message(), exact.Message()) {
			t.Fatalf("message %d in one pass:\n%+v\nby the tables:\n%+v\n%q", n, fast.Message(), exact.Message(), raw)
		}
	}
	if !reflect.DeepEqual(fast.Errors(), exact.Errors()) || !reflect.DeepEqual(fast.UNB(), exact.UNB()) || fast.Stats() != exact.Stats() {
		t.Fatalf("file in one pass: %v, %v\nby the tables: %v, %v", fast.Errors(), fast.Stats(), exact.Errors(), exact.Stats())
	}
}

// DTA-2, DTA-6: the one pass for segments in order yields the same as the tables,
// for every group and, byte by byte, for values that are not in order.
func TestOnePassIsExact(t *testing.T) {
	t.Parallel()
	for group := byte('A'); group <= 'S'; group++ {
		t.Run(string(group), func(t *testing.T) {
			t.Parallel()
			raw := []byte(wholeFile(group))
			bothWays(t, raw, Options{})
			for i := 60; i < len(raw); i += 5 {
				for _, c := range []byte("+':?,0-A\xFC") {
					changed := bytes.Clone(raw)
					changed[i] = c
					bothWays(t, changed, Options{})
				}
			}
		})
	}
	for _, raw := range examples(t) {
		bothWays(t, raw, Options{})
	}
}
