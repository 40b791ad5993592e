package portal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"klarbeleg/app/intake"
	"klarbeleg/app/intake/wording"
	"klarbeleg/domain/money"
)

// The page for senders who check a file before they send it (DTA-9): the same
// check as POST /api/v1/check, for people. Nothing is stored, so the result is
// the answer to the form and carries its text for saving with it.
const (
	filePath  = "/datei-pruefen"
	fileTitle = "Datei prüfen"
	// maxFileRows bounds the findings on the page, maxFileText those in the text
	// for saving, which travels inside the page.
	maxFileRows = 100
	maxFileText = 1000
)

// filePage asks for the files.
type filePage struct {
	frame
	File   field
	Errors []fieldError
	MaxMiB int
}

// fileResultPage shows what the check found.
type fileResultPage struct {
	frame
	Outcome stateText
	Summary intake.Summary
	Billed, Approved, Corrected,
	Refused money.Cents
	Rows []fileRow
	// LeftOff counts the findings that are not shown.
	LeftOff int
	// NoData names the rules that could not decide.
	NoData []string
	// TextURL is the result as text; TextLeftOff counts what it does not list.
	TextURL     template.URL
	TextLeftOff int
	AsOf        time.Time
}

// fileRow is one finding: what it is about (without an invoice the file), what is
// wrong, where, and what to do.
type fileRow struct {
	Invoice, Case, Rule, Text, Place, Remedy string
	Severity                                 stateText
	Cut                                      money.Cents
}

func (s *server) newFilePage(fault string) filePage {
	p := filePage{frame: s.frame(fileTitle, filePath), MaxMiB: maxCheckBytes >> 20}
	if fault != "" {
		p.Faulty, p.File.Error = true, fault
		p.Errors = []fieldError{{"nutzdaten", fault}}
	}
	return p
}

func (s *server) fileForm(w http.ResponseWriter, _ *http.Request) error {
	return s.pages.write(w, http.StatusOK, "file", s.newFilePage(""))
}

// fileResult checks the files: 200 with the result, or 422 or 413 with the form.
func (s *server) fileResult(w http.ResponseWriter, r *http.Request) error {
	if err := s.throttleCheck(w, r); err != nil {
		return err
	}
	release, err := s.checkSlot(r.Context())
	if err != nil {
		return err
	}
	defer release()
	in, err := readCheck(r)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return s.pages.write(w, http.StatusRequestEntityTooLarge, "file", s.newFilePage(fmt.Sprintf(
			"Die Dateien haben zusammen mehr als %d MiB. So große Dateien prüfen Sie mit dem Befehl „klarbeleg check“.", maxCheckBytes>>20)))
	case err != nil:
		return err
	case in.Payload == nil || r.MultipartForm == nil:
		return s.pages.write(w, http.StatusUnprocessableEntity, "file", s.newFilePage("Wählen Sie die Nutzdatendatei aus."))
	case in.Size == 0:
		return s.pages.write(w, http.StatusUnprocessableEntity, "file", s.newFilePage("Die Nutzdatendatei ist leer. Bitte wählen Sie eine andere Datei."))
	}
	page, err := s.checkForPage(r, in)
	if err != nil {
		return fmt.Errorf("check file: %w", err)
	}
	return s.pages.write(w, http.StatusOK, "file_result", page)
}

// checkForPage runs the check and lists what the page shows.
func (s *server) checkForPage(r *http.Request, in intake.Input) (fileResultPage, error) {
	page := fileResultPage{frame: s.frame("Ergebnis der Prüfung", filePath), AsOf: s.deps.Clock.Now()}
	var saved bytes.Buffer
	text := wording.NewCheck(&saved)
	text.Begin("Prüfung vom " + moment(page.AsOf) + ". Es wurde nichts gespeichert.")
	n := 0
	report, err := s.deps.Check(r.Context(), in, func(f *intake.Finding) error {
		n++
		if n <= maxFileRows {
			page.Rows = append(page.Rows, newFileRow(f))
		}
		if n <= maxFileText {
			return text.Finding(f)
		}
		return nil
	})
	if err != nil {
		return page, err
	}
	if page.TextLeftOff = max(0, n-maxFileText); page.TextLeftOff > 0 {
		text.LeftOff(page.TextLeftOff)
	}
	if err := text.Summary(report.Summary); err != nil {
		return page, err
	}
	page.LeftOff = n - len(page.Rows)
	page.Summary, page.Outcome, page.NoData = report.Summary, verdict(&report.Summary), wording.Rules(report.NoData)
	page.Billed, page.Approved = money.Cents(report.Billed), money.Cents(report.Approved)
	page.Corrected, page.Refused = money.Cents(report.Corrected), money.Cents(report.RefusedCents)
	page.TextURL = template.URL("data:text/plain;charset=utf-8;base64," + base64.StdEncoding.EncodeToString(saved.Bytes())) //nolint:gosec // base64 of our own text
	return page, nil
}

func newFileRow(f *intake.Finding) fileRow {
	return fileRow{
		Invoice: f.Invoice, Case: f.Case, Rule: f.Rule, Text: f.Text, Place: wording.PlaceOf(f).String(),
		Remedy: wording.Remedy(f.Heal), Severity: severityText(f.Severity), Cut: money.Cents(f.Corrected),
	}
}

// severityText returns how a severity is shown.
func severityText(severity string) stateText {
	t := stateText{Kind: "danger", Icon: "danger", Label: wording.Severity(severity)}
	switch severity {
	case "warn":
		t.Kind, t.Icon = "info", "info"
	case "correct_partially", "correct_to_zero":
		t.Kind, t.Icon = "warning", "warning"
	}
	return t
}

// verdict returns the outcome of a check in words, and what it means.
func verdict(s *intake.Summary) stateText {
	switch {
	case s.Outcome == "rejected":
		return stateText{
			"danger", "danger", "Würde abgewiesen",
			"So würde nichts aus dieser Datei verarbeitet. Bitte beheben Sie die Fehler und prüfen Sie die Datei noch einmal.",
		}
	case s.Outcome == "partly_rejected":
		return stateText{
			"danger", "danger", "Würde teilweise abgewiesen",
			"Einige Rechnungen würden abgewiesen und nicht bezahlt. Bitte beheben Sie deren Fehler, bevor Sie die Datei senden.",
		}
	case s.Corrected > 0:
		return stateText{
			"warning", "warning", "Würde gekürzt",
			"Alle Rechnungen würden angenommen, aber nicht in voller Höhe bezahlt. Was Sie vorher beheben, müssen Sie später nicht berichtigen.",
		}
	case s.Findings > 0:
		return stateText{
			"success", "success", "Würde angenommen",
			"Alle Rechnungen würden in voller Höhe anerkannt. Bitte beachten Sie die Hinweise.",
		}
	default:
		return stateText{"success", "success", "Keine Befunde", "Alle Rechnungen würden in voller Höhe anerkannt. Sie können die Datei senden."}
	}
}
