package portal

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"go.uber.org/zap"

	"klarbeleg/internal/clock"
)

//go:embed testdata/axe.min.js
var axe string

// screenshotDir names the environment variable with a folder for screenshots of
// every page and state, to be looked at.
const screenshotDir = "KLARBELEG_SCREENSHOTS"

// stepTimeout bounds one step in the browser; the first page of a cold browser
// takes a few seconds on a busy machine.
const stepTimeout = time.Minute

// watchPolicy collects violations of the content security policy.
const watchPolicy = `window.lepViolations = [];
document.addEventListener('securitypolicyviolation', e => window.lepViolations.push(e.effectiveDirective + ' ' + e.blockedURI));`

// runAxe returns what axe finds, and what it cannot decide for lack of any
// contrast: black on black is only "incomplete" to it.
const runAxe = `axe.run(document, {
	runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']},
	resultTypes: ['violations', 'incomplete'],
}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ' at ' + n.target + ': ' + n.failureSummary))
	.concat(r.incomplete.filter(v => v.id === 'color-contrast').flatMap(v => v.nodes
		.filter(n => n.any.some(a => a.data && a.data.messageKey === 'equalRatio'))
		.map(n => 'no contrast at ' + n.target))))`

// sideways names what is wider than the window, tables apart, which scroll in
// their own region (WCAG 1.4.10).
const sideways = `(() => { const root = document.documentElement;
	if (root.scrollWidth <= root.clientWidth) return [];
	return [...document.querySelectorAll('body *')].filter(e => !e.closest('.lep-table') && e.getBoundingClientRect().right > root.clientWidth + 1)
		.map(e => e.tagName + '.' + e.className).concat('page ' + root.scrollWidth + ' > ' + root.clientWidth); })()`

// browser is one Chromium; tabs of it run the tests.
func browser(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("needs Chromium: skipped by -short")
	}
	ctx, cancel := chromedp.NewContext(t.Context())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium (apt-get install chromium): %v", err)
	}
	return ctx
}

// tab is one tab that watches the content security policy.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func newTab(t *testing.T, browser context.Context) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open tab: %v", err)
	}
	_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchPolicy})
	if err != nil {
		t.Fatal(err)
	}
	return &tab{t, ctx}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func eval[T any](b *tab, script string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// look is one way to look at a page.
type look struct {
	theme string
	width int64
}

func (b *tab) look(l look) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(l.width, 900))
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.theme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) screenshot(name string) {
	b.t.Helper()
	dir := os.Getenv(screenshotDir)
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// check runs all checks on the page shown.
func (b *tab) check(name string) {
	b.t.Helper()
	if !eval[bool](b, `typeof axe === 'object'`) {
		eval[any](b, axe+"; null")
	}
	for _, l := range []look{{"light", 1366}, {"dark", 1366}, {"light", 320}, {"dark", 320}} {
		b.look(l)
		where := fmt.Sprintf("%s-%d-%s", name, l.width, l.theme)
		b.screenshot(where)
		for _, v := range eval[[]string](b, runAxe) {
			b.t.Errorf("%s: %s", where, v)
		}
		for _, v := range eval[[]string](b, sideways) {
			b.t.Errorf("%s: scrolls sideways: %s", where, v)
		}
	}
	for _, v := range eval[[]string](b, "window.lepViolations") {
		b.t.Errorf("%s: policy violated: %s", name, v)
	}
	if fonts := eval[int](b, `[...document.fonts].filter(f => f.status === 'loaded').length`); fonts == 0 {
		b.t.Errorf("%s: no font loaded", name)
	}
}

// submit opens the form at path, fills it in and sends it.
func (b *tab) submit(base, path string, form url.Values) {
	b.t.Helper()
	values, err := json.Marshal(form)
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.Navigate(base + path))
	sent := chromedp.Evaluate[any](`(() => { const form = document.querySelector('form');
		for (const [name, [value]] of Object.entries(` + string(values) + `)) {
			const field = form.elements[name];
			field.value = value;
		}
		form.requestSubmit(); })()`)
	ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
	defer cancel()
	_, err = chromedp.RunResponse(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := sent(ctx, target)
		if err != nil && strings.Contains(err.Error(), "undefined") {
			return nil
		}
		return err
	}))
	if err != nil {
		b.t.Fatal(err)
	}
}

