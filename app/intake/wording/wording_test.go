package wording_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"klarbeleg/app/intake"
	"klarbeleg/app/intake/wording"
	"klarbeleg/checks"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/schema/messages"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares got with the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// example is a sound file; it names two insured persons.
func example(t *testing.T) []byte {
	t.Helper()
	raw, err := os.ReadFile("../../../dta/p302/testdata/302-e-krankentransport-ra1-vk01.edi")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// checked writes the result of a check of the file, listing at most limit findings.
func checked(t *testing.T, file []byte, limit int) string {
	t.Helper()
	var b bytes.Buffer
	text := wording.NewCheck(&b)
	text.Begin("datei.edi")
	n := 0
	offline := &intake.Offline{On: func(f *intake.Finding) error {
		if n++; n > limit {
			return nil
		}
		return text.Finding(f)
	}}
	facts := &billing.Facts{ReceivedOn: calendar.MustDate("2026-11-25")}
	report, err := intake.NewEngine(catalogue.All(), checks.Options{}).Run(t.Context(),
		intake.Input{Payload: bytes.NewReader(file), Size: int64(len(file)), AuftragOptional: true}, facts, offline)
	if err != nil {
		t.Fatal(err)
	}
	if n > limit {
		text.LeftOff(n - limit)
	}
	if len(report.NoData) > 0 {
		report.NoData = []string{"P4001", "P4010"} // whatever rules there are
	}
	if err := text.Summary(report.Summary); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCheck(t *testing.T) {
	t.Parallel()
	sound := example(t)
	faulty := bytes.Replace(sound, []byte("T880024680"), []byte("T880024681"), 1)
	refused := bytes.Replace(sound, []byte("SKO+2,00+14'"), []byte("SKO+2,00+1x4'"), 1)
	for name, c := range map[string]struct {
		file  []byte
		limit int
	}{
		"check-ohne-befund.txt": {sound, 10},
		"check-befunde.txt":     {faulty, 10},
		"check-gekuerzt.txt":    {faulty, 0},
		"check-abgewiesen.txt":  {refused, 10},
		"check-unlesbar.txt":    {[]byte("Das ist keine DTA-Datei."), 10},
	} {
		t.Run("DTA-9 "+name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, checked(t, c.file, c.limit))
		})
	}
}

func receipt(change ...func(*messages.Receipt)) *messages.Receipt {
	r := &messages.Receipt{
		DeliveryID: "0199f1c2-0000-7000-8000-000000000001", MessageID: "0199f1c1-0000-7000-8000-0000000000aa", SenderIK: "598800016",
		RecipientIK: "661430035", Transfer: "ESOL0012", Reference: "00042", Outcome: "accepted",
		ReceivedAt: time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC),
		Counts:     messages.ReceiptCounts{Invoices: 2, Cases: 5, Positions: 24, Segments: 131, Bytes: 4711},
		Sums:       messages.ReceiptSums{Billed: 36770, Approved: 36770},
		Errors:     []messages.ReceiptError{},
	}
	for _, c := range change {
		c(r)
	}
	return r
}

// DTA-6: the receipt as readable text, one golden file for each outcome.
func TestReceipt(t *testing.T) {
	t.Parallel()
	var stored messages.Receipt
	raw, err := os.ReadFile("../../../schema/messages/golden/dta.receipts.v1.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &stored); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*messages.Receipt{
		"receipt-beispiel.txt":   &stored,
		"receipt-angenommen.txt": receipt(),
		"receipt-berichtigt.txt": receipt(func(r *messages.Receipt) { r.Sums.Approved, r.Sums.Corrected = 36500, 270 }),
		"receipt-storno.txt":     receipt(func(r *messages.Receipt) { r.Counts.InvoicesCancelled = 1 }),
		"receipt-doppelt.txt": receipt(func(r *messages.Receipt) {
			r.Outcome, r.DuplicateOf = "duplicate", "0199f1c0-0000-7000-8000-000000000009"
			r.Counts, r.Sums = messages.ReceiptCounts{Bytes: 4711}, messages.ReceiptSums{}
			r.Errors = []messages.ReceiptError{{Stage: 1, Code: "P1010", Severity: "reject_file", Scope: "file", Text: "Eine Datei dieses Inhalts ist am 20.11.2026 eingegangen."}}
		}),
		"receipt-unlesbar.txt": receipt(func(r *messages.Receipt) {
			r.Outcome, r.SenderIK, r.RecipientIK, r.Transfer, r.Reference = "rejected", "unbekannt", "", "", ""
			r.Counts, r.Sums = messages.ReceiptCounts{Segments: 1, Bytes: 17}, messages.ReceiptSums{}
			r.Errors = []messages.ReceiptError{{Stage: 1, Code: "P2001", Severity: "reject_file", Scope: "file", Segment: 1, Text: "Die Datei beginnt nicht mit UNB."}}
		}),
	} {
		t.Run("DTA-6 "+name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, wording.Receipt(r))
		})
	}
}

// Every severity, outcome and way of healing in use has words of its own.
func TestEveryCodeHasWords(t *testing.T) {
	t.Parallel()
	for _, s := range []checks.Severity{checks.Warn, checks.CorrectPartially, checks.CorrectToZero, checks.RejectMessage, checks.RejectFile} {
		if wording.Severity(s.String()) == s.String() {
			t.Errorf("severity %s has no word", s)
		}
	}
	for _, s := range []billing.DeliveryState{billing.DeliveryAccepted, billing.DeliveryPartlyRejected, billing.DeliveryRejected, billing.DeliveryDuplicate} {
		if wording.Outcome(string(s)) == string(s) {
			t.Errorf("outcome %s has no word", s)
		}
	}
	for _, r := range catalogue.All() {
		if ways := strings.Count(r.Heal, ";") + 1; strings.Count(wording.Remedy(r.Heal), " oder ") != ways-1 || wording.Remedy(r.Heal) == "" {
			t.Errorf("%s: %q is healed by %q", r.ID, r.Heal, wording.Remedy(r.Heal))
		}
	}
}
