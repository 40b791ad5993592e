package billing

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"

	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// Facts is everything a rule may know beside the invoice itself. It is loaded in
// bulk before the rules run; a part that is nil was not available, and a rule
// that needs it answers no_data, never pass.
type Facts struct {
	// ReceivedOn is the Berlin date of receipt.
	ReceivedOn calendar.Date
	Prices     *PriceList
	Payers     *PayerDirectory
	Providers  *ProviderDirectory
	Terms      *TermList
	Tables     *Tables
	Senders    *SenderDirectory
	History    *History
}

// Period is a span of dates, both ends included; a zero end is open.
type Period struct {
	From, To calendar.Date
}

// Contains reports whether d lies in the period.
func (p Period) Contains(d calendar.Date) bool {
	return d >= p.From && (p.To == 0 || d <= p.To)
}

// ContractKey names a contract: billing code (2) and tariff (5).
type ContractKey struct {
	BillingCode, Tariff string
}

// Price is the agreed price of an item for a period.
type Price struct {
	Period
	Cents money.Cents
}

// PriceList holds agreed prices by contract, item and date of service (CHK-6).
type PriceList struct {
	contracts map[ContractKey]map[string][]Price
}

// NewPriceList returns an empty list.
func NewPriceList() *PriceList {
	return &PriceList{contracts: map[ContractKey]map[string][]Price{}}
}

// Add adds a price.
func (l *PriceList) Add(key ContractKey, item string, price Price) {
	items := l.contracts[key]
	if items == nil {
		items = map[string][]Price{}
		l.contracts[key] = items
	}
	items[item] = append(items[item], price)
}

// Contract reports whether the list knows the contract at all. A rule that asks
// for prices of an unknown contract answers no_data.
func (l *PriceList) Contract(key ContractKey) bool { return l.contracts[key] != nil }

// Find returns the price valid on the date of service. Where a contract has
// several for an item (purchase and repair under one number, say), it is the one
// that was billed, else the highest. A deduction has a price below 0.
func (l *PriceList) Find(key ContractKey, item string, on calendar.Date, billed money.Cents) (price money.Cents, ok bool) {
	return PriceOn(l.Item(key, item), on, billed)
}

// Item returns the prices of an item of a contract at all times.
func (l *PriceList) Item(key ContractKey, item string) []Price { return l.contracts[key][item] }

// PriceOn returns the price valid on the date of service, as Find does.
func PriceOn(prices []Price, on calendar.Date, billed money.Cents) (price money.Cents, ok bool) {
	for _, p := range prices {
		switch {
		case !p.Contains(on):
		case p.Cents == billed:
			return billed, true
		case !ok || p.Cents > price:
			price, ok = p.Cents, true
		}
	}
	return price, ok
}

// FindOther returns a price of the item that is valid on another date than on,
// to tell a wrong price state (P4012) from a wrong price (P4010).
func (l *PriceList) FindOther(key ContractKey, item string, on calendar.Date, price money.Cents) bool {
	for _, p := range l.contracts[key][item] {
		if !p.Contains(on) && p.Cents == price {
			return true
		}
	}
	return false
}

// Payer is one payer for which the centre works, and the card IKs that point
// to it.
type Payer struct {
	IK, Name string
	Periods  []Period
}

// PayerDirectory knows the payers served and which card IK belongs to which.
type PayerDirectory struct {
	payers map[string]*Payer
	cards  map[string][]cardEntry
}

type cardEntry struct {
	payer string
	Period
}

// NewPayerDirectory returns an empty directory.
func NewPayerDirectory() *PayerDirectory {
	return &PayerDirectory{payers: map[string]*Payer{}, cards: map[string][]cardEntry{}}
}

// Add adds a payer with one card IK for a period.
func (d *PayerDirectory) Add(ik, name, cardIK string, p Period) {
	payer := d.payers[ik]
	if payer == nil {
		payer = &Payer{IK: ik, Name: name}
		d.payers[ik] = payer
	}
	payer.Periods = append(payer.Periods, p)
	d.cards[cardIK] = append(d.cards[cardIK], cardEntry{ik, p})
}

// Served reports whether the centre works for the payer at all (P4001).
func (d *PayerDirectory) Served(ik string) bool { return d.payers[ik] != nil }

// Valid reports whether the payer's entry is valid on the date (P4002).
func (d *PayerDirectory) Valid(ik string, on calendar.Date) bool {
	payer := d.payers[ik]
	if payer == nil {
		return false
	}
	for _, p := range payer.Periods {
		if p.Contains(on) {
			return true
		}
	}
	return false
}

