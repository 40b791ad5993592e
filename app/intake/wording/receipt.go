package wording

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"klarbeleg/domain/calendar"
	"klarbeleg/schema/messages"
)

// Receipt returns a receipt as a letter of plain text for the sender (DTA-6):
// what became of the delivery, its sums, every error with its place, and what to
// do now. Times are those of Europe/Berlin. As the message, it holds nothing of
// an insured person.
func Receipt(r *messages.Receipt) string {
	var b strings.Builder
	b.WriteString("Empfangsbestätigung\n\n")
	for _, line := range [][2]string{
		{"Ergebnis", Outcome(r.Outcome)},
		{"Eingegangen", moment(r.ReceivedAt)},
		{"Lieferung", r.DeliveryID},
		{"Nachricht", r.MessageID},
		{"Absender", institution(r.SenderIK)},
		{"Empfänger", institution(r.RecipientIK)},
		{"Transferdatei", r.Transfer},
		{"Datenaustauschreferenz", r.Reference},
		{"Umfang", extent(r.Counts)},
		{"Frühere Lieferung", r.DuplicateOf},
	} {
		row(&b, line[0], line[1])
	}
	if r.Outcome != "duplicate" {
		receiptSums(&b, r)
	}
	receiptErrors(&b, r)
	b.WriteString("\n" + advice(r) + "\n")
	return b.String()
}

// ReceiptMessage returns a receipt message, JSON as it was sent, as text.
func ReceiptMessage(body []byte) (string, error) {
	var r messages.Receipt
	if err := json.Unmarshal(body, &r); err != nil {
		return "", fmt.Errorf("decode receipt: %w", err)
	}
	return Receipt(&r), nil
}

// Progress says how far an uploaded delivery without a receipt has come.
func Progress(progress string, receivedAt time.Time) string {
	text := "Die Lieferung vom " + moment(receivedAt) + " "
	switch progress {
	case "waiting":
		return text + "ist noch nicht bestätigt. Bitte wiederholen Sie das Hochladen mit demselben\nIdempotency-Key, bis es bestätigt wird.\n"
	case "in_progress":
		return text + "ist angekommen und wird geprüft. Die Empfangsbestätigung steht\nhier, sobald die Prüfung abgeschlossen ist.\n"
	case "set_aside":
		return text + "konnte nicht verarbeitet werden und liegt der Sachbearbeitung vor.\n"
	case "erased":
		return text + "ist verarbeitet; die Empfangsbestätigung wurde nach Ablauf der Frist gelöscht.\n"
	default:
		return text + "ist im Stand " + progress + ".\n"
	}
}

// labelWidth is the width of the first column in characters.
const labelWidth = 24

// row writes "label: value" in two columns; nothing where there is no value.
func row(b *strings.Builder, label, value string) {
	if value == "" {
		return
	}
	fmt.Fprintf(b, "%s:%s%s\n", label, strings.Repeat(" ", labelWidth-utf8.RuneCountInString(label)-1), value)
}

// institution returns "IK 598800016"; a sender that the file does not name is
// not a number.
func institution(ik string) string {
	if _, err := strconv.Atoi(ik); err != nil {
		return ik
	}
	return "IK " + ik
}

// extent says how much was read; of a duplicate nothing was.
func extent(c messages.ReceiptCounts) string {
	text := fmt.Sprintf("%d Byte", c.Bytes)
	if c.Segments > 0 {
		text += ", " + count(c.Segments, "Segment", "Segmente")
	}
	return text
}

func moment(t time.Time) string { return t.In(calendar.Berlin()).Format("02.01.2006, 15:04:05 Uhr") }

// receiptSums writes the figures: billed = approved + corrected covers what was
// not refused.
func receiptSums(b *strings.Builder, r *messages.Receipt) {
	b.WriteByte('\n')
	invoices, billed := strconv.Itoa(r.Counts.Invoices), Euro(r.Sums.Billed)
	if n := r.Counts.InvoicesRefused; n > 0 {
		invoices += fmt.Sprintf(", davon abgewiesen %d über %s", n, Euro(r.Sums.Refused))
		billed += " (ohne die abgewiesenen Rechnungen)"
	}
	row(b, "Rechnungen", invoices)
	if n := r.Counts.InvoicesCancelled; n > 0 {
		row(b, "Durch Storno", count(n, "Rechnung", "Rechnungen")+" zurückgenommen")
	}
	row(b, "Abrechnungsfälle", strconv.Itoa(r.Counts.Cases))
	row(b, "Positionen", strconv.Itoa(r.Counts.Positions))
	row(b, "Berechnet", billed)
	row(b, "  anerkannt", Euro(r.Sums.Approved))
	row(b, "  berichtigt", Euro(r.Sums.Corrected))
}

// receiptErrors lists the errors under the invoices that they are about.
func receiptErrors(b *strings.Builder, r *messages.Receipt) {
	if len(r.Errors) == 0 {
		return
	}
	b.WriteString("\nFehler und Hinweise\n")
	group := "-"
	for _, e := range r.Errors {
		if e.Invoice != group {
			group = e.Invoice
			fmt.Fprintf(b, "  %s\n", Subject(e.Invoice, ""))
		}
		fmt.Fprintf(b, "    %s %s: %s\n", e.Code, Severity(e.Severity), e.Text)
		fmt.Fprintf(b, "        Stelle: %s; Prüfstufe %d\n", Place{e.Segment, e.Tag, e.Element, e.Component, e.Offset}, e.Stage)
	}
	if r.ErrorsLeftOff > 0 {
		fmt.Fprintf(b, "  … weitere: %s nicht aufgeführt.\n", count(r.ErrorsLeftOff, "Fehler", "Fehler"))
	}
}

// advice says what the sender does now.
func advice(r *messages.Receipt) string {
	text := ""
	switch r.Outcome {
	case "accepted":
		text = "Die Lieferung ist angenommen."
	case "partly_rejected":
		text = "Die abgewiesenen Rechnungen werden nicht bezahlt. Bitte berichtigen Sie sie und\n" +
			"senden Sie nur diese neu, in einer neuen Lieferung. Die übrigen sind angenommen."
	case "rejected":
		text = "Nichts aus dieser Lieferung wird verarbeitet. Bitte beheben Sie die Fehler und\n" +
			"senden Sie die ganze Lieferung neu, mit neuer Datenaustauschreferenz."
	case "duplicate":
		text = "Dieselbe Datei liegt uns schon vor. Es gilt die frühere Lieferung, diese wird nicht\n" +
			"noch einmal verarbeitet. Sie brauchen nichts zu tun."
	}
	if r.Sums.Corrected > 0 {
		text += "\nWas berichtigt wurde, teilen wir dem Leistungserbringer zu jedem Fall einzeln mit."
	}
	return text
}
