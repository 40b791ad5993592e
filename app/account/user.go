package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"klarbeleg/domain/account"
	"klarbeleg/domain/calendar"
	"klarbeleg/store"
)

// Session is a complete login: who works, for whom, and what must be done first.
type Session struct {
	id          uuid.UUID
	User        User
	Institution Institution
	Duty        account.Duty
}

// Institution is the institution of a user.
type Institution struct {
	ID   uuid.UUID
	Name string
}

// User is a user as pages show it.
type User struct {
	ID          uuid.UUID
	Email, Name string
	Role        account.Role
	State       account.UserState
	LastLoginAt *time.Time
	// InitialUntil is the last Berlin day of an initial password; zero without one.
	InitialUntil calendar.Date
	// PasswordUntil is the last Berlin day before the password must be changed; zero
	// if the rules do not ask for it.
	PasswordUntil calendar.Date
	Sessions      int
}

// Administrator reports whether the user administers the institution.
func (u User) Administrator() bool { return u.Role == account.Administrator }

func (s *Service) user(a *store.Account) User {
	u := User{ID: a.ID, Email: a.Email, Name: a.Name, Role: a.Role, State: a.State, LastLoginAt: a.LastLoginAt, Sessions: a.Sessions}
	if a.PasswordInitial && a.PasswordEndsAt != nil {
		u.InitialUntil = calendar.InBerlin(a.PasswordEndsAt.Add(-time.Second))
	}
	if !a.PasswordInitial && a.PasswordSetAt != nil && s.rules.PasswordDays > 0 {
		u.PasswordUntil = calendar.InBerlin(*a.PasswordSetAt).AddDays(s.rules.PasswordDays - 1)
	}
	return u
}

// Overview is the first page after the login.
type Overview struct {
	IKs []string
	store.OpenWork
	// OnlyAdministrator is true if nobody but this administrator could help.
	OnlyAdministrator bool
}

// Overview returns what waits for the institution of the session.
func (s *Service) Overview(ctx context.Context, by *Session) (o Overview, err error) {
	if o.IKs, err = s.db.InstitutionIKs(ctx, by.Institution.ID); err != nil {
		return o, err
	}
	if o.OpenWork, err = s.db.InstitutionWork(ctx, by.Institution.ID, s.clock.Now()); err != nil {
		return o, err
	}
	if !by.User.Administrator() {
		return o, nil
	}
	users, err := s.db.Accounts(ctx, by.Institution.ID)
	if err != nil {
		return o, err
	}
	administrators := 0
	for i := range users {
		if users[i].Role == account.Administrator && users[i].State.MayLogIn() {
			administrators++
		}
	}
	o.OnlyAdministrator = administrators < 2
	return o, nil
}

// keepHashes is how many old passwords cannot be used again.
const keepHashes = 5

// ChangePassword replaces the own password and ends all other sessions (ASVS
// 6.2.3, 7.4.3). An invited user becomes active with it (REG-3). Errors are
// ErrPassword, *PasswordError, *WaitError or of the database.
func (s *Service) ChangePassword(ctx context.Context, by *Session, current, fresh string) error {
	a, err := s.db.Account(ctx, by.Institution.ID, by.User.ID)
	if err != nil {
		return err
	}
	if err := s.prove(ctx, &a, current); err != nil {
		return err
	}
	if err := s.checkNew(ctx, &a, fresh); err != nil {
		return err
	}
	hash, err := s.hash.make(ctx, fresh)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	return s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if _, err := store.LockAccounts(ctx, tx, a.Institution); err != nil {
			return err
		}
		row, err := store.AccountForUpdate(ctx, tx, a.Institution, a.ID)
		if err != nil {
			return err
		}
		if row.PasswordHash != a.PasswordHash || !row.State.MayLogIn() {
			return ErrPassword // changed by somebody else meanwhile
		}
		if row.PasswordInitial {
			if err := store.CompleteRegistration(ctx, tx, row.Institution); err != nil {
				return err
			}
		}
		row.OldHashes = append([]string{row.PasswordHash}, row.OldHashes[:min(len(row.OldHashes), keepHashes-1)]...)
		row.PasswordHash, row.PasswordSetAt, row.PasswordInitial, row.PasswordEndsAt = hash, &now, false, nil
		row.State = account.Active
		return errors.Join(
			store.ChangeAccount(ctx, tx, &row),
			store.EndSessions(ctx, tx, store.SessionsEnd{User: row.ID, Keep: by.id, Why: account.EndedSecrets, At: now}),
			store.ClearBrake(ctx, tx, accountKey(row.Email)),
			store.AddAccountEvent(ctx, tx, s.event(eventOwnPassword, &row)),
			s.tell(ctx, tx, &row, mailPassword),
		)
	})
}

