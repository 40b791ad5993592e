package contract

import (
	"klarbeleg/checks"
)

func payerRules() []checks.Binding {
	const (
		message = checks.ScopeMessage
		turn    = checks.TurnInvoice
		needs   = checks.NeedPayers
	)
	return []checks.Binding{
		{ID: "P4001", Turn: turn, Scope: message, Needs: needs, Unless: []string{"P3002"}, Check: payerServed},
		{
			ID: "P4002", Turn: turn, Scope: message, Needs: needs,
			Unless: []string{"P3002", "P3003", "P4001"}, Check: payerValid,
		},
		{
			ID: "P4003", Turn: turn, Scope: checks.ScopeInvoice, Needs: needs,
			Unless: []string{"P4001", "P4002"}, Check: payerOfCard,
		},
		{ID: "P4031", Turn: checks.TurnCase, Scope: checks.ScopeCase, Check: workAccident},
	}
}

// P4001: the centre works for the payer.
func payerServed(x *checks.Context) checks.Outcome {
	if x.Facts.Payers.Served(x.Invoice.Payer) {
		return checks.Pass
	}
	x.Fail(x.Invoice.Place, "FKT").
		With("ik", x.Invoice.Payer).With("bereich", x.Group().String())
	return checks.Fail
}

// P4002: payer and fund are in the directory on the invoice date.
func payerValid(x *checks.Context) checks.Outcome {
	inv := x.Invoice
	ik := inv.Payer
	if x.Facts.Payers.Valid(ik, inv.Date) {
		ik = inv.Fund
		if _, ok := x.Facts.Payers.PayerOfCard(ik, inv.Date); ok {
			return checks.Pass
		}
	}
	x.Fail(inv.Place, "FKT").With("ik", ik)
	return checks.Fail
}

// P4003: the card of the fund belongs to the payer billed.
func payerOfCard(x *checks.Context) checks.Outcome {
	inv := x.Invoice
	if payer, _ := x.Facts.Payers.PayerOfCard(inv.Fund, inv.Date); payer == inv.Payer {
		return checks.Pass
	}
	x.Fail(inv.Place, "FKT")
	return checks.Fail
}

// P4031: a work accident is the accident insurer's matter. For insured persons from
// abroad, who have no German number, the fund pays in advance.
func workAccident(x *checks.Context) checks.Outcome {
	const atWork = '1'
	p := &x.Case.Prescription
	switch {
	case p.Accident != atWork:
		return checks.Pass
	case x.Case.KVNR == "":
		return checks.Bypassed
	}
	x.Fail(p.Place, x.PrescriptionTag())
	return checks.Fail
}
