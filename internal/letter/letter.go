// Package letter writes business letters as PDF in the shape of DIN 5008 form B:
// letterhead, address window, information block, subject, fold marks, text and
// tables over any number of pages. It knows no business words. The same content
// gives the same bytes (G-12). The PDF is not tagged yet.
package letter

import (
	_ "embed"
	"fmt"
	"io"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

//go:embed fonts/FiraSans-Regular.ttf
var regular []byte

//go:embed fonts/FiraSans-SemiBold.ttf
var semiBold []byte

// Sender is who writes. Fields may be "".
type Sender struct {
	Name, Street, City, Phone, Email string
}

// Field is a line of the information block.
type Field struct{ Label, Value string }

// Letter is the content of a letter.
type Letter struct {
	Sender Sender
	// Address are at most 6 lines of the address window.
	Address []string
	Info    []Field
	Subject string
	// Date becomes the time stamp of the file.
	Date  time.Time
	Parts []Part
	// Page is the format of the page number, with the page and their number.
	Page string
}

// Part is a piece of the text: a Paragraph, a Mono, Squares or a *Table.
type Part interface{ draw(*page) }

// Paragraph is running text.
type Paragraph string

// Mono is a line of its own that is typed off, such as a password.
type Mono string

// Squares is a picture of dark squares on a field of Size by Size, such as a QR
// code.
type Squares struct {
	Size int
	Dark [][2]int
}

// squaresSide is the side of Squares in millimetres: a telephone reads it from an
// arm's length.
const squaresSide = 60.0

// Align is how a column is set.
type Align string

// Alignments.
const (
	Left  Align = "L"
	Right Align = "R"
)

// Column of a Table; the widths in millimetres may sum to 165.
type Column struct {
	Title string
	Width float64
	Align Align
}

// Table repeats its header on every page. Sums are set in bold behind the rows
// and stay together.
type Table struct {
	Columns    []Column
	Rows, Sums [][]string
}

// Measures of DIN 5008 form B, in millimetres.
const (
	left, right, width        = 25.0, 20.0, 165.0
	pageHeight, pageWidth     = 297.0, 210.0
	bottom                    = 272.0 // below it stands the page number
	topOfNext                 = 25.0  // first line of the pages behind the first
	addressTop, senderLine    = 62.7, 56.5
	infoLeft, infoTop         = 125.0, 50.0
	subjectTop                = 103.46
	foldOne, foldTwo, punched = 105.0, 210.0, 148.5
	line, tableLine           = 5.0, 4.4
	textSize, tableSize       = 10.5, 8.5
	maxAddress                = 6
)

// Write writes the letter as PDF.
func (l *Letter) Write(w io.Writer) error {
	if len(l.Address) > maxAddress {
		return fmt.Errorf("address has %d lines, at most %d fit", len(l.Address), maxAddress)
	}
	// Set twice, because the first page names the number of pages.
	draft := l.set(0)
	final := l.set(draft.pdf.PageCount())
	if err := final.pdf.Output(w); err != nil {
		return fmt.Errorf("write letter: %w", err)
	}
	return nil
}

// page is where the letter is being set.
type page struct {
	pdf *fpdf.Fpdf
	y   float64
}

func (l *Letter) set(pages int) *page {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(l.Date)
	pdf.SetModificationDate(l.Date)
	pdf.SetProducer("Klarbeleg", true)
	pdf.SetTitle(l.Subject, true)
	pdf.SetAuthor(l.Sender.Name, true)
	pdf.SetLang("de-DE")
	pdf.AddUTF8FontFromBytes("fira", "", regular)
	pdf.AddUTF8FontFromBytes("fira", "B", semiBold)
	pdf.SetMargins(left, topOfNext, right)
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetFooterFunc(func() {
		pdf.SetFont("fira", "", 8)
		pdf.SetXY(left, bottom+8)
		pdf.CellFormat(width, 4, fmt.Sprintf(l.Page, pdf.PageNo(), pages), "", 0, "R", false, 0, "")
	})
	p := &page{pdf: pdf, y: subjectTop}
	pdf.AddPage()
	l.head(p)
	for _, part := range l.Parts {
		part.draw(p)
	}
	return p
}

// head sets everything above the text.
func (l *Letter) head(p *page) {
	s := l.Sender
	p.font("B", 15)
	p.cell(left, 17, width, s.Name, Left)
	p.font("", 8.5)
	p.cell(left, 24, width, join(" · ", s.Street, s.City, s.Phone, s.Email), Left)
	p.pdf.SetDrawColor(120, 120, 120)
	p.pdf.SetLineWidth(0.2)
	p.pdf.Line(left, 30.5, left+width, 30.5)
	for _, mark := range []float64{foldOne, punched, foldTwo} {
		length := 5.0
		if mark == punched {
			length = 7
		}
		p.pdf.Line(4, mark, 4+length, mark)
	}
	p.font("", 7)
	p.cell(left, senderLine, 80, join(" · ", s.Name, s.Street, s.City), Left)
	p.font("", textSize)
	for i, text := range l.Address {
		p.cell(left, addressTop+float64(i)*line, 80, text, Left)
	}
	p.font("", 9)
	for i, f := range l.Info {
		y := infoTop + float64(i)*4.6
		p.cell(infoLeft, y, 30, f.Label, Left)
		p.cell(infoLeft+30, y, pageWidth-right-infoLeft-30, f.Value, Left)
	}
	p.font("B", 11.5)
	for _, text := range p.pdf.SplitText(l.Subject, width) {
		p.cell(left, p.y, width, text, Left)
		p.y += line + 0.8
	}
	p.y += line
}

func (p *page) font(style string, size float64) { p.pdf.SetFont("fira", style, size) }

func (p *page) cell(x, y, w float64, text string, align Align) {
	p.pdf.SetXY(x, y)
	p.pdf.CellFormat(w, line, text, "", 0, string(align)+"M", false, 0, "")
}

// room begins a new page if there is no room for the height; it reports whether
// it did.
func (p *page) room(height float64) bool {
	if p.y+height <= bottom {
		return false
	}
	p.pdf.AddPage()
	p.y = topOfNext
	return true
}

func (t Paragraph) draw(p *page) {
	p.font("", textSize)
	for _, text := range p.pdf.SplitText(string(t), width) {
		if p.room(line) {
			p.font("", textSize)
		}
		p.cell(left, p.y, width, text, Left)
		p.y += line
	}
	p.y += line * 0.7
}

func (t Mono) draw(p *page) {
	p.room(2 * line)
	p.font("B", 14)
	p.cell(left+5, p.y, width-5, string(t), Left)
	p.y += 2 * line
}

func (s Squares) draw(p *page) {
	p.room(squaresSide)
	unit := squaresSide / float64(s.Size)
	p.pdf.SetFillColor(0, 0, 0)
	for _, d := range s.Dark {
		p.pdf.Rect(left+float64(d[0])*unit, p.y+float64(d[1])*unit, unit, unit, "F")
	}
	p.y += squaresSide + line
}

func (t *Table) draw(p *page) {
	p.room(4 * tableLine) // a header alone at the foot of a page helps nobody
	t.header(p)
	for _, row := range t.Rows {
		t.row(p, "", row)
	}
	p.room(float64(len(t.Sums)+1) * tableLine)
	p.rule()
	for _, row := range t.Sums {
		t.row(p, "B", row)
	}
	p.y += line * 0.7
}

func (t *Table) header(p *page) {
	titles := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		titles[i] = c.Title
	}
	t.set(p, "B", titles)
	p.rule()
}

