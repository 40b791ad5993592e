package portal

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"klarbeleg/app/account"
	domain "klarbeleg/domain/account"
)

const (
	loginPath  = "/anmelden"
	codePath   = "/anmelden/code"
	logoutPath = "/abmelden"
	loginTitle = "Anmelden"
)

// Reasons in the address of the login, for what it says above the form.
const (
	reasonIdle     = "zeit"
	reasonAbsolute = "dauer"
	reasonCode     = "code"
	reasonLogout   = "abgemeldet"
	reasonEnded    = "beendet"
)

func endingReason(e domain.Ending) string {
	switch e {
	case domain.EndedIdle:
		return reasonIdle
	case domain.EndedAbsolute:
		return reasonAbsolute
	case domain.EndedCode:
		return reasonCode
	case domain.EndedLogout:
		return reasonLogout
	case domain.EndedBy, domain.EndedAccess, domain.EndedSecrets:
		return reasonEnded
	default:
		return ""
	}
}

// notice is a message above a form.
type notice struct {
	Kind, Title, Text string
}

// loginNotice returns what the login says about the end of a session; nil for
// anything else in the address.
func (s *server) loginNotice(reason string) *notice {
	switch reason {
	case reasonIdle:
		return &notice{"info", "Sie wurden abgemeldet", fmt.Sprintf("Nach %d Minuten ohne Aktivität endet die Anmeldung zum Schutz Ihrer Daten. Bitte melden Sie sich erneut an.",
			int(s.deps.Accounts.Rules().Idle.Minutes()))}
	case reasonAbsolute:
		return &notice{"info", "Sie wurden abgemeldet", "Die längste Dauer einer Anmeldung ist erreicht. Bitte melden Sie sich erneut an."}
	case reasonCode:
		return &notice{"warning", "Bitte beginnen Sie neu", "Der Sicherheitscode wurde nicht rechtzeitig oder zu oft falsch eingegeben."}
	case reasonLogout:
		return &notice{"success", "Sie sind abgemeldet", "Schließen Sie an gemeinsam genutzten Geräten auch den Browser."}
	case reasonEnded:
		return &notice{"info", "Ihre Anmeldung wurde beendet", "Das geschieht, wenn Zugangsdaten neu vergeben werden oder die Administration Ihrer Einrichtung die Anmeldung beendet."}
	default:
		return nil
	}
}

// loginPage asks for the first factor.
type loginPage struct {
	frame
	Email  string
	Notice *notice
	Errors []fieldError
	// Register is true where institutions can register.
	Register bool
}

func (s *server) newLoginPage() loginPage {
	return loginPage{frame: s.frame(loginTitle, loginPath), Register: s.deps.Registrations != nil}
}

func (s *server) loginForm(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.deps.Accounts.Session(r.Context(), s.token(r)); err == nil {
		http.Redirect(w, r, overviewPath, http.StatusSeeOther)
		return nil
	}
	page := s.newLoginPage()
	page.Notice = s.loginNotice(r.URL.Query().Get("grund"))
	return s.pages.write(w, http.StatusOK, "login", page)
}

// login checks address and password: 303 to the code, or 422 with one text for
// everything that is wrong (ASVS 6.3.8).
func (s *server) login(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	page := s.newLoginPage()
	page.Email = typedLong(r, "email")
	password := r.PostForm.Get("passwort")
	if page.Email == "" || password == "" {
		page.Errors = []fieldError{{"email", "Geben Sie Benutzername und Passwort ein."}}
		page.Faulty = true
		return s.pages.write(w, http.StatusUnprocessableEntity, "login", page)
	}
	token, err := s.deps.Accounts.Login(r.Context(), page.Email, password, s.network(r))
	var wait *account.WaitError
	status := http.StatusUnprocessableEntity
	switch {
	case err == nil:
		s.setToken(w, token)
		http.Redirect(w, r, codePath, http.StatusSeeOther)
		return nil
	case errors.As(err, &wait):
		status = http.StatusTooManyRequests
		page.Errors = []fieldError{{"email", s.waitText(w, wait)}}
	case errors.Is(err, account.ErrCredentials):
		page.Errors = []fieldError{{"email", "Benutzername oder Passwort stimmt nicht, oder der Zugang ist nicht freigeschaltet."}}
	case errors.Is(err, account.ErrInitialExpired):
		page.Errors = []fieldError{{"email", "Ihr Startpasswort ist abgelaufen. Ihre Administration kann ein neues erzeugen; die erste Administration einer Einrichtung wendet sich bitte an uns."}}
	default:
		return fmt.Errorf("log in: %w", err)
	}
	page.Faulty = true
	return s.pages.write(w, status, "login", page)
}

