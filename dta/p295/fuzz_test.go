package p295

import (
	"bytes"
	"testing"

	"klarbeleg/dta"
)

// DTA-4: the reader never panics and stays in its bounds; what it accepts is
// written, read and written again without a change.
func FuzzReader(f *testing.F) {
	for _, name := range []string{exNormal, exStorno} {
		f.Add([]byte(example(f, name)), byte(0))
	}
	f.Add([]byte("UNB+UNOC:3+669990314+109990029+20261105:0000+00005+TDRI00526Q4+1'UNH+9900000001+DR140L:7:0:DR+9'IVK+30+01+669990314+109990018++109990029'IBL+x?+:y'INF+1++0:8+2'INV++A123456780:109990018+M:A:19580000+4'ABR++1+++1+,50++++,00+20261002++++n:1'FKI+0,50+++++0,00+0,50'RGI+20261001:20261031+4+669990314+1+20261105++001'UNT+9+9900000001'UNZ+1+00005'"), byte(3))
	f.Fuzz(func(t *testing.T, raw []byte, set byte) {
		charset := dta.Charset(set%4) + dta.I1
		o := Options{Zeichensatz: charset.String(), MaxErrors: 5}
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
