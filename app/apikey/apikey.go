// Package apikey is the use case "a program signs in": it makes, lists, revokes
// and recognises the API keys of institutions (DTA-8, COR-17). A key is shown
// once; only its hash is kept. Doors ask Authenticate; operators make keys by
// command.
package apikey

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"klarbeleg/domain/calendar"
	"klarbeleg/internal/clock"
	"klarbeleg/store"
)

// Scope is what a key allows.
type Scope string

// Deliveries allows to upload deliveries and to read their receipts (DTA-8).
const Deliveries Scope = "deliveries"

// Scopes lists all scopes.
func Scopes() []Scope { return []Scope{Deliveries} }

// Errors of Authenticate: the key does not exist or its secret is wrong, which
// is not told apart; it was revoked; its time is over. Whoever learns the last
// two has shown the right secret.
var (
	ErrUnknown = errors.New("API key is unknown")
	ErrRevoked = errors.New("API key is revoked")
	ErrExpired = errors.New("API key has expired")
	// ErrUnavailable says that the database does not answer: try again later.
	ErrUnavailable = errors.New("API key cannot be looked up at the moment")
)

// ErrInput says that a key cannot be made as asked for; its text says why.
var ErrInput = errors.New("API key cannot be made")

// maxMonths bounds the life of a key, maxName the length of its name.
const (
	maxMonths = 12
	maxName   = 80
)

// New is a key to be made.
type New struct {
	// IK is the institution that gets the key.
	IK string
	// SenderIKs are those for which it may send besides.
	SenderIKs []string
	// Name tells the keys of an institution apart, as the program that uses it.
	Name   string
	Scopes []Scope
	// ExpiresOn is the last Berlin day of the key, at most 12 months ahead; zero
	// is 12 months ahead.
	ExpiresOn calendar.Date
}

// Key is a key without its secret.
type Key struct{ store.APIKey }

// Allows reports whether the key has the scope.
func (k Key) Allows(s Scope) bool { return slices.Contains(k.Scopes, string(s)) }

// Senders returns the IKs for which the key's institution may send.
func (k Key) Senders() []string { return append([]string{k.IK}, k.SenderIKs...) }

// Service makes and recognises keys.
type Service struct {
	db    *store.DB
	clock clock.Clock
}

// NewService returns the service.
func NewService(db *store.DB, c clock.Clock) *Service { return &Service{db: db, clock: c} }

// Create makes a key and returns it with its full text, which nobody can show
// again. Errors are ErrInput or of the database.
func (s *Service) Create(ctx context.Context, n New) (Key, string, error) {
	now := s.clock.Now()
	if err := n.check(calendar.InBerlin(now)); err != nil {
		return Key{}, "", err
	}
	t := newToken()
	sum := sha256.Sum256(t.secret)
	k := Key{store.APIKey{
		ID: t.id, IK: n.IK, SenderIKs: append([]string{}, n.SenderIKs...), Name: n.Name, SecretSHA256: sum[:],
		CreatedAt: now, ExpiresAt: n.ExpiresOn.EndInBerlin(),
	}}
	for _, scope := range n.Scopes {
		k.Scopes = append(k.Scopes, string(scope))
	}
	if err := s.db.AddAPIKey(ctx, &k.APIKey); err != nil {
		return Key{}, "", err
	}
	return k, t.String(), nil
}

var institution = regexp.MustCompile(`^[0-9]{9}$`)

// check fills in the default and says what is wrong.
func (n *New) check(today calendar.Date) error {
	last := today.AddMonths(maxMonths)
	if n.ExpiresOn.IsZero() {
		n.ExpiresOn = last
	}
	for _, ik := range append([]string{n.IK}, n.SenderIKs...) {
		if !institution.MatchString(ik) {
			return fmt.Errorf("%w: an IK has 9 digits", ErrInput)
		}
	}
	if len(n.Scopes) == 0 {
		return fmt.Errorf("%w: no scope: %v", ErrInput, Scopes())
	}
	for _, scope := range n.Scopes {
		if !slices.Contains(Scopes(), scope) {
			return fmt.Errorf("%w: unknown scope: one of %v", ErrInput, Scopes())
		}
	}
	switch {
	case strings.TrimSpace(n.Name) == "" || !utf8.ValidString(n.Name) || utf8.RuneCountInString(n.Name) > maxName ||
		strings.ContainsFunc(n.Name, unicode.IsControl):
		return fmt.Errorf("%w: the name has 1 to %d printable characters", ErrInput, maxName)
	case n.ExpiresOn < today || n.ExpiresOn > last:
		return fmt.Errorf("%w: the last day lies between today and %s", ErrInput, last)
	}
	return nil
}

// List returns the keys of an institution, of all for "".
func (s *Service) List(ctx context.Context, ik string) ([]Key, error) {
	rows, err := s.db.APIKeys(ctx, ik)
	if err != nil {
		return nil, err
	}
	keys := make([]Key, len(rows))
	for i := range rows {
		keys[i] = Key{rows[i]}
	}
	return keys, nil
}

// Revoke ends a key at once; store.ErrNotFound if there is none.
func (s *Service) Revoke(ctx context.Context, id string) error {
	return s.db.RevokeAPIKey(ctx, id, s.clock.Now())
}

// Authenticate returns the key of the text. It takes the same time for a wrong
// secret as for the right one.
func (s *Service) Authenticate(ctx context.Context, text string) (Key, error) {
	t, ok := parseToken(text)
	if !ok {
		return Key{}, ErrUnknown
	}
	row, err := s.db.APIKey(ctx, t.id)
	unknown := errors.Is(err, store.ErrNotFound)
	if err != nil && !unknown {
		return Key{}, unavailable(err)
	}
	stored := row.SecretSHA256
	if unknown {
		stored = make([]byte, sha256.Size) // compare all the same
	}
	sum := sha256.Sum256(t.secret)
	if subtle.ConstantTimeCompare(sum[:], stored) != 1 || unknown {
		return Key{}, ErrUnknown
	}
	now := s.clock.Now()
	if err := usable(&row, now); err != nil {
		return Key{}, err
	}
	if err := s.db.UseAPIKey(ctx, row.ID, now); err != nil {
		return Key{}, unavailable(err)
	}
	return Key{row}, nil
}

// unavailable marks passing conditions of the database.
func unavailable(err error) error {
	if store.Transient(err) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

func usable(k *store.APIKey, now time.Time) error {
	switch {
	case k.RevokedAt != nil:
		return ErrRevoked
	case !now.Before(k.ExpiresAt):
		return ErrExpired
	default:
		return nil
	}
}
