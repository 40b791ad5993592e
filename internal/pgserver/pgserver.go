// Package pgserver runs a real PostgreSQL that belongs to this program: it finds
// the binaries, creates the data folder, starts the server on loopback and stops
// it with the program, even when the program is killed. It serves embedded mode
// and the tests (OPS-1); in production the database is somebody else's.
// Linux only: it relies on parent-death signals and file locks.
package pgserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"klarbeleg/internal/child"
	"klarbeleg/internal/filelock"
)

const (
	superuser = "klarbeleg"
	// pollInterval is how often a starting server is asked whether it is ready;
	// a warm start takes about 50 ms.
	pollInterval = 5 * time.Millisecond
	// startTimeout covers crash recovery of a large data folder on a slow disk.
	startTimeout = 2 * time.Minute
	// portAttempts bounds the retries when another process takes the free port
	// between our look and the server's bind.
	portAttempts = 3
	// killGrace is what an immediate shutdown gets before SIGKILL.
	killGrace = 2 * time.Second
)

// ErrInUse says that another process works in the data folder.
var ErrInUse = errors.New("the database folder is in use by another process")

// Config says where and how the server runs. Only DataDir is required.
type Config struct {
	// DataDir is the cluster's folder; it is created when missing. Next to it lie
	// DataDir.lock and DataDir.log. When the program runs as root, the folder is
	// given to the user postgres or nobody, who must be able to enter all parents.
	DataDir string
	// Port on 127.0.0.1; 0 takes a free one.
	Port int
	// BinDir holds initdb and postgres. Empty: see FindBinaries.
	BinDir string
	// CacheDir keeps fetched binaries. Empty: nothing is fetched.
	CacheDir string
	// Parameters are server settings (postgresql.conf). Those that keep statements
	// and values out of the server's log cannot be overridden (OPS-4).
	Parameters map[string]string
}

// Server is a running PostgreSQL.
type Server struct {
	proc *child.Process
	port int
	lock *filelock.Lock
}

// privacy keeps statements, parameters and row values out of the server's log:
// a constraint violation would otherwise print the row (OPS-4).
func privacy() map[string]string {
	return map[string]string{
		"log_error_verbosity":               "terse",
		"log_min_error_statement":           "panic",
		"log_parameter_max_length":          "0",
		"log_parameter_max_length_on_error": "0",
		"log_statement":                     "none",
		"log_min_duration_statement":        "-1",
		"log_min_duration_sample":           "-1",
	}
}

// Start creates the cluster when it is missing, starts the server and returns
// when it accepts connections. ctx bounds the start only. It returns ErrInUse
// when another process owns the folder and ErrNoBinaries when no PostgreSQL is
// found. A cluster left behind by a killed server is recovered.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	dir, err := filepath.Abs(cfg.DataDir)
	if err != nil {
		return nil, fmt.Errorf("database folder: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, fmt.Errorf("database folder: %w", err)
	}
	// Without links: it is compared with the working folder of processes.
	parent, err := filepath.EvalSymlinks(filepath.Dir(dir))
	if err != nil {
		return nil, fmt.Errorf("database folder: %w", err)
	}
	dir = filepath.Join(parent, filepath.Base(dir))
	cfg.DataDir = dir
	lock, err := filelock.Take(dir + ".lock")
	if errors.Is(err, filelock.ErrHeld) {
		return nil, fmt.Errorf("%w: %s", ErrInUse, dir)
	}
	if err != nil {
		return nil, err
	}
	server, err := start(ctx, cfg)
	if err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	server.lock = lock
	return server, nil
}

func start(ctx context.Context, cfg Config) (*Server, error) {
	account, err := serverAccount(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	if cfg.BinDir == "" {
		if cfg.BinDir, err = FindBinaries(ctx, clusterMajor(cfg.DataDir), cfg.CacheDir); err != nil {
			return nil, err
		}
	}
	for _, dir := range []string{filepath.Dir(cfg.DataDir), cfg.BinDir} {
		if err := account.canEnter(dir); err != nil {
			return nil, err
		}
	}
	if err := createCluster(ctx, cfg, account); err != nil {
		return nil, err
	}
	if err := waitForPredecessor(ctx, cfg.DataDir); err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		server, err := launch(ctx, cfg, account)
		if err == nil || cfg.Port != 0 || attempt == portAttempts || ctx.Err() != nil {
			return server, err
		}
	}
}

// launch runs the server once and waits until it is ready.
func launch(ctx context.Context, cfg Config, account account) (*Server, error) {
	port := cfg.Port
	if port == 0 {
		var err error
		if port, err = freePort(ctx); err != nil {
			return nil, err
		}
	}
	logPath := cfg.DataDir + ".log"
	if err := os.Rename(logPath, logPath+".1"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("keep the previous database log: %w", err)
	}
	logFile, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("database log: %w", err)
	}
	defer func() { _ = logFile.Close() }() // the server has its own descriptor

	cmd := account.command(ctx, filepath.Join(cfg.BinDir, "postgres"), serverArgs(cfg, port)...)
	cmd.Dir = cfg.DataDir
	cmd.Stdout, cmd.Stderr = logFile, logFile
	proc, err := child.Start(cmd, syscall.SIGINT)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	server := &Server{proc: proc, port: port}
	if err := server.waitReady(ctx, cfg.DataDir); err != nil {
		proc.Kill(syscall.SIGQUIT, killGrace)
		return nil, fmt.Errorf("start PostgreSQL: %w; end of its log: %s", err, tail(logPath))
	}
	return server, nil
}

