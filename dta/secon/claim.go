package secon

import (
	"bytes"
	"fmt"
	"strconv"

	"klarbeleg/dta/auftrag"
)

// HeadSize is how many bytes KindOf needs to see.
const HeadSize = 4

// Kind is what the first bytes of a file show.
type Kind uint8

// The kinds that can be told apart.
const (
	KindUnknown Kind = iota
	KindCMS
	KindEDIFACT
	KindXML
	KindGzip
	KindZip
	KindBzip2
)

// String returns the name for people.
func (k Kind) String() string {
	switch k {
	case KindCMS:
		return "verschlüsselte Nachricht (CMS)"
	case KindEDIFACT:
		return "unverschlüsselte Nutzdaten (EDIFACT)"
	case KindXML:
		return "unverschlüsselte Nutzdaten (XML)"
	case KindGzip:
		return "gzip"
	case KindZip:
		return "zip"
	case KindBzip2:
		return "bzip2"
	case KindUnknown:
	}
	return "unbekannter Inhalt"
}

// Packed tells whether the content is an archive.
func (k Kind) Packed() bool { return k == KindGzip || k == KindZip || k == KindBzip2 }

// KindOf tells the kind of a file from its first bytes; four suffice.
func KindOf(head []byte) Kind {
	for _, m := range [...]struct {
		magic string
		kind  Kind
	}{
		{"\x30", KindCMS},
		{"UNA", KindEDIFACT},
		{"UNB", KindEDIFACT},
		{"<", KindXML},
		{"\x1f\x8b", KindGzip},
		{"PK\x03\x04", KindZip},
		{"BZh", KindBzip2},
	} {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.kind
		}
	}
	return KindUnknown
}

// The codes of Verschlüsselungsart and elektronische Unterschrift in use.
const (
	claimPlain = "00"
	claimSECON = "03"
)

// CheckTransmitted checks what the Auftragsdatei claims about the transmitted
// file against its first bytes and its size (spec secon section 3). sealed says
// that the file is to be opened; a plain one may be used where the sender is
// configured so. The error is an *Error with ErrClaim or ErrSize; nothing is
// ever tried another way than claimed.
func CheckTransmitted(a *auftrag.Auftrag, head []byte, size int64) (sealed bool, err error) {
	if a.DateigroesseUebertragung != size {
		return false, refuse(ErrSize, strconv.FormatInt(size, 10)+" Byte", strconv.FormatInt(a.DateigroesseUebertragung, 10)+" Byte")
	}
	kind := KindOf(head)
	switch {
	case a.Verschluesselungsart == claimSECON && a.ElektronischeUnterschrift == claimSECON:
		sealed = true
	case a.Verschluesselungsart != claimPlain || a.ElektronischeUnterschrift != claimPlain:
		return false, refuse(ErrClaim, fmt.Sprintf("Verschlüsselungsart %q, elektronische Unterschrift %q", a.Verschluesselungsart, a.ElektronischeUnterschrift), "beide 03 oder beide 00")
	}
	if sealed != (kind == KindCMS) {
		return false, refuse(ErrClaim, kind.String(), "Verschlüsselungsart "+a.Verschluesselungsart)
	}
	return sealed, nil
}
