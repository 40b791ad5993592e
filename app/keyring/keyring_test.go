package keyring_test

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"klarbeleg/app/keyring"
	"klarbeleg/dta/secon"
	"klarbeleg/dta/secon/testca"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
)

var now = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

const (
	centreIK, senderIK = "590000002", "590000001"
)

// bundle is a set of folders with a test trust centre behind it.
type bundle struct {
	t       *testing.T
	ca      *testca.CA
	folders keyring.Folders
}

// setup makes folders with one identity, one partner and one list.
func setup(t *testing.T) *bundle {
	t.Helper()
	ca, err := testca.New(now)
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{t: t, ca: ca, folders: keyring.Folders{Identities: t.TempDir(), Trust: t.TempDir(), Partners: t.TempDir(), CRLs: t.TempDir()}}
	b.write(b.folders.Identities, "ours.pem", b.identityFile(b.issue(centreIK, "ours", now.AddDate(1, 0, 0))))
	b.write(b.folders.Trust, "root.pem", testca.CertificatePEM(ca.Certificate))
	b.write(b.folders.Partners, "partner.cer", b.issue(senderIK, "partner", now.AddDate(2, 0, 0)).Certificate.Raw)
	b.write(b.folders.CRLs, "list.crl", b.list(now.Add(-time.Hour)))
	return b
}

