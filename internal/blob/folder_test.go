package blob_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"klarbeleg/internal/blob"
)

// key is the SHA-256 of "content".
const key = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"

func open(t *testing.T) (*blob.Folder, string) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "blobs")
	folder, err := blob.OpenFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	return folder, root
}

// put stores "content".
func put(t *testing.T, folder *blob.Folder) blob.Ref {
	t.Helper()
	ref, err := folder.Put(t.Context(), strings.NewReader("content"))
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func read(t *testing.T, folder *blob.Folder, key string) ([]byte, error) {
	t.Helper()
	r, err := folder.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return io.ReadAll(r)
}

func list(t *testing.T, folder *blob.Folder) (objects []blob.Object) {
	t.Helper()
	for object, err := range folder.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, object)
	}
	return objects
}

// files returns all files below root.
func files(t *testing.T, root string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestFolder(t *testing.T) {
	t.Parallel()

	t.Run("DTA-7 a content is found under its checksum, stored once", func(t *testing.T) {
		t.Parallel()
		folder, root := open(t)
		for range 2 {
			if got, want := put(t, folder), (blob.Ref{Key: key, Size: 7}); got != want {
				t.Fatalf("got %v, want %v", got, want)
			}
		}
		got, err := read(t, folder, key)
		if err != nil || string(got) != "content" {
			t.Errorf("read %q, %v", got, err)
		}
		if size, err := folder.Size(t.Context(), key); err != nil || size != 7 {
			t.Errorf("size %d, %v", size, err)
		}
		if paths := files(t, root); len(paths) != 1 {
			t.Errorf("files %v, want one", paths)
		}
		objects := list(t, folder)
		if len(objects) != 1 || objects[0].Key != key || objects[0].Size != 7 || objects[0].StoredAt.IsZero() {
			t.Errorf("listed %v", objects)
		}
	})

	t.Run("OPS-4 only our user may read", func(t *testing.T) {
		t.Parallel()
		folder, root := open(t)
		put(t, folder)
		for path, want := range map[string]fs.FileMode{
			root: 0o700, filepath.Join(root, key[:2]): 0o700, filepath.Join(root, key[:2], key): 0o600,
		} {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != want {
				t.Errorf("%s has mode %o, want %o", path, info.Mode().Perm(), want)
			}
		}
	})

	t.Run("JOB-2 a deleted content is gone, deleting again is no fault", func(t *testing.T) {
		t.Parallel()
		folder, root := open(t)
		put(t, folder)
		for range 2 {
			if err := folder.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := folder.Open(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("error %v, want ErrNotFound", err)
		}
		if _, err := folder.Size(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("size: error %v, want ErrNotFound", err)
		}
		if paths := files(t, root); len(paths) != 0 {
			t.Errorf("files %v left", paths)
		}
	})

	t.Run("DTA-7 a content that changed on disk is noticed", func(t *testing.T) {
		t.Parallel()
		folder, root := open(t)
		put(t, folder)
		for _, changed := range []string{"c0ntent", "conten", "contents"} {
			if err := os.WriteFile(filepath.Join(root, key[:2], key), []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := read(t, folder, key); !errors.Is(err, blob.ErrCorrupt) {
				t.Errorf("%s: error %v, want ErrCorrupt", changed, err)
			}
		}
	})

	t.Run("DTA-7 a key cannot lead out of the folder", func(t *testing.T) {
		t.Parallel()
		folder, _ := open(t)
		for _, bad := range []string{"", "..", "../" + key[3:], strings.ToUpper(key), key + "0", "/" + key[1:], key[:63] + "/"} {
			if _, err := folder.Open(t.Context(), bad); !errors.Is(err, blob.ErrBadKey) {
				t.Errorf("open %q: error %v, want ErrBadKey", bad, err)
			}
			if err := folder.Delete(t.Context(), bad); !errors.Is(err, blob.ErrBadKey) {
				t.Errorf("delete %q: error %v, want ErrBadKey", bad, err)
			}
		}
	})

	t.Run("DTA-7 a put that fails or is cancelled leaves nothing", func(t *testing.T) {
		t.Parallel()
		folder, root := open(t)
		broken := errors.New("connection lost")
		r := io.MultiReader(strings.NewReader("cont"), iotest.ErrReader(broken))
		if _, err := folder.Put(t.Context(), r); !errors.Is(err, broken) {
			t.Errorf("error %v, want the reader's", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := folder.Put(ctx, strings.NewReader("content")); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want the context's", err)
		}
		if paths := files(t, root); len(paths) != 0 {
			t.Errorf("files %v left", paths)
		}
	})

	t.Run("DTA-7 many writers of the same content end with one", func(t *testing.T) {
		t.Parallel()
		folder, root := open(t)
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				if _, err := folder.Put(t.Context(), strings.NewReader("content")); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if paths := files(t, root); len(paths) != 1 {
			t.Errorf("files %v, want one", paths)
		}
	})
}

func TestSweepTemp(t *testing.T) {
	t.Parallel()
	t.Run("JOB-2 what a killed writer left is removed when old, contents stay", func(t *testing.T) {
		t.Parallel()
		folder, root := open(t)
		put(t, folder)
		now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
		for name, at := range map[string]time.Time{"put-old": now.Add(-25 * time.Hour), "put-young": now.Add(-time.Hour)} {
			path := filepath.Join(root, "tmp", name)
			if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := folder.SweepTemp(now.Add(-24 * time.Hour)); n != 1 || err != nil {
			t.Errorf("removed %d (%v), want 1", n, err)
		}
		if _, err := os.Stat(filepath.Join(root, "tmp", "put-young")); err != nil {
			t.Error(err)
		}
		if objects := list(t, folder); len(objects) != 1 {
			t.Errorf("%d contents, want 1: temporary files are none", len(objects))
		}
	})
}

//nolint:paralleltest // it measures what the whole process allocates
func TestMemory(t *testing.T) {
	t.Run("DTA-7 memory use does not grow with the size", func(t *testing.T) {
		folder, _ := open(t)
		const size = 64 << 20
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		ref, err := folder.Put(t.Context(), io.LimitReader(zeros{}, size))
		runtime.ReadMemStats(&after)
		if err != nil || ref.Size != size {
			t.Fatalf("stored %d bytes, %v", ref.Size, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
			t.Errorf("storing %d bytes allocated %d", size, used)
		}
		r, err := folder.Open(t.Context(), ref.Key)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if n, err := io.Copy(io.Discard, r); n != size || err != nil {
			t.Errorf("read %d bytes, %v", n, err)
		}
	})
}

// zeros yields zero bytes without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
