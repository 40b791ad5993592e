package heal

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// bill is an invoice in which every field of the table has at least one instance.
func bill() *billing.Invoice {
	return &billing.Invoice{
		Head:       billing.Head{Number: billing.InvoiceNumber{Collective: "R1", Single: "0"}, Fund: "109519005"},
		Statement:  billing.Statement{Head: billing.Head{Fund: "109519005"}},
		Collective: &billing.Statement{},
		Cases: []billing.Case{{
			Positions: []billing.Position{{Part: -1, Price: 100, Quantity: money.One}, {Part: 0, Price: 200, Quantity: money.One}},
			Aids:      make([]billing.AidGroup, 1), Trips: make([]billing.Trip, 1), Visits: []billing.Visit{{To: -1}},
			Consultations: make([]billing.Consultation, 1), Diagnoses: make([]billing.Diagnosis, 1), Approvals: make([]billing.Approval, 1),
			Further: make([]billing.Prescription, 1),
		}},
	}
}

// values are one right value for each field.
var values = map[string]string{
	"REC.rechnungsnummer": "R-2:7", "REC.rechnungsdatum": "29.02.2028", "FKT.ik_krankenkasse": "109990018",
	"INV.versichertennummer": "X000000009", "NAD.geburtsdatum": "01.02.1990", "NAD.nachname": "Müster",
	"*.arztnummer": "123456601", "*.verordnungsdatum": "31.12.2026", "*.unfall": "0", "*.zuzahlung": "1",
	"DIA.schluessel": "M54.5", "SKZ.art": "B1", "SKZ.kennzeichen": "G-1", "BES.brutto": "1.234,50", "BES.zuzahlung": "5,00", "ERS.datum": "01.10.2026",
	"ZUH.zuzahlung": "10,00", "ZUH.versorgungszeitraum": "3", "MEH.betrag": "0,01", "ZUK.zuzahlung": "10,00",
	"line.einzelpreis": "29,85", "line.anzahl": "1,50", "line.leistungsdatum": "05.10.2026", "line.positionsnummer": "20501",
	"line.tarifkennzeichen": "00501", "line.anwendungsort": "1", "line.inventarnummer": "I 1", "line.kennzeichen": "00",
	"MWS.satz": "19,00", "MWS.betrag": "3,80",
	"ELP.positionsnummer": "10101, 10102", "ESK.ende": "00:05",
	"IBP.art": "1", "IBP.beginn": "01.10.2026", "IBP.ende": "02.10.2026", "IBP.gespraeche": "2", "IBP.berater": "B. Muster",
}

// COR-4: what a provider writes is what he reads afterwards, for every field.
func TestFields(t *testing.T) {
	t.Parallel()
	for i := range table {
		f := &table[i]
		t.Run("COR-4 "+f.Name, func(t *testing.T) {
			t.Parallel()
			value := values[f.Name]
			if strings.HasPrefix(f.Name, "KTL.") {
				value = "Ort"
			}
			inv := bill()
			p := Place{Invoice: inv, Case: &inv.Cases[0]}
			p.Index = f.Count(inv, p.Case) - 1
			if err := f.Set(p, " "+value+" "); err != nil {
				t.Fatal(err)
			}
			if got := f.Value(p); got != value {
				t.Errorf("read %q, wrote %q", got, value)
			}
			var malformed *FormatError
			for _, wrong := range []string{"", "\x00", strings.Repeat("9", 200), "a\nb"} {
				if err := f.Set(p, wrong); !errors.As(err, &malformed) || malformed.Field != f.Name {
					t.Errorf("%q: %v", wrong, err)
				}
			}
			if got := f.Value(p); got != value {
				t.Errorf("a refused value left %q", got)
			}
			for _, index := range []int{-1, f.Count(inv, p.Case)} {
				p.Index = index
				if err := f.Set(p, value); !errors.Is(err, ErrNoInstance) {
					t.Errorf("instance %d: %v", index, err)
				}
			}
			if f.Label == "" || f.Explain == "" || f.Format == "" {
				t.Error("COR-3 nothing explains the field")
			}
		})
	}
}

