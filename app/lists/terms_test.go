package lists_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"klarbeleg/app/lists"
	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/testdb"
	"klarbeleg/store"
)

const (
	termHeader  = "abrechnungscode,tarifkennzeichen,positionsnummer,art,heilmittelbereich,approval_from_cents,max_per_day,age_from,age_to,fixed_cents,reuse_cents,vat_percent,excludes,surcharge,late_months,valid_from,valid_to\n"
	tableHeader = "table,key,value,valid_from,valid_to\n"
)

// CHK-2: a faulty list of terms or tables is refused whole, with its place.
func TestReadTerms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, row, column string }{
		{"tariff too short", "22,005,20501,,,,,,,,,,,,,2026-01-01,", "tarifkennzeichen"},
		{"unknown kind", "22,00501,20501,primary,,,,,,,,,,,,2026-01-01,", "art"},
		{"negative limit", "22,00501,20501,,,,-1,,,,,,,,,2026-01-01,", "max_per_day"},
		{"euros for cents", "22,00501,20501,,,1.5,,,,,,,,,,2026-01-01,", "approval_from_cents"},
		{"unknown surcharge", "22,00501,20501,,,,,,,,,,,night,,2026-01-01,", "surcharge"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := lists.ReadTerms(strings.NewReader(termHeader + c.row + "\n"))
			var format *lists.FormatError
			if !errors.As(err, &format) || format.Line != 2 || format.Column != c.column {
				t.Errorf("got %v, want column %s", err, c.column)
			}
		})
	}
	for row, column := range map[string]string{"icd,M54,,2026-01-01,": "table", "icd10gm,,,2026-01-01,": "key", "icd10gm,M54,x,2026-01-01,": "value"} {
		_, err := lists.ReadTables(strings.NewReader(tableHeader + row + "\n"))
		var format *lists.FormatError
		if !errors.As(err, &format) || format.Column != column {
			t.Errorf("%s: got %v, want column %s", row, err, column)
		}
	}
}

// CHK-2: terms and tables arrive in the facts as they were imported; a newer list
// replaces its rows.
func TestImportTerms(t *testing.T) {
	t.Parallel()
	db := store.New(testdb.New(t))
	clk := clock.NewFake(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC))
	if terms, tables, err := db.LoadTerms(t.Context()); err != nil || terms != nil || tables != nil {
		t.Fatalf("before the first import: %v, %v, %v", terms, tables, err)
	}
	for kind, csv := range map[string]string{
		"terms": termHeader +
			"26,,54103,vorrangig,4,0,2,6,17,5000,1000,7,54104 54105,nacht,,2026-01-01,2026-12-31\n" +
			"26,00501,,,,,,,,,,,,,9,2026-01-01,\n",
		"tables": tableHeader + "heilmittel_hoechstmenge,EN2,10,2026-01-01,\nfeiertage,2026-10-03,,2026-01-01,\n",
	} {
		if _, err := lists.Import(t.Context(), db, clk, kind, strings.NewReader(csv)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := lists.Import(t.Context(), db, clk, "tables", strings.NewReader(tableHeader+"heilmittel_hoechstmenge,EN2,12,2026-01-01,\n")); err != nil {
		t.Fatal(err)
	}
	terms, tables, err := db.LoadTerms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	day, key := calendar.MustDate("2026-05-01"), billing.ContractKey{BillingCode: "26", Tariff: "00501"}
	want := &billing.Terms{
		Kind: billing.ItemPrimary, Area: '4', ApprovalFrom: billing.Some(0), MaxPerDay: 2_00, AgeFrom: 6, AgeTo: 17,
		FixedAmount: billing.Some(50_00), Reuse: billing.Some(10_00), VATRate: 7_00, HasVAT: true,
		Excludes: []string{"54104", "54105"}, Surcharge: billing.NightSurcharge,
	}
	if got := billing.On(terms.Item(key, "54103"), day); !reflect.DeepEqual(got, want) {
		t.Errorf("terms %+v, want %+v", got, want)
	}
	if got := billing.On(terms.Item(key, ""), day); got == nil || got.LateMonths != 9 {
		t.Errorf("terms of the contract %+v", got)
	}
	if got := billing.On(terms.Item(key, "54103"), calendar.MustDate("2027-01-01")); got != nil {
		t.Errorf("terms after their end %+v", got)
	}
	if most, ok := tables.Find(billing.TableMaximum, day, "EN2"); !ok || most != 12 {
		t.Errorf("most units %d, %v", most, ok)
	}
	if !tables.Holiday(calendar.MustDate("2026-10-03")) || tables.Holiday(day) || tables.Known(billing.TableICD) {
		t.Error("holidays or known tables are wrong")
	}
}
