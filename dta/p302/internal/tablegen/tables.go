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
func syntaxTables(elements []element) (string, error) {
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
	if err := writeStructures(&b); err != nil {
		return "", err
	}
	if err := writeVersions(&b); err != nil {
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
	for _, e := range rows {
		if e.kind == "group" {
			continue
		}
		fmt.Fprintf(b, "{%q, %d, %d, kind%s, %d, %d, %t},\n", e.name, e.element, e.component,
			strings.ToUpper(e.kind[:1])+e.kind[1:], e.minLen, e.maxLen, e.mandatory)
	}
	b.WriteString("}},\n")
}

func writeStructures(b *strings.Builder) error {
	rows, err := readCSV("tables/structure.csv")
	if err != nil {
		return err
	}
	b.WriteString("// structures holds segment order and cardinality per message and group. It is\n// never written.\nvar structures = [...]structure{\n")
	last := ""
	var tags []string
	for _, r := range rows {
		key := r["message"] + r["group"]
		if key != last {
			if last != "" {
				b.WriteString("}},\n")
			}
			group := r["group"]
			if group == "ALL" {
				group = " "
			}
			fmt.Fprintf(b, "{Kind%s, '%s', []node{\n", r["message"], group)
			last, tags = key, nil
		}
		parent := -1
		if r["parent"] != "message" {
			parent = slices.Index(tags, r["parent"])
			if parent < 0 {
				return fmt.Errorf("structure of %s: parent %s not listed before %s", key, r["parent"], r["segment"])
			}
		}
		tags = append(tags, r["segment"])
		limit := r["max"]
		if limit == "n" {
			limit = "unbounded"
		}
		spec := specName(element{message: r["message"], group: specGroup(r), segment: r["segment"]})
		fmt.Fprintf(b, "{seg%s, %s, %d, %s, %s, %s},\n", r["segment"], spec, parent, r["order"], r["min"], limit)
	}
	b.WriteString("}},\n}\n\n")
	return nil
}

// specGroup returns the group under which the element table lists a segment.
func specGroup(r map[string]string) string {
	if r["message"] == "SLLA" && slices.Contains([]string{"FKT", "REC", "INV", "URI", "NAD", "IMG", "EVO"}, r["segment"]) {
		return "ALL"
	}
	return r["group"]
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
