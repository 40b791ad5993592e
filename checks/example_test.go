package checks_test

import (
	"fmt"

	"klarbeleg/checks"
	"klarbeleg/checks/catalogue"
	"klarbeleg/checks/checkstest"
)

// A price above the contract is cut with its co-payment computed anew, and the
// finding explains it (CHK-6, CHK-11).
func ExampleChecker_Check() {
	invoice := checkstest.Therapy()
	position := &invoice.Cases[0].Positions[3] // two units on 19.10.2026
	position.Price, position.CopayPerUnit.Cents = 31_35, 3_14
	checkstest.Sum(invoice)

	checker := checks.NewChecker(catalogue.All(), checks.Options{})
	result := checker.Check(invoice, checkstest.Facts())
	for _, f := range result.Findings {
		fmt.Println(f.Rule.ID, f.Severity, f.Scope, f.Tag)
		fmt.Println(f.Text())
		fmt.Println(f.GrossCut.German(), "-", f.CopayCut.German(), "=", f.Corrected.German())
	}
	fmt.Println(result.Billed.German(), "=", result.Approved.German(), "+", result.Corrected.German())
	// Output:
	// P4010 correct_partially position EHE
	// Der vereinbarte Preis für 20501 beträgt 29,85 EUR. Abgerechnet wurden 31,35 EUR. Bei abweichender Vereinbarung laden Sie bitte den Vertrag hoch.
	// 3,00 - 0,30 = 2,70
	// 198,80 = 196,10 + 2,70
}

// A collective statement is checked when its invoices are done (P3113).
func ExampleChecker_EndCollective() {
	invoice := checkstest.Therapy()
	invoice.Collective.Totals[0].Gross += 100_00
	invoice.Collective.Totals[0].Amount += 100_00

	checker := checks.NewChecker(catalogue.All(), checks.Options{})
	checker.BeginCollective(invoice.Collective)
	checker.Check(invoice, checkstest.Facts())
	for _, f := range checker.EndCollective() {
		fmt.Println(f.Rule.ID, f.Severity, f.Scope, f.Text())
	}
	// Output:
	// P3113 reject_message message Die Sammelrechnung stimmt nicht mit den Einzelrechnungen überein.
}
