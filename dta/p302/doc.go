// Package p302 reads and writes deliveries after § 302 SGB V (TP5, Sonstige
// Leistungserbringer): Technische Anlage 1 version 21, Sammelgruppen A, B and E
// typed, the syntax tables for all groups.
//
// Reading, message by message:
//
//	r := p302.NewReader(src, p302.Options{Zeichensatz: auf.Zeichensatz})
//	for r.Next() {
//		m := r.Message() // typed, valid until the next Next
//	}
//	r.Err()    // reading failed; nothing can be said about the file
//	r.Errors() // findings of file scope
//
// Reading, invoice by invoice (Rechnungsart 1, 2, 3):
//
//	r := p302.NewInvoiceReader(src, opts)
//	for r.Next() {
//		inv := r.Invoice()
//	}
//
// The stage-1 checks that need the Auftragsdatei: CheckDelivery.
package p302

//go:generate go run ./internal/tablegen
