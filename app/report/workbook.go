package report

import (
	"archive/zip"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// maxRows is how many rows a sheet holds below its header.
const maxRows = excelize.TotalRows - 1

// paperA4 is the paper size of the print set-up (ECMA-376, ST_PaperSize).
const paperA4 = 9

// cellKind is the type of a column's cells.
type cellKind int

const (
	kindText cellKind = iota
	kindDate
	kindInstant
	kindEuro
	kindCount
)

// column is a column of a sheet; the header's text has the key "column." + key.
type column struct {
	key   string
	kind  cellKind
	width float64
}

// workbook writes sheets row by row; memory does not grow with the rows, because
// both the rows and the finished archive go to files.
type workbook struct {
	book   *excelize.File
	texts  texts
	header int
	styles map[cellKind]int
	sheets int
}

// newWorkbook returns an empty workbook whose temporary files are kept in tmp.
func newWorkbook(tmp string, t texts, title string, created time.Time) (w *workbook, err error) {
	w = &workbook{book: excelize.NewFile(excelize.Options{TmpDir: tmp}), texts: t, styles: map[cellKind]int{}}
	defer func() {
		if err != nil {
			_ = w.close()
		}
	}()
	stamp := created.UTC().Format(time.RFC3339)
	if err := w.book.SetDocProps(&excelize.DocProperties{
		Creator: "Klarbeleg", LastModifiedBy: "Klarbeleg", Title: title, Language: "de-DE", Created: stamp, Modified: stamp,
	}); err != nil {
		return nil, fmt.Errorf("set document properties: %w", err)
	}
	if w.header, err = w.book.NewStyle(&excelize.Style{
		Font:      &excelize.Font{Bold: true},
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DCE6F1"}},
		Border:    []excelize.Border{{Type: "bottom", Color: "1F3864", Style: 2}},
		Alignment: &excelize.Alignment{Vertical: "center", WrapText: true},
	}); err != nil {
		return nil, fmt.Errorf("make header style: %w", err)
	}
	for k, format := range map[cellKind]string{
		kindText: "@", kindDate: "dd.mm.yyyy", kindInstant: "dd.mm.yyyy hh:mm:ss", kindEuro: `#,##0.00\ "€"`, kindCount: "#,##0",
	} {
		if w.styles[k], err = w.book.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
			return nil, fmt.Errorf("make cell style: %w", err)
		}
	}
	return w, nil
}

// writeTo writes the finished workbook straight to out; the library's own way
// would hold the whole archive in memory.
func (w *workbook) writeTo(out io.Writer) error {
	w.book.SetActiveSheet(0)
	w.book.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(out) })
	if err := w.book.Write(io.Discard); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

func (w *workbook) close() error { return w.book.Close() }

// table is a list on one sheet; when a sheet is full it goes on on the next one.
type table struct {
	w       *workbook
	name    string
	columns []column
	limit   int

	parts int
	sheet string
	out   *excelize.StreamWriter
	row   int
	cells []any
}

// table begins a list named name.
func (w *workbook) table(name string, limit int, columns []column) (*table, error) {
	t := &table{w: w, name: name, columns: columns, limit: limit, cells: make([]any, len(columns))}
	return t, t.open()
}

// open begins the next sheet of the list with its header.
func (t *table) open() error {
	t.parts++
	t.sheet = t.name
	if t.parts > 1 {
		t.sheet = t.name + " " + strconv.Itoa(t.parts)
	}
	if err := t.addSheet(); err != nil {
		return fmt.Errorf("add sheet: %w", err)
	}
	if err := t.setUp(); err != nil {
		return fmt.Errorf("set up sheet: %w", err)
	}
	t.row = 1
	for i, c := range t.columns {
		t.cells[i] = excelize.Cell{StyleID: t.w.header, Value: t.w.texts.of("column." + c.key)}
	}
	return t.write()
}

func (t *table) addSheet() error {
	book := t.w.book
	t.w.sheets++
	if t.w.sheets == 1 {
		return book.SetSheetName(book.GetSheetName(0), t.sheet)
	}
	_, err := book.NewSheet(t.sheet)
	return err
}

// setUp sets print layout, frozen header and widths; each must come before the
// first row, the sheet's properties even before the writer.
func (t *table) setUp() error {
	book := t.w.book
	fit, paper, landscape, wide, tall := true, paperA4, "landscape", 1, 0
	if err := book.SetSheetProps(t.sheet, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	if err := book.SetPageLayout(t.sheet, &excelize.PageLayoutOptions{
		Size: &paper, Orientation: &landscape, FitToWidth: &wide, FitToHeight: &tall,
	}); err != nil {
		return err
	}
	if err := book.SetHeaderFooter(t.sheet, &excelize.HeaderFooterOptions{OddFooter: t.w.texts.of("footer")}); err != nil {
		return err
	}
	if err := book.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: "'" + t.sheet + "'!$1:$1", Scope: t.sheet,
	}); err != nil {
		return err
	}
	var err error
	if t.out, err = book.NewStreamWriter(t.sheet); err != nil {
		return err
	}
	if err := t.out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i, c := range t.columns {
		if err := t.out.SetColWidth(i+1, i+1, c.width); err != nil {
			return err
		}
	}
	return nil
}

// add writes a row: one value per column, of the type its kind names (string,
// calendar.Date, time.Time, money.Cents, int64), nil for an empty cell.
func (t *table) add(values ...any) error {
	if t.row > t.limit {
		if err := t.close(); err != nil {
			return err
		}
		if err := t.open(); err != nil {
			return err
		}
	}
	for i, v := range values {
		t.cells[i] = t.w.cell(t.columns[i].kind, v)
	}
	t.row++
	return t.write()
}

func (t *table) write() error {
	if err := t.out.SetRow("A"+strconv.Itoa(t.row), t.cells); err != nil {
		return fmt.Errorf("write row: %w", err)
	}
	return nil
}

// close ends the sheet. The filter must be set before the flush: afterwards the
// library drops it without an error.
func (t *table) close() error {
	last, err := excelize.CoordinatesToCellName(len(t.columns), t.row)
	if err != nil {
		return fmt.Errorf("name last cell: %w", err)
	}
	if err := t.w.book.AutoFilter(t.sheet, "A1:"+last, nil); err != nil {
		return fmt.Errorf("set filter: %w", err)
	}
	if err := t.out.Flush(); err != nil {
		return fmt.Errorf("end sheet: %w", err)
	}
	return nil
}

// cell returns the typed cell. Texts are written as texts, so nothing that
// begins with = + - @ becomes a formula (PRV-13).
func (w *workbook) cell(k cellKind, value any) any {
	if value == nil {
		return nil
	}
	style := w.styles[k]
	switch v := value.(type) {
	case calendar.Date:
		if v.IsZero() {
			return nil
		}
		return excelize.Cell{StyleID: style, Value: v.UTC()}
	case time.Time:
		return excelize.Cell{StyleID: style, Value: v.In(calendar.Berlin()).Truncate(time.Second)}
	case money.Cents:
		// A spreadsheet knows no other number. Its shortest decimal form is exact to
		// the cent up to 90 billion euros.
		return excelize.Cell{StyleID: style, Value: float64(v) / 100}
	default:
		return excelize.Cell{StyleID: style, Value: v}
	}
}
