// Package billing holds what the centre checks and pays, in business words and
// free of any wire format: invoices with their billing cases and positions, the
// facts they are checked against, and the states they go through. Values
// remember where they stood in the delivery. No I/O, no clock.
package billing

import (
	"cmp"

	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// Place says where a value stood in the delivery as received.
type Place struct {
	// Segment counts from 1 over the whole file; 0 means "nowhere".
	Segment int32 `json:",omitzero"`
	// Offset is the byte offset of the segment's first byte.
	Offset int64 `json:",omitzero"`
}

// Group is the collective group of providers (Leistungserbringersammelgruppe) of
// § 302, a letter A to S; the other procedures have no groups and are one each.
type Group byte

// Groups of providers that Klarbeleg names in code.
const (
	GroupAids      Group = 'A'
	GroupTherapy   Group = 'B'
	GroupTransport Group = 'E'
	GroupMidwives  Group = 'F'
	// GroupPharmacy is § 300, GroupIntegrated § 295 Abs. 1b.
	GroupPharmacy   Group = '0'
	GroupIntegrated Group = '5'
)

// String returns the letter, or the number of the procedure: 300, 295.
func (g Group) String() string {
	switch g {
	case GroupPharmacy:
		return "300"
	case GroupIntegrated:
		return "295"
	default:
		return string(rune(g))
	}
}

// GroupOf returns the group that String wrote.
func GroupOf(s string) Group {
	switch s {
	case GroupPharmacy.String():
		return GroupPharmacy
	case GroupIntegrated.String():
		return GroupIntegrated
	case "":
		return 0
	default:
		return Group(s[0])
	}
}

// Procedure returns the number of a procedure without groups: 300, 295; "" for the
// groups of § 302.
func (g Group) Procedure() string {
	if g == GroupPharmacy || g == GroupIntegrated {
		return g.String()
	}
	return ""
}

// ProcessingCode is the Verarbeitungskennzeichen: what a bill is for.
type ProcessingCode uint8

// Processing codes (TA3 8.1.7).
const (
	FirstBill        ProcessingCode = 1
	AdditionalClaim  ProcessingCode = 2
	CopaymentClaim   ProcessingCode = 3
	CorrectionBill   ProcessingCode = 4
	ResumptionOfCare ProcessingCode = 10
	// Cancellation is the Storno of § 295 (IVK-02 = 30). It is no bill: it takes
	// one back.
	Cancellation ProcessingCode = 30
)

// Header is what one delivery says about itself.
type Header struct {
	Place
	Sender    string
	Recipient string
	// CreatedOn is the creation date of the interchange (UNB); it decides the
	// version of the annex.
	CreatedOn calendar.Date
	Reference string
	Group     Group
	// Test is the test indicator: 0 test, 1 trial, 2 live.
	Test    byte
	Version int
}

// InvoiceNumber is a Rechnungsnummer: the collective part and the single part,
// "0" where there is none. § 295 has single numbers, with a collective one at
// choice.
type InvoiceNumber struct {
	Collective string
	Single     string
}

// String returns "collective:single", the form of the wire and of all outputs,
// with 0 for a missing single part; the single part alone where there is no
// collective one, "" for no number at all.
func (n InvoiceNumber) String() string {
	if n.Collective == "" {
		return n.Single
	}
	return n.Collective + ":" + cmp.Or(n.Single, "0")
}

// Head is what a statement and its invoice both say (FKT, REC).
type Head struct {
	Place
	// NumberPlace is where the invoice number stood.
	NumberPlace Place
	Processing  ProcessingCode
	Provider    string
	Payer       string
	// Fund is the IK of the insured person's card, "" in a collective statement.
	Fund   string
	Number InvoiceNumber
	Date   calendar.Date
	// Kind is the Rechnungsart: 1 provider, 2 billing service, 3 billing service
	// that collects.
	Kind byte
}

// Total is one line of sums in a statement (GES).
type Total struct {
	Place
	// Status is "00" for all, else "11", "31", "51", "99".
	Status string
	Amount money.Cents
	Gross  money.Cents
	Copay  money.Cents
}

// Discount is a cash discount offered (SKO); it is never deducted in the data.
type Discount struct {
	Place
	Rate money.Hundredths
	Days int
}

// Statement is one SLGA: the sums of an invoice, or of a collective invoice.
type Statement struct {
	Head
	Collective bool
	// Sender is FKT.6; it equals the header's sender in a sound file.
	Sender    string
	Tax       Tax
	Discounts []Discount
	Totals    []Total
}

// Tax is what a statement says about value added tax (UST).
type Tax struct {
	Place
	Present bool
	Number  string
	Exempt  bool
}

// Total returns the sums for all statuses (GES 00); ok is false without them.
func (s *Statement) Total() (total Total, ok bool) {
	for _, t := range s.Totals {
		if t.Status == "00" {
			return t, true
		}
	}
	return Total{}, false
}

// Invoice is one Einzelrechnung: a statement (SLGA) and its cases (SLLA).
type Invoice struct {
	Head
	Header *Header
	// Biller is the billing service that collects (kind 3), else "".
	Biller    string
	Statement Statement
	// Collective is the statement of the collective invoice, nil without one.
	Collective *Statement
	Cases      []Case
}

// Payee returns the IK that is paid: the billing service of kind 3, else the
// provider. Invoices are also looked up under it (RP-5).
func (i *Invoice) Payee() string {
	if i.Kind == '3' && i.Biller != "" {
		return i.Biller
	}
	return i.Provider
}

// Billed returns what the invoice demands, in cents: the sum over its cases.
func (i *Invoice) Billed() money.Cents {
	var sum money.Cents
	for n := range i.Cases {
		sum += i.Cases[n].Billed(i.Processing)
	}
	return sum
}
