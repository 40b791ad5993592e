package intake_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"klarbeleg/app/intake"
	"klarbeleg/app/lists"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/dta/p302/gen"
)

// generated makes a delivery with the lists under which it is clean.
func generated(t testing.TB, o gen.Options) (delivery, *gen.Result, *billing.Facts) {
	t.Helper()
	var file bytes.Buffer
	o.Erstellt = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	result, err := gen.Write(&file, o)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := result.Auftrag.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	var b [3]bytes.Buffer
	for i, write := range []func(*bytes.Buffer) error{
		func(b *bytes.Buffer) error { return result.WritePrices(b) },
		func(b *bytes.Buffer) error { return result.WritePayers(b) },
		func(b *bytes.Buffer) error { return result.WriteProviders(b) },
	} {
		if err := write(&b[i]); err != nil {
			t.Fatal(err)
		}
	}
	prices, err1 := lists.ReadPrices(&b[0])
	payers, err2 := lists.ReadPayers(&b[1])
	providers, err3 := lists.ReadProviders(&b[2])
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return delivery{file.Bytes(), raw}, result, &billing.Facts{
		ReceivedOn: calendar.MustDate("2026-11-25"),
		Prices:     billing.PricesOf(prices), Payers: billing.PayersOf(payers), Providers: billing.ProvidersOf(providers),
	}
}

// CHK-1, CHK-2, CHK-3: each single fault of every group is found by its rule and no
// other, at its invoice, case and position, with the severity that the catalogue
// names, and takes what it must take to the cent.
func TestSingleFaults(t *testing.T) {
	t.Parallel()
	for group := byte('A'); group <= 'S'; group++ {
		for _, fault := range gen.FaultsFor(group) {
			t.Run(fmt.Sprintf("%c/%s/%s", group, fault.Name, fault.Rule), func(t *testing.T) {
				t.Parallel()
				for _, kind := range []int{1, 3} {
					if fault.Sammel && kind == 1 || fault.Einzeln && kind == 3 {
						continue
					}
					d, result, facts := generated(t, gen.Options{
						Gruppe: group, Rechnungsart: kind, Faelle: 12, FaelleProRechnung: 4, Seed: uint64(group),
						Faults: []gen.Injection{{Fall: 5, Fault: fault.Name}},
					})
					report, got := check(t, d, facts)
					expectOnly(t, report, got, result.Injected[0])
				}
			})
		}
	}
}

func expectOnly(t *testing.T, report *intake.Report, got *collector, want gen.Injected) {
	t.Helper()
	rule, ok := catalogue.ByID(want.Rule)
	if !ok {
		t.Fatalf("the catalogue has no rule %s", want.Rule)
	}
	found, severity := 0, rule.Severity.String()
	if want.Milder {
		severity = "warn"
	}
	for _, f := range got.findings {
		if f.Rule != want.Rule {
			t.Errorf("also %s %s at %s %s, segment %d %s: %s", f.Rule, f.Severity, f.Invoice, f.Case, f.Segment, f.Tag, f.Text)
			continue
		}
		found++
		if f.Severity != severity || f.Stage != int(rule.Level) {
			t.Errorf("%s: severity %s, stage %d", f.Rule, f.Severity, f.Stage)
		}
		if f.Invoice != want.Rechnung && f.Scope != "file" && want.Rule != "P3113" { // P3113 stands at the collective invoice
			t.Errorf("%s found at invoice %q, want %q", f.Rule, f.Invoice, want.Rechnung)
		}
		if f.Case != "" && f.Case != want.Belegnummer {
			t.Errorf("%s found at case %q, want %q", f.Rule, f.Case, want.Belegnummer)
		}
	}
	if found != 1 {
		t.Errorf("%s found %d times", want.Rule, found)
	}
	for _, d := range got.decided {
		if d.Position != want.Position && (d.Case >= 0 || want.Position >= 0) {
			t.Errorf("%s found at position %d, want %d", d.Rule, d.Position, want.Position)
		}
	}
	expectOutcome(t, report, want)
}

// expectOutcome compares what becomes of the delivery with the effect of its only
// fault.
func expectOutcome(t *testing.T, report *intake.Report, want gen.Injected) {
	t.Helper()
	outcome, refused := "accepted", 0
	switch want.Effect {
	case gen.RefusesInvoice:
		outcome, refused = "partly_rejected", 1
	case gen.RefusesSammel:
		outcome, refused = "rejected", report.Invoices
	default: // the amounts below
	}
	if report.Outcome != outcome || report.Refused != refused {
		t.Errorf("outcome %s, %d invoices refused, want %s, %d", report.Outcome, report.Refused, outcome, refused)
	}
	if report.Corrected != int64(want.Taken) || report.Billed != report.Approved+report.Corrected {
		t.Errorf("billed %d, approved %d, corrected %d, want %d corrected", report.Billed, report.Approved, report.Corrected, want.Taken)
	}
}
