package p302

import (
	"bytes"
	"testing"

	"klarbeleg/dta"
)

// DTA-2: the reader never panics and stays in its bounds; what it accepts is
// written, read and written again without a change.
func FuzzReader(f *testing.F) {
	for _, raw := range examples(f) {
		f.Add(raw, byte(dta.I1))
	}
	f.Add([]byte("UNA:+,? 'UNB+UNOC:3+598800016+668800094+20261102:0930+00042+B+SL880001A10+0'UNH+1+SLGA:21:0:0'UNT+2+1'UNZ+1+00042'"), byte(dta.I8))
	for group := byte('A'); group <= 'S'; group++ {
		f.Add([]byte(wholeFile(group)), byte(dta.I1))
	}
	f.Fuzz(func(t *testing.T, raw []byte, set byte) {
		charset := dta.Charset(set%4) + dta.I1
		o := Options{Zeichensatz: charset.String(), MaxErrors: 5}
		bothWays(t, raw, o)
		w := WriterOptions{Zeichensatz: charset}
		first, errs := rewrite(t, raw, o, w)
		for _, e := range errs {
			if e.Offset < 0 || e.Offset > int64(len(raw)) || e.Text() == "" {
				t.Fatalf("%v", e)
			}
			if e.Severity != dta.Warn {
				return
			}
		}
		second, errs := rewrite(t, first, o, w)
		for _, e := range errs {
			if e.Severity != dta.Warn {
				t.Fatalf("written file: %v: %s\n%q", e, e.Text(), first)
			}
		}
		if !bytes.Equal(first, second) {
			t.Fatalf("written twice:\n%q\n%q", first, second)
		}
	})
}