// COR-4: amounts and dates that look right and are not.
func TestFormats(t *testing.T) {
	t.Parallel()
	for field, wrong := range map[string][]string{
		"line.einzelpreis":        {"-1,00", "1,234", "1.23,00", "12.3456", "1,", ",50", "1 000", "10000000000000,00", "+1", "1e3"},
		"line.leistungsdatum":     {"29.02.2027", "31.11.2026", "00.01.2026", "1.1.2026", "2026-01-01", "+1.01.2026", "01.01.26"},
		"ESK.ende":                {"24:00", "12:60", "1:00", "-1:00", "12.00"},
		"REC.rechnungsnummer":     {":1", "A:", "A:B:C", "Ä"},
		"ZUH.versorgungszeitraum": {"0", "-1", "100", "1,5"},
		"DIA.schluessel":          {"m54", "M5", "M54.555"},
	} {
		f, _ := Lookup(field)
		inv := bill()
		for _, v := range wrong {
			var malformed *FormatError
			if err := f.Set(Place{Invoice: inv, Case: &inv.Cases[0]}, v); !errors.As(err, &malformed) {
				t.Errorf("%s takes %q: %v", field, v, err)
			}
		}
	}
}

// COR-4: number, date and fund of an invoice change wherever the invoice repeats them,
// and nowhere outside of it.
func TestInvoiceFields(t *testing.T) {
	t.Parallel()
	inv := bill()
	shared := inv.Collective
	p := Place{Invoice: inv, Case: &inv.Cases[0]}
	for name, value := range map[string]string{"REC.rechnungsnummer": "R-2:7", "REC.rechnungsdatum": "29.02.2028", "FKT.ik_krankenkasse": "109990018"} {
		f, _ := Lookup(name)
		if err := f.Set(p, value); err != nil || !f.PerInvoice {
			t.Fatal(name, err)
		}
	}
	day := calendar.MustDate("2028-02-29")
	if s := inv.Statement; s.Number != inv.Number || s.Date != day || s.Fund != "109990018" || inv.Collective.Number.Collective != "R-2" {
		t.Errorf("statement %+v, collective %+v", s.Head, inv.Collective.Head)
	}
	if shared.Number.Collective != "" || inv.Collective.Fund != "" {
		t.Error("other invoices of the collective invoice changed too")
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	t.Run("COR-3 a path leads to the field, in each group", func(t *testing.T) {
		t.Parallel()
		for written, want := range map[string]string{
			"EHI.einzelpreis": "line.einzelpreis", "line.einzelpreis": "line.einzelpreis", "*.tarifkennzeichen": "line.tarifkennzeichen",
			"ZHE.arztnummer": "*.arztnummer", "*.arztnummer": "*.arztnummer", "ZUH.zuzahlung": "ZUH.zuzahlung",
		} {
			if list := Fields(written); len(list) != 1 || list[0].Name != want {
				t.Errorf("%s: %v", written, list)
			}
		}
		if list := Fields("KTL"); len(list) != 8 {
			t.Errorf("a segment has %d fields, want 8", len(list))
		}
		if list := Fields("line"); len(list) != 8 {
			t.Error("fields of a line are missing")
		}
	})
	t.Run("COR-3 alternatives", func(t *testing.T) {
		t.Parallel()
		got := Paths("document:vertrag;field_change:line.einzelpreis;resubmit;none;field_change:X.unbekannt;anderes")
		kinds := []Kind{Document, FieldChange, Resubmit, None}
		if len(got) != len(kinds) {
			t.Fatalf("%+v", got)
		}
		for i, k := range kinds {
			if got[i].Kind != k {
				t.Errorf("path %d is %s", i, got[i].Kind)
			}
		}
		if got[0].Document != "vertrag" || got[1].Fields[0].Name != "line.einzelpreis" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("COR-3 a correction of a position leads to that position, or to its part", func(t *testing.T) {
		t.Parallel()
		inv := bill()
		for _, c := range []struct {
			field    string
			position int
			want     []int
		}{
			{"line.einzelpreis", 1, []int{1}},
			{"line.einzelpreis", -1, []int{0, 1}},
			{"MEH.betrag", 1, []int{0}},
			{"MEH.betrag", 0, nil}, // belongs to no part
			{"NAD.geburtsdatum", 1, []int{0}},
			{"*.arztnummer", -1, []int{0, 1}},
		} {
			f, _ := Lookup(c.field)
			if got := f.At(inv, &inv.Cases[0], c.position); !slices.Equal(got, c.want) {
				t.Errorf("%s at %d: %v, want %v", c.field, c.position, got, c.want)
			}
		}
	})
}

// COR-4: no value, however written, breaks a field.
func FuzzSet(f *testing.F) {
	for _, v := range values {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for i := range table {
			inv := bill()
			p := Place{Invoice: inv, Case: &inv.Cases[0]}
			if table[i].Set(p, value) != nil {
				continue
			}
			written := table[i].Value(p)
			if err := table[i].Set(p, written); err != nil || table[i].Value(p) != written {
				t.Errorf("%s: what is read cannot be written again: %v", table[i].Name, err)
			}
		}
	})
}
