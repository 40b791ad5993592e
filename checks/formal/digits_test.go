package formal_test

import (
	"testing"

	"klarbeleg/checks/formal"
)

// CHK-1: the check digits with the test values of spec/checks section 3; the wrong
// ones differ in one digit.
func TestCheckDigits(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name         string
		valid        func(string) bool
		right, wrong []string
	}{
		{
			"IK", formal.ValidIK,
			[]string{
				"260326822", "109500969", "108018007", "101575519", "104212505", "990000011", "990000022",
				"991234561", "998887771", "449900019",
			},
			[]string{"260326823", "990000012", "26032682", "2603268222", "26032682x", ""},
		},
		{
			"KVNR", formal.ValidKVNR,
			[]string{
				"A123456780", "X110411675", "T555558879", "M310119802", "K220635158", "S040464113",
				"Z000000017", "Q987654322", "B987654320", "M555555551",
			},
			[]string{"A123456789", "B987654321", "a123456780", "Ä123456780", "G995030567", "123456789", ""},
		},
		{
			"LANR", formal.ValidLANR,
			[]string{"838382202", "123456601", "987654401", "654321101", "555555501", "999999900", "444444401", "999999999"},
			[]string{"838382302", "83838220", "83838220A", ""},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, s := range tc.right {
				if !tc.valid(s) {
					t.Errorf("%s is refused", s)
				}
			}
			for _, s := range tc.wrong {
				if tc.valid(s) {
					t.Errorf("%q is accepted", s)
				}
			}
		})
	}
}