// upload opens the form at path, puts the file into the field and sends it; ""
// for none.
func (b *tab) upload(url, field, file string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
	if file != "" {
		b.do(chromedp.SetUploadFiles("#"+field, []string{file}))
	}
	ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click("form button[type=submit]")); err != nil {
		b.t.Fatal(err)
	}
}

// pageState is a page in one state: normal, with an error, or empty.
type pageState struct {
	name string
	path string
	form url.Values // posted to path if not nil
	file *string    // posted to path as Nutzdatendatei if not nil; "" chooses none
}

func pageStates(files map[string]*string) []pageState {
	return []pageState{
		{name: "start", path: "/"},
		{name: "rechnung", path: "/rechnungspruefung"},
		{name: "rechnung-fehler", path: "/rechnungspruefung", form: invoiceForm("26032682", "", "31.09.2026")},
		{name: "rechnung-leer", path: "/rechnungspruefung", form: invoiceForm("260326823", "2026-0811", "01.09.2026")},
		{name: "rechnung-ergebnis", path: "/rechnungspruefung", form: hit()},
		{name: "rechnung-bezahlt", path: "/rechnungspruefung", form: invoiceForm("260326822", "2026-0829", "14.09.2026")},
		{name: "rechnung-abgelehnt", path: "/rechnungspruefung", form: invoiceForm("260326822", "2026-0902", "01.10.2026")},
		{name: "rechnung-dienstleister", path: "/rechnungspruefung", form: invoiceForm("590999223", "S4711", "21.09.2026")},
		{name: "zahlbeleg", path: "/zahlbeleg"},
		{name: "zahlbeleg-fehler", path: "/zahlbeleg", form: url.Values{"zahlbelegnummer": {"123"}}},
		{name: "zahlbeleg-leer", path: "/zahlbeleg", form: url.Values{"zahlbelegnummer": {"0777777777"}}},
		{name: "zahlbeleg-ergebnis", path: "/zahlbeleg", form: url.Values{"zahlbelegnummer": {"0000012345"}}},
		{name: "datei", path: filePath},
		{name: "datei-fehler", path: filePath, file: files[""]},
		{name: "datei-ohne-befund", path: filePath, file: files["sound"]},
		{name: "datei-befunde", path: filePath, file: files["faulty"]},
		{name: "datei-viele-befunde", path: filePath, file: files["many"]},
		{name: "datei-unlesbar", path: filePath, file: files["unreadable"]},
		{name: "hilfe", path: "/hilfe"},
		{name: "kontakt", path: "/kontakt"},
		{name: "kontakt-fehler", path: "/kontakt", form: url.Values{"name": {""}, "email": {"praxis"}, "ik": {"12"}, "nachricht": {""}}},
		{name: "kontakt-gesendet", path: "/kontakt", form: enquiry()},
		{name: "impressum", path: "/impressum"},
		{name: "datenschutz", path: "/datenschutz"},
		{name: "barrierefreiheit", path: "/barrierefreiheit"},
		{name: "lizenzen", path: "/lizenzen"},
		{name: "fehler-404", path: "/gibt-es-nicht"},
		{name: "ergebnis-abgelaufen", path: "/rechnungspruefung/ergebnis/AAAA"},
	}
}

