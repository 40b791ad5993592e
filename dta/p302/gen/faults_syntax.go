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

// segmentFaults are faults of the syntax (stage 2).
func segmentFaults() []FaultKind {
	const all = "ABE"
	nad := func(s []byte) bool { return bytes.HasPrefix(s, []byte("NAD")) }
	return []FaultKind{
		{Name: "segment-missing", Rule: dta.CodeSegmentMissing, Gruppen: all, onSegments: func(s [][]byte) [][]byte {
			return slices.DeleteFunc(s, nad)
		}},
		{Name: "segment-unknown", Rule: dta.CodeSegmentUnknown, Gruppen: all, onSegments: func(s [][]byte) [][]byte {
			return slices.Insert(s, 2, []byte("XYZ+1"))
		}},
		{Name: "segment-twice", Rule: dta.CodeRepetition, Gruppen: all, onSegments: func(s [][]byte) [][]byte {
			return append(s, s[len(s)-1])
		}},
		{Name: "segment-order", Rule: dta.CodeOrder, Gruppen: all, onSegments: func(s [][]byte) [][]byte {
			i := slices.IndexFunc(s, nad)
			s[i], s[i+1] = s[i+1], s[i]
			return s
		}},
		{Name: "element-long", Rule: dta.CodeTooLong, Gruppen: all, onSegments: inSegment(strings.Repeat("x", 48), map[string]int{"NAD": 1})},
		{Name: "amount-format", Rule: dta.CodeType, Gruppen: all, onSegments: inSegment("29.85", map[string]int{"EHI": 5, "EHE": 4, "EKT": 4})},
		{Name: "date-impossible", Rule: dta.CodeDate, Gruppen: all, onSegments: inSegment("20260231", map[string]int{"EHI": 6, "EHE": 5, "EKT": 5})},
		{Name: "time-impossible", Rule: dta.CodeTime, Gruppen: "AE", onSegments: inSegment("0875", map[string]int{"EHI": 12, "EKT": 7})},
		{Name: "control-character", Rule: dta.CodeControl, Gruppen: all, onSegments: inSegment("Bei\tspiel", map[string]int{"NAD": 1})},
		{Name: "element-missing", Rule: dta.CodeElementMissing, Gruppen: all, onSegments: inSegment("", map[string]int{"NAD": 2})},
		{Name: "element-surplus", Rule: dta.CodeElementsTooMany, Gruppen: all, onSegments: inSegment("x", map[string]int{"NAD": 8})},
		{Name: "period-end-missing", Rule: dta.CodeConditional, Gruppen: "A", onSegments: func(s [][]byte) [][]byte {
			i := slices.IndexFunc(s, func(s []byte) bool { return bytes.HasPrefix(s, []byte("EHI")) })
			s[i] = setElement(s[i], 15, "20260901")
			return s
		}},
		{Name: "release-needless", Rule: dta.CodeRelease, Gruppen: all, onSegments: inSegment("Bei?spiel", map[string]int{"NAD": 1})},
		{Name: "empty-tail", Rule: dta.CodeEmptyTail, Gruppen: all, onSegments: func(s [][]byte) [][]byte {
			i := slices.IndexFunc(s, nad)
			s[i] = append(s[i], '+')
			return s
		}},
	}
}
