package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"
)

// HashParameters are those of Argon2id (ASVS 11.4.2).
type HashParameters struct {
	MemoryKiB, Time uint32
	Threads         uint8
}

// DefaultHash takes about 30 ms and 46 MiB for one password.
func DefaultHash() HashParameters { return HashParameters{MemoryKiB: 46 << 10, Time: 1, Threads: 1} }

const (
	saltSize = 16
	hashSize = 32
)

// hasher hashes and compares passwords, a few at the same time: each needs its
// memory.
type hasher struct {
	p     HashParameters
	seats chan struct{}
	// dummy is compared where no account exists, so that it takes as long.
	dummy string
}

func newHasher(p HashParameters, parallel int) (*hasher, error) {
	if p == (HashParameters{}) {
		p = DefaultHash()
	}
	if p.MemoryKiB < 8 || p.Time < 1 || p.Threads < 1 {
		return nil, errors.New("parameters of Argon2id are out of range")
	}
	h := &hasher{p: p, seats: make(chan struct{}, parallel)}
	h.dummy = p.hash(rand.Text(), newSalt())
	return h, nil
}

func newSalt() []byte {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // cannot fail: the program would end
	return salt
}

// hash returns the hash in the usual text form, parameters and salt included.
func (p HashParameters) hash(password string, salt []byte) string {
	sum := argon2.IDKey([]byte(password), salt, p.Time, p.MemoryKiB, p.Threads, hashSize)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.MemoryKiB, p.Time, p.Threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
}

// errHash says that a stored hash is no hash of ours; it quotes nothing of it.
var errHash = errors.New("stored password hash is not readable")

func parseHash(text string) (p HashParameters, salt []byte, err error) {
	var version int
	var salt64, sum64 string
	n, err := fmt.Sscanf(text, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &p.MemoryKiB, &p.Time, &p.Threads, &salt64)
	if err != nil || n != 5 || version != argon2.Version || len(salt64) < 23 || salt64[22] != '$' {
		return p, nil, errHash
	}
	salt64, sum64 = salt64[:22], salt64[23:]
	salt, err = base64.RawStdEncoding.DecodeString(salt64)
	if err != nil || sum64 == "" {
		return p, nil, errHash
	}
	return p, salt, nil
}

// sit waits for a free seat.
func (h *hasher) sit(ctx context.Context) error {
	select {
	case h.seats <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *hasher) stand() { <-h.seats }

// make hashes a new password.
func (h *hasher) make(ctx context.Context, password string) (string, error) {
	if err := h.sit(ctx); err != nil {
		return "", err
	}
	defer h.stand()
	return h.p.hash(password, newSalt()), nil
}

// matches compares a password with a stored hash. stale is true if the hash has
// other parameters than those of now. Without a stored hash it takes as long and
// never matches.
func (h *hasher) matches(ctx context.Context, password, stored string) (ok, stale bool, err error) {
	none := stored == ""
	if none {
		stored = h.dummy
	}
	p, salt, err := parseHash(stored)
	if err != nil {
		return false, false, err
	}
	if err := h.sit(ctx); err != nil {
		return false, false, err
	}
	defer h.stand()
	same := subtle.ConstantTimeCompare([]byte(p.hash(password, salt)), []byte(stored)) == 1
	return same && !none, p != h.p, nil
}
