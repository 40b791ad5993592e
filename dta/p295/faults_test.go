package p295

import (
	"fmt"
	"strings"
	"testing"

	"klarbeleg/dta"
)

// findings reads a file and returns all findings in order of message, then file.
func findings(t testing.TB, raw string, o Options) []dta.Error {
	t.Helper()
	r := NewReader(strings.NewReader(raw), o)
	var errs []dta.Error
	for r.Next() {
		n := r.Nachricht()
		rejected := false
		for _, e := range n.Errors {
			rejected = rejected || e.Severity == dta.RejectMessage
			if e.Scope != dta.ScopeMessage || e.Message != n.Index {
				t.Errorf("%v: scope %s, message %d in message %d", e, e.Scope, e.Message, n.Index)
			}
		}
		if rejected != n.Rejected {
			t.Errorf("message %d: rejected %v, findings %v", n.Index, n.Rejected, n.Errors)
		}
		errs = append(errs, n.Errors...)
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	rejected := false
	for _, e := range r.Errors() {
		rejected = rejected || e.Severity == dta.RejectFile
	}
	if rejected != r.Rejected() {
		t.Errorf("file: rejected %v, findings %v", r.Rejected(), r.Errors())
	}
	return append(errs, r.Errors()...)
}

// faultCase is one change of the normal example and the only finding it makes.
// old is replaced where it first occurs, a reference everywhere; at is a text in
// the changed file at which the finding must point, "" for a finding without
// such a place. A case without code makes no finding.
type faultCase struct {
	name     string
	old, new string
	code     string
	severity dta.Severity
	tag      string
	element  int
	at       string
}

const (
	warn    = dta.Warn
	message = dta.RejectMessage
	file    = dta.RejectFile
)

// Segments of the example that cases remove or change.
const (
	segIVK = "IVK+10+01+669990314+109990018+99999999999999+109990029'\r\n"
	segIBH = "IBH+123456601+721111100'\r\n"
	segINF = "INF+140A2026MUSTER++0:8+V140A-0001'\r\n"
	segDIA = "DIA+H36.0:G:R'\r\n"
	segFKI = "FKI+181,00++++10,00+10,00+171,00"
	segRGI = "RGI+20261001:20261031+1+669990314+IV-2026-0001+20261105++000'\r\n"
)

func fileFaults() []faultCase {
	return []faultCase{
		{"other separators", "UNA:+,? '", "UNA:*,? '", CodeDatei, file, "", 0, ""},
		{"point in UNA", "UNA:+,", "UNA:+.", "", 0, "", 0, ""},
		{"no UNB", "UNB+", "UNX+", CodeDatei, file, "UNX", 0, "UNX"},
		{"syntax", "UNOC:3", "UNOB:3", CodeDatei, file, "UNB", 1, "UNOB"},
		{"sender missing", "UNOC:3+669990314", "UNOC:3+", CodeDatei, file, "UNB", 2, "UNB"},
		{"sender's check digit", "+669990314+109990", "+669990315+109990", CodeDatei, file, "UNB", 2, "669990315"},
		{"date", "20261105:1010", "20261305:1010", CodeDatei, file, "UNB", 4, "20261305"},
		{"time", "20261105:1010", "20261105:2410", CodeDatei, file, "UNB", 4, "2410"},
		{"Dateinummer", "+00005", "+0000X", CodeDatei, file, "UNB", 0, "UNB"},
		{"Dateinummer zero", "+00005", "+00000", CodeDatei, file, "UNB", 0, "UNB"},
		{"procedure in the name", "EDRI0052610", "EDIR0052610", CodeDatei, file, "UNB", 0, "UNB"},
		{"month in the name", "EDRI0052610", "EDRI0052613", CodeDatei, file, "UNB", 0, "UNB"},
		{"quarter in the name", "EDRI0052610", "EDRI00526Q4", "", 0, "", 0, ""},
		{"fifth quarter in the name", "EDRI0052610", "EDRI00526Q5", CodeDatei, file, "UNB", 0, "UNB"},
		{"correction delivery of a test", "EDRI0052610", "TDRIA052610+1", "", 0, "", 0, ""},
		{"test mark that is none", "EDRI0052610", "EDRI0052610+2", CodeDatei, file, "UNB", 7, "2'\r\nUNH"},
		{"test and live", "EDRI0052610", "EDRI0052610+1", CodeDatei, warn, "UNB", 0, "UNB"},
		{"count of messages", "UNZ+2", "UNZ+3", CodeDateiende, file, "UNZ", 0, "UNZ"},
		{"other Dateinummer", "UNZ+2+00005", "UNZ+2+00006", CodeDateiende, file, "UNZ", 0, "UNZ"},
		{"no UNZ", "UNZ+2+00005'\r\n", "", CodeDateiende, file, "", 0, ""},
		{"behind UNZ", "UNZ+2+00005'", "UNZ+2+00005'UNZ+2+00005'", CodeDateiende, file, "UNZ", 0, "UNZ+2+00005'\r\n"},
		{"segments outside of messages", "UNZ+2", "INF+1'INF+2'UNZ+2", CodeDateiende, file, "INF", 0, "INF+1'INF"},
		{"UTF-8", "Muster:", "M\xC3\xBCster:", CodeDatei, file, "INV", 0, "\xC3"},
	}
}

func frameFaults() []faultCase {
	return []faultCase{
		{"segment count", "UNT+12", "UNT+10", CodeNachricht, message, "UNT", 0, "UNT+10+9900000001"},
		{"reference in UNT", "UNT+12+9900000001", "UNT+12+9900000009", CodeNachricht, message, "UNT", 0, "UNT"},
		{"gap in the references", "9900000002", "9900000003", CodeNachricht, message, "UNH", 0, "UNH+9900000003"},
		{"reference without 00", "9900000001", "9901000001", CodeNachricht, message, "UNH", 0, "UNH"},
		{"reference too short", "9900000001", "990000001", CodeNachricht, message, "UNH", 1, "990000001+"},
		{"count in UNH", "DIR140:6:0:DR'", "DIR140:6:0:DR+12+9900000001'", "", 0, "", 0, ""},
		{"wrong count in UNH", "DIR140:6:0:DR'", "DIR140:6:0:DR+11'", CodeNachricht, warn, "UNT", 0, "UNT"},
		{"unknown type", "DIR140:6", "DIR141:6", CodeTyp, message, "UNH", 0, "UNH"},
		{"Sammelrechnung", "DIR140:6", "RGS140:6", CodeTyp, message, "UNH", 0, "UNH"},
		{"old version", "DIR140:6", "DIR140:5", CodeTyp, message, "UNH", 0, "UNH"},
		{"future version", "DIR140:6", "DIR140:11", CodeTyp, message, "UNH", 0, "UNH"},
		{"release", ":6:0:DR", ":6:1:DR", CodeTyp, message, "UNH", 2, "1:DR"},
		{"organisation", ":6:0:DR", ":6:0:DX", CodeTyp, message, "UNH", 2, "DX"},
		{"no IVK", segIVK, "", CodeSegmentfolge, message, "IBH", 0, "IBH"},
		{"no physician", segIBH, "", CodeSegmentfolge, message, "INF", 0, "INF"},
		{"no INF", segINF, "", CodeSegmentfolge, message, "INV", 0, "INV"},
		{"no diagnosis", segDIA, "", CodeSegmentfolge, warn, "ABR", 0, "ABR"},
		{"no RGI", segRGI, "", CodeSegmentfolge, message, "UNT", 0, "UNT"},
		{"two INF", segINF, segINF + "INF+2++0:8'", CodeSegmentfolge, message, "INF", 0, "INF+2"},
		{"IBH and IBL", "INF+", "IBL+x'INF+", CodeSegmentfolge, message, "IBL", 0, "IBL"},
		{"IBL", segIBH, "IBL+irgend:was'", "", 0, "", 0, ""},
		{"FKI in front", segIBH, segFKI + "'" + segIBH, CodeSegmentfolge, message, "IBH", 0, "IBH"},
		{"unknown segment", "DIA+", "XYZ+1'DIA+", CodeSegmentfolge, message, "XYZ", 0, "XYZ"},
		{"unknown segment before IBH", "IBH+", "ZZZ+1'IBH+", CodeSegmentfolge, message, "ZZZ", 0, "ZZZ"},
		{"torn tag", "DIA+", "Muster+1'DIA+", CodeSegmentfolge, message, "", 0, "Muster+1"},
		{"dentist", segIBH, "ZAH+123'", CodeSegmentfolge, warn, "ZAH", 0, "ZAH"},
		{"empty segment", "DIA+", "'DIA+", CodeElement, warn, "", 0, "'DIA"},
	}
}

func elementFaults() []faultCase {
	return []faultCase{
		{"too long", "Muster:", strings.Repeat("x", 46) + ":", CodeElement, message, "INV", 3, "xxx"},
		{"too short", "721111100", "72111110", CodeElement, message, "IBH", 2, "72111110"},
		{"mandatory", "+Muster:Anna:", "+Muster::", CodeElement, message, "INV", 3, "INV"},
		{"half a group", "1:00:00", "1:00", CodeElement, message, "INV", 1, "INV"},
		{"no group", "1:00:00", "", "", 0, "", 0, ""},
		{"no digits", "+1+120,00", "+x+120,00", CodeElement, message, "ABR", 5, "x+120"},
		{"Anzahl 0", "+1+120,00", "+0+120,00", CodeElement, message, "ABR", 5, "0+120"},
		{"point", "+1+120,00", "+1+120.00", CodeElement, message, "ABR", 6, "120.00"},
		{"one decimal place", "+1+120,00", "+1+120,0", CodeElement, message, "ABR", 6, "120,0+"},
		{"minus", "FKI+181,00", "FKI+-181,00", CodeElement, message, "FKI", 1, "-181"},
		{"no calendar date", "MND+10,00+11+20261006", "MND+10,00+11+20261032", CodeElement, message, "MND", 3, "20261032"},
		{"hour 24", "+++++20261006'", "+++++20261006+2400'", CodeElement, message, "ABR", 12, "2400"},
		{"birth date", "19580412", "19581312", CodeElement, message, "INV", 3, "19581312"},
		{"birth date without day", "19580412", "19580400", "", 0, "", 0, ""},
		{"control character", "Muster:", "Mus\tter:", CodeElement, message, "INV", 0, "\tter"},
		{"control character of the upper half", "Muster:", "Mus\x85ter:", CodeElement, message, "INV", 0, "\x85ter"},
		{"release without need", "Muster:", "Must?er:", CodeElement, warn, "INV", 0, "?er"},
		{"element behind the last", "++000'", "++000+neu'", CodeElement, warn, "RGI", 8, "neu"},
		{"component behind the last", "H36.0:G:R'", "H36.0:G:R::neu'", CodeElement, warn, "DIA", 1, "neu"},
		{"too many elements", "++000'", "++000" + strings.Repeat("+", 70) + "x'", CodeElement, message, "RGI", 0, "RGI"},
		{"card's validity", "+1+++79312", "+1+1226++79312", CodeElement, warn, "INV", 0, "INV"},
		{"other sender", "IVK+10+01+669990314", "IVK+10+01+109990018", CodeElement, warn, "IVK", 0, "IVK"},
		{"physician's check digit", "123456601", "123456701", CodePruefziffer, message, "IBH", 1, "123456701"},
		{"pseudo physician", "123456601", "555555300", "", 0, "", 0, ""},
		{"insurance number's check digit", "A123456780", "A123456781", CodePruefziffer, message, "INV", 2, "A123456781"},
		{"payer's check digit", "109990018+9999", "109990019+9999", CodePruefziffer, message, "IVK", 4, "109990019"},
		{"sex", ":19580412+1", ":19580412+5", CodeSchluessel, message, "INV", 4, "5+++79312"},
		{"certainty", "H36.0:G", "H36.0:X", CodeSchluessel, message, "DIA", 1, "X:R"},
		{"kind of reduction", "MND+10,00+11", "MND+10,00+10", CodeSchluessel, message, "MND", 2, "10+20261006'\r\nFKI"},
		{"DMP to come", "1:00:00", "1:00:12", CodeSchluessel, warn, "INV", 1, "12+A"},
		{"CHK-9 Korrektur", "IVK+10", "IVK+40", CodeKorrektur, message, "IVK", 1, "IVK"},
		{"CHK-9 Storno", "IVK+10", "IVK+30", "", 0, "", 0, ""},
		{"unknown processing", "IVK+10", "IVK+20", CodeKennzeichen, message, "IVK", 1, "IVK"},
	}
}

func contentFaults() []faultCase {
	return []faultCase{
		{"service before the period", "+++++20261006", "+++++20260930", CodeDatum, message, "ABR", 11, "ABR"},
		{"service on the first day", "+++++20261006", "+++++20261001", "", 0, "", 0, ""},
		{"service behind the period", "+++++20261006", "+++++20261101", CodeDatum, message, "ABR", 11, "ABR"},
		{"last day before the first", "+++++20261006'", "+++++20261006++20261005'", CodeDatum, message, "ABR", 13, "ABR"},
		{"last day is the first", "+++++20261006'", "+++++20261006++20261006'", "", 0, "", 0, ""},
		{"invoice of tomorrow", "IV-2026-0001+20261105", "IV-2026-0001+20261106", CodeDatum, message, "RGI", 5, "RGI"},
		{"reduction of tomorrow", "11+20261006", "11+20261106", CodeDatum, message, "MND", 3, "MND"},
		{"no contract number", "0:8+V140A-0001", "0:8", CodeVertragsnummer, message, "INF", 4, "INF"},
		{"other contract", "0:8", "0:7", CodeInanspruchnahme, warn, "INF", 3, "INF"},
		{"sum missing", "FKI+181,00", "FKI+", CodeSummeFehlt, message, "FKI", 1, "FKI"},
		{"material without sum", "+120,00+++++", "+120,00+++1,00++", CodeSummeFehlt, message, "FKI", 3, "FKI"},
		{"gross by a cent", segFKI, "FKI+181,01++++10,00+10,00+171,01", CodeBrutto, message, "FKI", 1, "FKI"},
		{"gross of number times value", segFKI, "FKI+242,00++++10,00+10,00+232,00", CodeBrutto, warn, "FKI", 1, "FKI"},
		{"material without parts", "FKI+181,00++", "FKI+181,00++20,00", CodeMinderungen, warn, "FKI", 3, "FKI"},
		{"reductions", segFKI, "FKI+181,00++++10,00+10,01+171,00", CodeMinderungen, warn, "FKI", 6, "FKI"},
		{"copayment", segFKI, "FKI+181,00++++9,99+10,00+171,00", CodeMinderungen, warn, "FKI", 5, "FKI"},
		{"net by a cent", "10,00+171,00", "10,00+171,01", CodeNetto, message, "FKI", 7, "FKI"},
	}
}

// DTA-4, DTA-6, CHK-1: every single fault makes exactly its finding, with place.
func TestSingleFaults(t *testing.T) {
	t.Parallel()
	raw := example(t, exNormal)
	for _, group := range [][]faultCase{fileFaults(), frameFaults(), elementFaults(), contentFaults()} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				if !strings.Contains(raw, c.old) {
					t.Fatalf("the example does not hold %q", c.old)
				}
				times := 1
				if strings.HasPrefix(c.old, "99000") || c.old == "+00005" {
					times = -1
				}
				changed := strings.Replace(raw, c.old, c.new, times)
				if c.code != CodeNachricht {
					changed = recount(changed)
				}
				c.verify(t, changed, findings(t, changed, Options{}))
			})
		}
	}
}

