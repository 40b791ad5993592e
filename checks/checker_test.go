package checks_test

import (
	"slices"
	"testing"

	"klarbeleg/checks"
	"klarbeleg/checks/checkstest"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// rule returns a rule of stage 4 for all groups.
func rule(id string, severity checks.Severity, turn checks.Turn, check checks.Predicate) checks.Rule {
	scope := checks.ScopeCase
	switch {
	case severity >= checks.RejectMessage:
		scope = checks.ScopeMessage
	case turn == checks.TurnPosition:
		scope = checks.ScopePosition
	case turn == checks.TurnInvoice:
		scope = checks.ScopeInvoice
	}
	return checks.Rule{
		ID: id, Version: 1, Level: checks.LevelContract, Areas: checks.AreaAll, Severity: severity,
		Scope: scope, Turn: turn, Text: "Text", Check: check,
	}
}

// onPosition fails at one position of one case with an effect.
func onPosition(caseNo, position int, effect func(*checks.Fault)) checks.Predicate {
	return func(x *checks.Context) checks.Outcome {
		if x.CaseNo != caseNo || x.PositionNo != position {
			return checks.Pass
		}
		effect(x.Fail(x.Position.Place, x.SegmentTag()))
		return checks.Fail
	}
}

// onCase fails at one case with an effect.
func onCase(caseNo int, effect func(*checks.Fault)) checks.Predicate {
	return func(x *checks.Context) checks.Outcome {
		if x.CaseNo != caseNo {
			return checks.Pass
		}
		effect(x.Fail(x.Case.Place, "INV"))
		return checks.Fail
	}
}

func plain(*checks.Fault) {}

func price(c money.Cents) func(*checks.Fault) { return func(f *checks.Fault) { f.Price(c) } }

func units(q money.Hundredths) func(*checks.Fault) { return func(f *checks.Fault) { f.Units(q) } }

func copay(c money.Cents) func(*checks.Fault) { return func(f *checks.Fault) { f.Copay(c) } }

func check(t *testing.T, inv *billing.Invoice, rules ...checks.Rule) *checks.Result {
	t.Helper()
	res := checks.NewChecker(rules, checks.Options{}).Check(inv, checkstest.Facts())
	checkstest.Agrees(t, res)
	return res
}

func TestWithoutRules(t *testing.T) {
	t.Parallel()
	res := check(t, checkstest.Therapy())
	if res.Approved != 196_10 || len(res.Findings) != 0 || len(res.Cases) != 2 {
		t.Errorf("%+v", res)
	}
}

// treatments returns a bill of ten treatments at 14,40 with 1,44 co-payment each and
// the flat amount: 119,60.
func treatments() *billing.Invoice {
	inv := checkstest.Therapy()
	c := &inv.Cases[0]
	line := c.Positions[0]
	line.Price, line.CopayPerUnit = 14_40, billing.Some(1_44)
	c.Positions = nil
	for i := range 10 {
		line.Date = calendar.MustDate("2026-10-05").AddDays(i)
		c.Positions = append(c.Positions, line)
	}
	inv.Cases = inv.Cases[:1]
	return checkstest.Sum(inv)
}

// CHK-3: the amounts of a real dispute (spec/checks section 10.4).
func TestFourOfTenUnitsRefused(t *testing.T) {
	t.Parallel()
	var rules []checks.Rule
	for i := range 4 {
		id := "T400" + string(rune('0'+i))
		rules = append(rules, rule(id, checks.CorrectToZero, checks.TurnPosition, onPosition(0, 6+i, plain)))
	}
	res := check(t, treatments(), rules...)
	if res.Billed != 119_60 || res.Corrected != 51_84 || res.Approved != 67_76 {
		t.Errorf("billed %d, corrected %d, approved %d", res.Billed, res.Corrected, res.Approved)
	}
	for _, f := range res.Findings {
		if f.GrossCut != 14_40 || f.CopayCut != 1_44 || f.Billed != 12_96 {
			t.Errorf("gross %d, co-payment %d of %d", f.GrossCut, f.CopayCut, f.Billed)
		}
	}
}

// CHK-3: what several findings take, by where they stand.
func TestSettlement(t *testing.T) {
	t.Parallel()
	position, caseEnd := checks.TurnPosition, checks.TurnCaseEnd
	zero, partial := checks.CorrectToZero, checks.CorrectPartially
	for _, tc := range []struct {
		name  string
		bill  func() *billing.Invoice
		rules []checks.Rule
		want  []money.Cents // corrected, by finding
	}{
		{
			"price: the co-payment is computed anew", checkstest.Therapy,
			[]checks.Rule{rule("T1", partial, position, onPosition(0, 3, price(27_50)))},
			[]money.Cents{2*2_35 - 2*(2_99-2_75)},
		},
		{
			"units: their co-payment is given back", checkstest.Therapy,
			[]checks.Rule{rule("T1", partial, position, onPosition(0, 3, units(1_00)))},
			[]money.Cents{29_85 - 2_99},
		},
		{
			"two on one position: the larger takes all, once", checkstest.Therapy,
			[]checks.Rule{
				rule("T1", partial, position, onPosition(0, 3, price(29_00))),
				rule("T2", partial, position, onPosition(0, 3, units(1_00))),
			},
			[]money.Cents{0, 29_85 - 2_99},
		},
		{
			"two equal ones: the first takes all", checkstest.Therapy,
			[]checks.Rule{
				rule("T2", zero, position, onPosition(0, 0, plain)),
				rule("T1", zero, position, onPosition(0, 0, plain)),
			},
			[]money.Cents{26_86, 0},
		},
		{
			"a refused case takes what the positions left", checkstest.Therapy,
			[]checks.Rule{
				rule("T1", zero, position, onPosition(0, 0, plain)),
				rule("T2", zero, caseEnd, onCase(0, plain)),
				rule("T3", zero, caseEnd, onCase(0, plain)),
			},
			[]money.Cents{26_86, 136_40 - 26_86, 0},
		},
		{
			"co-payment missing comes after the positions", checkstest.Therapy,
			[]checks.Rule{
				rule("T1", partial, caseEnd, onCase(0, copay(10_00))),
				rule("T2", zero, position, onPosition(0, 4, plain)),
			},
			[]money.Cents{10_00, 12_10},
		},
		{
			"nothing takes more than is left", checkstest.Therapy,
			[]checks.Rule{
				rule("T1", partial, caseEnd, onCase(1, copay(50_00))),
				rule("T2", partial, caseEnd, onCase(1, copay(50_00))),
			},
			[]money.Cents{50_00, 9_70},
		},
		{
			"a price billed too low is not raised", checkstest.Therapy,
			[]checks.Rule{rule("T1", partial, position, onPosition(0, 0, price(35_00)))},
			[]money.Cents{0},
		},
		{
			"a warning takes nothing", checkstest.Therapy,
			[]checks.Rule{rule("T1", checks.Warn, position, onPosition(0, 0, price(1)))},
			[]money.Cents{0},
		},
		{
			// 594,38 - 38,75 - 7,36 = 548,27 less own share 76,00: still above 10,00.
			"aids: the ceiling of the co-payment stays", checkstest.Aids,
			[]checks.Rule{rule("T1", zero, position, onPosition(0, 1, plain))},
			[]money.Cents{46_11},
		},
		{
			// 120 x 0,43 = 51,60 with 5,16; 60 x 0,43 = 25,80 with 2,58.
			"consumables: the percentage follows", checkstest.Aids,
			[]checks.Rule{rule("T1", partial, position, onPosition(0, 2, units(60_00)))},
			[]money.Cents{23_22},
		},
		{
			// All but the bed of 38,75 + 7,36 = 46,11 refused: the own share eats it up.
			"aids: own share is not above what is left", checkstest.Aids,
			[]checks.Rule{rule("T1", zero, position, onPosition(0, 0, plain))},
			[]money.Cents{508_38},
		},
		{
			// 36,06 - 26,96 = 9,10; co-payment 5,00 stays the minimum.
			"trip: the minimum co-payment stays", checkstest.Transport,
			[]checks.Rule{rule("T1", zero, position, onPosition(0, 1, plain))},
			[]money.Cents{26_96},
		},
		{
			// Both lines of the trip refused: 36,06 - 5,00, not 36,06.
			"trip: refused line by line", checkstest.Transport,
			[]checks.Rule{
				rule("T1", zero, position, onPosition(0, 0, plain)),
				rule("T2", zero, position, onPosition(0, 1, plain)),
			},
			[]money.Cents{9_10, 31_06 - 9_10},
		},
		{
			"claim: a refused position takes its co-payment", checkstest.Claim,
			[]checks.Rule{rule("T1", zero, position, onPosition(0, 3, plain))},
			[]money.Cents{5_98},
		},
		{
			"claim: a lower price lowers the claim", checkstest.Claim,
			[]checks.Rule{rule("T1", partial, position, onPosition(0, 3, price(27_50)))},
			[]money.Cents{48},
		},
		{
			"claim: without positions no flat amount", checkstest.Claim,
			[]checks.Rule{
				rule("T1", zero, position, onPosition(0, 0, plain)), rule("T2", zero, position, onPosition(0, 1, plain)),
				rule("T3", zero, position, onPosition(0, 2, plain)), rule("T4", zero, position, onPosition(0, 3, plain)),
				rule("T5", zero, position, onPosition(0, 4, plain)),
			},
			[]money.Cents{2_99, 2_99, 2_99, 5_98, 1_35 + 10_00},
		},
		{
			"correction: the deduction is part of the demand", checkstest.Correction,
			[]checks.Rule{rule("T1", zero, position, onPosition(0, 0, plain))},
			[]money.Cents{52_22},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			res := check(t, tc.bill(), tc.rules...)
			got := map[string]money.Cents{}
			for _, f := range res.Findings {
				got[f.Rule.ID] = f.Corrected
			}
			var list []money.Cents
			for _, id := range checkstest.IDs(res.Findings) {
				list = append(list, got[id])
			}
			if !slices.Equal(list, tc.want) {
				t.Errorf("corrected %v, want %v", list, tc.want)
			}
		})
	}
}

