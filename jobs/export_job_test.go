package jobs_test

import (
	"path/filepath"
	"slices"
	"testing"

	"klarbeleg/domain/calendar"
	"klarbeleg/jobs"
)

// reports returns the names of the reports written.
func (b *bundle) reports() (names []string) {
	b.Helper()
	paths, err := filepath.Glob(filepath.Join(b.dir, "*.xlsx*"))
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range paths {
		names = append(names, filepath.Base(p))
	}
	slices.Sort(names)
	return names
}

// REP-4, JOB-5, JOB-7: every night each report of the month so far with its checksum,
// once for two replicas; on the first of a month the month before is complete.
func TestNightlyExport(t *testing.T) {
	t.Parallel()
	b := setup(t, "2026-11-30 12:00:00")
	b.look(b.all())
	b.clock.Set(berlin("2026-12-01 06:00:00"))
	b.look(b.all())
	b.look(b.all())
	want := []string{
		"berichtigungen-2026-11-01-2026-11-30.xlsx", "berichtigungen-2026-11-01-2026-11-30.xlsx.sha256",
		"karten-2026-11-01-2026-11-30.xlsx", "karten-2026-11-01-2026-11-30.xlsx.sha256",
		"karten-offen-2026-11-01-2026-11-30.xlsx", "karten-offen-2026-11-01-2026-11-30.xlsx.sha256",
		"rechnungen-2026-11-01-2026-11-30.xlsx", "rechnungen-2026-11-01-2026-11-30.xlsx.sha256",
		"regeln-2026-11-01-2026-11-30.xlsx", "regeln-2026-11-01-2026-11-30.xlsx.sha256",
		"zahlungen-2026-11-01-2026-11-30.xlsx", "zahlungen-2026-11-01-2026-11-30.xlsx.sha256",
	}
	if got := b.reports(); !slices.Equal(got, want) {
		t.Errorf("files %q", got)
	}
	if got := b.one(`select count(*) || ' ' || min(state) from job_run where job = 'export' and due_at >= '2026-12-01'`); got != "1 done" {
		t.Errorf("runs: %s", got)
	}
	b.wantOutcome(b.all(), "export", calendar.MustDate("2026-12-01"), jobs.Outcome{State: "done"})
	b.invariants()
}
