// Package account is what people do with their accounts of the service portal:
// log in with password and one-time code, change the password, administer the
// users of the own institution (REG-3 to REG-11, SES-1, SES-2, OPS-6). Every
// function for administrators asks for the session of the one who acts, checks
// the right itself and reaches users of that institution only. Passwords, codes
// and secrets appear in no error and no log.
package account

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/google/uuid"

	"klarbeleg/domain/account"
	"klarbeleg/internal/clock"
	"klarbeleg/store"
)

// Errors of the login. ErrCredentials does not tell whether the account exists
// (ASVS 6.3.8).
var (
	ErrCredentials    = errors.New("address or password is wrong, or the account has no access")
	ErrInitialExpired = errors.New("initial password has expired")
	ErrCode           = errors.New("one-time code is wrong")
	ErrCodeUsed       = errors.New("one-time code was used before")
)

// WaitError says that too many attempts failed.
type WaitError struct{ Until time.Time }

func (*WaitError) Error() string { return "too many failed attempts" }

// ClockError says that the code belongs to another time (REG-10).
type ClockError struct {
	// Ahead is how far the user's clock is ahead of ours, negative if behind.
	Ahead time.Duration
}

func (*ClockError) Error() string { return "one-time code belongs to another time" }

// EndedError says that there is no session to work in; Why is empty if there
// never was one.
type EndedError struct{ Why account.Ending }

func (*EndedError) Error() string { return "no session" }

// Errors of what a session may do.
var (
	ErrForbidden = errors.New("not allowed for this role")
	ErrNotFound  = errors.New("no such user in this institution")
	ErrTaken     = errors.New("address is in use")
	ErrPassword  = errors.New("current password is wrong")
	ErrInput     = errors.New("input is not usable")
)

// PasswordError says why a new password is refused.
type PasswordError struct{ Fault account.PasswordFault }

func (e *PasswordError) Error() string { return "new password refused: " + string(e.Fault) }

// Settings are the rules and the key of the service.
type Settings struct {
	Rules account.Settings
	// Keys encrypt the secrets of one-time codes.
	Keys *Keys
	// Hash are the parameters of Argon2id; zero is the default.
	Hash HashParameters
}

// Service is the use case.
type Service struct {
	db    *store.DB
	clock clock.Clock
	rules account.Settings
	keys  *Keys
	hash  *hasher
}

// New returns the service.
func New(db *store.DB, c clock.Clock, s Settings) (*Service, error) {
	if s.Keys == nil {
		return nil, errors.New("no key for the secrets of accounts")
	}
	h, err := newHasher(s.Hash, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	return &Service{db: db, clock: c, rules: s.Rules, keys: s.Keys, hash: h}, nil
}

// Rules returns the rules, for what pages say about them.
func (s *Service) Rules() account.Settings { return s.rules }

// Kinds of events; they are stored.
const (
	eventLogin           = "login"
	eventRefused         = "login_refused"
	eventCodeRefused     = "code_refused"
	eventLogout          = "logout"
	eventOwnPassword     = "password_changed"
	eventCreated         = "user_created"
	eventChanged         = "user_changed"
	eventState           = "user_state"
	eventPassword        = "password_made"
	eventSecret          = "secret_made"
	eventSessionsEnded   = "sessions_ended"
	eventInstitution     = "institution_added"
	detailCredentials    = "credentials"
	detailInitialExpired = "initial_expired"
)

// note writes an event in a transaction of its own, for what changes nothing
// else.
func (s *Service) note(ctx context.Context, e store.AccountEvent) error {
	return s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error { return store.AddAccountEvent(ctx, tx, e) })
}

func (s *Service) event(kind string, a *store.Account) store.AccountEvent {
	return store.AccountEvent{At: s.clock.Now(), Kind: kind, Institution: a.Institution, Actor: a.ID, User: a.ID}
}

func newID() (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return id, fmt.Errorf("make id: %w", err)
	}
	return id, nil
}
