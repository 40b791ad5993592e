package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/segmentio/kafka-go"
	"github.com/xuri/excelize/v2"
	"go.uber.org/zap"

	"klarbeleg/domain/money"
	"klarbeleg/internal/kafkaio"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
)

// TestWalkThrough is what a newcomer does with the demonstration (OPS-1).
func TestWalkThrough(t *testing.T) {
	t.Parallel()
	dir := stateDir(t)
	i := serve(t, dir)
	c, err := addresses(dir)
	if err != nil {
		t.Fatal(err)
	}
	i.until("all deliveries are answered", func() bool {
		out := i.command(exitOK, "status")
		return strings.Contains(out, "angenommen              3") && strings.Contains(out, "P2001  1") && strings.Contains(out, "wartet            0")
	})
	t.Run("DTA-9 the file can be checked offline", func(t *testing.T) {
		out := i.command(exitFindings, "check", filepath.Join(dir, "demo", demoFaulty+".edi"))
		if !strings.Contains(out, "P3005") {
			t.Errorf("no finding:\n%s", out)
		}
	})
	t.Run("DTA-5 one came sealed with test keys, stays so, and opens with them alone", func(t *testing.T) {
		sealed := filepath.Join(dir, "demo", demoSealedFolder, demoSealed)
		if text := readOr(t, sealed+".edi"); strings.Contains(text, "UNB+") || strings.Contains(text, "NAD+") {
			t.Error("the delivery is not encrypted")
		}
		keys := filepath.Join(dir, demoKeysFolder)
		open := func(identities string) (int, string, string) {
			return runCommand(t, "check", "--auf", sealed+".auf", "--identities", filepath.Join(keys, identities), "--trust", filepath.Join(keys, demoTrust), sealed+".edi")
		}
		if code, out, log := open(demoOwn); code == exitUsage || !strings.Contains(out, "1 Rechnung, 10 Fälle") {
			t.Errorf("exit %d: %s%s", code, out, log)
		}
		if out := i.command(exitOK, "status"); !strings.Contains(out, "SECON: eigenes Zertifikat des IK 668800094, gültig bis") || !strings.Contains(out, "auch ohne Vereinbarung angenommen") {
			t.Errorf("status:\n%s", out)
		}
		if m := get(t, c.OperatorListen, "/metrics"); !strings.Contains(m, `klarbeleg_secon_not_after_seconds{ik="668800094",whose="own"}`) {
			t.Error("no metric of the certificate")
		}
		if page := get(t, c.OperatorListen, "/"); !strings.Contains(page, "Testschlüssel der Demonstration") {
			t.Error("the operators' page does not mark the keys")
		}
	})
	t.Run("CHK-4 each correction stands on the topic once", func(t *testing.T) {
		ids := readTopic(t, c.KafkaBrokers, messages.TopicCorrections, 4)
		slices.Sort(ids)
		if len(ids) != len(demoFaults) || len(slices.Compact(ids)) != len(demoFaults) {
			t.Errorf("corrections on the topic: %v", ids)
		}
	})
	t.Run("JOB-1 the digest reaches the mail page, once a day", func(t *testing.T) {
		const digestSubject = "Klarbeleg: "
		i.command(exitOK, "run-job", "digest")
		i.until("the mail has arrived", func() bool { return strings.Contains(get(t, c.OperatorListen, "/mails/"), digestSubject) })
		if out := i.command(exitOK, "run-job", "digest"); !strings.Contains(out, "nichts getan") {
			t.Errorf("the second run says: %s", out)
		}
		if n := strings.Count(get(t, c.OperatorListen, "/mails/"), digestSubject); n != 1 {
			t.Errorf("%d mails", n)
		}
	})
	t.Run("REG-9 the test access opens the portal and shows the open corrections", func(t *testing.T) {
		logInDemo(t, "http://"+c.Listen, filepath.Join(dir, "demo"), strings.TrimSpace(i.command(exitOK, "demo", "code")))
	})
	t.Run("REG-1, REG-2 a registration on paper becomes two letters after two approvals", func(t *testing.T) {
		registerAtThePrompt(t, i)
	})
	t.Run("DTA-10 the unreadable delivery waits and can be tried again", func(t *testing.T) {
		if out := i.command(exitOK, "replay"); strings.Count(out, "P2001") != 1 {
			t.Errorf("quarantine:\n%s", out)
		}
		i.command(exitFindings, "replay", "--all")
		if out := i.command(exitOK, "replay"); strings.Count(out, "P2001") != 1 {
			t.Errorf("quarantine after a replay in vain:\n%s", out)
		}
	})
	t.Run("REP-1 the corrections stand in the spreadsheet, with the total of the database", func(t *testing.T) {
		path := filepath.Join(dir, "export", "test.xlsx")
		out := i.command(exitOK, "export", "corrections", "--out", path)
		f, err := excelize.OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		rows, err := f.GetRows("Daten")
		if err != nil || len(rows) != len(demoFaults)+1 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
		if total := databaseTotal(t, c.DatabaseURL); !strings.Contains(out, total+" EUR") {
			t.Errorf("report says %q, the database %s", out, total)
		}
	})
	t.Run("PAY-1 RP-3 the payment run has paid; the look-up of its voucher shows the invoices", func(t *testing.T) { lookUpVouchers(t, i, c) })
	t.Run("OPS-3 health, readiness and metrics answer", func(t *testing.T) {
		for _, addr := range []string{c.Listen, c.OperatorListen} {
			for _, path := range []string{"/healthz", "/readyz"} {
				get(t, addr, path)
			}
		}
		if m := get(t, c.OperatorListen, "/metrics"); !strings.Contains(m, `klarbeleg_deliveries{state="accepted"} 3`) {
			t.Errorf("metrics:\n%s", m)
		}
	})
	t.Run("all promises hold", func(*testing.T) { i.command(exitOK, "check-invariants") })
	t.Run("OPS-4 nothing of an insured person leaves the database", func(t *testing.T) { scan(t, i, c) })
	t.Run("OPS-1 a second instance in the same folder is told so", func(t *testing.T) {
		code, _, log := runCommand(t, "serve", "--embedded", "--dir", dir)
		if code != exitUsage || !strings.Contains(log, "another instance") {
			t.Errorf("exit %d: %s", code, log)
		}
	})
	i.stop()
	t.Run("OPS-1 a second start goes on where the first stopped", func(t *testing.T) {
		again := serve(t, dir)
		if out := again.command(exitOK, "status"); !strings.Contains(out, "angenommen              3") {
			t.Errorf("status after restart:\n%s", out)
		}
	})
}

