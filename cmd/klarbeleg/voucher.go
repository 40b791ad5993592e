package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"klarbeleg/app/payment"
	"klarbeleg/internal/letter"
	"klarbeleg/internal/wholefile"
	"klarbeleg/store"
)

func (p *program) voucherCommand() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:   "voucher NUMMER",
		Short: "Zeigt einen Zahlbeleg mit seinen Rechnungen, als Text oder als Zahlungsavis (PDF)",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, r, err := p.openDB(c.Context())
			if err != nil {
				return err
			}
			defer r.close()
			err = p.voucher(ctx, r, args[0], path)
			if errors.Is(err, payment.ErrNoVoucher) {
				return usage(err)
			}
			return err
		},
	}
	c.Flags().StringVar(&path, "pdf", "", "Zahlungsavis in diese Datei schreiben")
	return c
}

func (p *program) voucher(ctx context.Context, r *resources, number, path string) error {
	o := r.config.Organisation
	advice, err := payment.NewAdvice(r.db, letter.Sender{Name: o.Name, Street: o.Street, City: o.City, Phone: o.Phone, Email: o.Email})
	if err != nil {
		return err
	}
	if path != "" {
		return p.writeAdvice(ctx, advice, number, path)
	}
	v, err := advice.Voucher(ctx, number)
	if err != nil {
		return err
	}
	return p.printVoucher(&v)
}

func (p *program) writeAdvice(ctx context.Context, advice *payment.Advice, number, path string) (err error) {
	file, err := wholefile.New(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := advice.Write(ctx, number, file); err != nil {
		return err
	}
	sum, err := file.Publish()
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s: Zahlungsavis zum Zahlbeleg %s, SHA-256 %x.\n", path, number, sum)
	return nil
}

func (p *program) printVoucher(v *store.Voucher) error {
	fmt.Fprintf(p.stdout, "Zahlbeleg %s, Ausführung %s: %s EUR an %s (IK %s) für %s (IK %s)\n",
		v.Number, v.PaidOn.German(), v.Total.German(), v.Payee.Name, v.Payee.IK, v.PayerName, v.PayerIK)
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "Rechnung\tDatum\tBerechnet\tBerichtigt\tFrüher\tGezahlt\t")
	for _, l := range v.Lines {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t\n",
			l.Number, l.Date.German(), l.Billed.German(), l.Corrected.German(), l.Earlier.German(), l.Amount.German())
	}
	return w.Flush()
}
