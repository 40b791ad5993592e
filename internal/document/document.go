// Package document says what an uploaded file really is: a PDF, or a picture as
// JPEG, PNG or TIFF. It looks at the content alone, parses as much as proves it,
// and refuses everything else, also files that begin as something different
// (polyglots) and pictures of impossible size (ASVS 5.2.2, 5.2.6). It does not
// look for viruses.
package document

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	_ "image/jpeg" // for DecodeConfig
	_ "image/png"  // for DecodeConfig
	"io"
	"slices"
)

// Type is the media type of a document.
type Type string

// The types taken.
const (
	PDF  Type = "application/pdf"
	JPEG Type = "image/jpeg"
	PNG  Type = "image/png"
	TIFF Type = "image/tiff"
)

// MaxBytes is the size of a document that is taken (25 MiB).
const MaxBytes = 25 << 20

// Limits of a picture: nothing that a scanner makes comes near them, and decoding
// one of them fits into memory.
const (
	maxSide   = 20_000
	maxPixels = 100_000_000
)

// ErrRefused says that the content is none of the types, damaged, empty or too
// large.
var ErrRefused = errors.New("no usable PDF, JPEG, PNG or TIFF")

// Inspect returns the type of the size bytes in r, or ErrRefused, or an error of
// reading.
func Inspect(r io.ReaderAt, size int64) (Type, error) {
	head := make([]byte, 8)
	if size < int64(len(head)) || size > MaxBytes {
		return "", ErrRefused
	}
	if _, err := r.ReadAt(head, 0); err != nil {
		return "", err
	}
	section := io.NewSectionReader(r, 0, size)
	switch {
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return PDF, checkPDF(r, size)
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return JPEG, checkPicture(section, "jpeg")
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return PNG, checkPicture(section, "png")
	case bytes.HasPrefix(head, []byte("II*\x00")):
		return TIFF, checkTIFF(r, size, binary.LittleEndian)
	case bytes.HasPrefix(head, []byte("MM\x00*")):
		return TIFF, checkTIFF(r, size, binary.BigEndian)
	default:
		return "", ErrRefused
	}
}

// checkPDF looks for the end that every complete PDF has.
func checkPDF(r io.ReaderAt, size int64) error {
	tail := make([]byte, min(size, 2048))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	i := bytes.LastIndex(tail, []byte("startxref"))
	if i < 0 || !bytes.Contains(tail[i:], []byte("%%EOF")) {
		return ErrRefused
	}
	return nil
}

func checkPicture(r io.Reader, want string) error {
	c, format, err := image.DecodeConfig(r)
	if err != nil || format != want {
		return ErrRefused
	}
	return checkSize(int64(c.Width), int64(c.Height))
}

func checkSize(width, height int64) error {
	if width < 1 || height < 1 || width > maxSide || height > maxSide || width*height > maxPixels {
		return ErrRefused
	}
	return nil
}

// Tags of a TIFF directory that every picture has.
const (
	tagWidth  = 256
	tagHeight = 257
	typeShort = 3
	typeLong  = 4
)

// checkTIFF reads the first directory: its entries lie inside the file and name a
// possible size.
func checkTIFF(r io.ReaderAt, size int64, order binary.ByteOrder) error {
	head := make([]byte, 8)
	if _, err := r.ReadAt(head, 0); err != nil {
		return err
	}
	at := int64(order.Uint32(head[4:]))
	count := make([]byte, 2)
	if at < 8 || at+2 > size {
		return ErrRefused
	}
	if _, err := r.ReadAt(count, at); err != nil {
		return err
	}
	entries := make([]byte, 12*int(order.Uint16(count)))
	if len(entries) == 0 || at+2+int64(len(entries)) > size {
		return ErrRefused
	}
	if _, err := r.ReadAt(entries, at+2); err != nil {
		return err
	}
	sides := map[uint16]int64{}
	for e := range slices.Chunk(entries, 12) {
		switch order.Uint16(e[2:]) {
		case typeShort:
			sides[order.Uint16(e)] = int64(order.Uint16(e[8:]))
		case typeLong:
			sides[order.Uint16(e)] = int64(order.Uint32(e[8:]))
		}
	}
	return checkSize(sides[tagWidth], sides[tagHeight])
}