// Every page in every state: WCAG by axe in both themes and two widths, no
// sideways scrolling, no violation of the policy, all files found.
func TestBrowserPages(t *testing.T) {
	t.Parallel()
	chromium := browser(t)
	b := setup(t, func(c *Config) { c.Limits = Limits{PerMinute: 1000, PerHour: 1000, PerIKHour: 1000} })
	web := httptest.NewServer(b.handler)
	t.Cleanup(web.Close)

	t.Run("states", func(t *testing.T) {
		for _, s := range pageStates(checkFiles(t)) {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				tab := newTab(t, chromium)
				switch {
				case s.form != nil:
					tab.submit(web.URL, s.path, s.form)
				case s.file != nil:
					tab.upload(web.URL+s.path, "nutzdaten", *s.file)
				default:
					tab.do(chromedp.Navigate(web.URL + s.path))
				}
				eval[any](tab, `document.querySelectorAll('details.kern-accordion').forEach(d => d.open = true)`+"; null")
				tab.check(s.name)
			})
		}
	})
	for _, e := range b.logs.FilterMessage("request").All() {
		f := e.ContextMap()
		if strings.Contains(fmt.Sprint(f["route"]), staticPrefix) && f["status"] != int64(http.StatusOK) {
			t.Errorf("static file answered %v", f["status"])
		}
	}
	if n := b.logs.FilterMessage("content security policy violated").Len(); n != 0 {
		t.Errorf("%d reports of the policy", n)
	}
}

// RP-7: the throttle's page.
func TestBrowserThrottled(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) { c.Limits.PerMinute = 1 })
	web := httptest.NewServer(b.handler)
	t.Cleanup(web.Close)
	tab := newTab(t, browser(t))
	for range 2 {
		tab.submit(web.URL, "/zahlbeleg", url.Values{"zahlbelegnummer": {"0777777777"}})
	}
	if got := eval[string](tab, "document.querySelector('h1').textContent"); got != "Zu viele Anfragen" {
		t.Errorf("page %q", got)
	}
	tab.check("fehler-429")
}

// The checks above can fail: a page that breaks each of them is found out, and
// the browser's report reaches us.
func TestBrowserChecksSeeFaults(t *testing.T) {
	t.Parallel()
	b := setup(t)
	bad := func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, err := w.Write([]byte(`<!doctype html><html><title>x</title><body>
			<p style="color:red">inline</p><div><svg width="900" height="9"></svg></div><img src="https://fremd.example/x.png">`))
		return err
	}
	web := httptest.NewServer(b.server.handler(append(b.server.routes(), route{"GET", "/fehlerhaft", bad})))
	t.Cleanup(web.Close)
	tab := newTab(t, browser(t))
	tab.do(chromedp.EmulateViewport(320, 900), chromedp.Navigate(web.URL+"/fehlerhaft"))
	eval[any](tab, axe+"; null")
	found := strings.Join(eval[[]string](tab, runAxe), "\n")
	for _, rule := range []string{"html-has-lang", "image-alt", "landmark-one-main"} {
		if !strings.Contains(found, rule) {
			t.Errorf("axe does not find %s: %s", rule, found)
		}
	}
	if len(eval[[]string](tab, sideways)) == 0 {
		t.Error("sideways scrolling is not found")
	}
	violations := strings.Join(eval[[]string](tab, "window.lepViolations"), "\n")
	if !strings.Contains(violations, "style-src") || !strings.Contains(violations, "img-src") {
		t.Errorf("violations found: %q", violations)
	}
	deadline := time.After(stepTimeout)
	for b.logs.FilterMessage("content security policy violated").FilterField(zap.String("directive", "img-src")).Len() == 0 {
		select {
		case <-deadline:
			t.Fatal("the browser's report did not arrive")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// RP-1, RP-2, RP-3: the way of a provider through the portal, by keyboard, with
// and without JavaScript.
func TestBrowserJourney(t *testing.T) {
	t.Parallel()
	chromium := browser(t)
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("JavaScript %v", scripts), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			web := httptest.NewServer(b.handler)
			t.Cleanup(web.Close)
			tab := newTab(t, chromium)
			if !scripts {
				_, err := chromedp.Call(tab.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
				if err != nil {
					t.Fatal(err)
				}
			}
			journey(tab, web.URL, scripts)
		})
	}
}