// prove asks for the current password again, behind the brake.
func (s *Service) prove(ctx context.Context, a *store.Account, current string) error {
	now := s.clock.Now()
	blocked, _, err := s.db.TakeAttempt(ctx, now, store.BrakeKey{Key: accountKey(a.Email), Brake: account.AccountBrake()})
	if err != nil {
		return err
	}
	if blocked.After(now) {
		return &WaitError{Until: blocked}
	}
	ok, _, err := s.hash.matches(ctx, current, a.PasswordHash)
	if err != nil {
		return err
	}
	if !ok {
		return ErrPassword
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error { return store.ClearBrake(ctx, tx, accountKey(a.Email)) })
}

// checkNew says whether the rules allow the new password.
func (s *Service) checkNew(ctx context.Context, a *store.Account, fresh string) error {
	iks, err := s.db.InstitutionIKs(ctx, a.Institution)
	if err != nil {
		return err
	}
	known := append(iks, a.InstitutionName, a.Email, a.Name, s.rules.Portal)
	if fault := account.CheckPassword(fresh, known...); fault != account.PasswordFine {
		return &PasswordError{fault}
	}
	for _, old := range append([]string{a.PasswordHash}, a.OldHashes...) {
		same, _, err := s.hash.matches(ctx, fresh, old)
		if err != nil {
			return err
		}
		if same {
			return &PasswordError{account.PasswordUsed}
		}
	}
	return nil
}

// NewUser is what an administrator says about a user; the password is never
// among it (ASVS 6.4.6).
type NewUser struct {
	Email, Name string
	Role        account.Role
}

const (
	maxEmail = 254
	maxName  = 100
)

// FieldError names the field that is not usable.
type FieldError struct{ Field string }

func (e *FieldError) Error() string { return "not usable: " + e.Field }

// Is makes it an ErrInput.
func (e *FieldError) Is(target error) bool { return target == ErrInput }

// check returns the input without blanks around it, or *FieldError.
func (n NewUser) check() (NewUser, error) {
	n.Email, n.Name = strings.TrimSpace(n.Email), strings.TrimSpace(n.Name)
	local, domain, _ := strings.Cut(n.Email, "@")
	bad := func(c rune) bool {
		return unicode.IsControl(c) || unicode.IsSpace(c) || strings.ContainsRune(`<>,;:"()[]\@`, c)
	}
	switch {
	case local == "" || !strings.Contains(strings.Trim(domain, "."), ".") || len(n.Email) > maxEmail ||
		!utf8.ValidString(n.Email) || strings.ContainsFunc(local, bad) || strings.ContainsFunc(domain, bad):
		return n, &FieldError{"email"}
	case n.Name == "" || utf8.RuneCountInString(n.Name) > maxName || !utf8.ValidString(n.Name) || strings.ContainsFunc(n.Name, unicode.IsControl):
		return n, &FieldError{"name"}
	case !n.Role.Valid():
		return n, &FieldError{"role"}
	}
	return n, nil
}

// persons are the users as the rules see them.
func persons(rows []store.Account) []account.Person {
	out := make([]account.Person, len(rows))
	for i := range rows {
		out[i] = account.Person{ID: rows[i].ID.String(), Role: rows[i].Role, State: rows[i].State}
	}
	return out
}

