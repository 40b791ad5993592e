package document_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"klarbeleg/internal/document"
)

func picture(t testing.TB, encode func(*bytes.Buffer, image.Image) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tiff(width, height uint32) []byte {
	b := []byte("II*\x00\x08\x00\x00\x00\x02\x00")
	for _, e := range [][2]uint32{{256, width}, {257, height}} {
		b = binary.LittleEndian.AppendUint16(b, uint16(e[0]))
		b = binary.LittleEndian.AppendUint16(b, 4)
		b = binary.LittleEndian.AppendUint32(b, 1)
		b = binary.LittleEndian.AppendUint32(b, e[1])
	}
	return b
}

// REG-1, COR-5, ASVS 5.2.2, 5.2.6: the content decides.
func TestInspect(t *testing.T) {
	t.Parallel()
	jpg := picture(t, func(b *bytes.Buffer, i image.Image) error { return jpeg.Encode(b, i, nil) })
	pn := picture(t, func(b *bytes.Buffer, i image.Image) error { return png.Encode(b, i) })
	pdf := "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
	huge := bytes.Clone(pn)
	binary.BigEndian.PutUint32(huge[16:], 60_000) // its checksum is wrong now, too
	for name, c := range map[string]struct {
		content []byte
		want    document.Type
	}{
		"PDF": {[]byte(pdf), document.PDF}, "JPEG": {jpg, document.JPEG}, "PNG": {pn, document.PNG}, "TIFF": {tiff(1240, 1754), document.TIFF},
		"empty": {nil, ""}, "text": {[]byte("Diese Datei ist keine."), ""}, "page before PDF": {[]byte("<html></html>" + pdf), ""},
		"only the beginning of a PDF": {[]byte("%PDF-1.7 und sonst nichts"), ""}, "cut JPEG": {jpg[:10], ""}, "cut PNG": {pn[:20], ""},
		"huge PNG": {huge, ""}, "huge TIFF": {tiff(60_000, 60_000), ""}, "TIFF without size": {tiff(0, 5), ""}, "cut TIFF": {tiff(5, 5)[:20], ""},
		"program": {[]byte("MZ\x90\x00\x03\x00\x00\x00\x04"), ""}, "HEIC": {[]byte("\x00\x00\x00\x18ftypheic\x00\x00"), ""},
		"too large": {[]byte(pdf[:9] + strings.Repeat(" ", document.MaxBytes) + pdf[9:]), ""},
	} {
		got, err := document.Inspect(bytes.NewReader(c.content), int64(len(c.content)))
		if c.want != "" && (err != nil || got != c.want) || c.want == "" && !errors.Is(err, document.ErrRefused) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func FuzzInspect(f *testing.F) {
	f.Add(tiff(5, 5))
	f.Add([]byte("%PDF-1.4\nstartxref\n0\n%%EOF"))
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if got, err := document.Inspect(bytes.NewReader(content), int64(len(content))); err == nil && got == "" {
			t.Error("neither a type nor an error")
		}
	})
}
