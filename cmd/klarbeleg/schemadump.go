//go:build !noembedded

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"klarbeleg/internal/pgserver"
	"klarbeleg/schema"
	"klarbeleg/store"
)

// schemaDumpCommand prints the schema as the migrations make it, on a database of
// its own: `make verify` compares it with schema/schema.sql.
func (p *program) schemaDumpCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "schema-dump",
		Short:  "Gibt das Schema aus, das die Migrationen ergeben",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			dir, err := os.MkdirTemp("", "klarbeleg-schema")
			if err != nil {
				return fmt.Errorf("temporary folder: %w", err)
			}
			defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
			if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the database's user must be able to enter
				return fmt.Errorf("temporary folder: %w", err)
			}
			dump, err := dumpSchema(c.Context(), dir)
			if err != nil {
				return err
			}
			fmt.Fprint(p.stdout, dump)
			return nil
		},
	}
}

func dumpSchema(ctx context.Context, dir string) (dump string, err error) {
	pg, err := pgserver.Start(ctx, pgserver.Config{DataDir: filepath.Join(dir, "postgres"), CacheDir: filepath.Join(dir, "cache")})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, pg.Stop(context.WithoutCancel(ctx))) }()
	if err := store.CreateDatabase(ctx, pg.URL("postgres"), embeddedDatabase); err != nil {
		return "", err
	}
	if err := schema.Migrate(ctx, pg.URL(embeddedDatabase)); err != nil {
		return "", err
	}
	db, err := store.Open(ctx, pg.URL(embeddedDatabase), 2)
	if err != nil {
		return "", err
	}
	defer db.Close()
	return db.DescribeSchema(ctx)
}
