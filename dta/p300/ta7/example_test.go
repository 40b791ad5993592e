package ta7_test

import (
	"bytes"
	"fmt"
	"os"

	"klarbeleg/dta/p300"
	"klarbeleg/dta/p300/ta7"
)

// A TA7 file is read prescription by prescription.
func Example() {
	f, err := os.Open("testdata/apo_ta7_rechnung_bundle_1_5.xml")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	r := ta7.NewReader(f, p300.Options{})
	for r.Next() {
		z := r.Rezept()
		if z.Rejected {
			fmt.Println("refused:", z.Errors)
			continue
		}
		fmt.Println(z.Abrechnung.RezeptID, z.Abgabedaten.Abgabedatum, z.Abgabedaten.GesamtBrutto, len(z.Abrechnung.Zeilen))
	}
	if r.Err() != nil || r.Rejected() {
		fmt.Println("rejected:", r.Err(), r.Errors())
		return
	}
	fmt.Println("Rechnung", r.Rechnung().Rechnungsnummer, "Dateien", r.Rechnung().Dateien)
	// Output:
	// 160.000.226.000.001.81 20261006 2769 1
	// 160.000.226.000.002.78 20261008 8220 1
	// Rechnung ARZ-2026-10-0001 Dateien [B00FHR2600J]
}

// The head lists the prescriptions, so all are needed before the first is written.
func ExampleWriter() {
	const name = "testdata/apo_ta7_rechnung_bundle_1_5.xml"
	raw, err := os.ReadFile(name)
	if err != nil {
		fmt.Println(err)
		return
	}
	var ids []string
	var all []ta7.Rezept
	r := ta7.NewReader(bytes.NewReader(raw), p300.Options{})
	for r.Next() {
		ids = append(ids, r.Rezept().ID)
		all = append(all, *r.Rezept())
	}
	var out bytes.Buffer
	w := ta7.NewWriter(&out, *r.Rechnung(), ids)
	for i := range all {
		if err := w.WriteRezept(&all[i]); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(w.Close(), bytes.Equal(out.Bytes(), raw))
	// Output:
	// <nil> true
}

// A prescription stands in the ABRP file and in a TA7 file; both must say the same.
func ExampleAbgleich() {
	f, err := os.Open("testdata/apo_ta7_rechnung_bundle_1_5.xml")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	r := ta7.NewReader(f, p300.Options{})
	if !r.Next() {
		fmt.Println(r.Err(), r.Errors())
		return
	}
	v := &p300.Verordnung{} // of the ABRP file, here one without any content
	found := ta7.Abgleich(v, r.Rezept())
	fmt.Println(len(found), found[0].Code, found[0].Severity)
	// Output:
	// 5 APO-A01 warn
}
