package p302

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"klarbeleg/dta"
)

// The example files by what they show.
const (
	exA   = "302-a-hilfsmittel-ra2-vk01"
	exB   = "302-b-heilmittel-ra3-vk01"
	exB03 = "302-b-heilmittel-ra3-vk03"
	exB04 = "302-b-heilmittel-ra3-vk04"
	exE   = "302-e-krankentransport-ra1-vk01"
)

// edit is a change of a file: the n-th occurrence of old (from 1; 0 is the
// first) becomes new.
type edit struct {
	old, new string
	n        int
}

func (e edit) apply(t *testing.T, raw string) string {
	t.Helper()
	at := 0
	for range max(e.n, 1) {
		i := strings.Index(raw[at:], e.old)
		if i < 0 {
			t.Fatalf("the example does not hold %q", e.old)
		}
		at += i + 1
	}
	at--
	return raw[:at] + e.new + raw[at+len(e.old):]
}

// segmentsOf returns the segments of a file with their offsets.
func segmentsOf(raw string) (segments []string, offsets []int) {
	var tok dta.Tokenizer
	for tok.Reset(raw); tok.Next(); {
		segments, offsets = append(segments, raw[tok.Start():tok.End()]), append(offsets, tok.Start())
	}
	return segments, offsets
}

// recount makes every UNT true again.
func recount(raw string) string {
	segments, offsets := segmentsOf(raw)
	var out strings.Builder
	at, n := 0, 0
	for i, s := range segments {
		out.WriteString(raw[at:offsets[i]])
		at = offsets[i] + len(s)
		n++
		switch {
		case strings.HasPrefix(s, "UNH"):
			n = 1
		case strings.HasPrefix(s, "UNT"):
			s = fmt.Sprintf("UNT+%06d%s", n, s[10:])
		}
		out.WriteString(s)
	}
	return out.String() + raw[at:]
}

// numberAt returns the number of the segment that holds the offset.
func numberAt(raw string, offset int) int {
	_, offsets := segmentsOf(raw)
	n := 0
	for _, o := range offsets {
		if o <= offset {
			n++
		}
	}
	return n
}

