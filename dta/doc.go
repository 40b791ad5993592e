// Package dta is the common part of the wire formats of German health-insurance
// billing (Datenträgeraustausch): findings of stages 1 and 2 with their place,
// character sets, and the cutting of an EDIFACT stream into messages, segments
// and elements. It imports nothing but the standard library.
//
// The procedures are sub-packages: p302 (§ 302 SGB V, Sonstige
// Leistungserbringer), p300 (§ 300, Apotheken; p300/ta7 for E-Rezepte), p295
// (§ 295 Abs. 1b, Direktabrechnung). Beside them stand auftrag, the Auftragsdatei
// that comes with every file, and secon, signed and encrypted files. A program
// reads a delivery with them like this:
//
//	a, faults := auftrag.Read(record)
//	r := p302.NewInvoiceReader(payload, p302.Options{Zeichensatz: a.Zeichensatz})
//	for r.Next() {
//		inv := r.Invoice()
//		if inv.IsSammel {
//			continue // head of a Sammelrechnung: inv.Sammel
//		}
//		if inv.Rejected {
//			report(inv.Errors)
//			continue
//		}
//		for i := range inv.SLLA.FaelleB {
//			use(&inv.SLLA.FaelleB[i])
//		}
//	}
//	if err := r.Err(); err != nil {
//		return err // the file could not be read: nothing can be said about it
//	}
//	faults = append(faults, p302.CheckDelivery(a, name, r.UNB(), r.Stats().Bytes)...)
//	report(append(faults, r.Errors()...)) // of the file as a whole
//
// Three things are promised to callers. Memory: a stream is held by one message
// at a time, at most MaxMessageBytes. Findings: every one has a rule code, a
// severity, segment number, byte offset and a German sentence for the sender.
// Privacy: no error text holds a field value; Error.Value has it, for people who
// may see it.
//
// What the package refuses: character sets other than I1, I5, I7 and I8, and
// separators other than those of the Technische Anlage.
package dta
