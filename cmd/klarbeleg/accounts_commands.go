package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"klarbeleg/app/account"
	domain "klarbeleg/domain/account"
)

// accountKeyCommand makes a key for ACCOUNT_KEYS.
func (p *program) accountKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "account-key ID",
		Short: "Erzeugt einen Schlüssel für " + envPrefix + "ACCOUNT_KEYS; ID unterscheidet ihn von früheren",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			key := account.NewKey(args[0])
			if _, err := account.ParseKeys([]string{key}); err != nil {
				return usage(errors.New("the id has 1 to 32 characters and no colon"))
			}
			fmt.Fprintln(p.stdout, key)
			return nil
		},
	}
}

// demoCommand helps to use the demonstration's data.
func (p *program) demoCommand() *cobra.Command {
	parent := &cobra.Command{Use: "demo", Short: "Testdaten der Demonstration"}
	parent.AddCommand(&cobra.Command{
		Use:   "code",
		Short: "Zeigt den Sicherheitscode des Testzugangs, wie ihn eine Authenticator-App jetzt zeigte",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			access, err := readAccess(filepath.Join(p.stateDir, "demo"))
			if errors.Is(err, fs.ErrNotExist) {
				return usage(fmt.Errorf("no demonstration in %s", p.stateDir))
			}
			if err != nil {
				return err
			}
			secret, err := domain.ParseCodeSecret(access.Secret)
			if err != nil {
				return err
			}
			fmt.Fprintln(p.stdout, domain.CurrentCode(secret, p.clock.Now()))
			return nil
		},
	})
	return parent
}
