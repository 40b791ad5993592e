package portal

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// securityHeaders are the headers that every answer carries (ASVS 3.4).
func checkSecurityHeaders(t *testing.T, where string, h http.Header) {
	t.Helper()
	for name, want := range map[string]string{
		"Strict-Transport-Security":    "max-age=63072000; includeSubDomains",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %s is %q, want %q", where, name, got, want)
		}
	}
	csp := h.Get("Content-Security-Policy")
	for _, part := range []string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'",
		"form-action 'self'", "base-uri 'none'", "object-src 'none'",
	} {
		if !strings.Contains(csp, part) {
			t.Errorf("%s: policy lacks %s", where, part)
		}
	}
	if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
		t.Errorf("%s: policy allows too much: %s", where, csp)
	}
	if !strings.Contains(h.Get("Permissions-Policy"), "camera=()") {
		t.Errorf("%s: no permissions policy", where)
	}
	if len(h.Get("X-Request-Id")) != referenceLength {
		t.Errorf("%s: no request id", where)
	}
	if len(h.Values("Set-Cookie")) != 0 {
		t.Errorf("%s: sets a cookie", where)
	}
}

// statusOf is what a route answers to a plain request of its own method.
func statusOf(r route) int {
	switch {
	case r.pattern == "/csp-bericht":
		return http.StatusBadRequest // no report in the body
	case r.pattern == checkPath:
		return http.StatusOK // an empty file is a file with a fault
	case strings.HasPrefix(r.pattern, deliveriesPath):
		return http.StatusUnauthorized // no key
	case r.method == http.MethodPost:
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// RP-7, SES-5: the walk over all routes.
func TestEveryRoute(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) { c.Limits = Limits{PerMinute: 1000, PerHour: 1000, PerIKHour: 1000} })
	for _, r := range b.server.routes() {
		t.Run(r.method+" "+r.pattern, func(t *testing.T) {
			t.Parallel()
			path := b.fillPath(t, r)
			resp := b.do(t, request{method: r.method, path: path})
			checkSecurityHeaders(t, "answer", resp.Header)
			body := text(t, resp)
			if want := statusOf(r); resp.StatusCode != want {
				t.Errorf("status %d, want %d", resp.StatusCode, want)
			}
			static := strings.HasPrefix(path, staticPrefix)
			if got := resp.Header.Get("Cache-Control"); !static && got != "no-store" || static && !strings.Contains(got, "immutable") {
				t.Errorf("Cache-Control %q", got)
			}
			if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
				checkPage(t, body)
			}
			for _, method := range []string{"PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "CONNECT"} {
				resp := b.do(t, request{method: method, path: path})
				checkSecurityHeaders(t, method, resp.Header)
				contact := "service@abrechnung.example"
				if strings.HasPrefix(path, apiPrefix) {
					contact = `"reference":` // RFC 9457 for programs
				}
				if body := text(t, resp); resp.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(body, contact) {
					t.Errorf("%s answers %d", method, resp.StatusCode)
				}
				if resp.Header.Get("Allow") == "" {
					t.Errorf("%s: no Allow header", method)
				}
			}
		})
	}
}

// ASVS 3.5.1: no foreign site can make a visitor's browser post.
func TestCrossSitePost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, r := range b.server.routes() {
		if r.method != http.MethodPost {
			continue
		}
		for name, h := range map[string]http.Header{
			"Sec-Fetch-Site": {"Sec-Fetch-Site": {"cross-site"}},
			"same-site":      {"Sec-Fetch-Site": {"same-site"}},
			"Origin":         {"Origin": {"https://boese.example"}},
		} {
			resp := b.do(t, request{path: r.pattern, form: hit(), header: h})
			checkSecurityHeaders(t, r.pattern, resp.Header)
			if body := text(t, resp); resp.StatusCode != http.StatusForbidden || !strings.Contains(body, "Anfrage abgelehnt") {
				t.Errorf("%s with foreign %s: %d", r.pattern, name, resp.StatusCode)
			}
		}
		for name, h := range map[string]http.Header{
			"same origin": {"Sec-Fetch-Site": {"same-origin"}},
			"address bar": {"Sec-Fetch-Site": {"none"}},
			"no browser":  {},
		} {
			resp := b.do(t, request{path: r.pattern, form: url.Values{}, header: h})
			if text(t, resp); resp.StatusCode == http.StatusForbidden {
				t.Errorf("%s from %s: refused", r.pattern, name)
			}
		}
	}
}

