package portal

import (
	"errors"
	"net/http"

	"github.com/google/uuid"

	"klarbeleg/app/account"
	domain "klarbeleg/domain/account"
)

const (
	usersPath  = "/benutzer"
	usersTitle = "Benutzer"
)

// userRow is a user in the list, with texts.
type userRow struct {
	account.User
	RoleLabel string
	Status    stateText
	// Self is true for the one who looks at it.
	Self bool
}

func newUserRow(u account.User, by *account.Session) userRow {
	return userRow{User: u, RoleLabel: roleLabel(u.Role), Status: userText(u.State), Self: u.ID == by.User.ID}
}

// usersPage lists the users of the institution (REG-5).
type usersPage struct {
	frame
	Institution string
	Rows        []userRow
	Notice      *notice
}

func (s *server) users(w http.ResponseWriter, r *http.Request, by *account.Session) error {
	users, err := s.deps.Accounts.Users(r.Context(), by)
	if err != nil {
		return err
	}
	page := usersPage{frame: s.memberPage(by, usersTitle, usersPath), Institution: by.Institution.Name}
	for _, u := range users {
		page.Rows = append(page.Rows, newUserRow(u, by))
	}
	if r.URL.Query().Get("ok") == doneDeleted {
		page.Notice = userNotice(doneDeleted)
	}
	return s.pages.write(w, http.StatusOK, "users", page)
}

// Words in the address after an action, for what the page says about it.
const (
	doneDeleted = "geloescht"
	doneEdited  = "geaendert"
	doneEnded   = "beendet"
)

func userNotice(done string) *notice {
	switch done {
	case "gesperrt":
		return &notice{"success", "Der Zugang ist gesperrt", "Offene Anmeldungen wurden sofort beendet."}
	case "entsperrt":
		return &notice{"success", "Der Zugang ist entsperrt", "Die bisherigen Zugangsdaten gelten wieder."}
	case doneDeleted:
		return &notice{"success", "Der Benutzer ist gelöscht", "Offene Anmeldungen wurden sofort beendet."}
	case doneEdited:
		return &notice{"success", "Die Angaben sind gespeichert", "Sie gelten ab sofort, auch in offenen Anmeldungen."}
	case doneEnded:
		return &notice{"success", "Die Sitzungen sind beendet", "Eine neue Anmeldung ist jederzeit möglich."}
	default:
		return nil
	}
}

// userForm are the fields of a user, as typed.
type userForm struct {
	Email, Name field
	Admin       bool
}

func (f userForm) input() account.NewUser {
	role := domain.Member
	if f.Admin {
		role = domain.Administrator
	}
	return account.NewUser{Email: f.Email.Value, Name: f.Name.Value, Role: role}
}

// userFormPage makes or changes a user.
type userFormPage struct {
	frame
	Action string
	Form   userForm
	Errors []fieldError
	New    bool
	// Back leads to where the form came from.
	Back string
}

func (s *server) newUserPage(by *account.Session) userFormPage {
	return userFormPage{frame: s.memberPage(by, "Benutzer anlegen", usersPath), Action: usersPath + "/neu", New: true, Back: usersPath}
}

func (s *server) newUserForm(w http.ResponseWriter, _ *http.Request, by *account.Session) error {
	return s.pages.write(w, http.StatusOK, "user_form", s.newUserPage(by))
}

// parseUser reads the posted form.
func parseUser(r *http.Request) (userForm, error) {
	if err := r.ParseForm(); err != nil {
		return userForm{}, badForm(err)
	}
	return userForm{
		Email: field{Value: typedLong(r, "email")}, Name: field{Value: typedLong(r, "name")},
		Admin: r.PostForm.Get("rolle") == string(domain.Administrator),
	}, nil
}