// PayerOfCard returns the payer to which a card IK points on the date.
func (d *PayerDirectory) PayerOfCard(cardIK string, on calendar.Date) (string, bool) {
	for _, c := range d.cards[cardIK] {
		if c.Contains(on) {
			return c.payer, true
		}
	}
	return "", false
}

// Admission is one admission of a provider: what it may bill, and when.
type Admission struct {
	Period
	// Group is the Leistungsbereich.
	Group Group
	ContractKey
}

// ProviderDirectory knows the admitted providers (P4007, P4008).
type ProviderDirectory struct {
	admissions map[string][]Admission
}

// NewProviderDirectory returns an empty directory.
func NewProviderDirectory() *ProviderDirectory {
	return &ProviderDirectory{admissions: map[string][]Admission{}}
}

// Add adds an admission of the provider.
func (d *ProviderDirectory) Add(ik string, a Admission) {
	d.admissions[ik] = append(d.admissions[ik], a)
}

// Admissions returns all admissions of the provider; nil if it is unknown.
func (d *ProviderDirectory) Admissions(ik string) []Admission { return d.admissions[ik] }

// InvoiceKey identifies an invoice for the duplicate check (P4022).
type InvoiceKey struct {
	Provider string
	Number   InvoiceNumber
	Date     calendar.Date
}

// Key returns the key of the invoice.
func (i *Invoice) Key() InvoiceKey { return InvoiceKey{i.Provider, i.Number, i.Date} }

// History is what was billed before, as far as the invoices at hand touch it
// (CHK-5). The keys are those of the invoices checked, never the whole past.
type History struct {
	// Invoices maps a key already accepted to the Berlin date of its receipt.
	Invoices map[InvoiceKey]calendar.Date
	// Numbers maps an invoice number of a fund to an accepted invoice with that
	// number but another provider or date; nil if that was not looked up (P4023).
	Numbers map[FundNumber]InvoiceKey
	// Lines knows the lines already billed, with the invoice that billed them.
	Lines LineIndex
	// CorrectedLines are the lines among them that a correction bill
	// (Verarbeitungskennzeichen 04) billed.
	CorrectedLines map[uint64]struct{}
	// Origins holds the accepted cases that corrections name; nil if they were not
	// looked up (CHK-8).
	Origins map[OriginKey]*OriginBill
	// Singles holds the accepted § 295 invoices with the numbers at hand.
	Singles map[SingleKey]Single
	// Vouchers and Prescriptions map Belegnummern and Rezept-IDs of § 300 to the
	// accepted invoice that billed them.
	Vouchers, Prescriptions map[string]InvoiceNumber
	// Partial says that only what the file itself billed is known (a check before
	// sending).
	Partial bool
}

// NewHistory returns an empty history; Numbers is nil.
func NewHistory() *History {
	return &History{
		Invoices: map[InvoiceKey]calendar.Date{}, Singles: map[SingleKey]Single{},
		CorrectedLines: map[uint64]struct{}{},
		Vouchers:       map[string]InvoiceNumber{}, Prescriptions: map[string]InvoiceNumber{},
	}
}

// SingleKey identifies an invoice of § 295: who bills, and its Rechnungsnummer
// (spec/dta-295 section 5).
type SingleKey struct {
	Provider, Number string
}

// Single is an accepted invoice of § 295.
type Single struct {
	KVNR      string
	Billed    money.Cents
	Cancelled bool
}

// SingleKey returns the key of a § 295 invoice.
func (i *Invoice) SingleKey() SingleKey { return SingleKey{i.Provider, i.Number.Single} }

// FundNumber is an invoice number of one fund: it is unique there over all years,
// whatever provider and date (TA1 5.5.2).
type FundNumber struct {
	Fund   string
	Number InvoiceNumber
}

// LineFingerprint identifies a billed line for the duplicate check (P4024):
// provider, insured person, item, date, side and time. ok is false where the
// insured person has no number: such lines are not compared.
func LineFingerprint(provider string, c *Case, p *Position) (fingerprint uint64, ok bool) {
	if c.KVNR == "" {
		return 0, false
	}
	var buf [96]byte
	b := append(buf[:0], provider...)
	b = append(b, '|')
	b = append(b, c.KVNR...)
	b = append(b, '|')
	b = append(b, p.Item...)
	b = append(b, '|')
	b = binary.LittleEndian.AppendUint32(b, uint32(p.Date))
	b = binary.LittleEndian.AppendUint16(b, uint16(p.From))
	b = append(b, p.Site...)
	return xxhash.Sum64(b), true
}
