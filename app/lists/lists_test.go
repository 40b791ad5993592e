package lists_test

import (
	"errors"
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

const header = "abrechnungscode,tarifkennzeichen,positionsnummer,text_de,price_cents,valid_from,valid_to\n"

// CHK-6: a faulty list is refused whole, with its place.
func TestReadPrices(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, csv, column string
		line              int
	}{
		{"wrong header", "a,b,c,d,e,f,g\n", "abrechnungscode", 1},
		{"code too long", header + "222,00501,20501,KG,2985,2026-01-01,\n", "abrechnungscode", 2},
		{"no item", header + "22,00501,,KG,2985,2026-01-01,\n", "positionsnummer", 2},
		{"euros for cents", header + "22,00501,20501,KG,\"29,85\",2026-01-01,\n", "price_cents", 2},
		{"negative", header + "22,00501,20501,KG,-1,2026-01-01,\n", "price_cents", 2},
		{"German date", header + "22,00501,20501,KG,2985,2026-01-01,\n22,00501,20502,KG,2985,01.01.2026,\n", "valid_from", 3},
		{"end before begin", header + "22,00501,20501,KG,2985,2026-02-01,2026-01-01\n", "valid_to", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := lists.ReadPrices(strings.NewReader(c.csv))
			var format *lists.FormatError
			if !errors.As(err, &format) || format.Line != c.line || format.Column != c.column {
				t.Errorf("got %v, want line %d, column %s", err, c.line, c.column)
			}
		})
	}
	rows, err := lists.ReadPrices(strings.NewReader("\xef\xbb\xbf" + header + "22,00501,20501,\"KG, einzeln\",2985,2026-01-01,2026-12-31\n"))
	if err != nil || len(rows) != 1 || rows[0].Cents != 2985 || rows[0].Text != "KG, einzeln" || rows[0].To != calendar.MustDate("2026-12-31") {
		t.Errorf("rows %+v, %v", rows, err)
	}
}

// CHK-6: a newer list replaces its rows, keeps what it replaces, and the same list
// again changes nothing.
func TestImport(t *testing.T) {
	t.Parallel()
	db := store.New(testdb.New(t))
	clk := clock.NewFake(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC))
	load := func(csv string) lists.Imported {
		t.Helper()
		done, err := lists.Import(t.Context(), db, clk, "prices", strings.NewReader(csv))
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	if prices, _, _, err := db.LoadLists(t.Context()); err != nil || prices != nil {
		t.Errorf("prices before the first import: %v, %v", prices, err)
	}
	first := header + "22,00501,20501,KG,2985,2026-01-01,\n22,00501,29933,HB,1345,2026-01-01,\n"
	load(first)
	if done := load(first); !done.Known || done.Rows != 2 {
		t.Errorf("the same list again: %+v", done)
	}
	load(header + "22,00501,20501,KG,3010,2026-01-01,\n")
	prices, _, _, err := db.LoadLists(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key := billing.ContractKey{BillingCode: "22", Tariff: "00501"}
	for item, want := range map[string]int64{"20501": 3010, "29933": 1345} {
		if got, ok := prices.Find(key, item, calendar.MustDate("2026-05-01"), 0); !ok || int64(got) != want {
			t.Errorf("%s costs %d, want %d", item, got, want)
		}
	}
	var kept int
	if err := db.Pool().QueryRow(t.Context(), "select count(*) from price where superseded_by is not null").Scan(&kept); err != nil || kept != 1 {
		t.Errorf("%d replaced rows kept, want 1, %v", kept, err)
	}
	if _, err := lists.Import(t.Context(), db, clk, "nonsense", strings.NewReader("")); !errors.Is(err, lists.ErrUnknownList) {
		t.Errorf("unknown list: %v", err)
	}
}
