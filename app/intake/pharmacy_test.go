package intake_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"klarbeleg/app/lists"
	"klarbeleg/app/status"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/dta/auftrag"
	"klarbeleg/dta/p300/gen"
	"klarbeleg/internal/clock"
	"klarbeleg/store"
)

// pharmacyDelivery returns the files of a generated § 300 delivery.
func pharmacyDelivery(t testing.TB, o gen.Options) (files []delivery, kinds []gen.Kind) {
	t.Helper()
	o.Erstellt, o.Echt = received.AddDate(0, 0, -2), true
	d, err := gen.New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range d.Dateien() {
		var payload bytes.Buffer
		a, err := f.Write(&payload)
		if err != nil {
			t.Fatal(err)
		}
		order, err := a.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		files, kinds = append(files, delivery{payload: payload.Bytes(), auftrag: order}), append(kinds, f.Kind)
	}
	return files, kinds
}

// example300 returns an example of § 300 with an Auftragsdatei made for it.
func example300(t testing.TB, path, name string, replace ...string) delivery {
	t.Helper()
	raw := readFile(t, filepath.Join("..", "..", "dta", "p300", path))
	payload := strings.NewReplacer(replace...).Replace(string(raw))
	a := auftrag.New()
	a.VerfahrenKennung, a.TransferNummer = "EAPO0", "017"
	a.AbsenderEigner, a.AbsenderPhysikalisch = "308990210", "308990210"
	a.EmpfaengerNutzer, a.EmpfaengerPhysikalisch = "109990029", "109990029"
	a.Dateiname, a.DatumErstellung, a.DatumUebertragungGesendet = name, "20261103091500", "20261103091500"
	a.Zeichensatz = "I8"
	a.DateigroesseNutzdaten, a.DateigroesseUebertragung = int64(len(payload)), int64(len(payload))
	order, err := a.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return delivery{payload: []byte(payload), auftrag: order}
}

func abrp(t testing.TB, replace ...string) delivery {
	return example300(t, "testdata/apo_abrp_v21.edi", "B00ABR2600H", replace...)
}

func recp(t testing.TB, replace ...string) delivery {
	return example300(t, "testdata/apo_recp_v08.edi", "B00ABR2600I", replace...)
}

func erezepte(t testing.TB, replace ...string) delivery {
	return example300(t, "ta7/testdata/apo_ta7_rechnung_bundle_1_5.xml", "B00FHR2600J", replace...)
}

// reconciled returns the state of arzNumber and how its E-Rezepte agree.
func (b *bundle) reconciled() (state string) {
	b.t.Helper()
	err := b.db.Pool().QueryRow(b.t.Context(), `select state || ' ' || erx_missing || erx_unknown || erx_differ from pharmacy_invoice where number = $1`, arzNumber).Scan(&state)
	if err != nil {
		b.t.Fatal(err)
	}
	return state
}

// due returns who would be paid if everything received were due.
func (b *bundle) due() []store.PaymentGroup {
	b.t.Helper()
	due, err := b.db.DuePayments(b.t.Context(), calendar.InBerlin(received))
	if err != nil {
		b.t.Fatal(err)
	}
	return due
}

const arzNumber = "ARZ-2026-10-0001"

