package checks

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// codeFiles are copies of the key lists of TA3 V21 (shared specification, folder
// codes); the column quelle names the section of each row.
//
//go:embed codes/*.csv
var codeFiles embed.FS

// Codes are the key lists of Anlage 3 in the form the rules ask them.
type Codes struct {
	billing    [pairs]billingCode
	regions    [pairs]bool
	aidMarks   [pairs]bool
	kinds      [pairs]bool
	copayKinds [pairs]bool
	approvals  [pairs]bool
	markers    byteSet
	accidents  byteSet
	specials   byteSet
	vouchers   byteSet
	areas      byteSet
	invoices   byteSet
	vatRates   []vatRate
	processing []processingRow
	extra      []extraProcessing
}

// pairs is the number of codes of two characters out of 0-9 and A-Z.
const pairs = 36 * 36

type byteSet [256]bool

type billingCode struct {
	areas Areas
	valid billing.Period
}

type vatRate struct {
	rate  money.Hundredths
	valid billing.Period
}

type processingRow struct {
	code  billing.ProcessingCode
	valid billing.Period
}

// extraProcessing says from when a group may use processing codes beside 01.
type extraProcessing struct {
	areas   Areas
	billing []string // billing codes or ranges "21-29"
	codes   []string
	from    calendar.Date
}

// loadCodes reads the embedded lists once; they are never changed. They are part
// of the program, so a fault in them is a programming fault.
var loadCodes = sync.OnceValue(func() *Codes {
	c, err := readCodes(codeFiles)
	if err != nil {
		panic(err)
	}
	return c
})

func readCodes(files fs.FS) (*Codes, error) {
	r := codeReader{files: files}
	c := &Codes{}
	r.each("abrechnungscode", func(row row) {
		c.billing[pairIndex(row["code"])] = billingCode{r.areas(row["sammelgruppe"]), r.period(row)}
	})
	r.pairs("tarifbereich", &c.regions)
	r.pairs("hilfsmittelkennzeichen", &c.aidMarks)
	r.pairs("verordnungsart", &c.kinds)
	r.pairs("zuzahlungsart", &c.copayKinds)
	r.pairs("genehmigungsart", &c.approvals)
	r.bytes("zuzahlung", &c.markers)
	r.bytes("unfallkennzeichen", &c.accidents)
	r.bytes("verordnungsbesonderheiten", &c.specials)
	r.bytes("beleginformation", &c.vouchers)
	r.bytes("heilmittelbereich", &c.areas)
	r.bytes("rechnungsart", &c.invoices)
	r.each("mwst_satz", func(row row) {
		c.vatRates = append(c.vatRates, vatRate{money.Hundredths(r.hundredths(row["code"])), r.period(row)})
	})
	r.each("verarbeitungskennzeichen", func(row row) {
		c.processing = append(c.processing, processingRow{
			billing.ProcessingCode(r.hundredths(row["code"]) / 100), r.period(row),
		})
	})
	r.each("verarbeitungskennzeichen-leistungsbereich", func(row row) {
		from := row["optional_ab"]
		if from == "" {
			from = row["verpflichtend_ab"]
		}
		if row["zulaessig_neben_01"] != "" {
			c.extra = append(c.extra, extraProcessing{
				r.areas(row["sammelgruppe"]), strings.Split(row["abrechnungscodes"], ";"),
				strings.Split(row["zulaessig_neben_01"], ";"), r.date(from),
			})
		}
	})
	return c, r.err
}

// BillingCode returns the groups that may use the code; ok is false if it does
// not exist on the day (TA3 8.1.5.1, 8.1.14).
func (c *Codes) BillingCode(code string, on calendar.Date) (Areas, bool) {
	b := &c.billing[pairIndex(code)]
	return b.areas, b.areas != 0 && b.valid.Contains(on)
}

// Region reports whether the first two places of a tariff mark are assigned (TA3
// 8.1.5.2).
func (c *Codes) Region(tariff string) bool {
	return len(tariff) == 5 && c.regions[pairIndex(tariff[:2])]
}

// SpecialTariff says what places 3 to 5 of a tariff mark mean.
type SpecialTariff uint8

// Special tariffs (TA3 8.1.5.2): usable, priced by an approved estimate (099), or
// not assigned.
const (
	TariffAgreed SpecialTariff = iota
	TariffEstimate
	TariffUnassigned
)

// SpecialTariff classifies places 3 to 5 of a tariff mark.
func (c *Codes) SpecialTariff(tariff string) SpecialTariff {
	if len(tariff) != 5 {
		return TariffUnassigned
	}
	s := tariff[2:]
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && (s[i] < 'A' || s[i] > 'Z') {
			return TariffUnassigned
		}
	}
	switch {
	case s == "099":
		return TariffEstimate
	case s >= "091" && s <= "098", s >= "A91" && s <= "A98", s >= "U00":
		return TariffUnassigned
	}
	return TariffAgreed
}

// AidMark reports whether the Hilfsmittelkennzeichen exists (TA3 8.1.10).
func (c *Codes) AidMark(code string) bool { return c.aidMarks[pairIndex(code)] }

// CopayKind reports whether the Zuzahlungsart exists (TA3 8.1.13).
func (c *Codes) CopayKind(code string) bool { return c.copayKinds[pairIndex(code)] }

// PrescriptionKind reports whether the Verordnungsart is assigned (TA3 8.1.12).
func (c *Codes) PrescriptionKind(code string) bool { return c.kinds[pairIndex(code)] }

// ApprovalKind reports whether the Genehmigungsart is assigned (TA3 8.1.17).
func (c *Codes) ApprovalKind(code string) bool { return c.approvals[pairIndex(code)] }