// row sets a row, with the header before it on a new page.
func (t *Table) row(p *page, style string, cells []string) {
	p.font(style, tableSize)
	height := 0
	for i, text := range cells {
		height = max(height, len(t.lines(p, i, text)))
	}
	if p.room(float64(height) * tableLine) {
		t.header(p)
	}
	t.set(p, style, cells)
}

func (t *Table) set(p *page, style string, cells []string) {
	p.font(style, tableSize)
	x, height := left, 1
	for i, text := range cells {
		c := t.Columns[i]
		lines := t.lines(p, i, text)
		for n, l := range lines {
			p.cell(x, p.y+float64(n)*tableLine, c.Width, l, c.Align)
		}
		height = max(height, len(lines))
		x += c.Width
	}
	p.y += float64(height) * tableLine
}

// lines breaks the text of a cell, at line ends and where it is too wide.
func (t *Table) lines(p *page, column int, text string) (out []string) {
	for part := range strings.SplitSeq(text, "\n") {
		out = append(out, p.pdf.SplitText(part, t.Columns[column].Width-2)...)
	}
	return out
}

func (p *page) rule() {
	p.pdf.SetLineWidth(0.2)
	p.pdf.Line(left, p.y+0.4, left+width, p.y+0.4)
	p.y++
}

// join joins what is not empty.
func join(separator string, parts ...string) string {
	var out []string
	for _, s := range parts {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, separator)
}