func (c faultCase) verify(t *testing.T, changed string, errs []dta.Error) {
	t.Helper()
	if c.code == "" && len(errs) == 0 {
		return
	}
	if len(errs) != 1 {
		t.Fatalf("%d findings: %v\n%s", len(errs), errs, changed)
	}
	e := errs[0]
	if e.Code != c.code || e.Severity != c.severity || e.Tag != c.tag || e.Element != c.element || e.Text() == "" {
		t.Errorf("%v %s element %d: %s", e, e.Severity, e.Element, e.Text())
	}
	if said := e.Error() + e.Text(); strings.Contains(said, "Muster") || len(e.Value()) > 2 && strings.Contains(said, e.Value()) {
		t.Errorf("the finding shows a value: %v: %s", e, e.Text())
	}
	if c.at == "" {
		return
	}
	at := strings.Index(changed, c.at)
	if at < 0 || e.Offset != int64(at) {
		t.Errorf("offset %d, want %d", e.Offset, at)
	}
	if n := segmentAt(changed, at); e.Segment != n {
		t.Errorf("segment %d, want %d", e.Segment, n)
	}
}

// segmentAt returns the number of the segment that holds the offset.
func segmentAt(raw string, offset int) int {
	var tok dta.Tokenizer
	n := 0
	for tok.Reset(raw); tok.Next() && tok.Start() <= offset; {
		n++
	}
	return n
}

// recount makes the UNT of the first message true again.
func recount(raw string) string {
	var tok dta.Tokenizer
	var out strings.Builder
	at, n := 0, 0
	for tok.Reset(raw); tok.Next(); {
		s := raw[tok.Start():tok.End()]
		out.WriteString(raw[at:tok.Start()])
		at = tok.End()
		switch tok.Tag() {
		case "UNH":
			n = 1
		case "":
		default:
			n++
		}
		if reference, ok := strings.CutPrefix(s, "UNT+12"); ok {
			s = fmt.Sprintf("UNT+%d%s", n, reference)
		}
		out.WriteString(s)
	}
	return out.String() + raw[at:]
}
