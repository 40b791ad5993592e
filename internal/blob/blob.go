// Package blob stores large contents outside the database and the broker:
// deliveries above the size of a message (DTA-7), uploaded documents, letters.
// Contents are named by their SHA-256, so storing one twice keeps it once and a
// reference proves what it refers to.
package blob

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

var (
	// ErrNotFound says that no content has the key.
	ErrNotFound = errors.New("blob not found")
	// ErrCorrupt says that the stored content is not what its key names.
	ErrCorrupt = errors.New("blob differs from its checksum")
	// ErrBadKey says that the key is not 64 lower-case hexadecimal digits.
	ErrBadKey = errors.New("not a blob key")
)

// Ref names a stored content.
type Ref struct {
	// Key is the SHA-256 of the content, 64 lower-case hexadecimal digits.
	Key string
	// Size in bytes.
	Size int64
}

// Object is a stored content as a sweeper sees it.
type Object struct {
	Ref
	// StoredAt is when the content was last put, UTC. A sweeper leaves young ones
	// alone: what refers to them may not be committed yet.
	StoredAt time.Time
}

// Store keeps contents. Implementations are safe for concurrent use, also by
// several processes on one store.
type Store interface {
	// Put stores what r yields and returns when it is durable. Memory use does
	// not grow with the size; limiting the size is the caller's.
	Put(ctx context.Context, r io.Reader) (Ref, error)
	// Open returns the content, ErrNotFound or ErrBadKey. Reading to the end
	// returns ErrCorrupt instead of io.EOF when the content has changed.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	// Size returns the bytes of the content, ErrNotFound or ErrBadKey.
	Size(ctx context.Context, key string) (int64, error)
	// Delete removes the content; a missing one is no error.
	Delete(ctx context.Context, key string) error
	// List yields all contents in no certain order.
	List(ctx context.Context) iter.Seq2[Object, error]
}

// checkKey keeps everything else out of paths and addresses.
func checkKey(key string) error {
	const keyLength = 64
	if len(key) != keyLength {
		return ErrBadKey
	}
	for _, c := range []byte(key) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return ErrBadKey
		}
	}
	return nil
}