func TestPharmacy(t *testing.T) {
	t.Parallel()
	t.Run("DTA-3 RP-4 prescriptions, invoice and E-Rezepte in any order reconcile", func(t *testing.T) {
		t.Parallel()
		for _, order := range [][]int{{0, 1, 2}, {1, 2, 0}, {2, 0, 1}} {
			b := integrated(t)
			files := []delivery{abrp(t), recp(t), erezepte(t)}
			for i, n := range order {
				if r := b.handle(fmt.Sprint("m-", strings.Repeat("0", i)), files[n]); r.State != billing.DeliveryAccepted {
					t.Fatalf("file %d: state %s: %+v", n, r.State, b.receipts())
				}
				if i == 0 && n < 2 && b.reconciled() != "incomplete 000" {
					t.Errorf("after the first file: %s", b.reconciled())
				}
				if due := b.due(); i == 0 && len(due) > 0 {
					t.Errorf("payable before the files agree: %v", due)
				}
			}
			if got := b.reconciled(); got != "reconciled 000" {
				t.Errorf("order %v: %s", order, got)
			}
			if due := b.due(); len(due) != 1 || due[0].PayeeIK != "308990210" {
				t.Errorf("PAY-1 payable when the files agree: %v", due)
			}
			if n := b.count("select sum(billed_cents) from invoice"); n != 11241 {
				t.Errorf("billed %d, want 112,41", n)
			}
			b.holds()
		}
	})
	t.Run("RP-1 RP-4 RP-5 the invoice is found under the Rechenzentrum", func(t *testing.T) {
		t.Parallel()
		b := integrated(t)
		b.handle("m-1", abrp(t))
		query := status.Query{Area: status.Pharmacy, IK: "308990210", Number: arzNumber, Date: calendar.MustDate("2026-11-03")}
		got, err := status.New(b.db, clock.NewFake(received)).Lookup(t.Context(), query, 1)
		if err != nil || len(got.Invoices) != 1 || got.Invoices[0].Number.Single != arzNumber+"3099901101" {
			t.Errorf("look-up %+v, %v", got.Invoices, err)
		}
	})
	t.Run("CHK-3 CHK-4 a prescription with a wrong hash is refused alone", func(t *testing.T) {
		t.Parallel()
		b := integrated(t)
		if r := b.handle("m-1", abrp(t, "ZDR+026035", "ZDR+026036")); r.State != billing.DeliveryAccepted {
			t.Fatalf("state %s: %v", r.State, b.codes())
		}
		if n := b.count("select amount_cents from correction where rule_code = 'APO-R09'"); n != 2203-500-177 {
			t.Errorf("corrected %d, want 22,03 - 5,00 - 1,77", n)
		}
		b.holds()
	})
	t.Run("DTA-3 a fault of stage 3 rejects the file, its correction file replaces it", func(t *testing.T) {
		t.Parallel()
		b := integrated(t)
		name := func(art string) []string { return []string{"B00ABR2600H", "B00" + art + "2600H"} }
		correction := func(art string) delivery {
			return example300(t, "testdata/apo_abrp_v21.edi", "B00"+art+"2600H", name(art)...)
		}
		if r := b.handle("m-1", correction("KO3")); r.State != billing.DeliveryRejected || !slices.Equal(b.codes(), []string{"APO-D07"}) {
			t.Errorf("KO3 before its original: %s %v", r.State, b.codes())
		}
		b.handle("m-02", abrp(t, "EFP+12345626", "EFP+12345627"))
		if got := b.codes(); !slices.Equal(got, []string{"APO-V01"}) {
			t.Errorf("wrong PZN: %v", got)
		}
		if r := b.handle("m-003", correction("KO2")); r.State != billing.DeliveryRejected {
			t.Errorf("KO2 before KO1: %s", r.State)
		}
		if r := b.handle("m-0004", correction("KO1")); r.State != billing.DeliveryAccepted {
			t.Errorf("KO1: %s %v", r.State, b.codes())
		}
		if r := b.handle("m-00005", correction("KO2")); r.State != billing.DeliveryRejected || !slices.Equal(b.codes(), []string{"APO-D07"}) {
			t.Errorf("KO2 behind an accepted KO1: %s %v", r.State, b.codes())
		}
		if n := b.count("select count(*) from invoice"); n != 1 {
			t.Errorf("%d invoices", n)
		}
		b.holds()
	})
	t.Run("CHK-5 prescriptions billed before are refused", func(t *testing.T) {
		t.Parallel()
		b := integrated(t)
		b.handle("m-1", abrp(t))
		again := []string{"2600H", "2600K", arzNumber, "ARZ-2026-10-0002", "00017", "00019", "+610000000048990210", "+610000000058990210", "+610000000018990210", "+610000000068990210"}
		if r := b.handle("m-02", example300(t, "testdata/apo_abrp_v21.edi", "B00ABR2600K", again...)); r.State != billing.DeliveryAccepted {
			t.Fatalf("state %s: %v", r.State, b.codes())
		}
		rows := map[string]int{"APO-V07": 1, "APO-V08": 2}
		for rule, want := range rows {
			if n := b.count("select count(*) from correction where rule_code = '" + rule + "'"); n != want {
				t.Errorf("%s: %d corrections, want %d", rule, n, want)
			}
		}
		b.holds()
	})
	t.Run("DTA-3 differences are told and keep the invoice unpaid", func(t *testing.T) {
		t.Parallel()
		b := integrated(t)
		b.handle("m-1", abrp(t, "BES+7,97+0,00", "BES+7,98+0,00"))
		b.handle("m-02", recp(t))
		if r := b.handle("m-003", erezepte(t, "160.000.226.000.001.81", "160.000.226.000.003.75")); r.State != billing.DeliveryPartlyRejected {
			t.Errorf("state %s", r.State)
		}
		if got := b.receipts()[2]; got.Counts.CasesRefused != 1 || !slices.Contains(b.codes(), "APO-F04") {
			t.Errorf("receipt %+v", got)
		}
		if got := b.reconciled(); got != "differs 100" {
			t.Errorf("state %s", got)
		}
		b.holds()
	})
}

