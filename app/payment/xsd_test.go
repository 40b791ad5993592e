package payment_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The part of XML Schema that ISO 20022 uses: sequences, choices, attributes, and
// simple types with facets. What it does not know fails the test.

type xsdSchema struct {
	Elements []xsdElement `xml:"element"`
	Complex  []xsdComplex `xml:"complexType"`
	Simple   []xsdSimple  `xml:"simpleType"`
}

type xsdElement struct {
	Name string `xml:"name,attr"`
	Type string `xml:"type,attr"`
	Min  string `xml:"minOccurs,attr"`
	Max  string `xml:"maxOccurs,attr"`
}

type xsdComplex struct {
	Name     string       `xml:"name,attr"`
	Sequence []xsdElement `xml:"sequence>element"`
	Choice   []xsdElement `xml:"choice>element"`
	Content  *struct {
		Base      string `xml:"base,attr"`
		Attribute struct {
			Name string `xml:"name,attr"`
			Type string `xml:"type,attr"`
		} `xml:"attribute"`
	} `xml:"simpleContent>extension"`
}

type xsdFacet struct {
	Value string `xml:"value,attr"`
}

type xsdSimple struct {
	Name        string `xml:"name,attr"`
	Restriction struct {
		Base     string     `xml:"base,attr"`
		Enum     []xsdFacet `xml:"enumeration"`
		Pattern  *xsdFacet  `xml:"pattern"`
		MinLen   *xsdFacet  `xml:"minLength"`
		MaxLen   *xsdFacet  `xml:"maxLength"`
		Fraction *xsdFacet  `xml:"fractionDigits"`
		Total    *xsdFacet  `xml:"totalDigits"`
		MinIncl  *xsdFacet  `xml:"minInclusive"`
	} `xml:"restriction"`
}

// node is an element of the document.
type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []node     `xml:",any"`
}

// xsd validates documents.
type xsd struct {
	root     xsdElement
	complex  map[string]xsdComplex
	simple   map[string]xsdSimple
	problems []string
}

func readXSD(t *testing.T, path string) *xsd {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var s xsdSchema
	if err := xml.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	x := &xsd{root: s.Elements[0], complex: map[string]xsdComplex{}, simple: map[string]xsdSimple{}}
	for _, c := range s.Complex {
		x.complex[c.Name] = c
	}
	for _, c := range s.Simple {
		x.simple[c.Name] = c
	}
	return x
}

// validate returns what is wrong with the document.
func (x *xsd) validate(doc string) []string {
	x.problems = nil
	d := xml.NewDecoder(strings.NewReader(doc))
	var root node
	if err := d.Decode(&root); err != nil {
		return []string{err.Error()}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		if _, err := d.Token(); !errors.Is(err, io.EOF) { // a line end
			x.fail("", "content behind the document")
		}
	}
	if root.XMLName.Local != x.root.Name || root.XMLName.Space != "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09" {
		x.fail("", "root is "+root.XMLName.Space+" "+root.XMLName.Local)
	}
	x.element(root.XMLName.Local, x.root.Type, &root)
	return x.problems
}

func (x *xsd) fail(path, what string) { x.problems = append(x.problems, path+": "+what) }

func (x *xsd) element(path, typ string, n *node) {
	if c, ok := x.complex[typ]; ok {
		x.complexElement(path, c, n)
		return
	}
	if len(n.Children) > 0 || len(n.Attrs) > 0 {
		x.fail(path, "holds elements or attributes")
	}
	x.value(path, typ, n.Text)
}

func (x *xsd) complexElement(path string, c xsdComplex, n *node) {
	if c.Content != nil {
		if len(n.Attrs) != 1 || n.Attrs[0].Name.Local != c.Content.Attribute.Name {
			x.fail(path, "attributes")
		} else {
			x.value(path+"@"+n.Attrs[0].Name.Local, c.Content.Attribute.Type, n.Attrs[0].Value)
		}
		x.value(path, c.Content.Base, n.Text)
		return
	}
	if strings.TrimSpace(n.Text) != "" {
		x.fail(path, "text between elements")
	}
	children := n.Children
	if len(c.Choice) > 0 {
		if len(children) != 1 {
			x.fail(path, "a choice of more or less than one")
			return
		}
		for _, e := range c.Choice {
			if e.Name == children[0].XMLName.Local {
				x.element(path+"/"+e.Name, e.Type, &children[0])
				return
			}
		}
		x.fail(path, "no such choice: "+children[0].XMLName.Local)
		return
	}
	for _, e := range c.Sequence {
		count := 0
		for len(children) > 0 && children[0].XMLName.Local == e.Name {
			x.element(path+"/"+e.Name, e.Type, &children[0])
			children = children[1:]
			count++
		}
		if e.Min != "0" && count == 0 || e.Max != "unbounded" && count > 1 {
			x.fail(path, fmt.Sprintf("%d of %s", count, e.Name))
		}
	}
	if len(children) > 0 {
		x.fail(path, "unexpected or misplaced "+children[0].XMLName.Local)
	}
}

func (x *xsd) value(path, typ, text string) {
	s, ok := x.simple[typ]
	if !ok {
		x.fail(path, "unknown type "+typ)
		return
	}
	r := s.Restriction
	number := func(f *xsdFacet) int { n, _ := strconv.Atoi(f.Value); return n }
	length := len([]rune(text))
	whole, fraction, _ := strings.Cut(text, ".")
	enum := len(r.Enum) == 0
	for _, e := range r.Enum {
		enum = enum || e.Value == text
	}
	var baseErr error
	switch r.Base {
	case "xs:decimal":
		_, baseErr = strconv.ParseFloat(text, 64)
	case "xs:date":
		_, baseErr = time.Parse(time.DateOnly, text)
	case "xs:dateTime":
		_, baseErr = time.Parse(time.RFC3339, text)
	case "xs:string":
	default:
		baseErr = errors.New("unknown base " + r.Base)
	}
	switch {
	case baseErr != nil:
		x.fail(path, baseErr.Error())
	case !enum:
		x.fail(path, "not in the enumeration")
	case r.Pattern != nil && !regexp.MustCompile("^("+r.Pattern.Value+")$").MatchString(text):
		x.fail(path, "pattern "+r.Pattern.Value)
	case r.MinLen != nil && length < number(r.MinLen), r.MaxLen != nil && length > number(r.MaxLen):
		x.fail(path, fmt.Sprintf("length %d", length))
	case r.Fraction != nil && len(fraction) > number(r.Fraction), r.Total != nil && len(whole)+len(fraction) > number(r.Total):
		x.fail(path, "digits")
	case r.MinIncl != nil && strings.HasPrefix(text, "-"):
		x.fail(path, "below "+r.MinIncl.Value)
	}
}
