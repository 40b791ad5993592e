package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"klarbeleg/app/intake"
	"klarbeleg/app/intake/wording"
	"klarbeleg/app/lists"
	"klarbeleg/checks"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
)

// checkOptions are the flags of check.
type checkOptions struct {
	auf, prices, payers, providers, terms, tables, asOf string
	json                                                bool
	keys                                                keyFlags
}

// checkCommand checks files before they are sent: the same rules as the intake,
// no database, no broker, nothing stored (DTA-9).
func (p *program) checkCommand() *cobra.Command {
	var o checkOptions
	c := &cobra.Command{
		Use:   "check [flags] DATEI...",
		Short: "Prüft DTA-Dateien ohne Datenbank und Broker; nichts wird gespeichert",
		Long: "Prüft DTA-Dateien mit denselben Regeln wie die Annahme.\n" +
			"Rückgabe: 0 nichts über einem Hinweis, 1 Befunde, 2 Aufruf falsch oder Datei nicht lesbar.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error { return p.check(c.Context(), o, files) },
	}
	f := c.Flags()
	f.StringVar(&o.auf, "auf", "", "Auftragsdatei (nur bei einer DATEI)")
	f.StringVar(&o.prices, "prices", "", "Vertragspreise als CSV")
	f.StringVar(&o.payers, "payers", "", "Kostenträger als CSV")
	f.StringVar(&o.providers, "providers", "", "Leistungserbringer als CSV")
	f.StringVar(&o.terms, "terms", "", "Vertragsbedingungen als CSV")
	f.StringVar(&o.tables, "tables", "", "Verzeichnisse als CSV")
	f.StringVar(&o.asOf, "as-of", "", "Eingangsdatum JJJJ-MM-TT (sonst heute)")
	f.BoolVar(&o.json, "json", false, "ein JSON-Objekt je Zeile")
	o.keys.register(c)
	return c
}

// checkGCPercent is how much garbage there may be in percent of what is in use.
const checkGCPercent = 40

func (p *program) check(ctx context.Context, o checkOptions, files []string) error {
	if o.auf != "" && len(files) != 1 {
		return usage(errors.New("--auf belongs to exactly one DATEI"))
	}
	facts, err := p.checkFacts(o)
	if err != nil {
		return usage(err)
	}
	security, err := o.keys.security()
	if err != nil {
		return usage(err)
	}
	by := intake.CheckedBy{Facts: facts, At: p.checkTime(facts.ReceivedOn)}
	// On a sender's machine memory counts more than the little time that this takes.
	defer debug.SetGCPercent(debug.SetGCPercent(checkGCPercent))
	out := bufio.NewWriterSize(p.stdout, 64<<10)
	code := exitOK
	for _, file := range files {
		found, err := checkFile(ctx, out, o, checkWith{security, by}, file)
		if err != nil {
			return usage(errors.Join(err, out.Flush()))
		}
		code = max(code, found)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if code != exitOK {
		return &exitError{code: code}
	}
	return nil
}

// checkFacts reads the lists. Without a list the rules that need it answer
// no_data. Earlier billings are unknown here, but one file's own are not.
func (p *program) checkFacts(o checkOptions) (*billing.Facts, error) {
	facts := &billing.Facts{ReceivedOn: calendar.InBerlin(p.clock.Now())}
	if o.asOf != "" {
		d, err := calendar.ParseDate(o.asOf)
		if err != nil {
			return nil, fmt.Errorf("--as-of: %w", err)
		}
		facts.ReceivedOn = d
	}
	if o.prices != "" {
		rows, err := readList(o.prices, lists.ReadPrices)
		if err != nil {
			return nil, err
		}
		facts.Prices = billing.PricesOf(rows)
	}
	if o.payers != "" {
		rows, err := readList(o.payers, lists.ReadPayers)
		if err != nil {
			return nil, err
		}
		facts.Payers = billing.PayersOf(rows)
	}
	if o.providers != "" {
		rows, err := readList(o.providers, lists.ReadProviders)
		if err != nil {
			return nil, err
		}
		facts.Providers = billing.ProvidersOf(rows)
	}
	if o.terms != "" {
		rows, err := readList(o.terms, lists.ReadTerms)
		if err != nil {
			return nil, err
		}
		facts.Terms = billing.TermsOf(rows)
	}
	if o.tables != "" {
		rows, err := readList(o.tables, lists.ReadTables)
		if err != nil {
			return nil, err
		}
		facts.Tables = billing.TablesOf(rows)
	}
	var err error
	facts.Senders, err = o.keys.senderList()
	return facts, err
}

// checkTime returns the time of receipt: now, or noon of the day asked for.
func (p *program) checkTime(day calendar.Date) time.Time {
	if now := p.clock.Now(); calendar.InBerlin(now) == day {
		return now
	}
	const noon = 12 * time.Hour
	return day.UTC().Add(noon)
}

// checkWith is with what files are opened and checked.
type checkWith struct {
	security intake.Security
	by       intake.CheckedBy
}

func readList[T any](path string, read func(io.Reader) ([]T, error)) (rows []T, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open list: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	rows, err = read(bufio.NewReader(f))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rows, nil
}

// checkFile checks one file and returns its exit code.
func checkFile(ctx context.Context, out *bufio.Writer, o checkOptions, with checkWith, path string) (code int, err error) {
	in, closeFile, err := openInput(o, path)
	if err != nil {
		return exitUsage, err
	}
	defer func() { err = errors.Join(err, closeFile()) }()
	var sink printer = textPrinter{wording.NewCheck(out)}
	if o.json {
		sink = &jsonPrinter{enc: json.NewEncoder(out)}
	}
	sink.begin(path)
	s := &intake.Offline{On: sink.finding}
	with.by.Sink = s
	report, err := with.security.Check(ctx, intake.NewEngine(catalogue.All(), checks.Options{}), in, with.by)
	if err != nil {
		return exitUsage, fmt.Errorf("%s: %w", path, err)
	}
	if err := sink.summary(report); err != nil {
		return exitUsage, err
	}
	switch {
	case report.Unreadable:
		return exitUsage, nil
	case s.Found:
		return exitFindings, nil
	}
	return exitOK, nil
}

// openInput opens the file and the Auftragsdatei if one is given.
func openInput(o checkOptions, path string) (intake.Input, func() error, error) {
	in := intake.Input{AuftragOptional: true}
	if o.auf != "" {
		raw, err := os.ReadFile(o.auf)
		if err != nil {
			return in, nil, fmt.Errorf("read Auftragsdatei: %w", err)
		}
		in.Auftrag = raw
	}
	f, err := os.Open(path)
	if err != nil {
		return in, nil, fmt.Errorf("open file: %w", err)
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return in, nil, errors.Join(fmt.Errorf("%s is no readable file", path), err, f.Close())
	}
	in.Payload, in.Size = f, info.Size()
	return in, f.Close, nil
}
