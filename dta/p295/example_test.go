package p295_test

import (
	"bytes"
	"fmt"
	"os"

	"klarbeleg/dta"
	"klarbeleg/dta/p295"
)

// A file is read Rechnungsbeleg by Rechnungsbeleg; a Storno counts negative.
func Example() {
	payload, err := os.Open("testdata/iv_dir140_v6_storno.edi")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer payload.Close()

	r := p295.NewReader(payload, p295.Options{})
	for r.Next() {
		n := r.Nachricht()
		if n.Rejected {
			fmt.Println("abgewiesen:", n.Errors)
			continue
		}
		fmt.Println(n.Verarbeitung(), n.RGI.Rechnungsnummer, len(n.ABR), n.Betrag())
	}
	fmt.Println("Lesefehler:", r.Err(), "Befunde:", len(r.Errors()), "Zahlbetrag:", r.Stats().Zahlbetrag)
	// Output:
	// 30 IV-2026-0001 2 -17100
	// 10 IV-2026-0003 2 14050
	// Lesefehler: <nil> Befunde: 0 Zahlbetrag: -3050
}

// A Storno is written from the invoice that it cancels.
func ExampleWriter() {
	payload, err := os.ReadFile("testdata/iv_dir140_v6_normal.edi")
	if err != nil {
		fmt.Println(err)
		return
	}
	r := p295.NewReader(bytes.NewReader(payload), p295.Options{})
	if !r.Next() {
		fmt.Println(r.Err(), r.Errors())
		return
	}
	n, unb := r.Nachricht(), *r.UNB()
	n.IVK.Verarbeitungskennzeichen = string(p295.Storno)
	n.RGI.InformationRechnung, n.RGI.Korrekturzaehler = "4", "001"
	unb.Dateinummer = "00006"

	var out bytes.Buffer
	w := p295.NewWriter(&out, unb, p295.WriterOptions{LineEnd: dta.LF})
	if err := w.Write(n); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(w.Close())
	fmt.Print(out.String())
	// Output:
	// <nil>
	// UNA:+,? '
	// UNB+UNOC:3+669990314+109990029+20261105:1010+00006+EDRI0052610'
	// UNH+9900000001+DIR140:6:0:DR'
	// IVK+30+01+669990314+109990018+99999999999999+109990029'
	// IBH+123456601+721111100'
	// INF+140A2026MUSTER++0:8+V140A-0001'
	// INV+1:00:00+A123456780:109990018+Muster:Anna:19580412+1+++79312'
	// DIA+H36.0:G:R'
	// ABR++IV0815+++1+120,00+++++20261006'
	// ABR++IV0816+++2+61,00+++++20261006'
	// MND+10,00+11+20261006'
	// FKI+181,00++++10,00+10,00+171,00'
	// RGI+20261001:20261031+4+669990314+IV-2026-0001+20261105++001'
	// UNT+12+9900000001'
	// UNZ+1+00006'
}
