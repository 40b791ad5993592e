package contract

import (
	"klarbeleg/checks"
	"klarbeleg/domain/billing"
)

// integratedRules are the rules of § 295 about what was billed before
// (spec/dta-295 section 6, CHK-9).
func integratedRules() []checks.Binding {
	const turn, needs, message = checks.TurnInvoice, checks.NeedHistory, checks.ScopeMessage
	return []checks.Binding{
		{ID: "IV-K03", Turn: turn, Scope: message, Needs: needs, Check: cancelsKnown},
		{ID: "IV-K04", Turn: turn, Scope: message, Needs: needs, Unless: []string{"IV-K03"}, Check: cancelsAll},
		{ID: "IV-K05", Turn: turn, Scope: message, Needs: needs, Check: numberIsNew},
		{
			ID: "IV-K06", Turn: checks.TurnPosition, Scope: checks.ScopePosition, Needs: needs,
			Unless: []string{"IV-K05"}, Check: serviceIsNew,
		},
	}
}

func cancels(x *checks.Context) bool { return x.Invoice.Processing == billing.Cancellation }

// original returns the accepted invoice that a Storno names: same biller, number
// and insured person.
func original(x *checks.Context) (billing.Single, bool) {
	s, ok := x.Facts.History.Singles[x.Invoice.SingleKey()]
	return s, ok && len(x.Invoice.Cases) == 1 && s.KVNR == x.Invoice.Cases[0].KVNR
}

// IV-K03: a Storno names an accepted invoice that is not yet cancelled.
func cancelsKnown(x *checks.Context) checks.Outcome {
	if !cancels(x) {
		return checks.NotApplicable
	}
	s, ok := original(x)
	switch {
	case ok && !s.Cancelled:
		return checks.Pass
	case !ok && x.Facts.History.Partial:
		return checks.NoData
	}
	x.Fail(x.Invoice.NumberPlace, "RGI").With("rechnungsnummer", x.Invoice.Number.String())
	return checks.Fail
}

// IV-K04: a Storno repeats the amounts of its original.
func cancelsAll(x *checks.Context) checks.Outcome {
	if !cancels(x) {
		return checks.NotApplicable
	}
	if s, ok := original(x); !ok || s.Billed == x.Invoice.Billed() {
		return checks.Pass
	}
	x.Fail(x.Invoice.NumberPlace, "FKI").With("rechnungsnummer", x.Invoice.Number.String())
	return checks.Fail
}

// IV-K05: a number is given once. One that was cancelled may be used again, with a
// warning (spec/dta-295 section 6, step 4).
func numberIsNew(x *checks.Context) checks.Outcome {
	if cancels(x) {
		return checks.NotApplicable
	}
	s, ok := x.Facts.History.Singles[x.Invoice.SingleKey()]
	if !ok {
		return checks.Pass
	}
	f := x.Fail(x.Invoice.NumberPlace, "RGI").With("rechnungsnummer", x.Invoice.Number.String())
	if s.Cancelled {
		f.Milder(checks.Warn)
	}
	return checks.Fail
}

// IV-K06: a service is not billed again under another number.
func serviceIsNew(x *checks.Context) checks.Outcome {
	if cancels(x) {
		return checks.NotApplicable
	}
	key, ok := billing.LineFingerprint(x.Invoice.Provider, x.Case, x.Position)
	if !ok {
		return checks.Bypassed
	}
	number, known := x.Facts.History.Lines.Find(key)
	if !known || number == x.Invoice.Number {
		return checks.Pass
	}
	x.Fail(x.Position.Place, "ABR").With("nummer", x.Position.Item).
		With("datum", x.Position.Date.German()).With("rechnungsnummer", number.String())
	return checks.Fail
}