// refuseUser shows the form again with what is wrong, or returns err if it is
// nothing that can be typed.
func (s *server) refuseUser(w http.ResponseWriter, page userFormPage, err error) error {
	var bad *account.FieldError
	switch {
	case errors.Is(err, account.ErrTaken):
		page.Form.Email.Error = "Diese E-Mail-Adresse wird schon für einen Zugang verwendet."
	case errors.As(err, &bad) && bad.Field == "email":
		page.Form.Email.Error = "Geben Sie eine gültige E-Mail-Adresse ein, zum Beispiel m.muster@praxis.example."
	case errors.As(err, &bad) && bad.Field == "name":
		page.Form.Name.Error = "Geben Sie Vor- und Nachnamen ein, höchstens 100 Zeichen."
	default:
		text, ok := ruleText(err)
		if !ok {
			return err
		}
		page.Errors = []fieldError{{"rolle", text}}
	}
	page.Errors = append(page.Errors, faultsOf([]namedField{{"email", page.Form.Email}, {"name", page.Form.Name}})...)
	page.Faulty = true
	return s.pages.write(w, http.StatusUnprocessableEntity, "user_form", page)
}

// ruleText says which rule forbids a change.
func ruleText(err error) (string, bool) {
	switch {
	case errors.Is(err, domain.ErrLastAdministrator):
		return "Ihre Einrichtung braucht mindestens einen Zugang mit Administration.", true
	case errors.Is(err, domain.ErrSelf):
		return "Am eigenen Zugang ist das nicht möglich. Bitten Sie eine andere Administration Ihrer Einrichtung.", true
	case errors.Is(err, domain.ErrState):
		return "Im jetzigen Zustand des Zugangs ist das nicht möglich.", true
	default:
		return "", false
	}
}

func (s *server) createUser(w http.ResponseWriter, r *http.Request, by *account.Session) error {
	page := s.newUserPage(by)
	var err error
	if page.Form, err = parseUser(r); err != nil {
		return err
	}
	c, err := s.deps.Accounts.CreateUser(r.Context(), by, page.Form.input())
	if err != nil {
		return s.refuseUser(w, page, err)
	}
	return s.showCredentials(w, by, c)
}

// credentialsPage shows credentials this one time (REG-6); its answer is not kept
// by any cache.
type credentialsPage struct {
	frame
	account.Credentials
	Portal string
}

func (s *server) showCredentials(w http.ResponseWriter, by *account.Session, c account.Credentials) error {
	page := credentialsPage{frame: s.memberPage(by, "Zugangsdaten", usersPath), Credentials: c, Portal: s.cfg.Name}
	return s.pages.write(w, http.StatusOK, "credentials", page)
}

// userID returns the id in the path; anything else is no user of ours.
func userID(r *http.Request) (uuid.UUID, error) {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return id, account.ErrNotFound
	}
	return id, nil
}

// target returns the user that the path names.
func (s *server) target(r *http.Request, by *account.Session) (account.User, error) {
	id, err := userID(r)
	if err != nil {
		return account.User{}, err
	}
	return s.deps.Accounts.User(r.Context(), by, id)
}

// userPage shows a user and what can be done.
type userPage struct {
	frame
	userRow
	Path   string
	Notice *notice
}

func (s *server) newOnePage(u account.User, by *account.Session) userPage {
	return userPage{frame: s.memberPage(by, u.Name, usersPath), userRow: newUserRow(u, by), Path: userPath(u.ID)}
}

func userPath(id uuid.UUID) string { return usersPath + "/" + id.String() }

func (s *server) oneUser(w http.ResponseWriter, r *http.Request, by *account.Session) error {
	u, err := s.target(r, by)
	if err != nil {
		return err
	}
	page := s.newOnePage(u, by)
	page.Notice = userNotice(r.URL.Query().Get("ok"))
	return s.pages.write(w, http.StatusOK, "user", page)
}

