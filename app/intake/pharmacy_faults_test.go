package intake_test

import (
	"bytes"
	"testing"

	"klarbeleg/checks/catalogue"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/dta/p300/gen"
)

// faultyPharmacy is a delivery that can have the fault, at a prescription that can.
func faultyPharmacy(t *testing.T, k *gen.FaultKind) *gen.Delivery {
	t.Helper()
	o := gen.Options{
		Verordnungen: 24, Apotheken: 2, Kostentraeger: 2, Sammelrechnung: true, Rechenzentrum: true, Irrlaeufer: 1, Seed: 11,
		Erstellt: received.AddDate(0, 0, -2), Echt: true,
	}
	for _, at := range []int{5, 11, 0} { // in the middle, the one that went astray, the first message
		o.Faults = []gen.Injection{{Verordnung: at, Fault: k.Name}}
		if k.AtStart() != (at == 0) {
			continue
		}
		if d, err := gen.New(o); err == nil {
			return d
		}
	}
	t.Fatal("no place for the fault")
	return nil
}

// DTA-3, CHK-1, CHK-2, CHK-3: every single fault of § 300 that lies in one file is
// found by its rule and no other, rejects what TA3 says, and takes what the
// prescription demands, to the cent. What only the comparison of files betrays
// passes the single file.
func TestPharmacySingleFaults(t *testing.T) {
	t.Parallel()
	between := map[string]bool{"sum-over-payers": true, "discount-sum": true, "ta7-differs": true}
	for _, k := range gen.Faults() {
		t.Run(k.Rule+" "+k.Name, func(t *testing.T) {
			t.Parallel()
			d := faultyPharmacy(t, &k)
			want := d.Injected()[0]
			found := 0
			for _, f := range d.Dateien() {
				found += pharmacyFindings(t, f, &want)
			}
			_, known := catalogue.ByID(k.Rule)
			passes := between[k.Name]
			if (found == 0) != passes || !known {
				t.Errorf("found %d times, in the catalogue: %v", found, known)
			}
		})
	}
}

// pharmacyFindings checks a file and compares what is found and taken with its only
// fault, or with none. It returns how often the fault was found.
func pharmacyFindings(t *testing.T, f *gen.Datei, want *gen.Injected) (found int) {
	t.Helper()
	var payload bytes.Buffer
	a, err := f.Write(&payload)
	if err != nil {
		t.Fatal(err)
	}
	order, err := a.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	report, got := check(t, delivery{payload: payload.Bytes(), auftrag: order}, &billing.Facts{ReceivedOn: calendar.InBerlin(received)})
	for i := range got.findings {
		x := &got.findings[i]
		if x.Rule != want.Rule {
			t.Errorf("%s: also %s %s, segment %d %s: %s", f.Kind, x.Rule, x.Severity, x.Segment, x.Tag, x.Text)
			continue
		}
		found++
		if x.Case != "" && x.Case != want.Belegnummer {
			t.Errorf("found at %s, want %s", x.Case, want.Belegnummer)
		}
	}
	var taken int64
	outcome := "accepted"
	if found > 0 {
		switch want.Effect {
		case gen.RejectsAll:
			outcome = "rejected"
		case gen.Refuses:
			outcome = "partly_rejected"
		case gen.TakesCase:
			if f.Kind == gen.TA7 {
				outcome = "partly_rejected"
			} else {
				taken = int64(want.Taken)
			}
		default: // a warning
		}
	}
	if report.Outcome != outcome || report.Corrected != taken || report.Billed != report.Approved+report.Corrected {
		t.Errorf("%s: outcome %s, corrected %d of %d, want %s, %d", f.Kind, report.Outcome, report.Corrected, report.Billed, outcome, taken)
	}
	return found
}

// CHK-1, CHK-3, DTA-3: of 5,000 prescriptions with 5 % faults that concern them alone
// every fault is found by its rule at its prescription, and nothing else; what is
// corrected is what the generator says, to the cent.
func TestPharmacyStress(t *testing.T) {
	t.Parallel()
	const prescriptions, every = 5_000, 20
	var kinds []string
	for _, k := range gen.Faults() {
		if k.Datei == gen.ABRP && k.Effect() <= gen.TakesCase && !k.Irrlaeufer && k.Rule != "APO-R05" && k.Rule != "APO-R06" {
			kinds = append(kinds, k.Name)
		}
	}
	o := gen.Options{Verordnungen: prescriptions, Apotheken: 5, Seed: 21, Erstellt: received.AddDate(0, 0, -2), Echt: true}
	for i := range prescriptions / every {
		o.Faults = append(o.Faults, gen.Injection{Verordnung: i*every + every/2, Fault: kinds[i%len(kinds)]})
	}
	d, err := gen.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var payload bytes.Buffer
	a, err := d.Dateien()[0].Write(&payload)
	if err != nil {
		t.Fatal(err)
	}
	order, err := a.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	report, got := check(t, delivery{payload: payload.Bytes(), auftrag: order}, &billing.Facts{ReceivedOn: calendar.InBerlin(received)})
	open, sum := map[string]int64{}, int64(0)
	for _, f := range d.Injected() {
		open[f.Rule+" "+f.Belegnummer] = int64(f.Taken)
		sum += int64(f.Taken)
	}
	for i := range got.findings {
		x := &got.findings[i]
		place := x.Rule + " " + x.Case
		if want, ok := open[place]; !ok || x.Corrected != want {
			t.Errorf("%s takes %d, want %d (in the key: %v): %s", place, x.Corrected, want, ok, x.Text)
		}
		delete(open, place)
	}
	for place := range open {
		t.Errorf("%s is not found", place)
	}
	if len(kinds) < 10 || report.Corrected != sum || report.Cases != prescriptions || report.Outcome != "accepted" {
		t.Errorf("%d kinds, %d cases %s, corrected %d, want %d", len(kinds), report.Cases, report.Outcome, report.Corrected, sum)
	}
}
