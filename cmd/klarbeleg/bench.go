//go:build !noembedded

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"klarbeleg/app/intake"
	"klarbeleg/app/lists"
	"klarbeleg/checks"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/dta"
	"klarbeleg/dta/p302/gen"
	"klarbeleg/internal/clock"
	"klarbeleg/store"
)

// benchCommand measures the stages of the system against each other in one run:
// ratios mean something on any machine, absolute figures only on this one.
func (p *program) benchCommand() *cobra.Command {
	var size, large int64
	var deliveries, cases int
	var profile string
	c := &cobra.Command{
		Use:   "bench",
		Short: "Misst Lesen, Prüfen und Speichern im Verhältnis zueinander",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			dir, err := os.MkdirTemp("", "klarbeleg-bench")
			if err != nil {
				return fmt.Errorf("bench folder: %w", err)
			}
			defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
			if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the database's user must be able to enter
				return fmt.Errorf("bench folder: %w", err)
			}
			if profile != "" {
				stop, err := startProfile(profile)
				if err != nil {
					return err
				}
				defer stop()
			}
			fmt.Fprintf(p.stdout, "%s, %d Kerne, %s\n", runtime.Version(), runtime.NumCPU(), runtime.GOARCH)
			if large > 0 {
				return p.benchLarge(c.Context(), dir, large)
			}
			if err := p.benchReading(c.Context(), dir, size); err != nil {
				return err
			}
			if err := p.benchFormats(dir, size); err != nil || deliveries == 0 {
				return err
			}
			return p.benchPipeline(c.Context(), dir, deliveries, cases)
		},
	}
	c.Flags().StringVar(&profile, "cpuprofile", "", "CPU-Profil in diese Datei schreiben")
	c.Flags().Int64Var(&size, "bytes", 100_000_000, "Größe der Datei für Lesen und Prüfen")
	c.Flags().IntVar(&deliveries, "deliveries", 20, "Lieferungen für die Strecke Kafka bis PostgreSQL; 0 lässt sie aus")
	c.Flags().Int64Var(&large, "large", 0, "nur eine Lieferung dieser Größe lesen und prüfen und den Speicher dafür messen")
	c.Flags().IntVar(&cases, "cases", 2500, "Fälle je Lieferung")
	return c
}

// startProfile writes a CPU profile until stop is called.
func startProfile(path string) (stop func(), err error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("profile: %w", err), f.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}, nil
}

// benchRun is one measured step.
type benchRun struct {
	name  string
	bytes int64
	took  time.Duration
}

func (b benchRun) rate() float64 { return float64(b.bytes) / 1e6 / b.took.Seconds() }

// measure runs fn three times on one core and keeps the least computing time: unlike
// the time of the clock it hardly depends on what else runs on the machine.
func measure(name string, bytes int64, fn func() error) (benchRun, error) {
	old := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(old)
	best := benchRun{name: name, bytes: bytes}
	for range 3 {
		start := computingTime()
		if err := fn(); err != nil {
			return best, fmt.Errorf("%s: %w", name, err)
		}
		if took := computingTime() - start; best.took == 0 || took < best.took {
			best.took = took
		}
	}
	return best, nil
}

