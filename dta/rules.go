package dta

// The rule codes of stages 1 and 2 that the § 302 library yields: P codes of
// the rule catalogue, R ids of the rules of the wire format where no P code
// exists.
const (
	CodeAuftragMissing   = "P1001"    // Nutzdatendatei without Auftragsdatei
	CodeTransferName     = "P1002"    // transfer name is not E/T, SOL, 0, three digits
	CodeAuftrag          = "P1003"    // Auftragsdatei: length, identifier, format
	CodeSize             = "P1004"    // size differs from the Auftragsdatei
	CodeSecurity         = "P1007"    // not decrypted, or signature not confirmed
	CodeTestLive         = "P1008"    // test and live marks contradict each other
	CodeCharset          = "P1011"    // character set not allowed, or bytes outside it
	CodeEmptyOrTooLarge  = "P1012"    // no message, or a bound exceeded
	CodeCompression      = "P1013"    // compression not agreed
	CodeHeader           = "P2001"    // UNA or UNB unreadable
	CodeHeaderIncomplete = "P2002"    // mandatory element of UNB missing
	CodeApplicationRef   = "P2003"    // Anwendungsreferenz does not fit the sender
	CodeArea             = "P2004"    // Leistungsbereich unknown
	CodeTrailer          = "P2005"    // UNZ missing or not true
	CodeReference        = "P2006"    // Nachrichtenreferenz not consecutive, UNT differs
	CodeSegmentCount     = "P2007"    // UNT.1 not true
	CodeMessageVersion   = "P2008"    // message type or version not valid
	CodeOrder            = "P2009"    // segment at the wrong place
	CodeSegmentMissing   = "P2010"    // mandatory segment missing
	CodeSegmentUnknown   = "P2011"    // segment not part of this message
	CodeRepetition       = "P2012"    // repetition limit exceeded
	CodeTooLong          = "P2013"    // element too long
	CodeType             = "P2014"    // element type violated
	CodeDate             = "P2015"    // no calendar date
	CodeTime             = "P2016"    // no time of day
	CodeRelease          = "P2017"    // release character used where it need not be
	CodeControl          = "P2018"    // control character inside an element
	CodePairing          = "P2019"    // SLLA without SLGA or the reverse
	CodeConditional      = "P2020"    // conditionally mandatory element missing
	CodeEmptyTail        = "P2021"    // superfluous separators, empty segment
	CodeRechnungsart     = "P2024"    // several Rechnungsarten in one file
	CodeVerarbeitung     = "P2025"    // several Verarbeitungskennzeichen in one file
	CodeVersions         = "P2026"    // several versions in one file
	CodeFileStructure    = "R-FIL-02" // segment outside of messages, data behind UNZ
	CodeFutureVersion    = "R-FIL-07" // message version newer than the newest known
	CodePartner          = "R-FIL-08" // partners of UNB, SLGA and Auftragsdatei differ
	CodeLogicalName      = "R-FIL-09" // UNB.7 is not DATEINAME
	CodeElementMissing   = "R-SYN-02" // mandatory element missing
	CodeElementsTooMany  = "R-SYN-04" // more elements or components than the catalogue has
)

// Rule is what the catalogue says about a code.
type Rule struct {
	Code     string
	Stage    uint8
	Severity Severity
	Scope    Scope
}

// ruleTable is in catalogue order and never written. Severities are those of the
// rule catalogue; R-SYN-02 and R-SYN-04 reject the message like P2013 and P2014,
// their neighbours.
var ruleTable = [...]Rule{
	{CodeAuftragMissing, 1, RejectFile, ScopeFile},
	{CodeTransferName, 1, RejectFile, ScopeFile},
	{CodeAuftrag, 1, RejectFile, ScopeFile},
	{CodeSize, 1, RejectFile, ScopeFile},
	{CodeSecurity, 1, RejectFile, ScopeFile},
	{CodeTestLive, 1, RejectFile, ScopeFile},
	{CodeCharset, 1, RejectFile, ScopeFile},
	{CodeEmptyOrTooLarge, 1, RejectFile, ScopeFile},
	{CodeCompression, 1, RejectFile, ScopeFile},
	{CodeHeader, 2, RejectFile, ScopeFile},
	{CodeHeaderIncomplete, 2, RejectFile, ScopeFile},
	{CodeApplicationRef, 2, RejectFile, ScopeFile},
	{CodeArea, 2, RejectFile, ScopeFile},
	{CodeTrailer, 2, RejectFile, ScopeFile},
	{CodeReference, 2, RejectMessage, ScopeMessage},
	{CodeSegmentCount, 2, RejectMessage, ScopeMessage},
	{CodeMessageVersion, 2, RejectMessage, ScopeMessage},
	{CodeOrder, 2, RejectMessage, ScopeMessage},
	{CodeSegmentMissing, 2, RejectMessage, ScopeMessage},
	{CodeSegmentUnknown, 2, RejectMessage, ScopeMessage},
	{CodeRepetition, 2, RejectMessage, ScopeMessage},
	{CodeTooLong, 2, RejectMessage, ScopeMessage},
	{CodeType, 2, RejectMessage, ScopeMessage},
	{CodeDate, 2, RejectMessage, ScopeMessage},
	{CodeTime, 2, RejectMessage, ScopeMessage},
	{CodeRelease, 2, Warn, ScopeMessage},
	{CodeControl, 2, RejectMessage, ScopeMessage},
	{CodePairing, 2, RejectMessage, ScopeMessage},
	{CodeConditional, 2, RejectMessage, ScopeMessage},
	{CodeEmptyTail, 2, Warn, ScopeMessage},
	{CodeRechnungsart, 2, RejectFile, ScopeFile},
	{CodeVerarbeitung, 2, RejectFile, ScopeFile},
	{CodeVersions, 2, RejectFile, ScopeFile},
	{CodeFileStructure, 1, RejectFile, ScopeFile},
	{CodeFutureVersion, 1, RejectFile, ScopeFile},
	{CodePartner, 1, RejectFile, ScopeFile},
	{CodeLogicalName, 1, RejectFile, ScopeFile},
	{CodeElementMissing, 2, RejectMessage, ScopeMessage},
	{CodeElementsTooMany, 2, RejectMessage, ScopeMessage},
}

// Rules returns the rules of stages 1 and 2 in catalogue order.
func Rules() []Rule { return append([]Rule(nil), ruleTable[:]...) }

// RuleOf returns the rule of a code.
func RuleOf(code string) (Rule, bool) {
	for _, r := range ruleTable {
		if r.Code == code {
			return r, true
		}
	}
	return Rule{}, false
}
