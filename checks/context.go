package checks

import "klarbeleg/domain/billing"

// Context is what a predicate sees. Case and Position are nil outside their
// turns.
type Context struct {
	Invoice  *billing.Invoice
	Facts    *billing.Facts
	Case     *billing.Case
	Position *billing.Position
}
