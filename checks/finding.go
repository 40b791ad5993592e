package checks

import (
	"strings"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// Param is a value that a finding puts into the text of its rule, already in
// German format (CHK-11).
type Param struct {
	Name, Value string
}

// Finding is one fault that a rule found. It is a value of the normal business,
// not an error.
type Finding struct {
	Rule     *Rule
	Severity Severity
	Scope    Scope
	// Case and Position are indexes into the invoice, -1 for none.
	Case, Position int
	Place          billing.Place
	// Tag is the segment in which the fault stands.
	Tag string
	// Billed is the net amount that was demanded for what the finding concerns.
	Billed money.Cents
	// Corrected is what this finding really takes, GrossCut less CopayCut; 0 if
	// another finding took it already (then this one is a further reason).
	Corrected money.Cents
	// GrossCut and CopayCut are its parts: what the gross amount and the
	// co-payment fall by (architecture section 5).
	GrossCut, CopayCut money.Cents
	Params             []Param
}

// Text returns the German text of the finding for the provider, without the
// internal notes in brackets.
func (f Finding) Text() string { return render(f.Rule.Text, f.Params) }

// render fills {name} and drops [notes]. A name without a value becomes a dash, so
// that a text never shows the raw template.
func render(template string, params []Param) string {
	var b strings.Builder
	b.Grow(len(template) + 16)
	for template != "" {
		i := strings.IndexAny(template, "{[")
		if i < 0 {
			b.WriteString(template)
			break
		}
		b.WriteString(template[:i])
		closing := byte('}')
		if template[i] == '[' {
			closing = ']'
		}
		end := strings.IndexByte(template[i:], closing)
		if end < 0 {
			b.WriteString(template[i:])
			break
		}
		if template[i] == '{' {
			b.WriteString(paramValue(params, template[i+1:i+end]))
		}
		template = template[i+end+1:]
	}
	return strings.TrimSpace(b.String())
}

func paramValue(params []Param, name string) string {
	for _, p := range params {
		if p.Name == name && p.Value != "" {
			return p.Value
		}
	}
	return "–"
}
