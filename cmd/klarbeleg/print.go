package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"

	"klarbeleg/app/intake"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/money"
)

// printer writes the result of a check.
type printer interface {
	begin(path string)
	finding(f *intake.Finding) error
	summary(r *intake.Report) error
}

// jsonPrinter writes one object a line: findings, then the summary.
type jsonPrinter struct{ enc *json.Encoder }

func (*jsonPrinter) begin(string) {}

func (j *jsonPrinter) finding(f *intake.Finding) error { return j.enc.Encode(f) }

func (j *jsonPrinter) summary(r *intake.Report) error { return j.enc.Encode(r.Summary) }

// textPrinter writes for people: grouped by invoice and case, with place and
// remedy. It keeps nothing but the group it is in.
type textPrinter struct {
	out   *bufio.Writer
	group string
}

func (t *textPrinter) begin(path string) {
	t.group = ""
	fmt.Fprintf(t.out, "%s\n", path)
}

var severityWords = map[string]string{
	"warn":              "Hinweis",
	"correct_partially": "Kürzung",
	"correct_to_zero":   "Absetzung",
	"reject_message":    "Rechnung abgewiesen",
	"reject_file":       "Datei abgewiesen",
}

func (t *textPrinter) finding(f *intake.Finding) error {
	if group := f.Invoice + "|" + f.Case; group != t.group {
		t.group = group
		t.heading(f)
	}
	fmt.Fprintf(t.out, "    %s %s: %s\n", f.Rule, severityWords[f.Severity], f.Text)
	place := fmt.Sprintf("Segment %d", f.Segment)
	if f.Segment == 0 {
		place = "ganze Datei"
	}
	if f.Tag != "" {
		place += " " + f.Tag
	}
	if f.Element > 0 {
		place += fmt.Sprintf(", Element %d", f.Element)
	}
	if f.Segment > 0 {
		place += fmt.Sprintf(", Byte %d", f.Offset)
	}
	fmt.Fprintf(t.out, "        Stelle: %s\n", place)
	if f.Corrected > 0 {
		fmt.Fprintf(t.out, "        Kürzung: %s EUR\n", money.Cents(f.Corrected).German())
	}
	if remedy := remedyText(f.Heal); remedy != "" {
		fmt.Fprintf(t.out, "        Abhilfe: %s\n", remedy)
	}
	return nil
}

func (t *textPrinter) heading(f *intake.Finding) {
	switch {
	case f.Invoice == "":
		fmt.Fprintln(t.out, "  Datei")
	case f.Case == "":
		fmt.Fprintf(t.out, "  Rechnung %s\n", f.Invoice)
	default:
		fmt.Fprintf(t.out, "  Rechnung %s, Beleg %s\n", f.Invoice, f.Case)
	}
}

// remedyText says in words how a finding is healed.
func remedyText(heal string) string {
	var out []string
	for way := range strings.SplitSeq(heal, ";") {
		kind, what, _ := strings.Cut(strings.TrimSpace(way), ":")
		switch kind {
		case "field_change":
			out = append(out, "Angabe ändern ("+what+")")
		case "document":
			out = append(out, "Unterlage nachreichen ("+strings.ReplaceAll(what, "_", " ")+")")
		case "resubmit":
			out = append(out, "berichtigt neu einreichen")
		case "none":
			out = append(out, "nur schriftlicher Widerspruch")
		}
	}
	return strings.Join(out, " oder ")
}

var outcomeWords = map[string]string{
	"accepted":        "angenommen",
	"partly_rejected": "teilweise abgewiesen",
	"rejected":        "abgewiesen",
}

func (t *textPrinter) summary(r *intake.Report) error {
	if r.Findings == 0 {
		fmt.Fprintln(t.out, "  keine Befunde")
	}
	fmt.Fprintf(t.out, "  Ergebnis: %s. %d Rechnungen, %d Fälle, %d Positionen; %d Befunde.\n",
		outcomeWords[r.Outcome], r.Invoices, r.Cases, r.Positions, r.Findings)
	fmt.Fprintf(t.out, "  Berechnet %s EUR = anerkannt %s EUR + berichtigt %s EUR.\n",
		money.Cents(r.Billed).German(), money.Cents(r.Approved).German(), money.Cents(r.Corrected).German())
	if r.Refused > 0 {
		fmt.Fprintf(t.out, "  Abgewiesen: %d Rechnungen über %s EUR.\n", r.Refused, money.Cents(r.RefusedCents).German())
	}
	if len(r.NoData) > 0 {
		fmt.Fprintf(t.out, "  Nicht prüfbar, weil Listen fehlen: %s.\n", strings.Join(named(r.NoData), ", "))
	}
	return nil
}

// named adds the titles to rule ids.
func named(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id
		if rule, ok := catalogue.ByID(id); ok {
			out[i] += " (" + rule.Title + ")"
		}
	}
	return out
}
