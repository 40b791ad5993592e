package main

import (
	"fmt"
	"slices"
	"strings"
)

// many stands for the n of the structure table.
const many = 1 << 30

// row is one row of the structure table.
type row struct {
	segment         string
	parent          int // index in the structure; -1: the message
	order, min, max int
}

// structure is the structure table of one message type and group.
type structure struct {
	message, group string
	rows           []row
}

// headSegments open every SLLA and every case; the element table lists them
// once for all groups.
var headSegments = []string{"FKT", "REC", "INV", "URI", "NAD", "IMG", "EVO"}

// groupOf returns the group under which the element table lists a segment.
func (s *structure) groupOf(r row) string {
	if s.message == "SLLA" && slices.Contains(headSegments, r.segment) {
		return "ALL"
	}
	return s.group
}

func readStructures(path string) ([]structure, error) {
	lines, err := readCSV(path)
	if err != nil {
		return nil, err
	}
	var out []structure
	for _, l := range lines {
		if n := len(out); n == 0 || out[n-1].message != l["message"] || out[n-1].group != l["group"] {
			out = append(out, structure{message: l["message"], group: l["group"]})
		}
		s := &out[len(out)-1]
		r := row{segment: l["segment"], parent: -1, order: number(l["order"]), min: number(l["min"]), max: many}
		if l["max"] != "n" {
			r.max = number(l["max"])
		}
		if l["parent"] != "message" {
			if r.parent = s.find(l["parent"]); r.parent < 0 {
				return nil, fmt.Errorf("structure of %s %s: parent %s not listed before %s", s.message, s.group, l["parent"], r.segment)
			}
		}
		s.rows = append(s.rows, r)
	}
	for i := range out {
		out[i].place()
	}
	return out, nil
}

// find returns the first row of a segment, -1 if there is none.
func (s *structure) find(segment string) int {
	return slices.IndexFunc(s.rows, func(r row) bool { return r.segment == segment })
}

// place makes the places explicit that the table leaves to a remark: ZUH, MEH
// and ZUK belong to a group but come after all groups; MEH may also stand inside
// its HIL group (dta-302.md section 8 A); TXT may follow IBP (8 P).
func (s *structure) place() {
	if s.message != "SLLA" {
		return
	}
	block := func(segment string) (inside row) {
		r := &s.rows[s.find(segment)]
		inside = *r
		r.parent, r.min, r.max = s.find("INV"), 0, many
		return inside
	}
	switch s.group {
	case "A":
		order := s.rows[s.find("ZUH")].order
		block("ZUH")
		inside := block("MEH")
		s.rows[s.find("MEH")].order = order
		inside.min = 0
		s.rows = append(s.rows, inside)
	case "E":
		block("ZUK")
	case "P":
		txt := s.rows[s.find("TXT")]
		txt.parent = s.find("IBP")
		s.rows = append(s.rows, txt)
	}
}

// children returns the rows below a row in order.
func (s *structure) children(parent int) []int {
	var out []int
	for i, r := range s.rows {
		if r.parent == parent {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return s.rows[a].order - s.rows[b].order })
	return out
}

// layoutGroup returns the group that stands for the layout: G for G to N.
func (s *structure) layoutGroup() string {
	if strings.Contains("GHIJKLMN", s.group) {
		return "G"
	}
	return s.group
}
