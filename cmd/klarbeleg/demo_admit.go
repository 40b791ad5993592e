//go:build !noembedded

package main

import (
	"context"
	"time"

	"klarbeleg/app/account"
	domain "klarbeleg/domain/account"
	"klarbeleg/dta/p302/gen"
)

// admitDemo gives the provider of the demonstration's deliveries access, as the
// approval of a registration would, and logs in once to change the initial
// password, so that the registration is complete (REG-3).
func (p *program) admitDemo(ctx context.Context, r *resources, dir string, provider gen.Provider) error {
	accounts, err := newAccounts(p, r)
	if err != nil {
		return err
	}
	c, err := accounts.Admit(ctx, account.Admission{
		Institution: provider.Name, IKs: []string{provider.IK}, First: account.NewUser{Email: demoMail, Name: "Dana Demo"},
	})
	if err != nil {
		return err
	}
	secret, err := domain.ParseCodeSecret(c.SecretText)
	if err != nil {
		return err
	}
	token, err := accounts.Login(ctx, demoMail, c.Password, "demo")
	if err != nil {
		return err
	}
	// The code of the step before: that of now is left for the first login.
	token, err = accounts.Code(ctx, token, domain.CurrentCode(secret, p.clock.Now().Add(-30*time.Second)), "demo")
	if err != nil {
		return err
	}
	session, err := accounts.Session(ctx, token)
	if err != nil {
		return err
	}
	password := domain.NewInitialPassword()
	if err := accounts.ChangePassword(ctx, session, c.Password, password); err != nil {
		return err
	}
	if err := accounts.Logout(ctx, token); err != nil {
		return err
	}
	return demoAccess{Email: demoMail, Password: password, Secret: c.SecretText}.write(dir)
}
