package main

import (
	"fmt"
	"log"
	"strings"
)

// segmentCodecs writes, per segment type, the method that takes over checked
// values, the one that reads a segment without fault in one pass, and the one
// that writes the segment.
func segmentCodecs(elements []element) string {
	var b strings.Builder
	for _, l := range layouts(elements) {
		fmt.Fprintf(&b, "func (s *%s) lesen(w []wert, ort Ort) {\ns.Ort = ort\n", l.name)
		for i, e := range l.leaves {
			fmt.Fprintf(&b, "s.%s = %s\n", goName(e), fromValue(e, i))
		}
		fmt.Fprintf(&b, "}\n\nfunc (s *%s) schnell(z *zeile, at int, ort Ort) int {\ns.Ort = ort\n", l.name)
		for _, e := range l.leaves {
			fmt.Fprintf(&b, "%s\n", fromLine(e))
		}
		fmt.Fprintf(&b, "return at\n}\n\nfunc (s *%s) schreiben(e *encoder) {\ne.begin(%s)\n", l.name, specName(l.leaves[0]))
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
		return fmt.Sprintf("%s{Wert: %s(w[%d].num), Vorhanden: w[%d].da}", t, inner, i, i)
	default:
		return fmt.Sprintf("%s(w[%d].num)", t, i)
	}
}

// fromLine returns the statement that reads an element in one pass.
func fromLine(e element) string {
	t, sep := goType(e), "'+'"
	if e.component > 1 {
		sep = "':'"
	}
	var call string
	switch e.kind {
	case "an":
		call = fmt.Sprintf("z.an(at, %s, %d, %t)", sep, e.maxLen, e.mandatory)
		switch {
		case e.minLen > 1 && e.minLen == e.maxLen:
			call = fmt.Sprintf("z.fest(at, %s, %d, %t)", sep, e.minLen, e.mandatory)
		case e.minLen > 1:
			call = fmt.Sprintf("z.schluessel(at, %s, %d, %d, %t)", sep, e.minLen, e.maxLen, e.mandatory)
		}
	case "n":
		call = fmt.Sprintf("z.zahl(at, %d, %t)", e.maxLen, e.mandatory)
		if t == "string" {
			call = fmt.Sprintf("z.ziffern(at, %s, %d, %t)", sep, e.maxLen, e.mandatory)
		}
	case "decimal":
		call = fmt.Sprintf("z.dezimal(at, %d, %t)", e.maxLen, e.mandatory)
	case "date":
		call = fmt.Sprintf("z.datum(at, %s, %t)", sep, e.mandatory)
	case "time":
		call = fmt.Sprintf("z.zeit(at, %s, %t)", sep, e.mandatory)
	}
	if e.component > 1 && (e.kind == "decimal" || e.kind == "n" && t != "string") {
		log.Fatalf("%s.%d: numbers behind the first component are not provided for", e.segment, e.element)
	}
	inner, optional := strings.CutPrefix(t, "Opt[")
	switch {
	case optional:
		return fmt.Sprintf("s.%s, at = moeglich[%s](%s)", goName(e), strings.TrimSuffix(inner, "]"), call)
	case t == "string" || t == "Datum":
		return fmt.Sprintf("s.%s, at = %s", goName(e), call)
	default:
		return fmt.Sprintf("s.%s, at = noetig[%s](%s)", goName(e), t, call)
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
