package checkstest

import (
	"slices"
	"strings"
	"testing"

	"klarbeleg/checks"
	"klarbeleg/domain/billing"
)

// Bill is an invoice and the facts it is checked against, for tests that change
// either.
type Bill struct {
	*billing.Invoice
	Facts *billing.Facts
}

// Variant is a test of a rule: an example with one change, the rules that must
// object to it, separated by blanks, none for a bill that stays clean, and what is
// corrected, in German form, "" if that is not the question.
type Variant struct {
	Name   string
	From   func() *billing.Invoice
	Change func(Bill)
	Want   string
	Cut    string
}

// Try checks every variant with the rules. A finding must have all parameters of
// its text, and the money must agree.
func Try(t *testing.T, rules []checks.Rule, variants []Variant) {
	t.Helper()
	for _, v := range variants {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			b := Bill{v.From(), Facts()}
			v.Change(b)
			c := checks.NewChecker(rules, checks.Options{})
			if b.Collective != nil {
				c.BeginCollective(b.Collective)
			}
			res := c.Check(b.Invoice, b.Facts)
			Agrees(t, res)
			if cut := res.Corrected.German(); v.Cut != "" && cut != v.Cut {
				t.Errorf("corrected %s, want %s", cut, v.Cut)
			}
			got := IDs(res.Findings)
			for _, f := range res.Findings {
				readable(t, f)
			}
			for _, f := range c.EndCollective() {
				got = append(got, f.Rule.ID)
				readable(t, f)
			}
			if want := strings.Fields(v.Want); !slices.Equal(got, want) {
				t.Errorf("findings of %v, want %v", got, want)
			}
		})
	}
}

// IDs returns the rules of the findings, each once, in order.
func IDs(findings []checks.Finding) (ids []string) {
	for _, f := range findings {
		ids = append(ids, f.Rule.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func readable(t *testing.T, f checks.Finding) {
	t.Helper()
	if text := f.Text(); strings.ContainsAny(text, "{}–") || text == "" && !f.Rule.Internal() {
		t.Errorf("%s: text %q", f.Rule.ID, text)
	}
	if f.Place.Segment == 0 || f.Tag == "" {
		t.Errorf("%s: no place", f.Rule.ID)
	}
}

// Agrees asserts what holds for every result (CHK-3): approved and corrected add up
// to billed, by case and in all, neither is negative unless the case itself demands
// less than nothing, and the findings add up to what is corrected.
func Agrees(t TB, res *checks.Result) {
	t.Helper()
	var sum checks.CaseResult
	for i, c := range res.Cases {
		if !res.Rejected && c.Billed != c.Approved+c.Corrected {
			t.Errorf("case %d: %d is not %d + %d", i, c.Billed, c.Approved, c.Corrected)
		}
		if c.Corrected < 0 || c.Approved < min(0, c.Billed) {
			t.Errorf("case %d: approved %d, corrected %d of %d", i, c.Approved, c.Corrected, c.Billed)
		}
		of := c.FromInvoice
		for _, f := range res.Findings {
			if f.Case == i {
				of += f.Corrected
			}
		}
		if of != c.Corrected {
			t.Errorf("case %d: findings take %d, corrected %d", i, of, c.Corrected)
		}
		sum.Billed += c.Billed
		sum.Approved += c.Approved
		sum.Corrected += c.Corrected
	}
	total := checks.CaseResult{Billed: res.Billed, Approved: res.Approved, Corrected: res.Corrected}
	if sum.FromInvoice = 0; sum != total {
		t.Errorf("cases add up to %+v, the invoice says %+v", sum, total)
	}
	var taken checks.CaseResult
	for _, f := range res.Findings {
		taken.Corrected += f.Corrected
		if f.Corrected < 0 || f.Corrected != f.GrossCut-f.CopayCut {
			t.Errorf("%s: corrected %d, gross %d, co-payment %d", f.Rule.ID, f.Corrected, f.GrossCut, f.CopayCut)
		}
	}
	if res.Approved < min(0, res.Billed) {
		t.Errorf("approved %d of %d", res.Approved, res.Billed)
	}
	if taken.Corrected != res.Corrected {
		t.Errorf("findings take %d, corrected %d", taken.Corrected, res.Corrected)
	}
}

// TB is what Agrees needs of a test; testing.T and rapid.T have it.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}
