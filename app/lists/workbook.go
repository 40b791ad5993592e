package lists

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"klarbeleg/store"
)

// isWorkbook tells a workbook (a ZIP archive) from CSV.
func isWorkbook(raw []byte) bool { return bytes.HasPrefix(raw, []byte("PK\x03\x04")) }

// maxUnzipBytes bounds what a workbook may become when it is unpacked.
const maxUnzipBytes = 1 << 30

// csvOf returns the first sheet of a workbook as CSV: texts as they are, dates of
// the columns valid_from, valid_to and legacy_until as JJJJ-MM-TT. Empty rows at the
// end are left out.
func csvOf(raw []byte) ([]byte, error) {
	book, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnzipBytes})
	if err != nil {
		return nil, fmt.Errorf("read workbook: %w", err)
	}
	defer func() { _ = book.Close() }()
	rows, err := book.Rows(book.GetSheetName(0))
	if err != nil {
		return nil, fmt.Errorf("read sheet: %w", err)
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	var header []string
	for rows.Next() {
		cells, err := rows.Columns()
		if err != nil {
			return nil, fmt.Errorf("read sheet: %w", err)
		}
		if header == nil {
			header = cells
		}
		if strings.Join(cells, "") == "" {
			continue
		}
		for len(cells) < len(header) { // cells at the end of a row may be missing
			cells = append(cells, "")
		}
		if err := w.Write(plainDates(header, cells)); err != nil {
			return nil, fmt.Errorf("convert sheet: %w", err)
		}
	}
	w.Flush()
	return out.Bytes(), nil
}

// plainDates turns the date numbers of a spreadsheet into dates.
func plainDates(header, cells []string) []string {
	for i, name := range header {
		if name != "valid_from" && name != "valid_to" && name != "legacy_until" {
			continue
		}
		serial, err := strconv.ParseFloat(cells[i], 64)
		if err != nil {
			continue
		}
		if day, err := excelize.ExcelDateToTime(serial, false); err == nil {
			cells[i] = day.Format(time.DateOnly)
		}
	}
	return cells
}

// columnsOf are the columns of the lists that are stored as they are imported; those of
// contract terms are not.
var columnsOf = map[string][]string{
	"prices": PriceColumns, "payers": PayerColumns, "providers": ProviderColumns, "senders": SenderColumns, "payees": PayeeColumns,
	"tables": TableColumns,
}

// ErrNotExported is returned for a list that cannot be exported.
var ErrNotExported = errors.New("this list cannot be exported")

// ExportCSV writes the current rows of a list in the form in which they are
// imported, and returns their number.
func ExportCSV(ctx context.Context, db *store.DB, kind string, out io.Writer) (rows int, err error) {
	columns, ok := columnsOf[kind]
	if !ok {
		return 0, ErrNotExported
	}
	w := csv.NewWriter(out)
	if err := w.Write(columns); err != nil {
		return 0, fmt.Errorf("write list: %w", err)
	}
	err = db.EachListRow(ctx, kind, func(cells []string) error {
		rows++
		return w.Write(cells)
	})
	w.Flush()
	if err == nil {
		err = w.Error()
	}
	return rows, err
}

// ExportWorkbook is ExportCSV as a workbook of texts.
func ExportWorkbook(ctx context.Context, db *store.DB, kind string, out io.Writer) (rows int, err error) {
	columns, ok := columnsOf[kind]
	if !ok {
		return 0, ErrNotExported
	}
	book := excelize.NewFile()
	defer func() { _ = book.Close() }()
	w, err := book.NewStreamWriter(book.GetSheetName(0))
	if err != nil {
		return 0, fmt.Errorf("write list: %w", err)
	}
	row := 0
	add := func(cells []string) error {
		row++
		values := make([]any, len(cells))
		for i, c := range cells {
			values[i] = c
		}
		return w.SetRow("A"+strconv.Itoa(row), values)
	}
	if err := add(columns); err != nil {
		return 0, fmt.Errorf("write list: %w", err)
	}
	if err := db.EachListRow(ctx, kind, add); err != nil {
		return 0, err
	}
	if err := w.Flush(); err != nil {
		return 0, fmt.Errorf("write list: %w", err)
	}
	if err := book.Write(out); err != nil {
		return 0, fmt.Errorf("write list: %w", err)
	}
	return row - 1, nil
}
