// Package heal says how a correction is repaired by changing what was billed: which
// fields the healing paths of the rules name, how a value is written and where it
// stands in an invoice (COR-3, COR-4). It knows formats; whether a value is right
// the rules decide.
package heal

import (
	"errors"
	"slices"
	"strings"

	"klarbeleg/domain/billing"
)

// Path is one alternative to repair a correction, as its rule names it.
type Path struct {
	Kind Kind
	// Fields can be changed; of a path of the kind FieldChange.
	Fields []*Field
	// Document is what is asked for; of a path of the kind Document.
	Document string
}

// Kind is the kind of a healing path.
type Kind string

// Kinds of healing paths, in the words of the rule tables.
const (
	FieldChange Kind = "field_change"
	Document    Kind = "document"
	Resubmit    Kind = "resubmit"
	None        Kind = "none" // only a written objection is left
)

// Paths reads the healing paths of a rule: alternatives separated by ";". A path
// that is not known is left out: it offers nothing.
func Paths(healableBy string) (paths []Path) {
	for alternative := range strings.SplitSeq(healableBy, ";") {
		kind, what, _ := strings.Cut(strings.TrimSpace(alternative), ":")
		p := Path{Kind: Kind(kind)}
		switch p.Kind {
		case FieldChange:
			if p.Fields = Fields(what); len(p.Fields) == 0 {
				continue
			}
		case Document:
			p.Document = what
		case Resubmit, None:
		default:
			continue
		}
		paths = append(paths, p)
	}
	return paths
}

// Field is one field that can be changed.
type Field struct {
	// Name is SEGMENT.field; the segment is "line" for the line of every group and
	// "*" for the prescription of every group.
	Name string
	// Label and Explain are what the provider reads.
	Label, Explain string
	// Format tells how a value is written, in German.
	Format string
	// PerInvoice says that the field is of the invoice, not of one case.
	PerInvoice bool

	count func(*billing.Invoice, *billing.Case) int
	get   func(Place) string
	set   func(Place, string) error
	owner func(*billing.Case, int) (index int, ok bool)
}

// Place is one instance of a field: the invoice, the case, and the number of the
// position, part, diagnosis or what else the field belongs to.
type Place struct {
	Invoice *billing.Invoice
	Case    *billing.Case
	Index   int
}

// Change is a new value for one instance of a field of a case.
type Change struct {
	Field string
	// Index counts the instances of the field in the case from 0.
	Index int
	Value string
}

// Errors of a change. None of them carries the value.
var (
	// ErrUnknownField says that there is no such field.
	ErrUnknownField = errors.New("unknown field")
	// ErrNoInstance says that the case has no such instance of the field.
	ErrNoInstance = errors.New("case has no such instance of the field")
)

// FormatError says that a value is not written as the field wants it; Format says
// how, in German.
type FormatError struct{ Field, Format string }

func (e *FormatError) Error() string { return "value of " + e.Field + " is malformed" }

// Count returns how many instances of the field the case has.
func (f *Field) Count(inv *billing.Invoice, c *billing.Case) int { return f.count(inv, c) }

// Value returns the value of an instance as a provider writes it, "" if absent.
func (f *Field) Value(p Place) string { return f.get(p) }

// At returns the instances that belong to a position of the case, or all of them for
// position -1.
func (f *Field) At(inv *billing.Invoice, c *billing.Case, position int) (indexes []int) {
	n := f.count(inv, c)
	if position >= 0 && f.owner != nil {
		if i, ok := f.owner(c, position); ok && i < n {
			return []int{i}
		}
		return nil
	}
	for i := range n {
		indexes = append(indexes, i)
	}
	return indexes
}

// Set writes a value into an instance: ErrNoInstance, *FormatError.
func (f *Field) Set(p Place, value string) error {
	if p.Index < 0 || p.Index >= f.count(p.Invoice, p.Case) {
		return ErrNoInstance
	}
	if err := f.set(p, strings.TrimSpace(value)); err != nil {
		return &FormatError{Field: f.Name, Format: f.Format}
	}
	return nil
}

// Fields returns the fields of a name as the rules write it: one field, or with the
// name of a segment all of its fields.
func Fields(name string) (list []*Field) {
	name = normal(name)
	for i := range table {
		f := &table[i]
		if f.Name == name || strings.HasPrefix(f.Name, name+".") {
			list = append(list, f)
		}
	}
	return list
}

// Lookup returns the field with the name as Field.Name has it.
func Lookup(name string) (*Field, bool) {
	i := slices.IndexFunc(table, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return nil, false
	}
	return &table[i], true
}

// Segments that stand for the line and the prescription in each group.
var (
	lineSegments         = []string{"EHI", "EHE", "EHK", "EHH", "EKT", "EHB", "ENF", "ESP", "EGV", "EHP", "AHK", "EMP"}
	prescriptionSegments = []string{"ZHI", "ZHE", "ZHK", "ZHH", "ZKT", "ZHB", "ZUV", "ZSP"}
)

// normal returns the name of a field as the table has it.
func normal(name string) string {
	segment, field, dotted := strings.Cut(name, ".")
	switch {
	case !dotted:
		return name
	case slices.Contains(lineSegments, segment), name == "*.tarifkennzeichen":
		return "line." + field
	case slices.Contains(prescriptionSegments, segment):
		return "*." + field
	}
	return name
}
