package portal

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"klarbeleg/app/account"
	domain "klarbeleg/domain/account"
	"klarbeleg/domain/calendar"
)

const (
	overviewPath  = "/uebersicht"
	overviewTitle = "Übersicht"
	ownPath       = "/konto"
	ownTitle      = "Mein Konto"
	passwordPath  = "/passwort-aendern"
)

// overviewPage is the first page after the login.
type overviewPage struct {
	frame
	Institution string
	account.Overview
	// Deadline is the earliest one, zero without open cases.
	Deadline calendar.Date
	AsOf     time.Time
}

func (s *server) overview(w http.ResponseWriter, r *http.Request, by *account.Session) error {
	o, err := s.deps.Accounts.Overview(r.Context(), by)
	if err != nil {
		return fmt.Errorf("read overview: %w", err)
	}
	page := overviewPage{
		frame: s.memberPage(by, overviewTitle, overviewPath), Institution: by.Institution.Name, Overview: o, AsOf: s.deps.Clock.Now(),
	}
	if o.OpenWork.Deadline != nil { // the first instant after the last day
		page.Deadline = calendar.InBerlin(o.OpenWork.Deadline.Add(-time.Nanosecond))
	}
	return s.pages.write(w, http.StatusOK, "overview", page)
}

// ownPage shows the own account.
type ownPage struct {
	frame
	User        account.User
	Role        string
	Institution string
	Notice      *notice
}

func (s *server) ownAccount(w http.ResponseWriter, r *http.Request, by *account.Session) error {
	page := ownPage{frame: s.memberPage(by, ownTitle, ownPath), User: by.User, Role: roleLabel(by.User.Role), Institution: by.Institution.Name}
	if r.URL.Query().Get("ok") == "passwort" {
		page.Notice = &notice{"success", "Ihr Passwort ist geändert", "Andere Anmeldungen mit Ihrem Zugang wurden beendet."}
	}
	return s.pages.write(w, http.StatusOK, "own", page)
}

// passwordPage changes the own password; Duty says whether it must be (REG-3,
// SES-2).
type passwordPage struct {
	frame
	Notice         *notice
	Errors         []fieldError
	Current, Fresh field
	Again          field
	// Free is true if nothing demands the change.
	Free bool
}

func (s *server) newPasswordPage(by *account.Session) passwordPage {
	page := passwordPage{frame: s.memberPage(by, "Passwort ändern", ownPath), Free: by.Duty == domain.NoDuty}
	switch by.Duty {
	case domain.InitialPassword:
		page.Notice = &notice{"info", "Bitte wählen Sie Ihr eigenes Passwort", "Das Startpasswort gilt nur für die erste Anmeldung. Mit dem neuen Passwort ist Ihr Zugang vollständig eingerichtet."}
	case domain.OldPassword:
		page.Notice = &notice{"info", "Ihr Passwort muss erneuert werden", fmt.Sprintf("Passwörter gelten in diesem Portal %d Tage.", s.deps.Accounts.Rules().PasswordDays)}
	case domain.NoDuty:
	}
	return page
}

func (s *server) passwordForm(w http.ResponseWriter, _ *http.Request, by *account.Session) error {
	return s.pages.write(w, http.StatusOK, "password", s.newPasswordPage(by))
}

func (s *server) changePassword(w http.ResponseWriter, r *http.Request, by *account.Session) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	page, status := s.newPasswordPage(by), http.StatusUnprocessableEntity
	current, fresh := r.PostForm.Get("aktuell"), r.PostForm.Get("neu")
	if fresh != r.PostForm.Get("wiederholung") {
		page.Again.Error = "Die Wiederholung stimmt nicht mit dem neuen Passwort überein."
	} else {
		err := s.deps.Accounts.ChangePassword(r.Context(), by, current, fresh)
		var wait *account.WaitError
		var refused *account.PasswordError
		switch {
		case err == nil:
			http.Redirect(w, r, afterPassword(by), http.StatusSeeOther)
			return nil
		case errors.As(err, &wait):
			page.Current.Error, status = s.waitText(w, wait), http.StatusTooManyRequests
		case errors.Is(err, account.ErrPassword):
			page.Current.Error = "Das aktuelle Passwort stimmt nicht."
		case errors.As(err, &refused):
			page.Fresh.Error = passwordText(refused.Fault)
		default:
			return fmt.Errorf("change password: %w", err)
		}
	}
	page.Faulty = true
	page.Errors = faultsOf([]namedField{{"aktuell", page.Current}, {"neu", page.Fresh}, {"wiederholung", page.Again}})
	return s.pages.write(w, status, "password", page)
}

func afterPassword(by *account.Session) string {
	if by.Duty == domain.NoDuty {
		return ownPath + "?ok=passwort"
	}
	return overviewPath
}

// namedField is a field with its id in the page.
type namedField struct {
	id string
	f  field
}

// faultsOf collects the errors of fields for the summary.
func faultsOf(fields []namedField) (faults []fieldError) {
	for _, f := range fields {
		if f.f.Error != "" {
			faults = append(faults, fieldError{f.id, f.f.Error})
		}
	}
	return faults
}

// passwordText says what is wrong with a new password.
func passwordText(f domain.PasswordFault) string {
	switch f {
	case domain.PasswordShort:
		return fmt.Sprintf("Das neue Passwort braucht mindestens %d Zeichen.", domain.MinPassword)
	case domain.PasswordLong:
		return fmt.Sprintf("Das neue Passwort darf höchstens %d Zeichen haben.", domain.MaxPassword)
	case domain.PasswordUnreal:
		return "Das neue Passwort enthält Zeichen, die nicht dargestellt werden können."
	case domain.PasswordSimple:
		return "Das neue Passwort ist zu einfach: Vermeiden Sie Tastaturreihen und viele gleiche Zeichen."
	case domain.PasswordFrequent:
		return "Das neue Passwort steht in Listen häufig benutzter Passwörter."
	case domain.PasswordKnown:
		return "Das neue Passwort besteht fast nur aus Wörtern, die leicht zu erraten sind, etwa dem Namen Ihrer Einrichtung."
	case domain.PasswordUsed:
		return "Dieses Passwort haben Sie schon einmal benutzt. Bitte wählen Sie ein anderes."
	default:
		panic("portal: fault of a password without a text")
	}
}

// roleLabel returns the name of a role (REG-5).
func roleLabel(r domain.Role) string {
	switch r {
	case domain.Administrator:
		return "Administration"
	case domain.Member:
		return "Bearbeitung"
	default:
		panic("portal: role without a text")
	}
}

// userText returns the text of a user's state.
func userText(u domain.UserState) stateText {
	switch u {
	case domain.Invited:
		return stateText{"info", "mail", "Eingeladen", "Das Startpasswort wurde noch nicht geändert."}
	case domain.Active:
		return stateText{"success", "success", "Aktiv", "Der Zugang ist eingerichtet."}
	case domain.Inactive:
		return stateText{"danger", "close", "Gesperrt", "Die Administration hat den Zugang gesperrt."}
	case domain.Locked:
		return stateText{"warning", "warning", "Ruhend", "Der Zugang wurde lange nicht benutzt. Ein neues Passwort öffnet ihn wieder."}
	case domain.Deleted:
	}
	panic("portal: user state without a text")
}