func (b *bundle) issue(ik, name string, until time.Time) secon.Identity {
	b.t.Helper()
	var raw []byte
	for _, ext := range []string{".pem", ".key"} { // making a key takes seconds
		part, err := os.ReadFile("../../dta/secon/testdata/pki/" + name + ext)
		if err != nil {
			b.t.Fatal(err)
		}
		raw = append(raw, part...)
	}
	kept, err := secon.ParseIdentity(raw)
	if err != nil {
		b.t.Fatal(err)
	}
	key, _ := kept.Key.(*rsa.PrivateKey)
	id, err := b.ca.Issue(testca.Subject{IK: ik, NotBefore: now.AddDate(-1, 0, 0), NotAfter: until, Key: key})
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

func (b *bundle) identityFile(id secon.Identity) []byte {
	b.t.Helper()
	raw, err := testca.IdentityPEM(id)
	if err != nil {
		b.t.Fatal(err)
	}
	return raw
}

func (b *bundle) list(at time.Time) []byte {
	b.t.Helper()
	raw, err := b.ca.RevocationList(at)
	if err != nil {
		b.t.Fatal(err)
	}
	return raw
}

func (b *bundle) write(dir, name string, content []byte) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// DTA-5: what the folders hold, whatever form it has.
func TestLoad(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(b.folders.Identities, "old.pem", b.identityFile(b.issue(centreIK, "other", now.AddDate(0, 1, 0))))
	b.write(b.folders.Identities, ".hidden", []byte("nothing"))
	if err := os.Mkdir(filepath.Join(b.folders.Identities, "..data"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.write(b.folders.CRLs, "newer.pem", pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: b.list(now)}))
	key := base64.StdEncoding.EncodeToString(b.issue("590000003", "other", now.AddDate(0, 2, 0)).Certificate.Raw)
	b.write(b.folders.Partners, "annahme.key", []byte(key[:64]+"\r\n"+key[64:]+"\r\n\r\nno certificate\r\n"))
	ring, err := keyring.Load(b.folders)
	if err != nil {
		t.Fatal(err)
	}
	if len(ring.Identities) != 2 || len(ring.Partners) != 2 {
		t.Errorf("%d identities, %d partners", len(ring.Identities), len(ring.Partners))
	}
	want := []keyring.Expiry{
		{Own: true, IK: centreIK, NotAfter: now.AddDate(1, 0, 0)}, // the later one of two
		{IK: senderIK, NotAfter: now.AddDate(2, 0, 0)},
		{IK: "590000003", NotAfter: now.AddDate(0, 2, 0)},
	}
	got := ring.Expiries()
	for i := range want {
		if i >= len(got) || got[i].Own != want[i].Own || got[i].IK != want[i].IK || !got[i].NotAfter.Equal(want[i].NotAfter) {
			t.Fatalf("expiries %+v, want %+v", got, want)
		}
	}
	lists := ring.Lists()
	if len(lists) != 1 || !lists[0].AsOf.Equal(now) || !strings.Contains(lists[0].Issuer, "TEST") {
		t.Errorf("lists %+v", lists)
	}
}

// DTA-5: nothing is taken for what it is not, and a key that others can read is
// refused. The error names the file and quotes nothing of it.
func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*bundle) string{
		"key that others read": func(b *bundle) string {
			if err := os.Chmod(filepath.Join(b.folders.Identities, "ours.pem"), 0o644); err != nil {
				b.t.Fatal(err)
			}
			return "ours.pem: mode 0644"
		},
		"identity without key": func(b *bundle) string {
			b.write(b.folders.Identities, "bare.pem", testca.CertificatePEM(b.ca.Certificate))
			return "bare.pem"
		},
		"identity of two institutions": func(b *bundle) string {
			b.write(b.folders.Identities, "none.pem", b.identityFile(b.issue("12345", "other", now.AddDate(1, 0, 0))))
			return "none.pem: the certificate does not name one IK"
		},
		"key among the trust centres": func(b *bundle) string {
			b.write(b.folders.Trust, "mine.pem", b.identityFile(b.issue(centreIK, "ours", now.AddDate(1, 0, 0))))
			return "mine.pem: holds something else than certificate"
		},
		"garbage among the trust centres": func(b *bundle) string {
			b.write(b.folders.Trust, "x.cer", []byte("KANARIENVOGEL"))
			return "x.cer: no certificate"
		},
		"garbage among the lists": func(b *bundle) string {
			b.write(b.folders.CRLs, "x.crl", []byte("KANARIENVOGEL"))
			return "x.crl: no revocation list"
		},
		"key file without a certificate": func(b *bundle) string {
			b.write(b.folders.Partners, "x.key", []byte("KANARIENVOGEL\n"))
			return "x.key"
		},
		"list of a stranger": func(b *bundle) string {
			other, err := testca.New(now)
			if err != nil {
				b.t.Fatal(err)
			}
			b.ca = other
			b.write(b.folders.CRLs, "x.crl", b.list(now))
			return "not signed by a known trust centre"
		},
		"no folder":          func(b *bundle) string { b.folders.Trust += "x"; return "no such file" },
		"no identity":        func(b *bundle) string { b.folders.Identities = b.t.TempDir(); return "no identity" },
		"no identity folder": func(b *bundle) string { b.folders.Identities = ""; return "no identity" },
		"no root":            func(b *bundle) string { b.folders.Trust, b.folders.CRLs = b.t.TempDir(), ""; return "no root" },
	} {
		t.Run("DTA-5 "+name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			want := change(b)
			_, err := keyring.Load(b.folders)
			if !errors.Is(err, keyring.ErrFolder) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "KANARIENVOGEL") {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}

// DTA-5: a new list or key is used within a minute; one that cannot be read leaves
// the old state in use, and that shows.
func TestKeeper(t *testing.T) {
	t.Parallel()
	b := setup(t)
	clk := clock.NewFake(now)
	core, logs := observer.New(zapcore.InfoLevel)
	ctx := logging.Into(t.Context(), zap.New(core))
	k, err := keyring.Open(b.folders, clk)
	if err != nil {
		t.Fatal(err)
	}
	asOf := func() time.Time { return k.Ring(ctx).Lists()[0].AsOf }
	b.write(b.folders.CRLs, "newer.crl", b.list(now))
	if got := asOf(); got.Equal(now) {
		t.Error("the folders are looked at without end")
	}
	clk.Add(time.Minute)
	if got := asOf(); !got.Equal(now) {
		t.Errorf("the new list is not used: %s", got)
	}
	b.write(b.folders.Identities, "broken.pem", []byte("broken"))
	clk.Add(time.Minute)
	if got := asOf(); !got.Equal(now) || !k.Failed() || logs.FilterLevelExact(zapcore.ErrorLevel).Len() != 1 {
		t.Errorf("broken key: list as of %s, failed %v, log %v", got, k.Failed(), logs.All())
	}
	if err := os.Remove(filepath.Join(b.folders.Identities, "broken.pem")); err != nil {
		t.Fatal(err)
	}
	clk.Add(time.Minute)
	if asOf(); k.Failed() {
		t.Error("still failed after the file is gone")
	}
	if _, err := keyring.Open(keyring.Folders{Identities: b.folders.Identities}, clk); !errors.Is(err, keyring.ErrFolder) {
		t.Errorf("identities without trust centres: %v", err)
	}
}
