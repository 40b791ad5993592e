package billing

import (
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// ItemKind says what role an item has in a contract; the zero value is none that a
// rule asks for.
type ItemKind uint8

// Kinds of items.
const (
	ItemPlain         ItemKind = iota
	ItemPrimary                // vorrangiges Heilmittel
	ItemSupplementary          // ergänzendes Heilmittel
	ItemHomeVisit              // Hausbesuch
	ItemReport                 // Therapiebericht
	ItemInterval               // Zeitintervall einer Blankoverordnung
	ItemBlank                  // another item of blank prescriptions only
	ItemNeeds                  // Bedarfsdiagnostik
	ItemEntry                  // Eingangsdiagnostik
	ItemFlat                   // Leistungspauschale, made of single services
	ItemWay                    // Wegepauschale
	ItemWeekly                 // Wochenpauschale
)

var itemKindNames = [...]string{
	"", "vorrangig", "ergaenzend", "hausbesuch", "bericht", "intervall", "blanko",
	"bedarfsdiagnostik", "eingangsdiagnostik", "pauschale", "wege", "woche",
}

// String returns the name that the lists use.
func (k ItemKind) String() string { return nameOf(itemKindNames[:], int(k)) }

// ParseItemKind reads the name of the lists.
func ParseItemKind(s string) (ItemKind, bool) {
	i, ok := indexOf(itemKindNames[:], s)
	return ItemKind(i), ok
}

// Surcharge says when an item may be billed on top.
type Surcharge uint8

// Surcharges.
const (
	NoSurcharge      Surcharge = iota
	NightSurcharge             // 20 to 6 o'clock
	SundaySurcharge            // Sundays
	HolidaySurcharge           // public holidays
	ChildSurcharge             // children up to 6 years
)

var surchargeNames = [...]string{"", "nacht", "sonntag", "feiertag", "kind"}

// String returns the name that the lists use.
func (s Surcharge) String() string { return nameOf(surchargeNames[:], int(s)) }

// ParseSurcharge reads the name of the lists.
func ParseSurcharge(s string) (Surcharge, bool) {
	i, ok := indexOf(surchargeNames[:], s)
	return Surcharge(i), ok
}

func nameOf(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return "?"
}

func indexOf(names []string, name string) (int, bool) {
	for i, n := range names {
		if n == name {
			return i, true
		}
	}
	return 0, false
}

// Terms are what a contract agrees about an item beside its price. What is absent
// is not limited.
type Terms struct {
	Kind ItemKind
	// Area is the Heilmittelbereich, 0 for none.
	Area byte
	// ApprovalFrom is the gross amount from which the payer's approval is needed,
	// 0,00 for always.
	ApprovalFrom OptCents
	// MaxPerDay are the units per person and day, 0 for any number.
	MaxPerDay money.Hundredths
	// AgeFrom and AgeTo are the years of life in which the item may be billed, both
	// included; AgeTo is 0 without a limit.
	AgeFrom, AgeTo int
	// FixedAmount is the Festbetrag, Reuse the price of an aid used before.
	FixedAmount, Reuse OptCents
	// VATRate is the rate for the item; HasVAT is false where none is named.
	VATRate money.Hundredths
	HasVAT  bool
	// Excludes are the items that are not billable on the same day beside this one.
	Excludes  []string
	Surcharge Surcharge
	// LateMonths is the time limit of bills of the contract, 0 for none; it stands
	// in the row of the contract itself.
	LateMonths int
}

// TermsRow is one row of the list of terms. An empty tariff stands for all tariffs
// of the billing code, an empty item for the contract itself.
type TermsRow struct {
	ContractKey
	Item string
	Terms
	Period
}

// DatedTerms are terms and when they are valid.
type DatedTerms struct {
	Period
	Terms
}

// TermList knows the terms of contracts.
type TermList struct {
	contracts map[ContractKey]map[string][]DatedTerms
}

// TermsOf builds a list of terms.
func TermsOf(rows []TermsRow) *TermList {
	l := &TermList{contracts: map[ContractKey]map[string][]DatedTerms{}}
	for _, r := range rows {
		l.Add(r)
	}
	return l
}

// Add adds a row.
func (l *TermList) Add(r TermsRow) {
	items := l.contracts[r.ContractKey]
	if items == nil {
		items = map[string][]DatedTerms{}
		l.contracts[r.ContractKey] = items
	}
	items[r.Item] = append(items[r.Item], DatedTerms{r.Period, r.Terms})
}

// Item returns the terms of an item of a contract at all times: those of the tariff,
// else those of all tariffs of the billing code.
func (l *TermList) Item(key ContractKey, item string) []DatedTerms {
	if terms := l.contracts[key][item]; terms != nil {
		return terms
	}
	return l.contracts[ContractKey{BillingCode: key.BillingCode}][item]
}

// On returns the terms valid on the day, nil without any.
func On(terms []DatedTerms, day calendar.Date) *Terms {
	for i := range terms {
		if terms[i].Contains(day) {
			return &terms[i].Terms
		}
	}
	return nil
}

// Table is a table of keys that rules look things up in. One that was never imported is
// not known, and a rule that needs it answers no_data.
type Table uint8

// Tables.
const (
	// TableICD holds the codes of ICD-10-GM, without dot and marks.
	TableICD Table = iota
	// TableAids holds the Hilfsmittelverzeichnis: kinds of aids (7 digits) and
	// products (10 digits).
	TableAids
	// TableTherapies holds group|item: which Heilmittel may be prescribed.
	TableTherapies
	// TableMaximum gives the most units per prescription of a diagnosis group.
	TableMaximum
	// TableLongTerm holds group|ICD: special and long-term need.
	TableLongTerm
	// TableShoulder holds the ICD codes of blank prescriptions of physiotherapy.
	TableShoulder
	// TableTrafficLight gives, by diagnosis group, the intervals of a blank
	// prescription that are paid in full.
	TableTrafficLight
	// TablePrequalified holds IK|product group of prequalified providers.
	TablePrequalified
	// TableHolidays holds public holidays, JJJJ-MM-TT.
	TableHolidays
)

var tableNames = [...]string{
	"icd10gm", "hilfsmittelverzeichnis", "heilmittelkatalog", "heilmittel_hoechstmenge", "besonderer_bedarf",
	"blanko_diagnosen", "blanko_ampel", "praequalifizierung", "feiertage",
}

// String returns the name that the lists use.
func (t Table) String() string { return nameOf(tableNames[:], int(t)) }

// ParseTable reads the name of the lists.
func ParseTable(s string) (Table, bool) {
	i, ok := indexOf(tableNames[:], s)
	return Table(i), ok
}

// TableRow is one row of a table.
type TableRow struct {
	Table Table
	Key   string
	// Value is a whole number where the table gives one, else 0.
	Value int
	Period
}

// Tables holds the tables by key.
type Tables struct {
	tables   [len(tableNames)]map[string][]TableRow
	holidays map[calendar.Date]bool
}

// TablesOf builds the tables.
func TablesOf(rows []TableRow) *Tables {
	t := &Tables{holidays: map[calendar.Date]bool{}}
	for _, r := range rows {
		t.Add(r)
	}
	return t
}

// Add adds a row.
func (t *Tables) Add(r TableRow) {
	if d, err := calendar.ParseDate(r.Key); err == nil && r.Table == TableHolidays {
		t.holidays[d] = true
	}
	keys := t.tables[r.Table]
	if keys == nil {
		keys = map[string][]TableRow{}
		t.tables[r.Table] = keys
	}
	keys[r.Key] = append(keys[r.Key], r)
}

// Known reports whether the table was imported at all; no tables know nothing.
func (t *Tables) Known(table Table) bool { return t != nil && t.tables[table] != nil }

// Holiday reports whether the day is a public holiday.
func (t *Tables) Holiday(d calendar.Date) bool { return t != nil && t.holidays[d] }

// Find returns the value of a key on the day; parts of a key are joined by "|".
func (t *Tables) Find(table Table, on calendar.Date, parts ...string) (value int, ok bool) {
	var buf [64]byte
	key := buf[:0]
	for i, part := range parts {
		if i > 0 {
			key = append(key, '|')
		}
		key = append(key, part...)
	}
	return t.FindKey(table, on, key)
}

// FindKey returns the value of a whole key on the day.
func (t *Tables) FindKey(table Table, on calendar.Date, key []byte) (value int, ok bool) {
	if t == nil {
		return 0, false
	}
	for _, r := range t.tables[table][string(key)] {
		if r.Contains(on) {
			return r.Value, true
		}
	}
	return 0, false
}

// AppendICD appends a code of ICD-10-GM as the tables hold it: without dot, marks and
// unspecified places.
func AppendICD(dst []byte, code string) []byte {
	for i := range len(code) {
		switch c := code[i]; c {
		case '.', '-', '*', '!', '+':
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
