package p300

import "strings"

// statusregel is a row of TA3 11.4: the keys of ZUP-06, ZUP-07, ZUP-08 and the
// first and third place of INV-03 that belong to a status; an empty element
// counts as 0.
type statusregel struct{ status, bvg, gruppe, bedarf, erste, dritte string }

// statusregeln is in the order of TA3 11.4 and never written.
var statusregeln = [...]statusregel{
	{"100", "0", "0", "0", "1", "08"},
	{"300", "0", "0", "0", "3", "08"},
	{"500", "0", "0", "0", "5", "08"},
	{"600", "6", "078", "09", "0135", "068"},
	{"600", "06", "078", "09", "0135", "6"},
	{"650", "0", "078", "09", "0135", "4"},
	{"660", "0", "078", "09", "0135", "9"},
	{"670", "0", "078", "09", "0135", "7"},
	{"710", "0", "7", "0", "1", "08"},
	{"730", "0", "7", "0", "3", "08"},
	{"750", "0", "7", "0", "5", "08"},
	{"790", "0", "7", "9", "0", "08"},
	{"810", "0", "8", "0", "1", "08"},
	{"830", "0", "8", "0", "3", "08"},
	{"850", "0", "8", "0", "5", "08"},
	{"890", "0", "8", "9", "0", "08"},
	{"900", "0", "0", "9", "0", "08"},
}

// Status returns the status under which the invoice counts the prescription
// (GEP-02); 000 where no row fits.
func (v *Verordnung) Status() string {
	s := v.INV.Versichertenstatus
	if len(s) < 3 {
		return "000"
	}
	for i := range statusregeln {
		r := &statusregeln[i]
		if oneOf(v.ZUP.BVGKennzeichen, r.bvg) && oneOf(v.ZUP.StatusgruppeVerordnung, r.gruppe) &&
			oneOf(v.ZUP.Sprechstundenbedarf, r.bedarf) && oneOf(s[:1], r.erste) && oneOf(s[2:3], r.dritte) {
			return r.status
		}
	}
	return "000"
}

func oneOf(key, keys string) bool {
	if key == "" {
		key = "0"
	}
	return strings.Contains(keys, key)
}
