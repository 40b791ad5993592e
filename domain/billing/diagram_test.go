package billing

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

//go:generate go test -run ^TestCaseDiagram$ . -update

var update = flag.Bool("update", false, "write docs/states/correction-case.md")

const diagramFile = "../../docs/states/correction-case.md"

// COR-2: docs/states/correction-case.md equals the table of transitions.
func TestCaseDiagram(t *testing.T) {
	t.Parallel()
	want := caseDiagram()
	if *update {
		if err := os.WriteFile(diagramFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(diagramFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/states/correction-case.md is stale: run make generate")
	}
}

func caseDiagram() string {
	labels := map[CaseEvent]string{
		CaseStart:    "user starts work",
		CaseComplete: "user completes, all corrections corrected",
		CaseExpire:   "deadline passes (COR-8)",
	}
	var moves strings.Builder
	for _, from := range slices.Sorted(maps.Keys(caseTransitions)) {
		for _, event := range slices.Sorted(maps.Keys(caseTransitions[from])) {
			fmt.Fprintf(&moves, "    %s --> %s: %s\n", from, caseTransitions[from][event], labels[event])
		}
	}
	return `<!-- Generated from domain/billing/state.go by "make generate"; do not edit. -->
# Correction case

What a provider works on: the corrections of one billing case (COR-2).

` + "```mermaid\nstateDiagram-v2\n    [*] --> " + string(CaseNew) + ": provided\n" + moves.String() +
		"    " + string(CaseCompleted) + " --> [*]: visible time is over (COR-10)\n```" + `

- A case can be worked on until the end of the Berlin day three months after its
  provision (` + "`editable_until`" + ` is the first instant after it). The job ` + "`expire`" + `
  then completes it; completion counts from the deadline, not from the job's run.
- A completed case is read-only and visible until the end of the Berlin day three
  months after its completion (` + "`visible_until`" + `). Nothing has to run for it to
  disappear: readers compare the instant.
- Both periods are settings; months are counted as in §§ 187-188 BGB.
`
}
