package report

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Limits of exported files: social data are not far, so nobody but the owner
// reads them (PRV-13).
const (
	fileMode   = 0o600
	folderMode = 0o700
)

// target is a file that appears under its name only when it is complete (F-11).
// Until then it and all temporary files live in a hidden folder beside it; what a
// killed process left there goes when the same file is written again.
type target struct {
	path string
	work string
	file *os.File
	size int64
}

// newTarget opens the file for writing.
func newTarget(path string) (*target, error) {
	work := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".part")
	if err := os.RemoveAll(work); err != nil {
		return nil, fmt.Errorf("clear temporary folder: %w", err)
	}
	if err := os.Mkdir(work, folderMode); err != nil {
		return nil, fmt.Errorf("make temporary folder: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(work, "file"), os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make temporary file: %w", err), os.RemoveAll(work))
	}
	return &target{path: path, work: work, file: file}, nil
}

// Write appends to the file.
func (t *target) Write(p []byte) (int, error) {
	n, err := t.file.Write(p)
	t.size += int64(n)
	return n, err
}

// publish makes the file durable, gives it its name and returns the SHA-256 of
// its bytes.
func (t *target) publish() (sum [sha256.Size]byte, err error) {
	if _, err := t.file.Seek(0, io.SeekStart); err != nil {
		return sum, fmt.Errorf("rewind file: %w", err)
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, t.file); err != nil {
		return sum, fmt.Errorf("hash file: %w", err)
	}
	if err := t.file.Sync(); err != nil {
		return sum, fmt.Errorf("flush file: %w", err)
	}
	if err := os.Rename(t.file.Name(), t.path); err != nil {
		return sum, fmt.Errorf("name file: %w", err)
	}
	folder, err := os.Open(filepath.Dir(t.path))
	if err != nil {
		return sum, fmt.Errorf("open folder: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return sum, fmt.Errorf("flush folder: %w", err)
	}
	hash.Sum(sum[:0])
	return sum, nil
}

// close removes what is temporary.
func (t *target) close() error {
	return errors.Join(t.file.Close(), os.RemoveAll(t.work))
}
