// Package keyring holds the keys and certificates with which deliveries are opened
// (DTA-5): our own identities, the trust centres', our partners' and the revocation
// lists, from folders that an operator fills. A file that is not what its folder is
// for stops the start; while running the last good state stays in use, and a metric
// says so. It refuses keys that others than the owner and its group can read.
package keyring

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"klarbeleg/dta/secon"
)

// Folders say where the files are; "" stands for none. Hidden files and folders in
// them are passed over.
type Folders struct {
	// Identities holds one PEM file for each certificate of ours, with its key
	// (PKCS#8), old ones too.
	Identities string
	// Trust holds the certificates of the trust centres, PEM or DER.
	Trust string
	// Partners holds certificates of partners, PEM or DER, and key files (*.key) as
	// the trust centre publishes them.
	Partners string
	// CRLs holds revocation lists of the trust centres, PEM or DER.
	CRLs string
}

// Set tells whether any folder is named.
func (f Folders) Set() bool { return f != Folders{} }

// Ring is what the folders hold. It does not change.
type Ring struct {
	Identities []secon.Identity
	Trust      *secon.Trust
	Partners   []*x509.Certificate
	lists      []*x509.RevocationList
	// passedOver counts the blocks of key files that are no certificates.
	passedOver int
}

// ErrFolder is returned for a folder that is missing, empty or holds something else
// than it is for. The error names files, and nothing of their content.
var ErrFolder = errors.New("keys and certificates")

// openModes are the bits that a file with a key must not have: writing by the group,
// anything by others.
const openModes = 0o027

// maxFile bounds a file; revocation lists and key files have some hundred kilobytes.
const maxFile = 64 << 20

// Load reads the folders. Without identities or trust centres nothing can be opened:
// that is an error.
func Load(f Folders) (*Ring, error) {
	r := &Ring{}
	if err := each(f.Identities, r.addIdentity); err != nil {
		return nil, err
	}
	if len(r.Identities) == 0 {
		return nil, fmt.Errorf("%w: no identity of ours in folder %q", ErrFolder, f.Identities)
	}
	return r, r.loadTrust(f)
}

// LoadTrust reads what a sender needs who brings its own identity: whom to trust, and
// the partners' certificates.
func LoadTrust(f Folders) (*secon.Trust, []*x509.Certificate, error) {
	r := &Ring{}
	err := r.loadTrust(f)
	return r.Trust, r.Partners, err
}

func (r *Ring) loadTrust(f Folders) error {
	var anchors secon.Anchors
	err := errors.Join(
		each(f.Trust, func(_ string, raw []byte) error { return addAnchor(&anchors, raw) }),
		each(f.Partners, r.addPartners),
		each(f.CRLs, func(_ string, raw []byte) error { return r.addLists(raw) }),
	)
	if err != nil {
		return err
	}
	if len(anchors.Roots) == 0 {
		return fmt.Errorf("%w: no root of a trust centre in folder %q", ErrFolder, f.Trust)
	}
	anchors.Partners, anchors.CRLs = r.Partners, r.lists
	if r.Trust, err = secon.NewTrust(anchors); err != nil {
		return fmt.Errorf("%w: folder %q: %w", ErrFolder, f.CRLs, err)
	}
	return nil
}

// each calls add with every file of the folder, in the order of names.
func each(dir string, add func(file string, raw []byte) error) error {
	if dir == "" {
		return nil
	}
	files, err := list(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, file := range files {
		raw, err := os.ReadFile(file.path)
		if err == nil {
			err = add(file.path, raw)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%w: %s: %w", ErrFolder, file.path, err))
		}
	}
	return errors.Join(errs...)
}

// file is one file of a folder as far as a change can be seen.
type file struct {
	path  string
	size  int64
	mtime time.Time
}

// list returns the files of the folder by name; links are followed, as mounted
// secrets are links.
func list(dir string) ([]file, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFolder, err)
	}
	var out []file
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist): // taken away meanwhile
			continue
		case err != nil:
			return nil, fmt.Errorf("%w: %w", ErrFolder, err)
		case info.IsDir():
			continue
		case info.Size() > maxFile:
			return nil, fmt.Errorf("%w: %s has more than %d bytes", ErrFolder, path, maxFile)
		}
		out = append(out, file{path, info.Size(), info.ModTime()})
	}
	return out, nil
}

