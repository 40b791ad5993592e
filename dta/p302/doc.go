// Package p302 reads and writes deliveries after § 302 SGB V (TP5, Sonstige
// Leistungserbringer): Technische Anlage 1 version 21. It does the checks of
// stage 2 (syntax) and those of stage 1 that lie in the files; what the values
// mean is for others (stages 3 and 4).
//
// The Sammelgruppen A, B and E have Go types; the syntax tables hold all groups.
// A file of another group is refused unless Options.NurSyntax asks for a check
// of its syntax alone.
//
//   - NewInvoiceReader yields heads of Sammelrechnungen and pairs of SLGA and
//     SLLA; NewReader yields the messages one by one. Both go on behind a message
//     that is wrong and stop only where the file as a whole cannot be read.
//   - CheckDelivery compares the file with its Auftragsdatei.
//   - Writer writes what the readers return.
//
// What a reader returns is valid until its next Next; strings stay valid. Typed
// segments have the official field names in ASCII and their place (Ort).
//
// Decisions where the specification leaves room: MEH is accepted in every place
// and belongs to the HIL of its number (section 8 A); numbers without their
// leading zeros in UNH, UNT, UNZ and UNB.5 are a warning; a fifth element of NAM
// is a warning; URI is optional for the syntax, whether it must be there is asked
// in stage 3 (P3031).
//
// segments_gen.go, codec_gen.go and tables_gen.go are made from tables/*.csv,
// which restate TA1 V21 (Stand 15.01.2026) with the source of every row.
package p302

//go:generate go run ./internal/tablegen
