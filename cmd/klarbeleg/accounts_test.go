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
