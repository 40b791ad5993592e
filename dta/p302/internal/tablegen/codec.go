package main

import (
	"fmt"
	"strings"
)

// segmentCodecs writes, per segment type, the method that takes over checked
// values and the method that writes the segment.
func segmentCodecs(elements []element) string {
	var b strings.Builder
	for _, l := range layouts(elements) {
		fmt.Fprintf(&b, "func (s *%s) lesen(w []wert, ort Ort) {\ns.Ort = ort\n", l.name)
		for i, e := range l.leaves {
			fmt.Fprintf(&b, "s.%s = %s\n", goName(e), fromValue(e, i))
		}
		fmt.Fprintf(&b, "}\n\nfunc (s *%s) schreiben(e *encoder) {\ne.begin(&segmentSpecs[%s])\n", l.name, specName(l.leaves[0]))
		for i, e := range l.leaves {
			fmt.Fprintf(&b, "%s\n", toWire(e, i))
		}
		b.WriteString("e.end()\n}\n\n")
	}
	return b.String()
}

func fromValue(e element, i int) string {
	t := goType(e)
	inner, optional := strings.CutPrefix(t, "Opt[")
	inner = strings.TrimSuffix(inner, "]")
	switch {
	case t == "string":
		return fmt.Sprintf("w[%d].text", i)
	case optional:
		return fmt.Sprintf("%s{%s(w[%d].num), w[%d].da}", t, inner, i, i)
	default:
		return fmt.Sprintf("%s(w[%d].num)", t, i)
	}
}

func toWire(e element, i int) string {
	t := goType(e)
	value, present := "s."+goName(e), "true"
	if strings.HasPrefix(t, "Opt[") {
		value, present = value+".Wert", value+".Vorhanden"
	}
	switch e.kind {
	case "decimal":
		return fmt.Sprintf("e.dezimal(%d, int64(%s), %s)", i, value, present)
	case "date":
		return fmt.Sprintf("e.datum(%d, %s)", i, value)
	case "time":
		return fmt.Sprintf("e.zeit(%d, %s, %s)", i, value, present)
	case "n":
		if t != "string" {
			return fmt.Sprintf("e.ganz(%d, int64(%s), %s)", i, value, present)
		}
	}
	return fmt.Sprintf("e.an(%d, %s)", i, value)
}
