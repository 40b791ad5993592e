package p302

import "klarbeleg/dta"

// MessageKind is the message type of UNH.2.1.
type MessageKind uint8

// The message types.
const (
	KindSLGA MessageKind = iota + 1
	KindSLLA
)

// String returns SLGA or SLLA, "" for an unreadable type.
func (k MessageKind) String() string {
	switch k {
	case KindSLGA:
		return "SLGA"
	case KindSLLA:
		return "SLLA"
	}
	return ""
}

// Message is one message UNH..UNT. SLGA and SLLA point into buffers of the
// reader and are valid until its next Next; their strings stay valid.
type Message struct {
	Index  int         // from 1
	Kind   MessageKind // 0: not readable as SLGA or SLLA
	UNH    UNH
	SLGA   *SLGA       // nil unless Kind is KindSLGA and the version is readable
	SLLA   *SLLA       // nil unless Kind is KindSLLA and the version is readable
	Von    Ort         // the UNH
	Bis    Ort         // the last segment; Offset behind its terminator
	Errors []dta.Error // of this message, warnings included; valid until the next Next
	// Rejected tells that an error rejects the message. Its typed content may
	// then have gaps and is not fit for checking.
	Rejected bool
}

// Stats counts what was read.
type Stats struct {
	Bytes    int64
	Segments int
	Messages int
}
