package secon

import (
	"bufio"
	"errors"
	"io"
	"math"
	"slices"
)

// The bounds of reading (spec secon section 6).
const (
	// bufferSize is the piece in which files are read, decrypted and written.
	bufferSize = 64 << 10
	// maxDepth bounds nesting: a message has about ten levels.
	maxDepth = 32
	// maxElement bounds everything that is held in memory as a whole: algorithm
	// identifiers, a recipient, the signer.
	maxElement = 1 << 20
	// maxLengthBytes of a length: six are 256 TiB.
	maxLengthBytes = 6
)

// Identifier octets of the elements of a message.
const (
	idInteger     = 0x02
	idOctets      = 0x04
	idOctetPieces = 0x24
	idOID         = 0x06
	idSequence    = 0x30
	idSet         = 0x31
	idContext0    = 0x80
	idContext0C   = 0xA0
	idContext1C   = 0xA1
	idContext2C   = 0xA2
	idContext3C   = 0xA3

	constructed = 0x20
	highTag     = 0x1F
	indefinite  = -1
)

// header is identifier and length of an element; length is indefinite or in
// bytes.
type header struct {
	id     byte
	length int64
}

// berReader cuts a stream of BER elements (X.690) into tokens. It allocates
// nothing per element, and every element stays inside the one that encloses it.
type berReader struct {
	r    *bufio.Reader
	off  int64
	open []container // enclosing elements, innermost last
	// inner is set where the stream is decrypted content: there every fault of
	// the structure is a failed decryption, so that nobody can learn from
	// altered files what they decrypt to.
	inner bool
}

type container struct {
	limit      int64 // no byte of it stands at or behind this offset
	indefinite bool
}

func newReader(r io.Reader, inner bool) *berReader {
	return &berReader{r: bufio.NewReaderSize(r, bufferSize), open: make([]container, 0, maxDepth), inner: inner}
}

// fail returns the refusal at the current offset.
func (b *berReader) fail(kind error) error {
	if b.inner {
		kind = ErrDecryption
	}
	return &Error{Kind: kind, Offset: b.off}
}

// cause turns an end of file inside an element into a refusal.
func (b *berReader) cause(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return b.fail(ErrTruncated)
	}
	return err
}

func (b *berReader) limit() int64 {
	if n := len(b.open); n > 0 {
		return b.open[n-1].limit
	}
	return math.MaxInt64
}

func (b *berReader) readByte() (byte, error) {
	if b.off >= b.limit() {
		return 0, b.fail(ErrMalformed)
	}
	c, err := b.r.ReadByte()
	if err != nil {
		return 0, b.cause(err)
	}
	b.off++
	return c, nil
}

// next reads the head of the next element; false at the end of the innermost
// open element, which is closed then.
func (b *berReader) next() (header, bool, error) {
	n := len(b.open)
	if n > 0 && !b.open[n-1].indefinite && b.off == b.open[n-1].limit {
		b.open = b.open[:n-1]
		return header{}, false, nil
	}
	id, err := b.readByte()
	if err != nil {
		return header{}, false, err
	}
	length, err := b.readLength()
	if err != nil {
		return header{}, false, err
	}
	switch {
	case id == 0: // end of contents
		if length != 0 || n == 0 || !b.open[n-1].indefinite {
			return header{}, false, b.fail(ErrMalformed)
		}
		b.open = b.open[:n-1]
		return header{}, false, nil
	case id&highTag == highTag,
		length == indefinite && id&constructed == 0,
		length > b.limit()-b.off:
		return header{}, false, b.fail(ErrMalformed)
	}
	return header{id, length}, true, nil
}

func (b *berReader) readLength() (int64, error) {
	c, err := b.readByte()
	if err != nil || c < 0x80 {
		return int64(c), err
	}
	if c == 0x80 {
		return indefinite, nil
	}
	if c -= 0x80; c > maxLengthBytes {
		return 0, b.fail(ErrMalformed)
	}
	var length int64
	for range c {
		d, err := b.readByte()
		if err != nil {
			return 0, err
		}
		length = length<<8 | int64(d)
	}
	return length, nil
}

// enter opens the element: next yields its parts.
func (b *berReader) enter(h header) error {
	if h.id&constructed == 0 || len(b.open) == maxDepth {
		return b.fail(ErrMalformed)
	}
	c := container{limit: b.limit(), indefinite: h.length == indefinite}
	if !c.indefinite {
		c.limit = b.off + h.length
	}
	b.open = append(b.open, c)
	return nil
}

