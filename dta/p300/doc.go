// Package p300 reads and writes the EDIFACT files of pharmacy billing after
// § 300 SGB V: prescriptions (ABRP version 21) and invoices (RECP version 08),
// after Technische Anlage 3 V042. It checks stages 1 to 3 as far as they lie in
// the file, and of stage 4 what is arithmetic: sums, value added tax, the hash of
// the Zusatzdaten. Rules names the rules with the project's ids.
//
//   - NewReader yields the messages one by one, with the memory of one message.
//   - Abgleich compares the prescriptions of ABRP files with the invoice in the
//     RECP file of the same Rechnungsnummer.
//   - NewWriter writes what the reader returns.
//
// The electronic part of a delivery, TA7, is the sub-package ta7.
//
// Any error of stages 1 to 3 rejects the whole file (TA3 section 6), except the
// check digit of a Rezept-ID and missing Zusatzdaten, which are answered per
// prescription. Findings that reject the file are Reader.Errors; the others are
// Message.Errors. What a reader returns is valid until its next Next; strings
// stay valid.
//
// Decisions where the specification leaves room: line breaks between segments
// are skipped; a wrong Versichertenstatus (INV-03) rejects nothing; values known
// only outside of the file (is the IK a partner of ours, was the file name used
// before) are for the caller; KOTR and FEPP are refused as versions that are not
// read.
//
// segments_gen.go, codec_gen.go and tables_gen.go are made from tables/*.csv,
// which restate TA3 V042 (06.09.2024) and the Sonderkennzeichen of TA1 Anhang 1
// (26.08.2025) and Anhang 2 (15.01.2026).
package p300

//go:generate go run ./internal/tablegen
