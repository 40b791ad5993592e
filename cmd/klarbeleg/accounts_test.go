package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"klarbeleg/app/account"
)

// logInDemo logs in as the demonstration's hint says.
func logInDemo(t *testing.T, portal, dir, code string) {
	t.Helper()
	access, err := readAccess(dir)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	post := func(path string, form url.Values) string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, portal+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	if page := post("/anmelden", url.Values{"email": {access.Email}, "passwort": {access.Password}}); !strings.Contains(page, "Schritt 2 von 2") {
		t.Fatal("the password does not lead to the code")
	}
	if page := post("/anmelden/code", url.Values{"code": {code}}); !strings.Contains(page, "4 offene Berichtigungen") {
		t.Error("the code does not lead to the overview with four corrections")
	}
}

// What cannot be used as configuration of accounts stops the start.
func TestAccountConfiguration(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]map[string]string{
		"no key":       {},
		"bad key":      {"ACCOUNT_KEYS": "k:AAAA"},
		"idle":         {"ACCOUNT_KEYS": account.NewKey("k"), "ACCOUNT_IDLE": "1s"},
		"absolute":     {"ACCOUNT_KEYS": account.NewKey("k"), "ACCOUNT_ABSOLUTE": "1m"},
		"password age": {"ACCOUNT_KEYS": account.NewKey("k"), "ACCOUNT_PASSWORD_DAYS": "-1"},
	} {
		p := &program{surroundings: surroundings{environ: func() map[string]string {
			out := map[string]string{}
			for k, v := range env {
				out[envPrefix+k] = v
			}
			return out
		}}}
		c, err := p.loadConfig()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := newAccounts(p, &resources{config: c}); err == nil || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir := t.TempDir()
	var first, second accountConfig
	for _, c := range []*accountConfig{&first, &second} {
		if err := useLocalAccountKey(dir, c); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(filepath.Join(dir, accountKeyFile))
	if err != nil || info.Mode().Perm() != 0o600 || first.Keys[0] != second.Keys[0] {
		t.Errorf("local key: %v, %v", info, err)
	}
}

// registerAtThePrompt enters a registration and approves it with two operators.
func registerAtThePrompt(t *testing.T, i *instance) {
	t.Helper()
	dir := t.TempDir()
	proof := filepath.Join(dir, "nachweis.pdf")
	if err := os.WriteFile(proof, []byte("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	id := strings.TrimSpace(i.command(exitOK, "registrations", "add", "--name", "Praxis am See", "--street", "Uferweg 1", "--city", "04109 Leipzig",
		"--contact", "Anna See", "--email", "see@see.example", "--proof", "888800015="+proof))
	if out := i.command(exitOK, "registrations", "list"); !strings.Contains(out, id) || !strings.Contains(out, "submitted") {
		t.Errorf("list:\n%s", out)
	}
	i.command(exitOK, "registrations", "document", id, "888800015", "--out", filepath.Join(dir, "kopie.pdf"))
	i.command(exitOK, "registrations", "approve", id, "888800015", "--operator", "anna", "--out", dir)
	i.command(exitUsage, "registrations", "approve", id, "888800015", "--operator", "anna", "--out", dir)
	i.command(exitUsage, "registrations", "refuse", id, "888800015", "--operator", "bernd")
	if out := i.command(exitOK, "registrations", "approve", id, "888800015", "--operator", "bernd", "--out", dir); !strings.Contains(out, "approved") {
		t.Errorf("second approval: %s", out)
	}
	for _, name := range []string{"1-zugangsdaten", "2-qr-code"} {
		pdf, err := os.ReadFile(filepath.Join(dir, id+"-"+name+".pdf"))
		if err != nil || !strings.HasPrefix(string(pdf), "%PDF-") {
			t.Errorf("letter %s: %v", name, err)
		}
		if keep := os.Getenv("KLARBELEG_TEST_LETTERS"); keep != "" {
			if err := os.WriteFile(filepath.Join(keep, name+".pdf"), pdf, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
