package portal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"klarbeleg/app/apikey"
	"klarbeleg/app/intake/wording"
	"klarbeleg/app/submit"
	"klarbeleg/internal/blob"
)

// The door for deliveries over HTTP (DTA-8).
const (
	deliveriesPath = "/api/v1/deliveries"
	// maxUploading bounds the uploads in hand; each has a file open and a buffer.
	maxUploading = 16
	// maxIdempotencyKey bounds the key as other attributes are bounded.
	maxIdempotencyKey = 255
)

// uploadAnswer is the answer to an upload and the same for a repeated one.
type uploadAnswer struct {
	ID string `json:"id"`
}

// stateAnswer tells what became of an upload; Receipt is the receipt message as
// it went over Kafka (DTA-6).
type stateAnswer struct {
	ID         string          `json:"id"`
	State      submit.Progress `json:"state"`
	SenderIK   string          `json:"sender_ik"`
	ReceivedAt time.Time       `json:"received_at"`
	Receipt    json.RawMessage `json:"receipt,omitempty"`
}

// upload takes a delivery: 202 when Kafka has it, and never before (G-1). The
// payload goes to the blob store while it arrives.
func (s *server) upload(w http.ResponseWriter, r *http.Request) error {
	key, err := s.authenticate(w, r, apikey.Deliveries)
	if err != nil {
		return err
	}
	in := submit.Upload{IK: key.IK, Senders: key.Senders(), IdempotencyKey: r.Header.Get("Idempotency-Key")}
	if !usableIdempotencyKey(in.IdempotencyKey) {
		return errIdempotency
	}
	select {
	case s.uploading <- struct{}{}:
		defer func() { <-s.uploading }()
	default:
		return errBusy
	}
	if err := s.readUpload(w, r, &in); err != nil {
		return err
	}
	id, err := s.deps.Uploads.Submit(r.Context(), in)
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	w.Header().Set("Location", deliveriesPath+"/"+id.String())
	return writeJSON(w, http.StatusAccepted, uploadAnswer{id.String()})
}

// usableIdempotencyKey reports whether the key is 1 to 255 visible ASCII
// characters.
func usableIdempotencyKey(key string) bool {
	return key != "" && len(key) <= maxIdempotencyKey && !strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' })
}

// readUpload reads the parts in the order in which they come. A sender that may
// not be is refused as soon as it is known, before a payload behind it.
func (s *server) readUpload(w http.ResponseWriter, r *http.Request, in *submit.Upload) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return errBadUpload
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return badUpload(err)
		}
		switch {
		case part.FormName() == "auftrag" && in.Auftrag == nil:
			if in.Auftrag, err = io.ReadAll(io.LimitReader(part, submit.MaxAuftrag)); err != nil {
				return badUpload(err)
			}
			if err := s.deps.Uploads.CheckSender(in); err != nil {
				return err
			}
		case part.FormName() == "nutzdaten" && in.Payload == (blob.Ref{}):
			if in.Payload, err = s.deps.Uploads.Keep(r.Context(), http.MaxBytesReader(w, part, s.cfg.UploadMax)); err != nil {
				return badUpload(err)
			}
		default:
			return errBadUpload
		}
	}
	if len(in.Auftrag) == 0 || in.Payload.Size == 0 {
		return errBadUpload
	}
	return nil
}

// badUpload maps an error of reading the request: one with an answer of its own
// keeps it; else the body ends early or is no multipart.
func badUpload(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || errors.Is(err, submit.ErrUnavailable) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return errBadUpload
}

// uploadState tells what became of an upload: as JSON, or the receipt as text for
// people where the request prefers text/plain.
func (s *server) uploadState(w http.ResponseWriter, r *http.Request) error {
	key, err := s.authenticate(w, r, apikey.Deliveries)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return submit.ErrNotFound
	}
	state, err := s.deps.Uploads.State(r.Context(), id, key.Senders())
	if err != nil {
		return fmt.Errorf("state of upload: %w", err)
	}
	w.Header().Set("Vary", "Accept")
	if !wantsText(r.Header.Get("Accept")) {
		return writeJSON(w, http.StatusOK, stateAnswer{state.ID.String(), state.Progress, state.SenderIK, state.ReceivedAt.UTC(), state.Receipt})
	}
	text := wording.Progress(string(state.Progress), state.ReceivedAt)
	if state.Receipt != nil {
		if text, err = wording.ReceiptMessage(state.Receipt); err != nil {
			return fmt.Errorf("read receipt: %w", err)
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = io.WriteString(w, text)
	return clientGone(err)
}

// wantsText reports whether text/plain stands before JSON among what the caller
// accepts.
func wantsText(accept string) bool {
	for kind := range strings.SplitSeq(accept, ",") {
		kind, _, _ = strings.Cut(kind, ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "text/plain":
			return true
		case "application/json", "*/*", "application/*":
			return false
		}
	}
	return false
}

func writeJSON(w http.ResponseWriter, status int, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err = w.Write(raw)
	return clientGone(err)
}
