package intake_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"klarbeleg/app/intake"
	"klarbeleg/app/lists"
	"klarbeleg/domain/billing"
	"klarbeleg/dta/auftrag"
	"klarbeleg/dta/secon"
	"klarbeleg/dta/secon/testca"
	"klarbeleg/internal/blob"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
)

// The institutions of the tests: the sender of the examples, its service provider,
// the centre and a foreign one.
const (
	senderIK, providerIK = "598800016", "590000001"
	centreIK, foreignIK  = "668800094", "590000003"
)

// keyring is the test trust centre with everybody's certificates.
type keyring struct {
	ca, unknownCA                                                *testca.CA
	sender, expired, revoked, unknown, provider, centre, foreign secon.Identity
	old                                                          secon.Identity // 2048 bit
	pharmacies, practice                                         secon.Identity // senders of § 300 and § 295
	all, ours                                                    *secon.Trust   // all is what senders trust
}

// testKey returns a checked-in key: making one takes seconds.
func testKey(name string) (*rsa.PrivateKey, error) {
	var raw []byte
	for _, ext := range []string{".pem", ".key"} {
		part, err := os.ReadFile("../../dta/secon/testdata/pki/" + name + ext)
		if err != nil {
			return nil, err
		}
		raw = append(raw, part...)
	}
	id, err := secon.ParseIdentity(raw)
	if err != nil {
		return nil, err
	}
	key, _ := id.Key.(*rsa.PrivateKey)
	return key, nil
}

// newKeyring makes the certificates; they differ in nothing that is not named.
func newKeyring() (*keyring, error) {
	var k keyring
	var err error
	if k.ca, err = testca.New(received); err != nil {
		return nil, err
	}
	if k.unknownCA, err = testca.New(received); err != nil {
		return nil, err
	}
	for _, c := range []struct {
		into    *secon.Identity
		ca      *testca.CA
		ik, key string
		until   time.Time
	}{
		{&k.sender, k.ca, senderIK, "partner", received.AddDate(1, 0, 0)},
		{&k.expired, k.ca, senderIK, "partner", received.Add(-time.Second)},
		{&k.revoked, k.ca, senderIK, "partner", received.AddDate(1, 0, 0)},
		{&k.unknown, k.unknownCA, senderIK, "partner", received.AddDate(1, 0, 0)},
		{&k.provider, k.ca, providerIK, "other", received.AddDate(1, 0, 0)},
		{&k.centre, k.ca, centreIK, "ours", received.AddDate(1, 0, 0)},
		{&k.foreign, k.ca, foreignIK, "other", received.AddDate(1, 0, 0)},
		{&k.old, k.ca, senderIK, "old", received.AddDate(1, 0, 0)},
		{&k.pharmacies, k.ca, "308990210", "partner", received.AddDate(1, 0, 0)},
		{&k.practice, k.ca, "669990314", "partner", received.AddDate(1, 0, 0)},
	} {
		key, err := testKey(c.key)
		if err != nil {
			return nil, err
		}
		*c.into, err = c.ca.Issue(testca.Subject{IK: c.ik, NotBefore: received.AddDate(-1, 0, 0), NotAfter: c.until, Key: key})
		if err != nil {
			return nil, err
		}
	}
	der, err := k.ca.RevocationList(received.Add(-time.Hour), k.revoked.Certificate)
	if err != nil {
		return nil, err
	}
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, err
	}
	k.all, err = secon.NewTrust(secon.Anchors{Roots: []*x509.Certificate{k.ca.Certificate, k.unknownCA.Certificate}})
	if err != nil {
		return nil, err
	}
	k.ours, err = secon.NewTrust(secon.Anchors{Roots: []*x509.Certificate{k.ca.Certificate}, CRLs: []*x509.RevocationList{list}})
	return &k, err
}

var sharedKeyring = sync.OnceValues(newKeyring)

// sealedBundle is a centre that takes sealed deliveries only.
type sealedBundle struct {
	*bundle
	*keyring
	keys  intake.Keys // what the centre has now
	spool string
	logs  *observer.ObservedLogs
	core  zapcore.Core
}

func setupSealed(t *testing.T) *sealedBundle {
	t.Helper()
	k, err := sharedKeyring()
	if err != nil {
		t.Fatal(err)
	}
	b := &sealedBundle{keyring: k, keys: intake.Keys{Identities: []secon.Identity{k.centre}, Trust: k.ours}, spool: t.TempDir()}
	b.core, b.logs = observer.New(zapcore.DebugLevel)
	b.bundle = setupWith(t, intake.Security{
		Keys: func(context.Context) intake.Keys { return b.keys }, SpoolDir: b.spool, MaxBytes: 1 << 20, MaxSigningAge: 48 * time.Hour,
	})
	return b
}

// letter says how a delivery is sealed; zero fields are those of a right one.
type letter struct {
	signer, recipient secon.Identity
	signed            time.Time
}

