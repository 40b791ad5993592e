package portal

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"

	"klarbeleg/app/account"
	domain "klarbeleg/domain/account"
)

// need is what a page asks of the visitor.
type need int

const (
	// needLogin: a complete login, even if the password must be changed first.
	needLogin need = iota
	// needUser: besides, nothing that must be done first.
	needUser
	// needAdministrator: besides, the role.
	needAdministrator
)

// memberHandler is a page for people who are logged in.
type memberHandler func(w http.ResponseWriter, r *http.Request, by *account.Session) error

// memberRoute is one line of the table of pages behind the login. The test walks
// it with every role (ASVS 8.2.1).
type memberRoute struct {
	method, pattern string
	need            need
	handle          memberHandler
}

func (s *server) memberRoutes() []memberRoute {
	return []memberRoute{
		{"GET", passwordPath, needLogin, s.passwordForm},
		{"POST", passwordPath, needLogin, s.changePassword},
		{"GET", overviewPath, needUser, s.overview},
		{"GET", ownPath, needUser, s.ownAccount},
		{"GET", usersPath, needAdministrator, s.users},
		{"GET", usersPath + "/neu", needAdministrator, s.newUserForm},
		{"POST", usersPath + "/neu", needAdministrator, s.createUser},
		{"GET", usersPath + "/{id}", needAdministrator, s.oneUser},
		{"GET", usersPath + "/{id}/bearbeiten", needAdministrator, s.editUserForm},
		{"POST", usersPath + "/{id}/bearbeiten", needAdministrator, s.editUser},
		{"POST", usersPath + "/{id}/passwort", needAdministrator, s.newPassword},
		{"POST", usersPath + "/{id}/qr", needAdministrator, s.newSecret},
		{"POST", usersPath + "/{id}/sitzungen-beenden", needAdministrator, s.endSessions},
		{"POST", usersPath + "/{id}/sperren", needAdministrator, s.setState(domain.Inactive, "gesperrt")},
		{"POST", usersPath + "/{id}/entsperren", needAdministrator, s.setState(domain.Active, "entsperrt")},
		{"GET", usersPath + "/{id}/loeschen", needAdministrator, s.deleteForm},
		{"POST", usersPath + "/{id}/loeschen", needAdministrator, s.setState(domain.Deleted, "geloescht")},
	}
}

// accountRoutes are the login and the pages behind it.
func (s *server) accountRoutes() []route {
	routes := []route{
		{"GET", loginPath, s.loginForm},
		{"POST", loginPath, s.login},
		{"GET", codePath, s.codeForm},
		{"POST", codePath, s.code},
		{"POST", logoutPath, s.logout},
	}
	for _, m := range s.memberRoutes() {
		routes = append(routes, route{m.method, m.pattern, s.member(m.need, m.handle)})
	}
	return routes
}

// member lets only those through who may see the page. Session, state and role
// are asked for on every request (REG-8, REG-11).
func (s *server) member(n need, h memberHandler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		by, err := s.deps.Accounts.Session(r.Context(), s.token(r))
		var ended *account.EndedError
		switch {
		case errors.As(err, &ended):
			return s.toLogin(w, r, ended.Why)
		case err != nil:
			return fmt.Errorf("read session: %w", err)
		case n != needLogin && by.Duty != domain.NoDuty:
			http.Redirect(w, r, passwordPath, http.StatusSeeOther)
			return nil
		case n == needAdministrator && !by.User.Administrator():
			return account.ErrForbidden
		}
		return h(w, r, by)
	}
}

// toLogin sends to the login, which says why.
func (s *server) toLogin(w http.ResponseWriter, r *http.Request, why domain.Ending) error {
	s.dropToken(w)
	to := loginPath
	if reason := endingReason(why); reason != "" {
		to += "?grund=" + url.QueryEscape(reason)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// cookieName has the prefix that makes browsers insist on TLS, on our host alone
// and on the whole path (ASVS 3.3.1, 3.3.3).
func (s *server) cookieName() string {
	if s.cfg.PlainCookies {
		return "klarbeleg"
	}
	return "__Host-klarbeleg"
}

// setCookie sets our only cookie; without maxAge it lives until the browser is
// closed.
func (s *server) setCookie(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // G124: not Secure only where PlainCookies says so
		Name: s.cookieName(), Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: !s.cfg.PlainCookies, SameSite: http.SameSiteLaxMode,
	})
}

// setToken gives the browser the token of a session.
func (s *server) setToken(w http.ResponseWriter, t account.Token) { s.setCookie(w, string(t), 0) }

func (s *server) dropToken(w http.ResponseWriter) { s.setCookie(w, "", -1) }

func (s *server) token(r *http.Request) account.Token {
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return ""
	}
	return account.Token(c.Value)
}

// network names the visitor's address, or the network of one household for IPv6.
func (s *server) network(r *http.Request) string {
	a := clientAddress(r, s.cfg.TrustedProxies)
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return netip.Addr.String(a)
}

// memberFrame is what the header shows of the one who is logged in.
type memberFrame struct {
	Name, Institution string
}

// memberPage returns the frame of a page behind the login.
func (s *server) memberPage(by *account.Session, title, path string) frame {
	items := []navItem{{Path: overviewPath, Label: overviewTitle}}
	if by.User.Administrator() {
		items = append(items, navItem{Path: usersPath, Label: usersTitle})
	}
	items = append(items, navItem{Path: ownPath, Label: ownTitle}, navItem{Path: "/hilfe", Label: "Hilfe"})
	if by.Duty != domain.NoDuty {
		items = nil // nothing else is possible yet
	}
	for i := range items {
		items[i].Current = items[i].Path == path
	}
	return frame{Title: title, Nav: items, Site: s.cfg, Member: &memberFrame{Name: by.User.Name, Institution: by.Institution.Name}}
}
