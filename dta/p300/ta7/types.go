package ta7

import (
	"klarbeleg/dta"
	"klarbeleg/dta/p300"
)

// Rechnung is the head of a TA7 file: what its bundle, Composition and List say
// (section 3.1). Empty texts are absent.
type Rechnung struct {
	ID            string // Bundle.id
	Version       string // of the profile, behind the bar
	Dateinummer   string // Bundle.identifier.extension Dateinummer, 5 digits
	Dateiname     string // Bundle.identifier.value, 11
	Zeitstempel   string // Bundle.timestamp
	CompositionID string // Composition.id
	ListID        string // List.id

	EmpfaengerIK        string     // Composition.extension IK_Empfaenger, 9
	KostentraegerIK     string     // Composition.extension IK_Kostentraeger, 9
	Rechnungsnummer     string     // Composition.identifier.value, 1 to 20
	Rechnungsart        string     // Composition.type, key 8.2.12
	Abrechnungszeitraum p300.Datum // Composition.date, last day of the period
	Rechnungsdatum      p300.Datum // Composition.date.extension Rechnungsdatum
	AbsenderIK          string     // Composition.author, 9
	// Dateien are the files of the whole delivery (List.entry), this one
	// included: it is complete when all of them have come.
	Dateien []string
	// Rezepte is how many sections RB the Composition has.
	Rezepte int
}

// Kopfdaten returns what the Auftragsdatei repeats.
func (r *Rechnung) Kopfdaten() p300.Kopfdaten {
	return p300.Kopfdaten{AbsenderIK: r.AbsenderIK, EmpfaengerIK: r.EmpfaengerIK, Dateiname: r.Dateiname}
}

// Rezept is one prescription of the file: a RezeptBundle.
type Rezept struct {
	Index  int   // in the file from 1
	Offset int64 // of its entry
	ID     string

	Verordnung Dokument // of the prescriber
	Quittung   Dokument // of the Fachdienst
	Abgabe     Dokument // of the pharmacy
	Abrechnung Abrechnung
	// Abgabedaten is what the pharmacy signed; nil where it is not readable.
	Abgabedaten *Abgabedaten

	Errors   []dta.Error
	Rejected bool // a finding rejects the prescription or the file
}

// Dokument is a signed document of the prescription.
type Dokument struct {
	ID       string
	CMS      []byte // the container as it came
	XML      []byte // the signed content, nil where the container is unreadable
	Signatur Signatur
	RezeptID string // that the content names, "" where it is unreadable
}

// Signatur is what can be said of a container's signature without knowing whom
// to trust: certificate chains and revocation are for others.
type Signatur uint8

// The results of the mathematical check, from worst to best.
const (
	SignaturFehlt         Signatur = iota // no container, or no signature in it
	SignaturFalsch                        // signature or digest does not fit the content
	SignaturNichtPruefbar                 // algorithm or curve unknown here, certificate missing
	SignaturRichtig                       // fits the content and the certificate inside
)

// Abrechnung is the part of the Rechenzentrum (GKVSV_PR_ERP_eAbrechnungsdaten).
type Abrechnung struct {
	ID                    string
	RezeptID              string // 22
	Belegnummer           string // 19 digits
	Irrlaeufer            bool
	Sitz                  string // 1 domestic, 2 foreign
	Leistungserbringertyp string // A, K, S
	ApothekenIK           string // 9
	Zeilen                []Zeile
	Zusatzangaben         []Zusatzangabe
}

// Zeile belongs to the line of the Abgabedaten with the same Zaehler.
type Zeile struct {
	Zaehler      int
	Positionstyp string // 0 Nullposition, 1 other
	Import       string // 0 to 3, "" where it is no medicine
	ImportPZN    string // of the original, with Import 1 or 2
	Umsatzsteuer p300.Cent
	Abschlaege   []Abschlag
	offset       int64
}

// Abschlag is a surcharge or discount.
type Abschlag struct {
	Typ        string // surcharge or deduction
	Schluessel string // R001 and so on
	Betrag     p300.Cent
}

// Zusatzangabe is what the Rechenzentrum adds to a component of a preparation;
// the counters are those of the Abgabedaten.
type Zusatzangabe struct {
	Herstellung, Einheit, Position int
	VerwurfGeprueft                string // key, "" if absent
	Abschlaege                     []Abschlag
}

// Abgabedaten is the dispensing record that the pharmacy signed (eAbgabedaten).
type Abgabedaten struct {
	Version             string // of the profile
	RezeptID            string // Bundle.identifier
	VerordnungRezeptID  string // MedicationDispense.authorizingPrescription
	Zeitstempel         string
	Apotheke            Apotheke
	Vertragskennzeichen string
	Abgabedatum         p300.Datum // MedicationDispense.whenHandedOver
	Zeilen              []Abgabezeile
	GesamtBrutto        p300.Cent // Invoice.totalGross
	GesamtZuzahlung     p300.Cent // Invoice.totalGross.extension Gesamtzuzahlung
	Herstellungen       []Herstellung
}

// Apotheke is the pharmacy as it names itself.
type Apotheke struct {
	IK, Name, Strasse, Hausnummer, Postleitzahl, Ort, Land string
}

// Art says which list a line's number is of.
type Art string

// The kinds of numbers are the keys of EFP-05.
const (
	Hilfsmittel       Art = "1"
	PZN               Art = "2"
	Sonderkennzeichen Art = "3"
)

// Abgabezeile is one dispensed line (section 4).
type Abgabezeile struct {
	Zaehler            int
	Art                Art
	Kennzeichen        string // 8, Hilfsmittel 10
	Chargenbezeichnung string
	Faktor             int32
	Bruttopreis        p300.Cent // whole line, what the insured pays included
	MwStSatz           p300.Hundertstel
	Zuzahlung          p300.Cent           // category 0
	Mehrkosten         p300.Opt[p300.Cent] // category 1
	Eigenbeteiligung   p300.Opt[p300.Cent] // category 2
	Zusatzattribute    []Zusatzattribut
}

// Zusatzattribut is a group with its key.
type Zusatzattribut struct{ Gruppe, Schluessel string }

// Herstellung is one preparation of a recipe (ZusatzdatenHerstellung).
type Herstellung struct {
	Zaehler     int
	Schluessel  string // 1 own, 2 external production
	Kennzeichen string // of who produced: IK or key
	Zeitpunkt   string // whenPrepared
	Einheiten   []Einheit
}

// Einheit is one unit of a preparation.
type Einheit struct {
	Zaehler    int
	Positionen []Bestandteil
}

// Bestandteil is one component of a unit.
type Bestandteil struct {
	Zaehler           int
	Kennzeichen       string // PZN or Sonderkennzeichen, "" for no statement
	Faktorkennzeichen string
	Faktor            p300.Millionstel
	Preiskennzeichen  string
	Preis             p300.Cent
}
