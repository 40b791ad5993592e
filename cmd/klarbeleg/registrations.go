package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"klarbeleg/app/account"
	"klarbeleg/domain/calendar"
	"klarbeleg/internal/letter"
	"klarbeleg/store"
)

// registrationsCommand is where operators decide about registrations (REG-2).
func (p *program) registrationsCommand() *cobra.Command {
	parent := &cobra.Command{Use: "registrations", Short: "Registrierungen: erfassen, ansehen, freigeben, ablehnen"}
	parent.AddCommand(p.addRegistrationCommand(), p.listRegistrationsCommand(), p.documentCommand(), p.decideCommand(true), p.decideCommand(false))
	return parent
}

// registrations opens what the commands need.
func (p *program) registrations(ctx context.Context) (context.Context, *resources, *account.Registrations, error) {
	ctx, r, err := p.openDB(ctx)
	if err != nil {
		return ctx, r, nil, err
	}
	if err := r.openBlobs(); err != nil {
		return ctx, r, nil, err
	}
	accounts, err := newAccounts(p, r)
	if err != nil {
		return ctx, r, nil, err
	}
	return ctx, r, account.NewRegistrations(accounts, r.blobs), nil
}

// addRegistrationCommand takes a registration that arrived on paper.
func (p *program) addRegistrationCommand() *cobra.Command {
	var a account.Applicant
	var proofs []string
	c := &cobra.Command{
		Use:   "add --name NAME --street STRASSE --city ORT --contact PERSON --email ADRESSE --proof IK=DATEI …",
		Short: "Erfasst eine Registrierung, die auf Papier kam; das erste IK ist das der Einrichtung",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			ctx, r, registrations, err := p.registrations(c.Context())
			if r != nil {
				defer r.close()
			}
			if err != nil {
				return err
			}
			var list []account.Proof
			for _, text := range proofs {
				ik, path, _ := strings.Cut(text, "=")
				file, err := os.Open(path)
				if err != nil {
					return usage(err)
				}
				defer func() { _ = file.Close() }()
				list = append(list, account.Proof{IK: ik, Document: file})
			}
			id, err := registrations.Submit(ctx, a, list)
			if err != nil {
				return registrationError(err)
			}
			fmt.Fprintln(p.stdout, id)
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&a.Institution, "name", "", "Name der Einrichtung")
	f.StringVar(&a.Street, "street", "", "Straße und Hausnummer")
	f.StringVar(&a.City, "city", "", "Postleitzahl und Ort")
	f.StringVar(&a.Contact.Name, "contact", "", "Ansprechperson")
	f.StringVar(&a.Contact.Email, "email", "", "E-Mail-Adresse der Ansprechperson")
	f.StringVar(&a.Phone, "phone", "", "Telefon")
	f.StringArrayVar(&proofs, "proof", nil, "IK=DATEI: ein IK mit seinem Nachweis (PDF, JPEG, PNG, TIFF bis 25 MB)")
	return c
}

func (p *program) listRegistrationsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Listet Registrierungen, die auf eine Entscheidung warten",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, r, registrations, err := p.registrations(c.Context())
			if r != nil {
				defer r.close()
			}
			if err != nil {
				return err
			}
			open, err := registrations.Open(ctx)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "VORGANG\tEINGANG\tIK\tSTAND\tNACHWEIS\tEINRICHTUNG\tANSPRECHPERSON")
			for _, o := range open {
				for _, k := range o.IKs {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s, %d KB\t%s\t%s\n", o.ID, calendar.InBerlin(o.SubmittedAt).German(), k.IK, k.State,
						k.MediaType, (k.Bytes+1023)/1024, o.Name, o.ContactName)
				}
			}
			return w.Flush()
		},
	}
}

func (p *program) documentCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "document VORGANG IK --out DATEI",
		Short: "Schreibt den Nachweis eines IK in eine Datei",
		Args:  cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, r, registrations, err := p.registrations(c.Context())
			if r != nil {
				defer r.close()
			}
			if err != nil {
				return err
			}
			content, err := registrations.Document(ctx, args[0], args[1])
			if err != nil {
				return registrationError(err)
			}
			defer func() { _ = content.Close() }()
			_, err = writeNew(out, func(w io.Writer) error { _, err := io.Copy(w, content); return err })
			return err
		},
	}
	c.Flags().StringVar(&out, "out", "", "neue Datei")
	return c
}

// decideCommand approves or refuses an IK. Two different operators are needed for
// an approval; who they are is what they say, as with everything at the prompt.
func (p *program) decideCommand(approve bool) *cobra.Command {
	var v account.Verdict
	var out string
	c := &cobra.Command{
		Use: "approve VORGANG IK --operator NAME --out ORDNER", Short: "Gibt ein IK frei; die zweite Freigabe (andere Person) schreibt zwei Briefe nach --out",
		Args: cobra.ExactArgs(2),
	}
	if !approve {
		c.Use, c.Short = "refuse VORGANG IK --operator NAME --reason GRUND", "Lehnt ein IK ab"
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		ctx, r, registrations, err := p.registrations(c.Context())
		if r != nil {
			defer r.close()
		}
		if err != nil {
			return err
		}
		v.Registration, v.IK = args[0], args[1]
		if approve == (v.Reason != "") {
			return usage(errors.New("refuse needs --reason"))
		}
		state, err := registrations.Decide(ctx, v, func(reg store.Registration, c account.Credentials) error { return p.letters(r, out, reg, c) })
		if err != nil {
			return registrationError(err)
		}
		fmt.Fprintf(p.stdout, "IK %s: %s\n", v.IK, state)
		return nil
	}
	c.Flags().StringVar(&v.Operator, "operator", "", "wer entscheidet")
	if approve {
		c.Flags().StringVar(&out, "out", ".", "Ordner für die Briefe")
	} else {
		c.Flags().StringVar(&v.Reason, "reason", "", "Grund, ohne Personendaten")
	}
	return c
}

// letters writes the two letters into new files that only the caller may read.
func (p *program) letters(r *resources, dir string, reg store.Registration, c account.Credentials) error {
	o := r.config.Organisation
	w := account.LetterWriter{
		Sender: letter.Sender{Name: o.Name, Street: o.Street, City: o.City, Phone: o.Phone, Email: o.Email},
		Portal: strings.TrimSuffix(r.config.PortalURL, "/") + "/anmelden", Day: calendar.InBerlin(p.clock.Now()),
	}
	for name, write := range map[string]func(io.Writer, store.Registration, account.Credentials) error{
		"1-zugangsdaten": w.Password, "2-qr-code": w.Code,
	} {
		var pdf bytes.Buffer
		if err := write(&pdf, reg, c); err != nil {
			return err
		}
		path := filepath.Join(dir, reg.ID+"-"+name+".pdf")
		if _, err := writeNew(path, func(w io.Writer) error { _, err := pdf.WriteTo(w); return err }); err != nil {
			return err
		}
		fmt.Fprintln(p.stdout, path)
	}
	return nil
}

// registrationError tells faults of the caller from others.
func registrationError(err error) error {
	for _, known := range []error{
		account.ErrInput, account.ErrDocument, account.ErrRegistration, account.ErrDecided, account.ErrSameOperator, account.ErrMainFirst,
		account.ErrTaken, store.ErrIKTaken,
	} {
		if errors.Is(err, known) {
			return usage(err)
		}
	}
	return err
}
