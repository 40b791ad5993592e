package catalogue_test

import (
	"fmt"

	"klarbeleg/checks/catalogue"
)

// The errors of the reader find their text and remedy here, too.
func ExampleByID() {
	rule, ok := catalogue.ByID("P1003")
	fmt.Println(ok, rule.Level, rule.Severity, rule.Heal)
	fmt.Println(rule.Text)
	// Output:
	// true 1 reject_file resubmit
	// Die Auftragsdatei hat nicht die vorgeschriebene Länge von 348 Zeichen oder eine unbekannte Kennung.
}
