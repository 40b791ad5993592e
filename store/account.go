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

// Account is a user of the portal with the credentials and the institution.
type Account struct {
	ID              uuid.UUID
	Institution     uuid.UUID
	InstitutionName string
	Email, Name     string
	Role            account.Role
	State           account.UserState
	PasswordHash    string
	OldHashes       []string
	PasswordSetAt   *time.Time // nil: no password yet
	PasswordInitial bool
	PasswordEndsAt  *time.Time // of an initial password
	CodeSecret      []byte     // encrypted
	CodeLastStep    int64
	CreatedAt       time.Time
	LastLoginAt     *time.Time
	// Sessions counts those that have not ended; expired ones may be among them.
	Sessions int
}

const accountColumns = `u.id, u.institution_id, i.name, u.email, u.name, u.role, u.state, u.password_hash, u.old_hashes,
	u.password_set_at, u.password_initial, u.password_ends_at, u.code_secret, u.code_last_step, u.created_at, u.last_login_at,
	(select count(*) from user_session s where s.user_id = u.id and s.ended_at is null and not s.waiting)`

const accountTables = ` from app_user u join institution i on i.id = u.institution_id `

// AccountByEmail returns the user with the address who is not deleted,
// ErrNotFound if there is none.
func (db *DB) AccountByEmail(ctx context.Context, email string) (Account, error) {
	return oneAccount(ctx, db.pool, `where lower(u.email) = lower($1) and u.state <> 'deleted'`, email)
}

// Account returns a user of the institution who is not deleted, ErrNotFound if
// there is none (OPS-6).
func (db *DB) Account(ctx context.Context, institution, id uuid.UUID) (Account, error) {
	return oneAccount(ctx, db.pool, `where u.institution_id = $1 and u.id = $2 and u.state <> 'deleted'`, institution, id)
}

// AccountForUpdate is Account for a transaction that has locked the institution.
func AccountForUpdate(ctx context.Context, tx Tx, institution, id uuid.UUID) (Account, error) {
	return oneAccount(ctx, tx, `where u.institution_id = $1 and u.id = $2 and u.state <> 'deleted'`, institution, id)
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func oneAccount(ctx context.Context, q querier, where string, args ...any) (Account, error) {
	rows, err := q.Query(ctx, `select `+accountColumns+accountTables+where, args...)
	if err != nil {
		return Account{}, fmt.Errorf("read user: %w", clean(err))
	}
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Account])
	if errors.Is(err, pgx.ErrNoRows) {
		return a, ErrNotFound
	}
	if err != nil {
		return a, fmt.Errorf("read user: %w", clean(err))
	}
	return a, nil
}

// Accounts returns the users of the institution who are not deleted, by name and
// address.
func (db *DB) Accounts(ctx context.Context, institution uuid.UUID) ([]Account, error) {
	return manyAccounts(ctx, db.pool, institution)
}

// LockAccounts makes changes of the institution's users wait for each other and
// returns the users who are not deleted.
func LockAccounts(ctx context.Context, tx Tx, institution uuid.UUID) ([]Account, error) {
	if err := tx.QueryRow(ctx, `select from institution where id = $1 for update`, institution).Scan(); err != nil {
		return nil, fmt.Errorf("lock institution: %w", err)
	}
	return manyAccounts(ctx, tx, institution)
}

func manyAccounts(ctx context.Context, q querier, institution uuid.UUID) ([]Account, error) {
	rows, err := q.Query(ctx, `select `+accountColumns+accountTables+`
		where u.institution_id = $1 and u.state <> 'deleted' order by lower(u.name), lower(u.email)`, institution)
	if err != nil {
		return nil, fmt.Errorf("read users: %w", clean(err))
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Account])
	if err != nil {
		return nil, fmt.Errorf("read users: %w", clean(err))
	}
	return out, nil
}

// ErrTaken says that a user with this address exists.
var ErrTaken = errors.New("address is taken")

