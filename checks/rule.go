package checks

import (
	"strings"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
)

// Level is the stage a rule belongs to: 1 file, 2 syntax, 3 formal content,
// 4 contract and substance (spec/checks section 2).
type Level uint8

// Levels.
const (
	LevelFile Level = iota + 1
	LevelSyntax
	LevelFormal
	LevelContract
)

// Severity is what a finding does to the money and to the case (spec/checks
// section 1).
type Severity uint8

// Severities, the mildest first, so that they compare.
const (
	Warn Severity = iota
	CorrectPartially
	CorrectToZero
	RejectMessage
	RejectFile
)

var severityNames = [...]string{"warn", "correct_partially", "correct_to_zero", "reject_message", "reject_file"}

// String returns the name used in the catalogue, the receipts and the outputs.
func (s Severity) String() string { return nameOf(severityNames[:], uint8(s)) }

// German returns the effect in the words of letters and pages.
func (s Severity) German() string {
	return nameOf([]string{
		"Hinweis", "Teilkürzung", "Absetzung", "Abweisung der Rechnung", "Abweisung der Datei",
	}, uint8(s))
}

// ParseSeverity reads the name of a severity; ok is false if it is unknown.
func ParseSeverity(name string) (s Severity, ok bool) {
	i, ok := indexOf(severityNames[:], name)
	return Severity(i), ok
}

// Scope is what a finding concerns.
type Scope uint8

// Scopes, the widest first.
const (
	ScopeFile Scope = iota
	ScopeMessage
	ScopeInvoice
	ScopeCase
	ScopePosition
)

var scopeNames = [...]string{"file", "message", "invoice", "case", "position"}

// String returns the name used in the receipts and the outputs.
func (s Scope) String() string { return nameOf(scopeNames[:], uint8(s)) }

// Outcome is the answer of a predicate; there is exactly one (spec/checks section
// 11, no. 6).
type Outcome uint8

// Outcomes. NoData is never shown as clean.
const (
	Pass Outcome = iota
	Fail
	Bypassed
	NoData
	NotApplicable
)

var outcomeNames = [...]string{"pass", "fail", "bypassed", "no_data", "not_applicable"}

// String returns the name of the outcome.
func (o Outcome) String() string { return nameOf(outcomeNames[:], uint8(o)) }

// Needs says which parts of billing.Facts a rule cannot do without. If one is
// missing, the engine answers no_data for the rule (P4911).
type Needs uint8

// Parts of the facts.
const (
	NeedPrices Needs = 1 << iota
	NeedPayers
	NeedProviders
	NeedHistory
	NeedTerms
	NeedTables
)

// needCount is the number of parts.
const needCount = 6

// needsOf returns the parts that the facts have.
func needsOf(f *billing.Facts) (have Needs) {
	if f.Prices != nil {
		have |= NeedPrices
	}
	if f.Payers != nil {
		have |= NeedPayers
	}
	if f.Providers != nil {
		have |= NeedProviders
	}
	if f.History != nil {
		have |= NeedHistory
	}
	if f.Terms != nil {
		have |= NeedTerms
	}
	if f.Tables != nil {
		have |= NeedTables
	}
	return have
}

// Turn says when in the walk through an invoice a predicate is asked.
type Turn uint8

// Turns, in the order of the walk: the invoice before its cases; each case before
// its positions; each position; the case when its positions are done; the invoice
// when its cases are done; the collective statement when its invoices are done.
const (
	TurnInvoice Turn = iota
	TurnCase
	TurnPosition
	TurnCaseEnd
	TurnInvoiceEnd
	TurnCollectiveEnd
)

const turns = int(TurnCollectiveEnd) + 1

// Predicate is the code of a rule. It asks one question about what the context
// points at. Before it answers Fail it has described the fault by Context.Fail.
type Predicate func(*Context) Outcome

// Rule is one check rule: data, and the predicate that decides it (CHK-2). The
// data come from the catalogue; an ID is never given to another rule.
type Rule struct {
	ID      string
	Version int
	Level   Level
	// Areas are the groups of providers the rule is for.
	Areas    Areas
	Severity Severity
	Scope    Scope
	Title    string
	// Text is the German template of the finding; {name} is replaced by a
	// parameter. A text wholly in brackets is internal (spec/checks section 1).
	Text string
	// What says in English what is checked, Inputs which fields are read.
	What, Inputs string
	// Heal lists the alternatives to repair the fault, separated by ";":
	// field_change:<field>, document:<type>, resubmit, none.
	Heal string
	// ValidFrom and ValidTo limit the rule to dates of service; zero is open.
	ValidFrom, ValidTo calendar.Date
	Source             string
	Confidence         string
	Needs              Needs
	Turn               Turn
	// Unless names the rules whose finding on the same position, case or invoice
	// makes this one a mere consequence: then it is not asked (one finding per
	// cause, spec/checks section 14).
	Unless []string
	// Check is nil for a rule of stages 1 and 2 and for one not yet implemented.
	Check Predicate
}

// Internal reports whether the text of the rule is a note for the operators that
// is never shown to a provider.
func (r *Rule) Internal() bool { return strings.HasPrefix(r.Text, "(") }

// Binding is what the code adds to a row of the catalogue: when and with what
// the predicate is asked.
type Binding struct {
	ID      string
	Version int // 0 means 1
	// Areas are the groups where the row names too few of those that its inputs
	// name; 0 means those of the row.
	Areas              Areas
	Turn               Turn
	Scope              Scope
	Needs              Needs
	Unless             []string
	ValidFrom, ValidTo calendar.Date
	Check              Predicate
}

func nameOf(names []string, i uint8) string {
	if int(i) < len(names) {
		return names[i]
	}
	return "unknown"
}

func indexOf(names []string, name string) (int, bool) {
	for i, n := range names {
		if n == name {
			return i, true
		}
	}
	return 0, false
}
