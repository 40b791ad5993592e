package billing

import (
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// OptCents is an amount that may be absent; absent is not 0,00.
type OptCents struct {
	Cents money.Cents
	Set   bool
}

// Some returns a present amount.
func Some(c money.Cents) OptCents { return OptCents{Cents: c, Set: true} }

// Case is a billing case: one insured person's prescription with its positions.
type Case struct {
	Place
	// VoucherNo is the Belegnummer, unique within the invoice.
	VoucherNo   string
	KVNR        string
	Status      string
	VoucherInfo string
	SpecialCare string
	// Origin names the bill that first billed this case, for corrections.
	Origin       *Origin
	Person       Person
	Image        *Image
	EVO          string
	Positions    []Position
	Aids         []AidGroup
	Trips        []Trip
	Prescription Prescription
	Diagnoses    []Diagnosis
	Approvals    []Approval
	Totals       CaseTotals
}

// Origin is the reference of a correction to the first bill (URI).
type Origin struct {
	Place
	Provider  string
	Number    InvoiceNumber
	Date      calendar.Date
	VoucherNo string
}

// Person is the insured person (NAD). Nothing of it may reach a log, an error
// text, a URL or an e-mail (OPS-4).
type Person struct {
	Place
	LastName  string
	FirstName string
	Birth     Birth
	Street    string
	Postcode  string
	City      string
	Country   string
}

// Birth is a birth date whose day, or month and day, may be unknown (insured
// persons from abroad: 00).
type Birth struct {
	Year  int16
	Month int8
	Day   int8
}

// Date returns the date; ok is false if a part is unknown.
func (b Birth) Date() (calendar.Date, bool) {
	return calendar.NewDate(int(b.Year), int(b.Month), int(b.Day))
}

// Image names the image of the paper voucher (IMG).
type Image struct {
	Place
	Year, Month string
	Maker       string
}

// Position is one billed service line.
type Position struct {
	Place
	BillingCode string
	// Tariff is the Tarifkennzeichen: region (2) and special tariff (3).
	Tariff string
	// Item is the Abrechnungspositionsnummer.
	Item     string
	Quantity money.Hundredths
	// Price is net if VAT is present, else gross.
	Price money.Cents
	Date  calendar.Date
	// CopayPerUnit is EHE.6 (therapy), per unit.
	CopayPerUnit OptCents
	VAT          VAT
	Text         string
	// Part is the index into Case.Aids or Case.Trips, -1 for none.
	Part        int16
	AidMark     string
	Unit        string
	InventoryNo string
	ProductItem string
	// Site is the side of the body: 0 left, 1 right, 2 both.
	Site       string
	SupplyFrom calendar.Date
	SupplyTo   calendar.Date
	// Kilometres is negative if absent.
	Kilometres money.Hundredths
	// From and To are minutes after midnight, -1 if absent; Minutes is the
	// duration, -1 if absent.
	From, To, Minutes int16
}

// VAT is the value added tax of a position (MWS).
type VAT struct {
	Place
	Present bool
	Rate    money.Hundredths
	Amount  money.Cents
}

// Gross returns price x quantity plus the VAT that the bill states, rounded once
// per line (spec/checks section 4).
func (p *Position) Gross() money.Cents {
	g := p.Price.Times(p.Quantity)
	if p.VAT.Present {
		g += p.VAT.Amount
	}
	return g
}

// Copay returns the percentage co-payment of the line: per unit, times quantity.
func (p *Position) Copay() money.Cents { return p.CopayPerUnit.Cents.Times(p.Quantity) }

// AidGroup is what belongs together for the co-payment of aids (HIL, ZUH, MEH).
type AidGroup struct {
	Place
	ID int
	// CopayPlace is where ZUH stood; Present is false without ZUH.
	CopayPlace   Place
	Present      bool
	Gross        money.Cents
	CopayKind    string
	Copay        OptCents
	OwnShare     OptCents
	SupplyMonths int
	ExtraPlace   Place
	Extra        OptCents
}

// Trip is one journey of a transport case (KTL, ZUK).
type Trip struct {
	Place
	ID                                              int
	FromStreet, FromPostcode, FromCountry, FromCity string
	ToStreet, ToPostcode, ToCountry, ToCity         string
	CopayPlace                                      Place
	Present                                         bool
	Gross                                           money.Cents
	CopayKind                                       string
	Copay                                           OptCents
}

// Prescription is the prescription segment of the group (ZHI, ZHE, ZKT). Keys
// of one character are 0 when absent.
type Prescription struct {
	Place
	Present         bool
	BSNR            string
	LANR            string
	Date            calendar.Date
	CopayMarker     byte
	Accident        byte
	WarPension      byte
	Special         byte
	Staff           string
	Institution     string
	DiagnosisGroup  string
	Kind            string
	TreatmentStart  string
	Report          byte
	HomeVisit       byte
	LeadSymptom     string
	LeadSymptomText string
	Urgent          byte
	TherapyArea     byte
	Frequency       byte
}

// Diagnosis is one DIA: a code, a text, or both.
type Diagnosis struct {
	Place
	Code string
	Text string
}

// Approval is one SKZ: the payer's approval of a service.
type Approval struct {
	Place
	Mark string
	Date calendar.Date
	Kind string
}

// CaseTotals are the sums of a case: BES, or GZF for co-payment claims.
type CaseTotals struct {
	Place
	Present bool
	// Claim is true for GZF; then Copay, Percent and Flat are what is claimed
	// and Gross is absent.
	Claim     bool
	Gross     money.Cents
	Copay     OptCents
	Percent   OptCents
	Flat      OptCents
	OwnShare  OptCents
	Extra     OptCents
	Deduction OptCents
}

// Billed returns what the case demands: gross less co-payment, own share and,
// in a correction bill, the agreed deduction; for a co-payment claim the amount
// claimed (spec/dta-302 section 9, GES).
func (c *Case) Billed(code ProcessingCode) money.Cents {
	t := &c.Totals
	if code == CopaymentClaim || t.Claim {
		return t.Copay.Cents
	}
	net := t.Gross - t.Copay.Cents - t.OwnShare.Cents
	if code == CorrectionBill {
		net -= t.Deduction.Cents
	}
	return net
}

// SummaryStatus returns the status under which the case is summed in the
// statement: 11, 31, 51 by the first digit of the insured status, else 99
// (R-GES-07).
func (c *Case) SummaryStatus() string {
	if len(c.Status) > 0 {
		switch c.Status[0] {
		case '1':
			return "11"
		case '3':
			return "31"
		case '5':
			return "51"
		}
	}
	return "99"
}