func (r *Ring) addIdentity(file string, raw []byte) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&openModes != 0 {
		return fmt.Errorf("mode %04o lets others reach the key: chmod 0400", mode)
	}
	id, err := secon.ParseIdentity(raw)
	if err != nil {
		return err
	}
	if len(secon.IKs(id.Certificate)) != 1 {
		return errors.New("the certificate does not name one IK")
	}
	r.Identities = append(r.Identities, id)
	return nil
}

func addAnchor(a *secon.Anchors, raw []byte) error {
	certificates, err := parseCertificates(raw)
	for _, c := range certificates {
		if bytes.Equal(c.RawSubject, c.RawIssuer) { // it signs itself
			a.Roots = append(a.Roots, c)
		} else {
			a.CAs = append(a.CAs, c)
		}
	}
	return err
}

// addPartners reads certificates or a key file. A block of a key file that is no
// certificate does not spoil the others, which are many and not ours.
func (r *Ring) addPartners(file string, raw []byte) error {
	if !strings.EqualFold(filepath.Ext(file), ".key") {
		certificates, err := parseCertificates(raw)
		r.Partners = append(r.Partners, certificates...)
		return err
	}
	certificates, err := secon.ReadKeyFile(bytes.NewReader(raw))
	if len(certificates) == 0 {
		return cmp.Or(err, secon.ErrKeyFile)
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		r.passedOver += len(joined.Unwrap())
	}
	r.Partners = append(r.Partners, certificates...)
	return nil
}

func (r *Ring) addLists(raw []byte) error {
	return ders(raw, "X509 CRL", func(der []byte) error {
		l, err := x509.ParseRevocationList(der)
		if err != nil {
			return errors.New("no revocation list")
		}
		r.lists = append(r.lists, l)
		return nil
	})
}

// parseCertificates reads the certificates of a file, PEM or DER; a key among them
// is an error, since it lies where everybody may read.
func parseCertificates(raw []byte) (out []*x509.Certificate, err error) {
	return out, ders(raw, "CERTIFICATE", func(der []byte) error {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return errors.New("no certificate")
		}
		out = append(out, c)
		return nil
	})
}

// ders calls add with the content of every block of the kind, or with the whole file
// where it is no PEM.
func ders(raw []byte, kind string, add func(der []byte) error) error {
	block, rest := pem.Decode(raw)
	if block == nil {
		return add(raw)
	}
	for ; block != nil; block, rest = pem.Decode(rest) {
		if block.Type != kind {
			return fmt.Errorf("holds something else than %s", strings.ToLower(kind))
		}
		if err := add(block.Bytes); err != nil {
			return err
		}
	}
	return nil
}

// Expiry is until when the institution has a certificate: the latest end of those
// of ours or of its.
type Expiry struct {
	Own      bool
	IK       string
	NotAfter time.Time
}

// Expiries returns the ends of all certificates, our own first, by IK. Old ones that
// are replaced do not count.
func (r *Ring) Expiries() []Expiry {
	ends := map[Expiry]time.Time{}
	add := func(own bool, c *x509.Certificate) {
		for _, ik := range secon.IKs(c) {
			key := Expiry{Own: own, IK: ik}
			if c.NotAfter.After(ends[key]) {
				ends[key] = c.NotAfter
			}
		}
	}
	for _, id := range r.Identities {
		add(true, id.Certificate)
	}
	for _, c := range r.Partners {
		add(false, c)
	}
	out := make([]Expiry, 0, len(ends))
	for e, end := range ends {
		e.NotAfter = end
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Expiry) int {
		if a.Own != b.Own {
			if a.Own {
				return -1
			}
			return 1
		}
		return strings.Compare(a.IK, b.IK)
	})
	return out
}

// List is a revocation list in use.
type List struct {
	Issuer     string // organisation of the trust centre
	AsOf       time.Time
	NextUpdate time.Time // zero: not promised
}

// Lists returns the newest revocation list of each issuer, by name.
func (r *Ring) Lists() []List {
	newest := map[string]List{}
	for _, l := range r.lists {
		name := strings.Join(l.Issuer.Organization, ", ")
		if old, ok := newest[name]; !ok || l.ThisUpdate.After(old.AsOf) {
			newest[name] = List{Issuer: name, AsOf: l.ThisUpdate, NextUpdate: l.NextUpdate}
		}
	}
	out := make([]List, 0, len(newest))
	for _, l := range newest {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b List) int { return strings.Compare(a.Issuer, b.Issuer) })
	return out
}