// AddAccount adds a user; ErrTaken if the address is in use. The institution must
// exist.
func AddAccount(ctx context.Context, tx Tx, a *Account) error {
	_, err := tx.Exec(ctx, `insert into app_user (id, institution_id, email, name, role, state, password_hash, password_set_at,
			password_initial, password_ends_at, code_secret, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		a.ID, a.Institution, a.Email, a.Name, a.Role, a.State, a.PasswordHash, a.PasswordSetAt, a.PasswordInitial, a.PasswordEndsAt,
		a.CodeSecret, a.CreatedAt)
	return accountWritten(err)
}

// ChangeAccount writes address, name, role, state, password and secret of a user
// whose institution this transaction has locked. A new secret begins with no code
// used.
func ChangeAccount(ctx context.Context, tx Tx, a *Account) error {
	_, err := tx.Exec(ctx, `update app_user set email = $2, name = $3, role = $4, state = $5, password_hash = $6, old_hashes = $7,
			password_set_at = $8, password_initial = $9, password_ends_at = $10,
			code_last_step = case when code_secret = $11 then code_last_step else 0 end, code_secret = $11
		where id = $1`,
		a.ID, a.Email, a.Name, a.Role, a.State, a.PasswordHash, a.OldHashes, a.PasswordSetAt, a.PasswordInitial, a.PasswordEndsAt, a.CodeSecret)
	return accountWritten(err)
}

func accountWritten(err error) error {
	switch {
	case err == nil:
		return nil
	case UniqueViolation(err, "app_user_email"):
		return ErrTaken
	default:
		return fmt.Errorf("write user: %w", err)
	}
}

// RefreshHash replaces the hash of a password that stays the same, unless the
// password was changed meanwhile.
func (db *DB) RefreshHash(ctx context.Context, user uuid.UUID, old, fresh string) error {
	_, err := db.pool.Exec(ctx, `update app_user set password_hash = $3 where id = $1 and password_hash = $2`, user, old, fresh)
	if err != nil {
		return fmt.Errorf("refresh hash: %w", clean(err))
	}
	return nil
}

// UseCode enters the step of a one-time code and the login; used is false if this
// code or a later one was used before, or the user has no access any more.
func UseCode(ctx context.Context, tx Tx, user uuid.UUID, step int64, now time.Time) (used bool, err error) {
	tag, err := tx.Exec(ctx, `update app_user set code_last_step = $2, last_login_at = $3
		where id = $1 and code_last_step < $2 and state in ('invited', 'active')`, user, step, now)
	if err != nil {
		return false, fmt.Errorf("use code: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// NewInstitution is an institution to be added.
type NewInstitution struct {
	ID   uuid.UUID
	Name string
	IKs  []string
	At   time.Time
}

// ErrIKTaken says that an IK belongs to another institution.
var ErrIKTaken = errors.New("IK belongs to an institution already")

// AddInstitution adds an institution with its IKs, ErrIKTaken if one of them has
// one.
func AddInstitution(ctx context.Context, tx Tx, n NewInstitution) error {
	if _, err := tx.Exec(ctx, `insert into institution (id, name, created_at) values ($1, $2, $3)`, n.ID, n.Name, n.At); err != nil {
		return fmt.Errorf("add institution: %w", err)
	}
	return AddIKs(ctx, tx, n.ID, n.IKs)
}

// AddIKs adds IKs to an institution, ErrIKTaken if one of them has one.
func AddIKs(ctx context.Context, tx Tx, institution uuid.UUID, iks []string) error {
	_, err := tx.Exec(ctx, `insert into institution_ik (ik, institution_id) select unnest($1::text[]), $2`, iks, institution)
	if UniqueViolation(err, "institution_ik_pkey") {
		return ErrIKTaken
	}
	if err != nil {
		return fmt.Errorf("add IKs: %w", err)
	}
	return nil
}

// InstitutionIKs returns the IKs of an institution in their order.
func (db *DB) InstitutionIKs(ctx context.Context, institution uuid.UUID) ([]string, error) {
	rows, err := db.pool.Query(ctx, `select ik from institution_ik where institution_id = $1 order by ik`, institution)
	if err != nil {
		return nil, fmt.Errorf("read IKs: %w", clean(err))
	}
	iks, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read IKs: %w", clean(err))
	}
	return iks, nil
}

// OpenWork is what waits for an institution.
type OpenWork struct {
	// Cases are open correction cases that can be worked on; Corrections are those
	// open in them.
	Cases, Corrections int
	// Deadline is the earliest end of the time for healing; nil without cases.
	Deadline *time.Time
}

// InstitutionWork counts what is open for the IKs of an institution at now.
func (db *DB) InstitutionWork(ctx context.Context, institution uuid.UUID, now time.Time) (w OpenWork, err error) {
	err = db.pool.QueryRow(ctx, `
		select count(*), coalesce(sum((select count(*) from correction c
			where c.correction_case_id = cc.id and c.in_force and c.state = 'open')), 0), min(cc.editable_until)
		from institution_ik ii join correction_case cc on cc.payee_ik = ii.ik
		where ii.institution_id = $1 and cc.state in ('new', 'in_progress') and cc.editable_until > $2`, institution, now).
		Scan(&w.Cases, &w.Corrections, &w.Deadline)
	if err != nil {
		return w, fmt.Errorf("count open work: %w", clean(err))
	}
	return w, nil
}

// AccountEvent is something that happened to an account.
type AccountEvent struct {
	At   time.Time
	Kind string
	// Institution, Actor and User may be uuid.Nil: unknown or none.
	Institution, Actor, User uuid.UUID
	Detail                   string
}

// AddAccountEvent writes an event.
func AddAccountEvent(ctx context.Context, tx Tx, e AccountEvent) error {
	_, err := tx.Exec(ctx, `insert into account_event (at, kind, institution_id, actor_id, user_id, detail) values ($1, $2, $3, $4, $5, $6)`,
		e.At, e.Kind, orNull(e.Institution), orNull(e.Actor), orNull(e.User), e.Detail)
	if err != nil {
		return fmt.Errorf("write account event: %w", err)
	}
	return nil
}

func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
