package payment_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"klarbeleg/app/lists"
	"klarbeleg/app/payment"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/logging"
	"klarbeleg/internal/testdb"
	"klarbeleg/schema/messages"
	"klarbeleg/store"
	"klarbeleg/store/storetest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("klarbeleg/internal/child.(*Process).run"))
}

// Those who are paid and who pay; IKs and accounts are made up.
const (
	praxis, taxi, unknown = "260326822", "600999336", "440999333"
	kasseA, kasseB        = "109519005", "108999446"
)

const payees = `ik,name,street,city,iban,bic,valid_from,valid_to
260326822,Physiotherapie Müller & Söhne GmbH,Am Markt 1,12345 Musterstadt,DE27000000000260326822,,2020-01-01,
600999336,Taxi Ü. Straße,Ring 2,12345 Musterstadt,DE39000000000600999336,MARKDEF1100,2020-01-01,
`

type bundle struct {
	*testing.T
	ctx     context.Context
	db      *store.DB
	dir     string
	service *payment.Service
	// onVoucher is called after each voucher.
	onVoucher func()
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{T: t, db: store.New(testdb.New(t)), dir: filepath.Join(t.TempDir(), "zahlungen")}
	b.ctx = logging.Into(t.Context(), zap.New(zapcore.NewNopCore()))
	hooked := zap.New(zapcore.RegisterHooks(hookable{}, func(e zapcore.Entry) error {
		if e.Message == "voucher issued" && b.onVoucher != nil {
			b.onVoucher()
		}
		return nil
	}))
	b.ctx = logging.Into(t.Context(), hooked)
	b.service = b.newService()
	clk := clock.NewFake(at("2026-01-01 08:00"))
	if _, err := lists.Import(t.Context(), b.db, clk, "payees", strings.NewReader(payees)); err != nil {
		t.Fatal(err)
	}
	return b
}

// hookable is a core that writes nothing but lets hooks see everything.
type hookable struct{ zapcore.LevelEnabler }

func (hookable) Enabled(zapcore.Level) bool                 { return true }
func (h hookable) With([]zapcore.Field) zapcore.Core        { return h }
func (hookable) Write(zapcore.Entry, []zapcore.Field) error { return nil }
func (hookable) Sync() error                                { return nil }
func (h hookable) Check(e zapcore.Entry, c *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	return c.AddCore(e, h)
}

func (b *bundle) newService() *payment.Service {
	b.Helper()
	s, err := payment.New(b.db, payment.Settings{
		Term: billing.DefaultPaymentTerm, Dir: b.dir,
		Debtor: store.Debtor{Name: "Abrechnungszentrum Nord", BankDetails: billing.BankDetails{IBAN: "DE09 0000 0000 0000 0000 01", BIC: "MARKDEF1100"}},
	})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Berlin())
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// received adds an invoice received on the day.
func (b *bundle) received(day string, i storetest.Invoice) int64 {
	b.Helper()
	i.Received = at(day + " 10:00")
	return storetest.AddInvoice(b, b.db, i)
}

// run is the nightly run of a day, at four.
func (b *bundle) run(day string) payment.Report {
	b.Helper()
	report, err := b.service.Run(b.ctx, calendar.MustDate(day), at(day+" 04:00"))
	if err != nil {
		b.Fatal(err)
	}
	storetest.MoneyHolds(b, b.db)
	return report
}

func (b *bundle) strings(sql string, args ...any) []string {
	b.Helper()
	rows, err := b.db.Pool().Query(b.Context(), sql, args...)
	if err != nil {
		b.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		b.Fatal(err)
	}
	return out
}

// vouchers returns "number payee payer total" of all vouchers.
func (b *bundle) vouchers() []string {
	b.Helper()
	return b.strings(`select number || ' ' || payee_ik || ' ' || payer_ik || ' ' || total_cents from voucher order by number`)
}

