package account

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"klarbeleg/domain/account"
	"klarbeleg/internal/blob"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/document"
	"klarbeleg/store"
)

// Applicant is who asks for access (REG-1).
type Applicant struct {
	Institution, Street, City string
	Contact                   NewUser // the role does not matter: it becomes administrator
	Phone                     string
}

// Proof is an IK with the document that legitimates it: the entry at ARGE IK or
// the trade registration (REG-1, REG-4). The first one of a registration is the IK
// of the institution itself.
type Proof struct {
	IK       string
	Document Document
}

// Document is an uploaded file.
type Document interface {
	io.Reader
	io.ReaderAt
	io.Seeker
}

// maxIKs bounds the IKs of one registration.
const maxIKs = 50

// Errors of registrations.
var (
	// ErrDocument: a document is no usable PDF, JPEG, PNG or TIFF of at most 25 MiB.
	ErrDocument = errors.New("document cannot be used")
	// ErrRegistration: there is none with this id, or no such IK in it.
	ErrRegistration = errors.New("no such registration")
	// ErrDecided: the decision does not fit the state.
	ErrDecided = errors.New("registration is decided already")
	// ErrSameOperator: the second approval needs another operator (REG-2).
	ErrSameOperator = errors.New("the other approval was given by the same operator")
	// ErrMainFirst: a further IK is approved after the one of the institution itself.
	ErrMainFirst = errors.New("the IK of the institution itself is not approved yet")
)

// Registrations is the use case of asking for access and granting it.
type Registrations struct {
	db       *store.DB
	blobs    blob.Store
	clock    clock.Clock
	accounts *Service
}

// NewRegistrations returns the use case.
func NewRegistrations(accounts *Service, blobs blob.Store) *Registrations {
	return &Registrations{db: accounts.db, blobs: blobs, clock: accounts.clock, accounts: accounts}
}

var ikForm = regexp.MustCompile(`^[0-9]{9}$`)

func (a Applicant) check() (Applicant, error) {
	for field, v := range map[string]*string{"institution": &a.Institution, "street": &a.Street, "city": &a.City, "phone": &a.Phone} {
		*v = strings.TrimSpace(*v)
		if *v == "" && field != "phone" || utf8.RuneCountInString(*v) > maxName || !utf8.ValidString(*v) || strings.ContainsFunc(*v, unicode.IsControl) {
			return a, &FieldError{field}
		}
	}
	a.Contact.Role = account.Administrator
	var err error
	a.Contact, err = a.Contact.check()
	return a, err
}

func checkProofs(proofs []Proof) error {
	seen := map[string]bool{}
	for _, p := range proofs {
		if !ikForm.MatchString(p.IK) || seen[p.IK] {
			return &FieldError{"ik"}
		}
		seen[p.IK] = true
	}
	if len(proofs) == 0 || len(proofs) > maxIKs {
		return &FieldError{"ik"}
	}
	return nil
}

// Submit stores a registration with its documents and returns its id, which is
// random and the only way to its state (REG-1). Errors are *FieldError,
// ErrDocument or of the stores.
func (r *Registrations) Submit(ctx context.Context, a Applicant, proofs []Proof) (id string, err error) {
	if a, err = a.check(); err != nil {
		return "", err
	}
	if err := checkProofs(proofs); err != nil {
		return "", err
	}
	row := store.Registration{
		ID: rand.Text(), Name: a.Institution, Street: a.Street, City: a.City, ContactName: a.Contact.Name,
		Email: a.Contact.Email, Phone: a.Phone, SubmittedAt: r.clock.Now(),
	}
	for _, p := range proofs {
		k, err := r.keep(ctx, p)
		if err != nil {
			return "", err
		}
		row.IKs = append(row.IKs, k)
	}
	err = r.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		for _, k := range row.IKs {
			if err := store.AddBlob(ctx, tx, hex.EncodeToString(k.Document), k.Bytes, row.SubmittedAt); err != nil {
				return err
			}
		}
		return store.AddRegistration(ctx, tx, &row)
	})
	return row.ID, err
}

