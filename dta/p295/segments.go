package p295

// The segments of the profile DIR v6. Comments give the position as the
// Technische Anlage counts it (the tag is 01), type and length, M (mandatory) or
// K (conditional); the layout in force is in tables/dir_v6_segmente.csv.
//
// The method felder of a segment names each of its fields once, for reading and
// for writing.

// UNB is the file header (dta-295.md section 2).
type UNB struct {
	Segment
	SyntaxKennung        string  // UNB-02.1, AN4, M, UNOC
	SyntaxVersionsnummer string  // UNB-02.2, N1, M, 3
	AbsenderIK           string  // UNB-03, AN9, M, IK der Datenversendenden Stelle
	EmpfaengerIK         string  // UNB-04, AN9, M, Datenannahmestelle mit Entschlüsselungsbefugnis
	Datum                Datum   // UNB-05.1, N8, M
	Uhrzeit              Uhrzeit // UNB-05.2, N4, M
	Dateinummer          string  // UNB-06, AN5..14, M, first five digits gapless per sender and recipient
	Dateiname            string  // UNB-07, AN11, M, logical file name (section 2.2)
	Testuebertragung     string  // UNB-08, N1, K, 1: test
}

func (s *UNB) felder(c *codec) {
	c.an(2, 1, &s.SyntaxKennung)
	c.an(2, 2, &s.SyntaxVersionsnummer)
	c.an(3, 0, &s.AbsenderIK)
	c.an(4, 0, &s.EmpfaengerIK)
	c.datum(5, 1, &s.Datum)
	c.zeit(5, 2, &s.Uhrzeit)
	c.an(6, 0, &s.Dateinummer)
	c.an(7, 0, &s.Dateiname)
	c.an(8, 0, &s.Testuebertragung)
}

// Test tells whether the file is marked as test data, by its header or by its
// name: one mark is enough to keep it out of the payment.
func (s *UNB) Test() bool {
	return s.Testuebertragung != "" || len(s.Dateiname) > 0 && s.Dateiname[0] == 'T'
}

// UNH is the message header (section 2.1).
type UNH struct {
	Segment
	Nachrichtenreferenz     string // UNH-02, N10, M, Vertragsbereich (2), 00, running number (6)
	Nachrichtentyp          string // UNH-03.1, AN..6, M
	Hauptversion            string // UNH-03.2, N..3, M
	Release                 string // UNH-03.3, AN..3, M, 0
	VerwaltendeOrganisation string // UNH-03.4, AN2, M, DR
	AnzahlSegmente          string // UNH-04, N..10, K, written by one sender program only
	ReferenzWiederholung    string // UNH-05, AN..14, K, written by one sender program only
}

func (s *UNH) felder(c *codec) {
	c.an(2, 0, &s.Nachrichtenreferenz)
	c.an(3, 1, &s.Nachrichtentyp)
	c.an(3, 2, &s.Hauptversion)
	c.an(3, 3, &s.Release)
	c.an(3, 4, &s.VerwaltendeOrganisation)
	c.an(4, 0, &s.AnzahlSegmente)
	c.an(5, 0, &s.ReferenzWiederholung)
}

// unt is the end of a message.
type unt struct {
	Segment
	AnzahlSegmente      string // UNT-02, N..10, M, UNH to UNT inclusive
	Nachrichtenreferenz string // UNT-03, AN..14, M, = UNH-02
}

func (s *unt) felder(c *codec) {
	c.an(2, 0, &s.AnzahlSegmente)
	c.an(3, 0, &s.Nachrichtenreferenz)
}

// unz is the end of a file.
type unz struct {
	Segment
	AnzahlNachrichten string // UNZ-02, N..6, M
	Dateinummer       string // UNZ-03, AN..14, M, = UNB-06
}

func (s *unz) felder(c *codec) {
	c.an(2, 0, &s.AnzahlNachrichten)
	c.an(3, 0, &s.Dateinummer)
}

// IVK is the Information Verarbeitung.
type IVK struct {
	Segment
	Verarbeitungskennzeichen string // IVK-02, AN2, M, see Verarbeitung
	Geschaeftsvorfall        string // IVK-03, AN2, M, laufende Nummer, 01
	SenderIK                 string // IVK-04, AN9, M, = UNB-03
	KrankenkasseIK           string // IVK-05, AN9, M, payer
	SammelrechnungsID        string // IVK-06, N..14, K, see KeineSammelrechnung
	DatenannahmestelleIK     string // IVK-07, AN9, M, = UNB-04
}

func (s *IVK) felder(c *codec) {
	c.an(2, 0, &s.Verarbeitungskennzeichen)
	c.an(3, 0, &s.Geschaeftsvorfall)
	c.an(4, 0, &s.SenderIK)
	c.an(5, 0, &s.KrankenkasseIK)
	c.an(6, 0, &s.SammelrechnungsID)
	c.an(7, 0, &s.DatenannahmestelleIK)
}

