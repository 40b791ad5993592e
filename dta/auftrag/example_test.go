package auftrag_test

import (
	"fmt"
	"os"

	"klarbeleg/dta/auftrag"
)

// A record is read with its faults, and written again.
func Example() {
	raw, err := os.ReadFile("../p302/testdata/302-b-heilmittel-ra3-vk01.auf")
	if err != nil {
		fmt.Println(err)
		return
	}
	a, faults := auftrag.Read(raw)
	fmt.Println(a.TransferName(), a.Dateiname, a.DateigroesseNutzdaten, a.Zeichensatz, len(faults))

	a.Zeichensatz = ""
	record, err := a.Append(nil)
	fmt.Println(len(record), err)
	_, faults = auftrag.Read(record)
	for i := range faults {
		fmt.Println(faults[i].Code, faults[i].Offset, faults[i].Text())
	}
	// Output:
	// TSOL0041 SL880001A10 2204 I1 0
	// 348 <nil>
	// P1003 202 Das Pflichtfeld ZEICHENSATZ der Auftragsdatei ist leer.
}