// lookUpVouchers waits for the payment run of the demonstration and looks its
// vouchers up as a provider does, without login.
func lookUpVouchers(t *testing.T, i *instance, c config) {
	t.Helper()
	i.until("the payment run has ended", func() bool { return strings.Contains(i.out.String(), "pay für") })
	if out := i.command(exitOK, "run-job", "pay"); !strings.Contains(out, "nichts getan") {
		t.Errorf("a second run says: %s", out)
	}
	paid := map[string]bool{}
	for _, line := range vouchers(t, c.DatabaseURL) {
		number, invoice, _ := strings.Cut(line, " ")
		paid[invoice] = true
		page := post(t, c.Listen, "/zahlbeleg", url.Values{"zahlbelegnummer": {number}})
		if !strings.Contains(page, "Zahlbeleg <span class=\"lep-number\">"+number) || !strings.Contains(page, invoice) {
			t.Errorf("page of voucher %s lacks invoice %s", number, invoice)
		}
		if out := i.command(exitOK, "voucher", number); !strings.Contains(out, invoice+":0") {
			t.Errorf("voucher %s lacks invoice %s:\n%s", number, invoice, out)
		}
	}
	if out := i.command(exitOK, "status"); !strings.Contains(out, "8.261,76 EUR mit 5 Zahlbelegen") {
		t.Errorf("status says:\n%s", out)
	}
	if len(paid) != 5 {
		t.Errorf("paid invoices: %v", paid)
	}
	page := post(t, c.Listen, "/rechnungspruefung", url.Values{
		"bereich": {"sonstige"}, "ik": {"608802018"}, "rechnungsnummer": {"E2-1"}, "rechnungsdatum": {"20.11.2026"},
	})
	if !strings.Contains(page, "Bezahlt") || !strings.Contains(page, "Zahlbeleg 0000000") {
		t.Errorf("the invoice is not shown as paid:\n%s", page)
	}
	avis := filepath.Join(i.dir, "avis.pdf")
	i.command(exitOK, "voucher", "0000000001", "--pdf", avis)
	if !strings.HasPrefix(readOr(t, avis), "%PDF-") {
		t.Error("the remittance advice is no PDF")
	}
	i.command(exitUsage, "voucher", "0000000099")
	files, err := filepath.Glob(filepath.Join(i.dir, "zahlungen", "zahlungen-*.xml*"))
	if err != nil || len(files) != 2 {
		t.Errorf("transfer files: %v, %v", files, err)
	}
}

