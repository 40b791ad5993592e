package p300

import "klarbeleg/dta"

// Values that are alike in all procedures.
type (
	// Cent is an amount in euro cents.
	Cent = dta.Cent
	// Hundertstel is a number with two decimal places.
	Hundertstel = dta.Hundertstel
	// Datum is a date as the number yyyymmdd. ZUP-03 and ZUP-11 may have the day 00
	// (not legible), NAD-04 the century 00 (two-digit year on paper).
	Datum = dta.Datum
	// Uhrzeit is a time of day as the number hhmm.
	Uhrzeit = dta.Uhrzeit
	// Ort is the place of a segment in its file.
	Ort = dta.Ort
	// Opt is a value that may be absent.
	Opt[T any] = dta.Opt[T]
)

// Millionstel is a factor with six decimal places: 1000,000000 is 1000000000.
type Millionstel int64

// ABRP is a message of prescriptions: one pharmacy, one insurer, one invoice
// (TA3 5.4.1).
type ABRP struct {
	REC          REC
	Verordnungen []Verordnung
}

// Verordnung is one prescription, opened by INV.
type Verordnung struct {
	INV           INV
	NAD           NAD
	ZUP           ZUP
	KKZ           []KKZ
	Positionen    []Position // 1 to 9
	BES           BES
	ZDR           Opt[ZDR]
	Herstellungen []Herstellung // with ZDR
}

// IstERezept tells whether the prescription is electronic (ZUP-13).
func (v *Verordnung) IstERezept() bool { return v.ZUP.Imagekennzeichnung == eRezept }

// eRezept is ZUP-13 of an electronic prescription.
const eRezept = "2"

// Position is one dispensed line with its surcharges and discounts.
type Position struct {
	EFP EFP
	NPB []NPB
	SRD Opt[SRD]
	SKZ Opt[SKZ]
}

// Herstellung is one preparation of the Zusatzdaten (TA1 4.14).
type Herstellung struct {
	ZDC ZDC
	ZDP []ZDP
	ZDB []ZDB
}

// RECP is an invoice message (TA3 5.4.2).
type RECP struct {
	REC              REC
	RES              RES
	Status           []Statussumme // sums per GEP-02 over all pharmacies
	Apotheken        []Apotheke
	IMP              []IMP
	Einzelrechnungen []Einzelrechnung
	Rechenzentrum    Opt[RechnungRZ]
	Sammel           Sammelabrechnung
}

// Statussumme is a GEP with its NPR.
type Statussumme struct {
	GEP GEP
	NPR []NPR
}

// Apotheke is one RFP: the sums of a pharmacy.
type Apotheke struct {
	RFP    RFP
	Status []Statussumme
}

// Steuern are the VAT segments under SER, SRR and SSA.
type Steuern struct {
	SGA []SGA
	SGB []SGB // not under SRR
	SEU []SEU
}

// Einzelrechnung is the invoice of one pharmacy.
type Einzelrechnung struct {
	SER SER
	Steuern
}

// RechnungRZ is the invoice of the Apothekenrechenzentrum for its own services.
type RechnungRZ struct {
	SRR SRR
	Steuern
}

// Sammelabrechnung is the sum of all single invoices.
type Sammelabrechnung struct {
	SSA SSA
	Steuern
}
