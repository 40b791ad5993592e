package lists

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/money"
)

// Columns of the lists that rules need beside prices.
var (
	TermColumns = []string{
		"abrechnungscode", "tarifkennzeichen", "positionsnummer", "art", "heilmittelbereich", "approval_from_cents", "max_per_day",
		"age_from", "age_to", "fixed_cents", "reuse_cents", "vat_percent", "excludes", "surcharge", "late_months", "valid_from", "valid_to",
	}
	TableColumns = []string{"table", "key", "value", "valid_from", "valid_to"}
)

// ReadTerms reads what contracts agree about items beside the price (CHK-2). An empty
// tarifkennzeichen stands for all of the billing code, an empty positionsnummer for the
// contract itself; an empty column limits nothing. excludes holds items with blanks
// between them.
func ReadTerms(r io.Reader) ([]billing.TermsRow, error) {
	return read(r, TermColumns, func(row *row) billing.TermsRow {
		t := billing.TermsRow{
			ContractKey: billing.ContractKey{BillingCode: row.fixed(2), Tariff: row.empty(5)}, Item: row.optional(),
		}
		t.Kind = parsed(row, billing.ParseItemKind)
		if area := row.empty(1); area != "" {
			t.Area = area[0]
		}
		t.ApprovalFrom = row.amount()
		t.MaxPerDay = money.Hundredths(row.number()) * 100
		t.AgeFrom, t.AgeTo = row.number(), row.number()
		t.FixedAmount, t.Reuse = row.amount(), row.amount()
		vat := row.amount()
		t.VATRate, t.HasVAT = money.Hundredths(vat.Cents)*100, vat.Set
		t.Excludes = strings.Fields(row.optional())
		t.Surcharge = parsed(row, billing.ParseSurcharge)
		t.LateMonths = row.number()
		t.Period = row.period()
		return t
	})
}

// ReadTables reads tables of keys (CHK-2): value is a whole number where the table
// gives one, else empty.
func ReadTables(r io.Reader) ([]billing.TableRow, error) {
	return read(r, TableColumns, func(row *row) billing.TableRow {
		t := billing.TableRow{Table: parsed(row, billing.ParseTable)}
		t.Key, t.Value, t.Period = row.text(), row.number(), row.period()
		return t
	})
}

// empty reads a field of n characters that may be missing.
func (r *row) empty(n int) string {
	s := r.optional()
	if s != "" && len(s) != n {
		r.fail(fmt.Sprintf("must be empty or have %d characters", n))
		return ""
	}
	return s
}

// number reads a whole number, 0 where it is missing.
func (r *row) number() int {
	s := r.optional()
	if s == "" {
		return 0
	}
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		r.fail("must be a whole number, not negative")
	}
	return int(n)
}

// amount reads an amount that may be missing.
func (r *row) amount() billing.OptCents {
	s := r.optional()
	if s == "" {
		return billing.OptCents{}
	}
	n, err := strconv.ParseUint(s, 10, 62)
	if err != nil {
		r.fail("must be whole, not negative")
	}
	return billing.Some(money.Cents(n))
}

// parsed reads a name.
func parsed[T any](r *row, parse func(string) (T, bool)) T {
	s := r.optional()
	v, ok := parse(s)
	if !ok {
		r.fail("unknown name " + strconv.Quote(s))
	}
	return v
}
