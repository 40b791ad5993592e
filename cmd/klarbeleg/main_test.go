package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// childEnv makes the test binary play the program itself: the crash test needs a
// process that it can kill.
const childEnv = "KLARBELEG_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], surroundings{environ: environ, stdout: os.Stdout, stderr: os.Stderr, stop: stop})
	stop()
	os.Exit(code)
}

// stateDir returns a folder that the database's user can enter.
func stateDir(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starts the whole system: skipped by -short")
	}
	root, err := os.MkdirTemp("", "klarbeleg-e2e")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "state")
}

// output is a buffer that many goroutines write.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// instance is the system running in this process.
type instance struct {
	t      *testing.T
	dir    string
	out    *output
	log    *output
	cancel context.CancelFunc
	code   chan int
}

// testEnv is the environment of a program under test: nothing of the machine's.
func testEnv() map[string]string {
	return map[string]string{envPrefix + "LOG_LEVEL": "debug"}
}

// serve starts the system on free ports and waits until it is ready.
func serve(t *testing.T, dir string, args ...string) *instance {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	i := &instance{t: t, dir: dir, out: &output{}, log: &output{}, cancel: cancel, code: make(chan int, 1)}
	args = append([]string{"serve", "--embedded", "--dir", dir, "--listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0", "--broker-listen", "127.0.0.1:0"}, args...)
	go func() {
		i.code <- run(ctx, args, surroundings{environ: testEnv, stdout: i.out, stderr: i.log, stop: func() {}})
	}()
	t.Cleanup(i.stop)
	i.until("the system is ready", func() bool { return strings.Contains(i.out.String(), "Klarbeleg läuft") })
	return i
}

// stop ends the system and checks that it ended well.
func (i *instance) stop() {
	i.cancel()
	select {
	case code := <-i.code:
		if code != exitOK {
			i.t.Errorf("serve ended with %d:\n%s", code, i.log.String())
		}
		i.code <- code // for a second stop
	case <-time.After(30 * time.Second):
		i.t.Errorf("serve does not end:\n%s", i.log.String())
	}
}

// until waits for a condition.
func (i *instance) until(what string, ok func() bool) {
	i.t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case code := <-i.code:
			i.code <- code
			i.t.Fatalf("serve ended with %d before %s:\n%s", code, what, i.log.String())
		case <-deadline:
			i.t.Fatalf("timed out until %s:\n%s\n%s", what, i.out.String(), i.log.String())
		case <-tick.C:
		}
	}
}

// command runs another command beside the instance and returns its output.
func (i *instance) command(want int, args ...string) string {
	i.t.Helper()
	code, out, log := runCommand(i.t, append([]string{"--dir", i.dir}, args...)...)
	if code != want {
		i.t.Fatalf("%v ended with %d, want %d:\n%s\n%s", args, code, want, out, log)
	}
	return out
}

func runCommand(t *testing.T, args ...string) (code int, out, log string) {
	t.Helper()
	var stdout, stderr output
	code = run(t.Context(), args, surroundings{environ: testEnv, stdout: &stdout, stderr: &stderr, stop: func() {}})
	return code, stdout.String(), stderr.String()
}

// addresses returns what the instance left for other commands.
func addresses(dir string) (c config, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, addressesFile))
	if err != nil {
		return c, fmt.Errorf("addresses: %w", err)
	}
	return c, json.Unmarshal(raw, &c)
}