// findings reads a file and returns all findings in order of message, then file.
func findings(t testing.TB, raw string, o Options) []dta.Error {
	t.Helper()
	r := NewReader(strings.NewReader(raw), o)
	var errs []dta.Error
	for r.Next() {
		m := r.Message()
		rejected := false
		for _, e := range m.Errors {
			rejected = rejected || e.Severity == dta.RejectMessage
			if e.Scope != dta.ScopeMessage || e.Message != m.Index {
				t.Errorf("%v: scope %s, message %d in message %d", e, e.Scope, e.Message, m.Index)
			}
		}
		if rejected != m.Rejected {
			t.Errorf("message %d: rejected %v, findings %v", m.Index, m.Rejected, m.Errors)
		}
		errs = append(errs, m.Errors...)
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

type faultCase struct {
	name     string
	file     string
	edits    []edit
	recount  bool
	code     string
	severity dta.Severity
	tag      string
	element  int
	at       string // the finding is at this text of the changed file; "": at its end
}

func TestSingleFaults(t *testing.T) {
	t.Parallel()
	files := examples(t)
	for _, list := range [][]faultCase{fileFaults(), structureFaults(), elementFaults(), warnings()} {
		for _, c := range list {
			t.Run(c.code+" "+c.name, func(t *testing.T) {
				t.Parallel()
				raw := string(files[c.file])
				for _, e := range c.edits {
					raw = e.apply(t, raw)
				}
				if c.recount {
					raw = recount(raw)
				}
				c.check(t, raw, findings(t, raw, Options{}))
			})
		}
	}
}

// check asks for exactly one finding with its code, severity and place.
func (c *faultCase) check(t *testing.T, raw string, errs []dta.Error) {
	t.Helper()
	if len(errs) != 1 || errs[0].Code != c.code {
		for _, e := range errs {
			t.Logf("%v: %s", e, e.Text())
		}
		t.Fatalf("%d findings, want one %s", len(errs), c.code)
	}
	e := errs[0]
	if e.Severity != c.severity || e.Tag != c.tag || e.Element != c.element || e.Text() == "" {
		t.Errorf("%v: severity %s, tag %s, element %d, %q", e, e.Severity, e.Tag, e.Element, e.Text())
	}
	if (e.Severity == dta.RejectFile) != (e.Scope == dta.ScopeFile) && e.Severity != dta.Warn {
		t.Errorf("severity %s with scope %s", e.Severity, e.Scope)
	}
	want := len(raw)
	if c.at != "" {
		want = strings.Index(raw, c.at)
	}
	if int(e.Offset) != want {
		t.Errorf("offset %d, want %d", e.Offset, want)
	}
	if c.tag != "" && e.Segment != numberAt(raw, want) {
		t.Errorf("segment %d, want %d", e.Segment, numberAt(raw, want))
	}
}

// DTA-6, CHK-1: faults that reject the file.
func fileFaults() []faultCase {
	one := func(old, text string) []edit { return []edit{{old: old, new: text}} }
	return []faultCase{
		{"UTF-8 sent as I1", exB, one("M\xe1rta", "M\xc3\xa1rta"), false, "P1011", dta.RejectFile, "NAD", 0, "\xc3\xa1"},
		{"UTF-8 with a byte that were a control character", exB, one("NAD+Gro\xdf", "NAD+Gro\xc3\x9f"), false, "P1011", dta.RejectFile, "NAD", 0, "\xc3\x9f"},
		{"other syntax", exB, one("UNOC:3", "UNOA:1"), false, "P2001", dta.RejectFile, "UNB", 0, "UNB"},
		{"other syntax version", exB, one("UNOC:3", "UNOC:2"), false, "P2001", dta.RejectFile, "UNB", 0, "UNB"},
		{"no UNB", exB, one("UNB+UNOC", "XXX+UNOC"), false, "P2001", dta.RejectFile, "XXX", 0, "XXX"},
		{"other UNA", exB, one("UNB+UNOC", "UNA:+.? 'UNB+UNOC"), false, "P2001", dta.RejectFile, "", 0, "UNA"},
		{"no application reference", exB, one("+SL880001A10+", "++"), false, "P2002", dta.RejectFile, "UNB", 7, "UNB"},
		{"reference is no number", exB, []edit{{"+00042+B", "+X0042+B", 1}, {"+00042'", "+X0042'", 1}}, false, "P2002", dta.RejectFile, "UNB", 0, "UNB"},
		{"reference month", exB, one("SL880001A10", "SL880001A13"), false, "P2003", dta.RejectFile, "UNB", 0, "UNB"},
		{"reference of another sender", exB, one("SL880001A10", "SL000000A10"), false, "P2003", dta.RejectFile, "UNB", 0, "UNB"},
		{"unknown area", exB, one("+B+SL", "+Z+SL"), false, "P2004", dta.RejectFile, "UNB", 0, "UNB"},
		{"message count", exB, one("UNZ+000005", "UNZ+000004"), false, "P2005", dta.RejectFile, "UNZ", 0, "UNZ"},
		{"trailer reference", exB, one("UNZ+000005+00042", "UNZ+000005+00043"), false, "P2005", dta.RejectFile, "UNZ", 0, "UNZ"},
		{"no trailer", exE, one("UNZ+000002+00007'", ""), false, "P2005", dta.RejectFile, "", 0, ""},
		{"trailer without reference", exB, one("UNZ+000005+00042", "UNZ+000005"), false, "P2005", dta.RejectFile, "UNZ", 2, "UNZ"},
		{"header date", exB, one(":3+598800016+668800094+20261102", ":3+598800016+668800094+20261302"), false, "P2015", dta.RejectFile, "UNB", 4, "20261302"},
		{"Rechnungsarten", exB, []edit{{"REC+2026-H-000815:2+20261102+3'", "REC+2026-H-000815:2+20261102+2'", 2}}, false, "P2024", dta.RejectFile, "REC", 0, "REC+2026-H-000815:2+20261102+2'"},
		{"with and without Sammelrechnung", exB, []edit{{"FKT+01+J+598800016+", "FKT+01++598800016+", 1}, {"FKT+01++448802018+", "FKT+01+J+448802018+", 1}}, false, "P2024", dta.RejectFile, "FKT", 0, "FKT+01+J+448802018+"},
		{"Verarbeitungskennzeichen", exB, []edit{{"FKT+01++448802029", "FKT+02++448802029", 2}}, false, "P2025", dta.RejectFile, "FKT", 0, "FKT+02"},
		{"versions", exB, []edit{{"668800094+20261102", "668800094+20251102", 1}, {"SLLA:21:", "SLLA:20:", 2}}, false, "P2026", dta.RejectFile, "UNH", 0, "UNH+00005"},
		{"segment outside of messages", exB, one("UNH+00004", "XYZ+1'\r\nUNH+00004"), false, "R-FIL-02", dta.RejectFile, "XYZ", 0, "XYZ+1"},
		{"data behind the end", exB, one("00042'\r\n", "00042'\r\nABC'"), false, "R-FIL-02", dta.RejectFile, "ABC", 0, "ABC'"},
		{"sender of SLGA", exB, []edit{{"598800016'", "608803019'", 2}}, false, "R-FIL-08", dta.RejectFile, "FKT", 0, "FKT+01++448802018+108801006+108801017+608803019'"},
	}
}

// DTA-6, CHK-1: faults of segment order and number.
func structureFaults() []faultCase {
	const rm = dta.RejectMessage
	one := func(old, text string) []edit { return []edit{{old: old, new: text}} }
	without := func(segment string) []edit { return []edit{{old: segment, new: ""}} }
	const bes1, inv2 = "BES+162,70+26,30+16,30+10,00'\r\n", "INV+D880043217+30001+1+0000000002'\r\n"
	return []faultCase{
		{"gap in the references", exB, []edit{{"UNH+00005", "UNH+00007", 1}, {"UNT+000013+00005", "UNT+000013+00007", 1}}, false, "P2006", rm, "UNH", 0, "UNH+00007"},
		{"reference of UNT", exB, one("UNT+000013+00005", "UNT+000013+00004"), false, "P2006", rm, "UNT", 0, "UNT+000013"},
		{"segment count", exB, one("UNT+000013", "UNT+000012"), false, "P2007", rm, "UNT", 0, "UNT+000012"},
		{"message type", exB, []edit{{"SLLA:21", "SLLX:21", 2}}, false, "P2008", rm, "UNH", 0, "UNH+00005"},
		{"release number", exB, []edit{{"SLLA:21:0:0", "SLLA:21:1:0", 2}}, false, "P2008", rm, "UNH", 0, "UNH+00005"},
		{"INV of the second trip case missing", exE, one("INV+++1+T-0002'NAD", "NAD"), true, "P2010", rm, "INV", 0, "NAD+van der Berg"},
		{"REC before FKT", exB, []edit{{"FKT+01++448802029+108801006+108801028+598800016'\r\nREC+2026-H-000815:2+20261102+3'\r\n", "REC+2026-H-000815:2+20261102+3'\r\nFKT+01++448802029+108801006+108801028+598800016'\r\n", 2}}, false, "P2009", rm, "REC", 0, "REC+2026-H-000815:2+20261102+3'\r\nFKT"},
		{"ZHE before EHE", exB, []edit{
			{"ZHE+880987600+880111401+20260925+1+EN2+04+++++++1100++0+4+1'\r\n", "", 1},
			{"EHE+26:00501", "ZHE+880987600+880111401+20260925+1+EN2+04+++++++1100++0+4+1'\r\nEHE+26:00501", 1},
		}, false, "P2009", rm, "ZHE", 0, "ZHE+880987600"},
		{"MWS before TXT", exA, one("TXT+Schaftfu\xdfbettung rechts'\r\nMWS+19,00+7,36'", "MWS+19,00+7,36'\r\nTXT+Schaftfu\xdfbettung rechts'"), false, "P2009", rm, "TXT", 0, "TXT+Schaft"},
		{"DIA before ZHE", exB, one("ZHE+880123400+880567401+20260930+3+WS+03+++++1+1+1010++0+1+2'\r\nDIA+M54.5'", "DIA+M54.5'\r\nZHE+880123400+880567401+20260930+3+WS+03+++++1+1+1010++0+1+2'"), false, "P2009", rm, "DIA", 0, "DIA+M54.5"},
		{"NAM before GES", exE, one("GES+00+155,08+169,98+14,90'GES+11+120,14+135,04+14,90'GES+99+34,94+34,94+0,00'NAM+Taxi Beispiel & S\xf6hne+Herr S\xf6hne 04711 12345++taxi@example.org'", "NAM+Taxi'GES+00+155,08+169,98+14,90'GES+11+120,14+135,04+14,90'GES+99+34,94+34,94+0,00'"), false, "P2009", rm, "NAM", 0, "NAM+Taxi"},
		{"BES missing", exB, without(bes1), true, "P2010", rm, "BES", 0, "INV+D88"},
		{"last BES missing", exB, without("BES+171,60'\r\n"), true, "P2010", rm, "BES", 0, "UNT+000012"},
		{"INV missing", exB, without(inv2), true, "P2010", rm, "INV", 0, "NAD+Gro"},
		{"NAD missing", exB, without("NAD+Gro\xdf+J\xf6rg+20180721'\r\n"), true, "P2010", rm, "NAD", 0, "EHE+22:00501+20501+1,00+29,85+20261006"},
		{"ZHE missing", exB, without("ZHE+880987600+880111401+20260925+1+EN2+04+++++++1100++0+4+1'\r\n"), true, "P2010", rm, "ZHE", 0, "DIA+G20.1"},
		{"DIA missing", exB, without("DIA+G20.1'\r\n"), true, "P2010", rm, "DIA", 0, "SKZ+LHB"},
		{"no positions", exB04, without("EHE+22:00501+20501+2,00+29,85+20261019+2,99'\nTXT+Unterschrift nachgeholt'\n"), true, "P2010", rm, "EHE", 0, "ZHE"},
		{"FKT missing", exB, []edit{{"FKT+01++448802029+108801006+108801028+598800016'\r\n", "", 2}}, true, "P2010", rm, "FKT", 0, "REC+2026-H-000815:2+20261102+3'\r\nINV"},
		{"one GES", exB03, []edit{{"GES+11+26,30+0,00+26,30'\n", "", 2}}, true, "P2010", rm, "GES", 0, "NAM+Physio"},
		{"no GES", exB03, []edit{{"GES+11+26,30+0,00+26,30'\n", "", 2}, {"GES+00+26,30+0,00+26,30'\n", "", 2}}, true, "P2010", rm, "GES", 0, "NAM+Physio"},
		{"NAM missing", exB, without("NAM+Ergotherapie S\xfcd'\r\n"), true, "P2010", rm, "NAM", 0, "UNT+000007+00004"},
		{"GZF missing", exB03, without("GZF+26,30+16,30+10,00'\n"), true, "P2010", rm, "GZF", 0, "UNT+000015"},
		{"MEH missing", exA, []edit{{"MEH+0,00'\r\n", "", 2}}, true, "P2010", rm, "MEH", 0, "ZHI"},
		{"HIL without EHI", exA, without("EHI+15:00000+1525307012+120,00+12+0,43+20261016+08++++++++20261016+20261115'\r\n"), true, "P2010", rm, "EHI", 0, "HIL+3"},
		{"HIL missing", exA, without("HIL+1'\r\n"), true, "P2010", rm, "HIL", 0, "EHI+15:00000+3103030001+1,00+10"},
		{"KTL missing", exE, without("KTL+1+Klinikweg 1+20001++Neustadt+Lindenallee 7+20000++Neustadt'"), true, "P2010", rm, "KTL", 0, "EKT+46:05123+510102"},
		{"UNT missing", exB, without("UNT+000008+00004'\r\n"), false, "P2010", rm, "UNT", 0, "NAM+Ergo"},
		{"segment of another group", exB, one("EHE+22:00501+29933", "EHI+22:00501+29933"), false, "P2011", rm, "EHI", 0, "EHI+22"},
		{"unknown segment", exB, one("DIA+G20.1'", "DIA+G20.1'\r\nXYZ+1'"), true, "P2011", rm, "XYZ", 0, "XYZ+1"},
		{"BES in a Zuzahlungsforderung", exB03, one("GZF+26,30+16,30+10,00'", "BES+26,30'"), false, "P2011", rm, "BES", 0, "BES"},
		{"GZF in a first bill", exB, one("BES+59,70'", "GZF+59,70'"), false, "P2011", rm, "GZF", 0, "GZF"},
		{"two BES", exB, one("BES+59,70'", "BES+59,70'\r\nBES+59,71'"), true, "P2012", rm, "BES", 0, "BES+59,71"},
		{"ten SKO", exE, one("SKO+2,00+14'", strings.Repeat("SKO+2,00+14'", 9)+"SKO+1,00+28'"), true, "P2012", rm, "SKO", 0, "SKO+1,00+28'"},
		{"two NAD", exE, one("KTL+1+Klinikweg", "NAD+B+C+19550901'KTL+1+Klinikweg"), true, "P2012", rm, "NAD", 0, "NAD+B+C"},
		{"four MEH for three HIL", exA, one("ZHI+", "MEH+0,01'\r\nZHI+"), true, "P2012", rm, "MEH", 0, "MEH+0,01"},
	}
}

// DTA-6, CHK-1: faults of elements.
func elementFaults() []faultCase {
	const rm = dta.RejectMessage
	one := func(old, text string) []edit { return []edit{{old: old, new: text}} }
	long := strings.Repeat("x", 48)
	return []faultCase{
		{"name of 48 characters", exB, one("NAD+Gro\xdf", "NAD+"+long), false, "P2013", rm, "NAD", 1, long},
		{"umlauts count once", exB, one("NAD+Gro\xdf", "NAD+"+strings.Repeat("\xe4", 48)), false, "P2013", rm, "NAD", 1, "\xe4\xe4\xe4"},
		{"11 digits before the comma", exB, one("BES+59,70", "BES+12345678901,70"), false, "P2013", rm, "BES", 1, "12345678901"},
		{"point for comma", exB, one("29,85+20261006", "29.85+20261006"), false, "P2014", rm, "EHE", 4, "29.85"},
		{"one decimal place", exB, one("BES+59,70", "BES+59,7"), false, "P2014", rm, "BES", 1, "59,7'"},
		{"thousands separator", exB, one("BES+59,70", "BES+1.159,70"), false, "P2014", rm, "BES", 1, "1.159"},
		{"IK of 8 digits", exB, []edit{{"FKT+01++448802029", "FKT+01++44880202", 2}}, false, "P2014", rm, "FKT", 3, "44880202+108801006+108801028+598800016'\r\nREC+2026-H-000815:2+20261102+3'\r\nINV"},
		{"letter in a number", exB, one("+0+EX+03+", "+A+EX+03+"), false, "P2014", rm, "ZHE", 4, "A+EX"},
		{"Tarifkennzeichen of 4", exB, one("22:00501+29933", "22:0050+29933"), false, "P2014", rm, "EHE", 1, "0050+29933"},
		{"30 February", exB, one("20261006'", "20260230'"), false, "P2015", rm, "EHE", 5, "20260230"},
		{"month 13", exB, one("20261006'", "20261301'"), false, "P2015", rm, "EHE", 5, "20261301"},
		{"29 February of no leap year", exB, one("20261006'", "20250229'"), false, "P2015", rm, "EHE", 5, "20250229"},
		{"date of 6 digits", exB, one("20261006'", "261006'"), false, "P2015", rm, "EHE", 5, "261006"},
		{"birth date of month 13", exB, one("20180721", "20181300"), false, "P2015", rm, "NAD", 3, "20181300"},
		{"minute 75", exE, one("+0810+", "+0875+"), false, "P2016", rm, "EKT", 7, "0875"},
		{"hour 24", exE, one("+1412+", "+2400+"), false, "P2016", rm, "EKT", 8, "2400"},
		{"tabulator", exB, one("Gro\xdf+", "Gr\to+"), false, "P2018", rm, "NAD", 1, "\t"},
		{"line end inside a segment", exB, one("Gro\xdf+", "Gro\r\n+"), false, "P2018", rm, "NAD", 1, "\r\n+J"},
		{"control character of the upper half", exB, one("Gro\xdf+", "Gro\x85+"), false, "P2018", rm, "NAD", 0, "\x85"},
		{"end of the period", exA, one("+20261016+20261115'", "+20261016'"), false, "P2020", rm, "EHI", 16, "EHI+15:00000+1525307012"},
		{"period of consumables", exA, one("+08++++++++20261016+20261115'", "+08'"), false, "P2020", rm, "EHI", 15, "EHI+15:00000+1525307012"},
		{"Institutionskennzeichen of the nurse", exA, one("+20261001+3'", "+20261001+3+++8+123456789'"), false, "P2020", rm, "ZHI", 9, "ZHI"},
		{"no Belegnummer", exB, one("+30001+1+0000000002'", "+30001+1'"), false, "R-SYN-02", rm, "INV", 4, "INV+D88"},
		{"no Tarifkennzeichen", exB, one("22:00501+29933", "22+29933"), false, "R-SYN-02", rm, "EHE", 1, "EHE+22+29933"},
		{"sixth element of BES", exB, one("BES+162,70+26,30+16,30+10,00'", "BES+162,70+26,30+16,30+10,00++9,00'"), false, "R-SYN-04", rm, "BES", 6, "9,00'"},
		{"component of no composite", exB, one("NAD+Gro\xdf+", "NAD+Gro:x+"), false, "R-SYN-04", rm, "NAD", 1, "x+J"},
	}
}

// DTA-6, CHK-1: what is only a warning.
func warnings() []faultCase {
	one := func(old, text string) []edit { return []edit{{old: old, new: text}} }
	return []faultCase{
		{"released letter", exB, one("NAD+Gro\xdf", "NAD+Gro?\xdf"), false, "P2017", dta.Warn, "NAD", 1, "?\xdf"},
		{"released comma", exB, one("TXT+Doppelbehandlung laut", "TXT+Doppelbehandlung?, laut"), false, "P2017", dta.Warn, "TXT", 1, "?, laut"},
		{"separator at the end", exB, one("BES+59,70'", "BES+59,70+'"), false, "P2021", dta.Warn, "BES", 0, "BES+59,70+"},
		{"empty segment", exB, one("DIA+S42.2'", "DIA'"), false, "P2021", dta.Warn, "DIA", 0, "DIA'"},
		{"two terminators", exB, one("DIA+S42.2'", "DIA+S42.2''"), false, "P2021", dta.Warn, "", 0, "'\r\nDIA++Zustand"},
		{"fifth element of NAM", exB, one("NAM+Ergotherapie S\xfcd'", "NAM+Ergotherapie S\xfcd++++mail@example.org'"), false, "R-SYN-04", dta.Warn, "NAM", 5, "mail@example.org"},
		{"count without zeros", exB, one("UNT+000013", "UNT+13"), false, "R-SYN-02", dta.Warn, "UNT", 0, "UNT+13"},
		{"messages without zeros", exB, one("UNZ+000005", "UNZ+5"), false, "R-SYN-02", dta.Warn, "UNZ", 0, "UNZ+5"},
		{"reference without zeros", exB, []edit{{"UNH+00005", "UNH+5", 1}, {"+00005'", "+5'", 1}}, false, "R-SYN-02", dta.Warn, "UNH", 0, "UNH+5"},
		{"Datenaustauschreferenz without zeros", exB, []edit{{"+00042+B", "+42+B", 1}, {"+00042'", "+42'", 1}}, false, "R-SYN-02", dta.Warn, "UNB", 0, "UNB"},
		{"Behandlungsbeginn", exB, one("+EN2+04+++++++1100", "+EN2+04++++20261001+++1100"), false, "R-SYN-02", dta.Warn, "ZHE", 10, "ZHE+880987600"},
	}
}

// P1012, P1011, P2001: files of which nothing can be read.
func TestUnreadableFiles(t *testing.T) {
	t.Parallel()
	header := "UNB+UNOC:3+598800016+668800094+20261102:0930+00042+B+SL880001A10+0'"
	for _, c := range []struct {
		name, raw, charset, code string
	}{
		{"empty", "", "", "P1012"},
		{"header and end", header + "UNZ+000000+00042'", "", "P1012"},
		{"header alone", header, "", "P1012"},
		{"byte order mark", "\xEF\xBB\xBF" + header, "", "P1011"},
		{"set not agreed", header, "EB", "P1011"},
		{"UTF-8 by name", header, "U8", "P1011"},
		{"no EDIFACT", "%PDF-1.7\n1 0 obj", "", "P2001"},
		{"line ends only", "\r\n\r\n", "", "P2001"},
		{"header without end", strings.TrimSuffix(header, "'"), "", "P2001"},
		{"UNA alone", "UNA:+,? '", "", "P2001"},
	} {
		errs := findings(t, c.raw, Options{Zeichensatz: c.charset})
		if len(errs) != 1 || errs[0].Code != c.code || errs[0].Severity != dta.RejectFile || errs[0].Scope != dta.ScopeFile {
			t.Errorf("%s: %v, want %s", c.name, errs, c.code)
		}
	}
}

// DTA-2: a version is read for its dates (P2008), one from the future is a fault
// of the file (R-FIL-07).
func TestVersions(t *testing.T) {
	t.Parallel()
	raw := string(examples(t)[exE])
	for _, c := range []struct{ version, date, code string }{
		{"21", "20261103", ""},
		{"21", "20251001", ""},
		{"21", "20250930", dta.CodeMessageVersion},
		{"20", "20251231", ""},
		{"20", "20260101", dta.CodeMessageVersion},
		{"19", "20240930", ""},
		{"18", "20240331", ""},
		{"17", "20230930", ""},
		{"16", "20220101", ""},
		{"15", "20220201", dta.CodeMessageVersion}, // in force then, its layout is not built in
		{"22", "20270301", dta.CodeFutureVersion},
		{"100", "20261103", dta.CodeFutureVersion},
		{"2", "20261103", dta.CodeMessageVersion},
		{"XX", "20261103", dta.CodeMessageVersion},
	} {
		changed := strings.ReplaceAll(strings.Replace(raw, "668800094+20261103", "668800094+"+c.date, 1), "A:21:", "A:"+c.version+":")
		errs := findings(t, changed, Options{})
		if (c.code == "") != (len(errs) == 0) || c.code == dta.CodeFutureVersion && (len(errs) != 1 || errs[0].Stage != 1 || errs[0].Severity != dta.RejectFile) {
			t.Errorf("version %s on %s: %v", c.version, c.date, errs)
		}
		for _, e := range errs {
			if e.Code != c.code || e.Tag != "UNH" {
				t.Errorf("version %s on %s: %v", c.version, c.date, e)
			}
		}
	}
}

// DTA-2: what section 3, 7 and 8 allow is accepted without a finding.
func TestTolerated(t *testing.T) {
	t.Parallel()
	files := examples(t)
	mehInside := strings.NewReplacer("MEH+24,90'\r\n", "", "MEH+0,00'\r\n", "", "HIL+2'", "MEH+24,90'\r\nHIL+2'", "HIL+3'", "MEH+0,00'\r\nHIL+3'", "ZUH+1", "MEH+0,00'\r\nZUH+1")
	mehBlock := strings.NewReplacer("MEH+24,90'\r\n", "", "MEH+0,00'\r\n", "", "ZHI+", "MEH+24,90'\r\nMEH+0,00'\r\nMEH+0,00'\r\nZHI+")
	for name, raw := range map[string]string{
		"UNA":                      "UNA:+,? '\r\n" + strings.NewReplacer().Replace(string(files[exB])),
		"MEH inside its group":     mehInside.Replace(string(files[exA])),
		"MEH as a block":           mehBlock.Replace(string(files[exA])),
		"negative amount":          strings.Replace(string(files[exB]), "BES+59,70'", "BES+-59,70'", 1),
		"no digit before comma":    strings.Replace(string(files[exB]), "BES+59,70'", "BES+,70'", 1),
		"released chars, 47 long":  strings.Replace(string(files[exB]), "NAD+Gro\xdf", "NAD+"+strings.Repeat("?+", 47), 1),
		"birth date without month": strings.Replace(string(files[exE]), "19550900", "19550000", 1),
		"lone LF":                  strings.ReplaceAll(string(files[exB]), "\r\n", "\n"),
		"blank lines":              strings.ReplaceAll(string(files[exB]), "\r\n", "\r\n\r\n"),
	} {
		for _, e := range findings(t, raw, Options{}) {
			t.Errorf("%s: %v: %s", name, e, e.Text())
		}
	}
}

// DTA-2: n-th MEH belongs to the n-th HIL wherever it stands.
func TestMEHAnywhere(t *testing.T) {
	t.Parallel()
	raw := string(examples(t)[exA])
	inside := strings.NewReplacer("MEH+24,90'\r\n", "", "MEH+0,00'\r\n", "", "HIL+2'", "MEH+24,90'\r\nHIL+2'", "HIL+3'", "MEH+0,00'\r\nHIL+3'", "ZUH+1", "MEH+0,00'\r\nZUH+1").Replace(raw)
	out, errs := rewrite(t, []byte(inside), Options{}, WriterOptions{LineEnd: dta.CRLF})
	if len(errs) > 0 || string(out) != raw {
		t.Errorf("%v\n%s", errs, out)
	}
}

// DTA-6: MaxErrors bounds what is kept, not what is rejected.
func TestMaxErrors(t *testing.T) {
	t.Parallel()
	raw := strings.ReplaceAll(string(examples(t)[exB]), "29,85", "29.85")
	r := NewReader(strings.NewReader(raw), Options{MaxErrors: 3})
	kept, rejected := 0, 0
	for r.Next() {
		kept += len(r.Message().Errors)
		if r.Message().Rejected {
			rejected++
		}
	}
	if kept != 3 || r.Dropped() != 3 || rejected != 1 {
		t.Errorf("kept %d, dropped %d, rejected messages %d", kept, r.Dropped(), rejected)
	}
}

// OPS-4: no finding of any single fault shows a value of the file.
func TestFindingsShowNoValue(t *testing.T) {
	t.Parallel()
	files := examples(t)
	secrets := []string{"Gro\u00df", "J\u00f6rg", "M880012348", "20180721", "Sturz", "Xanadu"}
	raw := string(files[exB])
	for _, s := range []string{"NAD+Gro\xdf", "+J\xf6rg", "INV+M880012348", "20180721", "Bewegungsst\xf6rung Schulter rechts nach Sturz"} {
		broken := strings.Replace(raw, s, s+strings.Repeat("Xanadu", 20)+"\t", 1)
		errs := findings(t, broken, Options{})
		if len(errs) == 0 {
			t.Fatalf("%q: no finding", s)
		}
		for _, e := range errs {
			for _, text := range []string{e.Error(), e.Text(), e.Tag, fmt.Sprint(e)} {
				for _, secret := range secrets {
					if strings.Contains(text, secret) {
						t.Errorf("%q shows %s", text, secret)
					}
				}
			}
		}
	}
}

// DTA-2: every place of a typed segment is where the segment stands.
func TestPlaces(t *testing.T) {
	t.Parallel()
	raw := examples(t)[exB]
	r := NewReader(bytes.NewReader(raw), Options{})
	n := 0
	check := func(o Ort, tag string) {
		n++
		if !bytes.HasPrefix(raw[o.Offset:], []byte(tag)) || numberAt(string(raw), int(o.Offset)) != int(o.Segment) {
			t.Errorf("%s is not at %+v", tag, o)
		}
	}
	for r.Next() {
		m := r.Message()
		check(m.Von, "UNH")
		if m.SLGA != nil {
			check(m.SLGA.GES[1].Ort, "GES")
			check(m.SLGA.NAM.Ort, "NAM")
		}
		if m.SLLA != nil {
			for _, f := range m.SLLA.FaelleB {
				check(f.INV.Ort, "INV")
				for _, p := range f.Positionen {
					check(p.EHE.Ort, "EHE")
				}
				check(f.DIA[0].Ort, "DIA")
				check(f.BES.Wert.Ort, "BES")
			}
		}
		if got := string(raw[m.Bis.Offset-3 : m.Bis.Offset]); !strings.HasSuffix(got, "'") {
			t.Errorf("message ends behind %q", got)
		}
	}
	if n != 30 {
		t.Errorf("%d places checked", n)
	}
}
