// Package child runs server programs that belong to this one: PostgreSQL in
// embedded mode and in tests, Apache Kafka in tests. A child ends when we end,
// even by kill -9, and Ctrl-C does not reach it before us. Linux only.
package child

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Process is a child that is waited for exactly once.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed after err is set
	err  error
}

// Start starts cmd in a process group of its own, so that Ctrl-C in the terminal
// reaches us alone and we stop the child in order. onDeath is the signal it gets
// when we end. Set cmd.SysProcAttr before for more.
func Start(cmd *exec.Cmd, onDeath syscall.Signal) (*Process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pdeathsig = onDeath
	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// run lives as long as the child. Leak checks in tests may ignore it by name.
// It keeps an operating-system thread of its own: the death signal fires when
// the starting thread ends, not when the program does.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	p.err = p.cmd.Wait()
	close(p.done)
}

// PID returns the child's process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err returns how the child ended, nil for exit code 0. Valid after Done.
func (p *Process) Err() error { return p.err }

// Wait returns how the child ended, or the context's error.
func (p *Process) Wait(ctx context.Context) error {
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Signal tells the child; one that has ended already is no fault.
func (p *Process) Signal(sig syscall.Signal) { _ = p.cmd.Process.Signal(sig) }

// Kill ends the child without its consent: sig, and SIGKILL after grace.
func (p *Process) Kill(sig syscall.Signal, grace time.Duration) {
	p.Signal(sig)
	select {
	case <-p.done:
	case <-time.After(grace):
		p.Signal(syscall.SIGKILL)
		<-p.done
	}
}

// Run runs a program to its end. The error holds what it printed.
func Run(ctx context.Context, program string, args ...string) error {
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(program), err, strings.TrimSpace(string(out)))
	}
	return nil
}
