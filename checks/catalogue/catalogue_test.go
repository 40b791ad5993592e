package catalogue

import "testing"

func TestLoad(t *testing.T) {
	n := 0
	for _, r := range All() {
		if r.Check != nil {
			n++
		}
	}
	t.Log(len(All()), n)
}
