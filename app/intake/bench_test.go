package intake_test

import (
	"bytes"
	"testing"
	"time"

	"klarbeleg/app/intake"
	"klarbeleg/app/lists"
	"klarbeleg/checks"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/dta/p302/gen"
)

// BenchmarkCheck1000Cases checks a clean delivery of 1000 cases with all rules.
func BenchmarkCheck1000Cases(b *testing.B) {
	var file, prices, payers, providers bytes.Buffer
	result, err := gen.Write(&file, gen.Options{Gruppe: 'B', Faelle: 1000, Erstellt: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), Seed: 3})
	if err != nil {
		b.Fatal(err)
	}
	if err := result.WritePrices(&prices); err != nil {
		b.Fatal(err)
	}
	if err := result.WritePayers(&payers); err != nil {
		b.Fatal(err)
	}
	if err := result.WriteProviders(&providers); err != nil {
		b.Fatal(err)
	}
	priceRows, _ := lists.ReadPrices(&prices)
	payerRows, _ := lists.ReadPayers(&payers)
	providerRows, _ := lists.ReadProviders(&providers)
	facts := &billing.Facts{
		ReceivedOn: calendar.MustDate("2026-11-25"),
		Prices:     billing.PricesOf(priceRows), Payers: billing.PayersOf(payerRows), Providers: billing.ProvidersOf(providerRows),
	}
	engine := intake.NewEngine(catalogue.All(), checks.Options{})
	b.SetBytes(int64(file.Len()))
	b.ReportAllocs()
	for b.Loop() {
		c := &collector{}
		report, err := engine.Run(b.Context(), intake.Input{Payload: bytes.NewReader(file.Bytes()), Size: -1, AuftragOptional: true}, facts, c)
		if err != nil || report.Outcome != "accepted" || report.Corrected != 0 {
			b.Fatal(err, report)
		}
	}
}
