package lists_test

import (
	"context"
	"errors"
	"slices"
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
	first := header + "22,00501,20501,KG,2985,2026-01-01,\n22,00501,29933,HB,1345,2026-01-01,\n22,00501,29999,Abschlag,-150,2026-01-01,\n"
	load(first)
	if done := load(first); !done.Known || done.Rows != 3 {
		t.Errorf("the same list again: %+v", done)
	}
	load(header + "22,00501,20501,KG,3010,2026-01-01,\n")
	prices, _, _, err := db.LoadLists(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key := billing.ContractKey{BillingCode: "22", Tariff: "00501"}
	for item, want := range map[string]int64{"20501": 3010, "29933": 1345, "29999": -150} {
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

const senderHeader = "ik,name,plain_allowed,signer_iks,legacy_until\n"

// DTA-5: a faulty list of senders is refused whole: a permission read wrongly would
// open the door.
func TestReadSenders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, csv, column string }{
		{"IK too short", "12345678,,true,,\n", "ik"},
		{"IK with a letter", "12345678x,,true,,\n", "ik"},
		{"neither true nor false", "598800016,,ja,,\n", "plain_allowed"},
		{"no permission", "598800016,,,,\n", "plain_allowed"},
		{"signer too long", "598800016,,true,590000001 5900000022,\n", "signer_iks"},
		{"comma for blank", "598800016,,true,\"590000001,590000002\",\n", "signer_iks"},
		{"brace", "598800016,,true,{,\n", "signer_iks"},
		{"German date", "598800016,,true,,31.12.2026\n", "legacy_until"},
	} {
		_, err := lists.ReadSenders(strings.NewReader(senderHeader + c.csv))
		var format *lists.FormatError
		if !errors.As(err, &format) || format.Line != 2 || format.Column != c.column {
			t.Errorf("%s: %v, want column %s", c.name, err, c.column)
		}
	}
}

// DTA-5: what is agreed with a sender is what was imported last.
func TestImportSenders(t *testing.T) {
	t.Parallel()
	db := store.New(testdb.New(t))
	clk := clock.NewFake(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC))
	load := func(csv string) *billing.SenderDirectory {
		t.Helper()
		if _, err := lists.Import(t.Context(), db, clk, "senders", strings.NewReader(senderHeader+csv)); err != nil {
			t.Fatal(err)
		}
		senders, err := db.LoadSenders(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return senders
	}
	if senders, err := db.LoadSenders(t.Context()); err != nil || senders != nil {
		t.Errorf("before the first import: %v, %v", senders, err)
	}
	first := load("598800016,Praxis,true,,\n590000001,Dienst,false,590000002  590000003,2026-12-31\n")
	a, _ := first.Find("598800016")
	b, _ := first.Find("590000001")
	if !a.PlainAllowed || len(a.SignerIKs) != 0 || a.LegacyUntil != 0 {
		t.Errorf("sender %+v", a)
	}
	if b.PlainAllowed || !slices.Equal(b.SignerIKs, []string{"590000002", "590000003"}) || b.LegacyUntil != calendar.MustDate("2026-12-31") {
		t.Errorf("sender %+v", b)
	}
	second := load("598800016,Praxis,false,,\n")
	if a, ok := second.Find("598800016"); !ok || a.PlainAllowed {
		t.Errorf("a permission that was withdrawn: %+v", a)
	}
	if _, ok := second.Find("590000001"); !ok {
		t.Error("the other sender is gone")
	}
	if _, ok := second.Find("111111111"); ok {
		t.Error("an unknown sender is known")
	}
}

// PAY-1: a list of payees with an account that cannot exist is refused; of
// several rows of an IK the one valid on the day counts.
func TestPayees(t *testing.T) {
	t.Parallel()
	const header = "ik,name,street,city,iban,bic,valid_from,valid_to\n"
	const old, account = "DE89370400440532013000", "AT611904300234573201"
	for _, c := range []struct{ name, line, column string }{
		{"check digits", "260326822,Praxis,,,DE88370400440532013000,,2026-01-01,", "iban"},
		{"no account", "260326822,Praxis,,,,,2026-01-01,", "iban"},
		{"no name", "260326822,,,," + old + ",,2026-01-01,", "name"},
		{"BIC", "260326822,Praxis,,," + old + ",COBA,2026-01-01,", "bic"},
		{"IK", "26032682,Praxis,,," + old + ",,2026-01-01,", "ik"},
		{"no begin", "260326822,Praxis,,," + old + ",,,", "valid_from"},
	} {
		_, err := lists.ReadPayees(strings.NewReader(header + c.line + "\n"))
		var format *lists.FormatError
		if !errors.As(err, &format) || format.Column != c.column || strings.Contains(err.Error(), "3704") {
			t.Errorf("%s: %v, want column %s", c.name, err, c.column)
		}
	}
	db := store.New(testdb.New(t))
	clk := clock.NewFake(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC))
	for _, csv := range []string{
		"260326822,Praxis Alt,,," + old + ",,2026-01-01,2026-06-30\n260326822,Praxis Neu,,," + old + ",,2026-07-01,\n",
		"260326822,Praxis am Markt,Markt 1,12345 Musterstadt,AT61 1904 3002 3457 3201,BKAUATWW,2026-07-01,\n", // corrects the second row
	} {
		if _, err := lists.Import(t.Context(), db, clk, "payees", strings.NewReader(header+csv)); err != nil {
			t.Fatal(err)
		}
	}
	for day, want := range map[string]string{"2026-06-30": old, "2026-07-01": account, "2027-01-01": account, "2025-12-31": ""} {
		var got billing.PayeeRow
		err := db.InTx(t.Context(), func(ctx context.Context, tx store.Tx) (err error) {
			got, err = store.PayeeAt(ctx, tx, "260326822", calendar.MustDate(day))
			return err
		})
		if got.IBAN != want || (want == "") != errors.Is(err, store.ErrNotFound) {
			t.Errorf("on %s: %q, %v", day, got.IBAN, err)
		}
	}
}
