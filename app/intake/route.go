package intake

import (
	"bytes"
	"strings"

	"klarbeleg/dta"
	"klarbeleg/dta/auftrag"
	"klarbeleg/dta/p302"
)

// routeBytes is how much of a payload is looked at to tell its procedure: UNA,
// UNB and the first UNH fit in, with room for line breaks.
const routeBytes = 4096

// procedure is what the engine knows of one procedure of the data exchange.
type procedure struct {
	missingAuftrag func() dta.Error
	read           func(*run, Input) error
}

var procedure302 = procedure{missingAuftrag: p302.MissingAuftrag, read: (*run).read302}

// procedureOf tells the procedure from the first bytes of a payload; nil where
// they do not say.
func procedureOf(head []byte) *procedure {
	if text := bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n"); bytes.HasPrefix(text, []byte("<")) {
		return &procedureTA7
	}
	return procedureOfType(messageType(head))
}

// procedureOfType returns the procedure that has messages of the type; nil if none
// has.
func procedureOfType(messageType string) *procedure {
	for prefix, p := range map[string]*procedure{
		"SLGA": &procedure302, "SLLA": &procedure302,
		"DIR": &procedure295, "DR1": &procedure295, "DR7": &procedure295, "RG": &procedure295, "FHL": &procedure295,
		"ABRP": &procedure300, "RECP": &procedure300, "FEPP": &procedure300, "KOTR": &procedure300,
	} {
		if strings.HasPrefix(messageType, prefix) {
			return p
		}
	}
	return nil
}

// claimedProcedure returns the procedure that the Auftragsdatei names
// (VERFAHREN_KENNUNG, such as ESOL0); nil if it is unknown.
func claimedProcedure(a *auftrag.Auftrag) *procedure {
	if len(a.VerfahrenKennung) < 4 {
		return nil
	}
	switch a.VerfahrenKennung[1:4] {
	case "SOL":
		return &procedure302
	case "APO":
		return &procedure300
	case "DRI", "DRB", "DRC", "DRM", "DRS":
		return &procedure295
	}
	return nil
}

// messageType returns the type of the first EDIFACT message (UNH.2), "" if there
// is none.
func messageType(head []byte) string {
	_, unh, _ := bytes.Cut(head, []byte("UNH+"))
	_, unh, _ = bytes.Cut(unh, []byte("+"))
	end := bytes.IndexAny(unh, ":+'")
	if end < 0 {
		return ""
	}
	return string(unh[:end])
}
