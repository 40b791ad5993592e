//go:build noembedded

package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
)

var errNoEmbedded = errors.New("this program was built without the embedded parts; set the addresses of PostgreSQL, Kafka and SMTP")

func (p *program) startEmbedded(context.Context, *config, bool) (*hosted, error) {
	return nil, usage(errNoEmbedded)
}

func (p *program) announce(context.Context, *system, *hosted, bool) error { return errNoEmbedded }

func (p *program) benchCommand() *cobra.Command      { return leftOut("bench") }
func (p *program) schemaDumpCommand() *cobra.Command { return leftOut("schema-dump") }

// leftOut is a command that needs the embedded parts.
func leftOut(name string) *cobra.Command {
	return &cobra.Command{
		Use: name, Hidden: true,
		RunE: func(*cobra.Command, []string) error { return usage(errNoEmbedded) },
	}
}
