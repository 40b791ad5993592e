package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"klarbeleg/store"
)

func (p *program) voucherCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "voucher NUMMER",
		Short: "Zeigt einen Zahlbeleg mit seinen Rechnungen",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, r, err := p.openDB(c.Context())
			if err != nil {
				return err
			}
			defer r.close()
			return p.voucher(ctx, r, args[0])
		},
	}
}

func (p *program) voucher(ctx context.Context, r *resources, number string) error {
	v, err := r.db.Voucher(ctx, number)
	if errors.Is(err, store.ErrNotFound) {
		return usage(fmt.Errorf("there is no voucher with this number"))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "Zahlbeleg %s vom %s: %s EUR an %s (IK %s) für %s (IK %s)\n",
		v.Number, v.PaidOn.German(), v.Total.German(), v.Payee.Name, v.Payee.IK, v.PayerName, v.PayerIK)
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "Rechnung\tDatum\tBerechnet\tBerichtigt\tGezahlt")
	for _, l := range v.Lines {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", l.Number, l.Date.German(), l.Billed.German(), l.Corrected.German(), l.Amount.German())
	}
	return w.Flush()
}