// importPayers makes the payers of a generated delivery known.
func (b *bundle) importPayers(o gen.Options) {
	b.t.Helper()
	o.Erstellt = received
	d, err := gen.New(o)
	if err != nil {
		b.t.Fatal(err)
	}
	var list bytes.Buffer
	if err := d.WritePayers(&list); err != nil {
		b.t.Fatal(err)
	}
	if _, err := lists.Import(b.t.Context(), b.db, clock.NewFake(received), "payers", &list); err != nil {
		b.t.Fatal(err)
	}
}

// DTA-3: the files of a generated delivery of two payers reconcile in the order in
// which they come last to first, and what is billed is what the invoices demand. A
// differing invoice is told.
func TestPharmacyReconciles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault string
		want  string
	}{
		"sound":             {"", "differs 0, reconciled 2"},
		"discounts":         {"discount-sum", "differs 1, reconciled 1"},
		"amount to be paid": {"invoice-payment", "differs 0, reconciled 1"}, // RECP is refused in part, and with it its sums
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			o := gen.Options{Verordnungen: 60, Kostentraeger: 2, RezepteProDatei: 10, Seed: 4}
			if c.fault != "" {
				o.Faults = []gen.Injection{{Verordnung: 3, Fault: c.fault}}
			}
			files, _ := pharmacyDelivery(t, o)
			b.importPayers(o)
			for i := range files {
				b.handle("m-"+strings.Repeat("0", i), files[len(files)-1-i])
			}
			got := fmt.Sprintf("differs %d, reconciled %d",
				b.count("select count(*) from pharmacy_invoice where state = 'differs'"), b.count("select count(*) from pharmacy_invoice where state = 'reconciled'"))
			if got != c.want {
				t.Errorf("%s, want %s: %v", got, c.want, b.codes())
			}
			if n := b.count("select count(*) from pharmacy_invoice where erx_missing + erx_unknown + erx_differ > 0"); n != 0 {
				t.Errorf("E-Rezepte of %d invoices do not agree", n)
			}
			b.holds()
		})
	}
}

// DTA-3, CHK-1: what the generator makes is accepted whole, and its files agree.
func TestPharmacyIsClean(t *testing.T) {
	t.Parallel()
	for _, o := range []gen.Options{
		{Verordnungen: 80, Apotheken: 5, Seed: 1},
		{Verordnungen: 60, Kostentraeger: 2, Sammelrechnung: true, Irrlaeufer: 2, RezepteProDatei: 10, Seed: 2, Zaehler: 200},
	} {
		files, kinds := pharmacyDelivery(t, o)
		for i, f := range files {
			report, got := check(t, f, &billing.Facts{ReceivedOn: calendar.InBerlin(received)})
			for n, x := range got.findings {
				if n < 10 {
					t.Errorf("%s: %s %s, segment %d %s: %s", kinds[i], x.Rule, x.Severity, x.Segment, x.Tag, x.Text)
				}
			}
			if report.Outcome != "accepted" || len(got.files) != 1 {
				t.Errorf("%s: outcome %s", kinds[i], report.Outcome)
			}
		}
	}
}
