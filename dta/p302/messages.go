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

// SLLA is the Einzelfallnachweis of one Gesamtrechnung (sections 7 and 8). The
// list of the file's Leistungsbereich is filled, the others are empty.
type SLLA struct {
	FKT     FKTSLLA
	REC     REC
	FaelleA []FallA
	FaelleB []FallB
	FaelleE []FallE
}

// Kopf opens an Abrechnungsfall in every Sammelgruppe (section 7).
type Kopf struct {
	INV INV
	URI Opt[URI]
	NAD NAD
	IMG Opt[IMG]
	EVO Opt[EVO]
}

// FallA is an Abrechnungsfall Hilfsmittel (section 8 A). ZUH names its Gruppe
// by the Identifikationsnummer; the n-th MEH belongs to the n-th Gruppe.
type FallA struct {
	Kopf
	Gruppen []GruppeA
	ZUH     []ZUH
	MEH     []MEH
	ZHI     ZHI
	DIA     []DIA
	SKZ     Opt[SKZ]
	BES     BESA
}

// GruppeA is what belongs together for the Zuzahlung: HIL and its positions.
type GruppeA struct {
	HIL        HIL
	Positionen []PositionA
}

// PositionA is one Einzelfallnachweis Hilfsmittel.
type PositionA struct {
	EHI EHI
	TXT Opt[TXT]
	MWS Opt[MWS]
}

// FallB is an Abrechnungsfall Heilmittel (section 8 B). BES is present for the
// Verarbeitungskennzeichen 01, 02, 04 and 10, GZF for 03.
type FallB struct {
	Kopf
	Positionen []PositionB
	ZHE        ZHE
	DIA        []DIA
	SKZ        Opt[SKZ]
	BES        Opt[BESB]
	GZF        Opt[GZF]
}

// PositionB is one Einzelfallnachweis Heilmittel.
type PositionB struct {
	EHE EHE
	TXT Opt[TXT]
	MWS Opt[MWS]
}

// FallE is an Abrechnungsfall Krankentransport (section 8 E). ZUK names its
// Fahrt by the Identifikationsnummer.
type FallE struct {
	Kopf
	Fahrten []FahrtE
	ZUK     []ZUK
	ZKT     ZKT
	SKZ     Opt[SKZ]
	BES     BESE
}

// FahrtE is one trip: KTL and its positions.
type FahrtE struct {
	KTL        KTL
	Positionen []PositionE
}

// PositionE is one Einzelfallnachweis Krankentransport.
type PositionE struct {
	EKT EKT
	TXT Opt[TXT]
	MWS Opt[MWS]
}
