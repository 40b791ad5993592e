package p300_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"klarbeleg/dta"
	"klarbeleg/dta/p300"
)

// A delivery has its prescriptions in one file and its invoices in another; both
// are read, and then compared.
func Example() {
	abgleich := p300.NewAbgleich()
	for _, name := range []string{"testdata/apo_abrp_v21.edi", "testdata/apo_recp_v08.edi"} {
		f, err := os.Open(name)
		if err != nil {
			fmt.Println(err)
			return
		}
		r := p300.NewReader(f, p300.Options{})
		for r.Next() {
			m := r.Message()
			if m.Rejected {
				continue
			}
			abgleich.Add(m)
			if m.ABRP != nil {
				for i := range m.ABRP.Verordnungen {
					v := &m.ABRP.Verordnungen[i]
					fmt.Println("Verordnung", v.INV.Belegnummer, "Status", v.Status(), "Cent", v.BES.GesamtSVBrutto)
				}
			}
			if m.RECP != nil {
				fmt.Println("Rechnung", m.RECP.REC.Rechnungsnummer, "Cent", m.RECP.RES.Zahlbetrag)
			}
		}
		f.Close()
		if r.Err() != nil || r.Rejected() {
			fmt.Println("rejected", r.Err(), r.Errors())
			return
		}
	}
	fmt.Println("Abweichungen:", len(abgleich.Errors()))
	// Output:
	// Verordnung 610000000018990210 Status 100 Cent 2769
	// Verordnung 610000000028990210 Status 500 Cent 8220
	// Verordnung 610000000038990210 Status 300 Cent 797
	// Verordnung 610000000048990210 Status 100 Cent 2203
	// Rechnung ARZ-2026-10-0001 Cent 11241
	// Rechnung ARZ-2026-10-0001S Cent 11241
	// Abweichungen: 0
}

// What was read is written byte for byte.
func ExampleWriter() {
	raw, err := os.ReadFile("testdata/apo_abrp_v21.edi")
	if err != nil {
		fmt.Println(err)
		return
	}
	r := p300.NewReader(bytes.NewReader(raw), p300.Options{})
	if !r.Next() {
		fmt.Println(r.Err(), r.Errors())
		return
	}
	var out bytes.Buffer
	w := p300.NewWriter(&out, *r.UNB(), p300.WriterOptions{LineEnd: dta.CRLF, UNA: true})
	m := r.Message()
	if err := w.WriteABRP(m.IK(), m.UNH.KostentraegerIK, m.ABRP); err != nil {
		fmt.Println(err)
		return
	}
	m.ABRP.REC.Rechnungsnummer = "a number that is longer than the table allows"
	fmt.Println(errors.Is(w.WriteABRP(m.IK(), m.UNH.KostentraegerIK, m.ABRP), dta.ErrContent))
	fmt.Println(bytes.HasPrefix(raw, out.Bytes()))
	// Output:
	// true
	// true
}