// keep inspects a document and puts it into the blob store.
func (r *Registrations) keep(ctx context.Context, p Proof) (k store.RegistrationIK, err error) {
	size, err := p.Document.Seek(0, io.SeekEnd)
	if err != nil {
		return k, fmt.Errorf("measure document: %w", err)
	}
	kind, err := document.Inspect(p.Document, size)
	if errors.Is(err, document.ErrRefused) {
		return k, ErrDocument
	}
	if err != nil {
		return k, fmt.Errorf("inspect document: %w", err)
	}
	if _, err := p.Document.Seek(0, io.SeekStart); err != nil {
		return k, fmt.Errorf("read document: %w", err)
	}
	ref, err := r.blobs.Put(ctx, p.Document)
	if err != nil {
		return k, fmt.Errorf("keep document: %w", err)
	}
	sum, err := hex.DecodeString(ref.Key)
	if err != nil {
		return k, fmt.Errorf("key of document: %w", err)
	}
	return store.RegistrationIK{IK: p.IK, State: account.RegistrationSubmitted, Document: sum, MediaType: string(kind), Bytes: ref.Size}, nil
}

// Open lists the registrations that wait for an operator.
func (r *Registrations) Open(ctx context.Context) ([]store.Registration, error) {
	return r.db.OpenRegistrations(ctx)
}

// Find returns a registration, ErrRegistration if there is none.
func (r *Registrations) Find(ctx context.Context, id string) (store.Registration, error) {
	row, err := r.db.Registration(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return row, ErrRegistration
	}
	return row, err
}

// Document opens the document of an IK.
func (r *Registrations) Document(ctx context.Context, id, ik string) (io.ReadCloser, error) {
	row, err := r.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, k := range row.IKs {
		if k.IK == ik {
			return r.blobs.Open(ctx, hex.EncodeToString(k.Document))
		}
	}
	return nil, ErrRegistration
}

// Verdict is an operator's decision about one IK.
type Verdict struct {
	Registration, IK, Operator string
	// Reason is why it is refused, "" for an approval.
	Reason string
}

// Letters are made when an institution gets access: their contents exist only
// now. An error takes the approval back.
type Letters func(store.Registration, Credentials) error

// Decide enters the verdict. The second approval of the institution's own IK by
// another operator gives access: letters is called with the credentials before
// anything is kept (REG-2, REG-4). It returns the new state of the IK.
func (r *Registrations) Decide(ctx context.Context, v Verdict, letters Letters) (account.RegistrationState, error) {
	row, err := r.Find(ctx, v.Registration)
	if err != nil {
		return "", err
	}
	if v.Operator = strings.TrimSpace(v.Operator); v.Operator == "" {
		return "", &FieldError{"operator"}
	}
	// The hash takes its time and is made before the transaction, in case.
	p, err := r.accounts.prepare(ctx, Admission{
		Institution: row.Name, IKs: []string{v.IK}, First: NewUser{Email: row.Email, Name: row.ContactName},
	})
	if err != nil {
		return "", err
	}
	var next account.RegistrationState
	err = r.db.InTx(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		next, err = r.decide(ctx, tx, v, p, letters)
		return err
	})
	return next, err
}

func (r *Registrations) decide(ctx context.Context, tx store.Tx, v Verdict, p prepared, letters Letters) (next account.RegistrationState, err error) {
	row, err := store.LockRegistration(ctx, tx, v.Registration)
	if err != nil {
		return "", err
	}
	at := -1
	for i, k := range row.IKs {
		if k.IK == v.IK {
			at = i
		}
	}
	if at < 0 {
		return "", ErrRegistration
	}
	state := row.IKs[at].State
	next = nextState(state, v.Reason == "")
	switch {
	case !state.Can(next):
		return "", ErrDecided
	case next == account.RegistrationApproved && at > 0 && row.Institution == nil:
		return "", ErrMainFirst
	}
	d := store.Decision{Registration: v.Registration, IK: v.IK, Operator: v.Operator, Reason: v.Reason, Next: next, At: r.clock.Now()}
	if err := store.Decide(ctx, tx, d); err != nil {
		if errors.Is(err, store.ErrSameOperator) {
			return "", ErrSameOperator
		}
		return "", err
	}
	switch {
	case next != account.RegistrationApproved:
		return next, nil
	case at > 0:
		return next, store.AddIKs(ctx, tx, *row.Institution, []string{v.IK})
	}
	if err := p.write(ctx, tx); err != nil {
		return "", err
	}
	if err := store.LinkRegistration(ctx, tx, row.ID, p.row.Institution); err != nil {
		return "", err
	}
	return next, letters(row, p.credentials)
}

// nextState is what a decision in the state leads to.
func nextState(s account.RegistrationState, approved bool) account.RegistrationState {
	switch {
	case !approved:
		return account.RegistrationRefused
	case s == account.RegistrationSubmitted:
		return account.RegistrationChecked
	default:
		return account.RegistrationApproved
	}
}
