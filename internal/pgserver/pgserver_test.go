package pgserver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"klarbeleg/internal/pgserver"
)

// holdEnv makes the test binary a program that owns a server until it is killed.
const holdEnv = "PGSERVER_TEST_HOLD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holdEnv); dir != "" {
		server, err := pgserver.Start(context.Background(), pgserver.Config{DataDir: dir})
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println(server.URL("postgres"))
		select {}
	}
	os.Exit(m.Run())
}

// folder returns a folder for a cluster that the server's user can enter, unlike
// t.TempDir.
func folder(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("needs PostgreSQL: skipped by -short")
	}
	dir, err := os.MkdirTemp("", "pgserver-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(dir, "db")
}

func start(t *testing.T, cfg pgserver.Config) *pgserver.Server {
	t.Helper()
	server, err := pgserver.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, server) })
	return server
}

func stop(t *testing.T, server *pgserver.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := server.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func exec1(t *testing.T, url, statement string) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), statement)
	return err
}

func count(t *testing.T, url string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM kept").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStart(t *testing.T) {
	t.Parallel()

	t.Run("OPS-1 data survive an orderly stop", func(t *testing.T) {
		t.Parallel()
		cfg := pgserver.Config{DataDir: folder(t)}
		first := start(t, cfg)
		if err := exec1(t, first.URL("postgres"), "CREATE TABLE kept AS SELECT 1"); err != nil {
			t.Fatal(err)
		}
		stop(t, first)
		select {
		case <-first.Done():
		default:
			t.Error("stopped server is not done")
		}
		if n := count(t, start(t, cfg).URL("postgres")); n != 1 {
			t.Errorf("%d rows after restart, want 1", n)
		}
	})

	t.Run("OPS-1 a second instance on the folder is told so", func(t *testing.T) {
		t.Parallel()
		cfg := pgserver.Config{DataDir: folder(t)}
		start(t, cfg)
		if _, err := pgserver.Start(t.Context(), cfg); !errors.Is(err, pgserver.ErrInUse) {
			t.Errorf("error %v, want ErrInUse", err)
		}
	})

	t.Run("OPS-1 a foreign folder is left alone", func(t *testing.T) {
		t.Parallel()
		dir := folder(t)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "letter.txt")
		if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := pgserver.Start(t.Context(), pgserver.Config{DataDir: dir}); err == nil {
			t.Fatal("server started in a folder with other files")
		}
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	})

	t.Run("OPS-1 a missing version is named with its Debian package, nothing is fetched", func(t *testing.T) {
		t.Parallel()
		dir := folder(t)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "PG_VERSION"), []byte("7\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := pgserver.Start(t.Context(), pgserver.Config{DataDir: dir})
		if !errors.Is(err, pgserver.ErrNoBinaries) || !strings.Contains(err.Error(), "package postgresql-7)") {
			t.Errorf("error %v, want one that names the package", err)
		}
	})

	t.Run("OPS-1 a given port is used, a taken one is an error", func(t *testing.T) {
		t.Parallel()
		first := start(t, pgserver.Config{DataDir: folder(t)})
		_, err := pgserver.Start(t.Context(), pgserver.Config{DataDir: folder(t), Port: first.Port()})
		if err == nil || !strings.Contains(err.Error(), "Address already in use") {
			t.Errorf("error %v, want one that says why", err)
		}
	})

	t.Run("OPS-1 root: a parent that the server's user cannot enter is named", func(t *testing.T) {
		t.Parallel()
		if os.Geteuid() != 0 {
			t.Skip("only root hands the server over to another user")
		}
		dir := folder(t)
		closed := filepath.Dir(dir)
		if err := os.Chmod(closed, 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := pgserver.Start(t.Context(), pgserver.Config{DataDir: dir})
		if err == nil || !strings.Contains(err.Error(), "cannot enter "+closed) {
			t.Errorf("error %v, want one that names %s", err, closed)
		}
	})
}

func TestLog(t *testing.T) {
	t.Parallel()
	t.Run("OPS-4 no value and no statement reaches the server's log", func(t *testing.T) {
		t.Parallel()
		const secret = "X123456789"
		dir := folder(t)
		server := start(t, pgserver.Config{
			DataDir:    dir,
			Parameters: map[string]string{"log_statement": "all", "log_error_verbosity": "verbose"},
		})
		url := server.URL("postgres")
		if err := exec1(t, url, "CREATE TABLE person (kvnr text PRIMARY KEY)"); err != nil {
			t.Fatal(err)
		}
		insert := "INSERT INTO person VALUES ('" + secret + "')"
		if err := exec1(t, url, insert); err != nil {
			t.Fatal(err)
		}
		if err := exec1(t, url, insert); err == nil {
			t.Fatal("second insert succeeded")
		}
		stop(t, server)
		log, err := os.ReadFile(dir + ".log")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(log, []byte("duplicate key")) {
			t.Error("the log does not hold the error at all")
		}
		if bytes.Contains(log, []byte(secret)) || bytes.Contains(log, []byte("INSERT")) {
			t.Error("the log holds a value or a statement")
		}
	})
}

func TestKill(t *testing.T) {
	t.Parallel()
	for _, victim := range []string{"program", "server"} {
		t.Run("OPS-1 committed data survive kill -9 of the "+victim, func(t *testing.T) {
			t.Parallel()
			dir := folder(t)
			program, url := holdInChild(t, dir)
			if err := exec1(t, url, "CREATE TABLE kept AS SELECT 1"); err != nil {
				t.Fatal(err)
			}
			if victim == "server" {
				if err := syscall.Kill(postmasterPID(t, dir), syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
			if err := program.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = program.Wait() // it was killed
			server := start(t, pgserver.Config{DataDir: dir})
			if n := count(t, server.URL("postgres")); n != 1 {
				t.Errorf("%d rows after restart, want 1", n)
			}
		})
	}
}

// holdInChild starts this test binary as a program that owns the server in dir.
func holdInChild(t *testing.T, dir string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), holdEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var url string
	if _, err := fmt.Fscanln(out, &url); err != nil || !strings.HasPrefix(url, "postgres://") {
		t.Fatalf("child said %q: %v", url, err)
	}
	return cmd, url
}

func postmasterPID(t *testing.T, dir string) (pid int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(string(text), &pid); err != nil {
		t.Fatal(err)
	}
	return pid
}
