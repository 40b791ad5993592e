package main

import (
	"fmt"
	"slices"
	"strings"
)

// specName is the index constant of a segment's element table. The groups G to
// N share one layout (TA1 5.5.3.8) and so one table.
func specName(e element) string {
	group := e.group
	if strings.Contains("GHIJKLMN", group) {
		group = "G"
	}
	if group == "ALL" {
		group = e.message
	}
	return "spec" + group + e.segment
}

// syntaxTables writes the element tables, the structure tables and the versions.
func syntaxTables(elements []element, structures []structure) (string, error) {
	var b strings.Builder
	var tags, specs []string
	bySpec := map[string][]element{}
	for _, e := range elements {
		if !slices.Contains(tags, e.segment) {
			tags = append(tags, e.segment)
		}
		if strings.Contains("HIJKLMN", e.group) {
			continue // the same rows as G; checked by TestGroupsGToNAreEqual
		}
		name := specName(e)
		if _, ok := bySpec[name]; !ok {
			specs = append(specs, name)
		}
		bySpec[name] = append(bySpec[name], e)
	}
	b.WriteString("// Segment tags of the catalogue.\nconst (\nsegNone segID = iota\n")
	for _, tag := range tags {
		fmt.Fprintf(&b, "seg%s\n", tag)
	}
	b.WriteString(")\n\n// Indexes of segmentSpecs.\nconst (\n")
	for i, name := range specs {
		if i == 0 {
			name += " = iota"
		}
		b.WriteString(name + "\n")
	}
	b.WriteString(")\n\n// segmentSpecs holds the element table of every segment. It is never written.\n")
	b.WriteString("var segmentSpecs = [...]segmentSpec{\n")
	for _, name := range specs {
		writeSpec(&b, name, bySpec[name])
	}
	b.WriteString("}\n\n")
	writeStructures(&b, structures)
	if err := writeVersions(&b); err != nil {
		return "", err
	}
	if err := writeChanges(&b); err != nil {
		return "", err
	}
	return b.String(), nil
}

func writeSpec(b *strings.Builder, name string, rows []element) {
	fmt.Fprintf(b, "%s: {tag: %q, id: seg%s,\n", name, rows[0].segment, rows[0].segment)
	var first []string
	slot := 0
	for _, e := range rows {
		if e.kind == "group" {
			continue
		}
		if e.element > len(first) {
			first = append(first, fmt.Sprint(slot))
		}
		slot++
	}
	first = append(first, fmt.Sprint(slot))
	fmt.Fprintf(b, "first: []uint8{%s},\nelements: []elementSpec{\n", strings.Join(first, ","))
	slot = 0
	for _, e := range rows {
		if e.kind == "group" {
			continue
		}
		fmt.Fprintf(b, "{%q, %d, %d, %d, kind%s, %d, %d, %t},\n", e.name, e.element, e.component, slot,
			strings.ToUpper(e.kind[:1])+e.kind[1:], e.minLen, e.maxLen, e.mandatory)
		slot++
	}
	b.WriteString("}},\n")
}

func writeStructures(b *strings.Builder, structures []structure) {
	b.WriteString("// structures holds segment order and cardinality per message and group. It is\n// never written.\nvar structures = [...]structure{\n")
	for _, s := range structures {
		group := s.group
		if group == "ALL" {
			group = " "
		}
		fmt.Fprintf(b, "{Kind%s, '%s', []node{\n", s.message, group)
		for _, r := range s.rows {
			limit := fmt.Sprint(r.max)
			if r.max == many {
				limit = "unbounded"
			}
			spec := specName(element{message: s.message, group: s.groupOf(r), segment: r.segment})
			fmt.Fprintf(b, "{seg%s, %s, %d, %d, %d, %s},\n", r.segment, spec, r.parent, r.order, r.min, limit)
		}
		b.WriteString("}},\n")
	}
	b.WriteString("}\n\n")
}

func writeVersions(b *strings.Builder) error {
	rows, err := readCSV("tables/nachrichtenversion.csv")
	if err != nil {
		return err
	}
	b.WriteString("// versions holds the validity of the message versions by the creation date of\n// UNB (TA1 5.5.1). It is never written.\nvar versions = [...]version{\n")
	for _, r := range rows {
		until := strings.ReplaceAll(r["gueltig_bis"], "-", "")
		if until == "" {
			until = "99991231"
		}
		fmt.Fprintf(b, "{%q, %s, %s},\n", r["version"], strings.ReplaceAll(r["gueltig_ab"], "-", ""), until)
	}
	b.WriteString("}\n")
	return nil
}

// writeChanges writes what older versions have otherwise.
func writeChanges(b *strings.Builder) error {
	rows, err := readCSV("tables/layouts.csv")
	if err != nil {
		return err
	}
	b.WriteString("\n// changes holds what older message versions have otherwise, in table order. It is\n// never written.\nvar changes = [...]change{\n")
	for _, r := range rows {
		if r["segment"] == "" {
			fmt.Fprintf(b, "{group: '%s', until: %s},\n", r["group"], r["until"])
			continue
		}
		e := element{message: "SLLA", group: r["group"], segment: r["segment"]}
		fmt.Fprintf(b, "{spec: %s, element: %d, until: %s, min: %d, max: %d},\n", specName(e), number(r["position"]), r["until"], number(r["min_len"]), number(r["max_len"]))
	}
	b.WriteString("}\n")
	return nil
}
