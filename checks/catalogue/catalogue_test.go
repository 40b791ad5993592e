package catalogue

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"klarbeleg/checks"
	"klarbeleg/checks/contract"
	"klarbeleg/checks/formal"
)

var update = flag.Bool("update", false, "write the generated files")

// document is where the rules are documented.
const document = "../../docs/rules.md"

// CHK-2: docs/rules.md is generated and up to date.
func TestDocument(t *testing.T) {
	t.Parallel()
	want := Document()
	if *update {
		if err := os.WriteFile(document, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/rules.md is stale: go generate ./checks/catalogue")
	}
}

// CHK-2: every rule of the specification is there once, with its data.
func TestAll(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	specified := 0
	for _, r := range All() {
		if ids[r.ID] {
			t.Errorf("rule %s twice", r.ID)
		}
		ids[r.ID] = true
		if strings.HasPrefix(r.ID, "P") {
			specified++
			if r.ID[1] != '0'+byte(r.Level) {
				t.Errorf("%s is of level %d", r.ID, r.Level)
			}
		}
		for name, text := range map[string]string{
			"title": r.Title, "text": r.Text, "what": r.What, "inputs": r.Inputs, "heal": r.Heal,
			"source": r.Source, "confidence": r.Confidence,
		} {
			if text == "" {
				t.Errorf("rule %s has no %s", r.ID, name)
			}
		}
	}
	if specified != 340 {
		t.Errorf("%d rules of the specification, want 340", specified)
	}
}

// CHK-1, CHK-2: the rules with a predicate cover both stages of the package, every
// severity that it gives, and every source of data.
func TestCoverage(t *testing.T) {
	t.Parallel()
	severities, needs, levels, n := map[checks.Severity]int{}, map[checks.Needs]int{}, map[checks.Level]int{}, 0
	for _, r := range All() {
		if r.Check == nil {
			continue
		}
		n++
		severities[r.Severity]++
		needs[r.Needs]++
		levels[r.Level]++
	}
	if n < 60 || len(levels) != 2 || levels[checks.LevelFormal] == 0 || levels[checks.LevelContract] == 0 {
		t.Errorf("%d rules, by level %v", n, levels)
	}
	for _, s := range []checks.Severity{checks.Warn, checks.CorrectPartially, checks.CorrectToZero, checks.RejectMessage} {
		if severities[s] == 0 {
			t.Errorf("no rule with severity %s", s)
		}
	}
	for _, need := range []checks.Needs{0, checks.NeedPrices, checks.NeedPayers, checks.NeedProviders, checks.NeedHistory} {
		if needs[need] == 0 {
			t.Errorf("no rule with data source %d", need)
		}
	}
}

// DTA-6: the errors of stages 1 and 2 find their text, severity and remedy.
func TestByID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]checks.Severity{
		"P1003": checks.RejectFile, "P2007": checks.RejectMessage, "P2017": checks.Warn,
		"R-SYN-02": checks.RejectMessage, "P4010": checks.CorrectPartially,
	} {
		r, ok := ByID(id)
		if !ok || r.ID != id || r.Severity != want || r.Text == "" {
			t.Errorf("%s: %+v", id, r)
		}
	}
	if _, ok := ByID("P9999"); ok {
		t.Error("a rule that does not exist was found")
	}
}

// A cause that is no rule, or code without a row, is found here and not in
// operation.
func TestBindings(t *testing.T) {
	t.Parallel()
	bindings := slices.Concat(formal.Bindings(), contract.Bindings())
	for _, b := range bindings {
		for _, cause := range b.Unless {
			if !slices.ContainsFunc(bindings, func(o checks.Binding) bool { return o.ID == cause }) {
				t.Errorf("%s: no rule %s", b.ID, cause)
			}
		}
	}
	if _, err := build([]checks.Binding{{ID: "P9999"}}); err == nil {
		t.Error("code without a row was accepted")
	}
	checks.NewChecker(All(), checks.Options{})
}

// CHK-2: a faulty row is an error that names the rule.
func TestReadRow(t *testing.T) {
	t.Parallel()
	sound := strings.Split("P1,3,ALL,Titel,What,in,warn,Text,none,a,b,SRC,high", ",")
	if _, err := readRow(sound); err != nil {
		t.Error(err)
	}
	for column, value := range map[int]string{1: "5", 2: "302-Z", 6: "ignore"} {
		row := slices.Clone(sound)
		row[column] = value
		if _, err := readRow(row); err == nil {
			t.Errorf("column %d accepted %q", column, value)
		}
	}
}

// CHK-2: every rule without a predicate states where it is decided, or what is missing;
// one with a predicate says at most how it is read.
func TestTreatments(t *testing.T) {
	t.Parallel()
	predicate := map[string]bool{}
	for _, r := range All() {
		if _, ok := TreatmentOf(&r); !ok {
			t.Errorf("rule %s (%s) has neither predicate nor treatment", r.ID, r.Title)
		}
		predicate[r.ID] = r.Check != nil
	}
	for id, treatment := range treatments() {
		if has, known := predicate[id]; !known || has != (treatment.State == Implemented) {
			t.Errorf("treatment of %s is %s, it exists: %t, has a predicate: %t", id, treatment.State, known, has)
		}
	}
}

// CHK-1: a rule of stages 1 and 2 that is decided elsewhere stands in the code that
// decides it.
func TestDecidedElsewhere(t *testing.T) {
	t.Parallel()
	var code strings.Builder
	for _, dir := range []string{"../../dta", "../../app/intake"} {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			data, err := os.ReadFile(path)
			code.Write(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range All() {
		treatment, _ := TreatmentOf(&r)
		refers := strings.Contains(treatment.Note, "(") // to the rule of the procedure
		if r.Level <= checks.LevelSyntax && treatment.State == Elsewhere && !refers && !strings.Contains(code.String(), `"`+r.ID+`"`) {
			t.Errorf("%s: %s, but no code names it", r.ID, treatment.Note)
		}
	}
}
