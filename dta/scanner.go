package dta

import (
	"bytes"
	"errors"
	"io"
)

// The bounds of reading.
const (
	// ReadSize is the piece in which a file is read: larger pieces do not stay in
	// the processor's cache and need more memory. Small files get by with firstRead.
	ReadSize  = 256 << 10
	firstRead = 32 << 10
	// MaxMessageBytes bounds the memory for one message. The longest message
	// that UNT.1 can count has 999,999 segments of 50 bytes on average.
	MaxMessageBytes = 64 << 20
	// MaxMessageSegments is what the six digits of UNT.1 can say.
	MaxMessageSegments = 999_999
)

// ErrTooLong is returned for a message or segment above the bounds.
var ErrTooLong = errors.New("message exceeds the bounds of size or segment count")

// Unit is one message from UNH to UNT, or one segment outside of messages. Its
// bytes are valid until the scanner's next Next.
type Unit struct {
	Raw     []byte  // segments with their terminators and what stands between them
	Offset  int64   // of Raw in the file
	Segment int     // number of the first segment in the file from 1
	Starts  []int32 // start of each segment in Raw
	Message bool    // starts with UNH
	Closed  bool    // a message that ends with UNT, or a segment with terminator
}

// Tag returns the tag of the unit's first segment.
func (u *Unit) Tag() string {
	raw := u.Raw[u.Starts[0]:]
	if len(raw) > 3 {
		raw = raw[:3]
	}
	return string(raw)
}

// Ort returns the place of the unit's segment with an index from 0.
func (u *Unit) Ort(index int) Ort {
	return Ort{Segment: int32(u.Segment + index), Offset: u.Offset + int64(u.Starts[index])}
}

// Scanner cuts a stream into units. It holds one unit and one piece of reading
// in memory.
type Scanner struct {
	r    io.Reader
	buf  []byte
	at   int   // start of the unread part of buf
	end  int   // end of the read part of buf
	base int64 // file offset of buf[0]
	seg  int   // segments handed out
	eof  bool
	err  error
	max  int
	size int // of the next piece
	unit Unit
}

// NewScanner returns a scanner of r.
func NewScanner(r io.Reader) *Scanner { return &Scanner{r: r, max: MaxMessageBytes, size: firstRead} }

// Next reads the next unit; false at the end of the stream or after an error.
func (s *Scanner) Next() bool {
	if s.err != nil {
		return false
	}
	s.skipLineBreaks()
	u := &s.unit
	*u = Unit{Starts: u.Starts[:0], Segment: s.seg + 1}
	n, err := s.cut(u)
	if err != nil {
		s.err = err
		return false
	}
	if n == 0 {
		return false
	}
	u.Raw, u.Offset = s.buf[s.at:s.at+n], s.base+int64(s.at)
	s.at += n
	s.seg += len(u.Starts)
	return true
}

// Unit returns the unit read by Next.
func (s *Scanner) Unit() *Unit { return &s.unit }

// Err returns the error of the underlying reader or ErrTooLong.
func (s *Scanner) Err() error { return s.err }

// Offset returns the bytes handed out and skipped so far.
func (s *Scanner) Offset() int64 { return s.base + int64(s.at) }

// Segments returns the number of segments handed out so far.
func (s *Scanner) Segments() int { return s.seg }

// Peek returns up to n bytes at the current position without moving.
func (s *Scanner) Peek(n int) []byte {
	for s.end-s.at < n && s.fill() {
	}
	return s.buf[s.at:min(s.at+n, s.end)]
}

