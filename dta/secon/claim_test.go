package secon

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"klarbeleg/dta/auftrag"
)

// DTA-5, F-47: claim, content and size must agree; both are named.
func TestCheckTransmitted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		encryption, signature, head string
		size                        int64
		sealed                      bool
		want                        error
	}{
		{"03", "03", "\x30\x80\x06\x09", 100, true, nil},
		{"00", "00", "UNA:", 100, false, nil},
		{"00", "00", "UNB+", 100, false, nil},
		{"00", "00", "\x1f\x8b\x08\x00", 100, false, nil},
		{"00", "00", "<Bun", 100, false, nil},
		{"03", "00", "\x30\x80\x06\x09", 100, false, ErrClaim},
		{"00", "03", "\x30\x80\x06\x09", 100, false, ErrClaim},
		{"02", "02", "-----", 100, false, ErrClaim},
		{"", "", "UNA:", 100, false, ErrClaim},
		{"03", "03", "UNA:", 100, false, ErrClaim},
		{"03", "03", "", 100, false, ErrClaim},
		{"00", "00", "\x30\x80\x06\x09", 100, false, ErrClaim},
		{"03", "03", "\x30\x80\x06\x09", 99, false, ErrSize},
		{"00", "00", "UNA:", 101, false, ErrSize},
	}
	for _, tt := range tests {
		a := auftrag.New()
		a.Verschluesselungsart, a.ElektronischeUnterschrift, a.DateigroesseUebertragung = tt.encryption, tt.signature, 100
		sealed, err := CheckTransmitted(a, []byte(tt.head), tt.size)
		if sealed != tt.sealed || !errors.Is(err, tt.want) {
			t.Errorf("%+v: %v, %v", tt, sealed, err)
		}
		var refusal *Error
		if errors.As(err, &refusal) && (refusal.Found == "" || refusal.Want == "") {
			t.Errorf("%+v: does not name both: %v", tt, err)
		}
	}
}

