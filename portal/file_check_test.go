package portal

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// faultyFile is the example with an insurance number that is none.
func faultyFile(t *testing.T) []byte {
	t.Helper()
	return bytes.Replace(readExample(t, ".edi"), []byte("T880024680"), []byte("T880024681"), 1)
}

// manyFaults has n invoices, each with a wrong insurance number and, from the
// second on, four lines that were billed before: 5n-4 findings.
func manyFaults(t *testing.T, n int) []byte {
	t.Helper()
	head, rest, _ := bytes.Cut(readExample(t, ".edi"), []byte("UNH+"))
	messages, _, _ := bytes.Cut(rest, []byte("UNZ+"))
	out := bytes.NewBuffer(bytes.Clone(head))
	for i := range n {
		m := "UNH+" + string(messages)
		for old, number := range map[string]int{"00001": 2*i + 1, "00002": 2*i + 2} {
			m = strings.ReplaceAll(m, "+"+old+"+SL", fmt.Sprintf("+N%04d+SL", number))
			m = strings.ReplaceAll(m, "+"+old+"'", fmt.Sprintf("+N%04d'", number))
		}
		m = strings.ReplaceAll(m, "+N", "+0")
		m = strings.ReplaceAll(m, "10-77", fmt.Sprintf("10-%d", i))
		out.WriteString(strings.ReplaceAll(m, "T880024680", "T880024681"))
	}
	fmt.Fprintf(out, "UNZ+%06d+00007'", 2*n)
	return out.Bytes()
}

// checkFiles writes the files that the browser uploads.
func checkFiles(t *testing.T) map[string]*string {
	t.Helper()
	dir, none := t.TempDir(), ""
	out := map[string]*string{"": &none}
	for name, content := range map[string][]byte{
		"sound": readExample(t, ".edi"), "faulty": faultyFile(t), "many": manyFaults(t, 25), "unreadable": []byte("Das ist keine DTA-Datei."),
	} {
		path := filepath.Join(dir, name+".edi")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		out[name] = &path
	}
	return out
}

// checkOnPage posts the files to the page.
func checkOnPage(t *testing.T, h http.Handler, contentType string, body []byte) (status int, page string) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, filePath, bytes.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	page = text(t, rec.Result())
	checkPage(t, page)
	return rec.Code, page
}

var savedText = regexp.MustCompile(`href="data:text/plain;charset=utf-8;base64,([^"]+)" download="([^"]+)"`)

