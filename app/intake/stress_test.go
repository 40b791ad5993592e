package intake_test

import (
	"fmt"
	"testing"

	"klarbeleg/app/intake"
	"klarbeleg/domain/money"
	"klarbeleg/dta/p302"
	"klarbeleg/dta/p302/gen"
)

// casesPerGroup makes more than 10,000 cases over the 19 groups.
const casesPerGroup = 540

// tally counts what a rule found, what it missed and what it made up.
type tally struct{ right, missed, surplus int }

// CHK-1, CHK-2, CHK-3, CHK-4: of more than 10,000 cases with 5 % faults every fault is
// found, by its rule, at its place, and nothing else; what is corrected is what the
// generator says, to the cent, finding by finding and in all; and each of these amounts
// is one correction.
func TestStress(t *testing.T) {
	t.Parallel()
	rules, kinds, cases := map[string]*tally{}, map[string]bool{}, 0
	for group := byte('A'); group <= 'S'; group++ {
		o := gen.Options{Gruppe: group, Rechnungsart: 1, Faelle: casesPerGroup, FaelleProRechnung: 9, Seed: uint64(group)}
		var err error
		if o.Faults, err = gen.Stress(o, 5); err != nil {
			t.Fatal(err)
		}
		d, result, facts := generated(t, o)
		report, got := check(t, d, facts)
		cases += result.Faelle
		for _, f := range result.Injected {
			kinds[f.Fault] = true
		}
		compareKey(t, group, result.Injected, got, rules)
		compareSums(t, group, result, report)
		compareCorrections(t, group, result.Injected, got)
	}
	for rule, n := range rules {
		if n.missed > 0 || n.surplus > 0 {
			t.Errorf("%s: %d right, %d missed, %d surplus", rule, n.right, n.missed, n.surplus)
		}
	}
	if cases < 10_000 || len(kinds) < 60 || len(rules) < 60 {
		t.Errorf("%d cases with %d kinds of faults, found by %d rules", cases, len(kinds), len(rules))
	}
	t.Logf("%d cases, %d kinds of faults, %d rules", cases, len(kinds), len(rules))
}

// compareKey compares the findings of a delivery with its key.
func compareKey(t *testing.T, group byte, key []gen.Injected, got *collector, rules map[string]*tally) {
	t.Helper()
	of := func(rule string) *tally {
		if rules[rule] == nil {
			rules[rule] = &tally{}
		}
		return rules[rule]
	}
	open := map[string][]gen.Injected{}
	for _, f := range key {
		place := f.Rule + " " + f.Rechnung
		open[place] = append(open[place], f)
	}
	for i := range got.findings {
		f := &got.findings[i]
		place := f.Rule + " " + f.Invoice
		n := -1
		for j, want := range open[place] {
			if f.Case == "" || f.Case == want.Belegnummer {
				n = j
			}
		}
		if n < 0 {
			of(f.Rule).surplus++
			t.Errorf("%c: %s at %s %s is not in the key: %s", group, f.Rule, f.Invoice, f.Case, f.Text)
			continue
		}
		want := open[place][n]
		open[place] = append(open[place][:n:n], open[place][n+1:]...)
		of(f.Rule).right++
		if want.Effect < gen.RefusesInvoice && f.Corrected != int64(want.Taken) {
			t.Errorf("%c: %s %s takes %d, want %d", group, f.Rule, want.Fault, f.Corrected, want.Taken)
		}
		comparePosition(t, want, got)
	}
	for _, list := range open {
		for _, f := range list {
			of(f.Rule).missed++
			t.Errorf("%c: %s (%s) at %s %s is not found", group, f.Rule, f.Fault, f.Rechnung, f.Belegnummer)
		}
	}
}

// comparePosition looks the finding up where it is kept with its position: in an
// invoice that was accepted.
func comparePosition(t *testing.T, want gen.Injected, got *collector) {
	t.Helper()
	for _, d := range got.decided {
		if d.Rule == want.Rule && d.invoice == want.Rechnung && d.voucher == want.Belegnummer && d.Position != want.Position {
			t.Errorf("%s at position %d, want %d", d.Rule, d.Position, want.Position)
		}
	}
}

// compareSums compares what is billed and corrected with the key.
func compareSums(t *testing.T, group byte, result *gen.Result, report *intake.Report) {
	t.Helper()
	var taken int64
	refused := 0
	for _, f := range result.Injected {
		if f.Effect >= gen.RefusesInvoice {
			refused++
			continue
		}
		taken += int64(f.Taken)
	}
	got, want := fmt.Sprint(report.Corrected, report.Billed-report.Approved, report.Refused), fmt.Sprint(taken, taken, refused)
	if got != want {
		t.Errorf("%c: corrected, not approved, invoices refused: %s, want %s", group, got, want)
	}
}

// compareCorrections compares the corrections that are stored and sent with the key: one
// for each fault that takes something, and one for each case where an invoice is taken.
func compareCorrections(t *testing.T, group byte, key []gen.Injected, got *collector) {
	t.Helper()
	want := map[taken]int{}
	invoices := map[string]gen.Injected{} // taken whole, by rule and number
	for _, f := range key {
		switch {
		case f.Effect >= gen.RefusesInvoice || f.Taken == 0:
		case f.Effect == gen.TakesInvoice:
			invoices[f.Rule+" "+f.Rechnung] = f
		default:
			want[taken{f.Rule, f.Rechnung, f.Belegnummer, money.Cents(f.Taken)}]++
		}
	}
	for _, k := range got.taken {
		place := k.rule + " " + k.invoice
		if f, whole := invoices[place]; whole {
			f.Taken -= p302.Cent(k.cents)
			invoices[place] = f
			continue
		}
		want[k]--
	}
	for k, n := range want {
		if n != 0 {
			t.Errorf("%c: correction of %d by %s at %s %s: %d missing", group, k.cents, k.rule, k.invoice, k.voucher, n)
		}
	}
	for place, f := range invoices {
		if f.Taken != 0 {
			t.Errorf("%c: %s: %d of the invoice are not taken", group, place, f.Taken)
		}
	}
}