func serverArgs(cfg Config, port int) []string {
	params := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"unix_socket_directories": "",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
	}
	maps.Copy(params, cfg.Parameters)
	maps.Copy(params, privacy())
	args := []string{"-D", cfg.DataDir, "-p", strconv.Itoa(port)}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		args = append(args, "-c", name+"="+params[name])
	}
	return args
}

// createCluster runs initdb beside the data folder and renames the result, so
// that an interrupted first start leaves nothing half made.
func createCluster(ctx context.Context, cfg Config, account account) error {
	if clusterMajor(cfg.DataDir) != "" {
		return nil
	}
	if entries, err := os.ReadDir(cfg.DataDir); err == nil && len(entries) > 0 {
		return fmt.Errorf("database folder %s holds something else than a PostgreSQL cluster", cfg.DataDir)
	}
	fresh := cfg.DataDir + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("create database cluster: %w", err)
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return fmt.Errorf("create database cluster: %w", err)
	}
	if err := account.own(fresh); err != nil {
		return fmt.Errorf("create database cluster: %w", err)
	}
	cmd := account.command(ctx, filepath.Join(cfg.BinDir, "initdb"), "-D", fresh, "-U", superuser,
		"--locale=C", "-E", "UTF8", "--auth=trust", "--data-checksums")
	cmd.Dir = fresh
	if cfg.Parameters["fsync"] == "off" {
		cmd.Args = append(cmd.Args, "--no-sync")
	}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	proc, err := child.Start(cmd, syscall.SIGINT)
	if err != nil {
		return fmt.Errorf("initdb: %w", err)
	}
	if err := proc.Wait(ctx); err != nil {
		proc.Kill(syscall.SIGQUIT, killGrace)
		return fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(out.String()))
	}
	if err := os.Rename(fresh, cfg.DataDir); err != nil {
		return fmt.Errorf("create database cluster: %w", err)
	}
	return nil
}

// clusterMajor returns the major version of the cluster in dir, "" when there is none.
func clusterMajor(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "PG_VERSION"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// postmaster reads postmaster.pid: process id and status, 0 when there is none.
func postmaster(dir string) (pid int, status string) {
	text, err := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
	if err != nil {
		return 0, ""
	}
	lines := strings.Split(string(text), "\n")
	pid, err = strconv.Atoi(lines[0])
	if err != nil {
		return 0, ""
	}
	const statusLine = 7 // LOCK_FILE_LINE_PM_STATUS in PostgreSQL's pidfile.h, from 0
	if len(lines) > statusLine {
		status = strings.TrimSpace(lines[statusLine])
	}
	return pid, status
}

// waitForPredecessor waits until the server of a killed program is gone: it got
// its death signal, but may still write its checkpoint, and processes of a killed
// server end a moment after it. Then it removes their postmaster.pid: PostgreSQL
// itself would be misled by a zombie or by a stranger under the same process id.
func waitForPredecessor(ctx context.Context, dir string) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for worksIn(dir) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: its PostgreSQL does not end", ErrInUse)
		case <-ticker.C:
		}
	}
	if err := os.Remove(filepath.Join(dir, "postmaster.pid")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the file of an ended server: %w", err)
	}
	return nil
}

// worksIn reports whether a process has dir as its working folder, as all
// processes of a PostgreSQL server have.
func worksIn(dir string) bool {
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, link := range links {
		// An error means that the process has ended or belongs to somebody else.
		if cwd, err := os.Readlink(link); err == nil && cwd == dir {
			return true
		}
	}
	return false
}

func (s *Server) waitReady(ctx context.Context, dir string) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		if pid, status := postmaster(dir); pid == s.proc.PID() && status == "ready" {
			return nil
		}
		select {
		case <-s.proc.Done():
			return fmt.Errorf("it ended at once: %w", s.proc.Err())
		case <-ctx.Done():
			return fmt.Errorf("not ready in time: %w", ctx.Err())
		case <-ticker.C:
		}
	}
}

// URL returns the connection address of a database of this server, for its
// superuser. The database "postgres" always exists.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User(superuser),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Port returns the TCP port on 127.0.0.1.
func (s *Server) Port() int { return s.port }

// Done is closed when the server has ended, by Stop or by itself.
func (s *Server) Done() <-chan struct{} { return s.proc.Done() }

// Stop ends the server in order: open transactions are rolled back, a checkpoint
// is written. When ctx ends first, it is stopped hard (the next start recovers)
// and the context's error is returned. Stop may be called more than once.
func (s *Server) Stop(ctx context.Context) error {
	s.proc.Signal(syscall.SIGINT) // fast shutdown
	err := s.proc.Wait(ctx)
	if ctx.Err() != nil {
		s.proc.Kill(syscall.SIGQUIT, killGrace)
		err = fmt.Errorf("stop PostgreSQL: %w", ctx.Err())
	}
	if lockErr := s.lock.Release(); lockErr != nil {
		err = errors.Join(err, lockErr)
	}
	return err
}

func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

// tail returns the last lines of the server's log; they hold no statement and
// no value (see privacy).
func tail(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "(no log)"
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], " | ")
}