// waitText says how long to wait, in the page and in the header.
func (s *server) waitText(w http.ResponseWriter, e *account.WaitError) string {
	left := e.Until.Sub(s.deps.Clock.Now())
	w.Header().Set("Retry-After", fmt.Sprint(int(left.Seconds())+1))
	minutes := int((left + time.Minute - 1) / time.Minute)
	switch {
	case minutes <= 1:
		return "Zu viele fehlgeschlagene Versuche. Bitte warten Sie eine Minute."
	case minutes < 120:
		return fmt.Sprintf("Zu viele fehlgeschlagene Versuche. Bitte warten Sie %d Minuten.", minutes)
	default:
		return fmt.Sprintf("Zu viele fehlgeschlagene Versuche. Bitte warten Sie %d Stunden.", (minutes+59)/60)
	}
}

// codePage asks for the second factor.
type codePage struct {
	frame
	Errors []fieldError
	// Clock is true where the clocks differ (REG-10).
	Clock bool
}

func (s *server) newCodePage() codePage {
	return codePage{frame: s.frame("Sicherheitscode eingeben", loginPath)}
}

func (s *server) codeForm(w http.ResponseWriter, r *http.Request) error {
	err := s.deps.Accounts.Waiting(r.Context(), s.token(r))
	var ended *account.EndedError
	if errors.As(err, &ended) {
		return s.toLogin(w, r, ended.Why)
	}
	if err != nil {
		return fmt.Errorf("read session: %w", err)
	}
	return s.pages.write(w, http.StatusOK, "login_code", s.newCodePage())
}

func (s *server) code(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	token, err := s.deps.Accounts.Code(r.Context(), s.token(r), digits(typed(r, "code")), s.network(r))
	page := s.newCodePage()
	var ended *account.EndedError
	var clock *account.ClockError
	switch {
	case err == nil:
		s.setToken(w, token)
		http.Redirect(w, r, overviewPath, http.StatusSeeOther)
		return nil
	case errors.As(err, &ended):
		return s.toLogin(w, r, ended.Why)
	case errors.As(err, &clock):
		page.Clock = true
		page.Errors = []fieldError{{"code", clockText(clock.Ahead)}}
	case errors.Is(err, account.ErrCodeUsed):
		page.Errors = []fieldError{{"code", "Dieser Code wurde schon verwendet. Warten Sie, bis Ihre App den nächsten zeigt."}}
	case errors.Is(err, account.ErrCode):
		page.Errors = []fieldError{{"code", "Der Code stimmt nicht. Geben Sie die sechs Ziffern ein, die Ihre App jetzt zeigt."}}
	default:
		return fmt.Errorf("check code: %w", err)
	}
	page.Faulty = true
	return s.pages.write(w, http.StatusUnprocessableEntity, "login_code", page)
}

// clockText explains a code of another time (REG-10).
func clockText(ahead time.Duration) string {
	direction := "vor"
	if ahead < 0 {
		ahead, direction = -ahead, "nach"
	}
	minutes := max(int(ahead.Round(time.Minute)/time.Minute), 1)
	unit := "Minuten"
	if minutes == 1 {
		unit = "Minute"
	}
	return fmt.Sprintf("Die Uhr Ihres Smartphones geht etwa %d %s %s. Bitte gleichen Sie seine Uhrzeit ab.", minutes, unit, direction)
}

// logout ends the session and lets the browser forget what it kept (ASVS 14.3.1).
func (s *server) logout(w http.ResponseWriter, r *http.Request) error {
	if err := s.deps.Accounts.Logout(r.Context(), s.token(r)); err != nil {
		return fmt.Errorf("log out: %w", err)
	}
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return s.toLogin(w, r, domain.EndedLogout)
}

// typedLong is typed for fields longer than a number: names and addresses.
func typedLong(r *http.Request, name string) string { return strings.TrimSpace(clip(r, name, 254)) }
