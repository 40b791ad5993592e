package gen

import (
	"bytes"
	"encoding/csv"
	"os"
	"slices"
	"testing"

	"klarbeleg/dta"
	"klarbeleg/dta/p300"
)

// faultyDelivery is a delivery that can have the fault, and the fault's place.
func faultyDelivery(k *FaultKind) Options {
	o := Options{Verordnungen: 60, Apotheken: 2, Kostentraeger: 2, Sammelrechnung: true, Rechenzentrum: true, Irrlaeufer: 2, RezepteProDatei: 8, Seed: 5}
	at := 7
	switch {
	case k.Irrlaeufer:
		at = 29 // the last of the first payer
	case k.first:
		at = 0
	}
	o.Faults = []Injection{{at, k.Name}}
	return o
}

// DTA-3, CHK-1: every single fault is found by its rule and no other, with the
// stage, scope and severity of the list of rules; what nothing in the files betrays
// is not found.
func TestFaults(t *testing.T) {
	t.Parallel()
	rules := map[string]dta.Rule{}
	for _, r := range p300.Rules() {
		rules[r.Code] = r
	}
	for _, k := range Faults() {
		t.Run(k.Rule+" "+k.Name, func(t *testing.T) {
			t.Parallel()
			d := plan(t, faultyDelivery(&k))
			injected := d.Injected()
			if len(injected) != 1 || injected[0].Rule != k.Rule || injected[0].Datei == "" || len(injected[0].Belegnummer) != 18 {
				t.Fatalf("injected: %+v", injected)
			}
			c := readDelivery(t, d)
			found := slices.Concat(c.errs, c.abgleich)
			if k.Unread {
				if len(found) > 0 {
					t.Errorf("findings: %v", found)
				}
				return
			}
			if len(found) == 0 {
				t.Fatal("not found")
			}
			for _, e := range found {
				if e.Code != k.Rule {
					t.Errorf("also %v: %s", e, e.Text())
					continue
				}
				want := rules[k.Rule]
				if effect := k.Effect(); (e.Severity == dta.Warn) != (effect == Warns) || (e.Severity == dta.RejectFile) != (effect == RejectsAll) {
					t.Errorf("severity %v, effect %d", e.Severity, effect)
				}
				if int(e.Stage) != int(want.Stage) || e.Severity != want.Severity || e.Scope != want.Scope {
					t.Errorf("stage %d, severity %v, scope %v, want %+v", e.Stage, e.Severity, e.Scope, want)
				}
			}
		})
	}
}

// DTA-3: the faults that nothing betrays are in the files.
func TestUnreadFaults(t *testing.T) {
	t.Parallel()
	twice := func(numbers map[string]int) (n int) {
		for _, count := range numbers {
			if count == 2 {
				n++
			}
		}
		return n
	}
	// Net amounts count twice: with the payer, and in the invoice over all payers.
	for name, present := range map[string]func(clean, faulty *content) bool{
		"voucher-twice":      func(_, c *content) bool { return twice(c.vouchers) == 1 },
		"prescription-twice": func(_, c *content) bool { return twice(c.ids) == 1 },
		"discount":           func(clean, c *content) bool { return c.netto == clean.netto+2*77 },
		"copay":              func(clean, c *content) bool { return c.netto == clean.netto-2*100 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := faultOf(name)
			o := faultyDelivery(k)
			faulty := readDelivery(t, plan(t, o))
			// A fault of ABRP alone, so that the invoice has the same prescription without.
			o.Faults = []Injection{{7, map[bool]string{true: "electronic-without-id", false: "product-number"}[k.plan == eEinfach]}}
			if clean := readDelivery(t, plan(t, o)); !present(clean, faulty) {
				t.Errorf("it is not there: net %d, without it %d", faulty.netto, clean.netto)
			}
		})
	}
}

// DTA-3, CHK-2: every rule of the list has a fault that it finds; only a file that
// comes again has none, because it is a whole delivery (APO-D07).
func TestEveryRuleHasAFault(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../testdata/apo_pruefregeln.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for _, row := range rows[1:] {
		want[row[0]] = true
	}
	for _, r := range p300.Rules() {
		want[r.Code] = true
	}
	delete(want, "APO-D07")
	for _, k := range Faults() {
		delete(want, k.Rule)
	}
	for rule := range want {
		t.Errorf("%s has no fault", rule)
	}
}
