package secon

import (
	"compress/bzip2"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strconv"

	"klarbeleg/dta/auftrag"
)

// Unpack reverses the compression that the Auftragsdatei claims for the opened
// payload and closes dst: with nil where the content is of the claimed kind and
// size (spec secon section 3). It stops one byte behind the claimed size, however
// far a bomb would go. A fault of the file is an *Error.
func Unpack(dst Spool, src *io.SectionReader, a *auftrag.Auftrag) (err error) {
	verdict := errAborted
	defer func() {
		if closeErr := dst.CloseWithError(verdict); closeErr != nil {
			err = errors.Join(err, fmt.Errorf("close spool: %w", closeErr))
		}
	}()
	verdict = unpack(dst, src, a)
	return verdict
}

func unpack(dst io.Writer, src *io.SectionReader, a *auftrag.Auftrag) error {
	plain, err := decompressor(src, a.Komprimierung)
	if err != nil {
		return err
	}
	claimed := a.DateigroesseNutzdaten
	n, err := io.CopyBuffer(onlyWriter{dst}, &brokenReader{r: io.LimitReader(plain, claimed+1)}, make([]byte, bufferSize))
	switch {
	case err != nil:
		return err
	case n > claimed:
		return refuse(ErrTooLarge, "mehr Nutzdaten", strconv.FormatInt(claimed, 10)+" Byte")
	case n < claimed:
		return refuse(ErrSize, strconv.FormatInt(n, 10)+" Byte Nutzdaten", strconv.FormatInt(claimed, 10)+" Byte")
	}
	return nil
}

// decompressor returns the plain content of src.
func decompressor(src *io.SectionReader, code string) (io.Reader, error) {
	head := make([]byte, HeadSize)
	n, err := src.ReadAt(head, 0)
	if err = ignoreEOF(err); err != nil {
		return nil, fmt.Errorf("read payload: %w", err)
	}
	want, ok := compressionKind(code)
	if !ok {
		return nil, refuse(ErrCompression, fmt.Sprintf("Komprimierung %q", code), "00, 02, 03 oder 07")
	}
	kind := KindOf(head[:n])
	if kind.Packed() != (want != KindUnknown) || kind.Packed() && kind != want {
		return nil, refuse(ErrCompression, kind.String(), "Komprimierung "+code)
	}
	var plain io.Reader = src
	switch kind {
	case KindGzip:
		plain, err = gzip.NewReader(src)
	case KindZip:
		plain, err = zipReader(src)
	case KindBzip2:
		plain = bzip2.NewReader(src)
	default:
	}
	if err != nil {
		return nil, brokenOr(err)
	}
	return plain, nil
}

// compressionKind returns what the code of the Auftragsdatei promises,
// KindUnknown for plain content.
func compressionKind(code string) (Kind, bool) {
	switch code {
	case auftrag.KomprimierungKeine:
		return KindUnknown, true
	case auftrag.KomprimierungGzip:
		return KindGzip, true
	case auftrag.KomprimierungZip:
		return KindZip, true
	case auftrag.KomprimierungBzip2:
		return KindBzip2, true
	}
	return KindUnknown, false
}

// brokenReader turns the errors of a broken archive into refusals.
type brokenReader struct{ r io.Reader }

func (b *brokenReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	return n, brokenOr(err)
}

// brokenOr returns the refusal for an error that comes from a broken archive,
// other errors unchanged.
func brokenOr(err error) error {
	var corrupt flate.CorruptInputError
	var structure bzip2.StructuralError
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) ||
		errors.As(err, &corrupt) || errors.As(err, &structure) {
		return refuse(ErrCompression, "beschädigtes Archiv", "")
	}
	return err
}

// onlyWriter hides that a spool may read by itself: it would take buffers of
// its own.
type onlyWriter struct{ io.Writer }
