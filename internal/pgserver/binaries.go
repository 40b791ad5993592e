package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// ErrNoBinaries says that no usable PostgreSQL was found and how to get one.
var ErrNoBinaries = errors.New("no PostgreSQL found: install it with \"apt-get install postgresql\"")

// FindBinaries returns a folder with initdb and postgres: the newest of
// /usr/lib/postgresql/*/bin, else the one on the PATH, else binaries fetched into
// cacheDir (none is fetched when it is empty). With major given ("15"), only
// that version will do: a cluster cannot be opened by another one.
func FindBinaries(ctx context.Context, major, cacheDir string) (string, error) {
	for _, dir := range installed() {
		if major == "" || version(ctx, dir) == major {
			return dir, nil
		}
	}
	if major != "" && major != fetchedMajor {
		return "", fmt.Errorf("%w; the database folder needs version %s (package postgresql-%s)", ErrNoBinaries, major, major)
	}
	if cacheDir == "" {
		return "", ErrNoBinaries
	}
	dir, err := fetch(ctx, cacheDir)
	if err != nil {
		return "", fmt.Errorf("%w; fetching it failed: %w", ErrNoBinaries, err)
	}
	return dir, nil
}

// installed lists folders with a PostgreSQL of the system, the best first.
func installed() []string {
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	slices.SortFunc(dirs, func(a, b string) int { return debianVersion(b) - debianVersion(a) })
	if path, err := exec.LookPath("postgres"); err == nil {
		// Distributions link single programs; initdb lies beside the target.
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	return slices.DeleteFunc(dirs, func(dir string) bool { return !complete(dir) })
}

func debianVersion(binDir string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(binDir)))
	if err != nil {
		return 0 // not a version: last choice
	}
	return n
}

func complete(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

// version returns the major version of the PostgreSQL in dir, "" when it cannot be run.
func version(ctx context.Context, dir string) string {
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return ""
	}
	match := regexp.MustCompile(`\) (\d+)`).FindSubmatch(out)
	if match == nil {
		return ""
	}
	return string(match[1])
}
