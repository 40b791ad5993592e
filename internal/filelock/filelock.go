// Package filelock makes sure that one process alone works in a folder: it takes
// an advisory lock on a file, which the kernel frees when the process ends,
// however it ends. Linux and other systems with flock.
package filelock

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// ErrHeld says that another process, or this one by another call, has the lock.
var ErrHeld = errors.New("in use by another process")

// Lock is a lock that is held.
type Lock struct{ file *os.File }

// Take creates path where it is missing and locks it, without waiting. It
// returns ErrHeld when somebody has it.
func Take(path string) (*Lock, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock file: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrHeld
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	return &Lock{file: file}, nil
}

// Release frees the lock; the file stays. A second call does nothing.
func (l *Lock) Release() error {
	if err := l.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("release lock: %w", err)
	}
	return nil
}
