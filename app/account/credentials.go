package account

import (
	"context"
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"
	"github.com/google/uuid"

	"klarbeleg/domain/account"
	"klarbeleg/domain/calendar"
	"klarbeleg/store"
)

// Credentials are shown once, to the administrator or in letters, and kept
// nowhere in this form (REG-2, REG-6). Password or Secret is empty where only the
// other one was made.
type Credentials struct {
	User     User
	Password string
	// Until is the last Berlin day of the password.
	Until calendar.Date
	// SecretText is the secret to be typed in; QR holds it for the app.
	SecretText string
	QR         QR
}

// QR is a QR code: squares of one unit on a field of Size units, its quiet zone
// included.
type QR struct {
	Size int
	// Path draws the dark squares, in the language of SVG paths.
	Path string
	// Dark are the places of the dark squares, from the top left corner.
	Dark [][2]int
}

// quietZone is the white frame that a QR code needs, in units.
const quietZone = 4

func newQR(text string) (QR, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return QR{}, fmt.Errorf("make QR code: %w", err)
	}
	bounds := code.Bounds()
	var path strings.Builder
	var dark [][2]int
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				dark = append(dark, [2]int{x + quietZone, y + quietZone})
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quietZone, y+quietZone)
			}
		}
	}
	return QR{Size: bounds.Dx() + 2*quietZone, Path: path.String(), Dark: dark}, nil
}

// givePassword makes a new initial password for the row.
func (s *Service) givePassword(ctx context.Context, a *store.Account, byPost bool) (string, error) {
	password := account.NewInitialPassword()
	hash, err := s.hash.make(ctx, password)
	if err != nil {
		return "", err
	}
	now := s.clock.Now()
	ends := s.rules.InitialEnds(now, byPost)
	if a.PasswordHash != "" {
		a.OldHashes = append([]string{a.PasswordHash}, a.OldHashes[:min(len(a.OldHashes), keepHashes-1)]...)
	}
	a.PasswordHash, a.PasswordSetAt, a.PasswordInitial, a.PasswordEndsAt, a.State = hash, &now, true, &ends, account.Invited
	return password, nil
}

// giveSecret makes a new secret for one-time codes for the row.
func (s *Service) giveSecret(a *store.Account) (secret []byte) {
	secret = account.NewCodeSecret()
	a.CodeSecret = s.keys.seal(secret, a.ID.String())
	return secret
}

// show fills in what belongs to the secret.
func (s *Service) show(c *Credentials, secret []byte) (err error) {
	c.SecretText = account.CodeSecretText(secret)
	c.QR, err = newQR(account.CodeAddress(secret, s.rules.Portal, c.User.Email))
	return err
}

// newAccount makes the row of a user with both credentials.
func (s *Service) newAccount(ctx context.Context, i Institution, n NewUser, byPost bool) (*store.Account, Credentials, error) {
	id, err := newID()
	if err != nil {
		return nil, Credentials{}, err
	}
	a := &store.Account{
		ID: id, Institution: i.ID, InstitutionName: i.Name, Email: n.Email, Name: n.Name, Role: n.Role, OldHashes: []string{}, CreatedAt: s.clock.Now(),
	}
	var c Credentials
	if c.Password, err = s.givePassword(ctx, a, byPost); err != nil {
		return nil, c, err
	}
	secret := s.giveSecret(a)
	c.User = s.user(a)
	c.Until = c.User.InitialUntil
	return a, c, s.show(&c, secret)
}

// CreateUser adds a user to the institution and returns the credentials, which
// nobody can show again (REG-5, REG-6).
func (s *Service) CreateUser(ctx context.Context, by *Session, n NewUser) (Credentials, error) {
	if !by.User.Administrator() {
		return Credentials{}, ErrForbidden
	}
	n, err := n.check()
	if err != nil {
		return Credentials{}, err
	}
	a, c, err := s.newAccount(ctx, by.Institution, n, false)
	if err != nil {
		return Credentials{}, err
	}
	err = s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := store.AddAccount(ctx, tx, a); err != nil {
			return taken(err)
		}
		e := s.event(eventCreated, a)
		e.Actor = by.User.ID
		return store.AddAccountEvent(ctx, tx, e)
	})
	if err != nil {
		return Credentials{}, err
	}
	return c, nil
}