func (b *bundle) want(what string, want, got any) {
	b.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		b.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	t.Run("PAY-1 one voucher per payee and payer, of all that is due", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.received("2026-11-11", storetest.Invoice{PayeeIK: praxis, PayerIK: kasseA, Billed: 10000})
		b.received("2026-11-11", storetest.Invoice{PayeeIK: praxis, PayerIK: kasseA, Billed: 5000, Corrected: 1})
		b.received("2026-11-11", storetest.Invoice{PayeeIK: praxis, ProviderIK: unknown, PayerIK: kasseB, Billed: 700})
		b.received("2026-10-01", storetest.Invoice{PayeeIK: taxi, PayerIK: kasseA, Billed: 1234, Corrected: 234})
		b.received("2026-11-11", storetest.Invoice{PayeeIK: taxi, PayerIK: kasseA, Billed: 99, Corrected: 99})
		b.received("2026-11-12", storetest.Invoice{PayeeIK: taxi, PayerIK: kasseA, Billed: 5555}) // not due yet
		report := b.run("2026-11-24")
		b.want("report", payment.Report{Vouchers: 3, Paid: 16699, File: filepath.Join(b.dir, "zahlungen-2026-11-24.xml")}, report)
		b.want("vouchers", []string{
			"0000000001 260326822 108999446 700", "0000000002 260326822 109519005 14999", "0000000003 600999336 109519005 1000",
		}, b.vouchers())
		b.want("states", []string{"approved 1", "paid 4", "refused 1"},
			b.strings(`select state || ' ' || count(*) from invoice group by state order by state`))
		b.want("run again", payment.Report{}, b.run("2026-11-24"))
		b.want("next day", payment.Report{Vouchers: 1, Paid: 5555, File: filepath.Join(b.dir, "zahlungen-2026-11-25.xml")}, b.run("2026-11-25"))
		b.want("numbers", []string{"0000000004"}, b.strings(`select number from voucher where run_on = '2026-11-25'`))
	})
	t.Run("PAY-1 P1008 data of test and trial deliveries are never paid", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for _, mark := range []string{"0", "1"} {
			b.received("2026-10-01", storetest.Invoice{PayeeIK: praxis, Billed: 10000, Test: mark})
		}
		b.want("report", payment.Report{}, b.run("2026-11-24"))
		if _, err := os.Stat(b.dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a run without transfers made a file: %v", err)
		}
	})
	t.Run("PAY-1 a payee without bank details is reported and not paid, the others are", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.received("2026-11-01", storetest.Invoice{PayeeIK: unknown, Billed: 10000})
		b.received("2026-11-01", storetest.Invoice{PayeeIK: taxi, Billed: 200})
		if got := b.run("2026-11-24"); got.Blocked != 1 || got.Vouchers != 1 || got.Paid != 200 {
			t.Errorf("report %+v", got)
		}
		payees, open, err := b.db.OverduePayments(t.Context(), calendar.MustDate("2026-11-10"))
		if err != nil || payees != 1 || open != 10000 {
			t.Errorf("overdue: %d payees, %d cents, %v", payees, open, err)
		}
		clk := clock.NewFake(at("2026-11-24 09:00"))
		row := "ik,name,street,city,iban,bic,valid_from,valid_to\n440999333,Praxis,,,DE69000000000440999333,,2026-11-26,\n"
		if _, err := lists.Import(t.Context(), b.db, clk, "payees", strings.NewReader(row)); err != nil {
			t.Fatal(err)
		}
		if got := b.run("2026-11-25"); got.Blocked != 1 || got.Vouchers != 0 {
			t.Errorf("before the account is valid: %+v", got)
		}
		if got := b.run("2026-11-26"); got.Blocked != 0 || got.Paid != 10000 {
			t.Errorf("with bank details: %+v", got)
		}
		b.want("numbers", []string{"0000000001", "0000000002"}, b.strings(`select number from voucher order by 1`))
	})
	t.Run("F-58 a payee whose ledger disagrees stops none of the others", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ill := b.received("2026-11-01", storetest.Invoice{PayeeIK: praxis, Billed: 10000})
		b.received("2026-11-01", storetest.Invoice{PayeeIK: taxi, Billed: 200})
		b.exec(`update invoice set billed_cents = 10001, approved_cents = 10001 where id = $1`, ill)
		report, err := b.service.Run(b.ctx, calendar.MustDate("2026-11-24"), at("2026-11-24 04:00"))
		if err != nil || report.Failed != 1 || report.Vouchers != 1 || report.Paid != 200 {
			t.Errorf("%+v, %v", report, err)
		}
		b.want("numbers", []string{"0000000001 600999336 109519005 200"}, b.vouchers())
	})
	t.Run("CHK-4 RP-2 each paid invoice is announced once, with its voucher", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.received("2026-11-01", storetest.Invoice{PayeeIK: praxis, ProviderIK: unknown, Billed: 10000, Corrected: 500, Number: billing.InvoiceNumber{Collective: "S1", Single: "7"}})
		b.run("2026-11-24")
		b.run("2026-11-24")
		rows, err := b.db.UnpublishedOutbox(t.Context())
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d messages, %v", len(rows), err)
		}
		var got messages.InvoiceStatus
		if err := json.Unmarshal(rows[0].Body, &got); err != nil {
			t.Fatal(err)
		}
		b.want("message", messages.InvoiceStatus{
			Invoice: "S1:7", InvoiceDate: "2026-11-01", ProviderIK: unknown, PayeeIK: praxis, PayerIK: kasseA, Group: "295", State: "paid",
			Billed: 10000, Approved: 9500, Corrected: 500, Voucher: "0000000001", Paid: 9500, DeliveryID: got.DeliveryID, At: at("2026-11-24 04:00"),
		}, got)
		if rows[0].Topic != messages.TopicInvoices || rows[0].Key != unknown {
			t.Errorf("topic %s, key %s", rows[0].Topic, rows[0].Key)
		}
	})
	t.Run("PAY-1 JOB-8 over a weekend and the end of a month, late and by hand: never executed in the past", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.received("2026-10-17", storetest.Invoice{PayeeIK: praxis, Billed: 1})  // term ends on Saturday, 31 October
		b.received("2026-10-19", storetest.Invoice{PayeeIK: praxis, Billed: 10}) // Monday, 2 November
		b.received("2026-10-20", storetest.Invoice{PayeeIK: praxis, Billed: 100})
		for _, c := range []struct {
			day, now, execute string
			paid              money.Cents
		}{
			{"2026-10-28", "2026-10-28 04:00", "", 0},
			{"2026-10-29", "2026-10-29 04:00", "2026-10-29", 1},
			{"2026-10-30", "2026-11-01 12:00", "2026-11-02", 10}, // missed on Friday, caught up on Sunday
			{"2026-11-02", "2026-11-02 04:00", "2026-11-02", 100},
		} {
			report, err := b.service.Run(b.ctx, calendar.MustDate(c.day), at(c.now))
			if err != nil || report.Paid != c.paid {
				t.Errorf("run of %s: %+v, %v", c.day, report, err)
			}
			if c.execute != "" {
				b.want("paid on", []string{c.execute}, b.strings(`select paid_on::text from voucher where run_on = $1`, calendar.MustDate(c.day).UTC()))
			}
		}
	})
}

