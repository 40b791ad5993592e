package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"klarbeleg/app/report"
	"klarbeleg/domain/calendar"
)

func (p *program) exportCommand() *cobra.Command {
	var from, to, out string
	parent := &cobra.Command{Use: "export", Short: "Schreibt Auswertungen als Excel-Datei"}
	c := &cobra.Command{
		Use:   "corrections",
		Short: "Berichtigungen eines Zeitraums",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			params, err := p.period(from, to)
			if err != nil {
				return usage(err)
			}
			ctx, r, err := p.openDB(c.Context())
			if err != nil {
				return err
			}
			defer r.close()
			path := out
			if path == "" {
				path = filepath.Join(r.config.ExportDir, fmt.Sprintf("berichtigungen-%s-%s.xlsx", params.From, params.To))
			}
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				return fmt.Errorf("export folder: %w", err)
			}
			reports, err := report.New(r.db)
			if err != nil {
				return err
			}
			sum, err := reports.Corrections(ctx, params, path)
			if errors.Is(err, report.ErrFileName) {
				return usage(err)
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(p.stdout, "%s: %d Berichtigungen, %s EUR, SHA-256 %x.\n", path, sum.Rows, sum.Total.German(), sum.SHA256)
			return nil
		},
	}
	c.Flags().StringVar(&from, "from", "", "erster Tag JJJJ-MM-TT (sonst Monatsanfang)")
	c.Flags().StringVar(&to, "to", "", "letzter Tag JJJJ-MM-TT (sonst heute)")
	c.Flags().StringVar(&out, "out", "", "Zieldatei (sonst im Exportordner)")
	parent.AddCommand(c)
	return parent
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
