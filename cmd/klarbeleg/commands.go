package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"klarbeleg/app/lists"
	"klarbeleg/domain/calendar"
	"klarbeleg/internal/wholefile"
	"klarbeleg/jobs"
	"klarbeleg/schema"
)

func (p *program) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bringt die Datenbank auf den neuesten Stand",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, r, err := p.openDB(c.Context())
			if err != nil {
				return err
			}
			defer r.close()
			if err := schema.Migrate(ctx, r.config.DatabaseURL); err != nil {
				return err
			}
			if err := r.db.EnsurePartitions(ctx, p.clock.Now()); err != nil {
				return err
			}
			fmt.Fprintln(p.stdout, "Datenbank ist auf dem neuesten Stand.")
			return nil
		},
	}
}

func (p *program) listCommand(kind, what string) *cobra.Command {
	parent := &cobra.Command{Use: kind, Short: what + " einspielen und ausgeben"}
	var preview bool
	in := &cobra.Command{
		Use:   "import DATEI",
		Short: what + " aus CSV oder Excel einspielen; ersetzte Zeilen bleiben erhalten",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			file, err := os.Open(args[0])
			if err != nil {
				return usage(fmt.Errorf("open list: %w", err))
			}
			err = p.importList(c.Context(), listFile{kind, what, file}, preview)
			return errors.Join(err, file.Close())
		},
	}
	in.Flags().BoolVar(&preview, "preview", false, "nur zeigen, was sich änderte")
	parent.AddCommand(in, &cobra.Command{
		Use:   "export DATEI",
		Short: what + " als CSV oder Excel (*.xlsx) ausgeben, wie sie eingespielt werden",
		Args:  cobra.ExactArgs(1),
		RunE:  func(c *cobra.Command, args []string) error { return p.exportList(c.Context(), kind, what, args[0]) },
	})
	return parent
}

// listFile is a list to import.
type listFile struct {
	kind, what string
	file       *os.File
}

func (p *program) importList(ctx context.Context, l listFile, preview bool) error {
	ctx, r, err := p.openDB(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	var format *lists.FormatError
	if preview {
		change, err := lists.Preview(ctx, r.db, p.clock, l.kind, l.file)
		if errors.As(err, &format) {
			return usage(err)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "%s: %d neu, %d geändert, %d unverändert. Nichts wurde eingespielt.\n", l.what, change.Added, change.Changed, change.Unchanged)
		for _, e := range change.Examples {
			fmt.Fprintf(p.stdout, "  bisher  %s\n  künftig %s\n", e.Before, e.After)
		}
		return nil
	}
	done, err := lists.Import(ctx, r.db, p.clock, l.kind, l.file)
	if errors.As(err, &format) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	if done.Known {
		fmt.Fprintf(p.stdout, "%s: unverändert, %d Zeilen.\n", l.what, done.Rows)
		return nil
	}
	fmt.Fprintf(p.stdout, "%s: %d Zeilen eingespielt.\n", l.what, done.Rows)
	return nil
}

func (p *program) exportList(ctx context.Context, kind, what, path string) (err error) {
	ctx, r, err := p.openDB(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	file, err := wholefile.New(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	write := lists.ExportCSV
	if strings.EqualFold(filepath.Ext(path), ".xlsx") {
		write = lists.ExportWorkbook
	}
	rows, err := write(ctx, r.db, kind, file)
	if errors.Is(err, lists.ErrNotExported) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	if _, err := file.Publish(); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s: %d Zeilen in %s.\n", what, rows, path)
	return nil
}

func (p *program) runJobCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "run-job NAME [DATUM]",
		Short: "Führt eine Aufgabe für einen Tag aus (JJJJ-MM-TT, sonst heute); ein zweites Mal geschieht nichts",
		Args:  cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			day := calendar.InBerlin(p.clock.Now())
			if len(args) == 2 {
				var err error
				if day, err = calendar.ParseDate(args[1]); err != nil {
					return usage(err)
				}
			}
			ctx, r, err := p.openDB(c.Context())
			if err != nil {
				return err
			}
			defer r.close()
			return p.runJob(ctx, r, args[0], day)
		},
	}
}

func (p *program) runJob(ctx context.Context, r *resources, name string, day calendar.Date) error {
	runner, err := newRunner(p, r, func() {}, prometheus.NewRegistry())
	if err != nil {
		return err
	}
	done, err := runner.RunNow(ctx, name, day)
	switch {
	case errors.Is(err, jobs.ErrUnknownJob):
		return usage(fmt.Errorf("%w %q: one of %v", err, name, runner.Names()))
	case errors.Is(err, jobs.ErrFuture), errors.Is(err, jobs.ErrNotDue):
		return usage(err)
	case err != nil:
		return err
	case !done.Ran && done.State == "running":
		fmt.Fprintf(p.stdout, "%s für %s: läuft gerade in einem anderen Prozess, nichts getan.\n", name, day.German())
	case !done.Ran:
		fmt.Fprintf(p.stdout, "%s für %s: war schon ausgeführt, nichts getan.\n", name, day.German())
	case done.State == "failed":
		return fmt.Errorf("%s for %s failed: %s", name, day, done.ErrorCode)
	default:
		fmt.Fprintf(p.stdout, "%s für %s: ausgeführt, %d erledigt, %d offen geblieben.\n", name, day.German(), done.Items, done.Failed)
	}
	return nil
}

func (p *program) invariantsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check-invariants",
		Short: "Prüft die Zusagen über die Daten; nur lesend",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, r, err := p.openDB(c.Context())
			if err != nil {
				return err
			}
			defer r.close()
			broken, err := r.db.CheckInvariants(ctx)
			if err != nil {
				return err
			}
			for _, v := range broken {
				fmt.Fprintf(p.stdout, "%s verletzt (%s): %v\n", v.ID, v.What, v.IDs)
			}
			if len(broken) > 0 {
				return &exitError{code: exitFindings}
			}
			fmt.Fprintln(p.stdout, "Alle Zusagen halten.")
			return nil
		},
	}
}

// statusTimeout bounds the questions of status.
const statusTimeout = 10 * time.Second

func (p *program) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Zeigt Lieferungen, Versand, Quarantäne und Rückstand",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, r, err := p.openDB(c.Context())
			if err != nil {
				return err
			}
			defer r.close()
			ctx, cancel := context.WithTimeout(ctx, statusTimeout)
			defer cancel()
			if err := errors.Join(r.openKafka(ctx), r.openSecurity(p)); err != nil {
				return err
			}
			return p.status(ctx, r)
		},
	}
}
