package billing

import "klarbeleg/domain/money"

// PriceRow is one row of a contract price list (CHK-6).
type PriceRow struct {
	ContractKey
	Item, Text string
	Cents      money.Cents
	Period
}

// PayerRow is one row of the payer directory.
type PayerRow struct {
	IK, Name, CardIK string
	Period
}

// ProviderRow is one admission of a provider.
type ProviderRow struct {
	IK, Name string
	Admission
}

// PricesOf builds a price list.
func PricesOf(rows []PriceRow) *PriceList {
	l := NewPriceList()
	for _, r := range rows {
		l.Add(r.ContractKey, r.Item, Price{Period: r.Period, Cents: r.Cents})
	}
	return l
}

// PayersOf builds a payer directory.
func PayersOf(rows []PayerRow) *PayerDirectory {
	d := NewPayerDirectory()
	for _, r := range rows {
		d.Add(r.IK, r.Name, r.CardIK, r.Period)
	}
	return d
}

// ProvidersOf builds a provider directory.
func ProvidersOf(rows []ProviderRow) *ProviderDirectory {
	d := NewProviderDirectory()
	for _, r := range rows {
		d.Add(r.IK, r.Admission)
	}
	return d
}
