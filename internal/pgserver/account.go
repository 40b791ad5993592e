package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
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

// command prepares a PostgreSQL program, run as the account.
func (a account) command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), path, args...)
	cmd.Env = []string{"LC_ALL=C.UTF-8", "TZ=UTC", "PATH=" + os.Getenv("PATH")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.credential}
	return cmd
}
