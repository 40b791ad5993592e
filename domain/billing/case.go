package billing

import (
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// OptCents is an amount that may be absent; absent is not 0,00.
type OptCents struct {
	Cents money.Cents `json:",omitzero"`
	Set   bool        `json:",omitzero"`
}

// Some returns a present amount.
func Some(c money.Cents) OptCents { return OptCents{Cents: c, Set: true} }

// Case is a billing case: one insured person's prescription with its positions.
// Its JSON form, without the positions, is the document that the store keeps.
type Case struct {
	Place
	// VoucherNo is the Belegnummer, unique within the invoice.
	VoucherNo   string `json:",omitzero"`
	KVNR        string `json:",omitzero"`
	Status      string `json:",omitzero"`
	VoucherInfo string `json:",omitzero"`
	SpecialCare string `json:",omitzero"`
	// Origin names the bill that first billed this case, for corrections.
	Origin    *Origin    `json:",omitzero"`
	Person    Person     `json:",omitzero"`
	Image     *Image     `json:",omitzero"`
	EVO       string     `json:",omitzero"`
	Positions []Position `json:"-"`
	Aids      []AidGroup `json:",omitzero"`
	Trips     []Trip     `json:",omitzero"`
	// Visits tells when and by whom the positions were rendered, Details what a
	// flat rate consists of, Journeys from where to where, Consultations how care
	// was planned; in the groups that say so.
	Visits        []Visit        `json:",omitzero"`
	Details       []Detail       `json:",omitzero"`
	Journeys      []Journey      `json:",omitzero"`
	Consultations []Consultation `json:",omitzero"`
	Childbirth    *Childbirth    `json:",omitzero"`
	// FirstContact is the begin of palliative care (ERS).
	FirstContact calendar.Date `json:",omitzero"`
	Prescription Prescription  `json:",omitzero"`
	// Further are the prescriptions behind the first, in groups that have several.
	Further   []Prescription `json:",omitzero"`
	Diagnoses []Diagnosis    `json:",omitzero"`
	Approvals []Approval     `json:",omitzero"`
	Totals    CaseTotals     `json:",omitzero"`
	// Contract is what § 295 says of the contract and who rendered the services.
	Contract *Contract `json:",omitzero"`
	// Wire is what the reader of the format found about the case, for the rules
	// of its procedure.
	Wire []WireFault `json:"-"`
}

// Contract is the contract under which § 295 bills (INF, IBH, RGI).
type Contract struct {
	Place
	Kind         string        `json:",omitzero"` // message type, such as DIR140
	Mark         string        `json:",omitzero"` // Vertragskennzeichen
	Number       string        `json:",omitzero"` // Vertragsnummer
	From         calendar.Date `json:",omitzero"` // of the billing period
	To           calendar.Date `json:",omitzero"`
	LANR         string        `json:",omitzero"` // of who rendered the services
	BSNR         string        `json:",omitzero"`
	ReferrerLANR string        `json:",omitzero"`
	ReferrerBSNR string        `json:",omitzero"`
}

// WireFault is a finding of the reader of a format about one case: the rule of
// its procedure, where, and the German reason without any value of the file.
type WireFault struct {
	Rule   string
	Place  Place
	Tag    string
	Reason string
	// Warning says that this instance of the rule takes nothing.
	Warning bool
}

// Origin is the reference of a correction to the first bill (URI).
type Origin struct {
	Place
	Provider  string        `json:",omitzero"`
	Number    InvoiceNumber `json:",omitzero"`
	Date      calendar.Date `json:",omitzero"`
	VoucherNo string        `json:",omitzero"`
}

// Person is the insured person (NAD). Nothing of it may reach a log, an error
// text, a URL or an e-mail (OPS-4).
type Person struct {
	Place
	LastName  string `json:",omitzero"`
	FirstName string `json:",omitzero"`
	Birth     Birth  `json:",omitzero"`
	Street    string `json:",omitzero"`
	Postcode  string `json:",omitzero"`
	City      string `json:",omitzero"`
	Country   string `json:",omitzero"`
}

// Birth is a birth date whose day, or month and day, may be unknown (insured
// persons from abroad: 00).
type Birth struct {
	Year  int16 `json:",omitzero"`
	Month int8  `json:",omitzero"`
	Day   int8  `json:",omitzero"`
}

// Date returns the date; ok is false if a part is unknown.
func (b Birth) Date() (calendar.Date, bool) {
	return calendar.NewDate(int(b.Year), int(b.Month), int(b.Day))
}

// Image names the image of the paper voucher (IMG).
type Image struct {
	Place
	Year  string `json:",omitzero"`
	Month string `json:",omitzero"`
	Maker string `json:",omitzero"`
}

// Position is one billed service line.
type Position struct {
	Place
	BillingCode string `json:",omitzero"`
	// Tariff is the Tarifkennzeichen: region (2) and special tariff (3).
	Tariff string `json:",omitzero"`
	// Item is the Abrechnungspositionsnummer; § 300: the number of the kind ItemKind
	// (1 Hilfsmittel, 2 PZN, 3 Sonderkennzeichen).
	Item     string           `json:",omitzero"`
	ItemKind string           `json:",omitzero"`
	Quantity money.Hundredths `json:",omitzero"`
	// Price is net if VAT is present, else gross.
	Price money.Cents   `json:",omitzero"`
	Date  calendar.Date `json:",omitzero"`
	// CopayPerUnit is EHE.6 (therapy), per unit.
	CopayPerUnit OptCents `json:",omitzero"`
	VAT          VAT      `json:",omitzero"`
	// Count is how many were billed where the wire states the amount of the whole
	// line (§ 300, § 295): then Quantity is 1 and Price that amount.
	Count int32 `json:",omitzero"`
	// Discount is the Apothekenabschlag of the line (§ 300, R001), positive.
	Discount money.Cents `json:",omitzero"`
	// Waived is what a line costs that the insured person pays alone (§ 300
	// Nullposition): then Price is 0.
	Waived money.Cents `json:",omitzero"`
	Text   string      `json:",omitzero"`
	// Part is the index into Case.Aids or Case.Trips, -1 for none.
	Part        int16  `json:",omitzero"`
	AidMark     string `json:",omitzero"`
	Unit        string `json:",omitzero"`
	InventoryNo string `json:",omitzero"`
	ProductItem string `json:",omitzero"`
	// Site is the side of the body: 0 left, 1 right, 2 both.
	Site       string        `json:",omitzero"`
	SupplyFrom calendar.Date `json:",omitzero"`
	SupplyTo   calendar.Date `json:",omitzero"`
	// Kilometres is negative if absent.
	Kilometres money.Hundredths `json:",omitzero"`
	// From and To are minutes after midnight, -1 if absent; Minutes is the
	// duration, -1 if absent.
	From    int16 `json:",omitzero"`
	To      int16 `json:",omitzero"`
	Minutes int16 `json:",omitzero"`
}

// VAT is the value added tax of a position (MWS). Without Present it is contained
// in the price (§ 300).
type VAT struct {
	Place
	Present bool             `json:",omitzero"`
	Rate    money.Hundredths `json:",omitzero"`
	Amount  money.Cents      `json:",omitzero"`
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
	ID int `json:",omitzero"`
	// CopayPlace is where ZUH stood; Present is false without ZUH.
	CopayPlace   Place       `json:",omitzero"`
	Present      bool        `json:",omitzero"`
	Gross        money.Cents `json:",omitzero"`
	CopayKind    string      `json:",omitzero"`
	Copay        OptCents    `json:",omitzero"`
	OwnShare     OptCents    `json:",omitzero"`
	SupplyMonths int         `json:",omitzero"`
	ExtraPlace   Place       `json:",omitzero"`
	Extra        OptCents    `json:",omitzero"`
}

// Trip is one journey of a transport case (KTL, ZUK).
type Trip struct {
	Place
	ID           int         `json:",omitzero"`
	FromStreet   string      `json:",omitzero"`
	FromPostcode string      `json:",omitzero"`
	FromCountry  string      `json:",omitzero"`
	FromCity     string      `json:",omitzero"`
	ToStreet     string      `json:",omitzero"`
	ToPostcode   string      `json:",omitzero"`
	ToCountry    string      `json:",omitzero"`
	ToCity       string      `json:",omitzero"`
	CopayPlace   Place       `json:",omitzero"`
	Present      bool        `json:",omitzero"`
	Gross        money.Cents `json:",omitzero"`
	CopayKind    string      `json:",omitzero"`
	Copay        OptCents    `json:",omitzero"`
}

// Visit is one visit, day or shift: a visit with several positions (ESK, ESH,
// HEL), or one of several visits of a position (ZZL, ASK, EMP).
type Visit struct {
	Place
	// Position is the index of the position; of a visit with several, of its
	// first: all up to that of the next visit belong to it.
	Position int           `json:",omitzero"`
	Date     calendar.Date `json:",omitzero"`
	// End is the last day, 0 if it is the first.
	End calendar.Date `json:",omitzero"`
	// From and To are minutes after midnight, -1 if absent; Minutes is the
	// duration, -1 if absent.
	From     int16    `json:",omitzero"`
	To       int16    `json:",omitzero"`
	Minutes  int16    `json:",omitzero"`
	ID       string   `json:",omitzero"`
	Staff    []string `json:",omitzero"` // Beschäftigtennummern
	Doctors  []string `json:",omitzero"` // LANR
	Midwife  string   `json:",omitzero"` // IK
	Hospital string   `json:",omitzero"` // IK
}

// Detail is a single service within a flat rate (ELP).
type Detail struct {
	Place
	Position int              `json:",omitzero"`
	Item     string           `json:",omitzero"`
	Quantity money.Hundredths `json:",omitzero"`
}

// Journey is the way of a position to the insured person (EHB).
type Journey struct {
	Position     int    `json:",omitzero"`
	FromStreet   string `json:",omitzero"`
	FromPostcode string `json:",omitzero"`
	FromCountry  string `json:",omitzero"`
	FromCity     string `json:",omitzero"`
	ToStreet     string `json:",omitzero"`
	ToPostcode   string `json:",omitzero"`
	ToCountry    string `json:",omitzero"`
	ToCity       string `json:",omitzero"`
}

// Consultation is one process of planning care (IBP).
type Consultation struct {
	Place
	Kind       byte          `json:",omitzero"`
	From       calendar.Date `json:",omitzero"`
	To         calendar.Date `json:",omitzero"`
	Talks      int           `json:",omitzero"`
	Consultant string        `json:",omitzero"`
	Text       string        `json:",omitzero"`
}

// Childbirth is what a midwife's bill says about the child (ZHB).
type Childbirth struct {
	Kind     byte          `json:",omitzero"` // actual or expected date
	Date     calendar.Date `json:",omitzero"`
	Time     int16         `json:",omitzero"` // minutes after midnight, -1 if unknown
	Children byte          `json:",omitzero"`
}

// Prescription is the prescription segment of the group (ZHI, ZHE, ZHK, ZHH, ZKT,
// ZHB, ZUV, ZSP). Keys of one character are 0 when absent.
type Prescription struct {
	Place
	Present         bool          `json:",omitzero"`
	BSNR            string        `json:",omitzero"`
	LANR            string        `json:",omitzero"`
	Date            calendar.Date `json:",omitzero"`
	CopayMarker     byte          `json:",omitzero"`
	Accident        byte          `json:",omitzero"`
	WarPension      byte          `json:",omitzero"`
	Special         byte          `json:",omitzero"`
	Staff           string        `json:",omitzero"`
	Institution     string        `json:",omitzero"`
	DiagnosisGroup  string        `json:",omitzero"`
	Kind            string        `json:",omitzero"`
	TreatmentStart  string        `json:",omitzero"`
	Report          byte          `json:",omitzero"`
	HomeVisit       byte          `json:",omitzero"`
	LeadSymptom     string        `json:",omitzero"`
	LeadSymptomText string        `json:",omitzero"`
	Urgent          byte          `json:",omitzero"`
	TherapyArea     byte          `json:",omitzero"`
	Frequency       byte          `json:",omitzero"`
	// From and To are the period prescribed (ZSP).
	From calendar.Date `json:",omitzero"`
	To   calendar.Date `json:",omitzero"`
}

// Diagnosis is one DIA: a code, a text, or both.
type Diagnosis struct {
	Place
	Code string `json:",omitzero"`
	Text string `json:",omitzero"`
}

// Approval is one SKZ: the payer's approval of a service.
type Approval struct {
	Place
	Mark string        `json:",omitzero"`
	Date calendar.Date `json:",omitzero"`
	Kind string        `json:",omitzero"`
}

// CaseTotals are the sums of a case: BES, or GZF for co-payment claims.
type CaseTotals struct {
	Place
	Present bool `json:",omitzero"`
	// Claim is true for GZF; then Copay, Percent and Flat are what is claimed
	// and Gross is absent.
	Claim     bool        `json:",omitzero"`
	Gross     money.Cents `json:",omitzero"`
	Copay     OptCents    `json:",omitzero"`
	Percent   OptCents    `json:",omitzero"`
	Flat      OptCents    `json:",omitzero"`
	OwnShare  OptCents    `json:",omitzero"`
	Extra     OptCents    `json:",omitzero"`
	Deduction OptCents    `json:",omitzero"`
	// Reduction is what the wire takes off beside the co-payment: discounts
	// (§ 300), Minderungen (§ 295).
	Reduction money.Cents `json:",omitzero"`
}

// Billed returns what the case demands: gross less co-payment, own share,
// reductions and, in a correction bill, the agreed deduction; for a co-payment claim the amount
// claimed (spec/dta-302 section 9, GES).
func (c *Case) Billed(code ProcessingCode) money.Cents {
	t := &c.Totals
	if code == CopaymentClaim || t.Claim {
		return t.Copay.Cents
	}
	net := t.Gross - t.Copay.Cents - t.OwnShare.Cents - t.Reduction
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
