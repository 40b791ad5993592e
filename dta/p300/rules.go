package p300

import "klarbeleg/dta"

// The project rule ids of § 300 that this library and its sub-packages yield
// (TA3 names no public error codes).
const (
	CodeUnlesbar     = "APO-D01" // file unreadable, partners contradict each other
	CodeSyntax       = "APO-D02" // order, missing or unknown segment, element missing, length, type
	CodeZaehler      = "APO-D03" // UNT, UNZ not true
	CodeReferenz     = "APO-D04" // running number of UNH not consecutive
	CodeSchluessel   = "APO-D05" // key, date or number not allowed
	CodeDateiname    = "APO-D06" // logical file name
	CodeVersion      = "APO-D08" // version not valid in the month of REC-05
	CodeFaktor       = "APO-D09" // ZDP-04 without exactly six decimals
	CodePZN          = "APO-V01" // PZN or Sonderkennzeichen wrong
	CodeImport       = "APO-V02" // EFP-08 does not fit EFP-07
	CodeERezept      = "APO-V03" // E-Rezept without Rezept-ID or Zuzahlung
	CodeRezeptID     = "APO-V04" // Rezept-ID wrong
	CodeVersicherter = "APO-V05" // insured person not identified
	CodeIrrlaeufer   = "APO-V06" // Irrläufer without IK of the pharmacy
	CodeSumme        = "APO-R01" // E-Rezept: BES-02 is not the sum
	CodeSummePapier  = "APO-R02" // paper: BES-02 is not the sum
	CodeZuzahlung    = "APO-R03" // E-Rezept: BES-03 is not the sum
	CodeUmsatzsteuer = "APO-R04" // VAT amount
	CodeRechnung     = "APO-R07" // invoice sums
	CodeRabatte      = "APO-R08" // RES-03
	CodeHash         = "APO-R09" // ZDR-02
	CodeSonderkz     = "APO-R10" // Sonderkennzeichen unknown, not valid, VAT, E-Rezept
	CodeZusatzdaten  = "APO-R11" // Zusatzdaten missing
	CodeHerstellung  = "APO-R12" // ZDC counters, time of preparation
	CodeProfil       = "APO-F01" // TA7: profile version
	CodeListe        = "APO-F02" // TA7: own file name not in the List
	CodeRezeptBundle = "APO-F03" // TA7: not the four entries
	CodeRezeptIDs    = "APO-F04" // TA7: Rezept-IDs differ
	CodeZeilen       = "APO-F05" // TA7: lineItem.sequence
	CodeGesamt       = "APO-F06" // TA7: totals of the eAbgabedaten
	CodeSignatur     = "APO-F07" // TA7: CMS signature
	CodeUTF8         = "APO-F08" // TA7: BOM, not UTF-8
	CodeNummer       = "APO-F09" // TA7: Rechnungsnummer
	CodeAbgleich     = "APO-A01" // ABRP and TA7 differ (section 3.4; not in the list of rules)
	CodeTA7          = "APO-A02" // TA7: element missing or wrong (not in the list of rules)
)

