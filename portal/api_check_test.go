package portal

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"klarbeleg/app/intake"
	"klarbeleg/app/status"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/billing"
	"klarbeleg/internal/blob"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/testdb"
	"klarbeleg/store"
)

const checkExample = "../dta/p302/testdata/302-e-krankentransport-ra1-vk01"

// checkServer is a portal with the real check behind it, on an empty database.
func checkServer(t *testing.T) (http.Handler, *store.DB) {
	t.Helper()
	db := store.New(testdb.New(t))
	blobs, err := blob.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	now := clock.NewFake(time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC))
	service := intake.New(db, blobs, now, catalogue.All(), intake.Settings{Deadlines: billing.DefaultDeadlines()})
	h, err := New(testConfig(), Deps{Clock: now, Logger: zaptest.NewLogger(t), Status: status.New(db, now), Check: service.Check})
	if err != nil {
		t.Fatal(err)
	}
	return h, db
}

func post(t *testing.T, h http.Handler, contentType string, body []byte) *http.Response {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, checkPath, bytes.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec.Result()
}

// answer decodes the lines of a check.
func answer(t *testing.T, resp *http.Response) (findings []intake.Finding, summary intake.Summary) {
	t.Helper()
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/x-ndjson") {
		t.Fatalf("status %d, %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	dec := json.NewDecoder(resp.Body)
	for {
		var line json.RawMessage
		if err := dec.Decode(&line); err != nil {
			t.Fatalf("no summary: %v", err)
		}
		if err := json.Unmarshal(line, &summary); err != nil {
			t.Fatal(err)
		}
		if summary.Kind == "summary" {
			return findings, summary
		}
		var f intake.Finding
		if err := json.Unmarshal(line, &f); err != nil {
			t.Fatal(err)
		}
		findings, summary = append(findings, f), intake.Summary{}
	}
}

func readExample(t *testing.T, ext string) []byte {
	t.Helper()
	raw, err := os.ReadFile(checkExample + ext)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func parts(t *testing.T, files map[string][]byte) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, content := range files {
		part, err := w.CreateFormFile(name, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

func TestCheckFile(t *testing.T) {
	t.Parallel()
	t.Run("DTA-9 a sound file is answered with its sums, and nothing is stored", func(t *testing.T) {
		t.Parallel()
		h, db := checkServer(t)
		contentType, body := parts(t, map[string][]byte{"nutzdaten": readExample(t, ".edi"), "auftrag": readExample(t, ".auf")})
		findings, summary := answer(t, post(t, h, contentType, body))
		if len(findings) != 0 || summary.Outcome != "accepted" || summary.Billed != 15508 {
			t.Errorf("findings %+v, summary %+v", findings, summary)
		}
		counts, err := db.DeliveryCounts(t.Context())
		if err != nil || len(counts) != 0 {
			t.Errorf("stored %v, %v", counts, err)
		}
	})
	t.Run("DTA-9 a fault is told with its place; the body alone is enough", func(t *testing.T) {
		t.Parallel()
		h, _ := checkServer(t)
		body := bytes.Replace(readExample(t, ".edi"), []byte("K880024680"), []byte("K880024681"), 1)
		body = bytes.Replace(body, []byte("T880024680"), []byte("T880024681"), 1)
		findings, summary := answer(t, post(t, h, "application/edifact", body))
		if len(findings) != 1 || findings[0].Rule != "P3005" || findings[0].Segment == 0 || summary.Corrected == 0 {
			t.Errorf("findings %+v, summary %+v", findings, summary)
		}
	})
	t.Run("DTA-9 too large, unreadable and too many requests are told as problems", func(t *testing.T) {
		t.Parallel()
		h, _ := checkServer(t)
		for _, c := range []struct {
			contentType string
			body        []byte
			want        int
		}{
			{"application/edifact", make([]byte, maxCheckBytes+1), http.StatusRequestEntityTooLarge},
			{"multipart/form-data; boundary=x", []byte("nonsense"), http.StatusBadRequest},
		} {
			resp := post(t, h, c.contentType, c.body)
			if resp.StatusCode != c.want || resp.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("status %d %s, want %d", resp.StatusCode, resp.Header.Get("Content-Type"), c.want)
			}
		}
		for range maxChecks {
			if post(t, h, "application/edifact", []byte("x")).StatusCode == http.StatusTooManyRequests {
				return
			}
		}
		t.Error("no limit on checks")
	})
}
