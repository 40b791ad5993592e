package checks

import "klarbeleg/domain/money"

// CaseResult is what becomes of one case: Billed = Approved + Corrected.
type CaseResult struct {
	Billed, Approved, Corrected money.Cents
	// FromInvoice is the part of Corrected that a finding on the whole invoice
	// took (Finding.Case is -1 there).
	FromInvoice money.Cents
}

// Result is the outcome of the check of one invoice.
//
// Billed = Approved + Corrected holds for every invoice that is not rejected, and
// the sum of Corrected over the findings is Corrected (CHK-3). A rejected invoice
// was never accepted: Approved and Corrected are 0 and no finding has an amount.
type Result struct {
	Findings []Finding
	// Rejected is true if a rule refused the invoice (reject_message or
	// reject_file); RejectedFile if it refused the whole file.
	Rejected, RejectedFile      bool
	Billed, Approved, Corrected money.Cents
	Cases                       []CaseResult
	// NoData holds the ids of the rules that could not decide because a list was
	// missing; their answer is not "clean" (P4911).
	NoData []string
}
