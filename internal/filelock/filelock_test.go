package filelock_test

import (
	"errors"
	"path/filepath"
	"testing"

	"klarbeleg/internal/filelock"
)

func TestTake(t *testing.T) {
	t.Parallel()
	t.Run("OPS-1 the second taker is told so, until the first releases", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "lock")
		first, err := filelock.Take(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := filelock.Take(path); !errors.Is(err, filelock.ErrHeld) {
			t.Fatalf("error %v, want ErrHeld", err)
		}
		for range 2 {
			if err := first.Release(); err != nil {
				t.Fatal(err)
			}
		}
		second, err := filelock.Take(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := second.Release(); err != nil {
			t.Fatal(err)
		}
	})
}
