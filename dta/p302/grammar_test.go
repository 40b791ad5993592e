package p302

import (
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"klarbeleg/dta"
)

// specimen writes a segment with every element at its shortest.
func specimen(n *node) string {
	spec := &segmentSpecs[n.spec]
	out := spec.tag
	element, component := uint8(0), uint8(0)
	for i := range spec.elements {
		e := &spec.elements[i]
		switch {
		case e.element != element:
			out += "+"
		case e.component != component:
			out += ":"
		}
		element, component = e.element, e.component
		switch {
		case spec.id == segZHE && e.element == 10: // always empty
		case spec.id == segFKT && e.element == 1:
			out += "01"
		case spec.id == segFKT && e.element == 6:
			out += "598800016"
		case e.kind == kindDecimal:
			out += "1,00"
		case e.kind == kindDate:
			out += "20261001"
		case e.kind == kindTime:
			out += "0810"
		default:
			out += strings.Repeat("1", int(e.min))
		}
	}
	return out + "'"
}

// fileOf wraps the segments of a message into a file of the group.
func fileOf(kind MessageKind, group byte, segments []string) string {
	return fmt.Sprintf("UNB+UNOC:3+598800016+668800094+20261102:0930+00042+%c+SL880001A10+0'UNH+00001+%s:21:0:0'%sUNT+%06d+00001'UNZ+000001+00042'",
		group, kind, strings.Join(segments, ""), len(segments)+2)
}

// wholeFile returns a file of the group with one SLLA that has every segment.
func wholeFile(group byte) string {
	rows := canonical(KindSLLA, group)
	segments := make([]string, len(rows))
	for i := range rows {
		segments[i] = specimen(&rows[i])
	}
	return fileOf(KindSLLA, group, segments)
}

// canonical returns the rows of a structure that a first bill has, in order.
func canonical(kind MessageKind, group byte) []node {
	var out []node
	order := 0
	for _, n := range structureOf(kind, group) {
		if n.seg == segGZF || n.order < order {
			continue // instead of BES; a second place of MEH or TXT
		}
		order = n.order
		out = append(out, n)
		for i := 1; i < n.min; i++ {
			out = append(out, n) // two GES
		}
	}
	return out
}

// Every group's message with all its segments is accepted (DTA-2), and one
// without a mandatory segment lacks just that (P2010).
func TestStructuresOfAllGroups(t *testing.T) {
	t.Parallel()
	groups := "ABCDEFGHIJKLMNOPQRS"
	if n := len(structures); n != len(groups)+1 {
		t.Fatalf("%d structures", n)
	}
	for i := range len(groups) + 1 {
		kind, group := KindSLGA, byte('B')
		if i > 0 {
			kind, group = KindSLLA, groups[i-1]
		}
		t.Run(fmt.Sprintf("%s %c", kind, group), func(t *testing.T) {
			t.Parallel()
			rows := canonical(kind, group)
			var segments []string
			for i := range rows {
				segments = append(segments, specimen(&rows[i]))
			}
			find := func(segments []string) []dta.Error { // but for ZUZ, which is reserved and gets a warning
				return slices.DeleteFunc(findings(t, fileOf(kind, group, segments), Options{}), func(e dta.Error) bool {
					return e.Tag == "ZUZ" && e.Code == dta.CodeSegmentUnknown && e.Severity == dta.Warn
				})
			}
			for _, e := range find(segments) {
				t.Errorf("%v: %s", e, e.Text())
			}
			for i := range rows {
				if rows[i].min == 0 && rows[i].seg != segBES && rows[i].seg != segMEH {
					continue
				}
				rest := append(append([]string(nil), segments[:i]...), segments[i+1:]...)
				errs := find(rest)
				tag := segmentSpecs[rows[i].spec].tag
				if len(errs) == 0 || errs[0].Code != dta.CodeSegmentMissing || errs[0].Tag != tag {
					t.Errorf("without %s: %v", tag, errs)
				}
			}
		})
	}
}

// A message of any group with a segment at every wrong place never passes as
// right where the order says it must not, and never more than it should.
func TestEverySegmentTwice(t *testing.T) {
	t.Parallel()
	for _, group := range []byte("ABE") {
		rows := canonical(KindSLLA, group)
		for i := range rows {
			segments := make([]string, 0, len(rows)+1)
			for j := range rows {
				segments = append(segments, specimen(&rows[j]))
				if j == i {
					segments = append(segments, specimen(&rows[j]))
				}
			}
			errs := findings(t, fileOf(KindSLLA, group, segments), Options{})
			tag := segmentSpecs[rows[i].spec].tag
			want := dta.CodeRepetition
			switch {
			case rows[i].seg == segMEH: // as many as HIL
			case rows[i].max > 1 && rows[i].seg != segINV && rows[i].seg != segHIL && rows[i].seg != segKTL || rows[i].seg == segZUH || rows[i].seg == segZUK:
				want = "" // may repeat
			case rows[i].max > 1:
				want = dta.CodeSegmentMissing // a group without its content
			}
			switch {
			case want == "" && len(errs) > 0, want != "" && (len(errs) == 0 || errs[0].Code != want):
				t.Errorf("group %c, %s twice: %v, want %q", group, tag, errs, want)
			}
		}
	}
}

// The layouts of the groups G to N are one (TA1 5.5.3.8), as the generated
// tables take for granted.
func TestGroupsGToNAreEqual(t *testing.T) {
	t.Parallel()
	f, err := os.Open("tables/segments.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	layout := map[string]string{}
	for _, r := range rows[1:] {
		if strings.Contains("GHIJKLMN", r[1]) {
			layout[r[1]] += strings.Join(r[2:10], ",") + "\n"
		}
	}
	for group, rows := range layout {
		if rows == "" || rows != layout["G"] {
			t.Errorf("group %s differs from G", group)
		}
	}
	if len(layout) != 8 {
		t.Errorf("%d groups", len(layout))
	}
}
