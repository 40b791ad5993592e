package card

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/states/card-order.md")

const diagramFile = "../../docs/states/card-order.md"

// TestStateDiagram keeps docs/states/card-order.md equal to the table.
func TestStateDiagram(t *testing.T) {
	t.Parallel()
	want := diagram()
	if *update {
		if err := os.WriteFile(diagramFile, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(diagramFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/states/card-order.md is stale: run make generate")
	}
}

// diagram renders the table: a mermaid diagram of the changes of state and a
// table of the events that only change flags.
func diagram() string {
	var states, flags strings.Builder
	for _, tr := range transitions {
		label := string(tr.on)
		if tr.on == automatic {
			label = "at once"
		}
		if tr.variant != anyVariant {
			label += ", " + string(tr.variant)
		}
		for _, from := range tr.from {
			if tr.to != "" {
				fmt.Fprintf(&states, "    %s --> %s: %s%s\n", node(from), node(tr.to), label, conditions(tr))
			}
		}
		if tr.to == "" || tr.sets|tr.unsets != 0 {
			fmt.Fprintf(&flags, "| %s | %s | %s | %s |\n", label, join(tr.from), names(tr.needs, "", tr.lacks), names(tr.sets, "+", tr.unsets))
		}
	}
	for _, s := range States() {
		if s != StateExpired && (Order{State: s, ValidTo: 1}).StateOn(2) == StateExpired {
			fmt.Fprintf(&states, "    %s --> %s: after valid_to\n", s, StateExpired)
		}
	}
	return `<!-- Generated from domain/card/table.go by "make generate"; do not edit. -->
# Card order

State is the fold of the accepted events (topic ` + "`cards.orders`" + `). The events of an order
are numbered by their sender: 1, 2, 3 ... without gap.

- An event whose predecessor is missing waits ("parked") until it has come.
- An event that is not possible in the state of the order is refused and kept
  with its reason. It uses up its number: what follows need not wait.
- An event whose number was decided before is refused (` + "`sequence_taken`" + `).
- A message that is no valid event is refused (` + "`schema`" + `, with the path of the
  field) and uses up nothing: it counts as still missing.
- The same event again (same id and content) does nothing.
- A contract cancelled before production ends the order, even if its application
  arrives later. From production on there is a card: the contract ends, the card
  goes on until it expires or is revoked.

` + "```mermaid\nstateDiagram-v2\n" + states.String() + "```" + `

Events that change flags:

| event | in | only if | changes |
|---|---|---|---|
` + flags.String()
}

func node(s State) string {
	if s == StateNone {
		return "[*]"
	}
	return string(s)
}

func conditions(tr transition) string {
	if tr.needs|tr.lacks == 0 {
		return ""
	}
	return " [" + names(tr.needs, "", tr.lacks) + "]"
}

// names lists flags, plus before those set and a minus or "not" before others.
func names(yes Flags, plus string, no Flags) string {
	minus := "not "
	if plus != "" {
		minus = "-"
	}
	var parts []string
	for _, n := range yes.Names() {
		parts = append(parts, plus+n)
	}
	for _, n := range no.Names() {
		parts = append(parts, minus+n)
	}
	return strings.Join(parts, ", ")
}

func join(states []State) string {
	parts := make([]string, len(states))
	for i, s := range states {
		parts[i] = string(s)
	}
	return strings.Join(parts, ", ")
}
