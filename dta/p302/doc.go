// Package p302 reads and writes deliveries after § 302 SGB V (TP5, Sonstige
// Leistungserbringer): Technische Anlage 1, versions 16 to 21, all Sammelgruppen A
// to S, all Rechnungsarten and Verarbeitungskennzeichen. It does the checks of
// stage 2 (syntax) and those of stage 1 that lie in the files; what the values
// mean is for others (stages 3 and 4).
//
// A message is read with the tables of its version. The Go types have the layout
// of the newest; an element that a version does not have yet stays empty. A file of
// a version newer than the newest known is refused in stage 1 (R-FIL-07).
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
// segments_gen.go, cases_gen.go, codec_gen.go and tables_gen.go are made from
// tables/*.csv, which restate TA1 V21 (Stand 15.01.2026) with the source of every
// row; tables/layouts.csv has what older versions have otherwise.
//
// Segments in order are read in one pass (zeile); whatever is unusual in one makes
// the reader read it again by its table, which finds what is wrong.
package p302

//go:generate go run ./internal/tablegen