// KeineSammelrechnung is the Sammelrechnungs-ID where there is none (section 3).
const KeineSammelrechnung = "99999999999999"

// IBH is the Information behandelnder Arzt.
type IBH struct {
	Segment
	LebenslangeArztnummer string // IBH-02, AN9, M
	Betriebsstaettennr    string // IBH-03, AN9, M
}

func (s *IBH) felder(c *codec) {
	c.an(2, 0, &s.LebenslangeArztnummer)
	c.an(3, 0, &s.Betriebsstaettennr)
}

// INF is the Fallinformation.
type INF struct {
	Segment
	Vertragskennzeichen   string // INF-02, AN..25, M, assigned by the insurer
	UeberweiserBSNR       string // INF-03.1, AN9, K
	UeberweiserLANR       string // INF-03.2, AN9, K
	UeberweiserIK         string // INF-03.3, AN9, K
	Unfallkennzeichen     string // INF-04.1, N1, M, default 0
	ArtDerInanspruchnahme string // INF-04.2, AN1, M, 7 for §§ 73b, c, 8 for § 140a
	Vertragsnummer        string // INF-05, AN..25, K, mandatory for §§ 73b and 140a
}

func (s *INF) felder(c *codec) {
	c.an(2, 0, &s.Vertragskennzeichen)
	c.an(3, 1, &s.UeberweiserBSNR)
	c.an(3, 2, &s.UeberweiserLANR)
	c.an(3, 3, &s.UeberweiserIK)
	c.an(4, 1, &s.Unfallkennzeichen)
	c.an(4, 2, &s.ArtDerInanspruchnahme)
	c.an(5, 0, &s.Vertragsnummer)
}

// INV is the Information Versicherter.
type INV struct {
	Segment
	Versichertenart         string // INV-02.1, N1, M within the group
	BesonderePersonengruppe string // INV-02.2, AN2, M within the group
	DMPKennzeichen          string // INV-02.3, AN2, M within the group
	Versichertennummer      string // INV-03.1, AN10, M
	KrankenkasseIK          string // INV-03.2, AN9, M, as on the card
	Nachname                string // INV-04.1, AN..45, M
	Vorname                 string // INV-04.2, AN..45, M
	Geburtsdatum            Datum  // INV-04.3, N8, M
	Geschlecht              string // INV-05, N1, M
	GueltigkeitKarte        string // INV-06, N4, K, not to be filled since V5
	Zuzahlungsstatus        string // INV-07, N1, K
	Postleitzahl            string // INV-08, AN..7, K
	Laenderkennzeichen      string // INV-09, AN3, K
	TeilnehmerID            string // INV-10, AN..15, K, if the contract says so
}

func (s *INV) felder(c *codec) {
	c.an(2, 1, &s.Versichertenart)
	c.an(2, 2, &s.BesonderePersonengruppe)
	c.an(2, 3, &s.DMPKennzeichen)
	c.an(3, 1, &s.Versichertennummer)
	c.an(3, 2, &s.KrankenkasseIK)
	c.an(4, 1, &s.Nachname)
	c.an(4, 2, &s.Vorname)
	c.datum(4, 3, &s.Geburtsdatum)
	c.an(5, 0, &s.Geschlecht)
	c.an(6, 0, &s.GueltigkeitKarte)
	c.an(7, 0, &s.Zuzahlungsstatus)
	c.an(8, 0, &s.Postleitzahl)
	c.an(9, 0, &s.Laenderkennzeichen)
	c.an(10, 0, &s.TeilnehmerID)
}

// DIA is a Diagnose.
type DIA struct {
	Segment
	ICD                string // DIA-02.1, AN..12, M, ICD-10-GM with point
	Diagnosesicherheit string // DIA-02.2, AN1, M
	Seitenlokalisation string // DIA-02.3, AN1, K
	Datum              Datum  // DIA-02.4, N8, K
}

func (s *DIA) felder(c *codec) {
	c.an(2, 1, &s.ICD)
	c.an(2, 2, &s.Diagnosesicherheit)
	c.an(2, 3, &s.Seitenlokalisation)
	c.datum(2, 4, &s.Datum)
}

// OPS is an Operationsschlüssel.
type OPS struct {
	Segment
	Operationsschluessel string // OPS-02.1, AN..12, M
	Seitenlokalisation   string // OPS-02.2, AN1, K
	Datum                Datum  // OPS-02.3, N8, K
}

func (s *OPS) felder(c *codec) {
	c.an(2, 1, &s.Operationsschluessel)
	c.an(2, 2, &s.Seitenlokalisation)
	c.datum(2, 3, &s.Datum)
}

