package gen

import (
	"slices"
	"strings"

	"klarbeleg/dta/p302"
)

// Effect is what a fault costs the provider.
type Effect uint8

// The effects, from nothing to everything.
const (
	Warns          Effect = iota
	TakesExcess           // what the case demands beyond the same case without the fault
	TakesLine             // what the first line demands
	TakesPart             // the trip
	TakesCase             // all that the case demands
	TakesInvoice          // all that the cases of the invoice demand
	RefusesInvoice        // the invoice is not processed
	RefusesSammel         // nor all others of its Sammelrechnung
)

// FaultKind is a single fault that can be injected at a case.
type FaultKind struct {
	Name    string
	Rule    string // the rule that must find it
	Gruppen string // the Sammelgruppen that can have it
	Effect  Effect
	Milder  bool // the rule does no more than warn of it
	// Sammel tells that it needs a Sammelrechnung, Einzeln that there must be none.
	Sammel, Einzeln bool

	needsPrevious bool                    // a case before in the invoice
	needsInvoice  bool                    // an invoice before in the file
	part          int                     // of TakesPart
	listed        string                  // number that the contract has too, so that nothing else is wrong with it
	line          int                     // of the finding, from 0; or noLine, lastLine
	setup         func(*parts)            // what the case needs besides; no fault
	onCase        func(*parts)            // before the sums of the case are made
	onSums        func(*parts)            // after them
	onInvoice     func(*invoice)          // after the sums of the invoice are made
	onSammel      func(*p302.SLGA)        // after the sums of the Sammelrechnung are made
	onSegments    func([][]byte) [][]byte // the segments of the case, without terminators
}

// The Sammelgruppen that have what faults change.
const (
	allGroups = "ABCDEFGHIJKLMNOPQRS"
	groupsOfG = "GHIJKLMN" // in one layout
	withOrder = "ABCDEGHIJKLMNOR"
	withVAT   = "AEFGHIJKLMN"
)

// FaultsFor returns the faults that can be injected in a Sammelgruppe.
func FaultsFor(group byte) []FaultKind {
	var out []FaultKind
	for _, list := range [][]FaultKind{
		caseFaults(), dateFaults(), keyFaults(), approvalFaults(), sumFaults(), invoiceFaults(), aidFaults(), therapyFaults(), tripFaults(), careFaults(), segmentFaults(),
	} {
		for _, k := range list {
			if strings.IndexByte(k.Gruppen, group) >= 0 {
				out = append(out, k)
			}
		}
	}
	return out
}

func faultOf(group byte, name string) (*FaultKind, bool) {
	list := FaultsFor(group)
	i := slices.IndexFunc(list, func(k FaultKind) bool { return k.Name == name })
	if i < 0 {
		return nil, false
	}
	return &list[i], true
}

// twin says how a case is made to see what a fault takes.
type twin uint8

const (
	asBilled twin = iota
	withoutFault
	withoutLine
	withoutPart
)

// taken returns what the fault of a case takes, from the case's own arithmetic: the
// same case is made without the fault, or without its first line.
func (g *generator) taken(k *FaultKind, billed p302.Cent, twinOf func(twin) *caseBuilder) p302.Cent {
	demand := func(t twin) p302.Cent {
		_, sum := twinOf(t).build(g.o.Gruppe)
		return line("00", sum, g.o.Verarbeitung).Gesamtrechnungsbetrag
	}
	switch k.Effect {
	case TakesExcess:
		return max(0, billed-demand(withoutFault))
	case TakesLine:
		c := twinOf(asBilled)
		c.build(g.o.Gruppe)
		if c.made.regroups {
			return max(0, billed-demand(withoutLine))
		}
		lines := c.made.lines()
		l := lines[0]
		if k.line == lastLine {
			l = lines[len(lines)-1]
		}
		gross, copay := l.amount()
		return min(gross-copay, billed)
	case TakesPart:
		return max(0, billed-demand(withoutPart))
	case TakesCase:
		return billed
	default:
		return 0
	}
}
