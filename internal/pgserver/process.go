package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// account is the operating-system user of the server. PostgreSQL refuses to run
// as root, so root hands over to an existing user without rights; every other
// user runs it itself (credential nil).
type account struct {
	name       string
	credential *syscall.Credential
}

// serverAccount chooses the account: ourselves, or for root the owner of an
// existing cluster, else the user postgres, else nobody. A numeric id without a
// passwd entry would not do: initdb looks it up.
func serverAccount(dataDir string) (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	if info, err := os.Stat(dataDir); err == nil {
		st := info.Sys().(*syscall.Stat_t)
		u, err := user.LookupId(strconv.FormatUint(uint64(st.Uid), 10))
		if err == nil && st.Uid != 0 {
			return account{name: u.Username, credential: &syscall.Credential{Uid: st.Uid, Gid: st.Gid}}, nil
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("user %s: %w", name, err)
		}
		return account{name: name, credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return account{}, errors.New("PostgreSQL cannot run as root and neither user postgres nor user nobody exists")
}

// own gives path to the account.
func (a account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Chown(path, int(a.credential.Uid), int(a.credential.Gid))
}

// canEnter reports the first folder on the way to dir that the account cannot
// enter: the kernel would only say "permission denied" about the whole path.
func (a account) canEnter(dir string) error {
	if a.credential == nil {
		return nil
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return fmt.Errorf("database folder: %w", err)
	}
	for {
		info, err := os.Stat(dir)
		if err != nil {
			return fmt.Errorf("database folder: %w", err)
		}
		st := info.Sys().(*syscall.Stat_t)
		need := os.FileMode(0o001)
		switch {
		case st.Uid == a.credential.Uid:
			need = 0o100
		case st.Gid == a.credential.Gid:
			need = 0o010
		}
		if info.Mode()&need == 0 {
			return fmt.Errorf("user %s, who runs PostgreSQL for root, cannot enter %s: run chmod o+x on it or choose another folder", a.name, dir)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil
		}
		dir = parent
	}
}

// command prepares a PostgreSQL program: as the account, in its own process
// group (Ctrl-C reaches us alone, who stop it in order), with a fast shutdown
// when we die.
func (a account) command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), path, args...)
	cmd.Env = []string{"LC_ALL=C.UTF-8", "TZ=UTC", "PATH=" + os.Getenv("PATH")}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: a.credential,
		Setpgid:    true,
		Pdeathsig:  syscall.SIGINT,
	}
	return cmd
}

// process is a child that is waited for exactly once.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed after err is set
	err  error
}

// spawn starts cmd on an operating-system thread of its own: the death signal
// fires when the starting thread ends, not when the program does.
func spawn(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// run lives as long as the child. Leak checks in tests may ignore it by name.
func (p *process) run(started chan<- error) {
	runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	p.err = p.cmd.Wait()
	close(p.done)
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// wait returns how the child ended, or the context's error.
func (p *process) wait(ctx context.Context) error {
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// signal tells the child; one that has ended already is no fault.
func (p *process) signal(sig syscall.Signal) {
	_ = p.cmd.Process.Signal(sig)
}

// kill ends the child without its consent: first PostgreSQL's immediate
// shutdown, which takes its own children along, then SIGKILL.
func (p *process) kill() {
	p.signal(syscall.SIGQUIT)
	select {
	case <-p.done:
	case <-time.After(killGrace):
		p.signal(syscall.SIGKILL)
		<-p.done
	}
}
