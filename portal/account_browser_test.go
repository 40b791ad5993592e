package portal

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	domain "klarbeleg/domain/account"
)

// accountTab is a tab on a portal with accounts.
type accountTab struct {
	*tab
	b    *accountBundle
	base string
}

func newAccountTab(t *testing.T, scripts bool) *accountTab {
	t.Helper()
	b := accountSetup(t, func(c *Config) { c.PlainCookies = true }) // the test server has no TLS
	web := httptest.NewServer(b.handler)
	t.Cleanup(web.Close)
	a := &accountTab{newTab(t, browser(t)), b, web.URL}
	if !scripts {
		_, err := chromedp.Call(a.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		if err != nil {
			t.Fatal(err)
		}
	}
	a.do(chromedp.EmulateViewport(1366, 900))
	return a
}

// open goes to a page of the portal.
func (a *accountTab) open(path string) { a.t.Helper(); a.do(chromedp.Navigate(a.base + path)) }

// press clicks the button, which loads a page.
func (a *accountTab) press(selector string) {
	a.t.Helper()
	a.do(chromedp.EmulateViewport(1366, 900))
	ctx, cancel := context.WithTimeout(a.ctx, stepTimeout)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(selector)); err != nil {
		a.t.Fatal(err)
	}
}

// button is the button of the form that posts to the path.
func button(path string) string { return fmt.Sprintf(`form[action="%s"] button`, path) }

// typeIn fills a field.
func (a *accountTab) typeIn(id, value string) {
	a.t.Helper()
	a.do(chromedp.Clear("input#"+id), chromedp.SendKeys("input#"+id, value))
}

func (a *accountTab) wantHeading(want string) {
	a.t.Helper()
	if got := strings.ReplaceAll(eval[string](a.tab, "document.querySelector('h1').textContent"), "\u00ad", ""); got != want {
		a.t.Fatalf("page %q, want %q", got, want)
	}
}

func (a *accountTab) wantText(want string) {
	a.t.Helper()
	if !strings.Contains(eval[string](a.tab, "document.body.textContent"), want) {
		a.t.Errorf("page lacks %q", want)
	}
}

// password goes through the first page of the login.
func (a *accountTab) password(p *person) {
	a.t.Helper()
	a.open(loginPath)
	a.typeIn("email", p.User.Email)
	a.typeIn("passwort", p.password)
	a.press(button(loginPath))
}

func (a *accountTab) code(code string) {
	a.t.Helper()
	a.typeIn("code", code)
	a.press(button(codePath))
}

// logIn goes through both pages with a new code.
func (a *accountTab) logIn(p *person) {
	a.t.Helper()
	a.b.clock.Add(30 * time.Second)
	a.password(p)
	a.code(a.b.code(a.t, p, 0))
}

// REG-9, REG-10, REG-11: the login with a computed code, a wrong one, one used
// before, one of a wrong clock; and the end of the access.
func TestBrowserLogin(t *testing.T) {
	t.Parallel()
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("JavaScript %v", scripts), func(t *testing.T) {
			t.Parallel()
			a := newAccountTab(t, scripts)
			p := a.b.user
			check := func(name string) {
				if scripts { // axe is a script
					a.check(name)
				}
			}
			a.open(registerPath)
			check("registrieren")
			a.press(button(registerPath))
			a.wantText("Bitte prüfen Sie 7 Angaben")
			check("registrieren-fehler")
			a.open(loginPath)
			check("anmelden")
			a.password(&person{Credentials: p.Credentials, password: "falsch falsch"})
			a.wantText("Benutzername oder Passwort stimmt nicht")
			check("anmelden-fehler")
			a.password(p)
			a.wantHeading("Sicherheitscode eingeben")
			check("code")
			a.code("123")
			a.wantText("Der Code stimmt nicht")
			check("code-fehler")
			a.code(a.b.code(t, p, 0))
			a.wantText("schon verwendet")
			a.code(a.b.code(t, p, -5*time.Minute))
			a.wantText("geht etwa 5 Minuten nach")
			check("code-uhr")
			a.b.clock.Add(30 * time.Second)
			a.code(a.b.code(t, p, 0))
			a.wantHeading("Praxis am Markt")
			check("uebersicht-benutzer")
			a.open(usersPath)
			a.wantHeading("Kein Zugriff")
			check("fehler-403")
			a.open(ownPath)
			check("konto")
			if err := a.b.s.SetState(t.Context(), a.b.service(t, a.b.admin), p.User.ID, domain.Inactive); err != nil {
				t.Fatal(err)
			}
			a.open(overviewPath)
			a.wantHeading("Anmelden")
			a.wantText("Ihre Anmeldung wurde beendet")
			check("anmelden-beendet")
		})
	}
}

// REG-3, REG-5, REG-6: an administrator makes a user, who logs in with what was
// shown and chooses a password.
func TestBrowserAdministration(t *testing.T) {
	t.Parallel()
	a := newAccountTab(t, true)
	a.logIn(a.b.admin)
	a.wantHeading("Praxis am Markt")
	a.check("uebersicht")
	a.do(chromedp.EmulateViewport(1366, 900), chromedp.Click(`.lep-nav__wide a[href="/benutzer"]`), chromedp.WaitVisible("table"))
	a.check("benutzer")
	a.open(usersPath + "/neu")
	a.check("benutzer-neu")
	a.press(button(usersPath + "/neu"))
	a.check("benutzer-neu-fehler")
	a.typeIn("name", "Nele Neu")
	a.typeIn("email", "nele@markt.example")
	a.press(button(usersPath + "/neu"))
	a.wantHeading("Zugangsdaten")
	a.check("zugangsdaten")
	shown := eval[[]string](a.tab, "[...document.querySelectorAll('.lep-secret')].map(e => e.textContent)")
	if len(shown) != 2 {
		t.Fatalf("%d secrets shown", len(shown))
	}
	nele := &person{password: shown[0]}
	nele.User.Email, nele.SecretText = "nele@markt.example", shown[1]
	a.open(userPath(a.b.user.User.ID))
	a.check("benutzer-einzeln")
	a.open(userPath(a.b.user.User.ID) + "/loeschen")
	a.check("benutzer-loeschen")
	a.open(userPath(a.b.admin.User.ID))
	a.check("benutzer-selbst")
	a.press(button(logoutPath))
	a.wantText("Sie sind abgemeldet")

	a.logIn(nele)
	a.wantHeading("Passwort ändern")
	a.check("passwort")
	a.typeIn("aktuell", nele.password)
	a.typeIn("neu", "kurz")
	a.typeIn("wiederholung", "kurz")
	a.press(button(passwordPath))
	a.wantText("mindestens 12 Zeichen")
	a.check("passwort-fehler")
	a.typeIn("aktuell", nele.password)
	a.typeIn("neu", "ein ganz neuer Satz")
	a.do(chromedp.SendKeys("input#wiederholung", "ein ganz neuer Satz"+kb.Enter), chromedp.WaitVisible(".lep-figures"))
	a.wantHeading("Praxis am Markt")
}