func gzipped(t *testing.T, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zipped(t *testing.T, method uint16, files ...[]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, plain := range files {
		f, err := w.CreateHeader(&zip.FileHeader{Name: "ESOL0001", Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(plain); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func unpacked(code string, size int, packed []byte) (*memory, error) {
	a := auftrag.New()
	a.Komprimierung, a.DateigroesseNutzdaten = code, int64(size)
	var spool memory
	err := Unpack(&spool, io.NewSectionReader(bytes.NewReader(packed), 0, int64(len(packed))), a)
	return &spool, err
}

// DTA-5, F-47: every compression is reversed where it is claimed, and there alone.
func TestUnpack(t *testing.T) {
	t.Parallel()
	plain := readFile(t, "golden", "payload.edi")
	gz, stored, deflated := gzipped(t, plain), zipped(t, zip.Store, plain), zipped(t, zip.Deflate, plain)
	bz := readFile(t, "golden", "payload.edi.bz2")
	flip := func(b []byte, at int) []byte {
		b = bytes.Clone(b)
		b[at] ^= 1
		return b
	}
	encrypted := bytes.Clone(deflated)
	directory := bytes.LastIndex(encrypted, []byte(zipEntry))
	encrypted[directory+8] |= 1
	lzma := bytes.Clone(deflated)
	binary.LittleEndian.PutUint16(lzma[directory+10:], 14)
	tests := []struct {
		name, code string
		packed     []byte
		size       int
		want       error
	}{
		{"plain", "00", plain, len(plain), nil},
		{"gzip", "02", gz, len(plain), nil},
		{"zip stored", "03", stored, len(plain), nil},
		{"zip deflated", "03", deflated, len(plain), nil},
		{"bzip2", "07", bz, len(plain), nil},
		{"empty", "00", nil, 0, nil},
		{"one byte more than claimed", "00", plain, len(plain) - 1, ErrTooLarge},
		{"one byte less than claimed", "00", plain, len(plain) + 1, ErrSize},
		{"gzip one byte more", "02", gz, len(plain) - 1, ErrTooLarge},
		{"gzip one byte less", "02", gz, len(plain) + 1, ErrSize},
		{"gzip not claimed", "00", gz, len(gz), ErrCompression},
		{"zip not claimed", "00", stored, len(stored), ErrCompression},
		{"bzip2 not claimed", "00", bz, len(bz), ErrCompression},
		{"plain claimed as gzip", "02", plain, len(plain), ErrCompression},
		{"zip claimed as gzip", "02", stored, len(plain), ErrCompression},
		{"several files", "13", stored, len(plain), ErrCompression},
		{"unknown code", "09", plain, len(plain), ErrCompression},
		{"two files", "03", zipped(t, zip.Deflate, plain, plain), len(plain), ErrCompression},
		{"no file", "03", zipped(t, zip.Deflate), 0, ErrCompression},
		{"gzip cut", "02", gz[:len(gz)-1], len(plain), ErrCompression},
		{"gzip checksum", "02", flip(gz, len(gz)-8), len(plain), ErrCompression},
		{"gzip head", "02", gz[:5], len(plain), ErrCompression},
		{"bzip2 cut", "07", bz[:len(bz)-5], len(plain), ErrCompression},
		{"bzip2 broken", "07", flip(bz, 12), len(plain), ErrCompression},
		{"zip cut", "03", deflated[:len(deflated)-1], len(plain), ErrCompression},
		{"zip content", "03", flip(stored, 60), len(plain), ErrCompression},
		{"zip deflate broken", "03", flip(deflated, 45), len(plain), ErrCompression},
		{"zip checksum", "03", flip(deflated, directory+16), len(plain), ErrCompression},
		{"zip directory elsewhere", "03", flip(deflated, len(deflated)-6), len(plain), ErrCompression},
		{"zip entry elsewhere", "03", flip(deflated, directory+42), len(plain), ErrCompression},
		{"zip encrypted", "03", encrypted, len(plain), ErrCompression},
		{"zip method", "03", lzma, len(plain), ErrCompression},
	}
	for _, tt := range tests {
		spool, err := unpacked(tt.code, tt.size, tt.packed)
		if !errors.Is(err, tt.want) || !errors.Is(spool.err, tt.want) || spool.closed != 1 {
			t.Errorf("%s: %v, spool %v", tt.name, err, spool.err)
		}
		var refusal *Error
		if tt.want == nil && spool.String() != string(tt.packed) && !bytes.Equal(spool.Bytes(), plain) {
			t.Errorf("%s: other content", tt.name)
		} else if tt.want != nil && (!errors.As(err, &refusal) || refusal.Finding().Text() == "") {
			t.Errorf("%s: no finding", tt.name)
		}
	}
}

// DTA-5, F-47: a bomb stops one byte behind the size that the Auftragsdatei names.
func TestBomb(t *testing.T) {
	t.Parallel()
	const claimed = 1000
	bomb := make([]byte, 50<<20)
	for code, packed := range map[string][]byte{"02": gzipped(t, bomb), "03": zipped(t, zip.Deflate, bomb)} {
		spool, err := unpacked(code, claimed, packed)
		if !errors.Is(err, ErrTooLarge) || spool.Len() > claimed+1 {
			t.Errorf("%s: %v after %d bytes", code, err, spool.Len())
		}
	}
}

func FuzzUnpack(f *testing.F) {
	plain := readFile(f, "golden", "payload.edi")
	f.Add("07", readFile(f, "golden", "payload.edi.bz2"))
	f.Add("00", plain)
	f.Add("02", []byte("\x1f\x8b\x08"))
	f.Add("03", []byte(zipLocal))
	f.Fuzz(func(t *testing.T, code string, packed []byte) {
		spool, err := unpacked(code, len(plain), packed)
		if (err == nil) != (spool.err == nil) || spool.Len() > len(plain)+1 || err == nil && spool.Len() != len(plain) {
			t.Fatalf("%v, %d bytes", err, spool.Len())
		}
		var refusal *Error
		if err != nil && !errors.As(err, &refusal) {
			t.Fatalf("a fault of the file is ours: %v", err)
		}
	})
}

// DTA-5, F-46: while a payload is unverified and after it was refused, nothing of
// it stands in the folder, by name or by content; verified it reads at any place.
func TestTempSpool(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	payload := strings.Repeat(canary, 20_000)
	spool, err := NewTempSpool(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer spool.Close()
	if n, err := io.WriteString(spool, payload); err != nil || n != len(payload) {
		t.Fatal(n, err)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 0 {
		t.Errorf("files %v, %v", names, err)
	}
	raw := make([]byte, len(payload))
	if _, err := spool.file.ReadAt(raw, 0); err != nil || bytes.Contains(raw, []byte(canary)) {
		t.Errorf("payload on disk: %v", err)
	}
	if _, err := spool.Payload(); !errors.Is(err, ErrNotVerified) {
		t.Errorf("unverified: %v", err)
	}
	if err := spool.CloseWithError(nil); err != nil {
		t.Fatal(err)
	}
	r, err := spool.Payload()
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(r)
	if err != nil || string(all) != payload {
		t.Errorf("payload: %v", err)
	}
	for at := range 40 {
		part := make([]byte, 100)
		if _, err := r.ReadAt(part, int64(70_000+at)); err != nil || string(part) != payload[70_000+at:][:100] {
			t.Fatalf("at %d: %v", at, err)
		}
	}
	if err := errors.Join(spool.Close(), spool.Close()); err != nil {
		t.Error(err)
	}
	if _, err := spool.Payload(); !errors.Is(err, ErrNotVerified) {
		t.Errorf("closed: %v", err)
	}
	if _, err := NewTempSpool(filepath.Join(dir, "missing")); err == nil {
		t.Error("spool in a missing folder")
	}
}

// DTA-5, F-46: refused messages leave the spool empty and closed.
func TestTempSpoolRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"signer-revoked", "unsigned", "detached", "foreign"} {
		spool, err := NewTempSpool(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(spool, bytes.NewReader(readFile(t, "golden", name+".p7m")), options(t)); err == nil {
			t.Fatalf("%s opened", name)
		}
		if _, err := spool.Payload(); !errors.Is(err, ErrNotVerified) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := spool.file.Stat(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: file still open: %v", name, err)
		}
	}
}

// DTA-5: a pipe hands the refusal to its reader in the place of the end.
func TestPipeSpool(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]error{"der": nil, "signer-revoked": ErrRevoked} {
		message, o := readFile(t, "golden", name+".p7m"), options(t)
		r, w := io.Pipe()
		go Open(w, bytes.NewReader(message), o) //nolint:errcheck // the reader has it
		if _, err := io.Copy(io.Discard, r); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
