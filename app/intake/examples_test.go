package intake_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"klarbeleg/app/intake"
	"klarbeleg/app/lists"
	"klarbeleg/checks"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// examples are the deliveries of the specification.
const examples = "../../dta/p302/testdata"

// delivery is one file pair.
type delivery struct{ payload, auftrag []byte }

func readDelivery(t testing.TB, name string) delivery {
	t.Helper()
	return delivery{readFile(t, filepath.Join(examples, name+".edi")), readFile(t, filepath.Join(examples, name+".auf"))}
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func exampleNames(t testing.TB) (names []string) {
	t.Helper()
	files, err := filepath.Glob(examples + "/302-*.edi")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".edi"))
	}
	return names
}

// exampleFacts are the lists under which the examples are clean.
func exampleFacts(t testing.TB) *billing.Facts {
	t.Helper()
	prices, err1 := lists.ReadPrices(bytes.NewReader(readFile(t, "testdata/prices.csv")))
	payers, err2 := lists.ReadPayers(bytes.NewReader(readFile(t, "testdata/payers.csv")))
	providers, err3 := lists.ReadProviders(bytes.NewReader(readFile(t, "testdata/providers.csv")))
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return &billing.Facts{
		ReceivedOn: calendar.MustDate("2026-11-25"),
		Prices:     billing.PricesOf(prices), Payers: billing.PayersOf(payers), Providers: billing.ProvidersOf(providers),
	}
}

// collector is a sink that keeps what the engine says; nothing was billed before
// the file itself.
type collector struct {
	findings  []intake.Finding
	accepted  int
	refused   []billing.RefusedInvoice
	cancelled []billing.SingleKey
	erezepte  []billing.ERezept
	files     []billing.PharmacyFile
	history   *billing.History
	decided   []decided
	taken     []taken
}

// taken is a correction of an invoice that was accepted.
type taken struct {
	rule, invoice, voucher string
	cents                  money.Cents
}

// decided is a finding of an invoice that was accepted, with its place.
type decided struct {
	invoice, voucher string
	billing.Found
}

func (*collector) Header(context.Context, *billing.Header) ([]intake.Finding, error) { return nil, nil }

func (c *collector) History(context.Context, []*billing.Invoice) (*billing.History, error) {
	if c.history == nil {
		c.history = billing.NewHistory()
	}
	return c.history, nil
}

func (c *collector) Finding(_ context.Context, f *intake.Finding) error {
	c.findings = append(c.findings, *f)
	return nil
}

func (c *collector) Accept(_ context.Context, in *billing.Checked) error {
	c.accepted++
	for _, f := range in.Findings {
		d := decided{invoice: in.Invoice.Number.String(), Found: f}
		if f.Case >= 0 {
			d.voucher = in.Invoice.Cases[f.Case].VoucherNo
		}
		c.decided = append(c.decided, d)
	}
	for _, k := range in.Corrections {
		c.taken = append(c.taken, taken{k.Rule, in.Invoice.Number.String(), in.Invoice.Cases[k.Case].VoucherNo, k.Amount})
	}
	return nil
}

func (c *collector) Refuse(r billing.RefusedInvoice) { c.refused = append(c.refused, r) }

func (c *collector) ERezept(_ context.Context, e *billing.ERezept) error {
	c.erezepte = append(c.erezepte, *e)
	return nil
}

func (c *collector) PharmacyFile(_ context.Context, f *billing.PharmacyFile) error {
	c.files = append(c.files, *f)
	return nil
}

func (c *collector) Cancel(_ context.Context, s *billing.Invoice) error {
	c.cancelled = append(c.cancelled, s.SingleKey())
	return nil
}
func (*collector) BeginCollective(context.Context) error     { return nil }
func (*collector) EndCollective(context.Context, bool) error { return nil }

func check(t testing.TB, d delivery, facts *billing.Facts) (*intake.Report, *collector) {
	t.Helper()
	c := &collector{}
	report, err := intake.NewEngine(catalogue.All(), checks.Options{}).Run(t.Context(), intake.Input{
		Auftrag: d.auftrag, Payload: bytes.NewReader(d.payload), Size: int64(len(d.payload)),
	}, facts, c)
	if err != nil {
		t.Fatal(err)
	}
	return report, c
}

func TestExamplesAreClean(t *testing.T) {
	t.Parallel()
	billed := map[string]int64{
		"302-b-heilmittel-ra3-vk01":       36770,
		"302-b-heilmittel-ra3-vk03":       2630,
		"302-b-heilmittel-ra3-vk04":       5222,
		"302-e-krankentransport-ra1-vk01": 15508,
		"302-a-hilfsmittel-ra2-vk01":      57342,
	}
	for _, name := range exampleNames(t) {
		t.Run("DTA-2 "+name, func(t *testing.T) {
			t.Parallel()
			report, got := check(t, readDelivery(t, name), exampleFacts(t))
			for _, f := range got.findings {
				if f.Severity != "warn" {
					t.Errorf("%s %s at segment %d: %s", f.Rule, f.Severity, f.Segment, f.Text)
				}
			}
			if report.Outcome != "accepted" || report.Billed != billed[name] || report.Approved != report.Billed {
				t.Errorf("outcome %s, billed %d, approved %d, want %d", report.Outcome, report.Billed, report.Approved, billed[name])
			}
		})
	}
}
