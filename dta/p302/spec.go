package p302

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
// the number of digits before the comma; all decimals have two places.
type elementSpec struct {
	name      string
	element   uint8
	component uint8 // 0: the element is no composite
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

// layoutVersion is the only version whose layouts are built in.
const layoutVersion = "21"

// versionOf returns the row of a version number.
func versionOf(number string) (version, bool) {
	for _, v := range versions {
		if v.number == number {
			return v, true
		}
	}
	return version{}, false
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
