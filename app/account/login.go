package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"klarbeleg/domain/account"
	"klarbeleg/store"
)

// Token is what the cookie of a session holds: 256 random bits. Only its hash is
// stored (ASVS 7.2.3).
type Token string

func newToken() (Token, []byte) {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // cannot fail: the program would end
	t := Token(base64.RawURLEncoding.EncodeToString(random))
	return t, t.hash()
}

func (t Token) hash() []byte {
	sum := sha256.Sum256([]byte(t))
	return sum[:]
}

// brakeKey hashes what a failure is counted by.
func brakeKey(kind, value string) []byte {
	sum := sha256.Sum256([]byte("klarbeleg login brake\x00" + kind + "\x00" + value))
	return sum[:]
}

func accountKey(email string) []byte { return brakeKey("account", strings.ToLower(email)) }

// Login checks the first factor and returns the token of a session that waits for
// the one-time code and allows nothing else. address names the client's network.
// Errors are ErrCredentials, ErrInitialExpired, *WaitError or of the database.
func (s *Service) Login(ctx context.Context, email, password, address string) (Token, error) {
	now := s.clock.Now()
	email = strings.TrimSpace(email)
	blocked, failures, err := s.db.TakeAttempt(ctx, now,
		store.BrakeKey{Key: brakeKey("address", address), Brake: account.AddressBrake()},
		store.BrakeKey{Key: accountKey(email), Brake: account.AccountBrake()})
	if err != nil {
		return "", err
	}
	a, err := s.db.AccountByEmail(ctx, email)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	known := err == nil
	if blocked.After(now) {
		return "", &WaitError{Until: blocked}
	}
	ok, stale, err := s.hash.matches(ctx, password, a.PasswordHash)
	switch {
	case err != nil:
		return "", err
	case !ok || !known || !a.State.MayLogIn() || len(a.CodeSecret) == 0:
		return "", errors.Join(ErrCredentials, s.noteRefusal(ctx, &a, detailCredentials), s.warn(ctx, &a, failures[1]))
	case a.PasswordInitial && a.PasswordEndsAt != nil && !now.Before(*a.PasswordEndsAt):
		return "", errors.Join(ErrInitialExpired, s.noteRefusal(ctx, &a, detailInitialExpired))
	}
	if stale {
		if err := s.rehash(ctx, &a, password); err != nil {
			return "", err
		}
	}
	return s.beginSession(ctx, a.ID)
}

func (s *Service) noteRefusal(ctx context.Context, a *store.Account, why string) error {
	e := s.event(eventRefused, a)
	e.Actor, e.Detail = uuid.Nil, why
	return s.note(ctx, e)
}

func (s *Service) rehash(ctx context.Context, a *store.Account, password string) error {
	fresh, err := s.hash.make(ctx, password)
	if err != nil {
		return err
	}
	return s.db.RefreshHash(ctx, a.ID, a.PasswordHash, fresh)
}

func (s *Service) beginSession(ctx context.Context, user uuid.UUID) (Token, error) {
	id, err := newID()
	if err != nil {
		return "", err
	}
	token, hash := newToken()
	now := s.clock.Now()
	err = s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		return store.AddSession(ctx, tx, store.Session{ID: id, User: user, Waiting: true, CreatedAt: now, LastUsedAt: now}, hash)
	})
	return token, err
}

// Waiting reports whether the token belongs to a session that waits for a code;
// if not, it returns an *EndedError.
func (s *Service) Waiting(ctx context.Context, t Token) error {
	_, _, err := s.load(ctx, t, true)
	return err
}

// Code checks the second factor and returns the new token of the session, which
// has the rights of the user now (ASVS 7.2.4). Errors are ErrCode, ErrCodeUsed,
// *ClockError, *EndedError after too many tries or too much time, or of the
// database.
func (s *Service) Code(ctx context.Context, t Token, code, address string) (Token, error) {
	session, a, err := s.load(ctx, t, true)
	if err != nil {
		return "", err
	}
	ok, err := s.db.TryCode(ctx, session.ID, account.MaxCodeTries)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", s.end(ctx, session.ID, account.EndedCode)
	}
	secret, err := s.keys.open(a.CodeSecret, a.ID.String())
	if err != nil {
		return "", err
	}
	now := s.clock.Now()
	match := account.MatchCode(secret, code, now, a.CodeLastStep)
	if match.Result != account.CodeFits {
		refused := refusal(match)
		e := s.event(eventCodeRefused, &a)
		e.Detail = codeDetail(match.Result)
		return "", errors.Join(refused, s.note(ctx, e))
	}
	return s.complete(ctx, session, &a, match.Step, address)
}

