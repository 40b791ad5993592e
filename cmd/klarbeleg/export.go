package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"klarbeleg/app/report"
	"klarbeleg/domain/calendar"
)

// reportWords say what the reports are.
var reportWords = map[string]string{
	"corrections": "Berichtigungen eines Zeitraums",
	"invoices":    "Eingegangene Rechnungen eines Zeitraums",
	"payments":    "Zahlbelege eines Zeitraums, Rechnung für Rechnung",
	"cards":       "Kartenbestellungen eines Zeitraums",
	"open-cards":  "Bestellte, noch nicht versandte Karten und was überfällig ist",
	"rules":       "Wie oft Prüfregeln anschlugen und was daraus wurde",
}

func (p *program) exportCommand() *cobra.Command {
	parent := &cobra.Command{Use: "export", Short: "Schreibt Auswertungen als Excel-Datei"}
	for _, kind := range slices.Sorted(maps.Keys(reportWords)) {
		var from, to, out string
		c := &cobra.Command{
			Use: kind, Short: reportWords[kind], Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				params, err := p.period(from, to)
				if err != nil {
					return usage(err)
				}
				return p.export(c.Context(), kind, params, out)
			},
		}
		c.Flags().StringVar(&from, "from", "", "erster Tag JJJJ-MM-TT (sonst Monatsanfang)")
		c.Flags().StringVar(&to, "to", "", "letzter Tag JJJJ-MM-TT (sonst heute)")
		c.Flags().StringVar(&out, "out", "", "Zieldatei (sonst im Exportordner)")
		parent.AddCommand(c)
	}
	return parent
}

func (p *program) export(ctx context.Context, kind string, params report.Params, path string) error {
	ctx, r, err := p.openDB(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	reports, err := report.New(r.db)
	if err != nil {
		return err
	}
	if path == "" {
		path = filepath.Join(r.config.ExportDir, reports.FileName(kind, params))
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("export folder: %w", err)
	}
	sum, err := reports.Write(ctx, kind, params, path)
	if errors.Is(err, report.ErrFileName) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s: %d %s", path, sum.Sums.Rows, reports.Title(kind))
	if len(sum.Sums.Amounts) > 0 {
		fmt.Fprintf(p.stdout, ", %s EUR", sum.Sums.Amounts[0].German())
	}
	fmt.Fprintf(p.stdout, ", SHA-256 %x.\n", sum.SHA256)
	return nil
}

// period reads the dates of a report; without them it is the current month.
func (p *program) period(from, to string) (report.Params, error) {
	today := calendar.InBerlin(p.clock.Now())
	y, m, _ := today.Civil()
	first, _ := calendar.NewDate(y, m, 1)
	params := report.Params{From: first, To: today}
	for _, v := range []struct {
		text string
		date *calendar.Date
	}{{from, &params.From}, {to, &params.To}} {
		if v.text == "" {
			continue
		}
		d, err := calendar.ParseDate(v.text)
		if err != nil {
			return params, err
		}
		*v.date = d
	}
	if params.To < params.From {
		return params, report.ErrPeriod
	}
	return params, nil
}
