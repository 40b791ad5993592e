package intake_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"klarbeleg/app/lists"
	"klarbeleg/app/status"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/dta"
	"klarbeleg/dta/p295"
	"klarbeleg/dta/p295/gen"
	"klarbeleg/internal/clock"
)

const integratedPayers = "ik,name,card_ik,valid_from,valid_to\n109990018,Musterkasse,109990018,2020-01-01,\n"

// integrated returns a bundle whose payers are those of the § 295 examples.
func integrated(t *testing.T) *bundle {
	b := setup(t)
	if _, err := lists.Import(t.Context(), b.db, clock.NewFake(received), "payers", strings.NewReader(integratedPayers)); err != nil {
		t.Fatal(err)
	}
	return b
}

// example295 returns an example with its Auftragsdatei, after the replacements.
func example295(t testing.TB, name string, replace ...string) delivery {
	t.Helper()
	raw := readFile(t, filepath.Join("..", "..", "dta", "p295", "testdata", "iv_dir140_v6_"+name+".edi"))
	return delivery295(t, strings.NewReplacer(replace...).Replace(string(raw)))
}

func delivery295(t testing.TB, payload string) delivery {
	t.Helper()
	r := p295.NewReader(strings.NewReader(payload), p295.Options{})
	for r.Next() {
		continue
	}
	order, err := p295.AuftragFor(r.UNB(), dta.I1, 5, int64(len(payload)), "20261105101000").Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return delivery{payload: []byte(payload), auftrag: order}
}

// codes returns the rules of the errors of the newest receipt.
func (b *bundle) codes() (codes []string) {
	b.t.Helper()
	all := b.receipts()
	for _, e := range all[len(all)-1].Errors {
		codes = append(codes, e.Code)
	}
	return codes
}

func (b *bundle) state295(number string) (state string) {
	b.t.Helper()
	if err := b.db.Pool().QueryRow(b.t.Context(), "select string_agg(state || ' ' || cancelled_cents, ', ' order by id) from invoice where single_number = $1", number).Scan(&state); err != nil {
		b.t.Fatal(err)
	}
	return state
}

