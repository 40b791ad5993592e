package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Limits of the transaction helper.
const (
	// maxTxAttempts bounds retries of serialization failures and deadlocks.
	maxTxAttempts = 5
	// retryBase is the first pause before a retry; it doubles and is jittered.
	retryBase = 5 * time.Millisecond
)

// ErrNotFound is returned where one row was asked for and none is there.
var ErrNotFound = errors.New("not found")

// DB is the database. It is safe for concurrent use.
type DB struct {
	pool *pgxpool.Pool
}

// New returns a DB on the pool; the caller closes the pool.
func New(pool *pgxpool.Pool) *DB { return &DB{pool: pool} }

// ErrAddress says that the address of the database cannot be read; it does not
// quote it, since it may hold a password.
var ErrAddress = errors.New("address is not a PostgreSQL address")

// Open opens a DB at the address with at most conns connections; Close ends them.
// It does not connect yet.
func Open(ctx context.Context, url string, conns int32) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, ErrAddress
	}
	cfg.MaxConns = conns
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.RuntimeParams["application_name"] = "klarbeleg"
	// A process that stands still inside a transaction must not hold its locks for
	// as long as it stands; no transaction of ours thinks for a minute.
	cfg.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "60s"
	// A machine that vanishes says no goodbye: within 25 s the server ends its
	// sessions, and with them its locks and leaderships (default: two hours).
	cfg.ConnConfig.RuntimeParams["tcp_keepalives_idle"] = "10"
	cfg.ConnConfig.RuntimeParams["tcp_keepalives_interval"] = "5"
	cfg.ConnConfig.RuntimeParams["tcp_keepalives_count"] = "3"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", clean(err))
	}
	return New(pool), nil
}

// Close ends the connections.
func (db *DB) Close() { db.pool.Close() }

// CreateDatabase creates a database on the server at the address, if it is
// missing.
func CreateDatabase(ctx context.Context, url, name string) (err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect to database: %w", clean(err))
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize())
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42P04" { // it is there
		return nil
	}
	return clean(err)
}

// Pool returns the pool for packages that own their SQL tests.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Tx is an open transaction, handed to the function given to DB.InTx. It has no
// methods for callers outside this package but the repositories' functions.
type Tx struct {
	pgx.Tx
}

// Savepoint sets a savepoint; savepoints nest.
func (tx Tx) Savepoint(ctx context.Context) error { return tx.run(ctx, "savepoint klarbeleg") }

// RollbackToSavepoint takes back everything since the newest savepoint and
// removes it.
func (tx Tx) RollbackToSavepoint(ctx context.Context) error {
	if err := tx.run(ctx, "rollback to savepoint klarbeleg"); err != nil {
		return err
	}
	return tx.ReleaseSavepoint(ctx)
}

// ReleaseSavepoint removes the newest savepoint and keeps what came after it.
func (tx Tx) ReleaseSavepoint(ctx context.Context) error {
	return tx.run(ctx, "release savepoint klarbeleg")
}

func (tx Tx) run(ctx context.Context, statement string) error {
	if _, err := tx.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

type txKey struct{}

// InTx runs work in one transaction: commits if it returns nil, rolls back on
// error and on panic. Serialization failures and deadlocks are retried with a
// cap. It refuses to nest: a second transaction inside the first would wait for
// locks of its own caller.
func (db *DB) InTx(ctx context.Context, work func(ctx context.Context, tx Tx) error) error {
	if ctx.Value(txKey{}) != nil {
		panic("store: nested transaction")
	}
	inner := context.WithValue(ctx, txKey{}, true)
	for attempt := 1; ; attempt++ {
		err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error { return work(inner, Tx{tx}) })
		if err == nil || attempt == maxTxAttempts || !retryable(err) {
			return clean(err)
		}
		pause := retryBase << attempt
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause/2 + rand.N(pause)): //nolint:gosec // jitter needs no secrecy
		}
	}
}

// Ping asks the database for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.pool.Ping(ctx); err != nil {
		return fmt.Errorf("database does not answer: %w", clean(err))
	}
	return nil
}

// retryable reports whether the transaction failed only because of another one.
func retryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// UniqueViolation reports whether err is a violation of the unique index named.
func UniqueViolation(err error, index string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505" && pg.ConstraintName == index
}

// Transient reports whether err is a passing condition of the database:
// connection lost, server starting or stopping, disk full, read-only, too many
// connections, timeouts, deadlock. The same work may succeed later (F-16 to
// F-24).
func Transient(err error) bool {
	if err == nil {
		return false
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code[:2] {
		case "08", "40", "53", "55", "57", "58":
			return true
		}
		return pg.Code == "25006"
	}
	var connect *pgconn.ConnectError
	var data *DataError
	return errors.As(err, &connect) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) ||
		errors.Is(err, errConnection) || (!errors.As(err, &data) && isNetwork(err))
}

// DataError says that a stored or given value cannot be used; its text names
// the field, never the value.
type DataError struct{ Field string }

func (e *DataError) Error() string { return "unusable value in " + e.Field }

// clean strips from PostgreSQL errors what may carry row values (PRV-3): detail,
// where, internal query, and the message of a data exception. Code, table and
// constraint stay.
func clean(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		pg.Detail, pg.Where, pg.InternalQuery, pg.Hint = "", "", "", ""
		if strings.HasPrefix(pg.Code, "22") {
			pg.Message = "unusable value"
		}
	}
	return err
}
