package secon

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"io"
	"strconv"
)

// The records of a zip file (APPNOTE 4.3). The standard library's reader holds
// the directory in memory, which the sender decides about; a delivery is one
// file, and one entry needs none.
const (
	zipEnd        = "PK\x05\x06"
	zipEndSize    = 22
	zipMaxComment = 1<<16 - 1
	zipEntry      = "PK\x01\x02"
	zipEntrySize  = 46
	zipLocal      = "PK\x03\x04"
	zipLocalSize  = 30
	zipStored     = 0
	zipDeflated   = 8
)

func zipBroken() error { return refuse(ErrCompression, "beschädigtes Archiv", "") }

// zipReader returns the one file of a zip below 4 GiB.
func zipReader(src *io.SectionReader) (io.Reader, error) {
	end, err := zipDirectoryEnd(src)
	if err != nil {
		return nil, err
	}
	if files := binary.LittleEndian.Uint16(end[10:]); files != 1 {
		return nil, refuse(ErrCompression, strconv.Itoa(int(files))+" Dateien im Archiv", "eine")
	}
	entry, err := zipRecord(src, int64(binary.LittleEndian.Uint32(end[16:])), zipEntry, zipEntrySize)
	if err != nil {
		return nil, err
	}
	at := int64(binary.LittleEndian.Uint32(entry[42:]))
	local, err := zipRecord(src, at, zipLocal, zipLocalSize)
	if err != nil {
		return nil, err
	}
	at += zipLocalSize + int64(binary.LittleEndian.Uint16(local[26:])) + int64(binary.LittleEndian.Uint16(local[28:]))
	var plain io.Reader = io.NewSectionReader(src, at, int64(binary.LittleEndian.Uint32(entry[20:])))
	if binary.LittleEndian.Uint16(entry[8:])&1 != 0 {
		return nil, refuse(ErrCompression, "verschlüsseltes Archiv", "")
	}
	switch method := binary.LittleEndian.Uint16(entry[10:]); method {
	case zipStored:
	case zipDeflated:
		plain = flate.NewReader(plain)
	default:
		return nil, refuse(ErrCompression, "zip-Verfahren "+strconv.Itoa(int(method)), "")
	}
	return &zipChecked{r: plain, sum: crc32.NewIEEE(), want: binary.LittleEndian.Uint32(entry[16:])}, nil
}

// zipDirectoryEnd returns the record at the end of the file.
func zipDirectoryEnd(src *io.SectionReader) ([]byte, error) {
	tail := make([]byte, min(src.Size(), zipEndSize+zipMaxComment))
	if _, err := src.ReadAt(tail, src.Size()-int64(len(tail))); ignoreEOF(err) != nil {
		return nil, err
	}
	i := bytes.LastIndex(tail, []byte(zipEnd))
	if i < 0 || len(tail)-i < zipEndSize {
		return nil, zipBroken()
	}
	return tail[i:], nil
}

func zipRecord(src *io.SectionReader, at int64, mark string, size int) ([]byte, error) {
	record := make([]byte, size)
	if _, err := src.ReadAt(record, at); err != nil {
		if ignoreEOF(err) == nil {
			return nil, zipBroken()
		}
		return nil, err
	}
	if !bytes.HasPrefix(record, []byte(mark)) {
		return nil, zipBroken()
	}
	return record, nil
}

// zipChecked compares the checksum at the end.
type zipChecked struct {
	r    io.Reader
	sum  hash.Hash32
	want uint32
}

func (z *zipChecked) Read(p []byte) (int, error) {
	n, err := z.r.Read(p)
	z.sum.Write(p[:n])
	if err != nil && ignoreEOF(err) == nil && z.sum.Sum32() != z.want {
		return n, zipBroken()
	}
	return n, err
}
