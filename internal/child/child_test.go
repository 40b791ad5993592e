package child_test

import (
	"context"
	"errors"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"klarbeleg/internal/child"
)

func sh(t *testing.T, script string) *child.Process {
	t.Helper()
	p, err := child.Start(exec.CommandContext(context.WithoutCancel(t.Context()), "sh", "-c", script), syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProcess(t *testing.T) {
	t.Parallel()
	t.Run("OPS-1 the way a child ended is known", func(t *testing.T) {
		t.Parallel()
		p := sh(t, "exit 3")
		<-p.Done()
		var exit *exec.ExitError
		if err := p.Wait(t.Context()); !errors.As(err, &exit) || exit.ExitCode() != 3 {
			t.Errorf("ended with %v, want exit code 3", err)
		}
	})
	t.Run("OPS-1 a child that ignores the signal is killed", func(t *testing.T) {
		t.Parallel()
		p := sh(t, "trap '' TERM; while :; do sleep 1; done")
		p.Kill(syscall.SIGTERM, 100*time.Millisecond)
		var exit *exec.ExitError
		if !errors.As(p.Err(), &exit) || exit.ExitCode() != -1 {
			t.Errorf("ended with %v, want a signal", p.Err())
		}
	})
	t.Run("OPS-1 a missing program is an error", func(t *testing.T) {
		t.Parallel()
		if _, err := child.Start(exec.CommandContext(t.Context(), "/does/not/exist"), syscall.SIGKILL); err == nil {
			t.Error("started")
		}
	})
}
