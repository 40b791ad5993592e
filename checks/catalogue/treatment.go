package catalogue

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"sync"

	"klarbeleg/checks"
)

// State says where a rule is decided.
type State string

// States: a predicate of this program's rules decides; another part of the program
// does; data are needed that nobody delivers; not yet decided.
const (
	Implemented State = "implemented"
	Elsewhere   State = "elsewhere"
	NoData      State = "no_data"
	Open        State = "open"
)

// Treatment is the state of a rule and in German where it is decided, which data are
// missing, what is missing in the program, or how an implemented rule is read where the
// specification leaves that open; "" where nothing is to be said.
type Treatment struct {
	State State
	Note  string
}

// treatments reads treatment.csv. It panics on a fault in the table, which is part of
// the program.
var treatments = sync.OnceValue(func() map[string]Treatment {
	data, err := tables.ReadFile("treatment.csv")
	if err != nil {
		panic(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		panic(err)
	}
	list := make(map[string]Treatment, len(lines))
	for _, line := range lines[1:] {
		t := Treatment{State(line[1]), line[2]}
		if t.State != Implemented && t.State != Elsewhere && t.State != NoData && t.State != Open || t.Note == "" {
			panic(fmt.Sprintf("catalogue: treatment of %s: %q, %q", line[0], t.State, t.Note))
		}
		list[line[0]] = t
	}
	return list
})

// TreatmentOf returns how a rule is treated; ok is false if nothing is stated, which is
// a fault of the catalogue.
func TreatmentOf(r *checks.Rule) (t Treatment, ok bool) {
	t, ok = treatments()[r.ID]
	if r.Check != nil {
		return Treatment{Implemented, t.Note}, true
	}
	return t, ok
}
