package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"klarbeleg/app/apikey"
	"klarbeleg/domain/calendar"
	"klarbeleg/store"
)

// apiKeysCommand makes, lists and revokes the API keys of institutions (DTA-8).
func (p *program) apiKeysCommand() *cobra.Command {
	parent := &cobra.Command{Use: "api-keys", Short: "API-Schlüssel von Institutionen: anlegen, auflisten, widerrufen"}
	parent.AddCommand(p.createKeyCommand(), p.listKeysCommand(), p.revokeKeyCommand())
	return parent
}

func (p *program) createKeyCommand() *cobra.Command {
	var n apikey.New
	var scopes []string
	var expires string
	c := &cobra.Command{
		Use:   "create --ik IK --name NAME --scope BEREICH",
		Short: "Legt einen Schlüssel an und zeigt ihn dieses eine Mal",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if expires != "" {
				var err error
				if n.ExpiresOn, err = calendar.ParseDate(expires); err != nil {
					return usage(fmt.Errorf("--expires: %w", err))
				}
			}
			for _, s := range scopes {
				n.Scopes = append(n.Scopes, apikey.Scope(s))
			}
			ctx, r, err := p.openDB(c.Context())
			if err != nil {
				return err
			}
			defer r.close()
			k, text, err := apikey.NewService(r.db, p.clock).Create(ctx, n)
			if errors.Is(err, apikey.ErrInput) {
				return usage(err)
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(p.stdout, "Schlüssel %s für IK %s, gültig bis %s. Er wird nur jetzt gezeigt:\n%s\n", k.ID, k.IK, lastDay(k.ExpiresAt), text)
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&n.IK, "ik", "", "Institution, die den Schlüssel bekommt")
	f.StringSliceVar(&n.SenderIKs, "sender", nil, "weitere IK, für die sie senden darf (Dienstleister)")
	f.StringVar(&n.Name, "name", "", "Name des Schlüssels, etwa das Programm, das ihn nutzt")
	f.StringSliceVar(&scopes, "scope", nil, fmt.Sprintf("was der Schlüssel erlaubt: %v", apikey.Scopes()))
	f.StringVar(&expires, "expires", "", "letzter Tag JJJJ-MM-TT (sonst in 12 Monaten)")
	return c
}

func (p *program) listKeysCommand() *cobra.Command {
	var ik string
	c := &cobra.Command{
		Use:   "list",
		Short: "Listet Schlüssel, ohne ihr Geheimnis",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, r, err := p.openDB(c.Context())
			if err != nil {
				return err
			}
			defer r.close()
			keys, err := apikey.NewService(r.db, p.clock).List(ctx, ik)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "SCHLÜSSEL\tIK\tSENDET AUCH FÜR\tBEREICHE\tSTAND\tGÜLTIG BIS\tZULETZT GENUTZT\tNAME")
			for i := range keys {
				k := &keys[i]
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.IK, orDash(strings.Join(k.SenderIKs, ",")), strings.Join(k.Scopes, ","),
					p.keyState(k), lastDay(k.ExpiresAt), lastUse(k.LastUsedAt), k.Name)
			}
			return w.Flush()
		},
	}
	c.Flags().StringVar(&ik, "ik", "", "nur Schlüssel dieser Institution")
	return c
}

func (p *program) revokeKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke SCHLÜSSEL",
		Short: "Widerruft einen Schlüssel sofort; genannt wird sein kurzer Name aus der Liste",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, r, err := p.openDB(c.Context())
			if err != nil {
				return err
			}
			defer r.close()
			err = apikey.NewService(r.db, p.clock).Revoke(ctx, args[0])
			if errors.Is(err, store.ErrNotFound) {
				return usage(errors.New("no API key has this id; `klarbeleg api-keys list` shows them"))
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(p.stdout, "Schlüssel %s ist widerrufen.\n", args[0])
			return nil
		},
	}
}

func (p *program) keyState(k *apikey.Key) string {
	switch {
	case k.RevokedAt != nil:
		return "widerrufen"
	case !p.clock.Now().Before(k.ExpiresAt):
		return "abgelaufen"
	default:
		return "gültig"
	}
}

// lastDay returns the last Berlin day before the end.
func lastDay(end time.Time) string { return calendar.InBerlin(end.Add(-time.Second)).German() }

func lastUse(at *time.Time) string {
	if at == nil {
		return "nie"
	}
	return at.In(calendar.Berlin()).Format("02.01.2006 15:04")
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
