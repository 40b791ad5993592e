package pgserver

import (
	"os"
	"path/filepath"
	"testing"
)

// TestFetch downloads 40 MB, so it runs only on demand: after a change of the
// pinned version, with KLARBELEG_TEST_FETCH=1.
func TestFetch(t *testing.T) {
	t.Parallel()
	if os.Getenv("KLARBELEG_TEST_FETCH") == "" {
		t.Skip("downloads packages: set KLARBELEG_TEST_FETCH=1 to run")
	}
	for _, src := range sources() {
		t.Run("OPS-1 fetched with "+src.client, func(t *testing.T) {
			t.Parallel()
			dir, err := os.MkdirTemp("", "pgserver-fetch-")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			target := filepath.Join(dir, "pg")
			if err := src.fetch(t.Context(), dir, target); err != nil {
				t.Fatal(err)
			}
			bin := filepath.Join(target, "bin")
			if got := version(t.Context(), bin); got != fetchedMajor {
				t.Errorf("version %q, want %s", got, fetchedMajor)
			}
			server, err := Start(t.Context(), Config{DataDir: filepath.Join(dir, "db"), BinDir: bin})
			if err != nil {
				t.Fatal(err)
			}
			if err := server.Stop(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	t.Run("OPS-1 a changed archive is refused", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "archive")
		if err := os.WriteFile(path, []byte("changed"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := verify(path, sources()[0].sum); err == nil {
			t.Error("accepted")
		}
	})
}