func refusal(m account.CodeMatch) error {
	switch m.Result {
	case account.CodeUsed:
		return ErrCodeUsed
	case account.CodeClock:
		return &ClockError{Ahead: m.Ahead}
	default:
		return ErrCode
	}
}

func codeDetail(r account.CodeResult) string {
	switch r {
	case account.CodeUsed:
		return "used"
	case account.CodeClock:
		return "clock"
	default:
		return "wrong"
	}
}

// complete ends the login. The step is taken in the same transaction: of twenty
// uses of a code at the same time one passes (ASVS 6.5.1).
func (s *Service) complete(ctx context.Context, session store.Session, a *store.Account, step int64, address string) (Token, error) {
	now := s.clock.Now()
	token, hash := newToken()
	refused := error(nil)
	err := s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		refused = nil
		used, err := store.UseCode(ctx, tx, a.ID, step, now)
		if err != nil {
			return err
		}
		if !used {
			refused = ErrCodeUsed
			return nil
		}
		live, err := store.RenewSession(ctx, tx, session.ID, hash, now)
		if err != nil {
			return err
		}
		if !live {
			refused = &EndedError{Why: account.EndedAccess}
			return nil
		}
		return errors.Join(
			store.ClearBrake(ctx, tx, accountKey(a.Email)),
			store.RefundAttempt(ctx, tx, brakeKey("address", address), now),
			store.AddAccountEvent(ctx, tx, s.event(eventLogin, a)),
		)
	})
	if err := errors.Join(err, refused); err != nil {
		return "", err
	}
	return token, nil
}

// touchEvery bounds how often the use of a session is written.
const touchEvery = 20 * time.Second

// Session returns the session of the token and notes its use; an *EndedError if
// there is none, with the reason if it was one. It is asked on every request, so
// whatever changes counts at once (REG-8, REG-11).
func (s *Service) Session(ctx context.Context, t Token) (*Session, error) {
	row, a, err := s.load(ctx, t, false)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	if now.Sub(row.LastUsedAt) >= touchEvery {
		if err := s.db.TouchSession(ctx, row.ID, now); err != nil {
			return nil, err
		}
	}
	return &Session{
		id: row.ID, User: s.user(&a), Institution: Institution{ID: a.Institution, Name: a.InstitutionName},
		Duty: s.rules.PasswordDuty(a.PasswordInitial, *a.PasswordSetAt, now),
	}, nil
}

// load returns a live session and its user. One that is over by time is ended
// here.
func (s *Service) load(ctx context.Context, t Token, waiting bool) (store.Session, store.Account, error) {
	row, a, err := s.db.SessionByToken(ctx, t.hash())
	if errors.Is(err, store.ErrNotFound) {
		return row, a, &EndedError{}
	}
	if err != nil {
		return row, a, err
	}
	switch why := s.rules.SessionEnd(row.CreatedAt, row.LastUsedAt, s.clock.Now(), row.Waiting); {
	case row.EndedBy != account.Lives:
		return row, a, &EndedError{Why: row.EndedBy}
	case why != account.Lives:
		return row, a, s.end(ctx, row.ID, why)
	case !a.State.MayLogIn() || a.PasswordSetAt == nil:
		return row, a, s.end(ctx, row.ID, account.EndedAccess)
	case row.Waiting != waiting:
		return row, a, &EndedError{}
	}
	return row, a, nil
}

// end ends the session and returns the error that says so.
func (s *Service) end(ctx context.Context, id uuid.UUID, why account.Ending) error {
	err := s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		return store.EndSession(ctx, tx, id, why, s.clock.Now())
	})
	if err != nil {
		return err
	}
	return &EndedError{Why: why}
}

// Logout ends the session of the token, if there is one (ASVS 7.4.1).
func (s *Service) Logout(ctx context.Context, t Token) error {
	row, a, err := s.db.SessionByToken(ctx, t.hash())
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(
			store.EndSession(ctx, tx, row.ID, account.EndedLogout, s.clock.Now()),
			store.AddAccountEvent(ctx, tx, s.event(eventLogout, &a)),
		)
	})
}
