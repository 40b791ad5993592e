package billing

import (
	"errors"

	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// PaymentTerm is the Zahlungsziel in days: the money is with the payee not later
// than so many days after receipt. The day of receipt does not count (§ 187
// Abs. 1 BGB).
type PaymentTerm int

// DefaultPaymentTerm is the usual term of the contracts for billing by DTA
// (P4904: seen are 14 days, 21 in care, 28 for paper).
const DefaultPaymentTerm PaymentTerm = 14

// ReceivedThrough returns the last day of receipt whose invoices the payment run
// of the day given must pay. An invoice waits as long as the next run would still
// be in time: a transfer is with the payee one bank day after it was executed
// (§ 675s BGB), and both days are bank days. So terms that end on or before a
// weekend or holiday are paid before it.
func (t PaymentTerm) ReceivedThrough(run calendar.Date) calendar.Date {
	tomorrow := run.AddDays(1)
	tooLate := tomorrow.BankDay().AddDays(1).BankDay() // arrival if paid tomorrow
	return tooLate.AddDays(-1).AddDays(-int(t))
}

// Payable is an amount of an invoice that a voucher can hold: what is open, or
// for a cancelled invoice (Claim) what was paid and is to be set off.
type Payable struct {
	Invoice int64
	Amount  money.Cents
	Claim   bool
}

// ErrNoAmount says that a payable has no amount above zero.
var ErrNoAmount = errors.New("payable without an amount")

// SetOff decides what a voucher holds: all open amounts, less as much of the
// claims as they cover, oldest claim first. What they do not cover is carried
// over to the next voucher; a voucher never demands money (PAY-1). Lines of
// claims are negative, so the total is the sum of the lines and not negative.
// Without open amounts there is no voucher: no lines.
func SetOff(open, claims []Payable) (lines []Payable, total money.Cents, err error) {
	for _, p := range open {
		if p.Amount <= 0 || p.Claim {
			return nil, 0, ErrNoAmount
		}
		lines = append(lines, p)
		total += p.Amount
	}
	for _, c := range claims {
		if c.Amount <= 0 || !c.Claim {
			return nil, 0, ErrNoAmount
		}
		part := min(c.Amount, total)
		if part == 0 {
			continue
		}
		c.Amount = -part
		lines = append(lines, c)
		total -= part
	}
	return lines, total, nil
}
