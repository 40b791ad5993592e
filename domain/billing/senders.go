package billing

import "klarbeleg/domain/calendar"

// SenderRow is what is agreed with one sender of deliveries (DTA-5).
type SenderRow struct {
	IK, Name string
	// PlainAllowed accepts deliveries that are neither signed nor encrypted.
	PlainAllowed bool
	// SignerIKs may sign for the sender besides the sender itself: its service
	// providers.
	SignerIKs []string
	// LegacyUntil is the last day on which algorithms from before the profile are
	// accepted, for reading archives; zero: never.
	LegacyUntil calendar.Date
}

// SenderDirectory knows the senders with whom something is agreed.
type SenderDirectory struct{ senders map[string]SenderRow }

// SendersOf builds a directory; of several rows for an IK the last one counts.
func SendersOf(rows []SenderRow) *SenderDirectory {
	d := &SenderDirectory{senders: make(map[string]SenderRow, len(rows))}
	for _, r := range rows {
		d.senders[r.IK] = r
	}
	return d
}

// Find returns what is agreed with the sender; false if nothing is. A directory
// that was never imported is nil and knows nobody.
func (d *SenderDirectory) Find(ik string) (SenderRow, bool) {
	if d == nil {
		return SenderRow{}, false
	}
	r, ok := d.senders[ik]
	return r, ok
}