// CHK-3: a bill that demands less than its lines is not cut below what is right.
func TestSlackAbsorbsCuts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		demanded, want money.Cents
	}{
		{162_70, 29_85 - 2_99},        // consistent: the line is cut
		{162_70 - 26_86, 0},           // already left out
		{162_70 - 20_00, 6_86},        // left out in part
		{162_70 - 100_00, 0},          // demands even less
		{162_70 + 5_00, 29_85 - 2_99}, // a surplus is another rule's matter
	} {
		inv := checkstest.Therapy()
		inv.Cases[0].Totals.Gross = tc.demanded
		res := check(t, inv, rule("T1", checks.CorrectPartially, checks.TurnPosition, onPosition(0, 3, units(1_00))))
		if res.Corrected != tc.want {
			t.Errorf("demanded %d: corrected %d, want %d", tc.demanded, res.Corrected, tc.want)
		}
	}
}

// CHK-3: a case that demands less than nothing is set off against the others, so that
// no invoice is approved below zero.
func TestSetOff(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		rules []checks.Rule
	}{
		{"case refused", []checks.Rule{rule("T001", checks.CorrectToZero, checks.TurnCase, onCase(0, plain))}},
		{"position cut", []checks.Rule{rule("T001", checks.CorrectPartially, checks.TurnCaseEnd, onCase(0, copay(500_00)))}},
		{"invoice refused", []checks.Rule{rule("T001", checks.CorrectToZero, checks.TurnInvoice, func(x *checks.Context) checks.Outcome {
			x.Fail(x.Invoice.Place, "FKT")
			return checks.Fail
		})}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			inv := checkstest.Therapy()
			inv.Cases[1].Totals.Copay = billing.Some(inv.Cases[1].Totals.Gross + 20_00)
			res := checks.NewChecker(tc.rules, checks.Options{}).Check(inv, checkstest.Facts())
			checkstest.Agrees(t, res)
			if res.Cases[1].Approved != -20_00 || res.Cases[0].Approved != 20_00 || res.Approved != 0 {
				t.Errorf("approved %d and %d", res.Cases[0].Approved, res.Cases[1].Approved)
			}
		})
	}
}