// ruleTable gives stage, severity and scope of apo_pruefregeln.csv. "Rechnung
// beanstanden" rejects the message, "Verordnung abweisen" or "beanstanden" the
// prescription, "Hinweis" and "Preisprüfung" nothing. It is never written.
var ruleTable = [...]dta.Rule{
	{Code: CodeUnlesbar, Stage: 1, Severity: dta.RejectFile, Scope: dta.ScopeFile},
	{Code: CodeSyntax, Stage: 2, Severity: dta.RejectFile, Scope: dta.ScopeFile},
	{Code: CodeZaehler, Stage: 2, Severity: dta.RejectFile, Scope: dta.ScopeFile},
	{Code: CodeReferenz, Stage: 2, Severity: dta.RejectFile, Scope: dta.ScopeFile},
	{Code: CodeSchluessel, Stage: 3, Severity: dta.RejectFile, Scope: dta.ScopeFile},
	{Code: CodeDateiname, Stage: 1, Severity: dta.RejectFile, Scope: dta.ScopeFile},
	{Code: CodeVersion, Stage: 3, Severity: dta.RejectFile, Scope: dta.ScopeFile},
	{Code: CodeFaktor, Stage: 3, Severity: dta.RejectFile, Scope: dta.ScopeFile},
	{Code: CodePZN, Stage: 3, Severity: dta.RejectFile, Scope: dta.ScopePosition},
	{Code: CodeImport, Stage: 3, Severity: dta.RejectFile, Scope: dta.ScopePosition},
	{Code: CodeERezept, Stage: 3, Severity: dta.RejectFile, Scope: dta.ScopeCase},
	{Code: CodeRezeptID, Stage: 3, Severity: dta.RejectCase, Scope: dta.ScopeCase},
	{Code: CodeVersicherter, Stage: 3, Severity: dta.RejectFile, Scope: dta.ScopeCase},
	{Code: CodeIrrlaeufer, Stage: 3, Severity: dta.RejectFile, Scope: dta.ScopeCase},
	{Code: CodeSumme, Stage: 4, Severity: dta.RejectCase, Scope: dta.ScopeCase},
	{Code: CodeSummePapier, Stage: 4, Severity: dta.Warn, Scope: dta.ScopeCase},
	{Code: CodeZuzahlung, Stage: 4, Severity: dta.RejectCase, Scope: dta.ScopeCase},
	{Code: CodeUmsatzsteuer, Stage: 4, Severity: dta.Warn, Scope: dta.ScopePosition},
	{Code: CodeRechnung, Stage: 4, Severity: dta.RejectMessage, Scope: dta.ScopeMessage},
	{Code: CodeRabatte, Stage: 4, Severity: dta.Warn, Scope: dta.ScopeMessage},
	{Code: CodeHash, Stage: 4, Severity: dta.RejectCase, Scope: dta.ScopeCase},
	{Code: CodeSonderkz, Stage: 4, Severity: dta.Warn, Scope: dta.ScopePosition},
	{Code: CodeZusatzdaten, Stage: 3, Severity: dta.RejectCase, Scope: dta.ScopeCase},
	{Code: CodeHerstellung, Stage: 4, Severity: dta.RejectCase, Scope: dta.ScopeCase},
	{Code: CodeProfil, Stage: 2, Severity: dta.RejectFile, Scope: dta.ScopeFile},
	{Code: CodeListe, Stage: 2, Severity: dta.RejectFile, Scope: dta.ScopeFile},
	{Code: CodeRezeptBundle, Stage: 2, Severity: dta.RejectFile, Scope: dta.ScopeFile},
	{Code: CodeRezeptIDs, Stage: 4, Severity: dta.RejectCase, Scope: dta.ScopeCase},
	{Code: CodeZeilen, Stage: 2, Severity: dta.RejectCase, Scope: dta.ScopeCase},
	{Code: CodeGesamt, Stage: 4, Severity: dta.RejectCase, Scope: dta.ScopeCase},
	{Code: CodeSignatur, Stage: 1, Severity: dta.Warn, Scope: dta.ScopeCase},
	{Code: CodeUTF8, Stage: 1, Severity: dta.RejectFile, Scope: dta.ScopeFile},
	{Code: CodeNummer, Stage: 2, Severity: dta.RejectFile, Scope: dta.ScopeFile},
	{Code: CodeAbgleich, Stage: 4, Severity: dta.Warn, Scope: dta.ScopePosition},
	{Code: CodeTA7, Stage: 2, Severity: dta.RejectCase, Scope: dta.ScopeCase},
}

// Rules returns the rules of § 300 that the library checks, in catalogue order.
func Rules() []dta.Rule { return append([]dta.Rule(nil), ruleTable[:]...) }

// NewError returns a finding of a rule of this procedure with the German
// sentence for the sender. It panics on a code that Rules does not list: that is
// a fault of the program.
func NewError(code, sentence string) dta.Error {
	for _, r := range ruleTable {
		if r.Code == code {
			return r.Error(sentence)
		}
	}
	panic("p300: unknown rule code " + code)
}
