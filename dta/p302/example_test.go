package p302_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"klarbeleg/dta"
	"klarbeleg/dta/auftrag"
	"klarbeleg/dta/p302"
)

// A delivery is read invoice by invoice, with its Auftragsdatei.
func Example() {
	record, err := os.ReadFile("testdata/302-b-heilmittel-ra3-vk01.auf")
	if err != nil {
		fmt.Println(err)
		return
	}
	payload, err := os.Open("testdata/302-b-heilmittel-ra3-vk01.edi")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer payload.Close()

	a, faults := auftrag.Read(record)
	r := p302.NewInvoiceReader(payload, p302.Options{Zeichensatz: a.Zeichensatz})
	for r.Next() {
		inv := r.Invoice()
		if inv.Rejected {
			fmt.Println("abgewiesen:", inv.Errors)
			continue
		}
		if inv.IsSammel {
			sum, _ := inv.Sammel.Summe("00")
			fmt.Println("Sammelrechnung", inv.Sammel.REC.SammelRechnungsnummer, sum.Gesamtrechnungsbetrag)
			continue
		}
		for i := range inv.SLLA.FaelleB {
			f := &inv.SLLA.FaelleB[i]
			fmt.Println(inv.Gesamt.REC.EinzelRechnungsnummer, f.INV.Belegnummer, len(f.Positionen), f.BES.Wert.GesamtbetragBrutto)
		}
	}
	faults = append(faults, p302.CheckDelivery(a, "TSOL0041", r.UNB(), r.Stats().Bytes)...)
	fmt.Println("Lesefehler:", r.Err(), "Befunde:", len(faults)+len(r.Errors()))
	// Output:
	// Sammelrechnung 2026-H-000815 36770
	// 1 0000000001 5 16270
	// 1 0000000002 2 5970
	// 2 0000000001 3 17160
	// Lesefehler: <nil> Befunde: 0
}

// A file is written from the same types that reading returns.
func ExampleWriter() {
	var out bytes.Buffer
	w := p302.NewWriter(&out, p302.UNB{
		Absenderbezeichnung: "598800016", Empfaengerbezeichnung: "668800094", Datum: 20261102, Uhrzeit: 930,
		Datenaustauschreferenz: "00042", Leistungsbereich: "B", Anwendungsreferenz: "SL880001A10", Testindikator: "0",
	}, p302.WriterOptions{LineEnd: dta.LF})
	err := w.WriteSLGA(&p302.SLGA{
		FKT: p302.FKTSLGA{Verarbeitungskennzeichen: "01", RechnungsstellerIK: "448802018", KostentraegerIK: "108801006", KrankenkasseIK: "108801017", AbsenderIK: "598800016"},
		REC: p302.REC{SammelRechnungsnummer: "2026-1", EinzelRechnungsnummer: "0", Datum: 20261102, Rechnungsart: "2"},
		GES: []p302.GES{{Status: "00", Gesamtrechnungsbetrag: 5970, Gesamtbruttobetrag: 5970}, {Status: "11", Gesamtrechnungsbetrag: 5970, Gesamtbruttobetrag: 5970}},
		NAM: p302.NAM{Name1: "Praxis für Physiotherapie"},
	})
	if err == nil {
		err = w.Close()
	}
	fmt.Print(string(bytes.ToValidUTF8(out.Bytes(), []byte("."))), err)
	// Output:
	// UNB+UNOC:3+598800016+668800094+20261102:0930+00042+B+SL880001A10+0'
	// UNH+00001+SLGA:21:0:0'
	// FKT+01++448802018+108801006+108801017+598800016'
	// REC+2026-1:0+20261102+2'
	// GES+00+59,70+59,70'
	// GES+11+59,70+59,70'
	// NAM+Praxis f.r Physiotherapie'
	// UNT+000007+00001'
	// UNZ+000001+00042'
	// <nil>
}

// The Auftragsdatei announces the file; what it says must be true of it.
func ExampleCheckDelivery() {
	const name = "testdata/302-b-heilmittel-ra3-vk01"
	record, err1 := os.ReadFile(name + ".auf")
	raw, err2 := os.ReadFile(name + ".edi")
	if err := errors.Join(err1, err2); err != nil {
		fmt.Println(err)
		return
	}
	a, _ := auftrag.Read(record)
	r := p302.NewReader(bytes.NewReader(raw), p302.Options{Zeichensatz: a.Zeichensatz})
	for r.Next() {
		m := r.Message()
		fmt.Println(m.Kind, m.UNH.Nachrichtenreferenznummer, m.Rejected)
	}
	fmt.Println(p302.CheckDelivery(a, "TSOL0041", r.UNB(), r.Stats().Bytes))
	for _, e := range p302.CheckDelivery(a, "TSOL0042", r.UNB(), r.Stats().Bytes-1) {
		fmt.Println(e.Code, e.Severity, e.Offset)
	}
	// Output:
	// SLGA 00001 false
	// SLGA 00002 false
	// SLLA 00003 false
	// SLGA 00004 false
	// SLLA 00005 false
	// []
	// P1002 reject_file 19
	// P1004 reject_file 178
}
