package catalogue

import (
	"fmt"
	"strings"

	"klarbeleg/checks"
)

//go:generate go test . -run TestDocument -update

// Document returns docs/rules.md: every rule of the catalogue, by level, and whether
// it is implemented.
func Document() []byte {
	var b strings.Builder
	rules := load().rules
	b.WriteString("# Prüfregeln\n\n")
	b.WriteString("Diese Datei ist erzeugt (`go generate ./checks/catalogue`), nicht von Hand zu ändern. ")
	b.WriteString("Quelle: `checks.csv`, `format-rules.csv` und `procedure-rules.csv` in `checks/catalogue`; dort steht zu jeder Regel auch die Fundstelle.\n\n")
	b.WriteString("Stufe 3 und 4 prüft dieses Regelwerk. Fehler der Stufen 1 und 2 stellt die Annahme fest; von hier hat sie Text und Wirkung. ")
	b.WriteString("Was keine Regel entscheidet, steht mit seinem Grund in `treatment.csv`, ebenso, wie eine Regel gelesen wird, wo die Vorgabe das offen lässt. ")
	b.WriteString("Fehlt einer umgesetzten Regel eine Liste, antwortet sie `no_data`; das zählt nie als bestanden.\n\n")
	writeCounts(&b, rules)
	for level := checks.LevelFile; level <= checks.LevelContract; level++ {
		fmt.Fprintf(&b, "\n## Stufe %d: %s\n\n", level, levelName(level))
		b.WriteString("| Regel | Titel | Bereich | Wirkung | Heilung | Stand | Sicherheit | Text an den Leistungserbringer |\n")
		b.WriteString("|---|---|---|---|---|---|---|---|\n")
		for i := range rules {
			if rules[i].Level == level {
				b.WriteString(documentRow(&rules[i]))
			}
		}
	}
	return []byte(b.String())
}

// writeCounts writes how many rules of each level are treated how.
func writeCounts(b *strings.Builder, rules []checks.Rule) {
	counts := map[checks.Level]map[State]int{}
	for i := range rules {
		t, _ := TreatmentOf(&rules[i])
		if counts[rules[i].Level] == nil {
			counts[rules[i].Level] = map[State]int{}
		}
		counts[rules[i].Level][t.State]++
	}
	b.WriteString("| Stufe | umgesetzt | an anderer Stelle | Daten fehlen | offen |\n|---|---|---|---|---|\n")
	for level := checks.LevelFile; level <= checks.LevelContract; level++ {
		n := counts[level]
		fmt.Fprintf(b, "| %d %s | %d | %d | %d | %d |\n", level, levelName(level), n[Implemented], n[Elsewhere], n[NoData], n[Open])
	}
}

func levelName(l checks.Level) string {
	return [...]string{"", "Datei", "Syntax", "Form und Inhalt", "Vertrag und Leistung"}[l]
}

func documentRow(r *checks.Rule) string {
	t, _ := TreatmentOf(r)
	state := map[State]string{
		Implemented: "umgesetzt", Elsewhere: "an anderer Stelle", NoData: "Daten fehlen", Open: "offen",
	}[t.State]
	if t.Note != "" {
		state += ": " + t.Note
	}
	cells := []string{
		r.ID, r.Title, r.Areas.String(), r.Severity.German(), healing(r.Heal), state,
		confidence(r.Confidence), r.Text,
	}
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", "\\|")
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// healing shows the ways to heal in German.
func healing(heal string) string {
	var ways []string
	for way := range strings.SplitSeq(heal, ";") {
		kind, what, _ := strings.Cut(way, ":")
		switch kind {
		case "field_change":
			ways = append(ways, "Angabe ändern: `"+what+"`")
		case "document":
			ways = append(ways, "Unterlage: "+what)
		case "resubmit":
			ways = append(ways, "neu einreichen")
		default:
			ways = append(ways, "nur Widerspruch")
		}
	}
	return strings.Join(ways, "; ")
}

func confidence(c string) string {
	switch c {
	case "high":
		return "hoch"
	case "medium":
		return "mittel"
	case "low":
		return "gering"
	default:
		return "eigene Regel"
	}
}