// CopayMarker reports whether the Zuzahlungskennzeichen exists (TA3 8.1.3).
func (c *Codes) CopayMarker(code byte) bool { return c.markers[code] }

// Accident reports whether the Unfallkennzeichen exists (TA3 8.1.2).
func (c *Codes) Accident(code byte) bool { return c.accidents[code] }

// Special reports whether the Verordnungsbesonderheit is assigned (TA3 8.1.11).
func (c *Codes) Special(code byte) bool { return c.specials[code] }

// Voucher reports whether the Beleginformation exists (TA3 8.1.18).
func (c *Codes) Voucher(code byte) bool { return c.vouchers[code] }

// TherapyArea reports whether the Heilmittelbereich exists (TA1 5.5.3.3).
func (c *Codes) TherapyArea(code byte) bool { return c.areas[code] }

// InvoiceKind reports whether the Rechnungsart is assigned (TA3 8.1.4).
func (c *Codes) InvoiceKind(code byte) bool { return c.invoices[code] }

// VATRate reports whether the rate is legal on the day; if not, legal is the
// highest legal rate below it, 0 if there is none.
func (c *Codes) VATRate(rate money.Hundredths, on calendar.Date) (legal money.Hundredths, ok bool) {
	for _, v := range c.vatRates {
		if !v.valid.Contains(on) || c.replaced(v, on) {
			continue
		}
		if v.rate == rate {
			return rate, true
		}
		if v.rate < rate {
			legal = max(legal, v.rate)
		}
	}
	return legal, false
}

// replaced reports whether a rate with an end date took the place of one without
// (§ 28 UStG: 16 % and 5 % instead of 19 % and 7 % in the second half of 2020).
func (c *Codes) replaced(v vatRate, on calendar.Date) bool {
	if v.valid.To != 0 {
		return false
	}
	for _, other := range c.vatRates {
		if other.valid.To != 0 && other.valid.Contains(on) {
			return true
		}
	}
	return false
}

// Processing reports whether the Verarbeitungskennzeichen is in force on the day
// (TA3 8.1.7).
func (c *Codes) Processing(code billing.ProcessingCode, on calendar.Date) bool {
	for _, p := range c.processing {
		if p.code == code {
			return p.valid.Contains(on)
		}
	}
	return false
}

// ProcessingFor reports whether the group may use the Verarbeitungskennzeichen
// with the billing code on the day (TA1 7.1).
func (c *Codes) ProcessingFor(g billing.Group, code string, p billing.ProcessingCode, on calendar.Date) bool {
	if p == billing.FirstBill {
		return true
	}
	for _, e := range c.extra {
		if e.areas.Has(g) && e.from <= on && e.allows(p) && e.covers(code) {
			return true
		}
	}
	return false
}

func (e *extraProcessing) allows(p billing.ProcessingCode) bool {
	for _, code := range e.codes {
		if code == fmt.Sprintf("%02d", p) {
			return true
		}
	}
	return false
}

func (e *extraProcessing) covers(code string) bool {
	for _, span := range e.billing {
		from, to, ok := strings.Cut(span, "-")
		if !ok {
			to = from
		}
		if code >= from && code <= to {
			return true
		}
	}
	return false
}

// pairIndex numbers the codes of two characters. Any other text gets the index of
// a code that no list contains: the last one, "ZZ".
func pairIndex(code string) int {
	if len(code) != 2 {
		return pairs - 1
	}
	a, b := charIndex(code[0]), charIndex(code[1])
	if a < 0 || b < 0 {
		return pairs - 1
	}
	return a*36 + b
}

func charIndex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	}
	return -1
}

type row map[string]string

// codeReader reads the lists and keeps the first error.
type codeReader struct {
	files fs.FS
	err   error
}

func (r *codeReader) fail(err error) {
	if r.err == nil {
		r.err = fmt.Errorf("checks: key list: %w", err)
	}
}

// each calls f for every row that is assigned; the note "reject" marks the others.
func (r *codeReader) each(name string, f func(row)) {
	data, err := fs.ReadFile(r.files, "codes/"+name+".csv")
	if err != nil {
		r.fail(err)
		return
	}
	lines, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		r.fail(fmt.Errorf("%s: %w", name, err))
		return
	}
	for _, line := range lines[1:] {
		fields := row{}
		for i, column := range lines[0] {
			fields[column] = line[i]
		}
		if !strings.HasPrefix(fields["hinweis"], "reject") {
			f(fields)
		}
	}
}

func (r *codeReader) pairs(name string, set *[pairs]bool) {
	r.each(name, func(row row) { set[pairIndex(row["code"])] = true })
}

func (r *codeReader) bytes(name string, set *byteSet) {
	r.each(name, func(row row) { set[row["code"][0]] = true })
}

func (r *codeReader) areas(letters string) (a Areas) {
	for letter := range strings.SplitSeq(letters, ";") {
		if letter != "" {
			a |= AreaOf(billing.Group(letter[0]))
		}
	}
	return a
}

func (r *codeReader) period(row row) billing.Period {
	return billing.Period{From: r.date(row["gueltig_ab"]), To: r.date(row["gueltig_bis"])}
}

func (r *codeReader) date(s string) calendar.Date {
	if s == "" {
		return 0
	}
	d, err := calendar.ParseDate(s)
	if err != nil {
		r.fail(err)
	}
	return d
}

// hundredths reads a number with or without two decimals.
func (r *codeReader) hundredths(s string) (v int64) {
	whole, decimals, ok := strings.Cut(s, ",")
	if !ok {
		decimals = "00"
	}
	for _, c := range []byte(whole + decimals) {
		if c < '0' || c > '9' {
			r.fail(fmt.Errorf("no number: %q", s))
			return 0
		}
		v = v*10 + int64(c-'0')
	}
	return v
}
