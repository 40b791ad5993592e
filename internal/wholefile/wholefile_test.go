package wholefile_test

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"

	"klarbeleg/internal/wholefile"
)

// F-11: nothing stands under the name before the file is complete, the file before
// stays until then, and nothing temporary is left.
func TestFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "file.xml")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, ".file.xml.part", "left by a killed process"), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(publish bool) {
		t.Helper()
		f, err := wholefile.New(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("new")); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
			t.Errorf("before it is published the file holds %q, %v", got, err)
		}
		if publish {
			if sum, err := f.Publish(); err != nil || sum != sha256.Sum256([]byte("new")) || f.Size() != 3 {
				t.Errorf("published %x of %d bytes, %v", sum, f.Size(), err)
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	write(false)
	write(true)
	got, err := os.ReadFile(path)
	info, statErr := os.Stat(path)
	if err != nil || statErr != nil || string(got) != "new" || info.Mode().Perm() != 0o600 {
		t.Errorf("the file holds %q, %v, %v", got, err, statErr)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

// A folder that is missing is an error, not made in silence.
func TestNoFolder(t *testing.T) {
	t.Parallel()
	if _, err := wholefile.New(filepath.Join(t.TempDir(), "missing", "file")); err == nil {
		t.Error("the file was begun in a folder that is missing")
	}
}