// vouchers returns "number invoice" of all that was paid.
func vouchers(t *testing.T, address string) []string {
	t.Helper()
	db, err := store.Open(t.Context(), address, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Pool().Query(t.Context(), `select l.voucher_number || ' ' || i.collective_number
		from voucher_line l join invoice i on i.id = l.invoice_id order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// post sends a form and returns the page that the answer leads to.
func post(t *testing.T, addr, path string, form url.Values) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", path, resp.Status, err)
	}
	return string(body)
}

// get returns the body of a page that must answer 200.
func get(t *testing.T, addr, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v\n%s", path, resp.Status, err, body)
	}
	return string(body)
}

// databaseTotal returns the sum of all corrections.
func databaseTotal(t *testing.T, url string) string {
	t.Helper()
	db, err := store.Open(t.Context(), url, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	totals, err := db.Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return money.Cents(totals.Corrected).German()
}

// readTopic returns the event ids on a topic, at least n.
func readTopic(t *testing.T, brokers []string, topic string, n int) []string {
	t.Helper()
	client, err := kafkaio.Open(kafkaio.Config{Brokers: brokers, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		ids, err := client.Tail(ctx, topic, 100000)
		if err != nil {
			t.Fatal(err)
		}
		if len(ids) >= n {
			return ids
		}
	}
}

// scan looks for what the demonstration's files say of persons in everything that
// leaves the database: log, metrics, pages, mails, topics (INV-21).
func scan(t *testing.T, i *instance, c config) {
	t.Helper()
	canaries := personalValues(t, filepath.Join(i.dir, "demo"))
	places := map[string]string{
		"log": i.log.String(), "output": i.out.String(), "metrics": get(t, c.OperatorListen, "/metrics"),
		"mails": rawMails(t, filepath.Join(i.dir, "mails")), "start page": get(t, c.Listen, "/"),
		"database log": readOr(t, filepath.Join(i.dir, "postgres.log")),
	}
	for _, topic := range []string{messages.TopicReceipts, messages.TopicInvoices, messages.TopicCorrections} {
		places[topic] = rawTopic(t, c.KafkaBrokers, topic)
	}
	for place, text := range places {
		for _, canary := range canaries {
			if strings.Contains(text, canary) {
				t.Errorf("%s holds a personal value of the demonstration", place)
			}
		}
	}
	if len(canaries) < 40 || !strings.Contains(places[messages.TopicCorrections], "P3005") {
		t.Errorf("the scan looked at nothing: %d values", len(canaries))
	}
}

// personalValues returns numbers, full names and birth dates of the insured
// persons in the files.
func personalValues(t *testing.T, dir string) (out []string) {
	t.Helper()
	for _, name := range []string{demoClean, demoFaulty, demoSealed} {
		for segment := range strings.SplitSeq(readOr(t, filepath.Join(dir, name+".edi")), "'") {
			e := strings.Split(strings.TrimSpace(segment), "+")
			switch {
			case e[0] == "INV" && e[1] != "":
				out = append(out, e[1])
			case e[0] == "NAD" && len(e) > 3: // a released apostrophe cuts some; the others suffice
				out = append(out, e[1]+"+"+e[2], e[1]+", "+e[2], e[2]+" "+e[1], e[3])
			}
		}
	}
	return out
}

func readOr(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func rawMails(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no mails: %v", err)
	}
	var b strings.Builder
	for _, f := range files {
		b.WriteString(readOr(t, f))
	}
	return b.String()
}

// rawTopic returns keys, headers and bodies of all messages of a topic.
func rawTopic(t *testing.T, brokers []string, topic string) string {
	t.Helper()
	var b bytes.Buffer
	for partition := range 8 {
		conn, err := kafka.DialLeader(t.Context(), "tcp", brokers[0], topic, partition)
		if err != nil {
			t.Fatal(err)
		}
		first, last, err := conn.ReadOffsets()
		_ = conn.Close()
		if err != nil {
			t.Fatal(err)
		}
		r := kafka.NewReader(kafka.ReaderConfig{Brokers: brokers, Topic: topic, Partition: partition, MaxWait: time.Second})
		for n := first; n < last; n++ {
			m, err := r.FetchMessage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			b.Write(m.Key)
			b.Write(m.Value)
			for _, h := range m.Headers {
				b.WriteString(h.Key)
				b.Write(h.Value)
			}
		}
		_ = r.Close()
	}
	return b.String()
}
