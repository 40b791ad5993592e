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
	// maxChecking bounds the files that are held and checked at once.
	maxChecking = 4
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
		return err
	}
	release, err := s.checkSlot(r.Context())
	if err != nil {
		return err
	}
	defer release()
	in, err := readCheck(r)
	if errors.Is(err, errBadForm) || err == nil && in.Payload == nil {
		return errBadCheck
	}
	if err != nil {
		return err
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	left := maxCheckFindings
	report, err := s.deps.Check(r.Context(), in, func(f *intake.Finding) error {
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

// checkSlot waits until a file may be checked: each is held in memory. release
// belongs at the end of the request.
func (s *server) checkSlot(ctx context.Context) (release func(), err error) {
	select {
	case s.checking <- struct{}{}:
		return func() { <-s.checking }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// readCheck reads the files of the request into memory; without a Nutzdatendatei
// the payload is nil.
func readCheck(r *http.Request) (intake.Input, error) {
	in := intake.Input{AuftragOptional: true}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		raw, err := io.ReadAll(r.Body)
		in.Payload, in.Size = bytes.NewReader(raw), int64(len(raw))
		return in, err
	}
	// limitBody bounds the body, so that all of it stays in memory: nothing is
	// stored, and nothing is to be removed.
	if err := r.ParseMultipartForm(maxCheckBytes); err != nil { //nolint:gosec // see above
		return in, badForm(err)
	}
	payload, header, err := r.FormFile("nutzdaten")
	switch {
	case err == nil:
		in.Payload, in.Size = payload, header.Size
	case !errors.Is(err, http.ErrMissingFile):
		return in, errBadForm
	}
	auftrag, _, err := r.FormFile("auftrag")
	switch {
	case err == nil:
		in.Auftrag, err = io.ReadAll(auftrag)
		return in, err
	case !errors.Is(err, http.ErrMissingFile):
		return in, errBadForm
	}
	return in, nil
}
