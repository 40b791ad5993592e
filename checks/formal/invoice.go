package formal

import (
	"klarbeleg/checks"
	"klarbeleg/domain/billing"
)

func invoiceRules() []checks.Binding {
	const (
		message = checks.ScopeMessage
		invoice = checks.ScopeInvoice
		turn    = checks.TurnInvoice
	)
	return []checks.Binding{
		{ID: "P3031", Turn: checks.TurnCase, Scope: message, Unless: []string{"P3029", "P3030"}, Check: originOfCorrection},
		{ID: "P3032", Turn: turn, Scope: message, Check: invoiceKind},
		{ID: "P3033", Turn: turn, Scope: invoice, Check: invoiceNumber},
		{ID: "P3034", Turn: turn, Scope: message, Check: singleNumber},
		{ID: "P3035", Turn: checks.TurnCase, Scope: message, Check: voucherNumber},
		{ID: "P3036", Turn: checks.TurnCase, Scope: checks.ScopeCase, Check: voucherInfo},
		{ID: "P3063", Turn: turn, Scope: invoice, Check: taxStatement},
		{ID: "P3065", Turn: turn, Scope: message, Check: oneProvider},
		{ID: "R-FKT-02", Turn: turn, Scope: message, Unless: []string{"P3003"}, Check: sameFund},
		{ID: "R-FKT-03", Turn: turn, Scope: message, Unless: []string{"P3001", "R-FKT-05"}, Check: biller},
		{ID: "R-FKT-04", Turn: turn, Scope: message, Check: fundOfStatement},
		{ID: "R-FKT-05", Turn: turn, Scope: message, Unless: []string{"P3032"}, Check: collectiveOfKind3},
		{ID: "R-REC-02", Turn: turn, Scope: message, Check: sameNumber},
		{ID: "R-UST-01", Turn: turn, Scope: message, Check: noTaxInCollective},
	}
}

// P3031: a reference to the first bill stands in every case of a correction and in
// no other.
func originOfCorrection(x *checks.Context) checks.Outcome {
	if differentCodes(x) {
		return checks.NotApplicable
	}
	if (x.Invoice.Processing != billing.FirstBill) == (x.Case.Origin != nil) {
		return checks.Pass
	}
	place, tag := x.Case.Place, "INV"
	if x.Case.Origin != nil {
		place, tag = x.Case.Origin.Place, "URI"
	}
	x.Fail(place, tag)
	return checks.Fail
}

// P3032: kind 1 is sent by the provider itself, 2 and 3 by another one.
func invoiceKind(x *checks.Context) checks.Outcome {
	inv := x.Invoice
	if differentKinds(x) {
		return checks.NotApplicable
	}
	own := inv.Header.Sender == inv.Provider
	if x.Codes.InvoiceKind(inv.Kind) && own == (inv.Kind == '1') {
		return checks.Pass
	}
	x.Fail(inv.NumberPlace, "REC").With("art", key(inv.Kind))
	return checks.Fail
}

// P3033: letters, digits, "-" and "/" only, the separators neither at the ends nor
// adjacent.
func invoiceNumber(x *checks.Context) checks.Outcome {
	n := x.Invoice.Number
	if wellFormed(n.Collective, 14) && wellFormed(n.Single, 6) {
		return checks.Pass
	}
	x.Fail(x.Invoice.NumberPlace, "REC").With("wert", n.String())
	return checks.Fail
}

func wellFormed(number string, limit int) bool {
	separator := true
	for i := range len(number) {
		c := number[i]
		switch {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
			separator = false
		case (c == '-' || c == '/') && !separator:
			separator = true
		default:
			return false
		}
	}
	return number != "" && len(number) <= limit && !separator
}

// P3034: single numbers exist under a collective invoice only, which itself has 0.
func singleNumber(x *checks.Context) checks.Outcome {
	inv := x.Invoice
	if (inv.Number.Single != "0") == (inv.Collective != nil) &&
		(inv.Collective == nil || inv.Collective.Number.Single == "0") {
		return checks.Pass
	}
	x.Fail(inv.NumberPlace, "REC")
	return checks.Fail
}

// P3035: the voucher number is there, has at most 10 characters and is unique within
// the invoice.
func voucherNumber(x *checks.Context) checks.Outcome {
	if n := len(x.Case.VoucherNo); n >= 1 && n <= 10 && !x.SameVoucher() {
		return checks.Pass
	}
	x.Fail(x.Case.Place, "INV").With("wert", x.Case.VoucherNo)
	return checks.Fail
}

