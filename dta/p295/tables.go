package p295

import (
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"klarbeleg/dta"
)

// The tables say what is read, checked and written. Each row names its source.
//
//   - <catalogue>_segmente.csv, <catalogue>_struktur.csv: elements and order of
//     the segments of a layout
//   - hauptversionen.csv: which layout a main version of UNH-03.2 has
//   - iv_*.csv: key lists, rules, versions of the Technische Anlage
//
//go:embed tables/*.csv
var tableFiles embed.FS

// kind is the type of an element.
type kind uint8

const (
	kindAn kind = iota
	kindN
	kindCount // a number above 0
	kindDecimal
	kindDate
	kindBirthDate
	kindTime
)

// presence says when an element must have a value.
type presence uint8

const (
	optional presence = iota
	mandatory
	inGroup // where another component of the element has one
)

// checkDigit is the identifier that an element holds.
type checkDigit uint8

const (
	noDigit checkDigit = iota
	digitIK
	digitLANR
	digitKVNR
)

// elementSpec is one element, or one component of a composite.
type elementSpec struct {
	name        string
	position    int // as the Technische Anlage counts: the tag is 1
	component   int // 0: the element is no composite
	kind        kind
	min, max    int // characters; digits of a decimal number
	minDecimals int
	decimals    int
	presence    presence
	rule        string // the rule that a violation breaks
	fixed       string // the only value; "": any
	keys        []string
	keysOpen    bool // later versions have added keys: an unknown one is a warning
	digit       checkDigit
}

// segmentSpec is the element table of a segment. first has the index of every
// element's first component, beginning with position 2, and at its end the
// number of components.
type segmentSpec struct {
	tag      string
	number   int // in its catalogue
	first    []int
	elements []elementSpec
}

// slot returns the index of an element, -1 if the layout does not have it.
func (s *segmentSpec) slot(position, component int) int {
	i := position - 2
	if i < 0 || i >= len(s.first)-1 {
		return -1
	}
	if slot := s.first[i] + component - 1; slot < s.first[i+1] {
		return slot
	}
	return -1
}

// node is a segment in the order of a message. Nodes of the same order exclude
// each other and share their bounds.
type node struct {
	order    int
	tag      string // * stands for a tag that no other node has
	packed   uint32 // the tag, 0 for *
	min, max int    // max 0: only bounded by MaxSegmente
	raw      bool   // layout not established
	warn     bool   // its absence is a warning
	spec     *segmentSpec
}

// catalogue is the layout of the messages of one or more main versions.
type catalogue struct {
	segments  []segmentSpec
	structure []node
}

// spec returns the table of a segment.
func (c *catalogue) spec(tag string) *segmentSpec {
	for i := range c.segments {
		if c.segments[i].tag == tag {
			return &c.segments[i]
		}
	}
	return nil
}

// messageType is a key of UNH-03.1.
type messageType struct {
	code       string
	contract   string // 73b, 73c, 140a; "" where not known
	singleCase bool   // Einzelfallrechnung, the only kind with an established layout
}

// tableSet is everything in tables/.
type tableSet struct {
	service  *catalogue            // UNB, UNH, UNT, UNZ are the same in all versions
	layouts  map[string]*catalogue // by main version
	types    []messageType
	rules    []Regel
	versions []TAVersion
	reduce   map[string]string // Minderungsart -> gesetzlich, vertraglich, sonstige
	verf     []string          // Verfahrenskennungen
}

// tables reads the tables once. A fault in them is a fault of the program.
var tables = sync.OnceValue(func() *tableSet {
	t, err := loadTables()
	if err != nil {
		panic("dta/p295: " + err.Error())
	}
	return t
})

// row is a line of a table by column name.
type row map[string]string

func readTable(name string) ([]row, error) {
	f, err := tableFiles.Open("tables/" + name + ".csv")
	if err != nil {
		return nil, fmt.Errorf("open table: %w", err)
	}
	defer f.Close() //nolint:errcheck // an embedded file
	r := csv.NewReader(f)
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", name, err)
	}
	var out []row
	for {
		line, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", name, err)
		}
		m := row{}
		for i, column := range head {
			m[column] = line[i]
		}
		out = append(out, m)
	}
}

