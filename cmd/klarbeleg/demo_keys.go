//go:build !noembedded

package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"klarbeleg/dta/p302/gen"
	"klarbeleg/dta/secon"
	"klarbeleg/dta/secon/testca"
)

// Folders and files of the demonstration's keys, in the folder secon of the state
// folder. Everything there is for trying out and for nothing else.
const (
	demoKeysFolder  = "secon"
	demoOwn         = "eigene"
	demoTrust       = "trustcenter"
	demoPartners    = "partner"
	demoSender      = "absender"
	demoIdentity    = "TESTSCHLUESSEL.pem"
	demoCertificate = "TESTZERTIFIKAT.pem"
	demoNote        = "LIESMICH.txt"
)

// demoNoteText stands beside the keys.
const demoNoteText = `Testschlüssel der Demonstration, beim ersten Start erzeugt. Niemand vertraut ihnen.
Für den Betrieb sind eigene Ordner anzugeben (docs/configuration.md, SECON).

eigene       Zertifikat und Schlüssel der Abrechnungsstelle
trustcenter  Zertifikat des Test-Trustcenters; sein Schlüssel ist nicht aufbewahrt
partner      Zertifikate, für die verschlüsselt wird
absender     Zertifikat und Schlüssel des Absenders der Demonstration
`

// demoKeysYears is how long the certificates hold, as those of the trust centres.
const demoKeysYears = 3

// useDemoKeys points the configuration at the demonstration's keys, unless folders
// are configured. With create they are made where they are missing.
func (p *program) useDemoKeys(dir string, c *seconConfig, create bool) (used bool, err error) {
	if c.folders().Set() {
		return false, nil
	}
	root := filepath.Join(dir, demoKeysFolder)
	_, err = os.Stat(root)
	switch missing := errors.Is(err, fs.ErrNotExist); {
	case missing && !create:
		return false, nil
	case missing:
		p.progress("Testschlüssel werden erzeugt")
		err = p.makeDemoKeys(dir, root)
	}
	if err != nil {
		return false, fmt.Errorf("test keys: %w", err)
	}
	c.IdentityDir, c.TrustDir, c.PartnerDir = filepath.Join(root, demoOwn), filepath.Join(root, demoTrust), filepath.Join(root, demoPartners)
	return true, nil
}

// makeDemoKeys makes the folder whole or not at all.
func (p *program) makeDemoKeys(dir, root string) error {
	now := p.clock.Now()
	ca, err := testca.New(now)
	if err != nil {
		return err
	}
	sealed, err := gen.Write(io.Discard, demoSealedOptions())
	if err != nil {
		return err
	}
	iks := []string{sealed.UNB.Absenderbezeichnung, sealed.UNB.Empfaengerbezeichnung}
	keys := make([]*rsa.PrivateKey, len(iks))
	var group errgroup.Group // each key takes seconds
	for i := range keys {
		group.Go(func() (err error) {
			keys[i], err = rsa.GenerateKey(rand.Reader, testca.KeyBits)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	identities := make([]secon.Identity, len(iks))
	for i, ik := range iks {
		identities[i], err = ca.Issue(testca.Subject{IK: ik, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(demoKeysYears, 0, 0), Key: keys[i]})
		if err != nil {
			return err
		}
	}
	return writeDemoKeys(dir, root, demoKeys{ca.Certificate, identities[0], identities[1]})
}

// demoKeys are the parties of the demonstration.
type demoKeys struct {
	ca             *x509.Certificate
	sender, centre secon.Identity
}

func writeDemoKeys(dir, root string, k demoKeys) error {
	temp, err := os.MkdirTemp(dir, demoKeysFolder+"-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temp) }() // gone where it was renamed
	sender, err := testca.IdentityPEM(k.sender)
	if err != nil {
		return err
	}
	centre, err := testca.IdentityPEM(k.centre)
	if err != nil {
		return err
	}
	for path, content := range map[string][]byte{
		filepath.Join(demoOwn, demoIdentity):         centre,
		filepath.Join(demoSender, demoIdentity):      sender,
		filepath.Join(demoTrust, demoCertificate):    testca.CertificatePEM(k.ca),
		filepath.Join(demoPartners, demoCertificate): testca.CertificatePEM(k.centre.Certificate),
		demoNote: []byte(demoNoteText),
	} {
		path = filepath.Join(temp, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	return os.Rename(temp, root)
}
