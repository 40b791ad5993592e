package p302

import (
	"slices"
	"strconv"
	"strings"

	"klarbeleg/dta"
)

// segID is a segment tag of the catalogue.
type segID uint8

// elementKind is the type of an element.
type elementKind uint8

const (
	kindAn elementKind = iota
	kindN
	kindDecimal
	kindDate
	kindTime
)

// elementSpec is one element or component of a segment. For kindDecimal max is
// the number of digits before the comma; all decimals have two places. slot is
// its place in the layout of the newest version, which the Go types have.
type elementSpec struct {
	name      string
	element   uint8
	component uint8 // 0: the element is no composite
	slot      uint8
	kind      elementKind
	min, max  uint16
	mandatory bool
}

// segmentSpec is the element table of a segment. first has the index of every
// element's first component and, at its end, the number of components.
type segmentSpec struct {
	tag      string
	id       segID
	first    []uint8
	elements []elementSpec
	older    bool // not the newest version's: slots may be missing
}

// at returns the element of a slot; nil if the version does not have it.
func (s *segmentSpec) at(slot int) *elementSpec {
	if slot < len(s.elements) && int(s.elements[slot].slot) == slot {
		return &s.elements[slot]
	}
	i := slices.IndexFunc(s.elements, func(e elementSpec) bool { return int(e.slot) == slot })
	if i < 0 {
		return nil
	}
	return &s.elements[i]
}

// unbounded stands for the n of the structure table.
const unbounded = 1 << 30

// node is one row of the structure table.
type node struct {
	seg      segID
	spec     int
	parent   int // index in the structure; -1: the message
	order    int
	min, max int
}

// structure is the structure table of one message type and group.
type structure struct {
	kind  MessageKind
	group byte // ' ': all
	nodes []node
}

// version is a message version with its validity by the UNB date.
type version struct {
	number      string
	from, until Datum
}

// The versions whose layouts are built in.
const (
	newestVersion = 21
	oldestVersion = 16
)

// change is what a message version until the given one has otherwise than the
// newest: an element or, with element 0, a segment that does not exist, or an
// element's length. group is that of a Sammelgruppe that does not exist.
type change struct {
	group    byte
	spec     int
	element  uint8
	until    int
	min, max uint16
}

// layout holds the element tables of a message version; nil stands for a segment
// that the version does not have.
type layout struct {
	version int
	specs   []*segmentSpec
}

// newLayout returns the layout of a version, or nil if it is not built in.
func newLayout(number string) *layout {
	v, err := strconv.Atoi(number)
	if err != nil || len(number) != 2 || v < oldestVersion || v > newestVersion {
		return nil
	}
	l := &layout{version: v, specs: make([]*segmentSpec, len(segmentSpecs))}
	for i := range segmentSpecs {
		l.specs[i] = &segmentSpecs[i]
	}
	for i := len(changes) - 1; i >= 0; i-- { // from behind: removing moves what follows
		if c := &changes[i]; c.group == 0 && v <= c.until {
			l.apply(c)
		}
	}
	return l
}

// apply makes one segment of the layout what it was.
func (l *layout) apply(c *change) {
	old := l.specs[c.spec]
	if c.element == 0 || old == nil {
		l.specs[c.spec] = nil
		return
	}
	s := &segmentSpec{tag: old.tag, id: old.id, older: true}
	for _, e := range old.elements {
		switch {
		case e.element == c.element && c.max == 0:
			continue
		case e.element == c.element:
			e.min, e.max = c.min, c.max
		case e.element > c.element && c.max == 0:
			e.element--
		}
		if int(e.element) > len(s.first) {
			s.first = append(s.first, uint8(len(s.elements)))
		}
		s.elements = append(s.elements, e)
	}
	s.first = append(s.first, uint8(len(s.elements)))
	l.specs[c.spec] = s
}

// hasGroup tells whether the version has the Sammelgruppe.
func (l *layout) hasGroup(group byte) bool {
	return !slices.ContainsFunc(changes[:], func(c change) bool { return c.group == group && l.version <= c.until })
}

// versionOf returns the row of a version number.
func versionOf(number string) (version, bool) {
	for _, v := range versions {
		if v.number == number {
			return v, true
		}
	}
	return version{}, false
}

// isFuture tells whether the number is that of a version after the newest known.
func isFuture(number string) bool {
	n, ok := dta.Digits(number, len(number))
	return ok && n > newestVersion
}

// structureOf returns the structure table of a message, nil if there is none.
func structureOf(kind MessageKind, group byte) []node {
	for i := range structures {
		s := &structures[i]
		if s.kind == kind && (s.group == ' ' || s.group == group) {
			return s.nodes
		}
	}
	return nil
}

// isGroup tells whether a Leistungsbereich names a Sammelgruppe.
func isGroup(s string) bool { return len(s) == 1 && strings.Contains("ABCDEFGHIJKLMNOPQRS", s) }
