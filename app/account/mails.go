package account

import (
	"context"
	_ "embed" // the texts of the mails
	"fmt"
	"strings"
	"text/template"

	"github.com/google/uuid"

	"klarbeleg/domain/account"
	"klarbeleg/domain/calendar"
	"klarbeleg/store"
)

//go:embed mails.txt
var mailTexts string

// Mails about an account (ASVS 6.3.5, 6.3.7); the names are templates of
// mails.txt. They hold no value but the name of the portal.
const (
	mailPassword = "account_password"
	mailSecret   = "account_secret"
	mailFailures = "account_failures"
)

// write returns subject and text of a mail.
func (s *Service) write(kind string) (subject, text string, err error) {
	t, err := template.New("mails").Option("missingkey=error").Parse(mailTexts)
	if err != nil {
		return "", "", fmt.Errorf("texts of mails: %w", err)
	}
	var b strings.Builder
	if err := t.ExecuteTemplate(&b, kind, s.rules); err != nil {
		return "", "", fmt.Errorf("write mail: %w", err)
	}
	subject, text, _ = strings.Cut(strings.TrimLeft(b.String(), "\n"), "\n\n")
	return subject, text, nil
}

// tell plans a mail to the user about the own account.
func (s *Service) tell(ctx context.Context, tx store.Tx, a *store.Account, kind string) error {
	subject, text, err := s.write(kind)
	if err != nil {
		return err
	}
	id, err := newID()
	if err != nil {
		return err
	}
	now := s.clock.Now()
	_, err = store.PlanMail(ctx, tx, store.Mail{
		ID: id, Kind: kind, DedupKey: kind + "/" + id.String(), User: a.ID, LocalDay: calendar.InBerlin(now),
		Recipient: a.Email, Subject: subject, Text: text, At: now,
	})
	return err
}

// warn tells the user when the longest wait of the brake begins.
func (s *Service) warn(ctx context.Context, a *store.Account, failures int) error {
	steps := account.AccountBrake().Steps
	if a.ID == uuid.Nil || failures != steps[len(steps)-1].Failures {
		return nil
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx store.Tx) error { return s.tell(ctx, tx, a, mailFailures) })
}
