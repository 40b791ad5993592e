package lists_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"klarbeleg/app/lists"
	"klarbeleg/internal/clock"
	"klarbeleg/internal/testdb"
	"klarbeleg/store"
)

var samples = map[string]string{
	"prices": "abrechnungscode,tarifkennzeichen,positionsnummer,text_de,price_cents,valid_from,valid_to\n" +
		"22,00501,20501,Krankengymnastik,2985,2026-01-01,\n22,00501,20106,\"Massage, klassisch\",2112,2026-01-01,2026-12-31\n" +
		"22,00501,20106,Massage II,2200,2026-01-01,2026-12-31\n",
	"payers":    "ik,name,card_ik,valid_from,valid_to\n108801006,Musterkasse,108801017,2020-01-01,\n",
	"providers": "ik,name,leistungsbereich,abrechnungscode,tarifkennzeichen,valid_from,valid_to\n448802018,Praxis,B,22,00501,2020-01-01,\n",
	"senders":   "ik,name,plain_allowed,signer_iks,legacy_until\n598800016,Dienstleister,true,598800016 598800027,2026-12-31\n",
	"payees":    "ik,name,street,city,iban,bic,valid_from,valid_to\n448802018,Praxis,Markt 1,79312 Emmendingen,DE02120300000000202051,,2020-01-01,\n",
	"tables":    "table,key,value,valid_from,valid_to\n",
}

// CHK-6: a list that was exported, as CSV or as a workbook, changes nothing when it is
// imported again; a preview tells what a changed one would do and does nothing.
func TestExportAndPreview(t *testing.T) {
	t.Parallel()
	db := store.New(testdb.New(t))
	clk := clock.NewFake(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC))
	for kind, csv := range samples {
		if _, err := lists.Import(t.Context(), db, clk, kind, strings.NewReader(csv)); err != nil {
			t.Fatal(kind, err)
		}
		want := strings.Count(csv, "\n") - 1
		var text, book bytes.Buffer
		if n, err := lists.ExportCSV(t.Context(), db, kind, &text); err != nil || n != want {
			t.Errorf("%s: %d rows, %v", kind, n, err)
		}
		if n, err := lists.ExportWorkbook(t.Context(), db, kind, &book); err != nil || n != want {
			t.Errorf("%s: %d rows in the workbook, %v", kind, n, err)
		}
		for name, file := range map[string]*bytes.Buffer{"csv": &text, "xlsx": &book} {
			p, err := lists.Preview(t.Context(), db, clk, kind, bytes.NewReader(file.Bytes()))
			if err != nil || p.Added+p.Changed != 0 {
				t.Errorf("%s %s: %+v, %v", kind, name, p, err)
			}
		}
	}
	changed := strings.NewReplacer("2985", "3050", "2112", "2112", "22,00501,20106,Massage II,2200,2026-01-01,2026-12-31\n", "22,00501,20107,Packung,900,2026-01-01,\n").Replace(samples["prices"])
	p, err := lists.Preview(t.Context(), db, clk, "prices", strings.NewReader(changed))
	if err != nil || p.Added != 1 || p.Changed != 2 || p.Unchanged != 0 || len(p.Examples) != 2 || !strings.Contains(p.Examples[1].After, "3050") {
		t.Errorf("%+v, %v", p, err)
	}
	var after bytes.Buffer
	if _, err := lists.ExportCSV(t.Context(), db, "prices", &after); err != nil || !strings.Contains(after.String(), "2985") {
		t.Errorf("the preview changed the list: %v", err)
	}
}

// CHK-6: dates of a spreadsheet are read as dates, faults have their line and column.
func TestWorkbookImport(t *testing.T) {
	t.Parallel()
	db := store.New(testdb.New(t))
	clk := clock.NewFake(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC))
	book := excelize.NewFile()
	for i, row := range [][]any{
		{"ik", "name", "card_ik", "valid_from", "valid_to"},
		{"108801006", "Musterkasse", "108801017", time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)},
		{},
	} {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		if err := book.SetSheetRow("Sheet1", cell, &row); err != nil {
			t.Fatal(err)
		}
	}
	var file bytes.Buffer
	if err := book.Write(&file); err != nil {
		t.Fatal(err)
	}
	if _, err := lists.Import(t.Context(), db, clk, "payers", bytes.NewReader(file.Bytes())); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if _, err := lists.ExportCSV(t.Context(), db, "payers", &got); err != nil || !strings.Contains(got.String(), "108801017,2026-03-01,") {
		t.Errorf("%q, %v", got.String(), err)
	}
	if _, err := lists.Import(t.Context(), db, clk, "payers", strings.NewReader("PK\x03\x04 no workbook")); err == nil {
		t.Error("a broken workbook is accepted")
	}
}
