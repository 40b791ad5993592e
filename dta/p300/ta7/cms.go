package ta7

import "errors"

// errCMS says that a container is no readable CMS SignedData with its content.
var errCMS = errors.New("no CMS SignedData with enclosed content")

// maxBERDepth bounds the nesting of a container.
const maxBERDepth = 24

// ber is one BER value: definite or indefinite length (ITU-T X.690). raw and
// content are parts of the container.
type ber struct {
	tag          byte // identifier octet; tags above 30 are not used in CMS
	raw, content []byte
	indefinite   bool
}

// Identifier octets of what a container is made of.
const (
	tagInteger     = 0x02
	tagOctetString = 0x04
	tagOID         = 0x06
	tagSequence    = 0x30
	tagSet         = 0x31
	tagContext0    = 0xA0
	constructed    = 0x20
)

// readBER reads one value at the start of b and returns what follows.
func readBER(b []byte, depth int) (v ber, rest []byte, err error) {
	if len(b) < 2 || depth > maxBERDepth || b[0]&0x1F == 0x1F {
		return ber{}, nil, errCMS
	}
	v.tag = b[0]
	length, head := int(b[1]), 2
	switch {
	case b[1] == 0x80:
		return readIndefinite(b, depth)
	case b[1] > 0x80:
		n := int(b[1] & 0x7F)
		if n > 4 || len(b) < 2+n {
			return ber{}, nil, errCMS
		}
		length = 0
		for _, c := range b[2 : 2+n] {
			length = length<<8 | int(c)
		}
		head += n
	}
	if length > len(b)-head {
		return ber{}, nil, errCMS
	}
	v.raw, v.content = b[:head+length], b[head:head+length]
	return v, b[head+length:], nil
}

// readIndefinite reads a value that ends with two zero octets.
func readIndefinite(b []byte, depth int) (v ber, rest []byte, err error) {
	if b[0]&constructed == 0 {
		return ber{}, nil, errCMS
	}
	v.tag, v.indefinite = b[0], true
	rest = b[2:]
	for len(rest) >= 2 && (rest[0] != 0 || rest[1] != 0) {
		if _, rest, err = readBER(rest, depth+1); err != nil {
			return ber{}, nil, err
		}
	}
	if len(rest) < 2 {
		return ber{}, nil, errCMS
	}
	end := len(b) - len(rest)
	v.raw, v.content = b[:end+2], b[2:end]
	return v, rest[2:], nil
}

// children returns the values inside a constructed one; nil if it is none.
func (v ber) children() ([]ber, error) {
	if v.tag&constructed == 0 {
		return nil, errCMS
	}
	var out []ber
	for rest := v.content; len(rest) > 0; {
		c, after, err := readBER(rest, 1)
		if err != nil {
			return nil, err
		}
		out, rest = append(out, c), after
	}
	return out, nil
}

// octets returns the content of an octet string, which BER may cut into parts.
func (v ber) octets(depth int) ([]byte, error) {
	switch {
	case v.tag == tagOctetString:
		return v.content, nil
	case v.tag != tagOctetString|constructed || depth > maxBERDepth:
		return nil, errCMS
	}
	parts, err := v.children()
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, p := range parts {
		o, err := p.octets(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, o...)
	}
	return out, nil
}

// signedData is a container taken apart (RFC 5652 section 5.1).
type signedData struct {
	content      []byte
	contentType  []byte // OID
	certificates []ber
	signers      []ber
}

var (
	oidSignedData = []byte{0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02}
	oidDigest     = []byte{0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x04}
)

// parseCMS takes a container apart. Nothing is said about its signature.
func parseCMS(raw []byte) (*signedData, error) {
	outer, rest, err := readBER(raw, 0)
	if err != nil || len(rest) > 0 {
		return nil, errCMS
	}
	info, err := outer.parts(tagSequence, tagOID, tagContext0)
	if err != nil || string(info[0].content) != string(oidSignedData) {
		return nil, errCMS
	}
	inner, err := info[1].parts(tagContext0, tagSequence)
	if err != nil {
		return nil, err
	}
	parts, err := inner[0].parts(tagSequence, tagInteger, tagSet, tagSequence)
	if err != nil {
		return nil, err
	}
	d := &signedData{}
	if err := d.enclosed(parts[2]); err != nil {
		return nil, err
	}
	for _, p := range parts[3:] {
		switch p.tag {
		case tagContext0:
			d.certificates, err = p.children()
		case tagSet:
			d.signers, err = p.children()
		}
		if err != nil {
			return nil, err
		}
	}
	return d, nil
}

// parts returns the children of a value that has the tag; the first of them must
// have the tags that follow.
func (v ber) parts(tag byte, tags ...byte) ([]ber, error) {
	children, err := v.children()
	if err != nil || v.tag != tag || len(children) < len(tags) {
		return nil, errCMS
	}
	for i, t := range tags {
		if children[i].tag != t {
			return nil, errCMS
		}
	}
	return children, nil
}

// enclosed takes the content of encapContentInfo; detached ones are refused.
func (d *signedData) enclosed(v ber) error {
	info, err := v.parts(tagSequence, tagOID, tagContext0)
	if err != nil {
		return err
	}
	inner, err := info[1].children()
	if err != nil || len(inner) != 1 {
		return errCMS
	}
	d.contentType = info[0].content
	d.content, err = inner[0].octets(0)
	return err
}