func (b *bundle) exec(sql string, args ...any) {
	b.Helper()
	if _, err := b.db.Pool().Exec(b.Context(), sql, args...); err != nil {
		b.Fatal(err)
	}
}

// PAY-1, CHK-9: what was paid for a cancelled invoice is set off, in parts if need
// be, with the same payee and payer only, and never demanded.
func TestSetOff(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.received("2026-11-01", storetest.Invoice{PayeeIK: praxis, PayerIK: kasseA, Billed: 10000, Corrected: 2000})
	b.run("2026-11-16")
	storetest.CancelInvoice(t, b.db, first, at("2026-11-17 09:00"))
	storetest.MoneyHolds(t, b.db)
	b.want("without anything to pay", payment.Report{}, b.run("2026-11-18"))

	b.received("2026-11-03", storetest.Invoice{PayeeIK: praxis, PayerIK: kasseB, Billed: 500})
	b.received("2026-11-03", storetest.Invoice{PayeeIK: taxi, PayerIK: kasseA, Billed: 600})
	second := b.received("2026-11-03", storetest.Invoice{PayeeIK: praxis, PayerIK: kasseA, Billed: 3000})
	report := b.run("2026-11-19")
	if report.Vouchers != 3 || report.Paid != 1100 {
		t.Errorf("report %+v", report)
	}
	if file := readFile(t, report.File); strings.Contains(file, "0000000003") || strings.Count(file, "<CdtTrfTxInf>") != 2 {
		t.Errorf("a voucher of zero was transferred:\n%s", file)
	}
	b.want("vouchers", []string{
		"0000000001 260326822 109519005 8000", "0000000002 260326822 108999446 500", "0000000003 260326822 109519005 0", "0000000004 600999336 109519005 600",
	}, b.vouchers())

	third := b.received("2026-11-04", storetest.Invoice{PayeeIK: praxis, PayerIK: kasseA, Billed: 6000})
	if got := b.run("2026-11-20"); got.Paid != 1000 {
		t.Errorf("the rest of the claim: %+v", got)
	}
	lines := func(invoice int64) []string {
		return b.strings(`select voucher_number || ' ' || amount_cents from voucher_line where invoice_id = $1 order by 1`, invoice)
	}
	b.want("lines of the first", []string{"0000000001 8000", "0000000003 -3000", "0000000005 -5000"}, lines(first))
	b.want("lines of the second", []string{"0000000003 3000"}, lines(second))
	b.want("lines of the third", []string{"0000000005 6000"}, lines(third))
	b.want("the first at the end", []string{"cancelled 8000"}, b.strings(`select state || ' ' || cancelled_cents from invoice where id = $1`, first))
	b.received("2026-11-05", storetest.Invoice{PayeeIK: praxis, PayerIK: kasseA, Billed: 42})
	if got := b.run("2026-11-23"); got.Paid != 42 {
		t.Errorf("a claim that is settled: %+v", got)
	}
}

