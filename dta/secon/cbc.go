package secon

import (
	"crypto/cipher"
	"crypto/subtle"
	"errors"
	"io"
)

// blockSize of AES.
const blockSize = 16

// cbcReader decrypts AES-CBC and takes the padding off (RFC 5652 6.3).
type cbcReader struct {
	r     io.Reader
	mode  cipher.BlockMode
	buf   []byte
	plain []byte          // decrypted and not read yet, part of buf
	last  [blockSize]byte // the last block seen, still encrypted: it may be the padding
	held  int             // 0 before the first read, then blockSize
	err   error
}

func newCBCReader(r io.Reader, mode cipher.BlockMode) *cbcReader {
	return &cbcReader{r: r, mode: mode, buf: make([]byte, bufferSize)}
}

func (c *cbcReader) Read(p []byte) (int, error) {
	for len(c.plain) == 0 {
		if c.err != nil {
			return 0, c.err
		}
		c.fill()
	}
	n := copy(p, c.plain)
	c.plain = c.plain[n:]
	return n, nil
}

// fill decrypts one more piece, all but its last block until the end is known.
func (c *cbcReader) fill() {
	copy(c.buf, c.last[:c.held])
	n, err := io.ReadFull(c.r, c.buf[c.held:])
	n += c.held
	if err == nil {
		c.held = copy(c.last[:], c.buf[n-blockSize:n])
		c.plain = c.buf[:n-blockSize]
		c.mode.CryptBlocks(c.plain, c.plain)
		return
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		c.err = err
		return
	}
	c.err = io.EOF
	if n == 0 || n%blockSize != 0 {
		c.err = &Error{Kind: ErrDecryption}
		return
	}
	c.mode.CryptBlocks(c.buf[:n], c.buf[:n])
	pad, ok := padding(c.buf[n-blockSize : n])
	if !ok {
		c.err = &Error{Kind: ErrDecryption}
		return
	}
	c.plain = c.buf[:n-pad]
}

// padding returns the length of the PKCS#7 padding at the end of the block. Its
// time does not depend on the block.
func padding(block []byte) (int, bool) {
	pad := int(block[blockSize-1])
	good := subtle.ConstantTimeLessOrEq(1, pad) & subtle.ConstantTimeLessOrEq(pad, blockSize)
	for i, c := range block {
		inPad := subtle.ConstantTimeLessOrEq(blockSize-pad, i)
		good &= 1 - inPad&(1-subtle.ConstantTimeByteEq(c, byte(pad)))
	}
	return pad, good == 1
}

// cbcWriter encrypts AES-CBC; Close adds the padding.
type cbcWriter struct {
	w    io.Writer
	mode cipher.BlockMode
	buf  []byte
	n    int
}

func newCBCWriter(w io.Writer, mode cipher.BlockMode) *cbcWriter {
	return &cbcWriter{w: w, mode: mode, buf: make([]byte, bufferSize)}
}

func (c *cbcWriter) Write(p []byte) (int, error) {
	total := len(p)
	for len(p) > 0 {
		n := copy(c.buf[c.n:], p)
		c.n += n
		p = p[n:]
		if c.n == len(c.buf) {
			if err := c.flush(); err != nil {
				return total - len(p), err
			}
		}
	}
	return total, nil
}

func (c *cbcWriter) flush() error {
	c.mode.CryptBlocks(c.buf[:c.n], c.buf[:c.n])
	_, err := c.w.Write(c.buf[:c.n])
	c.n = 0
	return err
}

// Close pads to a whole block and writes what is left; it does not close w.
func (c *cbcWriter) Close() error {
	pad := blockSize - c.n%blockSize
	for range pad {
		c.buf[c.n] = byte(pad)
		c.n++
	}
	return c.flush()
}
