package mailsink_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"go.uber.org/zap/zaptest"

	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/mail"
	"klarbeleg/internal/mailsink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testNow = time.Date(2026, 11, 25, 6, 30, 0, 0, time.UTC)

type bundle struct {
	dir   string
	clock *clock.Fake
	sink  *mailsink.Sink
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{dir: t.TempDir(), clock: clock.NewFake(testNow)}
	b.start(t)
	return b
}

// start runs a sink on the folder of b until the test ends.
func (b *bundle) start(t *testing.T) {
	t.Helper()
	ctx := logging.Into(t.Context(), zaptest.NewLogger(t))
	sink, err := mailsink.Start(ctx, mailsink.Config{Addr: "127.0.0.1:0", Dir: b.dir, Clock: b.clock})
	if err != nil {
		t.Fatalf("start sink: %v", err)
	}
	b.sink = sink
	t.Cleanup(func() { b.stop(t) })
}

func (b *bundle) stop(t *testing.T) {
	t.Helper()
	if b.sink == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := b.sink.Close(ctx); err != nil {
		t.Errorf("close sink: %v", err)
	}
	b.sink = nil
}

func (b *bundle) send(t *testing.T, m mail.Message) {
	t.Helper()
	sender, err := mail.NewSMTP(mail.Config{
		Addr: b.sink.Addr(), TLS: mail.TLSNone,
		From: "Prüfstelle Süd <no-reply@klarbeleg.example>",
	}, b.clock)
	if err != nil {
		t.Fatalf("new sender: %v", err)
	}
	if err := sender.Send(t.Context(), m); err != nil {
		t.Fatalf("send: %v", err)
	}
}

func (b *bundle) messages(t *testing.T) []mailsink.Stored {
	t.Helper()
	got, err := b.sink.Messages(t.Context())
	if err != nil {
		t.Fatalf("messages: %v", err)
	}
	return got
}

func (b *bundle) get(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	b.sink.Handler(time.FixedZone("CET", 3600)).ServeHTTP(w, r)
	return w
}

// OPS-1, JOB-1: what package mail sends arrives whole, umlauts, long lines,
// leading dots and all.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	long := "Überfällige Berichtigungen: 12 Vorgänge, die früheste Frist läuft am 24.12.2026 ab – bitte im Portal prüfen"
	cases := map[string]mail.Message{
		"plain":        {ID: "a.1", To: "praxis@example.org", Subject: "Hinweis", Text: "Guten Tag.\n"},
		"umlauts":      {ID: "a.2", To: "praxis@example.org", Subject: "Größe", Text: "Äpfel, Öl, Übung, Straße, 12,50 €\n"},
		"long subject": {ID: "a.3", To: "praxis@example.org", Subject: long, Text: long + "\n"},
		"dots":         {ID: "a.4", To: "praxis@example.org", Subject: "Punkte", Text: ".\n..\n.x\n\nEnde = 100 %\n"},
		"long line":    {ID: "a.5", To: "praxis@example.org", Subject: "Zeile", Text: strings.Repeat("Wort für Wort ", 300) + "\n"},
		"alternative":  {ID: "a.6", To: "praxis@example.org", Subject: "Beides", Text: "Grüße\n", HTML: "<p>Gr&uuml;&szlig;e</p>"},
	}
	for name, m := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.send(t, m)
			want := []mailsink.Stored{{
				ID:        "000000000001-20261125T063000Z",
				Received:  testNow,
				MessageID: m.ID + "@klarbeleg.example",
				From:      "Prüfstelle Süd <no-reply@klarbeleg.example>",
				To:        m.To,
				Subject:   m.Subject,
				Text:      m.Text,
			}}
			if diff := cmp.Diff(want, b.messages(t)); diff != "" {
				t.Errorf("stored mail differs (-want +got):\n%s", diff)
			}
		})
	}
}

