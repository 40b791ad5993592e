package gen

import (
	"bytes"
	"slices"
	"strings"

	"klarbeleg/dta"
	"klarbeleg/dta/p302"
)

// segmentsOf returns the segments of an SLLA without terminators: what stands
// before the cases, and the segments of every case.
func segmentsOf(s *p302.SLLA, unb *p302.UNB, set dta.Charset) (head [][]byte, cases [][][]byte, err error) {
	var buf bytes.Buffer
	w := p302.NewWriter(&buf, *unb, p302.WriterOptions{Zeichensatz: set})
	if err := w.WriteSLLA(s); err != nil {
		return nil, nil, err
	}
	if err := w.Close(); err != nil {
		return nil, nil, err
	}
	var tok dta.Tokenizer
	text := buf.String()
	tok.Reset(text)
	for tok.Next() {
		segment := []byte(text[tok.Start() : tok.End()-1])
		switch tok.Tag() {
		case "UNB", "UNH", "UNT", "UNZ":
			continue
		case "INV":
			cases = append(cases, nil)
		}
		if len(cases) == 0 {
			head = append(head, segment)
		} else {
			cases[len(cases)-1] = append(cases[len(cases)-1], segment)
		}
	}
	return head, cases, nil
}

// setElement returns the segment with an element replaced; missing elements
// before it are added empty.
func setElement(segment []byte, element int, value string) []byte {
	var tok dta.Tokenizer
	text := string(segment)
	tok.Reset(text)
	tok.Next()
	last := 0
	for _, f := range tok.Fields() {
		if int(f.Element) == element && f.Component == 1 {
			return []byte(text[:f.Start] + value + text[f.End:])
		}
		last = int(f.Element)
	}
	return []byte(text + strings.Repeat("+", element-last) + value)
}

// inSegment returns a change of the first segment of the case with one of the
// tags; elements are by tag.
func inSegment(value string, elements map[string]int) func([][]byte) [][]byte {
	return func(segments [][]byte) [][]byte {
		i := slices.IndexFunc(segments, func(s []byte) bool { return elements[string(s[:3])] > 0 })
		segments[i] = setElement(segments[i], elements[string(segments[i][:3])], value)
		return segments
	}
}

// The elements of the line segments that faults change, by tag.
func priceElements() map[string]int {
	return map[string]int{
		"EHI": 5, "EHE": 4, "EKT": 4, "EHK": 4, "EHH": 4, "EHB": 4, "ENF": 5, "ESP": 4, "EGV": 4, "EHP": 4, "AHK": 4, "EMP": 4,
	}
}

func dateElements() map[string]int {
	return map[string]int{
		"EHI": 6, "EHE": 5, "EKT": 5, "ESK": 1, "ESH": 1, "HEL": 1, "ENF": 6, "ZZL": 1, "EGV": 5, "EHP": 5, "AHK": 5, "EMP": 6,
	}
}

func timeElements() map[string]int {
	return map[string]int{"EHI": 12, "EKT": 7, "ESK": 2, "ESH": 2, "EHB": 6, "SUT": 2, "ZZL": 2, "ASK": 2, "EMP": 7}
}

// segmentFaults are faults of the syntax (stage 2).
func segmentFaults() []FaultKind {
	has := func(tag string) func([]byte) bool {
		return func(s []byte) bool { return bytes.HasPrefix(s, []byte(tag)) }
	}
	name := func(value string, element int) func([][]byte) [][]byte {
		return inSegment(value, map[string]int{"NAD": element})
	}
	kind := func(name, rule, groups string, change func([][]byte) [][]byte) FaultKind {
		return FaultKind{Name: name, Rule: rule, Gruppen: groups, Effect: RefusesInvoice, line: noLine, onSegments: change}
	}
	warning := func(name, rule string, change func([][]byte) [][]byte) FaultKind {
		return FaultKind{Name: name, Rule: rule, Gruppen: allGroups, line: noLine, onSegments: change}
	}
	return []FaultKind{
		kind("segment-missing", dta.CodeSegmentMissing, allGroups, func(s [][]byte) [][]byte { return slices.DeleteFunc(s, has("NAD")) }),
		kind("segment-unknown", dta.CodeSegmentUnknown, allGroups, func(s [][]byte) [][]byte { return slices.Insert(s, 2, []byte("XYZ+1")) }),
		kind("segment-twice", dta.CodeRepetition, allGroups, func(s [][]byte) [][]byte { return append(s, s[len(s)-1]) }),
		kind("segment-order", dta.CodeOrder, allGroups, func(s [][]byte) [][]byte {
			i := slices.IndexFunc(s, has("NAD"))
			s[i], s[i+1] = s[i+1], s[i]
			return s
		}),
		kind("element-long", dta.CodeTooLong, allGroups, name(strings.Repeat("x", 48), 1)),
		kind("amount-format", dta.CodeType, allGroups, inSegment("29.85", priceElements())),
		kind("date-impossible", dta.CodeDate, allGroups, inSegment("20260231", dateElements())),
		kind("time-impossible", dta.CodeTime, "ACDEFGHIJKLMNORS", inSegment("0875", timeElements())),
		kind("control-character", dta.CodeControl, allGroups, name("Bei\tspiel", 1)),
		kind("element-missing", dta.CodeElementMissing, allGroups, name("", 2)),
		kind("element-surplus", dta.CodeElementsTooMany, allGroups, name("x", 8)),
		kind("period-end-missing", dta.CodeConditional, "A", func(s [][]byte) [][]byte {
			i := slices.IndexFunc(s, has("EHI"))
			s[i] = setElement(s[i], 15, "20260901")
			return s
		}),
		warning("release-needless", dta.CodeRelease, name("Bei?spiel", 1)),
		warning("empty-tail", dta.CodeEmptyTail, func(s [][]byte) [][]byte {
			i := slices.IndexFunc(s, has("NAD"))
			s[i] = append(s[i], '+')
			return s
		}),
	}
}
