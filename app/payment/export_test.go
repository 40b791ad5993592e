package payment

import (
	"klarbeleg/internal/letter"
	"klarbeleg/store"
)

// Table is the table of the remittance advice.
func (a *Advice) Table(v *store.Voucher) *letter.Table { return a.table(v) }