// OPS-1: a second start continues where the first stopped.
func TestRestartKeepsMails(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.send(t, mail.Message{ID: "1", To: "a@example.org", Subject: "Erste", Text: "x"})
	b.send(t, mail.Message{ID: "2", To: "a@example.org", Subject: "Zweite", Text: "x"})
	b.stop(t)
	// Left over by a process that died while it wrote.
	if err := os.WriteFile(filepath.Join(b.dir, ".incoming-1"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	// The order must not depend on the clock.
	b.clock.Add(-time.Hour)
	b.start(t)
	b.send(t, mail.Message{ID: "3", To: "a@example.org", Subject: "Dritte", Text: "x"})
	var subjects []string
	for _, m := range b.messages(t) {
		subjects = append(subjects, m.Subject)
	}
	if diff := cmp.Diff([]string{"Dritte", "Zweite", "Erste"}, subjects); diff != "" {
		t.Errorf("mails after restart (-want +got):\n%s", diff)
	}
}

func TestStartRefusesForeignAddress(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", ":0", "example.org:0", "127.0.0.1"} {
		t.Run(addr, func(t *testing.T) {
			t.Parallel()
			ctx := logging.Into(t.Context(), zaptest.NewLogger(t))
			sink, err := mailsink.Start(ctx, mailsink.Config{Addr: addr, Dir: t.TempDir(), Clock: clock.NewFake(testNow)})
			if err == nil {
				_ = sink.Close(ctx)
				t.Error("accepted")
			}
		})
	}
}

func TestRefusesUnreadableMail(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"no headers":       "no header here\r\n",
		"unknown charset":  "Subject: =?x-unknown?q?a?=\r\n\r\ntext\r\n",
		"no text part":     "Content-Type: text/html\r\n\r\n<p>x</p>\r\n",
		"broken parts":     "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\nx\r\n--b--\r\n",
		"unknown encoding": "Content-Transfer-Encoding: x-own\r\n\r\ntext\r\n",
	}
	for name, raw := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			err := smtp.SendMail(b.sink.Addr(), nil, "a@example.org", []string{"b@example.org"}, []byte(raw))
			if err == nil {
				t.Error("accepted")
			}
			if got := b.messages(t); len(got) != 0 {
				t.Errorf("stored %d mails, want none", len(got))
			}
		})
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	t.Run("says that nothing was sent", func(t *testing.T) {
		t.Parallel()
		wantPage(t, setup(t).get(t, "/"), http.StatusOK, "<h1>Ausgegangene E-Mails</h1>", "Bisher ist keine E-Mail ausgegangen.", `<html lang="de">`)
	})
	t.Run("lists and shows, with texts escaped", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.send(t, mail.Message{ID: "1", To: "a@example.org", Subject: "<script>alert(1)</script> Größe", Text: "Zeile 1\n<img src=x>\n"})
		id := b.messages(t)[0].ID
		wantPage(t, b.get(t, "/"), http.StatusOK, `<a href="`+id+`">&lt;script&gt;alert(1)&lt;/script&gt; Größe</a>`, "25.11.2026, 07:30:00 Uhr", `<th scope="col">Betreff</th>`)
		wantPage(t, b.get(t, "/"+id), http.StatusOK, "Zeile 1\n&lt;img src=x&gt;\n", "a@example.org", `<a href="./">`)
	})
	t.Run("names how many are shown of how many", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		raw := []byte("From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n\r\ntext\r\n")
		b.stop(t)
		for _, name := range numbered(201) {
			if err := os.WriteFile(filepath.Join(b.dir, name), raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		b.start(t)
		wantPage(t, b.get(t, "/"), http.StatusOK, "die neuesten 200 von 201 E-Mails")
	})
	for name, path := range map[string]string{
		"unknown mail":    "/000000000009-20261125T063000Z",
		"outside folder":  "/..%2F..%2Fetc%2Fpasswd",
		"temporary file":  "/.incoming-1",
		"empty extension": "/%2Eeml",
	} {
		t.Run(name+" is not found", func(t *testing.T) {
			t.Parallel()
			wantPage(t, setup(t).get(t, path), http.StatusNotFound, "Diese E-Mail gibt es nicht.")
		})
	}
	t.Run("style sheet", func(t *testing.T) {
		t.Parallel()
		w := setup(t).get(t, "/style.css")
		if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || got != "text/css; charset=utf-8" {
			t.Errorf("status %d, content type %q", w.Code, got)
		}
	})
	t.Run("damaged file is reported, its content kept off the page", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		if err := os.WriteFile(filepath.Join(b.dir, numbered(1)[0]), []byte("damaged secret"), 0o600); err != nil {
			t.Fatal(err)
		}
		w := b.get(t, "/")
		wantPage(t, w, http.StatusInternalServerError, "konnten nicht gelesen werden")
		if strings.Contains(w.Body.String(), "secret") {
			t.Error("page shows the content of the damaged file")
		}
	})
}

// numbered returns n names of mail files.
func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%012d-20261125T063000Z.eml", i+1)
	}
	return names
}

func wantPage(t *testing.T, w *httptest.ResponseRecorder, status int, parts ...string) {
	t.Helper()
	body := w.Body.String()
	if w.Code != status {
		t.Errorf("status %d, want %d", w.Code, status)
	}
	for _, part := range parts {
		if !strings.Contains(body, part) {
			t.Errorf("page lacks %q:\n%s", part, body)
		}
	}
	want := map[string]string{
		"Content-Type":           "text/html; charset=utf-8",
		"X-Content-Type-Options": "nosniff",
		"X-Frame-Options":        "DENY",
		"Referrer-Policy":        "no-referrer",
		"Cache-Control":          "no-store",
	}
	for name, value := range want {
		if got := w.Header().Get(name); got != value {
			t.Errorf("header %s is %q, want %q", name, got, value)
		}
	}
	if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") {
		t.Errorf("content security policy %q", csp)
	}
}
