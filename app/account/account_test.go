package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"klarbeleg/app/account"
	domain "klarbeleg/domain/account"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/testdb"
	"klarbeleg/store"
	"klarbeleg/store/storetest"
)

// quick are parameters that make tests fast.
var quick = account.HashParameters{MemoryKiB: 64, Time: 1, Threads: 1}

type bundle struct {
	*testing.T
	db    *store.DB
	clock *clock.Fake
	keys  *account.Keys
	s     *account.Service
	admin *user
}

// user is somebody with an account, a password in the head and an app.
type user struct {
	account.Credentials
	password string
	token    account.Token
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{T: t, db: store.New(testdb.New(t)), clock: clock.NewFake(time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC))}
	var err error
	if b.keys, err = account.ParseKeys([]string{account.NewKey("k1")}); err != nil {
		t.Fatal(err)
	}
	b.s = b.service(quick)
	c, err := b.s.Admit(t.Context(), account.Admission{
		Institution: "Praxis am Markt", IKs: []string{"260326822"}, First: account.NewUser{Email: "leitung@markt.example", Name: "Erika Muster"},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.admin = &user{Credentials: c, password: c.Password}
	return b
}

func (b *bundle) service(p account.HashParameters) *account.Service {
	b.Helper()
	s, err := account.New(b.db, b.clock, account.Settings{Rules: domain.DefaultSettings(), Keys: b.keys, Hash: p})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// code returns the code of the user's app, whose clock is off by that much.
func (b *bundle) code(u *user, off time.Duration) string {
	b.Helper()
	secret, err := domain.ParseCodeSecret(u.SecretText)
	if err != nil {
		b.Fatal(err)
	}
	return domain.CurrentCode(secret, b.clock.Now().Add(off))
}

// login logs in; the clock is moved so that every login has a new code.
func (b *bundle) login(u *user) *account.Session {
	b.Helper()
	b.clock.Add(30 * time.Second)
	t, err := b.s.Login(b.Context(), u.User.Email, u.password, "192.0.2.1")
	if err != nil {
		b.Fatal(err)
	}
	if u.token, err = b.s.Code(b.Context(), t, b.code(u, 0), "192.0.2.1"); err != nil {
		b.Fatal(err)
	}
	return b.session(u)
}

func (b *bundle) session(u *user) *account.Session {
	b.Helper()
	s, err := b.s.Session(b.Context(), u.token)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// start logs in and changes the initial password.
func (b *bundle) start(u *user) *account.Session {
	b.Helper()
	fresh := "ein Satz für " + u.User.ID.String()[24:]
	if err := b.s.ChangePassword(b.Context(), b.login(u), u.password, fresh); err != nil {
		b.Fatal(err)
	}
	u.password = fresh
	return b.session(u)
}

// colleague makes a user in the administrator's institution.
func (b *bundle) colleague(by *account.Session, email string, role domain.Role) *user {
	b.Helper()
	c, err := b.s.CreateUser(b.Context(), by, account.NewUser{Email: email, Name: "Max Beispiel", Role: role})
	if err != nil {
		b.Fatal(err)
	}
	return &user{Credentials: c, password: c.Password}
}

func (b *bundle) one(sql string, args ...any) (value string) {
	b.Helper()
	if err := b.db.Pool().QueryRow(b.Context(), sql, args...).Scan(&value); err != nil {
		b.Fatal(err)
	}
	return value
}

// wantEnded checks that the token opens nothing, for that reason.
func (b *bundle) wantEnded(t account.Token, why domain.Ending) {
	b.Helper()
	_, err := b.s.Session(b.Context(), t)
	var ended *account.EndedError
	if !errors.As(err, &ended) || ended.Why != why {
		b.Errorf("session: %v, want ended by %q", err, why)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	t.Run("SES-1 ASVS 7.3.1 half an hour without activity ends the session, activity does not", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.login(b.admin)
		for range 4 {
			b.clock.Add(29 * time.Minute)
			b.session(b.admin)
		}
		b.clock.Add(30 * time.Minute)
		b.wantEnded(b.admin.token, domain.EndedIdle)
		b.clock.Add(-20 * time.Minute)
		b.wantEnded(b.admin.token, domain.EndedIdle)
	})
	t.Run("ASVS 7.3.2 twelve hours end every session", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.login(b.admin)
		for range 35 {
			b.clock.Add(20 * time.Minute)
			b.session(b.admin)
		}
		b.clock.Add(20 * time.Minute)
		b.wantEnded(b.admin.token, domain.EndedAbsolute)
	})
	t.Run("ASVS 7.4.1 logout ends the session at the server", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.login(b.admin)
		for range 2 {
			if err := b.s.Logout(t.Context(), b.admin.token); err != nil {
				t.Fatal(err)
			}
		}
		b.wantEnded(b.admin.token, domain.EndedLogout)
		if err := b.s.Logout(t.Context(), "unbekannt"); err != nil {
			t.Error(err)
		}
	})
	t.Run("SES-2 after 90 days the password must be changed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		if s := b.start(b.admin); s.Duty != domain.NoDuty || s.User.PasswordUntil.String() != "2027-02-22" {
			t.Errorf("duty %q until %s", s.Duty, s.User.PasswordUntil)
		}
		b.clock.Set(time.Date(2027, 2, 23, 9, 0, 0, 0, time.UTC))
		if s := b.login(b.admin); s.Duty != domain.OldPassword {
			t.Errorf("duty %q", s.Duty)
		}
	})
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	t.Run("REG-3 the first change completes the registration; other sessions end", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.login(b.admin)
		old := b.admin.token
		initial := b.admin.password
		s := b.start(b.admin)
		if s.User.State != domain.Active || s.Duty != domain.NoDuty {
			t.Errorf("after the change: %+v", s)
		}
		b.wantEnded(old, domain.EndedSecrets) // ASVS 7.4.3
		if _, err := b.s.Login(t.Context(), b.admin.User.Email, initial, "192.0.2.1"); !errors.Is(err, account.ErrCredentials) {
			t.Errorf("ASVS 6.4.1 the initial password works twice: %v", err)
		}
		if got := b.one(`select string_agg(kind, ' ') from mail`); got != "account_password" {
			t.Errorf("ASVS 6.3.7: mails %s", got)
		}
		b.login(b.admin)
	})
	t.Run("ASVS 6.2.3 the current password is asked for, behind the brake", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		s := b.login(b.admin)
		for range 5 {
			if err := b.s.ChangePassword(t.Context(), s, "falsch", "ein neuer langer Satz"); !errors.Is(err, account.ErrPassword) {
				t.Fatal(err)
			}
		}
		var wait *account.WaitError
		if err := b.s.ChangePassword(t.Context(), s, b.admin.password, "ein neuer langer Satz"); !errors.As(err, &wait) {
			t.Errorf("sixth: %v", err)
		}
	})
	t.Run("ASVS 6.2.4, 6.2.11 weak, known and used passwords are refused", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		s := b.start(b.admin)
		first := b.admin.password
		change := func(fresh string) error { return b.s.ChangePassword(t.Context(), s, b.admin.password, fresh) }
		for fresh, want := range map[string]domain.PasswordFault{
			"kurz": domain.PasswordShort, "Praxis am Markt 1": domain.PasswordKnown, "260326822-2026": domain.PasswordKnown,
			"1qaz2wsx3edc": domain.PasswordFrequent, first: domain.PasswordUsed,
		} {
			var refused *account.PasswordError
			if err := change(fresh); !errors.As(err, &refused) || refused.Fault != want {
				t.Errorf("%q: %v, want %s", fresh, err, want)
			}
		}
		for i := range 6 {
			fresh := fmt.Sprintf("der %d. frische lange Satz", i)
			if err := change(fresh); err != nil {
				t.Fatal(err)
			}
			b.admin.password = fresh
		}
		var refused *account.PasswordError
		if err := change("der 0. frische lange Satz"); !errors.As(err, &refused) || refused.Fault != domain.PasswordUsed {
			t.Errorf("one of the last five: %v", err)
		}
		if err := change(first); err != nil {
			t.Errorf("an older one: %v", err)
		}
	})
}

