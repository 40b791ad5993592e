// Package lists reads the reference lists that checks and payments need: contract
// prices, payers, providers, payees, and what is agreed with senders (DTA-5), from
// CSV (UTF-8, comma, header line), and imports them into the database (CHK-6,
// PAY-1). A faulty file is refused whole, with line and column.
package lists

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
	"klarbeleg/internal/clock"
	"klarbeleg/store"
)

// maxListBytes bounds a list; the largest real price list is far below.
const maxListBytes = 256 << 20

// Columns of the lists.
var (
	PriceColumns    = []string{"abrechnungscode", "tarifkennzeichen", "positionsnummer", "text_de", "price_cents", "valid_from", "valid_to"}
	PayerColumns    = []string{"ik", "name", "card_ik", "valid_from", "valid_to"}
	ProviderColumns = []string{"ik", "name", "leistungsbereich", "abrechnungscode", "tarifkennzeichen", "valid_from", "valid_to"}
	SenderColumns   = []string{"ik", "name", "plain_allowed", "signer_iks", "legacy_until"}
	PayeeColumns    = []string{"ik", "name", "street", "city", "iban", "bic", "valid_from", "valid_to"}
)

// FormatError says where a list is faulty.
type FormatError struct {
	Line   int
	Column string
	Reason string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("line %d, column %s: %s", e.Line, e.Column, e.Reason)
}

// ReadPrices reads a price list.
func ReadPrices(r io.Reader) ([]billing.PriceRow, error) {
	return read(r, PriceColumns, func(row *row) billing.PriceRow {
		return billing.PriceRow{
			ContractKey: billing.ContractKey{BillingCode: row.fixed(2), Tariff: row.fixed(5)},
			Item:        row.text(), Text: row.optional(), Cents: row.cents(), Period: row.period(),
		}
	})
}

// ReadPayers reads a payer directory.
func ReadPayers(r io.Reader) ([]billing.PayerRow, error) {
	return read(r, PayerColumns, func(row *row) billing.PayerRow {
		return billing.PayerRow{IK: row.fixed(9), Name: row.optional(), CardIK: row.fixed(9), Period: row.period()}
	})
}

// ReadProviders reads a provider directory.
func ReadProviders(r io.Reader) ([]billing.ProviderRow, error) {
	return read(r, ProviderColumns, func(row *row) billing.ProviderRow {
		p := billing.ProviderRow{IK: row.fixed(9), Name: row.optional()}
		p.Group = billing.Group(row.fixed(1)[0])
		p.ContractKey = billing.ContractKey{BillingCode: row.fixed(2), Tariff: row.fixed(5)}
		p.Period = row.period()
		return p
	})
}

// ReadSenders reads what is agreed with senders (DTA-5). signer_iks holds several
// IKs with blanks between them.
func ReadSenders(r io.Reader) ([]billing.SenderRow, error) {
	return read(r, SenderColumns, func(row *row) billing.SenderRow {
		return billing.SenderRow{
			IK: row.ik(), Name: row.optional(), PlainAllowed: row.yes(), SignerIKs: row.iks(), LegacyUntil: row.date(true),
		}
	})
}

// ReadPayees reads a list of payees. Name, IBAN and valid_from are needed; street
// and city stand in letters.
func ReadPayees(r io.Reader) ([]billing.PayeeRow, error) {
	return read(r, PayeeColumns, func(row *row) billing.PayeeRow {
		return billing.PayeeRow{
			IK: row.fixed(9), Name: row.text(), Street: row.optional(), City: row.optional(),
			BankDetails: billing.BankDetails{IBAN: row.iban(), BIC: row.bic()}, Period: row.period(),
		}
	})
}

// read reads a CSV file whose header is columns and converts each line.
func read[T any](r io.Reader, columns []string, convert func(*row) T) ([]T, error) {
	c := csv.NewReader(io.LimitReader(r, maxListBytes))
	c.FieldsPerRecord = len(columns)
	c.ReuseRecord = true
	header, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	header[0] = trimBOM(header[0])
	if !slices.Equal(header, columns) {
		return nil, &FormatError{1, columns[0], fmt.Sprintf("the header must be %q", columns)}
	}
	var out []T
	for {
		fields, err := c.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read list: %w", err)
		}
		line, _ := c.FieldPos(0)
		row := &row{fields: fields, columns: columns, line: line}
		v := convert(row)
		if row.err != nil {
			return nil, row.err
		}
		out = append(out, v)
	}
}

func trimBOM(s string) string { return string(bytes.TrimPrefix([]byte(s), []byte("\xef\xbb\xbf"))) }

// row hands out the fields of one line in order; the first fault stays.
type row struct {
	fields, columns []string
	line, at        int
	err             error
}

func (r *row) fail(reason string) {
	if r.err == nil {
		r.err = &FormatError{r.line, r.columns[r.at-1], reason}
	}
}