// computingTime returns what the process has used of the processors so far.
func computingTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // it has no way to fail for the process itself
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchReading compares reading, tokenizing and checking the same bytes.
func (p *program) benchReading(ctx context.Context, dir string, size int64) error {
	path := filepath.Join(dir, "bench.edi")
	result, err := generateFile(path, gen.Options{Gruppe: 'B', Bytes: size, Erstellt: p.clock.Now().Add(-time.Hour), Seed: 7})
	if err != nil {
		return err
	}
	facts, err := factsOf(dir, result, calendar.InBerlin(p.clock.Now()))
	if err != nil {
		return err
	}
	read, err := measure("Lesen in Stücken von 1 MiB", result.Bytes, func() error {
		return withFile(path, func(f *os.File) error { return readAll(f) })
	})
	if err != nil {
		return err
	}
	scan, err := measure("Durchlauf Byte für Byte", result.Bytes, func() error {
		return withFile(path, func(f *os.File) error { return scanBytes(f) })
	})
	if err != nil {
		return err
	}
	tokens, err := measure("Tokenizer", result.Bytes, func() error {
		return withFile(path, func(f *os.File) error { return tokenize(f) })
	})
	if err != nil {
		return err
	}
	check, err := measure("check, alle Regeln", result.Bytes, func() error {
		return withFile(path, func(f *os.File) error { return benchCheck(ctx, f, result.Bytes, facts, offline()) })
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "\nEin Kern, %d Byte, %d Positionen (bester von drei Läufen)\n", result.Bytes, result.Positionen)
	for _, r := range []struct {
		benchRun
		against benchRun
	}{{read, read}, {scan, read}, {tokens, scan}, {check, tokens}} {
		fmt.Fprintf(p.stdout, "  %-28s %8.0f MB/s  %10.0f Positionen/s  %5.2f von %s\n", r.name, r.rate(),
			float64(result.Positionen)/r.took.Seconds(), r.against.took.Seconds()/r.took.Seconds(), r.against.name)
	}
	return nil
}

func withFile(path string, fn func(*os.File) error) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return fn(f)
}

func readAll(r io.Reader) error {
	buf := make([]byte, 1<<20)
	for {
		if _, err := r.Read(buf); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// tokenize splits every message into segments and elements.
func tokenize(r io.Reader) error {
	s := dta.NewScanner(r)
	var t dta.Tokenizer
	for s.Next() {
		t.Reset(string(s.Unit().Raw))
		for t.Next() {
		}
	}
	return s.Err()
}

// offline returns a sink that keeps no finding.
func offline() *intake.Offline {
	return &intake.Offline{On: func(*intake.Finding) error { return nil }}
}

func benchCheck(ctx context.Context, r io.Reader, size int64, facts *billing.Facts, s intake.Sink) error {
	report, err := intake.NewEngine(catalogue.All(), checks.Options{}).Run(ctx, intake.Input{Payload: r, Size: size, AuftragOptional: true}, facts, s)
	if err != nil {
		return err
	}
	if report.Outcome != "accepted" || report.Corrected != 0 {
		return fmt.Errorf("the generated file is not clean: %s, %d cents corrected", report.Outcome, report.Corrected)
	}
	return nil
}

func generateFile(path string, o gen.Options) (result *gen.Result, err error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	result, err = gen.Write(w, o)
	return result, errors.Join(err, w.Flush(), f.Close())
}

// factsOf returns the lists under which a generated file is clean.
func factsOf(dir string, result *gen.Result, received calendar.Date) (*billing.Facts, error) {
	for name, write := range listWriters(result) {
		f, err := os.Create(filepath.Join(dir, name+".csv"))
		if err != nil {
			return nil, fmt.Errorf("write list: %w", err)
		}
		if err := errors.Join(write(f), f.Close()); err != nil {
			return nil, fmt.Errorf("write list: %w", err)
		}
	}
	prices, err1 := readList(filepath.Join(dir, "prices.csv"), lists.ReadPrices)
	payers, err2 := readList(filepath.Join(dir, "payers.csv"), lists.ReadPayers)
	providers, err3 := readList(filepath.Join(dir, "providers.csv"), lists.ReadProviders)
	return &billing.Facts{
		ReceivedOn: received, Prices: billing.PricesOf(prices), Payers: billing.PayersOf(payers), Providers: billing.ProvidersOf(providers),
	}, errors.Join(err1, err2, err3)
}

// listWriters returns what writes the lists of a generated delivery, by kind.
func listWriters(result *gen.Result) map[string]func(io.Writer) error {
	return map[string]func(io.Writer) error{"prices": result.WritePrices, "payers": result.WritePayers, "providers": result.WriteProviders}
}

func importList(ctx context.Context, clk clock.Clock, db *store.DB, kind string, r io.Reader) error {
	_, err := lists.Import(ctx, db, clk, kind, r)
	return err
}
