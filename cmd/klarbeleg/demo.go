//go:build !noembedded

package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"klarbeleg/app/keyring"
	"klarbeleg/app/lists"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/dta/p302/gen"
	"klarbeleg/dta/secon"
	"klarbeleg/internal/logging"
)

// Files of the demonstration, in the folder demo of the state folder. All data
// are invented.
const (
	demoClean      = "ESOL0001" // accepted whole
	demoFaulty     = "ESOL0002" // with faults: corrections, an e-mail, a spreadsheet
	demoUnreadable = "ESOL0003" // goes to quarantine
	demoSealed     = "ESOL0004" // signed and encrypted; accepted whole
)

// demoSealedFolder, in the folder demo, holds the sealed delivery as it is sent.
const demoSealedFolder = "versiegelt"

// demoBase are the options that all deliveries share. They are marked as live,
// because test data never reach payment (P1008).
func demoBase() gen.Options {
	created := time.Date(2026, time.November, 20, 10, 0, 0, 0, calendar.Berlin()) // fixed: the README shows the figures
	return gen.Options{Erstellt: created, Seed: 1, Rechnungsart: 1, FaelleProRechnung: 10, Testindikator: "2"}
}

// demoSealedOptions are those of the sealed delivery.
func demoSealedOptions() gen.Options {
	o := demoBase()
	o.Gruppe, o.Faelle, o.Referenz, o.RechnungsPraefix, o.Seed = 'A', 10, 4, "A", 3
	return o
}

// demoMail is the address of the demonstration's user; the mail sink takes it.
const demoMail = "abrechnung@physio-demo.example"

// demoFile says what one delivery holds.
type demoFile struct {
	name    string
	options gen.Options
}

// demoFaults are injected into the second delivery, one per case.
var demoFaults = []string{"price-high", "kvnr-check-digit", "doctor-check-digit", "position-twice"}

// seedDemo makes the demonstration's lists, user and files on the first start and
// drops the deliveries into the drop folder, the way a sender without Kafka
// would. fresh is false if an earlier start made everything.
func (p *program) seedDemo(ctx context.Context, r *resources) (fresh bool, err error) {
	dir := demoDir(r)
	version, err := r.db.ListVersion(ctx)
	if err != nil || version > 0 {
		return false, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, fmt.Errorf("demo folder: %w", err)
	}
	faults := make([]gen.Injection, len(demoFaults))
	for i, name := range demoFaults {
		faults[i] = gen.Injection{Fall: 2 * i, Fault: name}
	}
	clean, faulty := demoBase(), demoBase()
	clean.Gruppe, clean.Faelle, clean.Referenz, clean.RechnungsPraefix = 'B', 20, 1, "B"
	faulty.Gruppe, faulty.Faelle, faulty.Referenz, faulty.RechnungsPraefix, faulty.Seed = 'E', 20, 2, "E", 2
	faulty.Faults = faults
	if err := p.seedLists(ctx, r, dir, []demoFile{{demoSealed, demoSealedOptions()}, {demoClean, clean}, {demoFaulty, faulty}}); err != nil {
		return false, err
	}
	if err := demoBroken(dir); err != nil {
		return false, err
	}
	if err := p.sealDemo(r.config.SECON, dir); err != nil {
		return false, fmt.Errorf("seal delivery: %w", err)
	}
	return true, dropAll(r, dir)
}

func demoDir(r *resources) string { return filepath.Join(filepath.Dir(r.config.DropDir), "demo") }

// payDemo makes the payment run of the day as soon as the demonstration's
// deliveries are accepted, so that there is a voucher to look at. It ends without
// one when they do not come (a role is missing) or the system stops.
func (s *system) payDemo(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, demoPatience)
	defer cancel()
	for {
		counts, err := s.db.DeliveryCounts(ctx)
		if err == nil && counts[string(billing.DeliveryAccepted)] >= demoAccepted {
			if err := s.runJob(ctx, s.resources, "pay", calendar.InBerlin(s.clock.Now())); err != nil && ctx.Err() == nil {
				logging.From(ctx).Error("payment run of the demonstration failed", zap.Error(err))
			}
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(demoPause):
		}
	}
}

const (
	demoAccepted = 3 // deliveries
	demoPatience = 2 * time.Minute
	demoPause    = 200 * time.Millisecond
)

// seedLists writes the generated files with their lists and imports the lists.
func (p *program) seedLists(ctx context.Context, r *resources, dir string, files []demoFile) error {
	all := map[string]*bytes.Buffer{"prices": {}, "payers": {}, "providers": {}, "payees": {}}
	var provider gen.Provider
	for _, f := range files {
		result, err := writeDemo(dir, f)
		if err != nil {
			return err
		}
		provider = result.Providers[0]
		writers := listWriters(result)
		writers["payees"] = func(w io.Writer) error { return writePayees(w, result.Providers) }
		for kind, write := range writers {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				return err
			}
			if all[kind].Len() > 0 { // one header for all
				_, _ = b.ReadBytes('\n')
			}
			all[kind].Write(b.Bytes())
		}
	}
	for kind, b := range all {
		if err := os.WriteFile(filepath.Join(dir, kind+".csv"), b.Bytes(), 0o600); err != nil {
			return fmt.Errorf("write list: %w", err)
		}
		if err := importList(ctx, p.clock, r.db, kind, b); err != nil {
			return err
		}
	}
	return p.admitDemo(ctx, r, dir, provider)
}

