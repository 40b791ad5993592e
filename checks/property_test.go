package checks_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"klarbeleg/checks"
	"klarbeleg/checks/checkstest"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

func cents(t *rapid.T, label string, most money.Cents) money.Cents {
	return money.Cents(rapid.Int64Range(0, int64(most)).Draw(t, label))
}

// anyBill draws an example with other prices, quantities and co-payments. The sums
// follow the lines or are those of other lines.
func anyBill(t *rapid.T) *billing.Invoice {
	inv := rapid.SampledFrom([]func() *billing.Invoice{
		checkstest.Therapy, checkstest.Aids, checkstest.Transport, checkstest.Claim, checkstest.Correction,
	}).Draw(t, "example")()
	for i := range inv.Cases {
		c := &inv.Cases[i]
		for j := range c.Positions {
			p := &c.Positions[j]
			p.Price = cents(t, "price", 200_00)
			p.Quantity = money.Hundredths(rapid.Int64Range(1, 20_00).Draw(t, "quantity"))
			if p.VAT.Present {
				p.VAT.Amount = money.VAT(p.Price, p.Quantity, p.VAT.Rate)
			}
			if p.CopayPerUnit.Set {
				p.CopayPerUnit.Cents = cents(t, "co-payment", p.Price)
			}
		}
		for j := range c.Aids {
			c.Aids[j].Copay.Cents = cents(t, "co-payment of aids", 20_00)
			c.Aids[j].OwnShare.Cents = cents(t, "own share", 20_00)
		}
		for j := range c.Trips {
			c.Trips[j].Copay.Cents = cents(t, "co-payment of trip", 20_00)
		}
	}
	if rapid.Bool().Draw(t, "consistent") {
		checkstest.Sum(inv)
	}
	return inv
}

// anyRules draws rules that each find one fault of the bill.
func anyRules(t *rapid.T, inv *billing.Invoice) (rules []checks.Rule) {
	for i := range rapid.IntRange(1, 8).Draw(t, "rules") {
		id := fmt.Sprintf("T%03d", i)
		severity := rapid.SampledFrom([]checks.Severity{
			checks.Warn, checks.CorrectPartially, checks.CorrectPartially, checks.CorrectToZero,
		}).Draw(t, "severity")
		caseNo := rapid.IntRange(0, len(inv.Cases)-1).Draw(t, "case")
		c := &inv.Cases[caseNo]
		amount := cents(t, "amount", 300_00)
		effect := rapid.SampledFrom([]func(*checks.Fault){
			price(amount), units(money.Hundredths(amount / 10)), copay(amount),
			func(f *checks.Fault) { f.VAT(amount) }, func(f *checks.Fault) { f.Gross(amount) },
		}).Draw(t, "effect")
		parts := max(len(c.Aids), len(c.Trips))
		switch target := rapid.IntRange(0, 3).Draw(t, "target"); {
		case target == 0 && parts > 0:
			part := rapid.IntRange(0, parts-1).Draw(t, "part")
			rules = append(rules, rule(id, severity, checks.TurnCaseEnd, func(x *checks.Context) checks.Outcome {
				if x.CaseNo != caseNo {
					return checks.Pass
				}
				effect(x.FailPart(part, x.Case.Place, "INV"))
				return checks.Fail
			}))
		case target <= 1:
			rules = append(rules, rule(id, severity, checks.TurnCaseEnd, onCase(caseNo, effect)))
		default:
			position := rapid.IntRange(0, len(c.Positions)-1).Draw(t, "position")
			rules = append(rules, rule(id, severity, checks.TurnPosition, onPosition(caseNo, position, effect)))
		}
	}
	if rapid.IntRange(0, 9).Draw(t, "whole invoice") == 0 {
		rules = append(rules, rule("T999", checks.CorrectToZero, checks.TurnInvoice, func(x *checks.Context) checks.Outcome {
			x.Fail(x.Invoice.Place, "FKT")
			return checks.Fail
		}))
	}
	return rules
}

// CHK-3: nothing is negative, sums agree, the order of the rules makes no
// difference, and one more finding never raises what is approved.
func TestSettlementProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		inv, facts := anyBill(t), checkstest.Facts()
		rules := anyRules(t, inv)
		settle := func(rules []checks.Rule) ([]checks.CaseResult, money.Cents) {
			res := checks.NewChecker(rules, checks.Options{}).Check(inv, facts)
			checkstest.Agrees(t, res)
			if res.Billed != inv.Billed() {
				t.Fatalf("billed %d, the invoice demands %d", res.Billed, inv.Billed())
			}
			return slices.Clone(res.Cases), res.Approved
		}
		cases, approved := settle(rules)
		if got, _ := settle(rapid.Permutation(rules).Draw(t, "order")); !slices.Equal(got, cases) {
			t.Fatalf("%v in another order, %v before", got, cases)
		}
		fewer := slices.Delete(slices.Clone(rules), 0, 1)
		if _, before := settle(fewer); before < approved {
			t.Fatalf("one more finding raises %d to %d", before, approved)
		}
	})
}
