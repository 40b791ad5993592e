// Package wholefile writes files that appear under their name only when they are
// complete and durable (F-11). Reports and payment runs use it.
package wholefile

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Limits of the files: social data are not far, so nobody but the owner reads
// them (PRV-13).
const (
	fileMode   = 0o600
	folderMode = 0o700
)

// File is a file that is being written. Until Publish it and all temporary files
// live in a hidden folder beside its name; what a killed process left there goes
// when the same file is written again.
type File struct {
	path string
	work string
	file *os.File
	size int64
}

// New opens the file for writing; its folder must exist. Close must be called.
func New(path string) (*File, error) {
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
	return &File{path: path, work: work, file: file}, nil
}

// Write appends to the file.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	f.size += int64(n)
	return n, err
}

// Work returns a folder for temporary files, which Close removes.
func (f *File) Work() string { return f.work }

// Size returns the number of bytes written.
func (f *File) Size() int64 { return f.size }

// Publish makes the file durable, gives it its name and returns the SHA-256 of
// its bytes. A file that has the name is replaced.
func (f *File) Publish() (sum [sha256.Size]byte, err error) {
	if _, err := f.file.Seek(0, io.SeekStart); err != nil {
		return sum, fmt.Errorf("rewind file: %w", err)
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, f.file); err != nil {
		return sum, fmt.Errorf("hash file: %w", err)
	}
	if err := f.file.Sync(); err != nil {
		return sum, fmt.Errorf("flush file: %w", err)
	}
	if err := os.Rename(f.file.Name(), f.path); err != nil {
		return sum, fmt.Errorf("name file: %w", err)
	}
	folder, err := os.Open(filepath.Dir(f.path))
	if err != nil {
		return sum, fmt.Errorf("open folder: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return sum, fmt.Errorf("flush folder: %w", err)
	}
	hash.Sum(sum[:0])
	return sum, nil
}

// Close removes what is temporary.
func (f *File) Close() error {
	return errors.Join(f.file.Close(), os.RemoveAll(f.work))
}
