package portal

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"klarbeleg/app/apikey"
	"klarbeleg/app/intake"
	"klarbeleg/app/notify"
	"klarbeleg/app/status"
	"klarbeleg/app/submit"
	"klarbeleg/checks"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/internal/blob"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/testdb"
	"klarbeleg/store"
)

// bundle is a portal on a database with the invoices of the seed.
type bundle struct {
	handler http.Handler
	server  *server
	pool    *pgxpool.Pool
	clock   *clock.Fake
	logs    *observer.ObservedLogs
}

func testConfig() Config {
	return Config{
		Stripe: "Ein Angebot der Beispiel-Abrechnungsstelle",
		Organisation: Organisation{
			Name: "Beispiel-Abrechnungsstelle", Street: "Musterstraße 1", City: "04109 Leipzig",
			Phone: "0341 0000-0", Email: "service@abrechnung.example", Hours: "Montag bis Freitag, 8 bis 16 Uhr",
			Supervisor: "Beispielaufsicht",
		},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	}
}

// setup returns a portal with a database of its own; change adapts its
// configuration.
func setup(t *testing.T, change ...func(*Config)) *bundle {
	t.Helper()
	pool := testdb.New(t)
	seed, err := os.ReadFile("../app/status/testdata/seed.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), string(seed)); err != nil {
		t.Fatalf("seed: %v", err)
	}
	b := &bundle{pool: pool, clock: clock.NewFake(time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC))}
	core, logs := observer.New(zapcore.DebugLevel)
	b.logs = logs
	cfg := testConfig()
	for _, c := range change {
		c(&cfg)
	}
	blobs, err := blob.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	db := store.New(pool)
	b.server, err = newServer(cfg, Deps{
		Keys: apikey.NewService(db, b.clock), Uploads: submit.NewUploads(db, blobs, b.clock, submit.NewMetrics(), submit.Settings{}),
		Contact: notify.NewContact(db, b.clock, cfg.Organisation.Email),
		Clock:   b.clock, Logger: zap.New(core), Status: status.New(store.New(pool), b.clock), Check: listless,
		Ready: []Check{{Name: "Datenbank", Func: func(ctx context.Context) error { return pool.Ping(ctx) }}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.handler = b.server.handler(b.server.routes())
	return b
}

// listless is the check without any list of the centre: every rule that needs
// one answers that it has none.
func listless(ctx context.Context, in intake.Input, on func(*intake.Finding) error) (*intake.Report, error) {
	facts := &billing.Facts{ReceivedOn: calendar.MustDate("2026-11-25")}
	return intake.NewEngine(catalogue.All(), checks.Options{}).Run(ctx, in, facts, &intake.Offline{On: on})
}

// request is a request as the test describes it.
type request struct {
	method, path string
	form         url.Values
	header       http.Header
	from         string // remote address
}

func (b *bundle) do(t *testing.T, r request) *http.Response {
	t.Helper()
	if r.method == "" {
		r.method = http.MethodGet
		if r.form != nil {
			r.method = http.MethodPost
		}
	}
	var body io.Reader
	if r.form != nil {
		body = strings.NewReader(r.form.Encode())
	}
	req := httptest.NewRequestWithContext(t.Context(), r.method, r.path, body)
	for k, v := range r.header {
		req.Header[k] = v
	}
	if r.form != nil && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if r.from != "" {
		req.RemoteAddr = r.from
	}
	rec := httptest.NewRecorder()
	b.handler.ServeHTTP(rec, req)
	return rec.Result()
}

func text(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func invoiceForm(ik, number, date string) url.Values {
	return url.Values{"bereich": {"sonstige"}, "ik": {ik}, "rechnungsnummer": {number}, "rechnungsdatum": {date}}
}

// hit is a look-up that finds the first invoice of the seed.
func hit() url.Values { return invoiceForm("260326822", "2026-0811", "01.09.2026") }

// find posts a look-up and returns the address of its result.
func (b *bundle) find(t *testing.T, path string, form url.Values) string {
	t.Helper()
	resp := b.do(t, request{path: path, form: form})
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("look-up answered %d", resp.StatusCode)
	}
	return resp.Header.Get("Location")
}

// fillPath replaces the variables of a route's pattern by values that lead
// somewhere.
func (b *bundle) fillPath(t *testing.T, r route) string {
	t.Helper()
	p := strings.TrimSuffix(r.pattern, "{$}")
	switch {
	case strings.HasPrefix(p, "/rechnungspruefung/ergebnis/"):
		return b.find(t, "/rechnungspruefung", hit())
	case strings.HasPrefix(p, "/zahlbeleg/ergebnis/"):
		result := b.find(t, "/zahlbeleg", url.Values{"zahlbelegnummer": {"0000012345"}})
		return strings.NewReplacer("/zahlbeleg/ergebnis/{id}", result, "{line}", "1").Replace(p)
	case strings.HasPrefix(p, deliveriesPath):
		return strings.Replace(p, "{id}", "0199f1c2-0000-7000-8000-000000000001", 1)
	case strings.HasPrefix(p, staticPrefix):
		u, err := b.server.assets.url("app.css")
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	return p
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Config){
		"no name":    func(c *Config) { c.Organisation.Name = "" },
		"no address": func(c *Config) { c.Organisation.City = "" },
		"SES-5 no support contact": func(c *Config) {
			c.Organisation.Email = ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := testConfig()
			spoil(&cfg)
			if _, err := New(cfg, Deps{}); err == nil {
				t.Error("accepted")
			}
		})
	}
}
