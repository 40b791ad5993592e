package account

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Keys encrypt what must be read again, such as the secrets of one-time codes:
// AES-256-GCM, bound to what it belongs to (ASVS 11.3.2). The first key encrypts,
// all of them decrypt, so that a key can be replaced.
type Keys struct {
	first string
	byID  map[string]cipher.AEAD
}

const keySize = 32

// maxKeyID bounds the id of a key, whose length takes one byte.
const maxKeyID = 32

// ErrKeys says that the keys cannot be read; it quotes nothing of them.
var ErrKeys = errors.New("keys have the form id:base64, each with 32 bytes; the first one encrypts")

// ParseKeys reads keys of the form id:base64.
func ParseKeys(texts []string) (*Keys, error) {
	k := &Keys{byID: map[string]cipher.AEAD{}}
	for _, text := range texts {
		id, encoded, _ := strings.Cut(strings.TrimSpace(text), ":")
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || id == "" || len(id) > maxKeyID || len(raw) != keySize || k.byID[id] != nil {
			return nil, ErrKeys
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, ErrKeys
		}
		if k.byID[id], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, ErrKeys
		}
		if k.first == "" {
			k.first = id
		}
	}
	if k.first == "" {
		return nil, ErrKeys
	}
	return k, nil
}

// NewKey returns the text of a random key.
func NewKey(id string) string {
	raw := make([]byte, keySize)
	_, _ = rand.Read(raw) // cannot fail: the program would end
	return id + ":" + base64.StdEncoding.EncodeToString(raw)
}

// seal encrypts text for its owner: length of the key id, id, ciphertext.
func (k *Keys) seal(text []byte, owner string) []byte {
	head := append([]byte{byte(len(k.first))}, k.first...)
	return k.byID[k.first].Seal(head, nil, text, []byte(owner)) //nolint:gosec // G407: this AEAD makes its own random nonce
}

// open decrypts what seal made for the same owner.
func (k *Keys) open(sealed []byte, owner string) ([]byte, error) {
	if len(sealed) == 0 || len(sealed) < 1+int(sealed[0]) {
		return nil, errors.New("stored secret is not readable")
	}
	id, rest := string(sealed[1:1+sealed[0]]), sealed[1+sealed[0]:]
	aead := k.byID[id]
	if aead == nil {
		return nil, fmt.Errorf("key %q of a stored secret is not configured", id)
	}
	text, err := aead.Open(nil, nil, rest, []byte(owner))
	if err != nil {
		return nil, errors.New("stored secret cannot be decrypted")
	}
	return text, nil
}
