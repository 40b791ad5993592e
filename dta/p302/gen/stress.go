package gen

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
)

// Stress plans faults for a share of the cases of a file: as many as percent of the
// cases, taken in turn from all kinds of the group, from a place in the list that
// depends on the seed. Options.Faults takes them; Result.Injected is then the answer
// key.
//
// A fault of the invoice as a whole, or one that refuses it, is alone in its invoice,
// so that each fault must be found whatever the others do. ErrOptions tells that there
// are not enough invoices for that.
func Stress(o Options, percent float64) ([]Injection, error) {
	o = withDefaults(o)
	count, invoices := int(float64(o.Faelle)*percent/100), o.Faelle/o.FaelleProRechnung
	if count < 1 || o.FaelleProRechnung < 2 || o.MitSammelrechnung {
		return nil, fmt.Errorf("%d faults in invoices of %d cases: %w", count, o.FaelleProRechnung, ErrOptions)
	}
	alone, others := drawn(o, count)
	if 2*len(alone) > invoices {
		return nil, fmt.Errorf("%d faults that refuse, %d invoices: %w", len(alone), invoices, ErrOptions)
	}
	var out []Injection
	taken := map[int]bool{}
	for i, name := range alone {
		n := 1 + i*(invoices-1)/len(alone) // some need an invoice before
		taken[n] = true
		out = append(out, Injection{Fall: n*o.FaelleProRechnung + o.FaelleProRechnung/2, Fault: name})
	}
	var free []int
	for fall := range invoices * o.FaelleProRechnung {
		if !taken[fall/o.FaelleProRechnung] {
			free = append(free, fall)
		}
	}
	if len(others) > len(free) {
		return nil, fmt.Errorf("%d faults, %d cases left: %w", len(others), len(free), ErrOptions)
	}
	for i, name := range others {
		out = append(out, Injection{Fall: free[i*len(free)/len(others)], Fault: name})
	}
	return out, nil
}

// drawn takes kinds of faults in turn: those that need an invoice of their own, and
// the others.
func drawn(o Options, count int) (alone, others []string) {
	var kinds []FaultKind
	for _, k := range FaultsFor(o.Gruppe) {
		if !k.Sammel {
			kinds = append(kinds, k)
		}
	}
	for i := range count {
		k := kinds[(int(o.Seed%1000)*count+i)%len(kinds)]
		if k.onInvoice != nil || k.Effect >= RefusesInvoice {
			alone = append(alone, k.Name)
		} else {
			others = append(others, k.Name)
		}
	}
	return alone, others
}

// WriteKey writes what must be found as CSV: one row per fault.
func (r *Result) WriteKey(w io.Writer) error {
	rows := [][]string{{"regel", "fehler", "rechnung", "belegnummer", "position", "abweisung", "berichtigt_cent"}}
	for _, f := range r.Injected {
		rows = append(rows, []string{
			f.Rule, f.Fault, f.Rechnung, f.Belegnummer, strconv.Itoa(f.Position), strconv.FormatBool(f.Effect >= RefusesInvoice), strconv.FormatInt(int64(f.Taken), 10),
		})
	}
	if err := csv.NewWriter(w).WriteAll(rows); err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	return nil
}
