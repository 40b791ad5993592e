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
	implemented := map[checks.Level]int{}
	total := map[checks.Level]int{}
	for i := range rules {
		total[rules[i].Level]++
		if rules[i].Check != nil {
			implemented[rules[i].Level]++
		}
	}
	b.WriteString("# Prüfregeln\n\n")
	b.WriteString("Diese Datei ist erzeugt (`go generate ./checks/catalogue`), nicht von Hand zu ändern. ")
	b.WriteString("Quelle: `checks.csv`, `format-rules.csv` und `procedure-rules.csv` in `checks/catalogue`; dort steht zu jeder Regel auch die Fundstelle.\n\n")
	b.WriteString("Stufe 3 und 4 prüft dieses Regelwerk. Fehler der Stufen 1 und 2 stellt die Annahme fest; von hier hat sie Text und Wirkung.\n\n")
	b.WriteString("| Stufe | Regeln | umgesetzt |\n|---|---|---|\n")
	for level := checks.LevelFile; level <= checks.LevelContract; level++ {
		done := "in der Annahme"
		if level >= checks.LevelFormal {
			done = fmt.Sprint(implemented[level])
		}
		fmt.Fprintf(&b, "| %d %s | %d | %s |\n", level, levelName(level), total[level], done)
	}
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

func levelName(l checks.Level) string {
	return [...]string{"", "Datei", "Syntax", "Form und Inhalt", "Vertrag und Leistung"}[l]
}

func documentRow(r *checks.Rule) string {
	state := "noch nicht umgesetzt"
	switch {
	case r.Check != nil:
		state = "umgesetzt"
	case r.Level <= checks.LevelSyntax:
		state = "Annahme"
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