// CHK-3: a refused invoice takes what its cases have left, and says from which.
func TestInvoiceRefused(t *testing.T) {
	t.Parallel()
	whole := func(x *checks.Context) checks.Outcome {
		x.Fail(x.Invoice.NumberPlace, "REC")
		return checks.Fail
	}
	res := check(t, checkstest.Therapy(),
		rule("T1", checks.CorrectToZero, checks.TurnInvoice, whole),
		rule("T2", checks.CorrectToZero, checks.TurnPosition, onPosition(0, 0, plain)),
		rule("T3", checks.CorrectToZero, checks.TurnInvoice, whole))
	if res.Approved != 0 || res.Cases[0].FromInvoice != 136_40-26_86 || res.Cases[1].FromInvoice != 59_70 {
		t.Errorf("%+v", res.Cases)
	}
	if f := res.Findings[0]; f.Rule.ID != "T1" || f.Scope != checks.ScopeInvoice || f.Case != -1 || f.Billed != 196_10 {
		t.Errorf("%+v", f)
	}
}

// CHK-1: a rejected invoice is not examined for its substance, and no money moves.
func TestRejected(t *testing.T) {
	t.Parallel()
	formal := rule("T1", checks.RejectMessage, checks.TurnPosition, onPosition(1, 0, plain))
	formal.Level = checks.LevelFormal
	res := check(t, checkstest.Therapy(), formal,
		rule("T2", checks.CorrectToZero, checks.TurnPosition, onPosition(0, 0, plain)),
		rule("T3", checks.RejectMessage, checks.TurnCase, onCase(0, plain)))
	if !res.Rejected || res.RejectedFile || res.Approved != 0 || res.Corrected != 0 || res.Billed != 196_10 {
		t.Errorf("%+v", res)
	}
	if ids := checkstest.IDs(res.Findings); !slices.Equal(ids, []string{"T1", "T3"}) {
		t.Errorf("findings of %v", ids)
	}
}