// ABR is a Gebührenposition.
type ABR struct {
	Segment
	UeberweiserBSNR        string       // ABR-02.1, AN9, K
	UeberweiserLANR        string       // ABR-02.2, AN9, K
	UeberweiserIK          string       // ABR-02.3, AN9, K
	Gebuehrennummer        string       // ABR-03, AN..12, M, of the contract's price list
	GebuehrennummerID      string       // ABR-04, N..30, K
	Abrechnungsbegruendung string       // ABR-05, AN..70, K
	Anzahl                 int          // ABR-06, N..6, M, above 0
	Wert                   Opt[Cent]    // ABR-07, N..12, K, of the line, Sachkosten included
	Punktzahl              Opt[Zehntel] // ABR-08, N..12, K
	DialyseSachkosten      Opt[Cent]    // ABR-09, N..12, K, part of ABR-07
	Sachkosten             Opt[Cent]    // ABR-10, N..12, K, part of ABR-07
	Sachkostenbezeichnung  string       // ABR-11, AN..70, K
	Datum                  Datum        // ABR-12, N8, M
	Uhrzeit                Opt[Uhrzeit] // ABR-13, N4, K
	LetzterTag             Datum        // ABR-14, N8, K
	DRG                    string       // ABR-15, AN4, K
}

func (s *ABR) felder(c *codec) {
	c.an(2, 1, &s.UeberweiserBSNR)
	c.an(2, 2, &s.UeberweiserLANR)
	c.an(2, 3, &s.UeberweiserIK)
	c.an(3, 0, &s.Gebuehrennummer)
	c.an(4, 0, &s.GebuehrennummerID)
	c.an(5, 0, &s.Abrechnungsbegruendung)
	c.ganz(6, 0, &s.Anzahl)
	c.cent(7, 0, &s.Wert)
	c.zehntel(8, 0, &s.Punktzahl)
	c.cent(9, 0, &s.DialyseSachkosten)
	c.cent(10, 0, &s.Sachkosten)
	c.an(11, 0, &s.Sachkostenbezeichnung)
	c.datum(12, 0, &s.Datum)
	c.zeitOpt(13, 0, &s.Uhrzeit)
	c.datum(14, 0, &s.LetzterTag)
	c.an(15, 0, &s.DRG)
}

// MND is a Minderung.
type MND struct {
	Segment
	Betrag Cent   // MND-02, N..12, M
	Art    string // MND-03, N2, M
	Datum  Datum  // MND-04, N8, M
}

func (s *MND) felder(c *codec) {
	c.centM(2, 0, &s.Betrag)
	c.an(3, 0, &s.Art)
	c.datum(4, 0, &s.Datum)
}

// FKI is the Fallkosteninformation. Amounts have no minus sign.
type FKI struct {
	Segment
	Brutto                Opt[Cent] // FKI-02, N..12, K, of all ABR-07
	Dialysesachkosten     Opt[Cent] // FKI-03, N..12, K, of all ABR-09
	Sachkosten            Opt[Cent] // FKI-04, N..12, K, of all ABR-10
	GesetzlicheZuzahlung  Opt[Cent] // FKI-05, N..12, K
	VertraglicheZuzahlung Opt[Cent] // FKI-06, N..12, K
	Minderungen           Opt[Cent] // FKI-07, N..12, K, of all MND-02
	Netto                 Cent      // FKI-08, N..12, M, Zahlbetrag
}

func (s *FKI) felder(c *codec) {
	c.cent(2, 0, &s.Brutto)
	c.cent(3, 0, &s.Dialysesachkosten)
	c.cent(4, 0, &s.Sachkosten)
	c.cent(5, 0, &s.GesetzlicheZuzahlung)
	c.cent(6, 0, &s.VertraglicheZuzahlung)
	c.cent(7, 0, &s.Minderungen)
	c.centM(8, 0, &s.Netto)
}

// RGI is the Information Rechnung.
type RGI struct {
	Segment
	ErsterTag            Datum  // RGI-02.1, N8, M, of the Abrechnungszeitraum
	LetzterTag           Datum  // RGI-02.2, N8, M, of the Abrechnungszeitraum
	InformationRechnung  string // RGI-03, N1, M
	RechnungsstellerIK   string // RGI-04, AN9, M
	Rechnungsnummer      string // RGI-05, AN..20, M, unique per Rechnungssteller
	Rechnungsdatum       Datum  // RGI-06, N8, M
	ZahlungsempfaengerIK string // RGI-07, AN9, K, only if it differs from RGI-04
	Korrekturzaehler     string // RGI-08, N3, M, 000 for the first billing
}

func (s *RGI) felder(c *codec) {
	c.datum(2, 1, &s.ErsterTag)
	c.datum(2, 2, &s.LetzterTag)
	c.an(3, 0, &s.InformationRechnung)
	c.an(4, 0, &s.RechnungsstellerIK)
	c.an(5, 0, &s.Rechnungsnummer)
	c.datum(6, 0, &s.Rechnungsdatum)
	c.an(7, 0, &s.ZahlungsempfaengerIK)
	c.an(8, 0, &s.Korrekturzaehler)
}
