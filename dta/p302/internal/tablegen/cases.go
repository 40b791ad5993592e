package main

import (
	"fmt"
	"slices"
	"strings"
)

// boxNames are the names of repeated parts of a case by their first segment: as
// a list and as a type. All others are positions.
var boxNames = map[string][2]string{
	"INV": {"Faelle", "Fall"},
	"HIL": {"Gruppen", "Gruppe"},
	"KTL": {"Fahrten", "Fahrt"},
	"ESK": {"Einsaetze", "Einsatz"},
	"ESH": {"Einsaetze", "Einsatz"},
	"HEB": {"Hebammen", "Hebamme"},
	"HEL": {"Tage", "Tag"},
	"ZHK": {"Verordnungen", "Verordnung"},
	"ZSP": {"Verordnungen", "Verordnung"},
	"ZHH": {"Bescheinigungen", "Bescheinigung"},
	"IBP": {"Beratungen", "Beratung"},
}

// box is a part of a case with a Go type of its own.
type box struct {
	name   string // of the type
	list   string // of the field that holds it
	fields []field
}

// field is a member of a box: a segment, or a list of boxes.
type field struct {
	row      int // of the structure
	name     string
	typeName string // of the segment
	opt      bool
	list     bool
	box      *box
}

// maker makes the types of one group.
type maker struct {
	s       *structure
	layouts []layout
	boxes   []*box // inner ones after the one that holds them
}

// segmentType returns the Go type of a row's segment.
func (m *maker) segmentType(r row) string {
	key := m.s.message + "/" + m.s.groupOf(r)
	i := slices.IndexFunc(m.layouts, func(l layout) bool { return l.tag == r.segment && slices.Contains(l.groups, key) })
	return m.layouts[i].name
}

// fill adds the rows below parent to the box; a row that occurs at most once has
// its children beside it.
func (m *maker) fill(b *box, parent int) {
	for _, n := range m.s.children(parent) {
		r := m.s.rows[n]
		if slices.Contains(headSegments, r.segment) {
			continue // part of Kopf
		}
		if r.segment == "MEH" && n != m.s.find("MEH") {
			continue // its second place
		}
		inner := len(m.s.children(n)) > 0
		if r.max > 1 && inner {
			b.fields = append(b.fields, m.box(n))
			continue
		}
		b.fields = append(b.fields, field{row: n, name: r.segment, typeName: m.segmentType(r), opt: r.max == 1 && r.min == 0, list: r.max > 1})
		m.fill(b, n)
	}
}

// box makes the box that a repeated row opens.
func (m *maker) box(n int) field {
	r := m.s.rows[n]
	names, ok := boxNames[r.segment]
	if !ok {
		names = [2]string{"Positionen", "Position"}
	}
	b := &box{name: names[1] + m.s.layoutGroup(), list: names[0]}
	m.boxes = append(m.boxes, b)
	if r.segment == "INV" {
		b.list += m.s.layoutGroup()
	} else {
		b.fields = append(b.fields, field{row: n, name: r.segment, typeName: m.segmentType(r)})
	}
	m.fill(b, n)
	return field{row: n, name: b.list, typeName: b.name, list: true, box: b}
}

// caseTypes writes, for every group, the types of a case and its parts, where a
// segment goes when it is read, and how all of it is written.
func caseTypes(structures []structure, layouts []layout) string {
	var types, doc, reset, places, write strings.Builder
	lists := map[string]bool{}
	done := map[string]bool{}
	for i := range structures {
		s := &structures[i]
		if s.message != "SLLA" {
			continue
		}
		group := s.layoutGroup()
		fmt.Fprintf(&places, "case '%s':\nreturn b.ziel%s(n)\n", s.group, group)
		fmt.Fprintf(&write, "case '%s':\nreturn schreibenAlle(s.Faelle%s, e)\n", s.group, group)
		if done[group] {
			continue
		}
		done[group] = true
		m := &maker{s: s, layouts: layouts}
		top := m.box(s.find("INV"))
		fmt.Fprintf(&doc, "Faelle%s []Fall%s\n", group, group)
		fmt.Fprintf(&reset, "empty(&faelle.Faelle%s)\n", group)
		for _, b := range m.boxes {
			writeBox(&types, b, s)
			for _, f := range b.fields {
				if f.list {
					lists[f.typeName] = true
				}
			}
		}
		writePlaces(&types, m, top)
	}
	var names []string
	for name := range lists {
		names = append(names, name)
	}
	slices.Sort(names)
	var build strings.Builder
	for _, name := range names {
		fmt.Fprintf(&build, "%s []%s\n", listName(name), name)
		fmt.Fprintf(&reset, "empty(&b.%s)\n", listName(name))
	}
	return fmt.Sprintf(`// Faelle holds the cases of an SLLA. The list of the file's Leistungsbereich is
// filled, the others are empty; G is the layout of G to N.
type Faelle struct {
%s}

%s// lists holds the parts of all cases of a message in flat lists that are reused,
// so that reading allocates next to nothing.
type lists struct {
%s}

// empty clears the lists and the cases; they keep their capacity.
func (b *lists) empty(faelle *Faelle) {
%s}

// ziel returns where the segment of row n of the group's structure belongs; nil
// where a fault left no case or group for it.
func (b *build) ziel(group byte, n int) segment {
switch group {
%s}
return nil
}

// schreiben writes the cases of a group; false if there are none.
func (s *Faelle) schreiben(group byte, e *encoder) bool {
switch group {
%s}
return false
}
`, doc.String(), types.String(), build.String(), reset.String(), places.String(), write.String())
}

// listName is the flat list of a type.
func listName(typeName string) string { return "l" + typeName }