// CHK-1: the official procedure rejects the file for every formal error; a setting
// of the payer does so here. Warnings and stage 4 stay as they are.
func TestStrictStage3(t *testing.T) {
	t.Parallel()
	formal := rule("T1", checks.CorrectToZero, checks.TurnPosition, onPosition(0, 0, plain))
	formal.Level = checks.LevelFormal
	warning := rule("T2", checks.Warn, checks.TurnPosition, onPosition(0, 0, plain))
	warning.Level = checks.LevelFormal
	contract := rule("T3", checks.CorrectToZero, checks.TurnPosition, onPosition(0, 0, plain))
	for _, tc := range []struct {
		rules  []checks.Rule
		strict bool
		want   bool
	}{
		{[]checks.Rule{formal, warning}, false, false},
		{[]checks.Rule{formal, warning}, true, true},
		{[]checks.Rule{warning, contract}, true, false},
	} {
		c := checks.NewChecker(tc.rules, checks.Options{StrictStage3: tc.strict})
		res := c.Check(checkstest.Therapy(), checkstest.Facts())
		checkstest.Agrees(t, res)
		if res.RejectedFile != tc.want {
			t.Errorf("strict %v: file rejected %v", tc.strict, res.RejectedFile)
		}
		if f := res.Findings[0]; tc.want && (f.Scope != checks.ScopeFile || f.Severity != checks.RejectFile) {
			t.Errorf("scope %s, severity %s", f.Scope, f.Severity)
		}
	}
}

// One finding per cause (spec/checks section 14): a consequence is not asked where
// its cause was found.
func TestConsequences(t *testing.T) {
	t.Parallel()
	cause := rule("T2", checks.CorrectToZero, checks.TurnPosition, onPosition(0, 1, plain))
	always := func(x *checks.Context) checks.Outcome {
		x.Fail(x.Position.Place, x.SegmentTag())
		return checks.Fail
	}
	effect := rule("T1", checks.CorrectToZero, checks.TurnPosition, always)
	effect.Unless = []string{"T2"}
	sums := rule("T3", checks.Warn, checks.TurnCaseEnd, onCase(0, plain))
	sums.Unless = []string{"T2"}
	otherCase := rule("T4", checks.Warn, checks.TurnCaseEnd, onCase(1, plain))
	otherCase.Unless = []string{"T2"}
	res := check(t, checkstest.Therapy(), effect, cause, sums, otherCase)
	n := map[string]int{}
	for _, f := range res.Findings {
		n[f.Rule.ID]++
	}
	if n["T1"] != 6 || n["T2"] != 1 || n["T3"] != 0 || n["T4"] != 1 {
		t.Errorf("findings by rule: %v", n)
	}
}