// NewPassword makes a new initial password for a user and ends the user's
// sessions; one-time codes stay as they are (REG-7).
func (s *Service) NewPassword(ctx context.Context, by *Session, id uuid.UUID) (c Credentials, err error) {
	if by.User.ID == id {
		return c, account.ErrSelf
	}
	err = s.change(ctx, by, id, store.AccountEvent{Kind: eventPassword}, func(ctx context.Context, tx store.Tx, a *store.Account) error {
		if c.Password, err = s.givePassword(ctx, a, false); err != nil {
			return err
		}
		c.User = s.user(a)
		c.Until = c.User.InitialUntil
		if err := store.ClearBrake(ctx, tx, accountKey(a.Email)); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, a, mailPassword); err != nil {
			return err
		}
		return store.EndSessions(ctx, tx, store.SessionsEnd{User: id, Why: account.EndedSecrets, At: s.clock.Now()})
	})
	if err != nil {
		return Credentials{}, err
	}
	return c, nil
}

// NewSecret makes a new secret for the one-time codes of a user; the old app
// entry is void and the user's sessions end (REG-7).
func (s *Service) NewSecret(ctx context.Context, by *Session, id uuid.UUID) (c Credentials, err error) {
	if by.User.ID == id {
		return c, account.ErrSelf
	}
	err = s.change(ctx, by, id, store.AccountEvent{Kind: eventSecret}, func(ctx context.Context, tx store.Tx, a *store.Account) error {
		if !a.State.MayLogIn() {
			return account.ErrState
		}
		secret := s.giveSecret(a)
		c.User = s.user(a)
		if err := s.show(&c, secret); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, a, mailSecret); err != nil {
			return err
		}
		return store.EndSessions(ctx, tx, store.SessionsEnd{User: id, Why: account.EndedSecrets, At: s.clock.Now()})
	})
	if err != nil {
		return Credentials{}, err
	}
	return c, nil
}

// Admission is an institution that gets access, with its first user, who is
// administrator (REG-5).
type Admission struct {
	Institution string
	IKs         []string
	First       NewUser
}

// Admit adds the institution and returns the credentials for the two letters
// (REG-2).
func (s *Service) Admit(ctx context.Context, n Admission) (c Credentials, err error) {
	p, err := s.prepare(ctx, n)
	if err != nil {
		return c, err
	}
	if err := s.db.InTx(ctx, p.write); err != nil {
		return c, err
	}
	return p.credentials, nil
}

// prepared is an admission whose slow part, the hash, is done.
type prepared struct {
	s           *Service
	admission   Admission
	row         *store.Account
	credentials Credentials
}

func (s *Service) prepare(ctx context.Context, n Admission) (p prepared, err error) {
	n.First.Role = account.Administrator
	if n.First, err = n.First.check(); err != nil {
		return p, err
	}
	if err := checkInstitution(n.Institution); err != nil {
		return p, err
	}
	id, err := newID()
	if err != nil {
		return p, err
	}
	p = prepared{s: s, admission: n}
	p.row, p.credentials, err = s.newAccount(ctx, Institution{ID: id, Name: n.Institution}, n.First, true)
	return p, err
}

func (p prepared) write(ctx context.Context, tx store.Tx) error {
	n := store.NewInstitution{ID: p.row.Institution, Name: p.admission.Institution, IKs: p.admission.IKs, At: p.row.CreatedAt}
	if err := store.AddInstitution(ctx, tx, n); err != nil {
		return err
	}
	if err := store.AddAccount(ctx, tx, p.row); err != nil {
		return taken(err)
	}
	e := p.s.event(eventInstitution, p.row)
	e.Actor = uuid.Nil
	return store.AddAccountEvent(ctx, tx, e)
}
