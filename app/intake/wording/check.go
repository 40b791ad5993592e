package wording

import (
	"fmt"
	"io"
	"strings"

	"klarbeleg/app/intake"
)

// Check writes the result of a check for people: grouped by invoice and case,
// with place and remedy (DTA-9). It keeps nothing but the group it is in, so
// that any number of findings passes. After an error of the writer it writes
// nothing more; Finding and Summary return it.
type Check struct {
	out   io.Writer
	group string
	err   error
}

// NewCheck returns a Check that writes to out.
func NewCheck(out io.Writer) *Check { return &Check{out: out} }

func (c *Check) line(format string, args ...any) {
	if c.err == nil {
		_, c.err = fmt.Fprintf(c.out, format+"\n", args...)
	}
}

// Begin writes the heading of a file.
func (c *Check) Begin(title string) {
	c.group = ""
	c.line("%s", title)
}

// Finding writes one finding, under the heading of its invoice and case.
func (c *Check) Finding(f *intake.Finding) error {
	if group := f.Invoice + "|" + f.Case; group != c.group {
		c.group = group
		c.line("  %s", Subject(f.Invoice, f.Case))
	}
	c.line("    %s %s: %s", f.Rule, Severity(f.Severity), f.Text)
	c.line("        Stelle: %s", PlaceOf(f))
	if f.Corrected > 0 {
		c.line("        Kürzung: %s", Euro(f.Corrected))
	}
	if remedy := Remedy(f.Heal); remedy != "" {
		c.line("        Abhilfe: %s", remedy)
	}
	return c.err
}

// LeftOff says how many findings are not listed.
func (c *Check) LeftOff(n int) {
	c.line("  … weitere: %s nicht aufgeführt. Alle Befunde nennt der Befehl „klarbeleg check DATEI“.", count(n, "Befund", "Befunde"))
}

// Summary writes the outcome and the sums.
func (c *Check) Summary(s intake.Summary) error {
	if s.Findings == 0 {
		c.line("  keine Befunde")
	}
	c.line("  Ergebnis: %s. %s, %s, %s; %s.", Outcome(s.Outcome), count(s.Invoices, "Rechnung", "Rechnungen"),
		count(s.Cases, "Fall", "Fälle"), count(s.Positions, "Position", "Positionen"), count(s.Findings, "Befund", "Befunde"))
	c.line("  Berechnet %s = anerkannt %s + berichtigt %s.", Euro(s.Billed), Euro(s.Approved), Euro(s.Corrected))
	if s.Refused > 0 {
		c.line("  Abgewiesen: %s über %s.", count(s.Refused, "Rechnung", "Rechnungen"), Euro(s.RefusedCents))
	}
	if s.Cancelled > 0 {
		c.line("  Storniert: %s.", count(s.Cancelled, "Rechnung", "Rechnungen"))
	}
	if len(s.NoData) > 0 {
		c.line("  Nicht prüfbar, weil Listen fehlen: %s.", strings.Join(Rules(s.NoData), ", "))
	}
	return c.err
}

// PlaceOf returns where the finding is.
func PlaceOf(f *intake.Finding) Place {
	return Place{Segment: f.Segment, Tag: f.Tag, Element: f.Element, Component: f.Component, Offset: f.Offset}
}
