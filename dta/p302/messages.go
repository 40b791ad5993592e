package p302

// SLGA is the Gesamtaufstellung of a Gesamtrechnung or, with FKT.Sammelrechnung
// J, of a Sammelrechnung (dta-302.md section 6). It has no typed bounds beyond
// those of the structure table: SKO at most 9, GES 2 to 9.
type SLGA struct {
	FKT FKTSLGA
	REC REC
	UST Opt[UST]
	SKO []SKO
	GES []GES
	NAM NAM
}

// IstSammelrechnung tells whether the SLGA adds up other SLGA (FKT.2 = J).
func (s *SLGA) IstSammelrechnung() bool { return s.FKT.Sammelrechnung == "J" }

// ziel returns where a segment belongs.
func (s *SLGA) ziel(seg segID) segment {
	switch seg {
	case segFKT:
		return &s.FKT
	case segREC:
		return &s.REC
	case segUST:
		return some(&s.UST)
	case segSKO:
		return extend(&s.SKO)
	case segGES:
		return extend(&s.GES)
	case segNAM:
		return &s.NAM
	}
	return nil
}

// SLLA is the Einzelfallnachweis of one Gesamtrechnung (sections 7 and 8).
type SLLA struct {
	FKT FKTSLLA
	REC REC
	Faelle
}

// Kopf opens an Abrechnungsfall in every Sammelgruppe (section 7).
type Kopf struct {
	INV INV
	URI Opt[URI]
	NAD NAD
	IMG Opt[IMG]
	EVO Opt[EVO]
}