func TestAdministration(t *testing.T) {
	t.Parallel()
	t.Run("REG-5, REG-6 an administrator makes users, whose credentials work", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		by := b.start(b.admin)
		u := b.colleague(by, "max@markt.example", domain.Member)
		if u.User.State != domain.Invited || u.Until.String() != "2026-12-09" || len(u.Password) != 16 || !strings.HasPrefix(u.QR.Path, "M4 4h1v1h-1z") {
			t.Errorf("credentials until %s, state %s", u.Until, u.User.State)
		}
		if s := b.start(u); s.User.Administrator() || s.Institution != by.Institution {
			t.Errorf("session %+v", s)
		}
		users, err := b.s.Users(t.Context(), by)
		if err != nil || len(users) != 2 || users[0].Name != "Erika Muster" || users[1].Sessions != 1 || users[1].State != domain.Active {
			t.Errorf("users %+v, %v", users, err)
		}
		if _, err := b.s.CreateUser(t.Context(), by, account.NewUser{Email: "MAX@markt.example", Name: "Max", Role: domain.Member}); !errors.Is(err, account.ErrTaken) {
			t.Errorf("same address: %v", err)
		}
		for field, n := range map[string]account.NewUser{
			"email": {Email: "max.example", Name: "Max", Role: domain.Member},
			"name":  {Email: "m@markt.example", Name: " ", Role: domain.Member},
			"role":  {Email: "m@markt.example", Name: "Max", Role: "root"},
		} {
			var bad *account.FieldError
			if _, err := b.s.CreateUser(t.Context(), by, n); !errors.As(err, &bad) || bad.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		for _, email := range []string{"a@b.example\r\nBcc: c@d.example", "a b@c.example", "<a@b.example>", "a@b@c.example"} {
			if _, err := b.s.CreateUser(t.Context(), by, account.NewUser{Email: email, Name: "Max", Role: domain.Member}); !errors.Is(err, account.ErrInput) {
				t.Errorf("ASVS 1.3.11: address %q: %v", email, err)
			}
		}
	})
	t.Run("REG-11, ASVS 7.4.2 a deactivated user is out at once and comes back when activated", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		by := b.start(b.admin)
		u := b.colleague(by, "max@markt.example", domain.Member)
		b.start(u)
		b.set(by, u, domain.Inactive)
		b.wantEnded(u.token, domain.EndedAccess)
		if _, err := b.s.Login(t.Context(), u.User.Email, u.password, "192.0.2.1"); !errors.Is(err, account.ErrCredentials) {
			t.Errorf("login: %v", err)
		}
		b.set(by, u, domain.Active)
		b.wantEnded(u.token, domain.EndedAccess)
		b.login(u)
	})
	t.Run("REG-11 a deleted user is gone; the address is free again", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		by := b.start(b.admin)
		u := b.colleague(by, "max@markt.example", domain.Member)
		b.start(u)
		b.set(by, u, domain.Deleted)
		b.wantEnded(u.token, domain.EndedAccess)
		if _, err := b.s.User(t.Context(), by, u.User.ID); !errors.Is(err, account.ErrNotFound) {
			t.Errorf("still shown: %v", err)
		}
		if got := b.one(`select password_hash || code_secret::text || cardinality(old_hashes) from app_user where id = $1`, u.User.ID); got != `\x0` {
			t.Errorf("left over: %s", got)
		}
		b.colleague(by, "max@markt.example", domain.Member)
	})
	t.Run("REG-7 new password and new secret replace the old ones and end the sessions", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		by := b.start(b.admin)
		u := b.colleague(by, "max@markt.example", domain.Member)
		b.start(u)
		c, err := b.s.NewPassword(t.Context(), by, u.User.ID)
		if err != nil || c.SecretText != "" {
			t.Fatal(err, c)
		}
		b.wantEnded(u.token, domain.EndedSecrets)
		if _, err := b.s.Login(t.Context(), u.User.Email, u.password, "192.0.2.1"); !errors.Is(err, account.ErrCredentials) {
			t.Errorf("old password: %v", err)
		}
		u.password = c.Password
		if s := b.login(u); s.Duty != domain.InitialPassword {
			t.Errorf("duty %q", s.Duty)
		}
		c, err = b.s.NewSecret(t.Context(), by, u.User.ID)
		if err != nil || c.Password != "" || c.SecretText == u.SecretText {
			t.Fatal(err, c)
		}
		b.wantEnded(u.token, domain.EndedSecrets)
		waiting, err := b.s.Login(t.Context(), u.User.Email, u.password, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.s.Code(t.Context(), waiting, b.code(u, 30*time.Second), "192.0.2.1"); !errors.Is(err, account.ErrCode) {
			t.Errorf("code of the old secret: %v", err)
		}
		u.SecretText = c.SecretText
		b.login(u)
	})
	t.Run("REG-8, ASVS 7.4.5 an administrator ends the sessions of a user", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		by := b.start(b.admin)
		u := b.colleague(by, "max@markt.example", domain.Member)
		b.start(u)
		if err := b.s.EndSessions(t.Context(), by, u.User.ID); err != nil {
			t.Fatal(err)
		}
		b.wantEnded(u.token, domain.EndedBy)
		if err := b.s.EndSessions(t.Context(), by, b.admin.User.ID); err != nil {
			t.Fatal(err)
		}
		b.session(b.admin) // the present one stays
	})
	t.Run("REG-5, ASVS 8.3.2 a change of the role counts in the session that is open", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		by := b.start(b.admin)
		u := b.colleague(by, "max@markt.example", domain.Administrator)
		b.start(u)
		if err := b.s.EditUser(t.Context(), by, u.User.ID, account.NewUser{Email: "max@markt.example", Name: "Max", Role: domain.Member}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.s.Users(t.Context(), b.session(u)); !errors.Is(err, account.ErrForbidden) {
			t.Errorf("demoted: %v", err)
		}
	})
	t.Run("REG-5 the last administrator and the own access stay", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		by := b.start(b.admin)
		if err := b.s.SetState(t.Context(), by, b.admin.User.ID, domain.Inactive); !errors.Is(err, domain.ErrSelf) {
			t.Errorf("own access: %v", err)
		}
		second := b.colleague(by, "zwei@markt.example", domain.Administrator)
		sessions := []*account.Session{by, b.start(second)}
		// Both take the other's access away at the same time: one of them stays.
		var all sync.WaitGroup
		for i, target := range []uuid.UUID{second.User.ID, b.admin.User.ID} {
			all.Go(func() {
				err := b.s.SetState(context.WithoutCancel(t.Context()), sessions[i], target, domain.Inactive)
				if err != nil && !errors.Is(err, domain.ErrLastAdministrator) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got := b.one(`select count(*) from app_user where role = 'administrator' and state = 'active'`); got != "1" {
			t.Errorf("%s administrators left", got)
		}
	})
	t.Run("OPS-6, ASVS 8.2.2 users of others do not exist for an administrator, and nothing is allowed to a user", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		by := b.start(b.admin)
		c, err := b.s.Admit(t.Context(), account.Admission{
			Institution: "Praxis am See", IKs: []string{"260326833"}, First: account.NewUser{Email: "see@see.example", Name: "Anna See"},
		})
		if err != nil {
			t.Fatal(err)
		}
		member := &user{Credentials: c, password: c.Password}
		stranger := b.start(member)
		u := b.colleague(by, "max@markt.example", domain.Member)
		b.everyAction(stranger, u.User.ID, account.ErrNotFound)
		b.everyAction(b.start(u), b.admin.User.ID, account.ErrForbidden)
		if users, err := b.s.Users(t.Context(), stranger); err != nil || len(users) != 1 {
			t.Errorf("users %v, %v", users, err)
		}
		if _, err := b.s.Admit(t.Context(), account.Admission{
			Institution: "Noch eine", IKs: []string{"260326822"}, First: account.NewUser{Email: "n@n.example", Name: "N"},
		}); !errors.Is(err, store.ErrIKTaken) {
			t.Errorf("IK of another institution: %v", err)
		}
	})
	t.Run("ASVS 16.3.1, 16.4.2 every act is written down and cannot be changed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		by := b.start(b.admin)
		u := b.colleague(by, "max@markt.example", domain.Member)
		b.set(by, u, domain.Inactive)
		want := "institution_added login password_changed user_created user_state"
		if got := b.one(`select string_agg(kind, ' ' order by id) from account_event`); got != want {
			t.Errorf("events %s", got)
		}
		if _, err := b.db.Pool().Exec(t.Context(), `delete from account_event`); err == nil {
			t.Error("events can be deleted")
		}
	})
}

