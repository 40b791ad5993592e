package main

import (
	"context"
	"crypto/rsa"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"klarbeleg/dta/secon"
	"klarbeleg/dta/secon/testca"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
)

// testIdentity returns an identity of the trust centre with a checked-in key: making
// one takes seconds.
func testIdentity(t *testing.T, ca *testca.CA, ik, key string, until time.Time) secon.Identity {
	t.Helper()
	var raw []byte
	for _, ext := range []string{".pem", ".key"} {
		raw = append(raw, readOr(t, filepath.Join("../../dta/secon/testdata/pki", key+ext))...)
	}
	kept, err := secon.ParseIdentity(raw)
	if err != nil {
		t.Fatal(err)
	}
	k, _ := kept.Key.(*rsa.PrivateKey)
	id, err := ca.Issue(testca.Subject{IK: ik, NotBefore: until.AddDate(-2, 0, 0), NotAfter: until, Key: k})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeIdentity writes the identity to a file.
func writeIdentity(t *testing.T, path string, id secon.Identity) {
	t.Helper()
	raw, err := testca.IdentityPEM(id)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, raw)
}

// DTA-5: what is wrong with policy and keys stops the start with the name of the
// variable or the file.
func TestSecurityRefusesConfiguration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config seconConfig
		want   string
	}{
		"policy":       {seconConfig{Plain: "yes", MaxBytes: 1}, "KLARBELEG_SECON_PLAIN"},
		"bound":        {seconConfig{}, "KLARBELEG_SECON_MAX_BYTES"},
		"no folder":    {seconConfig{MaxBytes: 1, IdentityDir: "/nowhere", TrustDir: "/nowhere"}, "/nowhere"},
		"no identity":  {seconConfig{MaxBytes: 1, TrustDir: t.TempDir()}, "no identity"},
		"only partner": {seconConfig{MaxBytes: 1, PartnerDir: t.TempDir()}, "no identity"},
	} {
		_, err := openSecurity(c.config, clock.System())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := openSecurity(seconConfig{MaxBytes: 1}, clock.System())
	if err != nil || s.PlainAllowed || s.Keys != nil {
		t.Errorf("nothing configured: %+v, %v", s, err)
	}
}

// DTA-5: operators see policy, ends of certificates and the age of lists, and no
// person's name.
func TestSecurityNotes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	ctx := logging.Into(context.Background(), zap.NewNop())
	ca, err := testca.New(now)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := seconConfig{MaxBytes: 1, IdentityDir: dir + "/own", TrustDir: dir + "/trust", PartnerDir: dir + "/partner", CRLDir: dir + "/crl"}
	writeIdentity(t, c.IdentityDir+"/a.pem", testIdentity(t, ca, "590000002", "ours", now.AddDate(1, 0, 0)))
	writeFile(t, c.TrustDir+"/ca.pem", testca.CertificatePEM(ca.Certificate))
	writeFile(t, c.PartnerDir+"/far.pem", testca.CertificatePEM(testIdentity(t, ca, "590000001", "partner", now.AddDate(1, 0, 0)).Certificate))
	writeFile(t, c.PartnerDir+"/near.pem", testca.CertificatePEM(testIdentity(t, ca, "590000003", "other", now.AddDate(0, 0, 10)).Certificate))
	list, err := ca.RevocationList(now.AddDate(0, 0, -9))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, c.CRLDir+"/a.crl", list)
	s, err := openSecurity(c, clock.NewFake(now))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Unverschlüsselte Lieferungen: ohne Vereinbarung abgewiesen.",
		"SECON: eigenes Zertifikat des IK 590000002, gültig bis 25.11.2027.",
		"SECON: fremdes Zertifikat des IK 590000003, gültig bis 05.12.2026.",
		"SECON: Sperrliste von TEST TrustCenter ohne Vertrauen, Stand 16.11.2026 10:00 (9 Tage alt), überfällig seit 23.11.2026 10:00.",
	}
	if got := s.notes(ctx, now); !slices.Equal(got, want) {
		t.Errorf("notes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := s.notes(ctx, now.AddDate(2, 0, 0)); !strings.Contains(strings.Join(got, "\n"), "IK 590000002, abgelaufen am 25.11.2027") {
		t.Errorf("notes %q", got)
	}
	none := security{}
	if got := none.notes(ctx, now); len(got) != 2 || !strings.Contains(got[1], "keine Schlüssel") {
		t.Errorf("notes %q", got)
	}
}
