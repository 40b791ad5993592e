package ta7_test

import (
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
