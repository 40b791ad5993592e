// Package catalogue is the list of all check rules: their data from the embedded
// tables, their predicates from checks/formal and checks/contract (CHK-2).
//
// checks.csv is a copy of the rule specification (spec/checks.csv); format-rules.csv
// holds, in the same columns, the rules of spec/dta-302-rules.csv that it does not
// cover, procedure-rules.csv those of § 300 (codes/apo_pruefregeln.csv) and § 295
// (codes/iv_pruefregeln.csv). All name the source of every row. treatment.csv says of
// each rule without a predicate where it is decided, or what is missing, and of others
// how they are read where the specification leaves that open.
package catalogue

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"sync"

	"klarbeleg/checks"
	"klarbeleg/checks/contract"
	"klarbeleg/checks/formal"
)

//go:embed checks.csv format-rules.csv procedure-rules.csv treatment.csv
var tables embed.FS

// columns are those of the tables, in order.
const columns = "rule_id,level,area,title_de,what_is_checked_en,inputs,severity," +
	"correction_text_de,healable_by,example_pass,example_fail,source,confidence"

// catalogue is the list and its index. It is built once and never changed.
type catalogue struct {
	rules []checks.Rule
	byID  map[string]*checks.Rule
}

// load panics on a fault in the tables or bindings: both are part of the program.
var load = sync.OnceValue(func() *catalogue {
	rules, err := build(slices.Concat(formal.Bindings(), contract.Bindings()))
	if err != nil {
		panic(err)
	}
	c := &catalogue{rules: rules, byID: make(map[string]*checks.Rule, len(rules))}
	for i := range rules {
		if _, ok := c.byID[rules[i].ID]; !ok {
			c.byID[rules[i].ID] = &rules[i]
		}
	}
	return c
})

// All returns all rules, those of stages 1 and 2 and those without a predicate
// included. The caller may change its copy.
func All() []checks.Rule { return slices.Clone(load().rules) }

// ByID returns the rule with the id, of several versions the first.
func ByID(id string) (*checks.Rule, bool) {
	r, ok := load().byID[id]
	return r, ok
}

// build joins the rows with their bindings.
func build(bindings []checks.Binding) ([]checks.Rule, error) {
	byID := map[string][]checks.Binding{}
	for _, b := range bindings {
		byID[b.ID] = append(byID[b.ID], b)
	}
	var rules []checks.Rule
	for _, name := range []string{"checks.csv", "format-rules.csv", "procedure-rules.csv"} {
		rows, err := readTable(name)
		if err != nil {
			return nil, fmt.Errorf("catalogue: %s: %w", name, err)
		}
		for _, rule := range rows {
			if _, known := byID[rule.ID]; !known {
				rules = append(rules, rule)
				continue
			}
			for _, b := range byID[rule.ID] {
				rules = append(rules, bind(rule, b))
			}
			delete(byID, rule.ID)
		}
	}
	for id := range byID {
		return nil, fmt.Errorf("catalogue: rule %s has code but no row", id)
	}
	return rules, nil
}

// beyond302 are the rules for all areas that are asked of § 300 and § 295 too:
// those about the payer. What the others ask, the rules of these procedures ask in
// their own way.
var beyond302 = []string{"P4001", "P4002", "P4003"}

func bind(r checks.Rule, b checks.Binding) checks.Rule {
	if r.Areas == checks.AreaAll && !slices.Contains(beyond302, r.ID) {
		r.Areas = checks.Area302
	}
	r.Version = max(1, b.Version)
	if b.Areas != 0 {
		r.Areas = b.Areas
	}
	r.Turn, r.Scope, r.Needs, r.Unless = b.Turn, b.Scope, b.Needs, b.Unless
	r.ValidFrom, r.ValidTo, r.Check = b.ValidFrom, b.ValidTo, b.Check
	return r
}

func readTable(name string) ([]checks.Rule, error) {
	data, err := tables.ReadFile(name)
	if err != nil {
		return nil, err
	}
	lines, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, err
	}
	if strings.Join(lines[0], ",") != columns {
		return nil, fmt.Errorf("columns are not %s", columns)
	}
	rules := make([]checks.Rule, 0, len(lines))
	for _, line := range lines[1:] {
		rule, err := readRow(line)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", line[0], err)
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

// readRow reads one row. Without code a rule has the scope that its severity
// names.
func readRow(line []string) (checks.Rule, error) {
	r := checks.Rule{
		ID: line[0], Version: 1, Title: line[3], What: line[4], Inputs: line[5],
		Text: line[7], Heal: line[8], Source: line[11], Confidence: line[12],
	}
	if len(line[1]) != 1 || line[1][0] < '1' || line[1][0] > '4' {
		return r, fmt.Errorf("unknown level %q", line[1])
	}
	r.Level = checks.Level(line[1][0] - '0')
	var err error
	if r.Areas, err = checks.ParseAreas(line[2]); err != nil {
		return r, err
	}
	severity, ok := checks.ParseSeverity(line[6])
	if !ok {
		return r, fmt.Errorf("unknown severity %q", line[6])
	}
	r.Severity, r.Scope = severity, checks.ScopeCase
	switch severity {
	case checks.RejectFile:
		r.Scope = checks.ScopeFile
	case checks.RejectMessage:
		r.Scope = checks.ScopeMessage
	default: // of a case
	}
	return r, nil
}