func TestIntegrated(t *testing.T) {
	t.Parallel()
	t.Run("DTA-4 RP-2 an invoice is stored and looked up by its single number", func(t *testing.T) {
		t.Parallel()
		b := integrated(t)
		if r := b.handle("m-1", example295(t, "normal")); r.State != billing.DeliveryAccepted {
			t.Fatalf("state %s: %v", r.State, b.codes())
		}
		got, err := status.New(b.db, clock.NewFake(received)).Lookup(t.Context(), status.Query{
			Area: status.Integrated, IK: "669990314", Number: "IV-2026-0001", Date: calendar.MustDate("2026-11-05"),
		}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Invoices) != 1 || got.Invoices[0].Billed != 17100 || got.Invoices[0].Approved != 17100 {
			t.Errorf("look-up %+v", got.Invoices)
		}
		if n := b.count("select sum(billed_cents) from invoice"); n != 17100+12000 {
			t.Errorf("billed %d", n)
		}
		b.holds()
	})
	t.Run("DTA-4 CHK-9 a Storno takes its invoice back, the new one is accepted", func(t *testing.T) {
		t.Parallel()
		b := integrated(t)
		b.handle("m-1", example295(t, "normal"))
		if r := b.handle("m-02", example295(t, "storno")); r.State != billing.DeliveryAccepted {
			t.Fatalf("state %s: %v", r.State, b.codes())
		}
		if got := b.state295("IV-2026-0001"); got != "cancelled 17100" {
			t.Errorf("original %s", got)
		}
		if n := b.count("select sum(amount_cents) from ledger_entry where account = 'open'"); n != 12000+14050 {
			t.Errorf("open %d, want 120,00 + 140,50", n)
		}
		if n := b.count("select count(*) from outbox where convert_from(body, 'UTF8')::json ->> 'state' = 'cancelled'"); n != 1 {
			t.Errorf("%d announcements", n)
		}
		if c := b.receipts()[1].Counts; c.InvoicesCancelled != 1 || c.Invoices != 1 {
			t.Errorf("counts %+v", c)
		}
		b.holds()
		again := example295(t, "storno", "00006", "00007", "IV-2026-0003", "IV-2026-0004", "20261006'\nABR++IV0816+++1+30,50+++++20261006", "20261007'\nABR++IV0816+++1+30,50+++++20261008")
		if r := b.handle("m-003", again); r.State != billing.DeliveryPartlyRejected {
			t.Errorf("second Storno: state %s", r.State)
		}
		if got := b.codes(); !slices.Equal(got, []string{"IV-K03"}) {
			t.Errorf("second Storno: %v", got)
		}
		b.holds()
	})
	t.Run("CHK-9 a Storno of the same file, its number used again", func(t *testing.T) {
		t.Parallel()
		b := integrated(t)
		normal := string(example295(t, "normal").payload)
		storno := string(example295(t, "storno", "IV-2026-0003", "IV-2026-0001", "9900000001", "9900000003", "9900000002", "9900000004").payload)
		_, first, _ := strings.Cut(storno, "UNH+")
		payload := strings.Replace(normal, "UNZ+2+", "UNH+"+strings.Replace(first, "00006", "00005", 1)[:strings.Index(first, "UNZ")]+"UNZ+4+", 1)
		if r := b.handle("m-1", delivery295(t, payload)); r.State != billing.DeliveryAccepted {
			t.Fatalf("state %s: %v", r.State, b.codes())
		}
		if got := b.state295("IV-2026-0001"); got != "cancelled 17100, approved 0" {
			t.Errorf("invoices %s", got)
		}
		b.holds()
	})
	for _, c := range []struct {
		name    string
		replace []string
		state   billing.DeliveryState
		codes   []string
		finding string
	}{
		{"CHK-9 Kennzeichen 40 is refused", []string{"IVK+30", "IVK+40"}, billing.DeliveryPartlyRejected, []string{"IV-K01"}, ""},
		{"CHK-9 a Storno of another person's invoice", []string{"INV+1:00:00+A123456780", "INV+1:00:00+B234567895"}, billing.DeliveryPartlyRejected, []string{"IV-K03"}, ""},
		{"CHK-9 a Storno with other amounts is noted", []string{"61,00", "60,00", "181,00", "180,00", "171,00", "170,00"}, billing.DeliveryAccepted, []string{"IV-K04"}, ""},
		{"CHK-5 a number accepted before", []string{"IVK+30", "IVK+10", "IV-2026-0003", "IV-2026-0001"}, billing.DeliveryRejected, []string{"IV-K05", "IV-K05"}, ""},
		{"CHK-5 a service billed before under another number", []string{"IVK+30", "IVK+10", "4+669990314+IV-2026-0001", "1+669990314+IV-2026-0009"}, billing.DeliveryAccepted, nil, "IV-K06"},
		{"DTA-4 a gap of the Dateinummer warns", []string{"00006", "00009"}, billing.DeliveryAccepted, []string{"IV-D02"}, ""},
		{"DTA-4 a Dateinummer used before rejects", []string{"00006", "00005"}, billing.DeliveryRejected, []string{"IV-D02"}, ""},
		{"DTA-4 an unknown payer", []string{"109990018+9999", "109990029+9999", "A123456780:109990018", "A123456780:109990029"}, billing.DeliveryRejected, []string{"P4001", "P4001"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := integrated(t)
			b.handle("m-1", example295(t, "normal"))
			if r := b.handle("m-02", example295(t, "storno", c.replace...)); r.State != c.state {
				t.Errorf("state %s, want %s", r.State, c.state)
			}
			if diff := cmp.Diff(c.codes, b.codes()); diff != "" {
				t.Error(diff)
			}
			if n := b.count("select count(*) from finding where rule = '" + c.finding + "'"); (n > 0) != (c.finding != "") {
				t.Errorf("%d findings %s", n, c.finding)
			}
			b.holds()
		})
	}
}

// DTA-4, CHK-1: what the generator makes is accepted whole, Stornos included, and
// the open amounts are those of the file.
func TestIntegratedIsClean(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{"DIR140", "DIR73B", "DIR73C"} {
		t.Run(typ, func(t *testing.T) {
			t.Parallel()
			var file bytes.Buffer
			result, err := gen.Write(&file, gen.Options{Typ: typ, Belege: 60, StornoJeder: 7, Erstellt: received.Add(-48 * time.Hour), Echt: true, Seed: 3})
			if err != nil {
				t.Fatal(err)
			}
			order, err := result.Auftrag.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			report, got := check(t, delivery{payload: file.Bytes(), auftrag: order}, &billing.Facts{ReceivedOn: calendar.InBerlin(received)})
			for i, f := range got.findings {
				if i < 10 {
					t.Errorf("%s %s at %s, segment %d %s: %s", f.Rule, f.Severity, f.Invoice, f.Segment, f.Tag, f.Text)
				}
			}
			if report.Outcome != "accepted" || report.Invoices != result.Nachrichten-result.Stornos || len(got.cancelled) != result.Stornos {
				t.Errorf("outcome %s, %d invoices, %d cancelled, want %d and %d", report.Outcome, report.Invoices, len(got.cancelled),
					result.Nachrichten-result.Stornos, result.Stornos)
			}
		})
	}
}
