package ta7

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// The bounds of reading.
const (
	// MaxTokenBytes bounds a single XML token. The longest are the containers of
	// an E-Rezept in base64, some 100 KB; those with a PDF inside stay below.
	MaxTokenBytes = 8 << 20
	// MaxHeldBytes bounds what is held of one entry of the file: a prescription
	// with its three containers, or a document inside of a container.
	MaxHeldBytes = 32 << 20
	// MaxDepth bounds the nesting of elements; the profiles have about 20.
	MaxDepth = 64
	// readSize is the piece in which a file is read.
	readSize = 64 << 10
	// elementBytes is what an element takes besides its texts.
	elementBytes = 160
)

var (
	errTooLarge  = errors.New("XML token, nesting or entry exceeds the bounds")
	errNotUTF8   = errors.New("XML is not UTF-8")
	errDoctype   = errors.New("XML has a document type declaration")
	errNoBundle  = errors.New("XML is no FHIR bundle")
	errNoTrailer = errors.New("XML goes on behind the bundle")
)

// bom is the byte order mark that a file must not have.
const bom = "\xEF\xBB\xBF"

const fhirNamespace = "http://hl7.org/fhir"

// source hands bytes to the XML decoder, looks whether they are UTF-8 and ends a
// token that is too long.
type source struct {
	r     io.Reader
	buf   []byte
	at    int
	taken int64 // bytes handed out
	limit int64 // taken may not go beyond
	tail  []byte
	bad   bool // not UTF-8
	err   error
}

func newSource(r io.Reader) *source { return &source{r: r, limit: MaxTokenBytes} }

// ReadByte implements io.ByteReader, so that the decoder reads no further than
// the token at hand.
func (s *source) ReadByte() (byte, error) {
	if s.taken >= s.limit {
		return 0, errTooLarge
	}
	if s.at == len(s.buf) {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	c := s.buf[s.at]
	s.at++
	s.taken++
	return c, nil
}

// Read is there for the decoder's interface only.
func (s *source) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c, err := s.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = c
	return 1, nil
}

// fill reads the next piece.
func (s *source) fill() error {
	if s.err != nil {
		return s.err
	}
	first := s.buf == nil
	if first {
		s.buf = make([]byte, 0, readSize)
	}
	least := 1
	if first {
		least = len(bom)
	}
	n, err := io.ReadAtLeast(s.r, s.buf[:readSize], least)
	s.buf, s.at = s.buf[:n], 0
	if err != nil && (n == 0 || !errors.Is(err, io.ErrUnexpectedEOF)) {
		s.err = err
		s.bad = s.bad || errors.Is(err, io.EOF) && len(s.tail) > 0
		return err
	}
	if first && bytes.HasPrefix(s.buf, []byte(bom)) {
		return s.notUTF8()
	}
	return s.check()
}

// check looks whether the new piece is UTF-8; a character may be cut by its end.
func (s *source) check() error {
	p := s.buf
	if len(s.tail) > 0 {
		for len(p) > 0 && !utf8.FullRune(s.tail) {
			s.tail, p = append(s.tail, p[0]), p[1:]
		}
		if !utf8.FullRune(s.tail) {
			return nil
		}
		if !utf8.Valid(s.tail) {
			return s.notUTF8()
		}
		s.tail = s.tail[:0]
	}
	whole := len(p)
	for back := 1; back < utf8.UTFMax && back <= len(p); back++ {
		if utf8.RuneStart(p[len(p)-back]) {
			if !utf8.FullRune(p[len(p)-back:]) {
				whole = len(p) - back
			}
			break
		}
	}
	if !utf8.Valid(p[:whole]) {
		return s.notUTF8()
	}
	s.tail = append(s.tail, p[whole:]...)
	return nil
}

func (s *source) notUTF8() error {
	s.bad, s.err, s.buf, s.at = true, errNotUTF8, s.buf[:0], 0
	return errNotUTF8
}

// element is one XML element: FHIR keeps every value in the attribute value.
type element struct {
	name, value, url string
	offset           int64
	children         []*element
}

// parser reads elements one after the other.
type parser struct {
	src  *source
	dec  *xml.Decoder
	held int // bytes of the elements that are kept
	// inside tells that the start tag of the bundle was read.
	inside bool
	// drop tells of an element that is complete whether it is to be kept; nil
	// keeps all. It is how long lists are read in constant memory.
	drop func(parent string, e *element) bool
}

func newParser(r io.Reader) *parser {
	src := newSource(r)
	dec := xml.NewDecoder(src)
	dec.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(label, "utf-8") {
			return in, nil
		}
		return nil, errNotUTF8
	}
	return &parser{src: src, dec: dec}
}

