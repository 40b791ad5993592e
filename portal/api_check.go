package portal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"klarbeleg/app/intake"
)

// Limits of a check over HTTP. Files are held in memory, since nothing of them
// may be stored; larger ones are checked by the command line.
const (
	checkPath = "/api/v1/check"
	// maxCheckBytes bounds the request.
	maxCheckBytes = 20 << 20
	// maxCheckFindings bounds the answer; the summary counts all.
	maxCheckFindings = 10_000
)

// Checker checks a delivery and stores nothing (DTA-9).
type Checker func(ctx context.Context, in intake.Input, on func(*intake.Finding) error) (*intake.Report, error)

// checkFile answers a sender's file before it is sent: one JSON object a line,
// findings and then a summary, as `klarbeleg check --json` (DTA-9). The body is
// the Nutzdatendatei, or multipart/form-data with the parts nutzdaten and
// auftrag.
func (s *server) checkFile(w http.ResponseWriter, r *http.Request) error {
	if err := s.throttleCheck(w, r); err != nil {
		return s.problem(w, err)
	}
	payload, auftrag, err := readCheck(r)
	if err != nil {
		return s.problem(w, err)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	left := maxCheckFindings
	report, err := s.deps.Check(r.Context(), intake.Input{
		Payload: bytes.NewReader(payload), Size: int64(len(payload)), Auftrag: auftrag, AuftragOptional: true,
	}, func(f *intake.Finding) error {
		if left--; left < 0 {
			return nil
		}
		return enc.Encode(f)
	})
	if err != nil {
		return fmt.Errorf("check file: %w", err)
	}
	if err := enc.Encode(report.Summary); err != nil {
		return fmt.Errorf("encode summary: %w", err)
	}
	w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
	_, err = w.Write(out.Bytes())
	return err
}

// readCheck reads the files of the request.
func readCheck(r *http.Request) (payload, auftrag []byte, err error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		payload, err = io.ReadAll(r.Body)
		return payload, nil, err
	}
	if err := r.ParseMultipartForm(maxCheckBytes); err != nil { //nolint:gosec // limitBody bounds the body; all of it stays in memory
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, nil, err
		}
		return nil, nil, errBadForm
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }()
	if payload, err = formFile(r, "nutzdaten"); err != nil {
		return nil, nil, err
	}
	if payload == nil {
		return nil, nil, errBadForm
	}
	auftrag, err = formFile(r, "auftrag")
	return payload, auftrag, err
}

// formFile returns the bytes of a part, nil if it is not there.
func formFile(r *http.Request, name string) (raw []byte, err error) {
	f, _, err := r.FormFile(name)
	if errors.Is(err, http.ErrMissingFile) {
		return nil, nil
	}
	if err != nil {
		return nil, errBadForm
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(f)
}

// problem answers a program in the form of RFC 9457; an error that is no fault of
// the caller goes on to the last resort.
func (s *server) problem(w http.ResponseWriter, err error) error {
	text := describe(err)
	if text.status == http.StatusInternalServerError {
		return err
	}
	if errors.Is(err, errBadForm) {
		text.text = "Erwartet wird die Nutzdatendatei als Inhalt der Anfrage oder multipart/form-data mit den Teilen nutzdaten und auftrag."
	}
	body, err := json.Marshal(map[string]any{"title": text.title, "status": text.status, "detail": text.text})
	if err != nil {
		return fmt.Errorf("encode problem: %w", err)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(text.status)
	_, err = w.Write(body)
	return err
}