func loadTables() (*tableSet, error) {
	t := &tableSet{layouts: map[string]*catalogue{}, reduce: map[string]string{}}
	mains, err := readTable("hauptversionen")
	if err != nil {
		return nil, err
	}
	byName := map[string]*catalogue{}
	for _, m := range mains {
		name := m["katalog"]
		if byName[name] == nil {
			if byName[name], err = loadCatalogue(name); err != nil {
				return nil, err
			}
			t.service = byName[name]
		}
		t.layouts[m["hauptversion"]] = byName[name]
	}
	for _, load := range []func() error{t.loadTypes, t.loadRules, t.loadVersions, t.loadReductions} {
		if err := load(); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *tableSet) loadTypes() error {
	rows, err := readTable("iv_nachrichtentyp")
	for _, m := range rows {
		t.types = append(t.types, messageType{m["code"], m["vertrag"], m["einzelfall"] == "1"})
	}
	if err != nil {
		return err
	}
	t.verf, err = keyList("iv_verfahren", "kennung")
	return err
}

func (t *tableSet) loadReductions() error {
	rows, err := readTable("iv_minderungsart")
	for _, m := range rows {
		// The key list says "see profile" of the Eigenbeteiligung; the profile
		// counts it among the contractual ones (section 4).
		group := m["hinweis"]
		if group == "see profile" {
			group = reductionContract
		}
		t.reduce[m["code"]] = group
	}
	return err
}

// The groups of Minderungsarten that FKI-05 and FKI-06 sum up (section 4).
const (
	reductionLaw      = "gesetzlich"
	reductionContract = "vertraglich"
)

func loadCatalogue(name string) (*catalogue, error) {
	c := &catalogue{}
	rows, err := readTable(name + "_segmente")
	if err != nil {
		return nil, err
	}
	for _, m := range rows {
		if err := c.addElement(m); err != nil {
			return nil, fmt.Errorf("table %s_segmente, %s: %w", name, m["position"], err)
		}
	}
	for i := range c.segments {
		s := &c.segments[i]
		s.number, s.first = i, append(s.first, len(s.elements))
		if len(s.elements) > maxSlots {
			return nil, fmt.Errorf("table %s_segmente: %s has more than %d components", name, s.tag, maxSlots)
		}
	}
	rows, err = readTable(name + "_struktur")
	for _, m := range rows {
		order, err1 := strconv.Atoi(m["order"])
		low, err2 := strconv.Atoi(m["min"])
		high, err3 := strconv.Atoi(strings.Replace(m["max"], "n", "0", 1))
		if err1 != nil || err2 != nil || err3 != nil {
			return nil, fmt.Errorf("table %s_struktur: no number in the row of %s", name, m["segment"])
		}
		c.structure = append(c.structure, node{
			order: order, tag: m["segment"], packed: dta.PackTag(m["segment"]), min: low, max: high,
			raw: m["raw"] == "1", warn: m["missing"] == "WARNUNG", spec: c.spec(m["segment"]),
		})
	}
	return c, err
}

// words gives the words of the table columns their meaning; "" is an entry of
// its own where a column may be empty.
var (
	kindWords     = map[string]kind{"an": kindAn, "n": kindN, "count": kindCount, "decimal": kindDecimal, "date": kindDate, "birthdate": kindBirthDate, "time": kindTime}
	presenceWords = map[string]presence{"K": optional, "M": mandatory, "G": inGroup}
	digitWords    = map[string]checkDigit{"": noDigit, "ik": digitIK, "lanr": digitLANR, "kvnr": digitKVNR}
)

// addElement appends a row of the element table. Rows are in wire order.
func (c *catalogue) addElement(m row) error {
	e := elementSpec{name: m["name"], rule: m["rule"], fixed: m["fixed"], keysOpen: m["keys_open"] == "1"}
	place, component, composite := strings.Cut(strings.TrimPrefix(m["position"], m["segment"]+"-"), ".")
	var known [3]bool
	e.kind, known[0] = kindWords[m["kind"]]
	e.presence, known[1] = presenceWords[m["mandatory"]]
	e.digit, known[2] = digitWords[m["digit"]]
	if slices.Contains(known[:], false) {
		return fmt.Errorf("unknown kind, presence or check digit")
	}
	numbers := []struct {
		p    *int
		text string
	}{{&e.position, place}, {&e.min, m["min"]}, {&e.max, m["max"]}}
	if composite {
		numbers = append(numbers, struct {
			p    *int
			text string
		}{&e.component, component})
	}
	for _, n := range numbers {
		v, err := strconv.Atoi(n.text)
		if err != nil {
			return fmt.Errorf("number: %w", err)
		}
		*n.p = v
	}
	if low, high, ok := strings.Cut(m["decimals"], "-"); e.kind == kindDecimal {
		e.minDecimals, _ = strconv.Atoi(low)
		if e.decimals = e.minDecimals; ok {
			e.decimals, _ = strconv.Atoi(high)
		}
	}
	if list := m["keys"]; list != "" {
		var err error
		if e.keys, err = keyList(list, "code"); err != nil {
			return err
		}
	}
	return c.place(m["segment"], e)
}

func keyList(name, column string) ([]string, error) {
	rows, err := readTable(name)
	var out []string
	for _, m := range rows {
		out = append(out, m[column])
	}
	return out, err
}

// place adds an element to its segment, whose elements must come in order.
func (c *catalogue) place(tag string, e elementSpec) error {
	if n := len(c.segments); n == 0 || c.segments[n-1].tag != tag {
		if c.spec(tag) != nil {
			return fmt.Errorf("segment %s stands in two places", tag)
		}
		c.segments = append(c.segments, segmentSpec{tag: tag})
	}
	s := &c.segments[len(c.segments)-1]
	if e.component <= 1 {
		s.first = append(s.first, len(s.elements))
	}
	s.elements = append(s.elements, e)
	if e.position != len(s.first)+1 || max(e.component, 1) != len(s.elements)-s.first[len(s.first)-1] {
		return fmt.Errorf("element out of order")
	}
	return nil
}

// messageTypeOf returns the row of a key of UNH-03.1.
func (t *tableSet) messageTypeOf(code string) (messageType, bool) {
	for _, m := range t.types {
		if m.code == code {
			return m, true
		}
	}
	return messageType{}, false
}

func (t *tableSet) loadRules() error {
	severities := map[string]dta.Severity{"FEHLERRechnung": dta.RejectMessage, "FEHLERDatei": dta.RejectFile, "WARNUNGRechnung": dta.Warn}
	scopes := map[string]dta.Scope{"Rechnung": dta.ScopeMessage, "Datei": dta.ScopeFile}
	rows, err := readTable("iv_pruefregeln")
	for _, m := range rows {
		stage, err := strconv.Atoi(m["stufe"])
		severity, known := severities[m["schwere"]+m["umfang"]]
		if err != nil || !known {
			return fmt.Errorf("table iv_pruefregeln: stage or severity of %s", m["regel"])
		}
		t.rules = append(t.rules, Regel{
			Rule:      dta.Rule{Code: m["regel"], Stage: uint8(stage), Severity: severity, Scope: scopes[m["umfang"]]},
			Bedingung: m["bedingung_fehler"], Wirkung: m["wirkung"],
		})
	}
	return err
}

func (t *tableSet) loadVersions() error {
	rows, err := readTable("iv_ta_versionen")
	for _, m := range rows {
		v := TAVersion{Version: m["version"], Stand: m["stand"], AnzuwendenAb: m["anzuwenden_ab"], Aenderungen: m["aenderungen_bekannt"]}
		number, unsure := strings.CutSuffix(m["hauptversion_unh"], "?")
		v.Hauptversion, v.Angenommen = number, unsure
		if m["ab"] != "" {
			ab, err := strconv.Atoi(m["ab"])
			if err != nil {
				return fmt.Errorf("table iv_ta_versionen: date of version %s", v.Version)
			}
			v.Ab = Datum(ab)
		}
		_, v.Lesbar = t.layouts[number]
		t.versions = append(t.versions, v)
	}
	return err
}