// token returns the next token that is no text, comment or XML declaration.
func (p *parser) token() (xml.Token, int64, error) {
	for {
		at := p.dec.InputOffset()
		p.src.limit = p.src.taken + MaxTokenBytes
		t, err := p.dec.Token()
		if err != nil {
			return nil, at, p.cause(err)
		}
		switch t := t.(type) {
		case xml.StartElement, xml.EndElement:
			return t, at, nil
		case xml.Directive:
			return nil, at, errDoctype
		case xml.CharData:
			if !p.inside && len(bytes.TrimSpace(t)) > 0 {
				return nil, at, errNoBundle
			}
		}
	}
}

// cause puts what the source saw before what the decoder makes of it.
func (p *parser) cause(err error) error {
	switch {
	case p.src.bad:
		return errNotUTF8
	case p.src.err != nil && !errors.Is(p.src.err, io.EOF):
		return p.src.err
	}
	return err
}

// root reads up to the start tag of the bundle.
func (p *parser) root() error {
	t, _, err := p.token()
	if err != nil {
		return err
	}
	if start, ok := t.(xml.StartElement); !ok || start.Name.Local != "Bundle" || start.Name.Space != fhirNamespace {
		return errNoBundle
	}
	p.inside = true
	return nil
}

// next reads the next child of the bundle whole; nil at its end.
func (p *parser) next() (*element, error) {
	p.held = 0
	for {
		t, at, err := p.token()
		if err != nil {
			return nil, err
		}
		start, ok := t.(xml.StartElement)
		if !ok {
			return nil, p.end()
		}
		e, err := p.element(start, at, 1)
		if err != nil {
			return nil, err
		}
		if e != nil {
			return e, nil
		}
	}
}

// end looks that nothing but white space follows the bundle.
func (p *parser) end() error {
	for {
		p.src.limit = p.src.taken + MaxTokenBytes
		t, err := p.dec.Token()
		if errors.Is(err, io.EOF) && p.src.err != nil && errors.Is(p.src.err, io.EOF) && !p.src.bad {
			return nil
		}
		if err != nil {
			return p.cause(err)
		}
		switch t := t.(type) {
		case xml.Comment, xml.ProcInst:
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return errNoTrailer
			}
		default:
			return errNoTrailer
		}
	}
}

// element reads the rest of an element; nil for one of another namespace.
func (p *parser) element(start xml.StartElement, at int64, depth int) (*element, error) {
	if depth > MaxDepth {
		return nil, errTooLarge
	}
	e := &element{name: start.Name.Local, offset: at}
	for _, a := range start.Attr {
		switch {
		case a.Name.Space != "":
		case a.Name.Local == "value":
			e.value = a.Value
		case a.Name.Local == "url":
			e.url = a.Value
		}
	}
	size := elementBytes + len(e.name) + len(e.value) + len(e.url)
	before := p.held
	if p.held += size; p.held > MaxHeldBytes {
		return nil, errTooLarge
	}
	for {
		t, at, err := p.token()
		if err != nil {
			return nil, err
		}
		child, ok := t.(xml.StartElement)
		if !ok {
			break
		}
		c, err := p.element(child, at, depth+1)
		if err != nil {
			return nil, err
		}
		if c != nil && (p.drop == nil || !p.drop(e.name, c)) {
			e.children = append(e.children, c)
		} else if c != nil {
			p.held -= c.size()
		}
	}
	if start.Name.Space != fhirNamespace {
		p.held = before
		return nil, nil
	}
	return e, nil
}

// size returns what the element and those below take.
func (e *element) size() int {
	n := elementBytes + len(e.name) + len(e.value) + len(e.url)
	for _, c := range e.children {
		n += c.size()
	}
	return n
}

// all returns the children of a name.
func (e *element) all(name string) []*element {
	if e == nil {
		return nil
	}
	var out []*element
	for _, c := range e.children {
		if c.name == name {
			out = append(out, c)
		}
	}
	return out
}

// find walks down the first children of the names; nil where one is missing. A
// nil element has no children.
func (e *element) find(path ...string) *element {
	for _, name := range path {
		if e == nil {
			return nil
		}
		var next *element
		for _, c := range e.children {
			if c.name == name {
				next = c
				break
			}
		}
		e = next
	}
	return e
}

// text returns the value at the end of a path, "" where there is none.
func (e *element) text(path ...string) string {
	if c := e.find(path...); c != nil {
		return c.value
	}
	return ""
}

// extensions returns the extensions of a URL.
func (e *element) extensions(url string) []*element {
	var out []*element
	for _, c := range e.all("extension") {
		if c.url == url {
			out = append(out, c)
		}
	}
	return out
}

// extension returns the first extension of a URL, nil if there is none.
func (e *element) extension(url string) *element {
	for _, c := range e.all("extension") {
		if c.url == url {
			return c
		}
	}
	return nil
}

// identifier returns the value of the identifier of a system.
func (e *element) identifier(system string) string {
	for _, c := range e.all("identifier") {
		if c.text("system") == system {
			return c.text("value")
		}
	}
	return ""
}

// resource returns what is inside the resource of an entry.
func (e *element) resource() *element {
	if r := e.find("resource"); r != nil && len(r.children) > 0 {
		return r.children[0]
	}
	return nil
}