// embeddedPayments fills what payments need: an account of no bank, and for the
// demonstration a term that lets what comes in today be paid today.
func (p *program) embeddedPayments(c *config, demo bool) {
	if c.Payment.Debtor.IBAN == "" {
		c.Payment.Debtor = debtor{Name: c.Organisation.Name, IBAN: demoAccount("0000000001")}
	}
	if _, set := p.environ()[envPrefix+"PAYMENT_TERM_DAYS"]; demo && !set {
		c.Payment.TermDays = 0
	}
}

// writePayees writes the list of payees: the providers themselves, with accounts
// of no bank.
func writePayees(out io.Writer, providers []gen.Provider) error {
	w := csv.NewWriter(out)
	rows := [][]string{lists.PayeeColumns}
	for _, p := range providers {
		rows = append(rows, []string{p.IK, p.Name, "Musterweg 2", "00000 Musterstadt", demoAccount("0" + p.IK), "", "2020-01-01", ""})
	}
	if err := w.WriteAll(rows); err != nil {
		return fmt.Errorf("write payees: %w", err)
	}
	return nil
}

// demoAccount returns the IBAN of an account at a bank that does not exist.
func demoAccount(number string) string {
	iban, err := billing.GermanIBAN("00000000", number)
	if err != nil {
		panic(err)
	}
	return iban
}

func writeDemo(dir string, f demoFile) (result *gen.Result, err error) {
	file, err := os.Create(filepath.Join(dir, f.name+".edi"))
	if err != nil {
		return nil, fmt.Errorf("write delivery: %w", err)
	}
	result, err = gen.Write(file, f.options)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("write delivery: %w", err)
	}
	return result, writeAuftrag(dir, f.name, result)
}

func writeAuftrag(dir, name string, result *gen.Result) error {
	raw, err := result.Auftrag.Append(nil)
	if err != nil {
		return fmt.Errorf("write Auftragsdatei: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".auf"), raw, 0o600); err != nil {
		return fmt.Errorf("write Auftragsdatei: %w", err)
	}
	return nil
}

// demoBroken makes the third delivery: the first one under another transfer
// number, with a payload that is no interchange.
func demoBroken(dir string) error {
	raw, err := os.ReadFile(filepath.Join(dir, demoClean+".auf"))
	if err != nil {
		return fmt.Errorf("read Auftragsdatei: %w", err)
	}
	text := []byte("Diese Datei ist keine DTA-Lieferung.\n")
	copy(raw[24:27], demoUnreadable[5:])
	copy(raw[178:190], fmt.Sprintf("%012d", len(text)))
	copy(raw[190:202], fmt.Sprintf("%012d", len(text)))
	if err := os.WriteFile(filepath.Join(dir, demoUnreadable+".auf"), raw, 0o600); err != nil { //nolint:gosec // the folder is the caller's own
		return fmt.Errorf("write Auftragsdatei: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, demoUnreadable+".edi"), text, 0o600); err != nil {
		return fmt.Errorf("write delivery: %w", err)
	}
	return nil
}

// sealDemo seals the fourth delivery with the demonstration's keys, as its sender
// would; where other keys are configured it is left out.
func (p *program) sealDemo(c seconConfig, dir string) error {
	pem, err := os.ReadFile(filepath.Join(filepath.Dir(c.IdentityDir), demoSender, demoIdentity))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read identity: %w", err)
	}
	signer, err := secon.ParseIdentity(pem)
	if err != nil {
		return err
	}
	trust, partners, err := keyring.LoadTrust(c.folders())
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(filepath.Join(dir, demoSealed+".auf"))
	if err != nil {
		return fmt.Errorf("read Auftragsdatei: %w", err)
	}
	folder := filepath.Join(dir, demoSealedFolder)
	if err := os.RemoveAll(folder); err != nil { // of a first start that did not end
		return err
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	return sealer{signer: signer, trust: trust, partners: partners, at: p.clock.Now()}.seal(filepath.Join(dir, demoSealed+".edi"), raw, folder)
}

// dropAll copies the pairs into the drop folder, the Auftragsdatei last.
func dropAll(r *resources, dir string) error {
	files := []string{filepath.Join(dir, demoClean), filepath.Join(dir, demoFaulty), filepath.Join(dir, demoUnreadable)}
	sealed := filepath.Join(dir, demoSealedFolder, demoSealed)
	if _, err := os.Stat(sealed + ".auf"); err == nil {
		files = append(files, sealed)
	}
	for _, file := range files {
		for _, ext := range []string{".edi", ".auf"} {
			raw, err := os.ReadFile(file + ext)
			if err != nil {
				return fmt.Errorf("drop delivery: %w", err)
			}
			if err := os.WriteFile(filepath.Join(r.config.DropDir, filepath.Base(file)+ext), raw, 0o600); err != nil { //nolint:gosec // the folder is the caller's own
				return fmt.Errorf("drop delivery: %w", err)
			}
		}
	}
	return nil
}

// demoHint says what a newcomer can try.
func demoHint(dir string) (string, error) {
	access, err := accessHint(dir)
	if err != nil {
		return "", err
	}
	return access + fmt.Sprintf(`
Demonstrationslieferungen liegen in %s und laufen gerade ein:
%s ist fehlerfrei, %s hat Fehler, %s ist unlesbar, %s kommt mit
Testschlüsseln signiert und verschlüsselt. Zum Ansehen:

  klarbeleg status                     Stand der Lieferungen
  klarbeleg check %s/%s.edi
  klarbeleg run-job digest             E-Mail an den Leistungserbringer (%s)
  klarbeleg export corrections         Berichtigungen als Excel-Datei
  klarbeleg voucher 0000000001         Zahlbeleg des ersten Zahllaufs (--pdf avis.pdf: Zahlungsavis)
  klarbeleg replay                     Quarantäne

`, dir, demoClean, demoFaulty, demoUnreadable, demoSealed, dir, demoFaulty, demoMail), nil
}
