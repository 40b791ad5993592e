// Package testdb gives each test a database of its own in a real PostgreSQL,
// with all migrations applied. One server runs per test binary and ends with it;
// each test gets a clone of one migrated template. Only tests import it. A
// missing PostgreSQL fails the test; only -short skips.
//
// One goroutine lives until the process ends: leak checks ignore it
// with goleak.IgnoreAnyFunction("klarbeleg/internal/child.(*Process).run").
package testdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"klarbeleg/internal/filelock"
	"klarbeleg/internal/pgserver"
	"klarbeleg/schema"
)

const (
	template = "template_klarbeleg"
	// stepTimeout bounds creating and dropping one database; it takes about 30 ms
	// on an idle machine.
	stepTimeout = time.Minute
	// maxConnections allows many parallel tests, each with a pool of its own.
	maxConnections = "400"
)

// New returns a pool on a fresh migrated database; both are gone after the test.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), URL(t))
	if err != nil {
		t.Fatalf("open test database: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// URL returns the address of a fresh migrated database, dropped after the test
// even when connections are left open.
func URL(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("needs PostgreSQL: skipped by -short")
	}
	server, err := sharedServer()
	if err != nil {
		t.Fatalf("test database server: %v", err)
	}
	name := fmt.Sprintf("test_%d", counter.Add(1))
	if err := execute(server, "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY wal_log"); err != nil {
		t.Fatalf("create test database: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop test database: %v", err)
		}
	})
	return server.URL(name)
}

// These two are the exception to "no package-level state": a test binary has no
// place to pass them through, and one server per test would cost a second each.
var (
	sharedServer = sync.OnceValues(startServer)
	counter      atomic.Int64
)

// startServer starts the server of this test binary, without durability: its
// data live as long as the tests. It ends with the process (pgserver sets a
// parent-death signal); the next test binary removes the folder.
func startServer() (*pgserver.Server, error) {
	removeLeftovers()
	// The user who runs PostgreSQL for root must be able to enter: no MkdirTemp.
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("%s%d", prefix, os.Getpid()))
	cache, err := pgserver.DefaultCacheDir()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*stepTimeout)
	defer cancel()
	server, err := pgserver.Start(ctx, pgserver.Config{
		DataDir:  dir,
		CacheDir: cache,
		Parameters: map[string]string{
			"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
			"max_connections": maxConnections, "autovacuum": "off", "shared_buffers": "64MB",
			"max_wal_size": "2GB",
		},
	})
	if err != nil {
		return nil, err
	}
	if err := execute(server, "CREATE DATABASE "+template); err != nil {
		return nil, err
	}
	if err := schema.Migrate(ctx, server.URL(template)); err != nil {
		return nil, fmt.Errorf("migrate template: %w", err)
	}
	return server, nil
}

// execute runs one statement on a connection of its own: a pool would keep
// goroutines alive that a leak check sees.
func execute(server *pgserver.Server, statement string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), stepTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, server.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, statement)
	return err
}

const prefix = "klarbeleg-testdb-"

// removeLeftovers removes the folders of test binaries that have ended: their
// lock is free. What cannot be removed stays for the next time.
func removeLeftovers() {
	locks, err := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*.lock"))
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, lock := range locks {
		held, err := filelock.Take(lock)
		if err != nil {
			continue
		}
		dir := strings.TrimSuffix(lock, ".lock")
		for _, path := range []string{dir, dir + ".new", dir + ".log", dir + ".log.1", lock} {
			_ = os.RemoveAll(path)
		}
		_ = held.Release()
	}
}
