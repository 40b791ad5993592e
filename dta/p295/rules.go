package p295

import (
	"slices"

	"klarbeleg/dta"
)

// The rules of tables/iv_pruefregeln.csv. The reader finds those that need only
// the file; IV-K03 to IV-K06, IV-G01 and IV-G02 need what was accepted before,
// the insurer's decision or the contract, and are there for who has that.
const (
	CodeDatei           = "IV-D01" // unreadable, partner or file name invalid
	CodeDateiende       = "IV-D02" // UNZ, Dateinummer, frame of the file
	CodeNachricht       = "IV-D03" // UNT, Nachrichtenreferenz
	CodeTyp             = "IV-D04" // message type or main version not supported
	CodeSegmentfolge    = "IV-S01" // segment order, mandatory segment missing
	CodeElement         = "IV-S02" // length, type, mandatory element
	CodeKorrektur       = "IV-K01" // Kennzeichen 40: Storno and a new invoice instead (CHK-9)
	CodeKennzeichen     = "IV-K02" // Verarbeitungskennzeichen not 10, 30, 40
	CodeStornoUnbekannt = "IV-K03" // Storno without accepted original, or the second one
	CodeStornoBetraege  = "IV-K04" // Storno with other amounts than its original
	CodeDublette        = "IV-K05" // invoice number accepted before
	CodeDoppelleistung  = "IV-K06" // same service accepted under another number
	CodePruefziffer     = "IV-P01" // check digit of IK, LANR, KVNR
	CodeSchluessel      = "IV-P02" // code not in its key list
	CodeDatum           = "IV-P03" // date outside its period or in the future
	CodeVertragsnummer  = "IV-P04" // INF-05 missing
	CodeInanspruchnahme = "IV-P05" // INF-04.2 does not fit the message type
	CodeSummeFehlt      = "IV-R01" // FKI-02 to FKI-04 missing
	CodeBrutto          = "IV-R02" // FKI-02 is not the sum of ABR-07
	CodeMinderungen     = "IV-R03" // FKI-03 to FKI-07 are not the sums of their parts
	CodeNetto           = "IV-R04" // FKI-08 is not FKI-02 less reductions
	CodeNichtGenehmigt  = "IV-G01" // insurer does not approve
	CodeVertrag         = "IV-G02" // contract unknown or not valid
)

// Regel is a rule with the words of the specification.
type Regel struct {
	dta.Rule
	Bedingung string // what is wrong, in English
	Wirkung   string // what it leads to, in German
}

// Regeln returns all rules in catalogue order.
func Regeln() []Regel { return slices.Clone(tables().rules) }

// NewError returns a finding of a rule with the German sentence for the sender.
// It panics on a code that Regeln does not list: that is a fault of the program.
func NewError(code, sentence string) dta.Error {
	for _, r := range tables().rules {
		if r.Code == code {
			return r.Error(sentence)
		}
	}
	panic("p295: unknown rule code " + code)
}

// TAVersion is a version of the Technische Anlage § 295 Abs. 1b.
type TAVersion struct {
	Version      string // as 6.0
	Stand        string // TT.MM.JJJJ
	AnzuwendenAb string // in the words of the source; "" where not known
	Ab           Datum  // first day of the billing period it applies to; 0 where not known
	Hauptversion string // UNH-03.2
	Angenommen   bool   // the main version is assumed, no source shows it
	Lesbar       bool   // messages of this main version are read
	Aenderungen  string // what is known of its changes
}

// TAVersionen returns the known versions, oldest first.
func TAVersionen() []TAVersion { return slices.Clone(tables().versions) }

// TAVersionAm returns the version that formally applies to a billing period
// ending on the day (RGI-02.2; section 9). Versions whose first day is not known
// (7.0, 9.0) are never returned; ok is false before the first known day. No
// rule refuses a message of another version: what counts is UNH-03.2.
func TAVersionAm(day Datum) (v TAVersion, ok bool) {
	for _, x := range tables().versions {
		if x.Ab != 0 && x.Ab <= day {
			v, ok = x, true
		}
	}
	return v, ok
}
