package portal

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"klarbeleg/internal/clock"
)

func operatorDeps() OperatorDeps {
	return OperatorDeps{
		Clock:      clock.NewFake(time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)),
		Logger:     zap.NewNop(),
		Ready:      []Check{{Name: "Datenbank", Func: func(context.Context) error { return nil }}},
		Quarantine: func(context.Context) ([]QuarantineReason, error) { return nil, nil },
	}
}

func get(t *testing.T, h http.Handler, path string) (*http.Response, string) {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	resp := rec.Result()
	return resp, text(t, resp)
}

func TestOperatorPages(t *testing.T) {
	t.Parallel()
	deps := operatorDeps()
	deps.Quarantine = func(context.Context) ([]QuarantineReason, error) {
		return []QuarantineReason{{"UNREADABLE", 3, deps.Clock.Now()}, {"CONFLICT", 1, deps.Clock.Now()}}, nil
	}
	deps.Mails = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("Mail unter " + r.URL.Path)) })
	deps.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("messwert 1")) })
	h, err := NewOperator(testConfig(), deps)
	if err != nil {
		t.Fatal(err)
	}
	resp, body := get(t, h, "/")
	checkSecurityHeaders(t, "/", resp.Header)
	checkPage(t, body)
	for _, want := range []string{"UNREADABLE", "CONFLICT", ">4<", "Datenbank", ">bereit<", `href="/mails/"`, `href="/metrics"`} {
		if !strings.Contains(body, want) {
			t.Errorf("page lacks %q", want)
		}
	}
	for path, want := range map[string]string{"/mails/": "Mail unter /", "/mails/7": "Mail unter /7", "/metrics": "messwert 1", "/readyz": "ready\n", "/healthz": "ok\n"} {
		resp, body := get(t, h, path)
		checkSecurityHeaders(t, path, resp.Header)
		if body != want {
			t.Errorf("%s answers %q", path, body)
		}
	}
	if resp, _ := get(t, h, "/rechnungspruefung"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("public page on the operators' address: %d", resp.StatusCode)
	}
}

func TestOperatorWithoutParts(t *testing.T) {
	t.Parallel()
	deps := operatorDeps()
	deps.Ready = append(deps.Ready, Check{Name: "Kafka", Func: func(context.Context) error { return errors.New("down") }})
	h, err := NewOperator(testConfig(), deps)
	if err != nil {
		t.Fatal(err)
	}
	_, body := get(t, h, "/")
	for _, bad := range []string{"/mails/", "/metrics"} {
		if strings.Contains(body, bad) {
			t.Errorf("page links %s, which is not there", bad)
		}
		if resp, _ := get(t, h, bad); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %d", bad, resp.StatusCode)
		}
	}
	for _, want := range []string{"Nichts wartet", ">nicht bereit<"} {
		if !strings.Contains(body, want) {
			t.Errorf("page lacks %q", want)
		}
	}
	if resp, _ := get(t, h, "/readyz"); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("/readyz answers %d", resp.StatusCode)
	}

	deps.Quarantine = func(context.Context) ([]QuarantineReason, error) { return nil, errors.New("geheim") }
	h, err = NewOperator(testConfig(), deps)
	if err != nil {
		t.Fatal(err)
	}
	if resp, body := get(t, h, "/"); resp.StatusCode != http.StatusInternalServerError || strings.Contains(body, "geheim") {
		t.Errorf("fault of the quarantine: %d", resp.StatusCode)
	}
	deps.Quarantine = nil
	if _, err := NewOperator(testConfig(), deps); err == nil {
		t.Error("no quarantine list, no error")
	}
}