// seal seals the payload and announces it in the Auftragsdatei.
func (b *sealedBundle) seal(d delivery, l letter) delivery {
	b.t.Helper()
	if l.signer.Certificate == nil {
		l.signer = b.sender
	}
	if l.recipient.Certificate == nil {
		l.recipient = b.centre
	}
	if l.signed.IsZero() {
		l.signed = received.Add(-time.Hour)
	}
	var sealed bytes.Buffer
	err := secon.Seal(&sealed, bytes.NewReader(d.payload), int64(len(d.payload)), secon.Letter{
		Signer: l.signer, Recipients: []*x509.Certificate{l.recipient.Certificate}, Trust: b.all, SigningTime: l.signed,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return announce(b.t, delivery{sealed.Bytes(), d.auftrag}, func(a *auftrag.Auftrag) {
		a.Verschluesselungsart, a.ElektronischeUnterschrift = "03", "03"
	})
}

// announce changes the Auftragsdatei; the transmitted size is made right before.
func announce(t *testing.T, d delivery, change func(*auftrag.Auftrag)) delivery {
	t.Helper()
	a, errs := auftrag.Read(d.auftrag)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	a.DateigroesseUebertragung = int64(len(d.payload))
	change(a)
	raw, err := a.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return delivery{d.payload, raw}
}

// packed compresses the payload; the Auftragsdatei still names its plain size.
func packed(t *testing.T, d delivery) delivery {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(d.payload); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return announce(t, delivery{out.Bytes(), d.auftrag}, func(a *auftrag.Auftrag) { a.Komprimierung = auftrag.KomprimierungGzip })
}

func (b *sealedBundle) agree(rows string) {
	b.t.Helper()
	csv := strings.Join(lists.SenderColumns, ",") + "\n" + rows
	if _, err := lists.Import(b.t.Context(), b.db, clock.NewFake(received), "senders", strings.NewReader(csv)); err != nil {
		b.t.Fatal(err)
	}
}

// handle is that of bundle with the log kept.
func (b *sealedBundle) handle(id string, d delivery) intake.Result {
	b.t.Helper()
	result, err := b.try(id, d, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

func (b *sealedBundle) try(id string, d delivery, ref *blob.Ref) (intake.Result, error) {
	b.t.Helper()
	m := message(id, d)
	if ref != nil {
		m.Payload, m.Blob = nil, ref
	}
	result, err := b.service.Handle(logging.Into(b.t.Context(), zap.New(b.core)), m)
	left, dirErr := os.ReadDir(b.spool)
	if dirErr != nil || len(left) > 0 {
		b.t.Errorf("left in the spool folder: %v, %v", left, dirErr)
	}
	return result, err
}

// accepted wants the example stored to the cent.
func (b *sealedBundle) accepted(r intake.Result) {
	b.t.Helper()
	if n := b.count("select coalesce(sum(billed_cents), 0) from invoice"); r.State != billing.DeliveryAccepted || n != 36770 {
		b.t.Errorf("state %s, billed %d: %+v", r.State, n, b.receipts())
	}
	b.holds()
}

// refused wants nothing stored but the delivery, its receipt with the code, and the
// quarantine where the cause may be ours.
func (b *sealedBundle) refused(r intake.Result, code string, kept bool) {
	b.t.Helper()
	want, quarantined := billing.DeliveryRejected, 0
	if kept {
		want, quarantined = billing.DeliveryQuarantined, 1
	}
	if r.State != want {
		b.t.Errorf("state %s, want %s", r.State, want)
	}
	for sql, n := range map[string]int{
		"select count(*) from delivery":                                      1,
		"select count(*) from quarantine where reason_code = '" + code + "'": quarantined,
		"select count(*) from outbox":                                        1,
		"select (select count(*) from invoice) + (select count(*) from billing_case) + (select count(*) from position) + (select count(*) from correction) + (select count(*) from finding)": 0,
	} {
		if got := b.count(sql); got != n {
			b.t.Errorf("%s: %d, want %d", sql, got, n)
		}
	}
	got := b.receipts()
	if len(got) != 1 || got[0].Outcome != "rejected" || len(got[0].Errors) != 1 || got[0].Errors[0].Code != code ||
		got[0].Errors[0].Severity != "reject_file" || got[0].Errors[0].Stage != 1 {
		b.t.Errorf("receipts %+v", got)
	}
	b.holds()
}

// openssl seals the payload as another program does; keys of the older profile with
// its algorithms.
func (b *sealedBundle) openssl(d delivery, signer secon.Identity, profile bool) delivery {
	b.t.Helper()
	dir := b.t.TempDir()
	file := func(name string, content []byte) string {
		b.t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			b.t.Fatal(err)
		}
		return path
	}
	run := func(args ...string) {
		b.t.Helper()
		if out, err := exec.CommandContext(b.t.Context(), "openssl", args...).CombinedOutput(); err != nil {
			b.t.Fatalf("openssl (make test installs it): %v\n%s", err, out)
		}
	}
	pem, err := testca.IdentityPEM(signer)
	if err != nil {
		b.t.Fatal(err)
	}
	identity, signed, sealed := file("signer.pem", pem), filepath.Join(dir, "signed"), filepath.Join(dir, "sealed")
	sign := []string{
		"cms", "-sign", "-binary", "-nodetach", "-md", "sha256", "-outform", "DER", "-in", file("plain", d.payload), "-out", signed,
		"-signer", identity, "-inkey", identity,
	}
	encrypt := []string{
		"cms", "-encrypt", "-binary", "-aes-256-cbc", "-outform", "DER", "-in", signed, "-out", sealed, "-stream",
		"-recip", file("centre.pem", testca.CertificatePEM(b.centre.Certificate)),
	}
	if profile {
		sign = append(sign, "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32", "-keyopt", "rsa_mgf1_md:sha256")
		encrypt = append(encrypt, "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256", "-keyopt", "rsa_mgf1_md:sha256")
	}
	run(sign...)
	run(encrypt...)
	return announce(b.t, delivery{readFile(b.t, sealed), d.auftrag}, func(a *auftrag.Auftrag) {
		a.Verschluesselungsart, a.ElektronischeUnterschrift = "03", "03"
	})
}