func journey(b *tab, base string, scripts bool) {
	t := b.t
	heading := func() string { return eval[string](b, "document.querySelector('h1').textContent") }
	focus := func() string { return eval[string](b, "document.activeElement.id") }

	b.do(chromedp.EmulateViewport(1366, 900), chromedp.Navigate(base+"/"))
	b.do(chromedp.KeyEvent(kb.Tab))
	if got := eval[string](b, "document.activeElement.className"); got != "lep-skip" {
		t.Errorf("first stop of the keyboard is %q", got)
	}
	b.do(chromedp.Click(".lep-cards a"), chromedp.WaitVisible("#ik"))

	// A typing error: the summary has the focus and leads to the field.
	b.do(chromedp.SendKeys("#ik", "26032682"), chromedp.SendKeys("#rechnungsnummer", "2026-0811"),
		chromedp.SendKeys("#rechnungsdatum", "1.9.2026"+kb.Enter), chromedp.WaitVisible("#fehler"))
	if got := focus(); got != "fehler" {
		t.Errorf("focus after the error is on %q", got)
	}
	b.do(chromedp.Click("#fehler a"))
	if got := focus(); got != "ik" {
		t.Errorf("focus after the link is on %q", got)
	}
	b.do(chromedp.KeyEvent(kb.End), chromedp.KeyEvent("2"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(".lep-steps"))
	if got := heading(); got != "Rechnung 2026-0811" {
		t.Errorf("result: %q", got)
	}
	if got := eval[bool](b, "document.querySelector('[data-lep-print]').checkVisibility()"); got != scripts {
		t.Errorf("print button visible: %v", got)
	}

	// From the bank statement to the invoice.
	b.do(chromedp.Click(`.lep-nav__wide a[href="/zahlbeleg"]`), chromedp.WaitVisible("#zahlbelegnummer"),
		chromedp.SendKeys("#zahlbelegnummer", "0000012345"+kb.Enter), chromedp.WaitVisible("table"))
	if got := heading(); got != "Zahlbeleg 0000012345" {
		t.Errorf("voucher: %q", got)
	}
	b.do(chromedp.Click("tbody tr:nth-child(2) a"), chromedp.WaitVisible("#ik"))
	b.do(chromedp.SendKeys("#ik", "260326822"+kb.Enter), chromedp.WaitVisible(".lep-steps"))
	if got := heading(); got != "Rechnung 2026-0829" {
		t.Errorf("detail: %q", got)
	}

	// On a phone the menu opens without JavaScript.
	b.do(chromedp.EmulateViewport(320, 700), chromedp.Click(".lep-menu__button"),
		chromedp.Click(`.lep-menu a[href="/hilfe"]`), chromedp.WaitVisible("#nicht-gefunden"))
	if got := heading(); got != "Hilfe" {
		t.Errorf("menu led to %q", got)
	}
}

// The operators' page, with and without messages in quarantine.
func TestBrowserOperator(t *testing.T) {
	t.Parallel()
	chromium := browser(t)
	for name, waiting := range map[string][]QuarantineReason{
		"betrieb-leer": nil,
		"betrieb":      {{Code: "DTA-UNREADABLE", Count: 3, Oldest: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)}, {Code: "DTA-CONFLICT", Count: 1, Oldest: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := NewOperator(testConfig(), OperatorDeps{
				Clock: clock.NewFake(time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)), Logger: zap.NewNop(),
				Ready: []Check{
					{Name: "Datenbank", Func: func(context.Context) error { return nil }},
					{Name: "Kafka", Func: func(context.Context) error { return context.DeadlineExceeded }},
				},
				Quarantine: func(context.Context) ([]QuarantineReason, error) { return waiting, nil },
				Mails:      http.NotFoundHandler(), Metrics: http.NotFoundHandler(),
			})
			if err != nil {
				t.Fatal(err)
			}
			web := httptest.NewServer(h)
			t.Cleanup(web.Close)
			tab := newTab(t, chromium)
			tab.do(chromedp.Navigate(web.URL))
			tab.check(name)
		})
	}
}
