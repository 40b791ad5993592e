//go:build !noembedded

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"go.uber.org/zap"

	"klarbeleg/domain/calendar"
	"klarbeleg/internal/broker"
	"klarbeleg/internal/filelock"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/mailsink"
	"klarbeleg/internal/pgserver"
	"klarbeleg/store"
)

// embeddedDatabase is the name of the database of the embedded instance.
const embeddedDatabase = "klarbeleg"

// startEmbedded starts database, broker and mail sink in this process with their
// data in the state folder, and fills the configuration with their addresses.
// With demo it makes test keys too, where none are configured. These are real servers of the real protocols; only their size is small.
func (p *program) startEmbedded(ctx context.Context, c *config, demo bool) (h *hosted, err error) {
	dir, err := filepath.Abs(p.stateDir)
	if err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // the database's user must be able to enter
		return nil, fmt.Errorf("state folder: %w", err)
	}
	lock, err := filelock.Take(filepath.Join(dir, "LOCK"))
	if errors.Is(err, filelock.ErrHeld) {
		return nil, usage(fmt.Errorf("another instance works in %s already; stop it or choose another folder with --dir", dir))
	}
	if err != nil {
		return nil, err
	}
	h = &hosted{notes: []string{"Virenprüfung: aus (eingebetteter Betrieb)."}}
	h.onStop(func(context.Context) error { return lock.Release() })
	defer func() {
		if err != nil {
			err = errors.Join(err, h.stop(context.WithoutCancel(ctx)))
		}
	}()
	p.progress("Datenbank startet")
	pg, err := pgserver.Start(ctx, pgserver.Config{DataDir: filepath.Join(dir, "postgres"), CacheDir: filepath.Join(dir, "cache")})
	if err != nil {
		return h, err
	}
	h.onStop(pg.Stop)
	if err := store.CreateDatabase(ctx, pg.URL("postgres"), embeddedDatabase); err != nil {
		return h, err
	}
	p.progress("Broker startet")
	kafka, err := broker.Start(ctx, broker.Config{DataDir: filepath.Join(dir, "kafka"), Addr: c.BrokerListen, Logger: logging.From(ctx).Named("broker")})
	if err != nil {
		return h, err
	}
	h.onStop(func(context.Context) error { return kafka.Close() })
	sink, err := mailsink.Start(ctx, mailsink.Config{Addr: "127.0.0.1:0", Dir: filepath.Join(dir, "mails"), Clock: p.clock})
	if err != nil {
		return h, err
	}
	h.onStop(sink.Close)
	h.mails = sink.Handler(calendar.Berlin())

	c.DatabaseURL, c.KafkaBrokers, c.KafkaReplicas = pg.URL(embeddedDatabase), kafka.Addrs(), 1
	c.SMTPAddr, c.SMTPPlain = sink.Addr(), true
	c.SECON.Plain = cmp.Or(c.SECON.Plain, plainAllowed)
	used, err := p.useDemoKeys(dir, &c.SECON, demo)
	if err != nil {
		return h, err
	}
	if used {
		h.notes = append(h.notes, "SECON: Testschlüssel der Demonstration, denen niemand vertraut.")
	}
	if err := useLocalAccountKey(dir, &c.Accounts); err != nil {
		return h, err
	}
	for target, name := range map[*string]string{&c.BlobDir: "blobs", &c.DropDir: "eingang", &c.ExportDir: "export", &c.Payment.Dir: "zahlungen"} {
		if *target == "" {
			*target = filepath.Join(dir, name)
		}
	}
	if c.PortalURL == "" {
		c.PortalURL = "http://" + publicAddr(c.Listen)
	}
	p.embeddedPayments(c, demo)
	h.dir = dir
	return h, nil
}

// publicAddr makes an address that a mail can name; port 0 is not known yet.
func publicAddr(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "0" {
		return "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// writeAddresses leaves the addresses for the other commands; the file goes when
// the instance stops.
func (h *hosted) writeAddresses(c config) error {
	raw, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("encode addresses: %w", err)
	}
	path := filepath.Join(h.dir, addressesFile)
	if err := os.WriteFile(path, append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("write addresses: %w", err)
	}
	h.onStop(func(context.Context) error { return os.Remove(path) })
	return nil
}

// announce prints what a newcomer needs, after the demonstration data are there.
func (p *program) announce(ctx context.Context, s *system, h *hosted, demo bool) error {
	c := s.config
	c.Listen, c.OperatorListen = s.portalAddr, s.operatorAddr
	if err := h.writeAddresses(c); err != nil {
		return err
	}
	var hint string
	if demo {
		p.progress("Demonstrationsdaten werden angelegt")
		fresh, err := p.seedDemo(ctx, s.resources)
		if err != nil {
			return fmt.Errorf("demonstration data: %w", err)
		}
		if hint, err = demoHint(demoDir(s.resources)); err != nil {
			return err
		}
		if fresh {
			s.group.Go(func() error { s.payDemo(logging.With(s.ctx, field("demo"))); return nil }) //nolint:contextcheck // lives as long as the system
		}
	}
	logging.From(ctx).Info("ready", zap.String("portal", c.Listen), zap.String("operators", c.OperatorListen))
	fmt.Fprintf(p.stdout, `
Klarbeleg läuft. Beenden mit Strg-C, Daten bleiben in %s.

  Portal              http://%s
  Betrieb, E-Mails    http://%s   (Kennzahlen: /metrics, Bereitschaft: /readyz)
  Kafka               %s
  PostgreSQL          %s
  Eingangsordner      %s
  Virenprüfung        aus (im eingebetteten Betrieb)
  Ohne SECON          %s
%s`, h.dir, c.Listen, c.OperatorListen, c.KafkaBrokers[0], c.DatabaseURL, c.DropDir, plainWords[s.security.PlainAllowed], hint)
	return nil
}

// plainWords say whether deliveries may be neither signed nor encrypted.
var plainWords = map[bool]string{
	true: "unverschlüsselte Lieferungen werden angenommen (" + envPrefix + "SECON_PLAIN)", false: "unverschlüsselte Lieferungen werden abgewiesen",
}

// progress tells what the start is doing.
func (p *program) progress(what string) { fmt.Fprintf(p.stdout, "… %s\n", what) }