func writeBox(b *strings.Builder, x *box, s *structure) {
	first := strings.HasPrefix(x.name, "Fall")
	switch {
	case first:
		fmt.Fprintf(b, "// %s is an Abrechnungsfall of the Sammelgruppe %s (dta-302.md section 8).\ntype %s struct {\nKopf\n", x.name, s.layoutGroup(), x.name)
	default:
		fmt.Fprintf(b, "// %s is a part of Fall%s: %s and what belongs to it.\ntype %s struct {\n", x.name, s.layoutGroup(), x.fields[0].name, x.name)
	}
	for _, f := range x.fields {
		switch {
		case f.opt:
			fmt.Fprintf(b, "%s Opt[%s]\n", f.name, f.typeName)
		case f.list:
			fmt.Fprintf(b, "%s []%s\n", f.name, f.typeName)
		default:
			fmt.Fprintf(b, "%s %s\n", f.name, f.typeName)
		}
	}
	fmt.Fprintf(b, "}\n\nfunc (f *%s) schreiben(e *encoder) {\n", x.name)
	if first {
		b.WriteString("f.Kopf.schreiben(e)\n")
	}
	for _, f := range x.fields {
		switch {
		case f.name == "ZUH" && x.name == "FallA":
			b.WriteString("f.schreibenZuzahlung(e)\n")
		case f.name == "MEH" && x.name == "FallA": // written together with ZUH
		case f.opt:
			fmt.Fprintf(b, "if f.%s.Vorhanden {\nf.%s.Wert.schreiben(e)\n}\n", f.name, f.name)
		case f.list:
			fmt.Fprintf(b, "for i := range f.%s {\nf.%s[i].schreiben(e)\n}\n", f.name, f.name)
		default:
			fmt.Fprintf(b, "f.%s.schreiben(e)\n", f.name)
		}
	}
	b.WriteString("}\n\n")
}

// writePlaces writes the method that finds the place of a row's segment.
func writePlaces(b *strings.Builder, m *maker, top field) {
	group := m.s.layoutGroup()
	fmt.Fprintf(b, "func (b *build) ziel%s(n int) segment {\nd := &b.doc\nswitch n {\n", group)
	fmt.Fprintf(b, "case %d:\nreturn &d.FKT\ncase %d:\nreturn &d.REC\n", m.s.find("FKT"), m.s.find("REC"))
	fmt.Fprintf(b, "case %d:\nreturn &extend(&d.%s).INV\n}\n", top.row, top.name)
	fmt.Fprintf(b, "f := last(d.%s)\nif f == nil {\nreturn nil\n}\nswitch n {\n", top.name)
	for _, tag := range []string{"URI", "IMG", "EVO"} {
		fmt.Fprintf(b, "case %d:\nreturn some(&f.%s)\n", m.s.find(tag), tag)
	}
	fmt.Fprintf(b, "case %d:\nreturn &f.NAD\n", m.s.find("NAD"))
	m.places(b, top.box, "f", 0)
	b.WriteString("}\nreturn nil\n}\n\n")
}

// places writes the cases of the rows in a box that the variable owner holds.
func (m *maker) places(b *strings.Builder, x *box, owner string, depth int) {
	for _, f := range x.fields {
		if f.list && f.box == nil {
			m.place(b, f.row, fmt.Sprintf("add(&b.%s, &%s.%s)", listName(f.typeName), owner, f.name))
			continue
		}
		switch {
		case f.box != nil:
			first := f.box.fields[0].name
			m.place(b, f.row, fmt.Sprintf("&add(&b.%s, &%s.%s).%s", listName(f.typeName), owner, f.name, first))
			m.inner(b, f, owner, depth)
		case f.opt:
			m.place(b, f.row, fmt.Sprintf("some(&%s.%s)", owner, f.name))
		case depth == 0 || f.row != x.fields[0].row: // the first segment opens its box
			m.place(b, f.row, fmt.Sprintf("&%s.%s", owner, f.name))
		}
	}
}

// inner writes the rows of an inner box behind one test that it is open.
func (m *maker) inner(b *strings.Builder, f field, owner string, depth int) {
	var rows []string
	for _, r := range m.rowsOf(f.box) {
		rows = append(rows, fmt.Sprint(r))
	}
	if len(rows) == 0 {
		return
	}
	name := fmt.Sprintf("f%d", depth+1)
	fmt.Fprintf(b, "case %s:\n%s := last(%s.%s)\nif %s == nil {\nreturn nil\n}\nswitch n {\n", strings.Join(rows, ", "), name, owner, f.name, name)
	m.places(b, f.box, name, depth+1)
	b.WriteString("}\n")
}

// rowsOf returns the rows inside a box behind its first, those of inner boxes
// included.
func (m *maker) rowsOf(x *box) []int {
	var out []int
	for _, f := range x.fields[1:] {
		out = append(out, m.sameRows(f.row)...)
		if f.box != nil {
			out = append(out, m.rowsOf(f.box)...)
		}
	}
	return out
}

// sameRows returns the row and, for MEH, its second place.
func (m *maker) sameRows(n int) []int {
	out := []int{n}
	if m.s.rows[n].segment == "MEH" {
		for i := n + 1; i < len(m.s.rows); i++ {
			if m.s.rows[i].segment == "MEH" {
				out = append(out, i)
			}
		}
	}
	return out
}

// place writes where the segment of a row goes.
func (m *maker) place(b *strings.Builder, n int, expr string) {
	var rows []string
	for _, r := range m.sameRows(n) {
		rows = append(rows, fmt.Sprint(r))
	}
	fmt.Fprintf(b, "case %s:\nreturn %s\n", strings.Join(rows, ", "), expr)
}
