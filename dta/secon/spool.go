package secon

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrNotVerified is returned for the payload of a spool whose message has not
// been opened, or was refused.
var ErrNotVerified = errors.New("payload is not verified")

// Spool takes a payload before it is known whether it may be used. Nobody may
// read it before CloseWithError(nil); with any other error the spool destroys
// what it has. An io.PipeWriter is one: the reader at its other end gets the
// error instead of io.EOF.
type Spool interface {
	io.Writer
	CloseWithError(err error) error
}

// TempSpool is a Spool in a temporary file. What stands on the disk is encrypted
// with a key that exists in memory only, and the file has no name: whatever
// happens to the process or the machine, no payload is left behind (F-46).
type TempSpool struct {
	file   *os.File
	block  cipher.Block
	stream cipher.Stream
	buf    []byte
	size   int64
	state  error // nil: verified
}

// NewTempSpool returns an empty spool in the folder dir; "" stands for the
// system's folder for temporary files. Close it when the payload is used.
func NewTempSpool(dir string) (*TempSpool, error) {
	key := make([]byte, keyLength)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make spool: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make spool: %w", err)
	}
	file, err := os.CreateTemp(dir, "secon-") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("make spool: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, fmt.Errorf("make spool: %w", errors.Join(err, file.Close()))
	}
	s := &TempSpool{file: file, block: block, state: ErrNotVerified, buf: make([]byte, bufferSize)}
	s.stream = s.streamAt(0)
	return s, nil
}

// streamAt returns the key stream from the offset on, a multiple of the block
// size.
func (s *TempSpool) streamAt(offset int64) cipher.Stream {
	var iv [blockSize]byte
	binary.BigEndian.PutUint64(iv[8:], uint64(offset/blockSize))
	return cipher.NewCTR(s.block, iv[:])
}

// Write appends to the payload.
func (s *TempSpool) Write(p []byte) (int, error) {
	total := 0
	for len(p) > 0 {
		n := min(len(p), len(s.buf))
		s.stream.XORKeyStream(s.buf[:n], p[:n])
		written, err := s.file.Write(s.buf[:n])
		total += written
		s.size += int64(written)
		if err != nil {
			return total, fmt.Errorf("write spool: %w", err)
		}
		p = p[n:]
	}
	return total, nil
}

// CloseWithError ends writing. With nil the payload can be read from then on,
// with an error it is gone.
func (s *TempSpool) CloseWithError(err error) error {
	if err != nil {
		return s.Close()
	}
	s.state, s.buf = nil, nil
	return nil
}

// Payload returns the payload for reading at any place and by several readers,
// or ErrNotVerified.
func (s *TempSpool) Payload() (*io.SectionReader, error) {
	if s.state != nil {
		return nil, s.state
	}
	return io.NewSectionReader(spoolReader{s}, 0, s.size), nil
}

// Close destroys the payload. It may be called several times.
func (s *TempSpool) Close() error {
	s.state = ErrNotVerified
	if err := s.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("close spool: %w", err)
	}
	return nil
}

// spoolReader decrypts a spool.
type spoolReader struct{ s *TempSpool }

func (r spoolReader) ReadAt(p []byte, offset int64) (int, error) {
	n, err := r.s.file.ReadAt(p, offset)
	skip := offset % blockSize
	stream := r.s.streamAt(offset - skip)
	var lead [blockSize]byte
	stream.XORKeyStream(lead[:skip], lead[:skip])
	stream.XORKeyStream(p[:n], p[:n])
	return n, err
}