// change runs work on a user of the administrator's institution under its lock.
// work changes the row; what the rules forbid is refused before it is written.
func (s *Service) change(ctx context.Context, by *Session, id uuid.UUID, e store.AccountEvent, work func(ctx context.Context, tx store.Tx, a *store.Account) error) error {
	if !by.User.Administrator() {
		return ErrForbidden
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		all, err := store.LockAccounts(ctx, tx, by.Institution.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(a store.Account) bool { return a.ID == id })
		if i < 0 {
			return ErrNotFound
		}
		people, row := persons(all), all[i]
		if err := work(ctx, tx, &row); err != nil {
			return err
		}
		if err := account.Change(people, by.User.ID.String(), id.String(), row.Role, row.State); err != nil {
			return err
		}
		if err := store.ChangeAccount(ctx, tx, &row); err != nil {
			return taken(err)
		}
		e.At, e.Institution, e.Actor, e.User = s.clock.Now(), by.Institution.ID, by.User.ID, id
		return store.AddAccountEvent(ctx, tx, e)
	})
}

func taken(err error) error {
	if errors.Is(err, store.ErrTaken) {
		return ErrTaken
	}
	return err
}

// Users lists the users of the institution (REG-5).
func (s *Service) Users(ctx context.Context, by *Session) ([]User, error) {
	if !by.User.Administrator() {
		return nil, ErrForbidden
	}
	rows, err := s.db.Accounts(ctx, by.Institution.ID)
	if err != nil {
		return nil, err
	}
	users := make([]User, len(rows))
	for i := range rows {
		users[i] = s.user(&rows[i])
	}
	return users, nil
}

// User returns one user of the institution, ErrNotFound for any other.
func (s *Service) User(ctx context.Context, by *Session, id uuid.UUID) (User, error) {
	if !by.User.Administrator() {
		return User{}, ErrForbidden
	}
	a, err := s.db.Account(ctx, by.Institution.ID, id)
	if errors.Is(err, store.ErrNotFound) {
		return User{}, ErrNotFound
	}
	if err != nil {
		return User{}, err
	}
	return s.user(&a), nil
}

// EditUser changes address, name and role (REG-5).
func (s *Service) EditUser(ctx context.Context, by *Session, id uuid.UUID, n NewUser) error {
	n, err := n.check()
	if err != nil {
		return err
	}
	return s.change(ctx, by, id, store.AccountEvent{Kind: eventChanged}, func(_ context.Context, _ store.Tx, a *store.Account) error {
		a.Email, a.Name, a.Role = n.Email, n.Name, n.Role
		return nil
	})
}

// SetState activates, deactivates or deletes a user (REG-5, REG-11): without
// access no session lives on.
func (s *Service) SetState(ctx context.Context, by *Session, id uuid.UUID, state account.UserState) error {
	return s.change(ctx, by, id, store.AccountEvent{Kind: eventState, Detail: string(state)}, func(ctx context.Context, tx store.Tx, a *store.Account) error {
		a.State = state
		if state == account.Active && a.PasswordInitial {
			a.State = account.Invited // the password must be changed first
		}
		if state == account.Deleted { // nothing is left that opens the account
			a.PasswordHash, a.OldHashes, a.CodeSecret = "", []string{}, []byte{}
		}
		if state.MayLogIn() {
			return nil
		}
		return store.EndSessions(ctx, tx, store.SessionsEnd{User: id, Why: account.EndedAccess, At: s.clock.Now()})
	})
}

// EndSessions ends all sessions of a user, the administrator's present one
// excepted (REG-8).
func (s *Service) EndSessions(ctx context.Context, by *Session, id uuid.UUID) error {
	return s.change(ctx, by, id, store.AccountEvent{Kind: eventSessionsEnded}, func(ctx context.Context, tx store.Tx, _ *store.Account) error {
		return store.EndSessions(ctx, tx, store.SessionsEnd{User: id, Keep: by.id, Why: account.EndedBy, At: s.clock.Now()})
	})
}

// Institution names that can be stored.
func checkInstitution(name string) error {
	if strings.TrimSpace(name) == "" || utf8.RuneCountInString(name) > 200 {
		return fmt.Errorf("%w: name of the institution", ErrInput)
	}
	return nil
}
