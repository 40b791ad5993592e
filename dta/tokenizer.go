package dta

// MaxFields is the most elements and components that a segment may carry
// before the rest is skipped and Overflow is set. The longest segment of the
// catalogues has 17 elements.
const MaxFields = 64

// The characters of the syntax (dta-302.md section 3). A UNA that names others
// is refused.
const (
	SepComponent = ':'
	SepElement   = '+'
	Release      = '?'
	Terminator   = '\''
	// UNA is the only service string advice that is accepted.
	UNA = "UNA:+,? '"
)

// The line ends that occur between segments; the format itself has none.
const (
	NoLineEnd = ""
	LF        = "\n"
	CRLF      = "\r\n"
)

// Byte classes of the tokenizer.
const (
	classPlain = iota
	classComponent
	classElement
	classRelease
	classTerminator
	classControl
)

// byteClass has the class of every byte. It is never written after start.
var byteClass = func() (t [256]uint8) {
	for c := range 0x20 {
		t[c] = classControl
	}
	t[0x7F] = classControl
	t[SepComponent], t[SepElement] = classComponent, classElement
	t[Release], t[Terminator] = classRelease, classTerminator
	return t
}()

// Field is one component of an element: a range of the text, release characters
// included.
type Field struct {
	Start, End int32
	Element    uint8 // from 1
	Component  uint8 // from 1
	Released   bool  // holds release characters; use Unescape
}

// Tokenizer splits a text into segments and segments into fields. It allocates
// nothing; what it shows is valid until the next call of Next.
type Tokenizer struct {
	text   string
	pos    int
	start  int
	tagEnd int
	n      int
	fields [MaxFields]Field

	// Control is the offset in the text of the first control character inside
	// the segment, -1 if there is none.
	Control int
	// BadRelease is the offset of the first release character before a
	// character that needs none, -1 if there is none.
	BadRelease int
	// EmptyTail tells that separators stand before the terminator or an empty
	// component before an element separator.
	EmptyTail bool
	// Overflow tells that the segment has more than MaxFields fields.
	Overflow bool
	// Open tells that the text ended before the terminator.
	Open bool
}

// Reset starts over with a text of at most 2 GiB. In UTF-8 and in every
// character set of Charset the separators are the same bytes.
func (t *Tokenizer) Reset(text string) {
	t.text, t.pos, t.start, t.tagEnd, t.n = text, 0, 0, 0, 0
}

// Seek makes the segment at a position of the text the next one.
func (t *Tokenizer) Seek(pos int) { t.pos = pos }

// Next moves to the next segment and reports whether there is one. Line breaks
// between segments are skipped.
func (t *Tokenizer) Next() bool {
	s, i := t.text, t.pos
	for i < len(s) && (s[i] == '\r' || s[i] == '\n') {
		i++
	}
	t.start, t.n, t.tagEnd = i, 0, i
	t.Control, t.BadRelease = -1, -1
	t.EmptyTail, t.Overflow, t.Open = false, false, false
	if i >= len(s) {
		t.pos = i
		return false
	}
	t.pos = t.scan(i)
	return true
}

// scan reads the segment at i and returns the position behind its terminator.
// The parts of the field at hand are kept in registers and stored one by one: a
// struct put together in memory and copied costs twice the time.
func (t *Tokenizer) scan(i int) int {
	s := t.text
	start, element, component, released := i, 0, 1, false // element 0 is the tag
	for i < len(s) {
		class := byteClass[s[i]]
		if class == classPlain {
			i++
			continue
		}
		switch class {
		case classRelease:
			i = t.release(i)
			released = true
			continue
		case classControl:
			if t.Control < 0 {
				t.Control = i
			}
			i++
			continue
		}
		// A separator or the terminator ends the field; a component separator in
		// the tag is part of it.
		if element == 0 {
			if class == classComponent {
				i++
				continue
			}
			t.tagEnd = i
		} else {
			t.add(start, i, element, component, released)
			if start == i && class != classComponent && (component > 1 || class == classTerminator) {
				t.EmptyTail = true
			}
		}
		i++
		if class == classTerminator {
			return i
		}
		start, released = i, false
		if class == classComponent {
			component = min(component, maxIndex-1) + 1
		} else {
			element, component = min(element, maxIndex-1)+1, 1
		}
	}
	t.Open = true
	if element == 0 {
		t.tagEnd = i
	} else {
		t.add(start, i, element, component, released)
	}
	return i
}

// maxIndex keeps element and component numbers from running over; no catalogue
// comes near it.
const maxIndex = 255

// release steps over the release character at i and the character it releases.
func (t *Tokenizer) release(i int) int {
	if i+1 < len(t.text) {
		switch byteClass[t.text[i+1]] {
		case classComponent, classElement, classRelease, classTerminator:
			return i + 2
		}
	}
	if t.BadRelease < 0 {
		t.BadRelease = i
	}
	return i + 1 // the next character counts as what it is: none that separates
}

func (t *Tokenizer) add(start, end, element, component int, released bool) {
	if t.n >= MaxFields {
		t.Overflow = true
		return
	}
	f := &t.fields[t.n]
	f.Start, f.End, f.Element, f.Component, f.Released = int32(start), int32(end), uint8(element), uint8(component), released
	t.n++
}

// Irregular tells whether one of Control, BadRelease, EmptyTail and Overflow
// says something about the segment.
func (t *Tokenizer) Irregular() bool {
	return t.Control >= 0 || t.BadRelease >= 0 || t.EmptyTail || t.Overflow
}

// Tag returns the segment tag, "" for an empty segment.
func (t *Tokenizer) Tag() string { return t.text[t.start:t.tagEnd] }

// PackTag packs a tag of three characters into a number, which is faster to compare
// than a string; 0 for any other.
func PackTag(tag string) uint32 {
	if len(tag) != 3 {
		return 0
	}
	return uint32(tag[0])<<16 | uint32(tag[1])<<8 | uint32(tag[2])
}

// ShownTag returns a tag that may be shown, "" for one that may not: three capital
// letters are a tag, anything else could be a torn field value (OPS-4).
func ShownTag(tag string) string {
	if len(tag) != 3 {
		return ""
	}
	for i := range len(tag) {
		if tag[i] < 'A' || tag[i] > 'Z' {
			return ""
		}
	}
	return tag
}

// Fields returns the components of all elements in order.
func (t *Tokenizer) Fields() []Field { return t.fields[:t.n] }

// Text returns a field as a part of the text, without copying unless release
// characters have to be removed.
func (t *Tokenizer) Text(f Field) string {
	if f.Released {
		return Unescape(t.text[f.Start:f.End])
	}
	return t.text[f.Start:f.End]
}

// Start returns the offset of the segment in the text.
func (t *Tokenizer) Start() int { return t.start }

// End returns the offset behind the segment's terminator.
func (t *Tokenizer) End() int { return t.pos }

// Unescape removes the release characters: each takes away the meaning of the
// next character and does not count.
func Unescape(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == Release && i+1 < len(s) {
			i++
		}
		out = append(out, s[i])
	}
	return string(out)
}

// AppendEscaped appends s with a release character before each of : + ' ? and
// before no other character (dta-302.md section 3).
func AppendEscaped(dst []byte, s string) []byte {
	for i := range len(s) {
		switch byteClass[s[i]] {
		case classComponent, classElement, classRelease, classTerminator:
			dst = append(dst, Release)
		}
		dst = append(dst, s[i])
	}
	return dst
}
