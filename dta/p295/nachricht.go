package p295

import "klarbeleg/dta"

// Verarbeitung is the Verarbeitungskennzeichen (IVK-02, section 6).
type Verarbeitung string

// The Verarbeitungskennzeichen.
const (
	Normalfall Verarbeitung = "10"
	Storno     Verarbeitung = "30" // cancels one Rechnungsbeleg completely
	Korrektur  Verarbeitung = "40" // defined, but refused (IV-K01)
)

// Nachricht is a Rechnungsbeleg: the case of one insured person with its own
// Rechnungsnummer.
type Nachricht struct {
	Index int // of the message in the file from 1
	Von   Ort // UNH
	Bis   Ort // the last segment, with the offset behind the message
	UNH   UNH
	IVK   IVK
	IBH   Opt[IBH] // treating physician; without one there is Leistungserbringer
	// Leistungserbringer is IBL or the dentist's segment, as it came.
	Leistungserbringer Opt[Rohsegment]
	INF                INF
	INV                INV
	DIA                []DIA
	OPS                []OPS
	ABR                []ABR
	MND                []MND
	FKI                FKI
	RGI                RGI

	// Gelesen tells that the message's layout is known; without it all segments
	// but UNH are left out.
	Gelesen bool
	// Rejected tells that a finding rejects the Rechnungsbeleg.
	Rejected bool
	// Errors are the findings about the message, warnings included.
	Errors []dta.Error
}

// Verarbeitung returns the Verarbeitungskennzeichen.
func (n *Nachricht) Verarbeitung() Verarbeitung { return Verarbeitung(n.IVK.Verarbeitungskennzeichen) }

// Betrag returns what the message adds to the ledger: FKI-08, negative for a
// Storno (section 4).
func (n *Nachricht) Betrag() Cent {
	if n.Verarbeitung() == Storno {
		return -n.FKI.Netto
	}
	return n.FKI.Netto
}

// Belegschluessel identifies the original of a Storno (section 6, step 2). It
// holds an insurance number: never log it.
type Belegschluessel struct {
	RechnungsstellerIK string // RGI-04
	Rechnungsnummer    string // RGI-05
	Versichertennummer string // INV-03.1
}

// Schluessel returns what a Storno and its original have in common.
func (n *Nachricht) Schluessel() Belegschluessel {
	return Belegschluessel{n.RGI.RechnungsstellerIK, n.RGI.Rechnungsnummer, n.INV.Versichertennummer}
}

// Summen are the sums that FKI must show (section 4).
type Summen struct {
	Brutto                Cent // of ABR-07, = FKI-02
	BruttoMalAnzahl       Cent // of ABR-06 × ABR-07, accepted in its place with a warning
	Dialysesachkosten     Cent // of ABR-09, = FKI-03
	Sachkosten            Cent // of ABR-10, = FKI-04
	GesetzlicheZuzahlung  Cent // of MND-02 of the statutory kinds, = FKI-05
	VertraglicheZuzahlung Cent // of MND-02 of the contractual kinds, = FKI-06
	Minderungen           Cent // of all MND-02, = FKI-07
}

// maxSumme is above every amount that an element can hold. Sums stop there, so
// that no file makes them run over.
const maxSumme Cent = 1e15

func add(s *Cent, v Cent) { *s = min(*s+v, maxSumme) }

// Summen adds up the positions and reductions of the message.
func (n *Nachricht) Summen() Summen {
	var s Summen
	for i := range n.ABR {
		a := &n.ABR[i]
		add(&s.Brutto, a.Wert.Wert)
		add(&s.BruttoMalAnzahl, Cent(a.Anzahl)*a.Wert.Wert)
		add(&s.Dialysesachkosten, a.DialyseSachkosten.Wert)
		add(&s.Sachkosten, a.Sachkosten.Wert)
	}
	groups := tables().reduce
	for i := range n.MND {
		m := &n.MND[i]
		add(&s.Minderungen, m.Betrag)
		switch groups[m.Art] {
		case reductionLaw:
			add(&s.GesetzlicheZuzahlung, m.Betrag)
		case reductionContract:
			add(&s.VertraglicheZuzahlung, m.Betrag)
		}
	}
	return s
}

// reset makes room for the next message and keeps the slices.
func (n *Nachricht) reset() {
	*n = Nachricht{DIA: n.DIA[:0], OPS: n.OPS[:0], ABR: n.ABR[:0], MND: n.MND[:0], Errors: n.Errors[:0]}
}
