package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// accessFile holds the test access of the demonstration, in its folder. No other
// access ever stands in a file.
const accessFile = "testzugang.json"

// demoAccess is the test access: what stands in the two letters otherwise.
type demoAccess struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	Secret   string `json:"code_secret"`
}

func readAccess(dir string) (a demoAccess, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, accessFile))
	if err != nil {
		return a, fmt.Errorf("read test access: %w", err)
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		return a, fmt.Errorf("read test access: %w", err)
	}
	return a, nil
}

func (a demoAccess) write(dir string) error {
	raw, err := json.MarshalIndent(a, "", "  ") //nolint:gosec // G117: test access, printed at start anyway
	if err != nil {
		return fmt.Errorf("encode test access: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, accessFile), append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("write test access: %w", err)
	}
	return nil
}

// accessHint says how to log in; "" where a first start made no access.
func accessHint(dir string) (string, error) {
	a, err := readAccess(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(`
Testzugang zum Portal (erfundene Daten, nur in dieser Demonstration), Seite /anmelden:

  Benutzername        %s
  Passwort            %s
  Sicherheitscode     klarbeleg demo code   (oder in einer App: %s)
`, a.Email, a.Password, a.Secret), nil
}