// RP-6, ASVS 3.5.3: GET changes nothing in the database.
func TestGetChangesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var paths []string
	for _, r := range b.server.routes() {
		if r.method == http.MethodGet {
			paths = append(paths, b.fillPath(t, r))
		}
	}
	before := b.fingerprint(t)
	for _, p := range paths {
		text(t, b.do(t, request{path: p}))
		text(t, b.do(t, request{path: p + "?seite=2"}))
	}
	if after := b.fingerprint(t); after != before {
		t.Error("the database is not what it was")
	}
	if _, err := b.pool.Exec(t.Context(), "update invoice set cases = cases + 1 where id = 1"); err != nil {
		t.Fatal(err)
	}
	if b.fingerprint(t) == before {
		t.Error("the comparison does not see a change")
	}
}

// fingerprint is a checksum over the content of all tables.
func (b *bundle) fingerprint(t *testing.T) string {
	t.Helper()
	var sum string
	err := b.pool.QueryRow(t.Context(), `select md5(string_agg(md5(query_to_xml(
			format('select * from %I t order by t::text', table_name), true, false, '')::text), '' order by table_name))
		from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`).Scan(&sum)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// SES-5: unknown addresses and faults name the support contact and a reference.
func TestErrorPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	page := func(t *testing.T, r request, status int) string {
		t.Helper()
		resp := b.do(t, r)
		checkSecurityHeaders(t, r.path, resp.Header)
		body := text(t, resp)
		if resp.StatusCode != status {
			t.Errorf("%s: %d, want %d", r.path, resp.StatusCode, status)
		}
		checkPage(t, body)
		for _, want := range []string{"service@abrechnung.example", "0341 0000-0", groupReference(resp.Header.Get("X-Request-Id")), "<title>Fehler: "} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: page lacks %q", r.path, want)
			}
		}
		return body
	}

	t.Run("404", func(t *testing.T) {
		for _, p := range []string{
			"/gibt-es-nicht", "/static/", "/static/app.css", "/rechnungspruefung/", "/rechnungspruefung/ergebnis/",
			"/.env", "/metrics", "/debug/pprof/", "/zahlbeleg/ergebnis/x/rechnung/abc",
		} {
			page(t, request{path: p}, http.StatusNotFound)
		}
	})
	t.Run("RP-7 unknown and expired results look alike", func(t *testing.T) {
		result := b.find(t, "/rechnungspruefung", hit())
		b.clock.Add(16 * 60 * 1e9)
		defer b.clock.Add(-16 * 60 * 1e9)
		mask := regexp.MustCompile(`(?:[A-Z2-7]{4}-){2}[A-Z2-7]{4}`)
		expired := mask.ReplaceAllString(page(t, request{path: result}, http.StatusNotFound), "")
		unknown := mask.ReplaceAllString(page(t, request{path: "/rechnungspruefung/ergebnis/AAAA"}, http.StatusNotFound), "")
		if expired != unknown || !strings.Contains(expired, "15 Minuten") {
			t.Error("pages differ")
		}
	})
	t.Run("413", func(t *testing.T) {
		form := hit()
		form.Set("ik", strings.Repeat("1", maxFormBytes))
		page(t, request{path: "/rechnungspruefung", form: form}, http.StatusRequestEntityTooLarge)
	})
	t.Run("400", func(t *testing.T) {
		page(t, request{method: "POST", path: "/rechnungspruefung?%zz", header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}, http.StatusBadRequest)
	})
	t.Run("500 after a panic, and the process lives", func(t *testing.T) {
		h := b.server.handler([]route{{"GET", "/panik", func(http.ResponseWriter, *http.Request) error { panic("Geheimnis") }}})
		old := b.handler
		b.handler = h
		body := page(t, request{path: "/panik"}, http.StatusInternalServerError)
		b.handler = old
		page(t, request{path: "/gibt-es-nicht"}, http.StatusNotFound)
		if strings.Contains(body, "Geheimnis") || len(b.logs.FilterMessage("panic in request").All()) != 1 {
			t.Error("panic is shown, or not logged")
		}
		for _, e := range b.logs.All() {
			if strings.Contains(logLine(e), "Geheimnis") {
				t.Error("value of the panic is logged")
			}
		}
	})
	t.Run("500 without a database", func(t *testing.T) {
		lost := setup(t)
		lost.pool.Close()
		resp := lost.do(t, request{path: "/rechnungspruefung", form: hit()})
		if body := text(t, resp); resp.StatusCode != http.StatusInternalServerError || strings.Contains(body, "pool") {
			t.Errorf("%d", resp.StatusCode)
		}
		if resp := lost.do(t, request{path: "/readyz"}); resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("/readyz answers %d", resp.StatusCode)
		}
		if resp := lost.do(t, request{path: "/healthz"}); resp.StatusCode != http.StatusOK {
			t.Errorf("/healthz answers %d", resp.StatusCode)
		}
	})
}