func (r *row) optional() string {
	r.at++
	return string([]byte(r.fields[r.at-1])) // the reader reuses its record
}

func (r *row) text() string {
	s := r.optional()
	if s == "" {
		r.fail("must not be empty")
	}
	return s
}

func (r *row) fixed(n int) string {
	s := r.optional()
	if len(s) != n {
		r.fail(fmt.Sprintf("must have %d characters", n))
		return "?????????"[:n]
	}
	return s
}

// institution is the form of an IK.
var institution = regexp.MustCompile(`^[0-9]{9}$`)

func (r *row) ik() string {
	s := r.optional()
	if !institution.MatchString(s) {
		r.fail("must be an IK of 9 digits")
	}
	return s
}

func (r *row) iks() []string {
	all := strings.Fields(r.optional())
	for _, ik := range all {
		if !institution.MatchString(ik) {
			r.fail("must be IKs of 9 digits with blanks between them")
		}
	}
	return all
}

func (r *row) yes() bool {
	s := r.optional()
	if s != "true" && s != "false" {
		r.fail("must be true or false")
	}
	return s == "true"
}

func (r *row) cents() money.Cents {
	v, err := strconv.ParseInt(r.optional(), 10, 64)
	if err != nil {
		r.fail("must be whole cents")
	}
	return money.Cents(v)
}

func (r *row) iban() string {
	iban, err := billing.ParseIBAN(r.optional())
	if err != nil {
		r.fail("must be an IBAN whose check digits are right")
	}
	return iban
}

func (r *row) bic() string {
	bic := r.optional()
	if bic != "" && billing.CheckBIC(bic) != nil {
		r.fail("must be a BIC of 8 or 11 characters")
	}
	return bic
}

func (r *row) period() billing.Period {
	from, to := r.date(false), r.date(true)
	if to != 0 && to < from {
		r.fail("lies before valid_from")
	}
	return billing.Period{From: from, To: to}
}

func (r *row) date(optional bool) calendar.Date {
	s := r.optional()
	if s == "" && optional {
		return 0
	}
	d, err := calendar.ParseDate(s)
	if err != nil {
		r.fail("must be a date JJJJ-MM-TT")
	}
	return d
}

// Imported says what an import did.
type Imported struct {
	Rows int
	// Known is true if the same file was imported last; then nothing changed.
	Known bool
}

// ErrUnknownList is returned for a kind that is none of the lists.
var ErrUnknownList = errors.New("unknown list: prices, payers, providers, senders, payees, terms or tables")

// Import reads a list and makes it current: rows with the same key are replaced,
// the replaced ones are kept.
func Import(ctx context.Context, db *store.DB, c clock.Clock, kind string, r io.Reader) (Imported, error) {
	i, err := readImport(c, kind, r)
	if err != nil {
		return Imported{}, err
	}
	known, err := db.ImportList(ctx, i)
	return Imported{Rows: i.Rows, Known: known}, err
}

// Preview reads a list and tells what its import would change.
func Preview(ctx context.Context, db *store.DB, c clock.Clock, kind string, r io.Reader) (store.ListPreview, error) {
	i, err := readImport(c, kind, r)
	if err != nil {
		return store.ListPreview{}, err
	}
	return db.PreviewList(ctx, i)
}

// readImport reads a list from CSV, or from the first sheet of a workbook.
func readImport(c clock.Clock, kind string, r io.Reader) (store.ListImport, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxListBytes))
	if err != nil {
		return store.ListImport{}, fmt.Errorf("read list: %w", err)
	}
	i := store.ListImport{Kind: kind, SHA256: sha256.Sum256(raw), At: c.Now()}
	if isWorkbook(raw) {
		if raw, err = csvOf(raw); err != nil {
			return store.ListImport{}, fmt.Errorf("%s: %w", kind, err)
		}
	}
	switch kind {
	case "prices":
		i.Prices, err = ReadPrices(bytes.NewReader(raw))
		i.Rows = len(i.Prices)
	case "payers":
		i.Payers, err = ReadPayers(bytes.NewReader(raw))
		i.Rows = len(i.Payers)
	case "providers":
		i.Providers, err = ReadProviders(bytes.NewReader(raw))
		i.Rows = len(i.Providers)
	case "senders":
		i.Senders, err = ReadSenders(bytes.NewReader(raw))
		i.Rows = len(i.Senders)
	case "payees":
		i.Payees, err = ReadPayees(bytes.NewReader(raw))
		i.Rows = len(i.Payees)
	case "terms":
		i.Terms, err = ReadTerms(bytes.NewReader(raw))
		i.Rows = len(i.Terms)
	case "tables":
		i.Tables, err = ReadTables(bytes.NewReader(raw))
		i.Rows = len(i.Tables)
	default:
		return store.ListImport{}, ErrUnknownList
	}
	if err != nil {
		return store.ListImport{}, fmt.Errorf("%s: %w", kind, err)
	}
	return i, nil
}
