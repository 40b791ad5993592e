// Package wording says in German what the intake found: the one place for the
// words of the check before sending (command, page) and of the receipt (DTA-6,
// DTA-9). Its functions are pure; doors call them.
package wording

import (
	"fmt"
	"strings"

	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/money"
)

// Severity returns the word for a severity of a finding.
func Severity(severity string) string {
	switch severity {
	case "warn":
		return "Hinweis"
	case "correct_partially":
		return "Kürzung"
	case "correct_to_zero":
		return "Absetzung"
	case "reject_message":
		return "Rechnung abgewiesen"
	case "reject_file":
		return "Datei abgewiesen"
	default:
		return severity
	}
}

// Outcome returns the words for the outcome of a delivery or a check.
func Outcome(outcome string) string {
	switch outcome {
	case "accepted":
		return "angenommen"
	case "partly_rejected":
		return "teilweise abgewiesen"
	case "rejected":
		return "abgewiesen"
	case "duplicate":
		return "bereits eingegangen"
	default:
		return outcome
	}
}

// Place is where in the file something was found: Segment counts from 1 over the
// whole file, 0 means the file as a whole; Offset is in bytes.
type Place struct {
	Segment            int
	Tag                string
	Element, Component int
	Offset             int64
}

// String returns the place as "Segment 46 INV, Element 2, Byte 1569".
func (p Place) String() string {
	text := fmt.Sprintf("Segment %d", p.Segment)
	if p.Segment == 0 {
		text = "ganze Datei"
	}
	if p.Tag != "" {
		text += " " + p.Tag
	}
	if p.Element > 0 {
		text += fmt.Sprintf(", Element %d", p.Element)
	}
	if p.Component > 0 {
		text += fmt.Sprintf(", Teil %d", p.Component)
	}
	if p.Segment > 0 {
		text += fmt.Sprintf(", Byte %d", p.Offset)
	}
	return text
}

// Subject returns what a finding is about: the file, an invoice (its number), or
// a case of it (its voucher number).
func Subject(invoice, voucher string) string {
	switch {
	case invoice == "":
		return "Datei"
	case voucher == "":
		return "Rechnung " + invoice
	default:
		return "Rechnung " + invoice + ", Beleg " + voucher
	}
}

// Remedy says how a finding is healed, "" if the rule does not say.
func Remedy(heal string) string {
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

// Euro returns an amount in cents as "1.234,56 EUR".
func Euro(cents int64) string { return money.Cents(cents).German() + " EUR" }

// Rules adds the titles to rule ids.
func Rules(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id
		if rule, ok := catalogue.ByID(id); ok {
			out[i] += " (" + rule.Title + ")"
		}
	}
	return out
}

// count returns "1 Rechnung" or "2 Rechnungen".
func count[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
