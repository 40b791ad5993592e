package testca_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"klarbeleg/dta/secon"
	"klarbeleg/dta/secon/testca"
)

const senderIK, centreIK = "598800016", "590000002"

// key returns a checked-in key: making one takes seconds.
func key(t *testing.T, name string) *rsa.PrivateKey {
	t.Helper()
	var raw []byte
	for _, ext := range []string{".pem", ".key"} {
		part, err := os.ReadFile("../testdata/pki/" + name + ext)
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, part...)
	}
	id, err := secon.ParseIdentity(raw)
	if err != nil {
		t.Fatal(err)
	}
	k, ok := id.Key.(*rsa.PrivateKey)
	if !ok {
		t.Fatal("no RSA key")
	}
	return k
}

// DTA-5: what the test trust centre makes is of the profile: sealed with it a file
// opens, until its list revokes the signer.
func TestIssue(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	ca, err := testca.New(now)
	if err != nil {
		t.Fatal(err)
	}
	issue := func(ik, keyName string) secon.Identity {
		t.Helper()
		id, err := ca.Issue(testca.Subject{IK: ik, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(2, 0, 0), Key: key(t, keyName)})
		if err != nil {
			t.Fatal(err)
		}
		file, err := testca.IdentityPEM(id)
		if err != nil {
			t.Fatal(err)
		}
		again, err := secon.ParseIdentity(file)
		if err != nil || !again.Certificate.Equal(id.Certificate) || !slices.Equal(secon.IKs(id.Certificate), []string{ik}) {
			t.Fatalf("identity %v, %v", secon.IKs(id.Certificate), err)
		}
		return id
	}
	sender, ours := issue(senderIK, "partner"), issue(centreIK, "ours")
	raw, err := ca.RevocationList(now, sender.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	list, err := x509.ParseRevocationList(raw)
	if err != nil {
		t.Fatal(err)
	}
	anchors := secon.Anchors{Roots: []*x509.Certificate{ca.Certificate}}
	trust, err := secon.NewTrust(anchors)
	if err != nil {
		t.Fatal(err)
	}
	anchors.CRLs = []*x509.RevocationList{list}
	strict, err := secon.NewTrust(anchors)
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	err = secon.Seal(&sealed, strings.NewReader("UNA"), 3, secon.Letter{
		Signer: sender, Recipients: []*x509.Certificate{ours.Certificate}, Trust: trust, SigningTime: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	open := func(trust *secon.Trust) error {
		r, w := io.Pipe()
		defer r.Close()
		go io.Copy(io.Discard, r) //nolint:errcheck // the verdict is that of Open
		_, err := secon.Open(w, bytes.NewReader(sealed.Bytes()), secon.Options{
			Identities: []secon.Identity{ours}, Trust: trust, SignerIKs: []string{senderIK}, ReceivedAt: now,
		})
		return err
	}
	if err := open(trust); err != nil {
		t.Error(err)
	}
	if err := open(strict); !errors.Is(err, secon.ErrRevoked) {
		t.Errorf("revoked signer: %v", err)
	}
}
