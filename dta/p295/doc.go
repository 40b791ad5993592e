// Package p295 reads and writes deliveries after § 295 Abs. 1b SGB V
// (Direktabrechnung: integrierte, besondere and hausarztzentrierte Versorgung)
// in the profile "DIR v6" of dta-295.md. It does every check of
// tables/iv_pruefregeln.csv that needs only the file; what needs earlier
// deliveries, contracts or the insurer's decision is for others, who make their
// findings with NewError.
//
//   - NewReader yields the Rechnungsbelege (UNH to UNT) one by one. It goes on
//     behind one that is wrong and stops only where the file as a whole cannot
//     be read.
//   - CheckDelivery compares the file with its Auftragsdatei.
//   - Writer writes what the reader returns.
//
// What a Reader returns is valid until its next Next; strings stay valid.
//
// A Storno (Verarbeitungskennzeichen 30) is a Nachricht like any other, whose
// Betrag is negative. A Korrektur (40) is refused by IV-K01: only a Storno and a
// new invoice correct an invoice (CHK-9).
//
// Decisions where the specification leaves room: main versions 6 to 10 are read
// by the catalogue of version 6, and elements behind those it knows are kept
// with a warning; sums under FKI-03 and FKI-04 that are not true are a warning
// like those of the Minderungen (IV-R03); an IVK that names other partners than
// UNB is a warning (IV-S02); without Options.Eingang the date of UNB stands for
// today; separators behind the last element say nothing and are not reported; a segment
// with an unknown tag in the place of IBH is taken for that of the dentist, kept
// as it came, with a warning; an unknown DMP key is a warning, because later
// versions have added some; a test mark in UNB or in the file name is enough to
// make the file a test.
//
// The layout is data: a catalogue for another main version is two tables and a
// row of hauptversionen.csv.
package p295