// saved returns the text that the page offers for saving.
func saved(t *testing.T, page string) string {
	t.Helper()
	m := savedText.FindStringSubmatch(strings.ReplaceAll(page, "&#43;", "+"))
	if m == nil || m[2] != "pruefergebnis.txt" {
		t.Fatal("the page offers no text")
	}
	raw, err := base64.StdEncoding.DecodeString(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// DTA-9: the page tells what the check tells, and nothing is stored.
func TestFilePage(t *testing.T) {
	t.Parallel()
	wants := func(t *testing.T, where, text string, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q", where, want)
			}
		}
	}
	t.Run("DTA-9 a fault with rule, place, severity, sum and remedy; nothing is stored", func(t *testing.T) {
		t.Parallel()
		h, db := checkServer(t)
		b := &bundle{pool: db.Pool()}
		before := b.fingerprint(t)
		contentType, body := parts(t, map[string][]byte{"nutzdaten": faultyFile(t), "auftrag": readExample(t, ".auf")})
		status, page := checkOnPage(t, h, contentType, body)
		if status != http.StatusOK {
			t.Errorf("status %d", status)
		}
		wants(t, "page", page, "Würde gekürzt", "P3005", "Absetzung", "Segment 15 INV, Byte 444", "Angabe ändern (INV.versichertennummer)",
			"120,14\u00a0€", "155,08\u00a0€", "34,94\u00a0€", "Ein Befund")
		wants(t, "text", saved(t, page), "P3005 Absetzung", "Segment 15 INV, Byte 444", "Kürzung: 120,14 EUR", "Berechnet 155,08 EUR = anerkannt 34,94 EUR + berichtigt 120,14 EUR")
		if b.fingerprint(t) != before {
			t.Error("something was stored")
		}
	})
	t.Run("DTA-9 the Auftragsdatei is checked against the file", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		contentType, body := parts(t, map[string][]byte{"nutzdaten": faultyFile(t)[1:], "auftrag": readExample(t, ".auf")})
		_, page := checkOnPage(t, b.handler, contentType, body)
		wants(t, "page", page, "Würde abgewiesen", "P2001")
	})
	t.Run("DTA-9 more findings than fit are counted, with the command that lists all", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		const findings = 5*210 - 4
		contentType, body := parts(t, map[string][]byte{"nutzdaten": manyFaults(t, 210)})
		_, page := checkOnPage(t, b.handler, contentType, body)
		wants(t, "page", page, fmt.Sprintf("… weitere %d.", findings-maxFileRows), "<code>klarbeleg check DATEI</code>", fmt.Sprintf("%d Befunde", findings))
		if n := strings.Count(page, `scope="row"`); n != maxFileRows {
			t.Errorf("%d rows", n)
		}
		result := saved(t, page)
		wants(t, "text", result, fmt.Sprintf("… weitere: %d Befunde nicht aufgeführt", findings-maxFileText))
		if n := strings.Count(result, "        Stelle: "); n != maxFileText {
			t.Errorf("%d findings in the text", n)
		}
	})
	t.Run("DTA-9 no file, an empty one, a too large one: the form again, with the reason", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for name, c := range map[string]struct {
			files map[string][]byte
			want  int
			text  string
		}{
			"none":      {map[string][]byte{"auftrag": readExample(t, ".auf")}, http.StatusUnprocessableEntity, "Wählen Sie die Nutzdatendatei aus."},
			"empty":     {map[string][]byte{"nutzdaten": {}}, http.StatusUnprocessableEntity, "Die Nutzdatendatei ist leer."},
			"too large": {map[string][]byte{"nutzdaten": make([]byte, maxCheckBytes)}, http.StatusRequestEntityTooLarge, "mehr als 20 MiB"},
		} {
			contentType, body := parts(t, c.files)
			status, page := checkOnPage(t, b.handler, contentType, body)
			if status != c.want {
				t.Errorf("%s: status %d", name, status)
			}
			wants(t, name, page, c.text, `id="fehler"`, `aria-invalid="true"`, "<title>Fehler: ")
		}
		if status, page := checkOnPage(t, b.handler, "multipart/form-data; boundary=x", []byte("nonsense")); status != http.StatusBadRequest {
			t.Errorf("nonsense: status %d\n%s", status, page)
		}
	})
	t.Run("DTA-9 a script in the file stays text", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		contentType, body := parts(t, map[string][]byte{"nutzdaten": bytes.ReplaceAll(faultyFile(t), []byte("2026/10-77"), []byte("<b>hier</b>"))})
		_, page := checkOnPage(t, b.handler, contentType, body)
		wants(t, "page", page, "&lt;b&gt;hier&lt;/b&gt;")
	})
	t.Run("DTA-9 the page is throttled as the interface is", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		contentType, body := parts(t, map[string][]byte{"nutzdaten": []byte("x")})
		for range maxChecks {
			checkOnPage(t, b.handler, contentType, body)
		}
		if status, _ := checkOnPage(t, b.handler, contentType, body); status != http.StatusTooManyRequests {
			t.Errorf("status %d", status)
		}
	})
}

// DTA-9: the way of a sender to the result and to the saved text, with and
// without JavaScript.
func TestBrowserFileCheck(t *testing.T) {
	t.Parallel()
	chromium := browser(t)
	b := setup(t)
	web := httptest.NewServer(b.handler)
	t.Cleanup(web.Close)
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("JavaScript %v", scripts), func(t *testing.T) {
			t.Parallel()
			tab := newTab(t, chromium)
			if !scripts {
				_, err := chromedp.Call(tab.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
				if err != nil {
					t.Fatal(err)
				}
			}
			tab.upload(web.URL+filePath, "nutzdaten", "")
			tab.do(chromedp.WaitVisible("#fehler:focus"))
			tab.upload(web.URL+filePath, "nutzdaten", *checkFiles(t)["faulty"])
			if got := eval[string](tab, "document.querySelector('h1').textContent"); got != "Ergebnis der Prüfung" {
				t.Errorf("page %q", got)
			}
			if got := eval[string](tab, "document.querySelector('a[download]').protocol"); got != "data:" {
				t.Errorf("the text is at %q", got)
			}
		})
	}
}