func (s *server) editPage(u account.User, by *account.Session) userFormPage {
	return userFormPage{
		frame: s.memberPage(by, "Benutzer bearbeiten", usersPath), Action: userPath(u.ID) + "/bearbeiten", Back: userPath(u.ID),
		Form: userForm{Email: field{Value: u.Email}, Name: field{Value: u.Name}, Admin: u.Administrator()},
	}
}

func (s *server) editUserForm(w http.ResponseWriter, r *http.Request, by *account.Session) error {
	u, err := s.target(r, by)
	if err != nil {
		return err
	}
	return s.pages.write(w, http.StatusOK, "user_form", s.editPage(u, by))
}

func (s *server) editUser(w http.ResponseWriter, r *http.Request, by *account.Session) error {
	u, err := s.target(r, by)
	if err != nil {
		return err
	}
	page := s.editPage(u, by)
	if page.Form, err = parseUser(r); err != nil {
		return err
	}
	if err := s.deps.Accounts.EditUser(r.Context(), by, u.ID, page.Form.input()); err != nil {
		return s.refuseUser(w, page, err)
	}
	return doneUser(w, r, u.ID, doneEdited)
}

func doneUser(w http.ResponseWriter, r *http.Request, id uuid.UUID, done string) error {
	http.Redirect(w, r, userPath(id)+"?ok="+done, http.StatusSeeOther)
	return nil
}

// refuseAction shows the user with the rule that forbids the action.
func (s *server) refuseAction(w http.ResponseWriter, u account.User, by *account.Session, err error) error {
	text, ok := ruleText(err)
	if !ok {
		return err
	}
	page := s.newOnePage(u, by)
	page.Notice = &notice{"danger", "Das ist nicht möglich", text}
	page.Faulty = true
	return s.pages.write(w, http.StatusConflict, "user", page)
}

func (s *server) newPassword(w http.ResponseWriter, r *http.Request, by *account.Session) error {
	u, err := s.target(r, by)
	if err != nil {
		return err
	}
	c, err := s.deps.Accounts.NewPassword(r.Context(), by, u.ID)
	if err != nil {
		return s.refuseAction(w, u, by, err)
	}
	return s.showCredentials(w, by, c)
}

func (s *server) newSecret(w http.ResponseWriter, r *http.Request, by *account.Session) error {
	u, err := s.target(r, by)
	if err != nil {
		return err
	}
	c, err := s.deps.Accounts.NewSecret(r.Context(), by, u.ID)
	if err != nil {
		return s.refuseAction(w, u, by, err)
	}
	return s.showCredentials(w, by, c)
}

func (s *server) endSessions(w http.ResponseWriter, r *http.Request, by *account.Session) error {
	u, err := s.target(r, by)
	if err != nil {
		return err
	}
	if err := s.deps.Accounts.EndSessions(r.Context(), by, u.ID); err != nil {
		return s.refuseAction(w, u, by, err)
	}
	return doneUser(w, r, u.ID, doneEnded)
}

// deletePage asks once more.
type deletePage struct {
	frame
	userRow
	Path string
}

func (s *server) deleteForm(w http.ResponseWriter, r *http.Request, by *account.Session) error {
	u, err := s.target(r, by)
	if err != nil {
		return err
	}
	page := deletePage{s.memberPage(by, "Benutzer löschen", usersPath), newUserRow(u, by), userPath(u.ID)}
	return s.pages.write(w, http.StatusOK, "user_delete", page)
}

// setState returns the handler that brings a user into the state.
func (s *server) setState(state domain.UserState, done string) memberHandler {
	return func(w http.ResponseWriter, r *http.Request, by *account.Session) error {
		u, err := s.target(r, by)
		if err != nil {
			return err
		}
		if err := s.deps.Accounts.SetState(r.Context(), by, u.ID, state); err != nil {
			return s.refuseAction(w, u, by, err)
		}
		if state == domain.Deleted {
			http.Redirect(w, r, usersPath+"?ok="+done, http.StatusSeeOther)
			return nil
		}
		return doneUser(w, r, u.ID, done)
	}
}
