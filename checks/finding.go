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
	// co-payment fall by. CopayCut is negative where too little co-payment had
	// been deducted. In a co-payment claim GrossCut is what the claim falls by.
	GrossCut, CopayCut money.Cents
	Params             []Param
}

// Text returns the German text of the finding for the provider; it is empty for
// a rule whose text is internal.
func (f Finding) Text() string {
	if f.Rule.Internal() {
		return ""
	}
	return render(f.Rule.Text, f.Params)
}

// render fills {name}. A value that the bill lacks reads "(ohne Angabe)"; a name
// without a parameter becomes a dash, so that a provider never reads a template.
func render(template string, params []Param) string {
	var b strings.Builder
	b.Grow(len(template) + 16)
	for {
		before, rest, found := strings.Cut(template, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		b.WriteString(paramValue(params, name))
		template = after
	}
}

func paramValue(params []Param, name string) string {
	for _, p := range params {
		switch {
		case p.Name == name && p.Value == "":
			return "(ohne Angabe)"
		case p.Name == name:
			return p.Value
		}
	}
	return "–"
}