// cut finds the end of the unit at s.at, filling u, and returns its length; 0
// at the end of the stream.
func (s *Scanner) cut(u *Unit) (int, error) {
	start := 0 // of the current segment, relative to s.at
	for {
		next, closed := 0, true
		part := s.buf[s.at+start : s.end]
		if i := bytes.IndexByte(part, Terminator); i > 0 && part[i-1] != Release { // as nearly always
			next = start + i + 1
		} else {
			var err error
			if next, closed, err = s.segmentEnd(start); err != nil {
				return 0, err
			}
		}
		if next == start { // end of the stream
			return start, nil
		}
		tag := tagOf(s.buf[s.at+start : s.at+next])
		if len(u.Starts) == 0 {
			u.Message = tag == tagUNH
		} else if tag == tagUNH || tag == tagUNZ || tag == tagUNB || tag == tagUNA {
			return start, nil // the message was never closed
		}
		if len(u.Starts) == MaxMessageSegments || next > s.max {
			return 0, ErrTooLong
		}
		u.Starts = append(u.Starts, int32(start))
		if !u.Message || !closed || tag == tagUNT {
			u.Closed = closed
			return next, nil
		}
		start = next
		if at := s.at + start; at >= s.end || s.buf[at] < ' ' {
			start = s.lineBreaks(start)
		}
	}
}

// segmentEnd returns the end of the segment that starts at start behind its
// terminator, or the end of the stream with closed false.
func (s *Scanner) segmentEnd(start int) (next int, closed bool, err error) {
	from := start
	for {
		part := s.buf[s.at+from : s.end]
		i := bytes.IndexByte(part, Terminator)
		if i >= 0 {
			i += from
			if !s.released(start, i) {
				return i + 1, true, nil
			}
			from = i + 1
			continue
		}
		if from += len(part); from > s.max {
			return 0, false, ErrTooLong
		}
		if !s.fill() {
			return s.end - s.at, false, s.err
		}
	}
}

// released tells whether the character at i is released: an odd number of
// release characters stands before it.
func (s *Scanner) released(start, i int) bool {
	n := 0
	for j := i - 1; j >= start && s.buf[s.at+j] == Release; j-- {
		n++
	}
	return n%2 == 1
}

// lineBreaks returns the position of the first byte at or behind i that is no
// line break.
func (s *Scanner) lineBreaks(i int) int {
	for {
		for ; s.at+i < s.end; i++ {
			if c := s.buf[s.at+i]; c != '\r' && c != '\n' {
				return i
			}
		}
		if !s.fill() {
			return i
		}
	}
}

func (s *Scanner) skipLineBreaks() { s.at += s.lineBreaks(0) }

// fill reads one more piece behind the unread part; false at the end of the
// stream or on an error. Positions relative to s.at stay valid.
func (s *Scanner) fill() bool {
	if s.eof || s.err != nil {
		return false
	}
	if len(s.buf)-s.end < s.size {
		s.makeRoom()
	}
	for range maxEmptyReads {
		n, err := s.r.Read(s.buf[s.end : s.end+s.size])
		s.end += n
		if n == s.size {
			s.size = min(4*s.size, ReadSize)
		}
		if errors.Is(err, io.EOF) {
			s.eof = true
			return n > 0
		}
		if err != nil {
			s.err = err
			return false
		}
		if n > 0 {
			return true
		}
	}
	s.err = io.ErrNoProgress
	return false
}

// maxEmptyReads ends a reader that returns nothing and no error for ever.
const maxEmptyReads = 100

// makeRoom moves the unread part to the front, into a larger buffer if needed.
func (s *Scanner) makeRoom() {
	kept := s.end - s.at
	buf := s.buf
	if kept+s.size > len(buf) {
		buf = make([]byte, max(2*len(buf), kept+s.size, 2*s.size))
	}
	copy(buf, s.buf[s.at:s.end])
	s.base += int64(s.at)
	s.buf, s.at, s.end = buf, 0, kept
}

// Tags of the service segments, packed.
const (
	tagUNA = 'U'<<16 | 'N'<<8 | 'A'
	tagUNB = 'U'<<16 | 'N'<<8 | 'B'
	tagUNH = 'U'<<16 | 'N'<<8 | 'H'
	tagUNT = 'U'<<16 | 'N'<<8 | 'T'
	tagUNZ = 'U'<<16 | 'N'<<8 | 'Z'
)

// tagOf packs the tag of a service segment; 0 for any other.
func tagOf(segment []byte) uint32 {
	if len(segment) < 4 || segment[0] != 'U' || byteClass[segment[3]] == classPlain {
		return 0
	}
	return uint32(segment[0])<<16 | uint32(segment[1])<<8 | uint32(segment[2])
}
