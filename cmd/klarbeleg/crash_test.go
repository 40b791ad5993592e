package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"klarbeleg/domain/calendar"
	"klarbeleg/dta/p302/gen"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/kafkaio"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

const (
	crashDeliveries = 200
	crashKills      = 5
)

// child is the system in a process of its own.
type child struct {
	t   *testing.T
	dir string
	cmd *exec.Cmd
	log *output
}

func startChild(t *testing.T, dir string, args ...string) *child {
	t.Helper()
	_ = os.Remove(filepath.Join(dir, addressesFile)) // left by a killed instance
	c := &child{t: t, dir: dir, log: &output{}}
	c.cmd = exec.CommandContext(t.Context(), os.Args[0], append([]string{
		"serve", "--embedded", "--demo=false", "--dir", dir,
		"--listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0", "--broker-listen", "127.0.0.1:0",
	}, args...)...)
	c.cmd.Env = append(os.Environ(), childEnv+"=1", envPrefix+"LOG_LEVEL=info")
	c.cmd.Stdout, c.cmd.Stderr = c.log, c.log
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.until("the addresses are there", func() bool {
		_, err := addresses(dir)
		return err == nil
	})
	return c
}

func (c *child) until(what string, ok func() bool) {
	c.t.Helper()
	deadline := time.After(2 * time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			c.t.Fatalf("timed out until %s:\n%s", what, c.log.String())
		case <-tick.C:
		}
	}
}

// end sends the signal and waits for the end.
func (c *child) end(signal syscall.Signal) error {
	if err := c.cmd.Process.Signal(signal); err != nil {
		return err
	}
	return c.cmd.Wait()
}

// TestKilledAtAnyTime kills the system with SIGKILL while deliveries come in; in
// the end each has its one effect (DTA-1, CHK-4, F-14).
func TestKilledAtAnyTime(t *testing.T) {
	t.Parallel()
	dir := stateDir(t)
	seed := uint64(clock.System().Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	events, lists, corrections := crashLoad(t)
	c := startChild(t, dir)
	t.Cleanup(func() { _ = c.cmd.Process.Kill() })
	importCrashLists(t, dir, lists)

	sent := 0
	for kill := range crashKills {
		target := crashDeliveries * (kill + 1) / (crashKills + 1)
		for sent < target {
			sendOne(t, dir, events[sent])
			sent++
		}
		wait := time.NewTimer(time.Duration(random.IntN(300)) * time.Millisecond)
		<-wait.C
		stored := countDeliveries(t, dir)
		if err := c.end(syscall.SIGKILL); err == nil {
			t.Fatal("the child ended by itself")
		}
		t.Logf("killed with %d of %d sent deliveries stored", stored, sent)
		c = startChild(t, dir)
	}
	for ; sent < crashDeliveries; sent++ {
		sendOne(t, dir, events[sent])
	}
	c.until("all deliveries are stored and everything is published", func() bool { return settled(t, dir) })

	a, err := addresses(dir)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), a.DatabaseURL, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	counts, err := db.DeliveryCounts(t.Context())
	if err != nil || counts["accepted"] != crashDeliveries || len(counts) != 1 {
		t.Errorf("deliveries by state: %v, %v", counts, err)
	}
	totals, err := db.Totals(t.Context())
	if err != nil || totals.Corrections != int64(corrections) {
		t.Errorf("%d corrections, want %d, %v", totals.Corrections, corrections, err)
	}
	broken, err := db.CheckInvariants(t.Context())
	for _, v := range broken {
		t.Errorf("%s broken (%s): %v", v.ID, v.What, v.IDs)
	}
	if err != nil {
		t.Error(err)
	}
	ids := readTopic(t, a.KafkaBrokers, messages.TopicCorrections, corrections)
	slices.Sort(ids)
	if n := len(slices.Compact(slices.Clone(ids))); n != corrections || len(ids) != corrections {
		t.Errorf("the topic holds %d messages with %d ids, want %d", len(ids), n, corrections)
	}
	db.Close()
	if err := c.end(syscall.SIGTERM); err != nil {
		t.Errorf("end after SIGTERM: %v\n%s", err, c.log.String())
	}
}

// crashLoad makes the deliveries, each with one fault that corrects.
func crashLoad(t *testing.T) (events []kafkaio.Event, lists map[string]*bytes.Buffer, corrections int) {
	t.Helper()
	lists = map[string]*bytes.Buffer{}
	now := clock.System().Now().In(calendar.Berlin())
	for n := range crashDeliveries {
		var file bytes.Buffer
		result, err := gen.Write(&file, gen.Options{
			Gruppe: 'B', Rechnungsart: 1, Faelle: 4, Erstellt: now.Add(-time.Hour), Seed: uint64(n + 1), Referenz: n + 1,
			RechnungsPraefix: fmt.Sprintf("C%d-", n), Faults: []gen.Injection{{Fall: 1, Fault: "price-high"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		corrections += len(result.Injected)
		raw, err := result.Auftrag.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		for kind, write := range listWriters(result) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			if lists[kind] == nil {
				lists[kind] = &bytes.Buffer{}
			} else {
				_, _ = b.ReadBytes('\n')
			}
			lists[kind].Write(b.Bytes())
		}
		events = append(events, kafkaio.Event{
			ID: fmt.Sprintf("delivery-%03d", n), Source: sendSource, Type: messages.TypeDelivery, Time: now, Key: result.UNB.Absenderbezeichnung,
			ContentType: messages.ContentTypeEDIFACT, Headers: map[string][]byte{messages.HeaderAuftrag: raw}, Body: file.Bytes(),
		})
	}
	return events, lists, corrections
}

func importCrashLists(t *testing.T, dir string, lists map[string]*bytes.Buffer) {
	t.Helper()
	for kind, b := range lists {
		path := filepath.Join(filepath.Dir(dir), kind+".csv")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, _, log := runCommand(t, "--dir", dir, kind, "import", path); code != exitOK {
			t.Fatalf("import of %s: %s", kind, log)
		}
	}
}

// sendOne publishes one delivery and waits for the acknowledgement.
func sendOne(t *testing.T, dir string, e kafkaio.Event) {
	t.Helper()
	a, err := addresses(dir)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kafkaio.Open(kafkaio.Config{Brokers: a.KafkaBrokers, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	m, err := e.Message(messages.TopicDeliveries)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	w := client.NewWriter()
	if err := w.WriteMessages(ctx, m); err != nil {
		t.Fatal(err)
	}
	if err := kafkaio.Close(ctx, w); err != nil {
		t.Fatal(err)
	}
}

func countDeliveries(t *testing.T, dir string) (n int64) {
	t.Helper()
	withDB(t, dir, func(db *store.DB) {
		counts, err := db.DeliveryCounts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range counts {
			n += c
		}
	})
	return n
}

// settled reports whether every delivery is stored and nothing waits.
func settled(t *testing.T, dir string) (done bool) {
	t.Helper()
	withDB(t, dir, func(db *store.DB) {
		waiting, _, err := db.OutboxBacklog(t.Context(), clock.System().Now())
		done = err == nil && waiting == 0
	})
	return done && countDeliveries(t, dir) == crashDeliveries
}

func withDB(t *testing.T, dir string, fn func(*store.DB)) {
	t.Helper()
	a, err := addresses(dir)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), a.DatabaseURL, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	fn(db)
}
