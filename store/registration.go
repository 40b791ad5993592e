package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"klarbeleg/domain/account"
)

// Registration is a request for access (REG-1).
type Registration struct {
	ID                 string
	Name, Street, City string
	ContactName        string
	Email, Phone       string
	SubmittedAt        time.Time
	Institution        *uuid.UUID // nil until the first IK is approved
	IKs                []RegistrationIK
}

// RegistrationIK is one IK of a registration with its document (REG-4). The first
// one is that of the institution itself.
type RegistrationIK struct {
	IK        string
	State     account.RegistrationState
	Document  []byte // SHA-256
	MediaType string
	Bytes     int64
}

// AddRegistration stores a registration; its IKs are submitted.
func AddRegistration(ctx context.Context, tx Tx, r *Registration) error {
	_, err := tx.Exec(ctx, `insert into registration (id, name, street, city, contact_name, email, phone, submitted_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8)`, r.ID, r.Name, r.Street, r.City, r.ContactName, r.Email, r.Phone, r.SubmittedAt)
	if err != nil {
		return fmt.Errorf("add registration: %w", err)
	}
	for i, k := range r.IKs {
		_, err := tx.Exec(ctx, `insert into registration_ik (registration_id, ik, position, state, document_sha256, media_type, bytes)
			values ($1, $2, $3, $4, $5, $6, $7)`, r.ID, k.IK, i, k.State, k.Document, k.MediaType, k.Bytes)
		if err != nil {
			return fmt.Errorf("add IK of registration: %w", err)
		}
	}
	return nil
}

const registrationColumns = `select id, name, street, city, contact_name, email, phone, submitted_at, institution_id from registration `

// Registration returns a registration, ErrNotFound if there is none.
func (db *DB) Registration(ctx context.Context, id string) (Registration, error) {
	return oneRegistration(ctx, db.pool, id, "")
}

// LockRegistration is Registration; other transactions wait for this one.
func LockRegistration(ctx context.Context, tx Tx, id string) (Registration, error) {
	return oneRegistration(ctx, tx, id, " for update")
}

func oneRegistration(ctx context.Context, q querier, id, lock string) (r Registration, err error) {
	rows, err := q.Query(ctx, registrationColumns+`where id = $1`+lock, id)
	if err != nil {
		return r, fmt.Errorf("read registration: %w", clean(err))
	}
	r, err = pgx.CollectExactlyOneRow(rows, scanRegistration)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, ErrNotFound
	}
	if err != nil {
		return r, fmt.Errorf("read registration: %w", clean(err))
	}
	return r, readIKs(ctx, q, &r)
}

func scanRegistration(row pgx.CollectableRow) (r Registration, err error) {
	err = row.Scan(&r.ID, &r.Name, &r.Street, &r.City, &r.ContactName, &r.Email, &r.Phone, &r.SubmittedAt, &r.Institution)
	return r, err
}

func readIKs(ctx context.Context, q querier, r *Registration) error {
	rows, err := q.Query(ctx, `select ik, state, document_sha256, media_type, bytes from registration_ik where registration_id = $1 order by position`, r.ID)
	if err != nil {
		return fmt.Errorf("read IKs of registration: %w", clean(err))
	}
	if r.IKs, err = pgx.CollectRows(rows, pgx.RowToStructByPos[RegistrationIK]); err != nil {
		return fmt.Errorf("read IKs of registration: %w", clean(err))
	}
	return nil
}

// maxRegistrations bounds a list for people.
const maxRegistrations = 200

// OpenRegistrations returns the oldest registrations with an IK that waits for an
// operator.
func (db *DB) OpenRegistrations(ctx context.Context) ([]Registration, error) {
	rows, err := db.pool.Query(ctx, registrationColumns+`where exists (select from registration_ik k
		where k.registration_id = id and k.state in ('submitted', 'checked')) order by submitted_at, id limit $1`, maxRegistrations)
	if err != nil {
		return nil, fmt.Errorf("read registrations: %w", clean(err))
	}
	out, err := pgx.CollectRows(rows, scanRegistration)
	if err != nil {
		return nil, fmt.Errorf("read registrations: %w", clean(err))
	}
	for i := range out {
		if err := readIKs(ctx, db.pool, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ErrSameOperator says that this operator has decided about this IK before.
var ErrSameOperator = errors.New("operator has decided before")

// Decision is what an operator decided about an IK of a registration.
type Decision struct {
	Registration, IK, Operator string
	// Reason is "" for an approval.
	Reason string
	Next   account.RegistrationState
	At     time.Time
}

// Decide enters a decision and the new state, ErrSameOperator if the operator has
// decided before (REG-2).
func Decide(ctx context.Context, tx Tx, d Decision) error {
	_, err := tx.Exec(ctx, `insert into registration_decision (registration_id, ik, operator, approved, reason, at) values ($1, $2, $3, $4, $5, $6)`,
		d.Registration, d.IK, d.Operator, d.Reason == "", d.Reason, d.At)
	if UniqueViolation(err, "registration_decision_pkey") {
		return ErrSameOperator
	}
	if err != nil {
		return fmt.Errorf("enter decision: %w", err)
	}
	if _, err := tx.Exec(ctx, `update registration_ik set state = $3 where registration_id = $1 and ik = $2`, d.Registration, d.IK, d.Next); err != nil {
		return fmt.Errorf("enter state: %w", err)
	}
	return nil
}

// LinkRegistration notes the institution that came out of a registration.
func LinkRegistration(ctx context.Context, tx Tx, id string, institution uuid.UUID) error {
	if _, err := tx.Exec(ctx, `update registration set institution_id = $2 where id = $1`, id, institution); err != nil {
		return fmt.Errorf("link registration: %w", err)
	}
	return nil
}

// CompleteRegistration ends the registrations of an institution: its user has
// changed the password (REG-3).
func CompleteRegistration(ctx context.Context, tx Tx, institution uuid.UUID) error {
	_, err := tx.Exec(ctx, `update registration_ik k set state = 'completed' from registration r
		where r.id = k.registration_id and r.institution_id = $1 and k.state = 'approved'`, institution)
	if err != nil {
		return fmt.Errorf("complete registration: %w", err)
	}
	return nil
}