var (
	idAttr      = regexp.MustCompile(` id="([^"]+)"`)
	reference   = regexp.MustCompile(` (for|aria-labelledby|aria-describedby)="([^"]+)"`)
	localTarget = regexp.MustCompile(` href="#([^"]+)"`)
	inputTag    = regexp.MustCompile(`<(?:input|select|textarea)[^>]*>`)
	address     = regexp.MustCompile(` (?:href|src|action)="([^"]*)"`)
	heading     = regexp.MustCompile(`<h([1-6])`)
)

// checkPage checks what every page must have, whatever it shows (WCAG 2.2, ASVS).
func checkPage(t *testing.T, body string) {
	t.Helper()
	for _, want := range []string{`<html lang="de">`, `href="#inhalt"`, `<main id="inhalt"`, "<footer", "</html>"} {
		if !strings.Contains(body, want) {
			t.Errorf("page lacks %s", want)
		}
	}
	ids := map[string]bool{}
	for _, m := range idAttr.FindAllStringSubmatch(body, -1) {
		if ids[m[1]] {
			t.Errorf("id %s twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range reference.FindAllStringSubmatch(body, -1) {
		for id := range strings.FieldsSeq(m[2]) {
			if !ids[id] {
				t.Errorf("%s names %s, which is not there", m[1], id)
			}
		}
	}
	for _, m := range localTarget.FindAllStringSubmatch(body, -1) {
		if !ids[m[1]] {
			t.Errorf("link to #%s, which is not there", m[1])
		}
	}
	for _, tag := range inputTag.FindAllString(body, -1) {
		id := idAttr.FindStringSubmatch(tag)
		if id == nil || !strings.Contains(body, `for="`+id[1]+`"`) {
			t.Errorf("field without a label: %s", tag)
		}
	}
	// ASVS 3.6.1, 3.4.3: only our own files, nothing inline.
	for _, m := range address.FindAllStringSubmatch(body, -1) {
		saved := strings.HasPrefix(m[1], "data:text/plain;charset=utf-8;base64,") // our own text, to save
		if !saved && !strings.HasPrefix(m[1], "/") && !strings.HasPrefix(m[1], "#") && !strings.HasPrefix(m[1], "mailto:") && !strings.HasPrefix(m[1], "tel:") {
			t.Errorf("foreign address %s", m[1])
		}
	}
	for _, bad := range []string{" style=", "<style", "onclick", "javascript:", "ZgotmplZ", "<no value>"} {
		if strings.Contains(body, bad) {
			t.Errorf("page contains %s", bad)
		}
	}
	last := 0
	for i, m := range heading.FindAllStringSubmatch(body, -1) {
		level := int(m[1][0] - '0')
		if i == 0 && level != 1 || i > 0 && (level == 1 || level > last+1) {
			t.Errorf("heading %d: level %d after %d", i+1, level, last)
		}
		last = level
	}
}

// logLine is a log entry as text, all fields included.
func logLine(e observer.LoggedEntry) string { return fmt.Sprint(e.Message, e.ContextMap()) }

// OPS-4, ASVS 14.2.1: nothing that a visitor types reaches the log or an address.
func TestNothingTypedIsLogged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	secrets := []string{"260326822", "2026-0811", "01.09.2026", "0000012345", "geheim-im-pfad", "999999999"}
	paths := []string{b.find(t, "/rechnungspruefung", hit()), b.find(t, "/zahlbeleg", url.Values{"zahlbelegnummer": {"0000012345"}})}
	for _, r := range []request{
		{path: paths[0]},
		{path: paths[1]},
		{path: paths[1] + "/rechnung/1"},
		{path: "/rechnungspruefung", form: invoiceForm("999999999", "2026-0811", "01.09.2026")},
		{path: "/rechnungspruefung", form: invoiceForm("geheim-im-pfad", "", "")},
		{path: "/geheim-im-pfad?ik=260326822"},
		{path: "/csp-bericht", form: url.Values{"x": {"geheim-im-pfad"}}},
	} {
		text(t, b.do(t, r))
	}
	b.pool.Close() // a fault is logged with its cause
	text(t, b.do(t, request{path: "/rechnungspruefung", form: hit()}))
	if len(b.logs.FilterLevelExact(zapcore.ErrorLevel).All()) == 0 {
		t.Error("the fault is not logged")
	}
	routes := map[string]bool{}
	for _, e := range b.logs.All() {
		line := logLine(e)
		if route, ok := e.ContextMap()["route"].(string); ok {
			routes[route] = true
		}
		for _, s := range secrets {
			if strings.Contains(line, s) {
				t.Errorf("log line contains %q: %s", s, line)
			}
		}
	}
	if !routes["GET /rechnungspruefung/ergebnis/{id}"] || !routes["none"] {
		t.Errorf("routes logged: %v", slices.Sorted(maps.Keys(routes)))
	}
	for _, s := range secrets {
		if strings.Contains(strings.Join(paths, " "), s) {
			t.Errorf("address contains %q", s)
		}
	}
}
