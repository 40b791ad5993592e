package billing

import (
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// OriginKey identifies a case that was billed before, as a correction names it (URI).
type OriginKey struct {
	InvoiceKey
	VoucherNo string
}

// Key returns what the reference names.
func (o *Origin) Key() OriginKey {
	return OriginKey{InvoiceKey{o.Provider, o.Number, o.Date}, o.VoucherNo}
}

// OriginBill is an accepted case that a correction refers to (CHK-8).
type OriginBill struct {
	Processing ProcessingCode
	// Refused is true if nothing of its invoice was approved.
	Refused bool
	KVNR    string
	// Corrected is what was not paid of the case; Copay and Flat are what it deducted.
	Corrected, Copay, Flat money.Cents
	Lines                  []OriginLine
}

// OriginLine is a line of such a case, and what of it was not paid.
type OriginLine struct {
	Item      string
	Date      calendar.Date
	Price     money.Cents
	Corrected money.Cents
}

// Line returns the line of an item and date; of several the one that was corrected
// most.
func (b *OriginBill) Line(item string, on calendar.Date) (line OriginLine, ok bool) {
	for _, l := range b.Lines {
		if l.Item == item && l.Date == on && (!ok || l.Corrected > line.Corrected) {
			line, ok = l, true
		}
	}
	return line, ok
}

// WholeCase reports whether an amount of the case was not paid that no line bears.
func (b *OriginBill) WholeCase() bool {
	left := b.Corrected
	for _, l := range b.Lines {
		left -= l.Corrected
	}
	return left > 0
}
