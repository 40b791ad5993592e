package billing

import (
	"github.com/google/uuid"

	"klarbeleg/domain/money"
)

// Checked is an invoice with what the checks decided, ready to be stored.
// Billed = Approved + Corrected (CHK-3).
type Checked struct {
	Invoice                     *Invoice
	Billed, Approved, Corrected money.Cents
	// CaseCorrected holds the corrected cents of each case.
	CaseCorrected []money.Cents
	Findings      []Found
	Corrections   []Correction
	// CaseIDs holds the correction case's id for each case with corrections,
	// uuid.Nil for the others.
	CaseIDs []uuid.UUID
}

// Found is one finding in the form in which it is kept. Case and Position are
// indexes into the invoice, -1 for none.
type Found struct {
	Rule           string
	Version        int
	Severity       string
	Case, Position int
	Place          Place
	Tag            string
	Billed         money.Cents
	Corrected      money.Cents
	Params         map[string]string
}

// Correction is an amount that is not paid, with its reason: one per finding
// with money effect and case (CHK-3, CHK-4).
type Correction struct {
	ID             uuid.UUID
	Case, Position int
	Place          Place
	Rule           string
	Version        int
	Title          string
	// Text is the German reason for the provider, Public the same without values
	// of the insured person, Heal the healing paths.
	Text     string
	Public   string
	Heal     string
	Amount   money.Cents
	GrossCut money.Cents
	CopayCut money.Cents
}

// RefusedInvoice is an invoice that a delivery claimed and stages 1-3 refused.
// Nothing of a person is in it.
type RefusedInvoice struct {
	Number   InvoiceNumber
	Provider string
	Billed   money.Cents
	Rule     string
	Place    Place
}
