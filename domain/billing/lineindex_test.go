package billing

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// CHK-5: the index answers like a map, whatever is added and removed in which
// order, fingerprints that share a slot, and 0, included.
func TestLineIndexIsAMap(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	fingerprint := func() uint64 {
		switch f := rng.Uint64(); f % 3 {
		case 0:
			return f % 100 // one end of the table
		case 1:
			return f | math.MaxUint64&^1023 // the other one
		default:
			return rng.Uint64N(5000) << 50
		}
	}
	var x LineIndex
	want := map[uint64]InvoiceNumber{}
	for step := range 200_000 {
		f := fingerprint()
		switch rng.IntN(4) {
		case 0:
			x.Remove(f)
			delete(want, f)
		case 1, 2:
			number := InvoiceNumber{Collective: strconv.Itoa(step / 50)}
			x.Add(f, number)
			if _, known := want[f]; !known {
				want[f] = number
			}
		}
		got, ok := x.Find(f)
		if number, known := want[f]; ok != known || got != number {
			t.Fatalf("step %d: %v %v, want %v %v", step, got, ok, number, known)
		}
	}
	for f, number := range want {
		if got, ok := x.Find(f); !ok || got != number {
			t.Fatalf("%x: %v %v, want %v", f, got, ok, number)
		}
	}
	if x.Len() != len(want) {
		t.Errorf("%d lines, want %d", x.Len(), len(want))
	}
}

// DTA-7: a line needs few bytes.
func TestLineIndexIsCompact(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	var x LineIndex
	for range 200_000 {
		x.Add(rng.Uint64(), InvoiceNumber{Single: "1"})
	}
	slots := 0
	for i := range x.shards {
		slots += cap(x.shards[i].keys)
	}
	if perLine := float64(slots) * 12 / float64(x.Len()); perLine > 18 {
		t.Errorf("%.1f bytes a line", perLine)
	}
	if len(x.numbers) != 1 {
		t.Errorf("%d numbers for one invoice", len(x.numbers))
	}
}
