package intake_test

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"klarbeleg/app/intake"
	"klarbeleg/checks"
	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/dta/p302/gen"
)

// DTA-7: of a file that was checked nothing stays in memory but the fingerprints of
// its lines and the numbers of its invoices.
func TestCheckKeepsLittle(t *testing.T) { //nolint:paralleltest // it measures memory
	var file bytes.Buffer
	result, err := gen.Write(&file, gen.Options{Gruppe: 'B', Bytes: 5 << 20, Erstellt: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	facts := &billing.Facts{ReceivedOn: calendar.MustDate("2026-11-25")}
	engine := intake.NewEngine(catalogue.All(), checks.Options{})
	sink := &intake.Offline{On: func(*intake.Finding) error { return nil }}
	before := heap()
	in := intake.Input{Payload: bytes.NewReader(file.Bytes()), Size: -1, AuftragOptional: true}
	report, err := engine.Run(t.Context(), in, facts, sink)
	if err != nil || report.Outcome != string(billing.DeliveryAccepted) || report.Positions != result.Positionen {
		t.Fatal(err, report)
	}
	kept := heap() - before
	if limit := int64(2<<20 + 24*result.Positionen); kept > limit {
		t.Errorf("%d bytes kept of a file of %d bytes with %d positions, limit %d", kept, file.Len(), result.Positionen, limit)
	}
	t.Logf("%.1f bytes kept per position", float64(kept)/float64(result.Positionen))
	runtime.KeepAlive(engine)
	runtime.KeepAlive(sink)
	runtime.KeepAlive(file)
}
