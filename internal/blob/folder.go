package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"
)

const (
	// shardLength is how many digits of a key name its sub-folder: 256 of them
	// keep each small.
	shardLength = 2
	tempFolder  = "tmp"
	dirMode     = 0o700 // contents are social data: for our user only
)

// Folder is a Store in a folder of the file system.
type Folder struct{ root string }

var _ Store = (*Folder)(nil)

// OpenFolder returns the store in root, which it creates when missing.
func OpenFolder(root string) (*Folder, error) {
	if err := os.MkdirAll(filepath.Join(root, tempFolder), dirMode); err != nil {
		return nil, fmt.Errorf("blob folder: %w", err)
	}
	return &Folder{root: root}, nil
}

func (f *Folder) path(key string) string { return filepath.Join(f.root, key[:shardLength], key) }

// Put writes to a temporary file, syncs it and renames it to its key, so that a
// content is there whole or not at all. Putting it again renews StoredAt.
func (f *Folder) Put(ctx context.Context, r io.Reader) (ref Ref, err error) {
	temp, err := os.CreateTemp(filepath.Join(f.root, tempFolder), "put-") // mode 0600
	if err != nil {
		return Ref{}, fmt.Errorf("store blob: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temp.Name()))
		}
	}()
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(temp, sum), contextReader{ctx, r})
	if err == nil {
		err = temp.Sync()
	}
	if err := errors.Join(err, temp.Close()); err != nil {
		return Ref{}, fmt.Errorf("store blob: %w", err)
	}
	ref = Ref{Key: hex.EncodeToString(sum.Sum(nil)), Size: size}
	if err := f.keep(temp.Name(), f.path(ref.Key)); err != nil {
		return Ref{}, fmt.Errorf("store blob: %w", err)
	}
	return ref, nil
}

// keep renames temp to path and makes the new name durable.
func (f *Folder) keep(temp, path string) error {
	shard := filepath.Dir(path)
	switch err := os.Mkdir(shard, dirMode); {
	case err == nil:
		if err := syncDir(f.root); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncDir(shard)
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Open returns the content of key; see Store.
func (f *Folder) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	file, err := os.Open(f.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("open blob: %w", err)
	}
	return &verifier{Reader: contextReader{ctx, file}, Closer: file, sum: sha256.New(), key: key}, nil
}

// Size returns the bytes of the content of key; see Store.
func (f *Folder) Size(_ context.Context, key string) (int64, error) {
	if err := checkKey(key); err != nil {
		return 0, err
	}
	info, err := os.Stat(f.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, ErrNotFound
	}
	if err != nil {
		return 0, fmt.Errorf("size of blob: %w", err)
	}
	return info.Size(), nil
}

// Delete removes the content of key; see Store.
func (f *Folder) Delete(_ context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	path := f.path(key)
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("delete blob: %w", err)
	}
	// Erasure is promised to the insured: it must not come back after a crash.
	if err := syncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("delete blob: %w", err)
	}
	return nil
}

// List yields all contents; see Store. One that is deleted meanwhile is left out.
func (f *Folder) List(ctx context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		err := filepath.WalkDir(f.root, func(_ string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err := errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			if checkKey(entry.Name()) != nil {
				return nil // a folder or a temporary file
			}
			info, err := entry.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			ref := Ref{Key: entry.Name(), Size: info.Size()}
			if !yield(Object{Ref: ref, StoredAt: info.ModTime().UTC()}, nil) {
				return filepath.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(Object{}, fmt.Errorf("list blobs: %w", err))
		}
	}
}

// SweepTemp removes temporary files of writers that ended half-way: those not
// touched since before. It returns how many it removed.
func (f *Folder) SweepTemp(before time.Time) (removed int, err error) {
	entries, err := os.ReadDir(filepath.Join(f.root, tempFolder))
	if err != nil {
		return 0, fmt.Errorf("sweep blobs: %w", err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) || (err == nil && !info.ModTime().Before(before)) {
			continue
		}
		if err == nil {
			err = os.Remove(filepath.Join(f.root, tempFolder, entry.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, fmt.Errorf("sweep blobs: %w", err)
		}
		removed++
	}
	return removed, nil
}

// contextReader ends a long copy when its context ends.
type contextReader struct {
	ctx context.Context //nolint:containedctx // lives for one copy or one open file
	r   io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// verifier compares what was read with the key when the end is reached.
type verifier struct {
	io.Reader
	io.Closer
	sum hash.Hash
	key string
}

func (v *verifier) Read(p []byte) (int, error) {
	n, err := v.Reader.Read(p)
	v.sum.Write(p[:n])
	if errors.Is(err, io.EOF) && hex.EncodeToString(v.sum.Sum(nil)) != v.key {
		return n, ErrCorrupt
	}
	return n, err
}
