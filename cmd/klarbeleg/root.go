package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"klarbeleg/internal/clock"
)

// Exit codes; those of `check` are a contract that other programs rely on.
const (
	exitOK       = 0
	exitFindings = 1 // check: findings above a warning; other commands: failed
	exitUsage    = 2 // usage, configuration, or a file that cannot be read
)

// surroundings are what the program takes from its surroundings.
type surroundings struct {
	environ        func() map[string]string
	stdout, stderr io.Writer
	// stop ends the catching of signals: the next one ends the process at once.
	stop func()
}

// exitError carries an exit code; its text is printed if there is one.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usage marks an error of the caller: wrong arguments, configuration, file.
func usage(err error) error { return &exitError{exitUsage, err} }

// program is what all commands share.
type program struct {
	surroundings
	clock clock.Clock
	// stateDir is the folder of the embedded instance (--dir).
	stateDir string
}

// run executes the command line and returns the exit code.
func run(ctx context.Context, args []string, e surroundings) int {
	p := &program{surroundings: e, clock: clock.System()}
	root := p.root() //nolint:contextcheck // commands get the context when they run
	root.SetArgs(args)
	root.SetOut(e.stdout)
	root.SetErr(e.stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var exit *exitError
	if !errors.As(err, &exit) {
		exit = &exitError{exitFindings, err}
	}
	if exit.err != nil {
		fmt.Fprintf(e.stderr, "klarbeleg: %v\n", exit.err)
	}
	return exit.code
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "klarbeleg",
		Short:         "Abrechnungszentrum für Leistungserbringer: prüfen, berichtigen, bezahlen",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&p.stateDir, "dir", ".klarbeleg", "Ordner der eingebetteten Instanz")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	root.AddCommand(
		p.serveCommand(), p.migrateCommand(), p.checkCommand(), p.sendCommand(), p.statusCommand(), p.runJobCommand(),
		p.exportCommand(), p.voucherCommand(), p.replayCommand(), p.tailCommand(), p.receiptCommand(), p.listCommand("prices", "Vertragspreise"), p.listCommand("payers", "Kostenträger"),
		p.listCommand("providers", "Leistungserbringer"), p.listCommand("senders", "Absender"), p.listCommand("payees", "Zahlungsempfänger"),
		p.listCommand("terms", "Vertragsbedingungen"), p.listCommand("tables", "Verzeichnisse"),
		p.apiKeysCommand(), p.accountKeyCommand(), p.registrationsCommand(), p.demoCommand(), p.seconCommand(), p.rulesCommand(), p.letterCommand(), p.invariantsCommand(), p.schemaDumpCommand(), p.benchCommand(),
	)
	for _, c := range root.Commands() {
		wrapUsage(c)
	}
	return root
}

// wrapUsage makes a wrong number of arguments a usage error (exit 2).
func wrapUsage(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usage(err)
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		wrapUsage(sub)
	}
}
