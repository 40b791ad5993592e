package p300

// segID is a segment tag of the catalogue, the index of its table.
type segID uint8

// elementKind is the type of an element.
type elementKind uint8

const (
	kindAn      elementKind = iota
	kindN                   // digits
	kindDecimal             // digits, comma, digits; may be negative
	kindDate                // JJJJMMTT
	kindMonth               // JJJJMMTT, JJJJMM00 where the day is not legible
	kindBirth               // JJJJMMTT, 00000000, or 00JJMMTT
	kindTime                // HHMM
	kindSeconds             // HHMMSS
)

// elementSpec is one element or component of a segment. The length of a decimal
// counts digits and comma, not the sign (TA3 5.2).
type elementSpec struct {
	name               string
	position           string // official, the tag counts as 01: EFP-04
	element, component uint8  // component 0: the element is no composite
	kind               elementKind
	decimals           uint8
	min, max           uint8
	mandatory          bool
	positive, unsigned bool     // > 0, >= 0
	keys               []string // nil: no key list
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

// node is one row of the structure table; rows are in order, children behind
// their parent.
type node struct {
	seg      segID
	parent   int // index in the structure; noNode: the message
	min, max int32
}

// version is a message version with its validity by the month of REC-05
// (TA3 5.3). read tells whether its layout is built in.
type version struct {
	typ, number string
	from, until int32 // yyyymm
	read        bool
}

// versions is never written.
var versions = [...]version{
	{"ABRP", "19", 201707, 202106, false},
	{"ABRP", "20", 202107, 202206, false},
	{"ABRP", "21", 202207, 999912, true},
	{"RECP", "07", 201001, 201706, false},
	{"RECP", "08", 201707, 999912, true},
}

// versionOf returns the version of a message type; the zero value is read by
// nobody and valid in no month.
func versionOf(typ, number string) version {
	for _, v := range versions {
		if v.typ == typ && v.number == number {
			return v
		}
	}
	return version{}
}

// sonderkennzeichenRow is a row of TA1 Anhang 1 or 2; dates are those of
// dispensing, 0 says open.
type sonderkennzeichenRow struct {
	nummer, ust, eRezept, zusatzdaten string
	von, bis                          Datum
}
