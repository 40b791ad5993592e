package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"klarbeleg/app/account"
	domain "klarbeleg/domain/account"
)

// accountConfig is what the operator decides about accounts of the portal.
type accountConfig struct {
	Keys         []string      `env:"KEYS"` // id:base64 of 32 bytes; the first one encrypts
	Idle         time.Duration `env:"IDLE" envDefault:"30m"`
	Absolute     time.Duration `env:"ABSOLUTE" envDefault:"12h"`
	PasswordDays int           `env:"PASSWORD_DAYS" envDefault:"90"`
}

func (a accountConfig) rules() (domain.Settings, error) {
	rules := domain.DefaultSettings()
	rules.Idle, rules.Absolute, rules.PasswordDays = a.Idle, a.Absolute, a.PasswordDays
	if a.Idle < time.Minute || a.Absolute < a.Idle || a.PasswordDays < 0 {
		return rules, usage(fmt.Errorf("%sACCOUNT_IDLE is at least a minute, _ABSOLUTE no less than that, _PASSWORD_DAYS no less than 0", envPrefix))
	}
	return rules, nil
}

// newAccounts builds the use case of accounts.
func newAccounts(p *program, r *resources) (*account.Service, error) {
	if len(r.config.Accounts.Keys) == 0 {
		return nil, usage(errors.New(envPrefix + "ACCOUNT_KEYS is not set; `klarbeleg account-key ID` makes a key"))
	}
	keys, err := account.ParseKeys(r.config.Accounts.Keys)
	if err != nil {
		return nil, usage(fmt.Errorf("%sACCOUNT_KEYS: %w", envPrefix, err))
	}
	rules, err := r.config.Accounts.rules()
	if err != nil {
		return nil, err
	}
	return account.New(r.db, p.clock, account.Settings{Rules: rules, Keys: keys})
}

// accountKeyFile holds the key of the embedded instance.
const accountKeyFile = "account.key"

// useLocalAccountKey makes a key for the embedded instance at its first start, if
// none is configured. Without it nobody could log in after a restart.
func useLocalAccountKey(dir string, c *accountConfig) error {
	if len(c.Keys) > 0 {
		return nil
	}
	path := filepath.Join(dir, accountKeyFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		raw = []byte(account.NewKey("local") + "\n")
		err = os.WriteFile(path, raw, 0o600)
	}
	if err != nil {
		return fmt.Errorf("key of accounts: %w", err)
	}
	c.Keys = []string{strings.TrimSpace(string(raw))}
	return nil
}
