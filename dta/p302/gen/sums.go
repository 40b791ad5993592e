package gen

import (
	"slices"

	"klarbeleg/dta"
	"klarbeleg/dta/p302"
)

// total is what a case adds to GES: gross, and what the insured person or a
// correction takes off.
type total struct{ gross, deducted p302.Cent }

// sums holds the totals per Summenstatus.
type sums map[string]total

// statusOf returns the Summenstatus of a Versichertenstatus (R-GES-07).
func statusOf(insuredStatus string) string {
	if insuredStatus != "" {
		switch insuredStatus[0] {
		case '1', '3', '5':
			return insuredStatus[:1] + "1"
		}
	}
	return "99"
}

func (s sums) add(status string, t total) {
	have := s[status]
	s[status] = total{have.gross + t.gross, have.deducted + t.deducted}
}

// addLines adds the lines of another GES block, as a Sammelrechnung does.
func (s sums) addLines(lines []p302.GES) {
	for _, l := range lines {
		if l.Status != "00" {
			s.add(l.Status, total{l.Gesamtbruttobetrag, l.GesamtbetragZuzahlung.Oder(0)})
		}
	}
}

// lines returns the GES segments, 00 first. A claim of co-payments (03) demands
// what a bill deducts (R-GES-04).
func (s sums) lines(vkz string) []p302.GES {
	var all total
	var status []string
	for k, t := range s {
		status = append(status, k)
		all.gross += t.gross
		all.deducted += t.deducted
	}
	slices.Sort(status)
	out := []p302.GES{line("00", all, vkz)}
	for _, k := range status {
		out = append(out, line(k, s[k], vkz))
	}
	return out
}

func line(status string, t total, vkz string) p302.GES {
	amount := t.gross - t.deducted
	if vkz == copaymentClaim {
		amount = t.deducted
	}
	return p302.GES{Status: status, Gesamtrechnungsbetrag: amount, Gesamtbruttobetrag: t.gross, GesamtbetragZuzahlung: dta.Some(t.deducted)}
}

// round2 divides by a positive number, half away from zero.
func round2(v, by int64) p302.Cent {
	if v < 0 {
		return -round2(-v, by)
	}
	return p302.Cent((v + by/2) / by)
}

// times returns price x quantity.
func times(price p302.Cent, quantity p302.Hundertstel) p302.Cent {
	return round2(int64(price)*int64(quantity), 100)
}

// vat returns price x quantity x rate / 100.
func vat(price p302.Cent, quantity, rate p302.Hundertstel) p302.Cent {
	return round2(int64(price)*int64(quantity)*int64(rate), 1_000_000)
}

// bounded is 10 % of an amount, at least 5,00, at most 10,00, never above the
// amount; limited tells that a bound decided.
func bounded(amount p302.Cent) (copay p302.Cent, limited bool) {
	ten := round2(int64(amount), 10)
	copay = min(max(ten, 500), 1000, amount)
	return copay, copay != ten
}
