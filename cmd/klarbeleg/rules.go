package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"klarbeleg/app/intake"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// rulesCommand tries rules out on what is stored (CHK-10).
func (p *program) rulesCommand() *cobra.Command {
	parent := &cobra.Command{Use: "rules", Short: "Prüfregeln erproben"}
	parent.AddCommand(p.tryCommand())
	return parent
}

func (p *program) tryCommand() *cobra.Command {
	var since string
	c := &cobra.Command{
		Use:   "try [REGEL]",
		Short: "Zeigt, welche gespeicherten Fälle eine Regel heute anders behandelte; ändert nichts",
		Long: "Prüft gespeicherte Lieferungen erneut, mit den Regeln und Listen von jetzt und dem, was bis zu\n" +
			"ihrem Eingang abgerechnet war, und vergleicht mit dem damaligen Ergebnis. Ohne REGEL: alle Regeln.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return p.try(c.Context(), args, since) },
	}
	c.Flags().StringVar(&since, "since", "", "ab Eingang JJJJ-MM-TT (sonst die letzten 30 Tage)")
	return c
}

func (p *program) try(ctx context.Context, args []string, since string) error {
	t, err := p.tryOf(args, since)
	if err != nil {
		return usage(err)
	}
	ctx, r, err := p.openDB(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	if err := errors.Join(r.openBlobs(), r.openSecurity(p)); err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "Regel\tLeistungserbringer\tRechnung\tvom\tBeleg\tbisher EUR\tkünftig EUR")
	result, err := newIntake(p, r).TryOut(ctx, t, func(c *intake.TryChange) error {
		_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.Rule, c.Invoice.Provider, c.Invoice.Number, c.Invoice.Date.German(),
			c.VoucherNo, tried(c.WasHit, c.Before), tried(c.IsHit, c.After))
		return err
	})
	if err != nil {
		return err
	}
	printTried(w, result)
	return w.Flush()
}

// printTried sums a try-out up.
func printTried(w io.Writer, result *intake.TryResult) {
	fmt.Fprintf(w, "\nGeprüft: %d Lieferungen, %d Rechnungen, %d Fälle", result.Deliveries, result.Invoices, result.Cases)
	if result.Unreadable > 0 {
		fmt.Fprintf(w, "; %d Lieferungen nicht mehr lesbar", result.Unreadable)
	}
	fmt.Fprintf(w, ".\nAnders: %d Fälle (%d neu betroffen, %d nicht mehr); berichtigt bisher %s EUR, künftig %s EUR (%s EUR).\n",
		result.Changed, result.Hit, result.Spared, result.Before.German(), result.After.German(), signed(result.After-result.Before))
	if result.Refused > 0 {
		fmt.Fprintf(w, "Künftig abgewiesen: %d Rechnungen.\n", result.Refused)
	}
}

// tryDays is how far a try-out looks back where nothing is said.
const tryDays = 30

func (p *program) tryOf(args []string, since string) (t intake.Try, err error) {
	if len(args) > 0 {
		if _, ok := catalogue.ByID(args[0]); !ok {
			return t, fmt.Errorf("there is no rule %s", args[0])
		}
		t.Rule = args[0]
	}
	day := calendar.InBerlin(p.clock.Now()).AddDays(-tryDays)
	if since != "" {
		if day, err = calendar.ParseDate(since); err != nil {
			return t, fmt.Errorf("--since: %w", err)
		}
	}
	t.Since = day.AddDays(-1).EndInBerlin()
	return t, nil
}

// tried prints what a rule takes, "–" where it found nothing.
func tried(hit bool, cents money.Cents) string {
	if !hit {
		return "–"
	}
	return cents.German()
}

func signed(c money.Cents) string {
	if c > 0 {
		return "+" + c.German()
	}
	return c.German()
}
