package p300

// Cent is an amount in euro cents (decimal with two places on the wire).
type Cent int64

// Hundertstel is a percentage with two decimal places: 19,00 is 1900.
type Hundertstel int64

// Millionstel is a factor with six decimal places: 1000,000000 is 1000000000.
type Millionstel int64

// Datum is a calendar date as the number yyyymmdd; 0 says absent. It exists in
// the calendar, except that ZUP-03 and ZUP-11 may have the day 00 (not legible),
// and that NAD-04 may have the century 00 (two-digit year on paper).
type Datum int32

// Uhrzeit is a time of day as the number hhmm, 0000 to 2359.
type Uhrzeit int16

// Ort is the place of a segment in its file. The zero value stands in segments
// that were made for writing.
type Ort struct {
	Segment int32 // number over the whole file from 1, UNA and UNB included
	Offset  int64 // bytes from the start of the file
}

// Opt is a value that may be absent: an absent amount is not 0,00.
type Opt[T any] struct {
	Wert      T
	Vorhanden bool
}

// Some returns a present value.
func Some[T any](v T) Opt[T] { return Opt[T]{Wert: v, Vorhanden: true} }

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

// Oder returns the value, or other where it is absent.
func (o Opt[T]) Oder(other T) T {
	if o.Vorhanden {
		return o.Wert
	}
	return other
}