// want reads the head of an element that must be there.
func (b *berReader) want(id byte) (header, error) {
	h, ok, err := b.next()
	if err == nil && (!ok || h.id != id) {
		err = b.fail(ErrMalformed)
	}
	return h, err
}

// into opens elements that must be there, each in the one before.
func (b *berReader) into(ids ...byte) error {
	for _, id := range ids {
		h, err := b.want(id)
		if err != nil {
			return err
		}
		if err := b.enter(h); err != nil {
			return err
		}
	}
	return nil
}

// leave closes n open elements that must have no further part.
func (b *berReader) leave(n int) error {
	for range n {
		_, more, err := b.next()
		if err != nil {
			return err
		}
		if more {
			return b.fail(ErrMalformed)
		}
	}
	return nil
}

// wantElement returns an element that must be there.
func (b *berReader) wantElement(id byte) ([]byte, error) {
	h, err := b.want(id)
	if err != nil {
		return nil, err
	}
	return b.element(nil, h)
}

// element appends the element with its head to dst, as DER: definite lengths,
// octet strings in one piece. What is DER already stays as it is.
func (b *berReader) element(dst []byte, h header) ([]byte, error) {
	if h.id&constructed == 0 {
		return b.appendContent(appendHead(dst, h.id, h.length), h.length)
	}
	start, id := len(dst), h.id
	var err error
	if id == idOctetPieces {
		id = idOctets
		dst, err = b.appendPieces(dst, h)
	} else {
		dst, err = b.appendParts(dst, h)
	}
	if err != nil {
		return nil, err
	}
	return slices.Insert(dst, start, appendHead(nil, id, int64(len(dst)-start))...), nil
}

func (b *berReader) appendParts(dst []byte, h header) ([]byte, error) {
	if err := b.enter(h); err != nil {
		return nil, err
	}
	for {
		part, ok, err := b.next()
		if err != nil || !ok {
			return dst, err
		}
		if dst, err = b.element(dst, part); err != nil {
			return nil, err
		}
		if len(dst) > maxElement {
			return nil, b.fail(ErrMalformed)
		}
	}
}

func (b *berReader) appendPieces(dst []byte, h header) ([]byte, error) {
	pieces, err := b.octets(h)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(pieces, maxElement+1))
	if err != nil {
		return nil, err
	}
	if len(dst)+len(content) > maxElement {
		return nil, b.fail(ErrMalformed)
	}
	return append(dst, content...), nil
}

func (b *berReader) appendContent(dst []byte, length int64) ([]byte, error) {
	if length > int64(maxElement-len(dst)) { // dst may stand a head above the bound
		return nil, b.fail(ErrMalformed)
	}
	from := len(dst)
	dst = slices.Grow(dst, int(length))[:from+int(length)]
	n, err := io.ReadFull(b.r, dst[from:])
	b.off += int64(n)
	if err != nil {
		return nil, b.cause(err)
	}
	return dst, nil
}

// octets returns the content of an octet string, in one piece or in many
// (X.690 8.7). It must be read to its end before the next element.
func (b *berReader) octets(h header) (*octetReader, error) {
	o := &octetReader{b: b, left: h.length}
	if h.id&constructed != 0 {
		o.left, o.depth = 0, 1
		return o, b.enter(h)
	}
	return o, nil
}

// octetReader reads an octet string.
type octetReader struct {
	b     *berReader
	left  int64 // bytes of the current piece
	depth int   // open constructed pieces; 0: the current piece is the last
}

// Read fills p as far as the octet string goes, over the ends of pieces.
func (o *octetReader) Read(p []byte) (int, error) {
	total := 0
	for total < len(p) {
		if o.left == 0 {
			more, err := o.advance()
			if err != nil {
				return total, err
			}
			if !more {
				break
			}
			continue
		}
		n, err := o.b.r.Read(p[total:][:min(int64(len(p)-total), o.left)])
		total += n
		o.left -= int64(n)
		o.b.off += int64(n)
		if err != nil && (n == 0 || !errors.Is(err, io.EOF)) {
			return total, o.b.cause(err)
		}
	}
	if total == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return total, nil
}

// advance goes to the next piece; false at the end.
func (o *octetReader) advance() (bool, error) {
	if o.depth == 0 {
		return false, nil
	}
	h, ok, err := o.b.next()
	switch {
	case err != nil:
		return false, err
	case !ok:
		o.depth--
		return o.depth > 0, nil
	case h.id == idOctets:
		o.left = h.length
		return true, nil
	case h.id == idOctetPieces:
		o.depth++
		return true, o.b.enter(h)
	}
	return false, o.b.fail(ErrMalformed)
}
