package main

import (
	"context"
	"crypto/rsa"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
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

// DTA-5: the ends of certificates and lists stand in the metrics, by IK.
func TestSeconMetrics(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	ca, err := testca.New(now)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := seconConfig{MaxBytes: 1, IdentityDir: dir + "/own", TrustDir: dir + "/trust", PartnerDir: dir + "/partner", CRLDir: dir + "/crl"}
	writeIdentity(t, c.IdentityDir+"/a.pem", testIdentity(t, ca, "590000002", "ours", now.AddDate(1, 0, 0)))
	writeIdentity(t, c.IdentityDir+"/old.pem", testIdentity(t, ca, "590000002", "ours", now.AddDate(0, 0, 1)))
	writeFile(t, c.TrustDir+"/ca.pem", testca.CertificatePEM(ca.Certificate))
	writeFile(t, c.PartnerDir+"/p.pem", testca.CertificatePEM(testIdentity(t, ca, "590000001", "partner", now).Certificate))
	list, err := ca.RevocationList(now)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, c.CRLDir+"/a.crl", list)
	clk := clock.NewFake(now)
	s, err := openSecurity(c, clk)
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(newSeconCollector(logging.Into(context.Background(), zap.NewNop()), s.keys))
	values := func() map[string]float64 {
		t.Helper()
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]float64{}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				name := strings.TrimPrefix(f.GetName(), "klarbeleg_secon_")
				for _, l := range m.GetLabel() {
					name += " " + l.GetValue()
				}
				out[name] = m.GetGauge().GetValue()
			}
		}
		return out
	}
	const centre = " TEST TrustCenter ohne Vertrauen"
	want := map[string]float64{
		"not_after_seconds 590000002 own": float64(now.AddDate(1, 0, 0).Unix()), "not_after_seconds 590000001 partner": float64(now.Unix()),
		"crl_as_of_seconds" + centre: float64(now.Unix()), "crl_next_update_seconds" + centre: float64(now.AddDate(0, 0, 7).Unix()),
		"reload_failed": 0,
	}
	if got := values(); !maps.Equal(got, want) {
		t.Errorf("metrics %v, want %v", got, want)
	}
	writeFile(t, c.CRLDir+"/b.crl", []byte("broken"))
	clk.Add(time.Minute)
	if got := values()["reload_failed"]; got != 1 {
		t.Errorf("a broken file: %v", got)
	}
}

// DTA-5, DTA-9: operators and partners seal, check and open at the prompt.
func TestSeconCommands(t *testing.T) {
	t.Parallel()
	now := clock.System().Now()
	ca, err := testca.New(now)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	sender := testIdentity(t, ca, "598800016", "partner", now.AddDate(1, 0, 0))
	centre := testIdentity(t, ca, "668800094", "ours", now.AddDate(1, 0, 0))
	writeIdentity(t, dir+"/sender.pem", sender)
	writeIdentity(t, dir+"/own/centre.pem", centre)
	writeFile(t, dir+"/trust/ca.pem", testca.CertificatePEM(ca.Certificate))
	writeFile(t, dir+"/partner/centre.pem", testca.CertificatePEM(centre.Certificate))
	const example = "../../dta/p302/testdata/302-b-heilmittel-ra3-vk01"
	plain := readOr(t, example+".edi")
	if err := os.Mkdir(dir+"/out", 0o700); err != nil {
		t.Fatal(err)
	}
	seal := []string{"secon", "seal", "--identity", dir + "/sender.pem", "--trust", dir + "/trust", "--partners", dir + "/partner", "--out", dir + "/out", example + ".edi"}
	if code, _, log := runCommand(t, seal...); code != exitOK {
		t.Fatalf("seal: exit %d\n%s", code, log)
	}
	if code, _, log := runCommand(t, seal...); code != exitUsage || !strings.Contains(log, "exists") {
		t.Errorf("an earlier file was overwritten: exit %d\n%s", code, log)
	}
	sealed := dir + "/out/302-b-heilmittel-ra3-vk01"
	if strings.Contains(readOr(t, sealed+".edi"), "UNB+") {
		t.Fatal("not encrypted")
	}
	keys := []string{"--identities", dir + "/own", "--trust", dir + "/trust"}
	open := func(out string, more ...string) (int, string) {
		t.Helper()
		code, text, log := runCommand(t, append(append([]string{"secon", "open", "--out", out}, more...), sealed+".edi")...)
		return code, text + log
	}
	if code, text := open(dir+"/plain", keys...); code != exitOK || readOr(t, dir+"/plain") != plain {
		t.Errorf("open: exit %d\n%s", code, text)
	}
	check := func(args ...string) (int, string) {
		t.Helper()
		code, text, log := runCommand(t, append(append([]string{"check", "--auf", sealed + ".auf"}, args...), sealed+".edi")...)
		return code, text + log
	}
	if code, text := check(keys...); code != exitOK || !strings.Contains(text, "367,70") {
		t.Errorf("check: exit %d\n%s", code, text)
	}
	if code, text := check(); code != exitFindings || !strings.Contains(text, "P1007") {
		t.Errorf("check without keys: exit %d\n%s", code, text)
	}
	broken := []byte(readOr(t, sealed+".edi"))
	broken[len(broken)/2] ^= 1
	writeFile(t, sealed+".edi", broken)
	if code, text := open(dir+"/refused", keys...); code != exitFindings || !strings.Contains(text, "P1007") {
		t.Errorf("open a forged file: exit %d\n%s", code, text)
	}
	if _, err := os.Stat(dir + "/refused"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("payload of a forged file: %v", err)
	}
}
