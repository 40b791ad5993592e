package intake

import (
	"strings"

	"klarbeleg/checks"
	"klarbeleg/dta"
)

// Finding is one fault in the form of the receipt and of `check --json`: the
// stage and rule that found it, its place, and what it takes.
type Finding struct {
	Kind      string `json:"kind"` // always "finding"
	Rule      string `json:"rule"`
	Stage     int    `json:"stage"`
	Severity  string `json:"severity"`
	Scope     string `json:"scope"`
	Invoice   string `json:"invoice"` // Gesamtrechnungsnummer:Einzelrechnungsnummer
	Case      string `json:"case"`    // Belegnummer
	Segment   int    `json:"segment"` // from 1 over the whole file
	Offset    int64  `json:"offset"`  // bytes
	Tag       string `json:"tag"`
	Element   int    `json:"element,omitempty"`
	Component int    `json:"component,omitempty"`
	Billed    int64  `json:"billed_cents"`
	Corrected int64  `json:"corrected_cents"`
	Text      string `json:"text"`
	Heal      string `json:"heal,omitempty"`
	// public is the text without values of the insured person.
	public string
}

// Public returns the text without any value of the insured person: what may
// leave the centre over Kafka (PRV-19).
func (f *Finding) Public() string { return f.public }

func fromDTA(e *dta.Error, invoice string) Finding {
	return Finding{
		Kind: "finding", Rule: e.Code, Stage: int(e.Stage), Severity: e.Severity.String(), Scope: e.Scope.String(), Invoice: invoice,
		Segment: e.Segment, Offset: e.Offset, Tag: e.Tag, Element: e.Element, Component: e.Component, Text: e.Text(), Heal: "resubmit", public: e.Text(),
	}
}

func fromCheck(f *checks.Finding, invoice, voucher string) Finding {
	return Finding{
		Kind: "finding", Rule: f.Rule.ID, Stage: int(f.Rule.Level), Severity: f.Severity.String(), Scope: f.Scope.String(), Invoice: invoice, Case: voucher,
		Segment: int(f.Place.Segment), Offset: f.Place.Offset, Tag: f.Tag, Billed: int64(f.Billed), Corrected: int64(f.Corrected),
		Text: f.Text(), Heal: f.Rule.Heal, public: publicText(f),
	}
}

// publicText renders the text of a rule that reads the person, the diagnosis or
// the prescription without its values.
func publicText(f *checks.Finding) string {
	if personal(f.Rule) {
		return checks.Finding{Rule: f.Rule}.Text()
	}
	return f.Text()
}

// personal reports whether a rule's inputs tell something about the insured
// person; then its parameters stay inside.
func personal(r *checks.Rule) bool {
	for _, part := range []string{"NAD.", "INV.versichertennummer", "DIA", "diagnose", "leitsymptom", "verordnungsbesonderheit", "unfall", "payer."} {
		if strings.Contains(r.Inputs, part) {
			return true
		}
	}
	return false
}

// Summary closes a check: what the delivery held and what became of it.
// Billed = Approved + Corrected; it covers the invoices that were not refused.
type Summary struct {
	Kind      string `json:"kind"`    // always "summary"
	Outcome   string `json:"outcome"` // accepted, partly_rejected, rejected
	Invoices  int    `json:"invoices"`
	Cases     int    `json:"cases"`
	Positions int    `json:"positions"`
	Billed    int64  `json:"billed_cents"`
	Approved  int64  `json:"approved_cents"`
	Corrected int64  `json:"corrected_cents"`
	Findings  int    `json:"findings"`
	Bytes     int64  `json:"bytes"`
	Segments  int64  `json:"segments"`
	// Refused counts the invoices refused, RefusedCents what they demanded.
	Refused      int   `json:"refused_invoices"`
	RefusedCents int64 `json:"refused_cents"`
	// Statements counts the invoices of a Rechenzentrum that were taken (§ 300 RECP);
	// CasesRefused the prescriptions of a TA7 file that were not.
	Statements   int `json:"statements,omitempty"`
	CasesRefused int `json:"refused_cases,omitempty"`
	// Cancelled counts the invoices that a Storno took back (§ 295).
	Cancelled int `json:"cancelled_invoices,omitempty"`
	// NoData lists the rules that could not decide because a list was missing.
	NoData []string `json:"no_data,omitempty"`
}