func TestContradictoryRules(t *testing.T) {
	t.Parallel()
	pass := func(*checks.Context) checks.Outcome { return checks.Pass }
	a := rule("T1", checks.Warn, checks.TurnPosition, pass)
	a.Unless = []string{"T2"}
	b := rule("T2", checks.Warn, checks.TurnPosition, pass)
	b.Unless = []string{"T1"}
	late := rule("T2", checks.Warn, checks.TurnCaseEnd, pass)
	for name, rules := range map[string][]checks.Rule{"circle": {a, b}, "asked before its cause": {a, late}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("the list was accepted")
				}
			}()
			checks.NewChecker(rules, checks.Options{})
		})
	}
}

// P4911: a rule without its list answers no_data, by the engine or by itself, and
// that is never a pass.
func TestNoData(t *testing.T) {
	t.Parallel()
	needs := rule("T2", checks.Warn, checks.TurnPosition, onPosition(0, 0, plain))
	needs.Needs = checks.NeedPrices | checks.NeedHistory
	itself := rule("T1", checks.Warn, checks.TurnPosition, func(*checks.Context) checks.Outcome { return checks.NoData })
	c := checks.NewChecker([]checks.Rule{needs, itself}, checks.Options{})
	facts := checkstest.Facts()
	if res := c.Check(checkstest.Therapy(), facts); len(res.Findings) != 1 || !slices.Equal(res.NoData, []string{"T1"}) {
		t.Errorf("with lists: %d findings, no data for %v", len(res.Findings), res.NoData)
	}
	facts.History = nil
	if res := c.Check(checkstest.Therapy(), facts); len(res.Findings) != 0 || !slices.Equal(res.NoData, []string{"T2", "T1"}) {
		t.Errorf("without: %d findings, no data for %v", len(res.Findings), res.NoData)
	}
}

// CHK-2: the version of a rule is chosen by date of service.
func TestVersionByDateOfService(t *testing.T) {
	t.Parallel()
	all := func(x *checks.Context) checks.Outcome {
		x.Fail(x.Position.Place, x.SegmentTag())
		return checks.Fail
	}
	old := rule("T1", checks.Warn, checks.TurnPosition, all)
	old.ValidTo = calendar.MustDate("2026-10-08")
	current := rule("T1", checks.Warn, checks.TurnPosition, all)
	current.Version, current.ValidFrom = 2, calendar.MustDate("2026-10-09")
	inv := checkstest.Therapy()
	inv.Cases = inv.Cases[:1]
	var got []int
	for _, f := range check(t, inv, current, old).Findings {
		got = append(got, f.Rule.Version)
	}
	if want := []int{1, 1, 2, 2, 2}; !slices.Equal(got, want) {
		t.Errorf("versions %v, want %v", got, want)
	}
}

// A code that is wrong on every line of a large invoice is told often enough, once.
func TestRejectionsAreBounded(t *testing.T) {
	t.Parallel()
	inv := treatments()
	for range 3 {
		inv.Cases = append(inv.Cases, inv.Cases...)
	}
	reject := rule("T1", checks.RejectMessage, checks.TurnPosition, func(x *checks.Context) checks.Outcome {
		x.Fail(x.Position.Place, x.SegmentTag()).With("code", "99")
		return checks.Fail
	})
	if res := check(t, checkstest.Sum(inv), reject); len(res.Findings) != 20 || !res.Rejected {
		t.Errorf("%d findings", len(res.Findings))
	}
}

