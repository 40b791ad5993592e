package portal

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"klarbeleg/app/account"
	domain "klarbeleg/domain/account"
	"klarbeleg/internal/blob"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/testdb"
	"klarbeleg/store"
)

// person is somebody in front of a browser.
type person struct {
	account.Credentials
	password, cookie string
}

// accountBundle is a portal with an institution, its administrator and a user.
type accountBundle struct {
	bundle
	s     *account.Service
	admin *person
	user  *person
}

func accountSetup(t *testing.T, change ...func(*Config)) *accountBundle {
	t.Helper()
	pool := testdb.New(t)
	b := &accountBundle{bundle: bundle{pool: pool, clock: clock.NewFake(time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC))}}
	keys, err := account.ParseKeys([]string{account.NewKey("k")})
	if err != nil {
		t.Fatal(err)
	}
	b.s, err = account.New(store.New(pool), b.clock, account.Settings{
		Rules: domain.DefaultSettings(), Keys: keys, Hash: account.HashParameters{MemoryKiB: 64, Time: 1, Threads: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
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
	registrations := account.NewRegistrations(b.s, blobs)
	if b.server, err = newServer(cfg, Deps{Clock: b.clock, Logger: zap.New(core), Accounts: b.s, Registrations: registrations}); err != nil {
		t.Fatal(err)
	}
	b.handler = b.server.handler(b.server.routes())
	c, err := b.s.Admit(t.Context(), account.Admission{
		Institution: "Praxis am Markt", IKs: []string{"260326822"}, First: account.NewUser{Email: "leitung@markt.example", Name: "Erika Muster"},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.admin = &person{Credentials: c, password: c.Password}
	by := b.start(t, b.admin)
	if c, err = b.s.CreateUser(t.Context(), by, account.NewUser{Email: "max@markt.example", Name: "Max Beispiel", Role: domain.Member}); err != nil {
		t.Fatal(err)
	}
	b.user = &person{Credentials: c, password: c.Password}
	b.start(t, b.user)
	return b
}

// code is what the person's app shows when its clock is off by that much.
func (b *accountBundle) code(t *testing.T, p *person, off time.Duration) string {
	t.Helper()
	secret, err := domain.ParseCodeSecret(p.SecretText)
	if err != nil {
		t.Fatal(err)
	}
	return domain.CurrentCode(secret, b.clock.Now().Add(off))
}

// start logs in and changes the initial password.
func (b *accountBundle) start(t *testing.T, p *person) *account.Session {
	t.Helper()
	s := b.service(t, p)
	fresh := "ein langer Satz für " + p.User.ID.String()[24:]
	if err := b.s.ChangePassword(t.Context(), s, p.password, fresh); err != nil {
		t.Fatal(err)
	}
	p.password = fresh
	return b.service(t, p)
}

// service logs in past the pages; the clock is moved for a new code.
func (b *accountBundle) service(t *testing.T, p *person) *account.Session {
	t.Helper()
	b.clock.Add(30 * time.Second)
	token, err := b.s.Login(t.Context(), p.User.Email, p.password, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if token, err = b.s.Code(t.Context(), token, b.code(t, p, 0), "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	s, err := b.s.Session(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	p.cookie = "__Host-klarbeleg=" + string(token)
	return s
}

// as makes a request with the person's cookie and takes over the answer's.
func (b *accountBundle) as(t *testing.T, p *person, r request) *http.Response {
	t.Helper()
	r.header = http.Header{}
	if p.cookie != "" {
		r.header.Set("Cookie", p.cookie)
	}
	resp := b.do(t, r)
	for _, c := range resp.Cookies() {
		if c.Name != "__Host-klarbeleg" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge > 0 {
			t.Errorf("ASVS 3.3.1 to 3.3.4: cookie %s", resp.Header.Get("Set-Cookie"))
		}
		p.cookie = c.Name + "=" + c.Value
	}
	return resp
}

// page returns the body of a page that must have the status.
func (b *accountBundle) page(t *testing.T, p *person, r request, status int) string {
	t.Helper()
	resp := b.as(t, p, r)
	body := text(t, resp)
	if resp.StatusCode != status {
		t.Fatalf("%s %s: %d, want %d", r.method, r.path, resp.StatusCode, status)
	}
	if resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("ASVS 14.3.2: %s may be cached", r.path)
	}
	checkPage(t, body)
	return body
}

// redirect makes the request, which must lead to the place.
func (b *accountBundle) redirect(t *testing.T, p *person, r request, to string) {
	t.Helper()
	resp := b.as(t, p, r)
	text(t, resp)
	if got := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || got != to {
		t.Fatalf("%s: %d to %q, want %q", r.path, resp.StatusCode, got, to)
	}
}

func loginWith(p *person) request {
	return request{path: loginPath, form: url.Values{"email": {p.User.Email}, "passwort": {p.password}}}
}

func codeWith(code string) request { return request{path: codePath, form: url.Values{"code": {code}}} }

// login goes through both pages.
func (b *accountBundle) login(t *testing.T, p *person) {
	t.Helper()
	b.clock.Add(30 * time.Second)
	b.redirect(t, p, loginWith(p), codePath)
	b.redirect(t, p, codeWith(b.code(t, p, 0)), overviewPath)
}

// REG-5, REG-11, ASVS 6.3.3, 8.2.1: every page behind the login, with every kind of visitor.
func TestMemberRoutes(t *testing.T) {
	t.Parallel()
	b := accountSetup(t)
	waiting := &person{Credentials: b.user.Credentials, password: b.user.password}
	b.redirect(t, waiting, loginWith(b.user), codePath)
	c, err := b.s.CreateUser(t.Context(), b.service(t, b.admin), account.NewUser{Email: "neu@markt.example", Name: "Nele Neu", Role: domain.Administrator})
	if err != nil {
		t.Fatal(err)
	}
	invited := &person{Credentials: c, password: c.Password}
	b.service(t, invited)
	for _, m := range b.server.memberRoutes() {
		path := strings.ReplaceAll(m.pattern, "{id}", b.user.User.ID.String())
		for who, visitor := range map[string]*person{"nobody": {}, "waiting for the code": waiting, "invited": invited, "user": b.user} {
			visitor := *visitor
			r := request{method: m.method, path: path}
			if m.method == http.MethodPost {
				r.form = url.Values{}
			}
			resp := b.as(t, &visitor, r)
			body := text(t, resp)
			to := resp.Header.Get("Location")
			switch {
			case who == "nobody", who == "waiting for the code":
				if resp.StatusCode != http.StatusSeeOther || to != loginPath {
					t.Errorf("%s %s as %s: %d to %q", m.method, m.pattern, who, resp.StatusCode, to)
				}
			case m.need == needLogin:
				if resp.StatusCode >= 500 || to == loginPath {
					t.Errorf("%s %s as %s: %d", m.method, m.pattern, who, resp.StatusCode)
				}
			case who == "invited":
				if resp.StatusCode != http.StatusSeeOther || to != passwordPath {
					t.Errorf("REG-3: %s %s as %s: %d to %q", m.method, m.pattern, who, resp.StatusCode, to)
				}
			case m.need == needAdministrator:
				if resp.StatusCode != http.StatusForbidden || !strings.Contains(body, "Administration Ihrer Einrichtung") {
					t.Errorf("%s %s as %s: %d", m.method, m.pattern, who, resp.StatusCode)
				}
			case resp.StatusCode != http.StatusOK:
				t.Errorf("%s %s as %s: %d", m.method, m.pattern, who, resp.StatusCode)
			}
		}
		if m.method == http.MethodGet {
			b.page(t, b.admin, request{path: path}, http.StatusOK)
			if strings.Contains(m.pattern, "{id}") { // OPS-6, ASVS 8.2.2: what is not there and what is of others looks alike
				b.page(t, b.admin, request{path: strings.ReplaceAll(m.pattern, "{id}", "00000000-0000-0000-0000-000000000001")}, http.StatusNotFound)
				b.page(t, b.admin, request{path: strings.ReplaceAll(m.pattern, "{id}", "x")}, http.StatusNotFound)
			}
		}
	}
}

// ASVS 3.4, 3.5.1: the login's pages have the same headers and refuse foreign sites.
func TestAccountRoutesHeaders(t *testing.T) {
	t.Parallel()
	b := accountSetup(t)
	for _, r := range b.server.accountRoutes() {
		path := strings.ReplaceAll(r.pattern, "{id}", b.user.User.ID.String())
		if r.method == http.MethodPost {
			resp := b.do(t, request{path: path, form: url.Values{}, header: http.Header{"Sec-Fetch-Site": {"cross-site"}, "Cookie": {b.admin.cookie}}})
			if text(t, resp); resp.StatusCode != http.StatusForbidden {
				t.Errorf("%s from a foreign site: %d", path, resp.StatusCode)
			}
			checkSecurityHeaders(t, path, resp.Header)
			continue
		}
		resp := b.do(t, request{path: path, header: http.Header{"Cookie": {b.admin.cookie}}})
		text(t, resp)
		if path != codePath { // takes the useless cookie away
			checkSecurityHeaders(t, path, resp.Header)
		}
	}
}

func TestLoginPages(t *testing.T) {
	t.Parallel()
	t.Run("REG-9, ASVS 7.2.4 both factors, a new cookie each time; logout ends the session at the server", func(t *testing.T) {
		t.Parallel()
		b := accountSetup(t)
		p := b.user
		p.cookie = ""
		b.clock.Add(30 * time.Second)
		b.page(t, p, request{path: loginPath}, http.StatusOK)
		b.redirect(t, p, loginWith(p), codePath)
		first := p.cookie
		b.page(t, p, request{path: codePath}, http.StatusOK)
		b.redirect(t, p, codeWith(b.code(t, p, 0)), overviewPath)
		if p.cookie == first || len(first) < 40 {
			t.Error("the cookie stays the same")
		}
		if body := b.page(t, p, request{path: overviewPath}, http.StatusOK); !strings.Contains(body, "Praxis am Markt") || !strings.Contains(body, "Max Beispiel") || strings.Contains(body, `href="/benutzer"`) {
			t.Error("overview of a user")
		}
		b.redirect(t, p, request{path: loginPath}, overviewPath)
		old := *p
		resp := b.as(t, p, request{path: logoutPath, form: url.Values{}})
		if text(t, resp); resp.Header.Get("Location") != "/anmelden?grund=abgemeldet" || resp.Header.Get("Clear-Site-Data") == "" || p.cookie != "__Host-klarbeleg=" {
			t.Errorf("ASVS 14.3.1: logout to %q, cookie %q", resp.Header.Get("Location"), p.cookie)
		}
		b.redirect(t, &old, request{path: overviewPath}, "/anmelden?grund=abgemeldet")
	})
	t.Run("ASVS 6.3.8 what is wrong is not told, and typed passwords are not shown again", func(t *testing.T) {
		t.Parallel()
		b := accountSetup(t)
		bodies := map[string]bool{}
		mask := regexp.MustCompile(`value="[^"]*"`)
		for _, email := range []string{"max@markt.example", "niemand@markt.example"} {
			r := request{path: loginPath, form: url.Values{"email": {email}, "passwort": {"falsch-und-geheim"}}}
			body := b.page(t, &person{}, r, http.StatusUnprocessableEntity)
			if strings.Contains(body, "falsch-und-geheim") || !strings.Contains(body, email) {
				t.Error("password is shown again, or the name is not")
			}
			bodies[mask.ReplaceAllString(body, "")] = true
		}
		if len(bodies) != 1 {
			t.Error("pages differ")
		}
		b.page(t, &person{}, request{path: loginPath, form: url.Values{}}, http.StatusUnprocessableEntity)
	})
	t.Run("ASVS 2.4.1, 6.3.1 the brake answers 429 with the time to wait", func(t *testing.T) {
		t.Parallel()
		b := accountSetup(t)
		r := request{path: loginPath, form: url.Values{"email": {"max@markt.example"}, "passwort": {"falsch"}}}
		for range 5 {
			b.page(t, &person{}, r, http.StatusUnprocessableEntity)
		}
		resp := b.as(t, &person{}, r)
		if body := text(t, resp); resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "61" || !strings.Contains(body, "eine Minute") {
			t.Errorf("%d after %q", resp.StatusCode, resp.Header.Get("Retry-After"))
		}
	})
	t.Run("REG-10 wrong, used and shifted codes are explained", func(t *testing.T) {
		t.Parallel()
		b := accountSetup(t)
		p := b.user
		b.redirect(t, p, loginWith(p), codePath)
		for code, want := range map[string]string{
			"abc":                         "Der Code stimmt nicht",
			b.code(t, p, 0):               "schon verwendet",
			b.code(t, p, 7*time.Minute):   "geht etwa 7 Minuten vor",
			b.code(t, p, -90*time.Second): "geht etwa 2 Minuten nach",
		} {
			if body := b.page(t, p, codeWith(code), http.StatusUnprocessableEntity); !strings.Contains(body, want) {
				t.Errorf("page lacks %q", want)
			}
		}
		spaced := b.code(t, p, 30*time.Second)
		b.redirect(t, p, codeWith(spaced[:3]+" "+spaced[3:]), overviewPath)
	})
	t.Run("SES-1 half an hour later the login says why it is needed", func(t *testing.T) {
		t.Parallel()
		b := accountSetup(t)
		b.login(t, b.user)
		b.clock.Add(30 * time.Minute)
		b.redirect(t, b.user, request{path: overviewPath}, "/anmelden?grund=zeit")
		if body := b.page(t, b.user, request{path: "/anmelden?grund=zeit"}, http.StatusOK); !strings.Contains(body, "Nach 30 Minuten ohne Aktivität") {
			t.Error("no reason")
		}
	})
	t.Run("REG-3, SES-2 the password must be changed before anything else", func(t *testing.T) {
		t.Parallel()
		b := accountSetup(t)
		b.clock.Set(time.Date(2027, 2, 23, 9, 0, 0, 0, time.UTC))
		p := b.user
		b.login(t, p)
		b.redirect(t, p, request{path: overviewPath}, passwordPath)
		if body := b.page(t, p, request{path: passwordPath}, http.StatusOK); !strings.Contains(body, "90 Tage") || strings.Contains(body, `href="/uebersicht"`) {
			t.Error("page of the old password")
		}
		change := func(current, fresh, again string) request {
			return request{path: passwordPath, form: url.Values{"aktuell": {current}, "neu": {fresh}, "wiederholung": {again}}}
		}
		for want, r := range map[string]request{
			"mindestens 12 Zeichen":          change(p.password, "kurz", "kurz"),
			"aktuelle Passwort stimmt nicht": change("falsch", "ein ganz neuer Satz", "ein ganz neuer Satz"),
			"Wiederholung stimmt nicht":      change(p.password, "ein ganz neuer Satz", "ein ganz neuer Satz."),
			"schon einmal benutzt":           change(p.password, p.password, p.password),
		} {
			if body := b.page(t, p, r, http.StatusUnprocessableEntity); !strings.Contains(body, want) || strings.Contains(body, "ganz neuer") {
				t.Errorf("page lacks %q, or shows a password", want)
			}
		}
		b.redirect(t, p, change(p.password, "ein ganz neuer Satz", "ein ganz neuer Satz"), overviewPath)
		b.page(t, p, request{path: overviewPath}, http.StatusOK)
	})
}

func TestUserPages(t *testing.T) {
	t.Parallel()
	secretText := regexp.MustCompile(`<p class="lep-secret" translate="no">([^<]+)</p>`)
	t.Run("REG-5, REG-6 a user made on the page logs in with what it shows, once", func(t *testing.T) {
		t.Parallel()
		b := accountSetup(t)
		form := url.Values{
			"name": {"Nele Neu"}, "email": {"nele@markt.example"}, "rolle": {"user"},
			"passwort": {"gewählt und gemerkt"}, "state": {"active"}, // ASVS 6.4.6, 15.3.3: nobody asked for these
		}
		body := b.page(t, b.admin, request{path: "/benutzer/neu", form: form}, http.StatusOK)
		shown := secretText.FindAllStringSubmatch(body, -1)
		if len(shown) != 2 || strings.Contains(body, "gewählt und") || !strings.Contains(body, "<svg viewBox") {
			t.Fatalf("%d secrets shown", len(shown))
		}
		p := &person{password: shown[0][1]}
		p.User.Email, p.SecretText = "nele@markt.example", shown[1][1]
		b.login(t, p)
		b.redirect(t, p, request{path: overviewPath}, passwordPath)
		list := b.page(t, b.admin, request{path: "/benutzer"}, http.StatusOK)
		if strings.Contains(list, shown[0][1]) || !strings.Contains(list, "Eingeladen") || !strings.Contains(list, "3 Benutzer") {
			t.Error("list of users")
		}
		if body := b.page(t, b.admin, request{path: "/benutzer/neu", form: form}, http.StatusUnprocessableEntity); !strings.Contains(body, "schon für einen Zugang verwendet") {
			t.Error("same address again")
		}
		if body := b.page(t, b.admin, request{path: "/benutzer/neu", form: url.Values{"email": {"x"}}}, http.StatusUnprocessableEntity); !strings.Contains(body, "gültige E-Mail-Adresse") {
			t.Error("bad address")
		}
	})
	t.Run("REG-11 a deactivated user is out with the next click", func(t *testing.T) {
		t.Parallel()
		b := accountSetup(t)
		path := userPath(b.user.User.ID)
		b.login(t, b.user)
		b.page(t, b.user, request{path: overviewPath}, http.StatusOK)
		old := *b.user
		b.redirect(t, b.admin, request{path: path + "/sperren", form: url.Values{}}, path+"?ok=gesperrt")
		b.redirect(t, b.user, request{path: overviewPath}, "/anmelden?grund=beendet")
		b.page(t, b.user, loginWith(b.user), http.StatusUnprocessableEntity)
		b.page(t, b.admin, request{path: path + "?ok=gesperrt"}, http.StatusOK)
		b.redirect(t, b.admin, request{path: path + "/entsperren", form: url.Values{}}, path+"?ok=entsperrt")
		b.redirect(t, &old, request{path: overviewPath}, "/anmelden?grund=beendet")
		b.login(t, b.user)
	})
	t.Run("REG-7, REG-8 new password, new QR code, end of sessions, edit, delete", func(t *testing.T) {
		t.Parallel()
		b := accountSetup(t)
		path := userPath(b.user.User.ID)
		b.login(t, b.user)
		b.redirect(t, b.admin, request{path: path + "/sitzungen-beenden", form: url.Values{}}, path+"?ok=beendet")
		b.redirect(t, b.user, request{path: overviewPath}, "/anmelden?grund=beendet")
		body := b.page(t, b.admin, request{path: path + "/passwort", form: url.Values{}}, http.StatusOK)
		b.user.password = secretText.FindStringSubmatch(body)[1]
		body = b.page(t, b.admin, request{path: path + "/qr", form: url.Values{}}, http.StatusOK)
		b.user.SecretText = secretText.FindStringSubmatch(body)[1]
		b.login(t, b.user)
		edit := url.Values{"name": {`<script>alert("x")</script>`}, "email": {"max.b@markt.example"}, "rolle": {"administrator"}}
		b.redirect(t, b.admin, request{path: path + "/bearbeiten", form: edit}, path+"?ok=geaendert")
		if body := b.page(t, b.admin, request{path: path}, http.StatusOK); strings.Contains(body, "<script>alert") || !strings.Contains(body, "max.b@markt.example") {
			t.Error("ASVS 1.2.1: not escaped, or not changed")
		}
		b.page(t, b.admin, request{path: path + "/loeschen"}, http.StatusOK)
		b.redirect(t, b.admin, request{path: path + "/loeschen", form: url.Values{}}, "/benutzer?ok=geloescht")
		b.page(t, b.admin, request{path: path}, http.StatusNotFound)
		b.redirect(t, b.user, request{path: overviewPath}, "/anmelden?grund=beendet")
		b.page(t, b.admin, request{path: "/benutzer?ok=geloescht"}, http.StatusOK)
	})
	t.Run("REG-5 the own access is refused with the reason", func(t *testing.T) {
		t.Parallel()
		b := accountSetup(t)
		path := userPath(b.admin.User.ID)
		for _, action := range []string{"/sperren", "/loeschen", "/passwort", "/qr"} {
			if body := b.page(t, b.admin, request{path: path + action, form: url.Values{}}, http.StatusConflict); !strings.Contains(body, "eigenen Zugang") {
				t.Errorf("%s: no reason", action)
			}
		}
		form := url.Values{"name": {"Erika Muster"}, "email": {"leitung@markt.example"}, "rolle": {"user"}}
		if body := b.page(t, b.admin, request{path: path + "/bearbeiten", form: form}, http.StatusUnprocessableEntity); !strings.Contains(body, "eigenen Zugang") {
			t.Error("own role: no reason")
		}
	})
}

// OPS-4, ASVS 16.2.5: nothing of accounts reaches the log.
func TestNothingOfAccountsIsLogged(t *testing.T) {
	t.Parallel()
	b := accountSetup(t)
	b.user.cookie = ""
	b.login(t, b.user)
	cookie := strings.TrimPrefix(b.user.cookie, "__Host-klarbeleg=")
	b.page(t, &person{}, request{path: loginPath, form: url.Values{"email": {"max@markt.example"}, "passwort": {"falsch und geheim"}}}, http.StatusUnprocessableEntity)
	b.page(t, b.admin, request{path: userPath(b.user.User.ID) + "/passwort", form: url.Values{}}, http.StatusOK)
	b.pool.Close()
	b.page(t, &person{cookie: b.user.cookie}, request{path: overviewPath}, http.StatusInternalServerError)
	b.page(t, &person{}, loginWith(b.user), http.StatusInternalServerError)
	if len(b.logs.All()) == 0 {
		t.Fatal("nothing is logged at all")
	}
	for _, e := range b.logs.All() {
		line := logLine(e)
		for name, secret := range map[string]string{
			"address": "max@markt", "name": "Beispiel", "password": b.user.password, "tried password": "geheim", "token": cookie, "code": b.code(t, b.user, 0),
		} {
			if strings.Contains(line, secret) {
				t.Errorf("%s in the log: %s", name, fmt.Sprint(e.Message))
			}
		}
	}
}