func (b *bundle) set(by *account.Session, u *user, s domain.UserState) {
	b.Helper()
	if err := b.s.SetState(b.Context(), by, u.User.ID, s); err != nil {
		b.Fatal(err)
	}
}

// everyAction tries everything that an administrator can do to a user.
func (b *bundle) everyAction(by *account.Session, id uuid.UUID, want error) {
	b.Helper()
	ctx := b.Context()
	n := account.NewUser{Email: "neu@markt.example", Name: "Neu", Role: domain.Member}
	for name, do := range map[string]func() error{
		"view":         func() error { _, err := b.s.User(ctx, by, id); return err },
		"edit":         func() error { return b.s.EditUser(ctx, by, id, n) },
		"deactivate":   func() error { return b.s.SetState(ctx, by, id, domain.Inactive) },
		"delete":       func() error { return b.s.SetState(ctx, by, id, domain.Deleted) },
		"password":     func() error { _, err := b.s.NewPassword(ctx, by, id); return err },
		"secret":       func() error { _, err := b.s.NewSecret(ctx, by, id); return err },
		"end sessions": func() error { return b.s.EndSessions(ctx, by, id) },
	} {
		if err := do(); !errors.Is(err, want) {
			b.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

// Overview shows what waits for the own institution.
func TestOverview(t *testing.T) {
	t.Parallel()
	b := setup(t)
	by := b.start(b.admin)
	at := b.clock.Now().AddDate(0, 0, -10)
	storetest.AddCase(t, b.db, storetest.Case{PayeeIK: "260326822", Provided: at})
	storetest.AddCase(t, b.db, storetest.Case{PayeeIK: "260326833", Provided: at}) // OPS-6: of others
	o, err := b.s.Overview(t.Context(), by)
	if err != nil || o.Cases != 1 || o.Corrections != 1 || o.Deadline == nil || strings.Join(o.IKs, " ") != "260326822" || !o.OnlyAdministrator {
		t.Errorf("overview %+v, %v", o, err)
	}
	b.colleague(by, "zwei@markt.example", domain.Administrator)
	if o, err = b.s.Overview(t.Context(), by); err != nil || o.OnlyAdministrator {
		t.Errorf("with a second administrator: %+v, %v", o, err)
	}
}

// ASVS 11.3.2: keys can be replaced; a secret belongs to its user.
func TestKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	by := b.start(b.admin)
	u := b.colleague(by, "max@markt.example", domain.Member)
	old, fresh := account.NewKey("old"), account.NewKey("new")
	for i, keys := range [][]string{{old}, {fresh, old}, {fresh}} {
		var err error
		if b.keys, err = account.ParseKeys(keys); err != nil {
			t.Fatal(err)
		}
		b.s = b.service(quick)
		if i == 1 { // with both keys the old secret works, and new ones get the new key
			b.login(u)
		}
		if i < 2 {
			c, err := b.s.NewSecret(t.Context(), by, u.User.ID)
			if err != nil {
				t.Fatal(err)
			}
			u.SecretText = c.SecretText
		}
	}
	b.login(u)
	if _, err := b.db.Pool().Exec(t.Context(), `update app_user set code_secret = (select code_secret from app_user where id = $1) where id = $2`,
		b.admin.User.ID, u.User.ID); err != nil {
		t.Fatal(err)
	}
	waiting, err := b.s.Login(t.Context(), u.User.Email, u.password, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.s.Code(t.Context(), waiting, b.code(b.admin, 30*time.Second), "192.0.2.1"); err == nil || errors.Is(err, account.ErrCode) {
		t.Errorf("secret of another user: %v", err)
	}
	for _, bad := range [][]string{nil, {""}, {"k"}, {"k:AAAA"}, {":" + strings.Repeat("A", 43) + "="}, {account.NewKey("a"), account.NewKey("a")}} {
		if _, err := account.ParseKeys(bad); !errors.Is(err, account.ErrKeys) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