// A rule applies to its groups only.
func TestAreas(t *testing.T) {
	t.Parallel()
	r := rule("T1", checks.Warn, checks.TurnCase, onCase(0, plain))
	r.Areas = checks.AreaOf(billing.GroupAids)
	if res := check(t, checkstest.Therapy(), r); len(res.Findings) != 0 {
		t.Error("a rule for aids was asked of therapy")
	}
	if res := check(t, checkstest.Aids(), r); len(res.Findings) != 1 {
		t.Error("a rule for aids was not asked of aids")
	}
}

// DTA-7: a clean invoice costs no memory, however many positions it has.
//
//nolint:paralleltest // the count is of the whole program
func TestCleanInvoicesCostNoMemory(t *testing.T) {
	inv, facts := checkstest.Therapy(), checkstest.Facts()
	pass := func(*checks.Context) checks.Outcome { return checks.Pass }
	c := checks.NewChecker([]checks.Rule{
		rule("T1", checks.Warn, checks.TurnPosition, pass), rule("T2", checks.Warn, checks.TurnCaseEnd, pass),
	}, checks.Options{})
	if n := testing.AllocsPerRun(100, func() { c.Check(inv, facts) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// OPS-4, CHK-11: the text names its parameters in German form; what is internal is
// not shown.
func TestText(t *testing.T) {
	t.Parallel()
	f := checks.Finding{
		Rule:   &checks.Rule{Text: "Vereinbart sind {soll} EUR, berechnet {ist} EUR ({fehlt})."},
		Params: []checks.Param{{Name: "soll", Value: money.Cents(1234_56).German()}, {Name: "ist", Value: "2"}},
	}
	if got, want := f.Text(), "Vereinbart sind 1.234,56 EUR, berechnet 2 EUR (–)."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	f.Rule = &checks.Rule{Text: "(interner Hinweis)"}
	if f.Text() != "" {
		t.Error("an internal text is shown")
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for s := checks.Warn; s <= checks.RejectFile; s++ {
		if got, ok := checks.ParseSeverity(s.String()); !ok || got != s {
			t.Errorf("severity %d prints %s", s, s)
		}
	}
	got := []string{
		checks.ScopeFile.String(), checks.ScopeMessage.String(), checks.ScopeInvoice.String(),
		checks.ScopeCase.String(), checks.ScopePosition.String(), checks.NotApplicable.String(),
	}
	want := []string{"file", "message", "invoice", "case", "position", "not_applicable"}
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	for _, s := range []string{"302-T", "302-", "303"} {
		if _, err := checks.ParseAreas(s); err == nil {
			t.Errorf("area %q was accepted", s)
		}
	}
}

// CHK-3: a case may demand less than nothing (§ 300: discount and co-payment above
// the price). It lessens what a correction of another case takes; the invoice never
// falls below 0, and the sums agree.
func TestNegativeCase(t *testing.T) {
	t.Parallel()
	for name, turn := range map[string]checks.Turn{"case": checks.TurnCase, "invoice": checks.TurnInvoice} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rule("X1", checks.CorrectToZero, turn, func(x *checks.Context) checks.Outcome {
				if x.Case != nil && x.Case.Totals.Gross != 10_00 {
					return checks.Pass
				}
				x.Fail(billing.Place{}, "INV")
				return checks.Fail
			})
			inv := &billing.Invoice{Header: &billing.Header{Group: 'A'}, Cases: []billing.Case{
				{Totals: billing.CaseTotals{Present: true, Gross: 10_00}},
				{Totals: billing.CaseTotals{Present: true, Gross: 6_00, Copay: billing.Some(5_00), Reduction: 1_77}},
			}}
			got := checks.NewChecker([]checks.Rule{r}, checks.Options{}).Check(inv, &billing.Facts{})
			if got.Billed != 9_23 || got.Corrected != 9_23 || got.Approved != 0 {
				t.Errorf("billed %d, corrected %d, approved %d", got.Billed, got.Corrected, got.Approved)
			}
			if f := got.Findings[0]; f.Corrected != got.Corrected || got.Cases[0].Corrected+got.Cases[1].Corrected != got.Corrected {
				t.Errorf("finding %d, cases %+v", f.Corrected, got.Cases)
			}
		})
	}
}