// electronicVoucher is the Beleginformation for images sent electronically.
const electronicVoucher = '2'

// P3036: the voucher information exists, and 2 comes with an image.
func voucherInfo(x *checks.Context) checks.Outcome {
	v := x.Case.VoucherInfo
	switch {
	case v == "":
		return checks.NotApplicable
	case len(v) == 1 && x.Codes.Voucher(v[0]) && (v[0] != electronicVoucher || x.Case.Image != nil):
		return checks.Pass
	}
	x.Fail(x.Case.Place, "INV").With("wert", v)
	return checks.Fail
}

// P3063: a tax number or the mark of exemption.
func taxStatement(x *checks.Context) checks.Outcome {
	tax := x.Invoice.Statement.Tax
	if tax.Present && (tax.Number != "" || tax.Exempt) {
		return checks.Pass
	}
	place := tax.Place
	if !tax.Present {
		place = x.Invoice.Statement.NumberPlace
	}
	x.Fail(place, "UST")
	return checks.Fail
}

// P3065: the cases belong to the provider and the payer of the statement.
func oneProvider(x *checks.Context) checks.Outcome {
	if s := &x.Invoice.Statement; s.Provider == x.Invoice.Provider && s.Payer == x.Invoice.Payer {
		return checks.Pass
	}
	x.Fail(x.Invoice.Place, "FKT")
	return checks.Fail
}

// R-FKT-02: the fund agrees with the statement. Provider and payer are P3065's, the
// processing code is P2025's matter.
func sameFund(x *checks.Context) checks.Outcome {
	if fund := x.Invoice.Statement.Fund; fund == x.Invoice.Fund || fund == "" {
		return checks.Pass
	}
	x.Fail(x.Invoice.Place, "FKT")
	return checks.Fail
}

// differentCodes reports whether invoice and statement bear different processing
// codes: the reader rejects such a file (P2025), and no rule can say which is meant.
func differentCodes(x *checks.Context) bool {
	return x.Invoice.Processing != x.Invoice.Statement.Processing
}

// differentKinds reports the same for the invoice kind (P2024).
func differentKinds(x *checks.Context) bool {
	inv := x.Invoice
	return inv.Kind != inv.Statement.Kind || inv.Collective != nil && inv.Kind != inv.Collective.Kind
}

// R-FKT-03: the billing service is named in kind 3 only, and is the one of the
// collective invoice.
func biller(x *checks.Context) checks.Outcome {
	inv := x.Invoice
	if differentKinds(x) {
		return checks.NotApplicable
	}
	want := ""
	if inv.Kind == '3' && inv.Collective != nil {
		want = inv.Collective.Provider
	}
	if inv.Biller == want {
		return checks.Pass
	}
	x.Fail(inv.Place, "FKT")
	return checks.Fail
}

// R-FKT-04: the fund is named in the statement of an invoice and not in a collective
// one.
func fundOfStatement(x *checks.Context) checks.Outcome {
	if x.Invoice.Statement.Fund == "" {
		x.Fail(x.Invoice.Statement.Place, "FKT")
		return checks.Fail
	}
	if c := x.Invoice.Collective; c != nil && c.Fund != "" {
		x.Fail(c.Place, "FKT")
		return checks.Fail
	}
	return checks.Pass
}

// R-FKT-05: kind 3 has a collective invoice for the same payer.
func collectiveOfKind3(x *checks.Context) checks.Outcome {
	inv := x.Invoice
	if inv.Kind != '3' || differentKinds(x) {
		return checks.NotApplicable
	}
	if inv.Collective != nil && inv.Collective.Payer == inv.Payer {
		return checks.Pass
	}
	x.Fail(inv.Place, "FKT")
	return checks.Fail
}

// R-REC-02: number and date agree with the statement, and all but the single number
// with the collective invoice. The kind is P2024's matter.
func sameNumber(x *checks.Context) checks.Outcome {
	inv, s, c := x.Invoice, &x.Invoice.Statement, x.Invoice.Collective
	same := s.Number == inv.Number && s.Date == inv.Date
	if c != nil {
		same = same && c.Number.Collective == inv.Number.Collective && c.Date == inv.Date
	}
	if same {
		return checks.Pass
	}
	x.Fail(inv.NumberPlace, "REC")
	return checks.Fail
}

// R-UST-01: a collective statement says nothing about tax.
func noTaxInCollective(x *checks.Context) checks.Outcome {
	c := x.Invoice.Collective
	if c == nil || !c.Tax.Present {
		return checks.Pass
	}
	x.Fail(c.Tax.Place, "UST")
	return checks.Fail
}
