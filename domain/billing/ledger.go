package billing

import "klarbeleg/domain/money"

// Account is an account of the ledger. Each invoice has its own balances: that of
// AccountBilled is never positive, the others are never negative, and together
// they are zero (G-4).
type Account string

// Accounts of the ledger.
const (
	AccountBilled    Account = "billed"    // what the invoice demands
	AccountOpen      Account = "open"      // approved and not paid yet
	AccountCorrected Account = "corrected" // refused by corrections in force
	AccountPaid      Account = "paid"      // paid by vouchers
)

// Booking moves an amount above zero from one account of an invoice to another.
// It is two entries of the ledger, which sum to zero.
type Booking struct {
	Invoice  int64
	From, To Account
	Amount   money.Cents
}

// BookPayment is the booking of an amount paid by a voucher: open to paid.
func BookPayment(invoice int64, amount money.Cents) Booking {
	return Booking{invoice, AccountOpen, AccountPaid, amount}
}

// BookSetOff is the booking of an amount that was paid for an invoice cancelled
// later and is taken back by set-off: paid to billed.
func BookSetOff(invoice int64, amount money.Cents) Booking {
	return Booking{invoice, AccountPaid, AccountBilled, amount}
}

// BookCancellation is the booking of a Storno: what is open is demanded no more.
func BookCancellation(invoice int64, open money.Cents) Booking {
	return Booking{invoice, AccountOpen, AccountBilled, open}
}

// BookHealing is the booking of a correction that is no longer in force.
func BookHealing(invoice int64, amount money.Cents) Booking {
	return Booking{invoice, AccountCorrected, AccountOpen, amount}
}

// BookCorrection is the booking of a correction that a re-check finds.
func BookCorrection(invoice int64, amount money.Cents) Booking {
	return Booking{invoice, AccountOpen, AccountCorrected, amount}
}