// F-10, JOB-7: two processes pay the same day at once; each payee is paid once.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	clk := clock.NewFake(at("2026-01-01 08:00"))
	var list strings.Builder
	list.WriteString(payees)
	const n = 40
	for i := range n {
		ik := fmt.Sprintf("2611%05d", i)
		iban, err := billing.GermanIBAN("00000000", "0"+ik)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&list, "%s,Praxis %d,,,%s,,2020-01-01,\n", ik, i, iban)
		b.received("2026-11-01", storetest.Invoice{PayeeIK: ik, Billed: money.Cents(100 + i)})
	}
	if _, err := lists.Import(t.Context(), b.db, clk, "payees", strings.NewReader(list.String())); err != nil {
		t.Fatal(err)
	}
	type result struct {
		payment.Report
		err error
	}
	results := make(chan result)
	for range 2 {
		go func() {
			report, err := b.newService().Run(b.ctx, calendar.MustDate("2026-11-24"), at("2026-11-24 04:00"))
			results <- result{report, err}
		}()
	}
	one, two := <-results, <-results
	if one.err != nil || two.err != nil || one.Vouchers+two.Vouchers != n || one.Paid+two.Paid != 4780 || (one.File == "") == (two.File == "") {
		t.Errorf("%+v and %+v", one, two)
	}
	b.want("vouchers", []string{"40 4780 0000000040"}, b.strings(`select count(*) || ' ' || sum(total_cents) || ' ' || max(number) from voucher`))
	storetest.MoneyHolds(t, b.db)
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// PAY-2: settings that cannot work are refused at the start, by name.
func TestSettings(t *testing.T) {
	t.Parallel()
	good := payment.Settings{Dir: "x", Debtor: store.Debtor{Name: "Zentrum", BankDetails: billing.BankDetails{IBAN: "DE09000000000000000001"}}}
	for name, c := range map[string]struct {
		change func(*payment.Settings)
		want   error
	}{
		"good":          {func(*payment.Settings) {}, nil},
		"negative term": {func(s *payment.Settings) { s.Term = -1 }, payment.ErrTerm},
		"endless term":  {func(s *payment.Settings) { s.Term = 366 }, payment.ErrTerm},
		"no debtor":     {func(s *payment.Settings) { s.Debtor.Name = " " }, payment.ErrDebtor},
		"no account":    {func(s *payment.Settings) { s.Debtor.IBAN = "" }, payment.ErrDebtor},
		"wrong account": {func(s *payment.Settings) { s.Debtor.IBAN = "DE10000000000000000001" }, billing.ErrIBAN},
		"wrong BIC":     {func(s *payment.Settings) { s.Debtor.BIC = "MARK" }, billing.ErrBIC},
		"no folder":     {func(s *payment.Settings) { s.Dir = "" }, payment.ErrDir},
	} {
		s := good
		c.change(&s)
		if _, err := payment.New(nil, s); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
