package secon

import (
	"bufio"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// ErrKeyFile is returned for a block of a key file that is no certificate.
var ErrKeyFile = errors.New("no certificate in a block of the key file")

// maxKeyFileLine bounds a line of a key file; they have 64 characters.
const maxKeyFileLine = 64 << 10

// ReadKeyFile reads the certificates of the receiving points as the trust centre
// publishes them (annahme-rsa4096.key; spec secon section 2): the base64 of each
// in lines without BEGIN and END, an empty line between two. Readable ones come
// also with an error, which names the blocks that are not (ErrKeyFile).
//
// The file proves nothing: Seal asks Trust about each certificate.
func ReadKeyFile(r io.Reader) ([]*x509.Certificate, error) {
	var (
		found  []*x509.Certificate
		faults []error
		block  []byte
		blocks int
	)
	finish := func() {
		if len(block) == 0 {
			return
		}
		blocks++
		c, err := parseBlock(block)
		if err != nil {
			faults = append(faults, fmt.Errorf("block %d: %w", blocks, err))
		} else {
			found = append(found, c)
		}
		block = block[:0]
	}
	lines := bufio.NewScanner(r) // takes CR LF as LF
	lines.Buffer(nil, maxKeyFileLine)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			finish()
			continue
		}
		if len(block) <= maxCertificate*2 {
			block = append(block, lines.Bytes()...)
		}
	}
	finish()
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read key file: %w", err)
	}
	return found, errors.Join(faults...)
}

func parseBlock(block []byte) (*x509.Certificate, error) {
	der, err := base64.StdEncoding.DecodeString(string(block))
	if err != nil || len(der) > maxCertificate {
		return nil, ErrKeyFile
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, ErrKeyFile
	}
	return c, nil
}

// Choose returns the certificate of the Institutionskennzeichen (nine digits)
// that holds at the time, of several the one that ends last; false if there is
// none. Old and new ones are valid side by side for some weeks.
func Choose(certificates []*x509.Certificate, ik string, at time.Time) (*x509.Certificate, bool) {
	var best *x509.Certificate
	for _, c := range certificates {
		if at.Before(c.NotBefore) || at.After(c.NotAfter) || !slices.Contains(IKs(c), ik) {
			continue
		}
		if best == nil || c.NotAfter.After(best.NotAfter) {
			best = c
		}
	}
	return best, best != nil
}
