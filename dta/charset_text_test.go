package dta

import (
	"math/rand/v2"
	"testing"
)

// DTA-2: Text is AppendUTF8 in one pass, and what it calls plain or free of suspicion
// is.
func TestText(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		b := make([]byte, rnd.IntN(80))
		for i := range b {
			b[i] = byte(' ' + rnd.IntN(90))
			if rnd.IntN(20) == 0 {
				b[i] = byte(rnd.IntN(256))
			}
		}
		for _, c := range []Charset{I1, I5, I7, I8} {
			text, plain, suspect := c.Text(b)
			if want := string(c.AppendUTF8(nil, b)); text != want || plain != c.IsPlain(b) {
				t.Fatalf("%s: %q is %q, plain %v; want %q", c, b, text, plain, want)
			}
			if !suspect && (c.FindForeign(b) >= 0 || c.FindControl(b) >= 0) {
				t.Fatalf("%s: %q is not suspect", c, b)
			}
		}
	}
}
