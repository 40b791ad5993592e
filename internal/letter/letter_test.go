package letter_test

import (
	"bytes"
	"fmt"
	"regexp"
	"testing"
	"time"

	"klarbeleg/internal/letter"
)

func example(rows int) letter.Letter {
	t := &letter.Table{
		Columns: []letter.Column{{Title: "Rechnung", Width: 100, Align: letter.Left}, {Title: "Betrag", Width: 65, Align: letter.Right}},
		Sums:    [][]string{{"Summe", "1,00"}},
	}
	for n := range rows {
		t.Rows = append(t.Rows, []string{fmt.Sprintf("R-%d, Maß für Füße\nzweite Zeile", n), "0,01"})
	}
	return letter.Letter{
		Sender: letter.Sender{Name: "Zentrum", Street: "Weg 1", City: "00000 Musterstadt"}, Address: []string{"Praxis", "Weg 2", "00000 Musterstadt"},
		Info: []letter.Field{{Label: "Datum", Value: "25.11.2026"}}, Subject: "Betreff", Page: "Seite %d von %d",
		Date: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC), Parts: []letter.Part{letter.Paragraph("Sehr geehrte Damen und Herren,"), t},
	}
}

func write(t *testing.T, l letter.Letter) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := l.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var pageObject = regexp.MustCompile(`/Type /Page\b[^s]`)

// G-12: the same content gives the same bytes, other content others; a letter has
// as many pages as it needs.
func TestWrite(t *testing.T) {
	t.Parallel()
	for rows, pages := range map[int]int{0: 1, 10: 1, 30: 2, 200: 8} {
		pdf := write(t, example(rows))
		if got := len(pageObject.FindAll(pdf, -1)); got != pages {
			t.Errorf("%d rows on %d pages, want %d", rows, got, pages)
		}
		if !bytes.Equal(pdf, write(t, example(rows))) {
			t.Errorf("%d rows written twice differ", rows)
		}
	}
	other := example(10)
	other.Address[0] = "Andere"
	if bytes.Equal(write(t, example(10)), write(t, other)) {
		t.Error("another address gives the same bytes")
	}
}

// An address that does not fit the window is refused, not cut.
func TestAddressTooLong(t *testing.T) {
	t.Parallel()
	l := example(1)
	l.Address = make([]string, 7)
	if err := l.Write(&bytes.Buffer{}); err == nil {
		t.Error("seven lines were written into the window")
	}
}
