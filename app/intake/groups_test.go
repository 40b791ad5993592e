package intake_test

import (
	"fmt"
	"testing"

	"klarbeleg/dta/p302/gen"
)

// DTA-2, CHK-1: a sound delivery of every Sammelgruppe, Rechnungsart and
// Verarbeitungskennzeichen is accepted whole, with nothing above a warning.
func TestEveryGroupIsClean(t *testing.T) {
	t.Parallel()
	var all []gen.Options
	for group := byte('A'); group <= 'S'; group++ {
		for kind := 1; kind <= 3; kind++ {
			all = append(all, gen.Options{Gruppe: group, Rechnungsart: kind, Verarbeitung: "01"})
		}
	}
	for _, vkz := range []string{"02", "03", "04", "10"} {
		all = append(all, gen.Options{Gruppe: 'B', Rechnungsart: 3, Verarbeitung: vkz})
	}
	for _, vkz := range []string{"02", "04"} {
		all = append(all, gen.Options{Gruppe: 'F', Rechnungsart: 1, Verarbeitung: vkz})
	}
	for _, o := range all {
		t.Run(fmt.Sprintf("%c/Rechnungsart %d/%s", o.Gruppe, o.Rechnungsart, o.Verarbeitung), func(t *testing.T) {
			t.Parallel()
			o.Faelle, o.FaelleProRechnung, o.Seed = 40, 8, uint64(o.Gruppe)
			d, result, facts := generated(t, o)
			report, got := check(t, d, facts)
			for i, f := range got.findings {
				if f.Severity != "warn" && i < 10 {
					t.Errorf("%s %s at %s %s, segment %d %s: %s", f.Rule, f.Severity, f.Invoice, f.Case, f.Segment, f.Tag, f.Text)
				}
			}
			if report.Outcome != "accepted" || report.Cases != 40 || report.Positions != result.Positionen {
				t.Errorf("outcome %s, %d cases, %d positions, want 40 and %d", report.Outcome, report.Cases, report.Positions, result.Positionen)
			}
			if report.Billed != int64(result.Betrag) || report.Approved != report.Billed {
				t.Errorf("billed %d, approved %d, want %d", report.Billed, report.Approved, result.Betrag)
			}
		})
	}
}
