package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"klarbeleg/domain/calendar"
)

// copyTable collects rows of one table as COPY text and sends them in one COPY.
// Text written by hand reaches the speed of a raw \copy; rows of []any lose two
// thirds (docs/decisions/0004-copy-text.md).
type copyTable struct {
	sql  string
	buf  bytes.Buffer
	rows int
	open bool // a value was written to the current row
}

func newCopyTable(table, columns string) *copyTable {
	return &copyTable{sql: "copy " + table + " (" + columns + ") from stdin"}
}

// flush sends the rows; afterwards the buffer is empty and reusable.
func (t *copyTable) flush(ctx context.Context, tx Tx) error {
	if t.rows == 0 {
		return nil
	}
	tag, err := tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(t.buf.Bytes()), t.sql)
	if err != nil {
		return fmt.Errorf("%.40s: %w", t.sql, err)
	}
	if tag.RowsAffected() != int64(t.rows) {
		panic(fmt.Sprintf("store: %.40s wrote %d of %d rows", t.sql, tag.RowsAffected(), t.rows))
	}
	t.buf.Reset()
	t.rows = 0
	return nil
}

func (t *copyTable) sep() {
	if t.open {
		t.buf.WriteByte('\t')
	}
	t.open = true
}

func (t *copyTable) end() {
	t.buf.WriteByte('\n')
	t.rows++
	t.open = false
}

func (t *copyTable) null() {
	t.sep()
	t.buf.WriteString(`\N`)
}

func (t *copyTable) int(v int64) {
	t.sep()
	t.buf.Write(strconv.AppendInt(t.buf.AvailableBuffer(), v, 10))
}

func (t *copyTable) date(d calendar.Date) {
	if d == 0 {
		t.null()
		return
	}
	t.sep()
	y, m, day := d.Civil()
	b := t.buf.AvailableBuffer()
	if y < 1000 {
		b = append(b, "0000"[:4-len(strconv.Itoa(y))]...)
	}
	b = strconv.AppendInt(b, int64(y), 10)
	b = append(b, '-', byte('0'+m/10), byte('0'+m%10), '-', byte('0'+day/10), byte('0'+day%10))
	t.buf.Write(b)
}

func (t *copyTable) time(at time.Time) {
	t.sep()
	t.buf.Write(at.UTC().AppendFormat(t.buf.AvailableBuffer(), "2006-01-02T15:04:05.999999Z07:00"))
}

func (t *copyTable) uuid(id uuid.UUID) {
	if id == uuid.Nil {
		t.null()
		return
	}
	t.sep()
	t.buf.WriteString(id.String())
}

func (t *copyTable) bytea(v []byte) {
	t.sep()
	t.buf.WriteString(`\\x`)
	t.buf.Write(hex.AppendEncode(t.buf.AvailableBuffer(), v))
}

// text writes a string; the characters with a meaning in COPY text are escaped.
// NUL cannot be stored in PostgreSQL and becomes U+FFFD.
func (t *copyTable) text(s string) {
	t.sep()
	start := 0
	for i := range len(s) {
		var esc string
		switch s[i] {
		case '\\':
			esc = `\\`
		case '\t':
			esc = `\t`
		case '\n':
			esc = `\n`
		case '\r':
			esc = `\r`
		case 0:
			esc = "\uFFFD"
		default:
			continue
		}
		t.buf.WriteString(s[start:i])
		t.buf.WriteString(esc)
		start = i + 1
	}
	t.buf.WriteString(s[start:])
}
